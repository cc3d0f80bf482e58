"""I1 for imports: every batch is wholly in, or waits unseen and says so; its log and the customers agree.

What lives here: checks that only read. What does not: settling what died (``importing.finishing``).
"""

from collections.abc import Iterator

from django.db.models import Q, Sum

from customers.models import ChangeBatch, Customer

from .importing import uploads
from .models import ImportBatch, ImportChunk

State = ImportBatch.State
_OVER = (State.DONE, State.CANCELLED, State.FAILED)


def check(ledger_id: int | None = None) -> Iterator[str]:
    """Every broken promise about imports, in words; one set, or all of them."""
    batches = ImportBatch.objects.filter(**({} if ledger_id is None else {"ledger_id": ledger_id}))
    yield from _open_after_the_end(batches)
    yield from _closed_before_the_end(batches)
    for batch in batches.filter(state=State.DONE).select_related("change_batch").iterator(chunk_size=200):
        yield from _of_done(batch)
    yield from _files(batches)
    if ledger_id is None:
        yield from _strays()


def _open_after_the_end(batches) -> Iterator[str]:
    for pk in batches.filter(state__in=_OVER, change_batch__state=ChangeBatch.State.OPEN).values_list("pk", flat=True)[
        :5
    ]:
        yield f"I1 import {pk}: over, but its customers are still hidden"


def _closed_before_the_end(batches) -> Iterator[str]:
    early = batches.exclude(state__in=_OVER).filter(change_batch__isnull=False).exclude(
        change_batch__state=ChangeBatch.State.OPEN
    )  # fmt: skip
    for pk in early.values_list("pk", flat=True)[:5]:
        yield f"I1 import {pk}: not over, but its customers can be seen"


def _of_done(batch: ImportBatch) -> Iterator[str]:
    """A finished batch: no chunk is missing, and the counts of log, writer and database agree."""
    chunks = ImportChunk.objects.filter(batch=batch)
    if chunks.exclude(status=ImportChunk.Status.WRITTEN).exists():
        yield f"I1 import {batch.pk}: done, but not every chunk is written"
    rows = chunks.aggregate(rows=Sum("rows"))["rows"] or 0
    accounted = sum(batch.count(key) for key in ("added", "updated", "unchanged", "skipped", "rejected"))
    if not rows == batch.count("rows") == accounted:
        yield f"I1 import {batch.pk}: {rows} rows staged, {batch.count('rows')} counted, {accounted} accounted for"
    written = batch.change_batch
    logged = (written.customers_added, written.customers_changed) if written else (0, 0)
    if logged != (batch.count("added"), batch.count("updated")):
        yield f"I1 import {batch.pk}: its log and the writer disagree on how many customers were added and changed"
    if written:
        # History tells, for an undo may have taken some of them away since.
        stored = Customer.history.filter(batch=written, history_type="+").count()
        if stored != batch.count("added"):
            yield f"I1 import {batch.pk}: {batch.count('added')} customers added, {stored} there"


def _files(batches) -> Iterator[str]:
    """A batch that may still be continued or looked at has its file."""
    kept = batches.exclude(Q(stored_name="") | Q(state__in=_OVER)).values_list("pk", "stored_name")
    for pk, name in kept.iterator():
        if not (uploads.folder() / name).is_file():
            yield f"I11 import {pk}: its stored file is gone"


def _strays() -> Iterator[str]:
    """No stored file without a batch (younger ones may be uploads under way)."""
    for path in uploads.strays()[:5]:
        yield f"I11 stray upload {path.name}"
