"""Copies and search text of own fields made anew, in the background, when a field begins or ends to be filtered, unique or searched.

What lives here: asking for the work, and the work, a thousand customers a transaction, going on behind the last one after a kill. What does
not: the copies themselves (``own_writing``). Until the work is done nobody is offered the field as a filter; writers keep copies from
the first moment on.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.jobs.running import JobFailed, RunningJob
from ledgers.models import LedgerEvent
from ledgers.services.logbook import note
from permissions.actor import Actor

from ..fields import Field, own_field
from ..models import CustomField, CustomValue
from ..search import index
from ..services.snapshots import load
from ..services.writing import taken_meanwhile
from . import scanning as own_scanning
from .writing import OwnWriter

JOB = "customers.index_field"
STEP = 1_000
# Types whose text may stand, or may have stood, in the search index.
SEARCHABLE = frozenset({CustomField.Type.TEXT, CustomField.Type.LONG_TEXT, CustomField.Type.EMAIL, CustomField.Type.PHONE,
                        CustomField.Type.URL})  # fmt: skip


def ask(row: CustomField, *, by: Actor) -> Job | None:
    """Have the field's copies and search text made as its settings now want them; None when no customer has a value.

    Called in the transaction that changes the settings. The field is not offered as a filter until the work is done.
    """
    field = own_field(row)
    row.worked_to = 0
    if not own_scanning.holders(field).exists():
        CustomValue.objects.filter(field=row).delete()
        row.is_indexed = True
        row.save(update_fields=["worked_to", "is_indexed"])
        return None
    row.is_indexed = False
    row.save(update_fields=["worked_to", "is_indexed"])
    return queue.enqueue(
        JOB,
        {"field": row.pk},
        by=by.user,
        ledger_code=row.ledger.code,
        unique_key=f"own-field:{row.pk}:{row.label}"[:120],
    )


def run(running: RunningJob) -> dict[str, Any]:
    """The handler: {"done": customers}. Raises JobFailed when values of a field that must be unique repeat."""
    row = CustomField.objects.select_related("ledger", "choice_set").filter(pk=running.params["field"]).first()
    if row is None:
        raise JobFailed(_("字段已不存在。"))
    return {"done": work(row, running)}


def work(row: CustomField, running: RunningJob) -> int:
    """Make copies and search text of everything behind ``worked_to``; returns how many customers had a value."""
    total = own_scanning.holders(own_field(row)).count()
    done = own_scanning.holders(own_field(row)).filter(pk__lte=row.worked_to).count() if row.worked_to else 0
    while not row.is_indexed:
        try:
            with transaction.atomic():
                running.check()
                done += _chunk(row)
        except IntegrityError as clash:
            if not taken_meanwhile(clash):
                raise
            _give_up_unique(row)
            raise JobFailed(
                _("字段「%(label)s」的内容有重复，不能设为不可重复；已恢复为可以重复。") % {"label": row.label}
            ) from clash
        running.report(done, total)
    index.settle()
    return done


def _chunk(row: CustomField) -> int:
    """One step; sets ``is_indexed`` with the last one. The definition is read again: it may have changed meanwhile."""
    row.refresh_from_db()
    own = OwnWriter(row.ledger)
    field = own.fields[row.key]
    rows = own_scanning.holding_after(field, row.worked_to, STEP, lock=True)
    if not rows:
        row.is_indexed = True
        row.save(update_fields=["is_indexed"])
        return 0
    ids = [pk for pk, _values in rows]
    CustomValue.objects.filter(customer_id__in=ids, field=row).delete()
    own.insert(rows, [row.key])
    _search(own, field, ids)
    row.worked_to = ids[-1]
    row.save(update_fields=["worked_to"])
    return len(ids)


def _search(own: OwnWriter, field: Field, ids: list[int]) -> None:
    """The search text of these customers, where the field could be or have been part of it."""
    if field.custom.type not in SEARCHABLE:
        return
    snapshots = load(ids).values()
    index.remove(ids)
    index.add(own.ledger.pk, [(row["id"], index.tokens_of(row, parts, own.searchable)) for row, parts in snapshots])


def _give_up_unique(row: CustomField) -> None:
    """A value that repeats came in while the claims were being made: the field goes back to what it was."""
    with transaction.atomic():
        row = CustomField.objects.select_for_update().get(pk=row.pk)
        row.is_unique, row.worked_to = False, 0
        row.save(update_fields=["is_unique", "worked_to"])
        note(row.ledger, LedgerEvent.Kind.SETTINGS, by=None,
             detail=_("自定义字段「%(label)s」：内容有重复，取消“不可重复”") % {"label": row.label})  # fmt: skip
        queue.enqueue(JOB, {"field": row.pk}, ledger_code=row.ledger.code)
