"""A whole set: found, grouped, dismissed, resumed, and the second time only what changed; the command's files."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from customers.duplicates import deciding, dismissing, scanning, scanning_steps
from customers.models import DuplicatePair
from customers.services import pipeline
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor, Door

pytestmark = pytest.mark.django_db

ROWS = [
    {"name": "杭州恒源机械有限公司", "mobile": "13700001234", "contact": "王芳"},
    {"name": "恒源机械（杭州）公司", "mobile": "13700001234"},
    {"name": "杭州恒圆机械有限公司", "mobile": "13700001234", "contact": "王总"},
    {"name": "杭州恒源机械有限公司苏州分公司", "mobile": "13700001234"},
    {"name": "宁波天达物流有限公司", "mobile": "13900001234"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _own_place(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def firms(ledger, system):
    edits = [Edit(values=dict(row), reason="测试") for row in ROWS]
    pipeline.submit(edits, ledger=ledger, by=system, kind="edit", reason="测试")
    return [edit.customer_id for edit in edits]


def pairs(found) -> set[tuple[int, int]]:
    strong = found.pairs[found.pairs["chance"] >= deciding.DUPLICATE]
    return {(int(found.ids[a]), int(found.ids[b])) for a, b in zip(strong["left"], strong["right"], strict=True)}


def run(*args) -> dict:
    out = io.StringIO()
    call_command("find_duplicates", "--ledger", "HZ01", "--json", *args, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def test_a_set_is_scanned_and_grouped(ledger, firms):
    found = scanning.scan(ledger)
    first, second, third, branch, other = firms
    assert {(first, second), (first, third)} <= pairs(found)
    assert not any({branch, other} & set(pair) for pair in pairs(found))
    assert found.groups(least=0.36) == [[first, second, third]]


def test_the_second_scan_compares_only_what_changed(ledger, system, firms):
    whole = scanning.scan(ledger)
    whole.close()
    again = scanning.scan(ledger)
    assert (again.compared, pairs(again)) == (0, pairs(whole))
    again.close()
    edit = Edit(values={"name": "宁波天达物流公司", "mobile": "13900001234"}, reason="测试")
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit", reason="测试")
    after = scanning.scan(ledger)
    assert 0 < after.compared < after.candidates
    assert pairs(after) == pairs(whole) | {(firms[4], edit.customer_id)}
    assert pairs(after) == pairs(scanning.scan(ledger, fresh=True))


def test_a_killed_scan_goes_on_where_it_ended(ledger, firms, monkeypatch):
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setitem(scanning_steps.STEPS, "score", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        scanning.scan(ledger)
    with monkeypatch.context() as watched:
        watched.setattr(scanning.storing, "all_profiles", lambda pk: pytest.fail("read again"))
        found = scanning.scan(ledger)
    assert pairs(found)
    found.close()
    assert [path.name for path in (found.folder.parent).iterdir()] == [f"{ledger.pk}.npz"]


def test_an_empty_set_has_no_duplicates(ledger):
    found = scanning.scan(ledger)
    assert (len(found.ids), found.candidates, found.groups(least=0.4)) == (0, 0, [])
    found.close()
    assert scanning.scan(ledger).candidates == 0


def test_the_command_writes_pairs_and_groups(ledger, firms, tmp_path):
    out, groups = tmp_path / "pairs.csv", tmp_path / "groups.csv"
    told = run("--out", str(out), "--clusters", str(groups), "--progress")
    assert (told["customers"], told["clusters"]) == (5, 1)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["number_a", "number_b", "score", "verdict", "evidence"]
    assert {row["verdict"] for row in rows} <= {"duplicate", "possible"}
    assert len(rows) == told["pairs"]
    assert any("电话相同" in row["evidence"] and "同音字 1 处「源→圆」" in row["evidence"] for row in rows)
    assert [float(row["score"]) for row in rows] == sorted((float(row["score"]) for row in rows), reverse=True)
    members = list(csv.DictReader(groups.open(encoding="utf-8")))
    assert [row["cluster"] for row in members] == ["1", "1", "1"]
    assert {row["number"] for row in members} == {"KH000001", "KH000002", "KH000003"}


def test_a_higher_score_shows_fewer(ledger, firms, tmp_path):
    assert run("--min-score", "0.99")["pairs"] <= run("--min-score", "0.5")["pairs"] <= run()["pairs"]


@pytest.mark.parametrize("args", [("--min-score", "2"), ("--out", "/nowhere/pairs.csv")])
def test_wrong_calls_are_refused_before_any_work(ledger, args):
    with pytest.raises(CommandError):
        run(*args)


def test_what_was_dismissed_stays_away_until_a_field_changes(ledger, system, firms, tmp_path):
    before = run()
    dismissing.dismiss([(firms[1], firms[0])], ledger=ledger, by=system, reason="两家公司")
    after = run()
    assert after["pairs"] == before["pairs"] - 1
    assert after["dismissed"] == 1
    edit = Edit(values={"remark": "与查重无关"}, customer_id=firms[0], reason="测试")
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    assert run()["dismissed"] == 1
    edit = Edit(values={"contact": "王芳芳"}, customer_id=firms[0], reason="测试")
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    assert run()["dismissed"] == 0


def test_a_pair_is_dismissed_by_its_numbers(ledger, firms):
    before = run()
    run("--dismiss", "KH000001", "kh000002", "--reason", "两家公司")
    assert run()["pairs"] == before["pairs"] - 1
    for wrong in (("KH000001", "KH999999"), ("KH000001", "KH000001")):
        with pytest.raises(CommandError):
            run("--dismiss", *wrong)


def test_a_dismissal_is_kept_once_and_can_be_taken_back(ledger, system, firms):
    for _twice in range(2):
        assert dismissing.dismiss([(firms[0], firms[1]), (firms[1], firms[0])], ledger=ledger, by=system) == 1
    assert DuplicatePair.objects.count() == 1
    assert dismissing.recall([(firms[1], firms[0])], ledger=ledger, by=system) == 1
    assert not DuplicatePair.objects.exists()


def test_only_who_may_merge_dismisses_and_only_what_he_sees(ledger, other_ledger, users, firms):
    viewer = Actor.of(users["viewer"], ledger.pk, Door.WEB)
    with pytest.raises(NotAllowed):
        dismissing.dismiss([(firms[0], firms[1])], ledger=ledger, by=viewer)
    elsewhere = Actor.system(other_ledger.pk)
    with pytest.raises(BusinessError):
        dismissing.dismiss([(firms[0], firms[1])], ledger=other_ledger, by=elsewhere)
