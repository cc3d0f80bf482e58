"""Chunks, crashes, resuming, cancelling, all-or-nothing; nothing half-visible, nothing twice."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections

from customers.models import ChangeBatch, Customer
from customers.services import pipeline, writing
from customers.services.edits import Edit
from erp_site.jobs.models import Job
from erp_site.jobs.runner import run_pending
from erp_site.jobs.running import JobCancelled
from erp_site.shared import failpoints
from erp_site.shared.errors import BusinessError
from erp_site.shared.failpoints import FailpointReached
from imports import invariants
from imports.importing import checking, finishing, jobs, options
from imports.importing import writing as importing
from imports.importing.runs import Run, TakenOver
from imports.models import ImportBatch, ImportChunk
from permissions.actor import Actor
from permissions.models import Role
from permissions.rights import Right
from tests.imports.files import Quiet, counts, csv_bytes, errors, numbered, report

State = ImportBatch.State
ROOT = Path(__file__).resolve().parents[2]


def visible(ledger) -> int:
    return Customer.objects.visible_to(Actor.system(ledger.pk)).count()


def test_a_dry_run_writes_nothing(look, ledger):
    found = look(numbered(30), batch_size=10)
    assert counts(found) == {"rows": 30, "added": 30}
    assert Customer.objects.count() == 0
    assert not ChangeBatch.objects.filter(kind="import").exists()
    assert found["dry_run"]


@pytest.mark.parametrize("place", ["import.before_chunk_commit", "import.after_chunk"])
@pytest.mark.parametrize("checked", [True, False])
def test_a_run_that_died_is_continued(prepare, check, write, ledger, place, checked):
    batch = prepare(numbered(50), batch_size=10)
    if checked:
        check(batch)
    failpoints.configure(f"{place}:raise:3")
    with pytest.raises(FailpointReached):
        write(batch)
    failpoints.configure("")
    done = 20 if place == "import.before_chunk_commit" else 30
    assert Customer.objects.count() == done
    assert visible(ledger) == 0
    assert list(invariants.check(ledger.pk)) == []
    found = report(write(ImportBatch.objects.get(pk=batch.pk)))
    assert counts(found) == {"rows": 50, "added": 50}
    assert visible(ledger) == 50
    assert Customer.objects.values("number").distinct().count() == 50
    assert ChangeBatch.objects.filter(kind="import").count() == 1
    assert list(invariants.check(ledger.pk)) == []


def test_a_run_that_died_before_the_end_only_has_to_end(prepare, write, ledger):
    batch = prepare(numbered(5))
    failpoints.configure("import.before_finish:raise")
    with pytest.raises(FailpointReached):
        write(batch)
    failpoints.configure("")
    assert (Customer.objects.count(), visible(ledger)) == (5, 0)
    assert counts(report(write(ImportBatch.objects.get(pk=batch.pk)))) == {"rows": 5, "added": 5}
    assert visible(ledger) == 5


def test_a_check_that_died_goes_on(prepare, check, ledger):
    batch = prepare([*numbered(30), ["第一精密机械有限公司", "", ""]], batch_size=10)

    class Dies(Quiet):
        def check(self):
            if ImportChunk.objects.count() == 2:
                raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        checking.check(Run(batch, by=Actor.system(ledger.pk), state=State.CHECKING, tell=Dies()))
    assert ImportChunk.objects.count() == 2
    found = report(check(ImportBatch.objects.get(pk=batch.pk)), dry_run=True)
    assert counts(found) == {"rows": 31, "added": 31}
    assert [(pair["row"], pair["with_row"]) for pair in found["duplicate_pairs"]] == [(32, 2)]


def test_two_runs_at_once_do_not_both_commit(prepare, check, ledger, system):
    batch = check(prepare(numbered(30), batch_size=10))

    class Overtaken(Quiet):
        def report(self, done, total=None, message=None):
            if done == 10:
                ImportBatch.objects.filter(pk=batch.pk).update(run_token="somebody else")

    with pytest.raises(TakenOver):
        importing.write(Run(batch, by=system, state=State.WRITING, tell=Overtaken()))
    assert Customer.objects.count() == 10
    fresh = ImportBatch.objects.get(pk=batch.pk)
    importing.write(Run(fresh, by=system, state=State.WRITING, tell=Quiet()))
    assert Customer.objects.count() == 30


def test_cancelling_keeps_what_is_in_and_says_so(prepare, check, ledger, users):
    batch = check(prepare(numbered(30), batch_size=10))

    class Stops(Quiet):
        def report(self, done, total=None, message=None):
            if done == 20:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        importing.write(Run(batch, by=Actor.system(ledger.pk), state=State.WRITING, tell=Stops()))
    assert visible(ledger) == 0
    finishing.cancel(batch)
    assert (batch.state, visible(ledger)) == (State.CANCELLED, 20)
    assert (batch.count("rows"), batch.count("added"), batch.checks["ok"]) == (20, 20, True)
    assert list(invariants.check(ledger.pk)) == []
    with pytest.raises(BusinessError):
        finishing.cancel(batch)


def test_the_rest_of_a_cancelled_import_comes_back_as_a_file(prepare, check, ledger):
    from io import BytesIO

    import openpyxl

    from imports.importing import errorfile

    batch = check(prepare(numbered(5)))
    finishing.cancel(batch)
    sheet = openpyxl.load_workbook(BytesIO(errorfile.workbook(batch))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)][0] == "第一精密机械有限公司"
    assert sheet.max_row == 6


def test_all_or_nothing(prepare, check, write, ledger):
    rows = [*numbered(10), ["坏公司", "坏电话", ""]]
    batch = check(prepare(rows, all_or_nothing=True, batch_size=4))
    with pytest.raises(BusinessError) as refusal:
        write(batch)
    assert refusal.value.code == "import.not_all_good"
    assert Customer.objects.count() == 0
    good = check(prepare(numbered(10), all_or_nothing=True, batch_size=4))
    assert counts(report(write(good))) == {"rows": 10, "added": 10}
    assert visible(ledger) == 10
    assert list(invariants.check(ledger.pk)) == []


def test_all_or_nothing_undoes_everything_when_the_last_row_fails_after_all(
    prepare, check, write, ledger, add_customer
):
    batch = check(
        prepare(
            [["客户编号", "客户名称"], ["N0001", "甲公司"], ["N0002", "乙公司"], ["N0003", "丙公司"]],
            all_or_nothing=True,
            batch_size=1,
        )
    )
    add_customer(number="N0003", name="抢先公司")
    with pytest.raises(BusinessError) as refusal:
        write(batch)
    assert refusal.value.code == "import.not_all_good"
    assert list(Customer.objects.values_list("name", flat=True)) == ["抢先公司"]
    assert errors(report(batch)) == [(4, "客户编号", "number.taken")]


def test_all_or_nothing_has_a_limit(prepare, check, write, monkeypatch):
    batch = check(prepare(numbered(3), all_or_nothing=True))
    monkeypatch.setattr(options, "MOST_AT_ONCE", 2)
    with pytest.raises(BusinessError) as refusal:
        write(batch)
    assert refusal.value.code == "import.too_many_at_once"


# --- somebody else is quicker ---------------------------------------------------------------------------------------------


def test_a_clash_refuses_only_the_guilty_row(prepare, check, write, ledger, monkeypatch):
    """Somebody saves N0002 between preparing and writing; the piece is prepared again and only that row is refused."""
    batch = check(prepare([["客户编号", "客户名称"], ["N0001", "甲公司"], ["N0002", "乙公司"], ["N0003", "丙公司"]]))
    real, calls = writing.write, []

    def late(edits, **more):
        calls.append(len(edits))
        if len(calls) == 1:
            by = Actor.system(ledger.pk)
            pipeline.submit([Edit(values={"number": "N0002", "name": "抢先公司"})], ledger=ledger, by=by, kind="edit")
            raise BusinessError("clash", code="write.clash")
        return real(edits, **more)

    monkeypatch.setattr(importing.writing, "write", late)
    found = report(write(batch))
    assert counts(found) == {"rows": 3, "added": 2, "rejected": 1}
    assert errors(found) == [(3, "客户编号", "number.taken")]


def test_a_clash_that_stays_goes_row_by_row(prepare, check, write, monkeypatch):
    batch = check(prepare(numbered(4)))
    real = writing.write

    def stubborn(edits, **more):
        if len(edits) > 1 or edits[0].row == 3:
            raise BusinessError("刚刚有人保存", code="write.clash", remedy="请重试")
        return real(edits, **more)

    monkeypatch.setattr(importing.writing, "write", stubborn)
    found = report(write(batch))
    assert counts(found) == {"rows": 4, "added": 3, "rejected": 1}
    assert errors(found) == [(3, "", "write.clash")]
    assert found["checks"]["ok"]


def test_a_deadlock_is_tried_again(prepare, check, write, monkeypatch):
    class Deadlock(Exception):
        sqlstate = "40P01"

    batch = check(prepare(numbered(4)))
    real, calls = writing.write, []

    def unlucky(edits, **more):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("deadlock detected") from Deadlock()
        return real(edits, **more)

    monkeypatch.setattr(importing.writing, "write", unlucky)
    assert counts(report(write(batch))) == {"rows": 4, "added": 4}


def test_a_set_that_closes_stops_the_import_which_can_go_on_later(prepare, check, write, ledger):
    batch = check(prepare(numbered(20), batch_size=10))
    type(ledger).objects.filter(pk=ledger.pk).update(state="suspended")
    with pytest.raises(BusinessError):
        write(batch)
    type(ledger).objects.filter(pk=ledger.pk).update(state="active")
    finishing.interrupt(batch, "已停用")
    assert batch.state == State.INTERRUPTED
    assert counts(report(write(ImportBatch.objects.get(pk=batch.pk)))) == {"rows": 20, "added": 20}


def test_a_right_that_is_taken_away_stops_the_import_at_the_next_chunk(prepare, check, ledger, actor):
    by = actor("steward")
    batch = check(prepare(numbered(30), by=by, batch_size=10), by)

    class Demotes(Quiet):
        def report(self, done, total=None, message=None):
            if done == 10:
                Role.objects.filter(ledger=ledger, code="data_steward").update(rights=[Right.VIEW])

    with pytest.raises(BusinessError) as refusal:
        importing.write(Run(batch, by=by, state=State.WRITING, tell=Demotes()))
    assert refusal.value.code == "permission.denied"
    assert Customer.objects.count() == 10


def test_an_exhausted_number_rule_stops_with_the_reason(prepare, check, write, ledger):
    from customers.services import numbering

    numbering.create_rule(
        ledger, name="短", parts=[{"type": "serial", "width": 1, "start": 8, "step": 1}], reset="never"
    )
    batch = check(prepare(numbered(5), batch_size=2))
    with pytest.raises(BusinessError) as refusal:
        write(batch)
    assert refusal.value.code == "number.exhausted"
    assert Customer.objects.count() == 2


# --- as jobs ----------------------------------------------------------------------------------------------------------------


def test_jobs_check_and_write(upload, users, actor, ledger):
    batch = upload(numbered(5), by=actor("manager"))
    options.apply(batch, options.Options())
    jobs.ask_for(jobs.CHECK, batch, by=actor("manager"), state=State.CHECKING)
    run_pending()
    batch.refresh_from_db()
    assert (batch.state, batch.count("added")) == (State.CHECKED, 5)
    jobs.ask_for(jobs.WRITE, batch, by=actor("manager"), state=State.WRITING)
    jobs.ask_for(jobs.WRITE, batch, by=actor("manager"), state=State.WRITING)
    assert Job.objects.filter(kind=jobs.WRITE).count() == 1
    run_pending()
    batch.refresh_from_db()
    assert (batch.state, visible(ledger)) == (State.DONE, 5)
    assert batch.change_batch.by == users["manager"]


def test_a_job_that_failed_once_goes_on_in_its_next_attempt(upload, actor, ledger):
    batch = upload(numbered(30), by=actor("manager"))
    options.apply(batch, options.Options(batch_size=10))
    jobs.ask_for(jobs.CHECK, batch, by=actor("manager"), state=State.CHECKING)
    run_pending()
    failpoints.configure("import.after_chunk:raise:2")
    jobs.ask_for(jobs.WRITE, ImportBatch.objects.get(pk=batch.pk), by=actor("manager"), state=State.WRITING)
    run_pending()
    failpoints.configure("")
    assert (Customer.objects.count(), visible(ledger)) == (20, 0)
    Job.objects.update(run_after=None)
    run_pending()
    batch.refresh_from_db()
    assert (batch.state, visible(ledger), counts(report(batch))) == (State.DONE, 30, {"rows": 30, "added": 30})


def test_a_dead_job_leaves_a_batch_that_says_so(upload, actor):
    batch = upload(numbered(5), by=actor("manager"))
    options.apply(batch, options.Options())
    job = jobs.ask_for(jobs.CHECK, batch, by=actor("manager"), state=State.CHECKING)
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error="磁盘已满")
    fresh = ImportBatch.objects.get(pk=batch.pk)
    finishing.settle(fresh)
    assert (fresh.state, fresh.error) == (State.UPLOADED, "磁盘已满")


def test_forgotten_uploads_are_cleared(upload, settings):
    from datetime import timedelta

    from django.utils import timezone

    batch = upload(numbered(3))
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(days=15))
    stray = settings.FILES_DIR / "imports" / "00.sealed"
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    assert finishing.tidy() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.stored_name, batch.inspection) == (State.CANCELLED, "", None)
    assert list((settings.FILES_DIR / "imports").glob("*.sealed")) == []


# --- a real kill --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(transactional_db, tmp_path, ledger):
    """shell("import_customers", …, FAILPOINTS="…") → (exit code, stdout, stderr) of a real process on the same data."""
    url = _shared_database(tmp_path)

    def run(*args: str, **env: str):
        base = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        about = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path / "shell"), "ALLOW_FAILPOINTS": "1"}
        found = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, env=base | about | env, capture_output=True, text=True
        )
        return found.returncode, found.stdout, found.stderr

    return run


def _shared_database(tmp_path) -> str:
    if connection.vendor == "sqlite":
        path = tmp_path / "shared.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM INTO '{path}'")
        return f"sqlite:///{path}"
    about = connections["default"].settings_dict
    login = about["USER"] + (f":{about['PASSWORD']}" if about["PASSWORD"] else "")
    return f"postgres://{login}@{about['HOST']}:{about['PORT'] or 5432}/{about['NAME']}"


def test_a_killed_command_is_resumed(shell, tmp_path, ledger):
    import json

    path = tmp_path / "客户.csv"
    path.write_bytes(csv_bytes(numbered(40)))
    code, _out, err = shell("import_customers", str(path), "--ledger", ledger.code, "--batch-size", "10",
                            FAILPOINTS="import.before_chunk_commit:kill:3")  # fmt: skip
    assert code == -9
    pk = re.search(r"#(\d+)", err)[1]
    code, out, err = shell("verify_invariants", "--ledger", ledger.code)
    assert code == 0, out + err
    code, out, err = shell(
        "import_customers", "--ledger", ledger.code, "--resume", pk, "--report", str(tmp_path / "r.json"), "--json"
    )
    assert code == 0, err
    found = json.loads((tmp_path / "r.json").read_text())
    assert counts(found) == {"rows": 40, "added": 40}
    assert found["checks"]["ok"]
    assert json.loads(out)["added"] == 40
    code, out, err = shell("verify_invariants", "--ledger", ledger.code)
    assert code == 0, out + err
