"""Uploads of forms that nobody sent: removed after some days.

What lives here: which files nobody holds or ever held, and taking them away, every night. What does not: files themselves
(``services.files``).

A file is stored when a form is sent, also one that comes back with errors; a form that is then left alone leaves its file behind. A file
that a customer once had stays for ever: history and undo still name it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from erp_site.jobs.registry import job
from erp_site.jobs.running import RunningJob

from ..fields import Type
from ..models import ChangeBatch, Customer, CustomValue, StoredFile
from ..services import files

KEPT = timedelta(days=3)  # a form may stay open over a weekend
# Older files were looked at every night for weeks: whoever has one now has it by history.
LOOKED_AT = timedelta(days=45)
STEP = 200


@job("customers.sweep_files", cron="41 3 * * *")
def run(running: RunningJob) -> dict[str, int]:
    """The handler: {"files": uploads removed, "strays": sealed files without a row removed}."""
    removed = sweep()
    running.check()
    return {"files": removed, "strays": files.remove_strays(timezone.now() - KEPT)}


def sweep(now: datetime | None = None) -> int:
    """Remove the uploads that no customer holds or held; returns how many."""
    now = now or timezone.now()
    old = StoredFile.objects.filter(at__lt=now - KEPT, at__gte=now - LOOKED_AT).order_by("pk")
    removed, last = 0, 0
    while rows := list(old.filter(pk__gt=last)[:STEP]):
        last = rows[-1].pk
        for file in _abandoned(rows):
            files.remove(file)
            removed += 1
    return removed


def _abandoned(rows: list[StoredFile]) -> list[StoredFile]:
    held = CustomValue.objects.filter(field__type=Type.FILE, text__in=[row.token for row in rows])
    tokens = set(held.values_list("text", flat=True))
    loose = [row for row in rows if row.token not in tokens]
    tokens = _once_held(loose)
    return [row for row in loose if row.token not in tokens]


def _once_held(rows: Iterable[StoredFile]) -> set[str]:
    """Tokens that stand in the history of a customer: in what the one who brought the file saved after that. No import brings files."""
    found: set[str] = set()
    groups: dict[tuple[int, int | None], list[StoredFile]] = {}
    for row in rows:
        groups.setdefault((row.ledger_id, row.by_id), []).append(row)
    for (ledger_id, by_id), group in groups.items():
        batches = ChangeBatch.objects.filter(ledger_id=ledger_id, by_id=by_id, at__gte=min(row.at for row in group))
        batches = batches.exclude(kind=ChangeBatch.Kind.IMPORT)
        said = Customer.history.filter(batch__in=batches).annotate(said=Cast("custom_values", TextField()))
        tokens = {row.token for row in group}
        for text in said.values_list("said", flat=True).iterator(chunk_size=1_000):
            found |= {token for token in tokens - found if token in text}
    return found
