"""Which sales region (销售区域) a customer's place lies in, and filling it in where nobody said one.

What lives here: the map of a set's regions, and what it makes of edits and of stored customers. What does not: places and their codes
(``rules.regions``), and changing the regions (``customers.categorising``).

A sales region that differs from what the place says was chosen by hand, and stays.
"""

from collections.abc import Mapping
from typing import Any

from ..models import SalesRegion
from ..rules import regions
from .edits import Edit

PLACE = ("province", "city", "district")


class RegionMap:
    """Codes of places (two, four or six digits) → pk of the region that they belong to; the longest code wins."""

    def __init__(self, places: Mapping[str, int]):
        self.places = dict(places)

    @classmethod
    def of(cls, ledger) -> "RegionMap":
        """The map of the set's active regions; one query."""
        rows = SalesRegion.objects.filter(ledger=ledger, is_active=True).values_list("pk", "places")
        return cls({code: pk for pk, places in rows for code in places})

    def of_code(self, code: str) -> int | None:
        """The region of a six-digit code; None where no region has it, or for no code."""
        if not code or not self.places:
            return None
        return next((self.places[code[:size]] for size in (6, 4, 2) if code[:size] in self.places), None)

    def of_row(self, row: Mapping[str, Any]) -> int | None:
        return self.of_code(code_of_row(row))


def code_of_row(row: Mapping[str, Any]) -> str:
    """The code of a customer row's place: by its names, which say what a reader sees, not by a code left from before."""
    return regions.code_of(*(row.get(name) or "" for name in PLACE)) or row.get("region_code") or ""


def derive(edits: list[Edit], ledger, customers) -> None:
    """Region code and sales region of edits that say something of the place; at most two queries.

    ``customers``: the queryset from which stored rows of changed customers are read.
    """
    moved = [edit for edit in edits if edit.is_add or any(name in edit.values for name in PLACE)]
    if not moved:
        return
    stored = _stored([edit.customer_id for edit in moved if not edit.is_add], customers)
    known = RegionMap.of(ledger)
    for edit in moved:
        values = edit.values
        before = {} if edit.is_add else stored.get(edit.customer_id)
        if before is None:
            continue  # out of sight: refused elsewhere
        place = {name: values.get(name, before.get(name)) for name in PLACE}
        code = regions.code_of(*(place[name] or "" for name in PLACE))
        if code or not edit.is_add:
            values["region_code"] = code
        if code and edit.is_add and not place["province"]:
            values["province"] = regions.region_by_code(code).province
        if values.get("sales_region_id") is not None or ("sales_region_id" in values and not edit.is_add):
            continue
        chosen = before.get("sales_region_id")
        found = known.of_code(code or values.get("region_code") or "")
        if found != chosen and (chosen is None or chosen == known.of_row(before)):
            values["sales_region_id"] = found


def _stored(ids: list[int], customers) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    rows = customers.filter(pk__in=ids).values("pk", *PLACE, "region_code", "sales_region_id")
    return {row["pk"]: row for row in rows}
