"""回收站: who was deleted and is not back. What lives here: the questions. What does not: who may ask them (``views``, ``showing``)."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from ledgers.models import Ledger

from ..models import ChangeBatch, Customer


def gone_among(ledger: Ledger, ids: Iterable[int]) -> set[int]:
    """Which of these ids belong to nobody in the set now."""
    ids = set(ids)
    return ids - set(Customer.objects.of(ledger.pk).filter(pk__in=ids).values_list("pk", flat=True))


def removed_since(ledger: Ledger, since: datetime) -> QuerySet:
    """History rows of customers that were deleted since an instant and have not come back, newest first."""
    batches = ChangeBatch.objects.filter(ledger=ledger, at__gte=since, customers_removed__gt=0)
    there = Customer.objects.of(ledger.pk).values("pk")
    gone = Customer.history.filter(ledger_id=ledger.pk, history_type="-", batch__in=batches).exclude(id__in=there)
    return gone.select_related("batch__by").order_by("-history_id")
