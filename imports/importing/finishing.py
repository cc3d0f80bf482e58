"""The end of a batch: done, cancelled, interrupted; and whether the database holds what the file said.

What lives here: the last steps and what is left behind by processes that died. What does not: the work before.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.services import writing
from erp_site.jobs.models import Job
from erp_site.shared import failpoints
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from ..models import ImportBatch, ImportChunk
from . import uploads
from .runs import Run

State = ImportBatch.State
# An upload that nobody went on with is personal data without a purpose.
FORGOTTEN = timedelta(days=14)


def done(run: Run) -> None:
    """All pieces are in: the customers become visible at one stroke, and file and database are compared."""
    batch = run.batch
    failpoints.hit("import.before_finish")
    with transaction.atomic():
        run.keep(state=State.DONE, rows=batch.count("rows"), finished_at=timezone.now(), run_token="", inspection=None)
        if batch.change_batch is not None:
            writing.close_batch(batch.change_batch)
    batch.refresh_from_db()
    ImportChunk.objects.filter(batch=batch).update(keys=None)  # only a run that goes on needs them
    compare(batch)


def compare(batch: ImportBatch) -> dict[str, Any]:
    """Counts, sums and distinct numbers of the added customers, as the file gave them and as the database has them."""
    wanted: dict[str, Decimal] = {}
    for counts in ImportChunk.objects.filter(batch=batch).values_list("counts", flat=True).iterator():
        for key, total in counts.get("sums", {}).items():
            wanted[key] = wanted.get(key, Decimal(0)) + Decimal(total)
    added_rows = _added(batch)
    stored, numbers = added_rows.aggregate(rows=Count("pk"), numbers=Count("number_key", distinct=True)).values()
    sums = dict.fromkeys(wanted, Decimal(0))
    # Added up here, because one of the engines would do it in floating point.
    for amounts in added_rows.values_list(*wanted).iterator(chunk_size=5_000) if wanted else ():
        for key, amount in zip(wanted, amounts, strict=True):
            sums[key] += amount or 0
    accounted = sum(batch.count(key) for key in ("added", "updated", "unchanged", "skipped", "rejected"))
    added = batch.count("added")
    checks = {
        "rows": {"file": batch.count("rows"), "accounted": accounted},
        "added": {"file": added, "database": stored},
        "distinct_numbers": {"file": added, "database": numbers},
        "sums": {key: {"file": str(wanted[key]), "database": str(sums[key])} for key in wanted},
    }
    checks["ok"] = (
        accounted == batch.count("rows")
        and stored == added == numbers
        and all(wanted[key] == sums[key] for key in wanted)
    )
    batch.checks = checks
    batch.save(update_fields=["checks"])
    return checks


def _added(batch: ImportBatch):
    """The customers that the import has added."""
    seen = Customer.objects.visible_to(Actor.system(batch.ledger_id))
    return seen.filter(created_batch=batch.change_batch_id) if batch.change_batch_id else seen.none()


def cancel(batch: ImportBatch) -> None:
    """End a batch at the user's wish. Rows that are in stay in and become visible; the rest is not imported."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.is_over:
            raise BusinessError(_("这个导入已经结束，不能取消。"), code="import.over")
        if locked.change_batch is not None:
            writing.close_batch(locked.change_batch)
        locked.state, locked.run_token, locked.finished_at, locked.inspection = (
            State.CANCELLED,
            "",
            timezone.now(),
            None,
        )
        locked.save(update_fields=["state", "run_token", "finished_at", "inspection"])
    batch.refresh_from_db()
    ImportChunk.objects.filter(batch=batch).update(keys=None)
    if batch.change_batch_id:
        compare(batch)


def stop_check(batch: ImportBatch) -> None:
    """A check was cancelled: back to the settings, as if it had not begun."""
    with transaction.atomic():
        ImportChunk.objects.filter(batch=batch).delete()
        ImportBatch.objects.filter(pk=batch.pk, state=State.CHECKING).update(
            state=State.UPLOADED, run_token="", counts={}, is_staged=False
        )
    batch.refresh_from_db()


def interrupt(batch: ImportBatch, reason: str) -> None:
    """The work ended before its time: a check goes back to the settings, an import waits to be continued."""
    for before, after in ((State.CHECKING, State.UPLOADED), (State.WRITING, State.INTERRUPTED)):
        ImportBatch.objects.filter(pk=batch.pk, state=before).update(state=after, error=reason[:500], run_token="")
    batch.refresh_from_db()


def fail(batch: ImportBatch, reason: str) -> None:
    """Nothing was written and nothing will be: an all-or-nothing import with a row that cannot go in."""
    ImportBatch.objects.filter(pk=batch.pk, change_batch=None).exclude(state__in=[State.DONE, State.CANCELLED]).update(
        state=State.FAILED, error=reason[:500], run_token="", finished_at=timezone.now()
    )
    batch.refresh_from_db()


def settle(batch: ImportBatch) -> None:
    """Say the truth about a batch whose process died: called by whoever looks at it."""
    if batch.state not in batch.ACTIVE or batch.is_running:
        return
    job = batch.job
    if job is not None and job.status == Job.Status.CANCELLED:
        stop_check(batch) if batch.state == State.CHECKING else cancel(batch)
        return
    interrupt(batch, (job and job.error) or _("执行导入的进程意外中断。"))


def tidy() -> int:
    """Settle what died, and forget uploads that nobody went on with; returns how many were forgotten."""
    for batch in ImportBatch.objects.filter(state__in=ImportBatch.ACTIVE).select_related("job"):
        settle(batch)
    before = timezone.now() - FORGOTTEN
    stale = ImportBatch.objects.filter(Q(state=State.UPLOADED) | Q(state=State.CHECKED), created_at__lt=before)
    forgotten = 0
    for batch in stale:
        ImportChunk.objects.filter(batch=batch).delete()
        uploads.remove(batch)
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=State.CANCELLED,
            error=_("上传后 14 天未导入，文件已清除。"),
            inspection=None,
            finished_at=timezone.now(),
        )
        forgotten += 1
    for path in uploads.strays():
        path.unlink(missing_ok=True)
    return forgotten
