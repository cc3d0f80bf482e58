"""Customers with their parts as plain dictionaries, loaded set-based: what history, keys and search are made from."""

from collections.abc import Iterable
from typing import Any

from ..models import PARTS, Customer, ForeignNumber

Row = dict[str, Any]

PART_MODELS = {**PARTS, "foreign_numbers": ForeignNumber}


def own_values_of(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """id → the JSON of the set's own fields, as it is stored; one query."""
    return dict(Customer.objects.filter(pk__in=list(ids)).values_list("pk", "custom_values"))


def load(ids: Iterable[int], *, lock: bool = False) -> dict[int, tuple[Row, dict[str, list[Row]]]]:
    """id → (customer row, part → rows), one query per table; ``lock`` takes the customer rows in pk order."""
    wanted = sorted(set(ids))
    customers = Customer.objects.filter(pk__in=wanted).order_by("pk")
    if lock:
        # Values cannot be locked on their own: the rows are, by pk order, and read again under the lock.
        list(customers.select_for_update(of=("self",)).values_list("pk"))
    found = {row["id"]: (row, {part: [] for part in PART_MODELS}) for row in customers.values()}
    for part, model in PART_MODELS.items():
        for row in model.objects.filter(customer_id__in=wanted).order_by("pk").values():
            found[row["customer_id"]][1][part].append(row)
    return found
