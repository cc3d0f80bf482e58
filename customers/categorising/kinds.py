"""The mass edits that follow from changed categories, regions and tags.

What lives here: which customers each concerns and what becomes of them; ``customers.jobs`` imports this, so that workers know the kinds.
What does not: chunks, batches and taking up again (``services.mass_edits``), and the acts that ask for them.

Each condition is written so that no index but the one by pk fits it: chunks walk the set once in the order of the pk, where an
index over several values would be sorted anew for every chunk.
"""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from ..models import Customer, CustomerTag
from ..services import mass_edits, regions, reviews
from ..services.edits import Edit

MOVE, REGIONS, REVIEWS, TAGS = "category.move", "region.derive", "review.cycle", "tag.merge"
NAMES = (MOVE, REGIONS, REVIEWS, TAGS)


# --- customers of one category go to another: {"from": pk, "to": pk} ---------------------------------------------------------


def _of_category(ledger, params: dict[str, Any]) -> QuerySet:
    return Customer.objects.of(ledger.pk).filter(category_id=params["from"])


def _to_category(ledger, params: dict[str, Any]):
    def edits(pks: list[int]) -> list[Edit]:
        # Asked again: whoever was moved by hand in the meantime stays where he was put.
        rows = _of_category(ledger, params).filter(pk__in=pks).order_by("pk").values_list("pk", "version")
        return [Edit({"category": params["to"]}, customer_id=pk, base_version=version) for pk, version in rows]

    return edits


# --- regions changed: {"at": instant, "before": {place: region}, "provinces": [name]} ----------------------------------------


def _of_provinces(ledger, params: dict[str, Any]) -> QuerySet:
    rows = Customer.objects.of(ledger.pk).alias(where=Concat(F("province"), Value("")))
    return rows.filter(where__in=[*params["provinces"], ""])


def _to_regions(ledger, params: dict[str, Any]):
    """Only those whose region follows from the place: what somebody chose by hand stays."""
    before, now = regions.RegionMap(params["before"]), regions.RegionMap.of(ledger)

    def edits(pks: list[int]) -> list[Edit]:
        rows = Customer.objects.of(ledger.pk).filter(pk__in=pks)
        found = []
        for row in rows.order_by("pk").values("pk", *regions.PLACE, "region_code", "sales_region_id", "version"):
            chosen, target = row["sales_region_id"], now.of_row(row)
            if chosen != target and (chosen is None or chosen == before.of_row(row)):
                edit = Edit({"sales_region": target}, customer_id=row["pk"], base_version=row["version"])
                found.append(edit)
        return found

    return edits


# --- a cycle changed: {"at": instant, "months": {category: [before, now]}} ---------------------------------------------------


def _of_cycles(ledger, params: dict[str, Any]) -> QuerySet:
    rows = Customer.objects.of(ledger.pk).alias(where=F("category_id") + 0)
    return rows.filter(where__in=[int(pk) for pk in params["months"]])


def _to_dates(ledger, params: dict[str, Any]):
    """The day moves by as much as the cycle grew or shrank, never into the past; who has none begins with a whole cycle."""
    months = {int(pk): (before or 0, now or 0) for pk, (before, now) in params["months"].items()}
    today = timezone.localdate()

    def edits(pks: list[int]) -> list[Edit]:
        found = []
        rows = Customer.objects.of(ledger.pk).filter(pk__in=pks).order_by("pk")
        for pk, category, due in rows.values_list("pk", "category_id", "next_review_on"):
            before, now = months.get(category, (0, 0))
            wanted = _moved(due, before, now, today)
            if wanted != due:
                found.append(Edit({"next_review_on": wanted}, customer_id=pk))
        return found

    return edits


def _moved(due: date | None, before: int, now: int, today: date) -> date | None:
    if not now:
        return None
    if due is None or not before:
        first = reviews.later(today, now)
        return min(due, first) if due else first
    moved = reviews.later(due, now - before)
    return moved if now > before else max(moved, min(due, today))


# --- one tag for another: {"from": pk, "to": pk} -----------------------------------------------------------------------------


def _of_tag(ledger, params: dict[str, Any]) -> QuerySet:
    return Customer.objects.of(ledger.pk).filter(customer_tags__tag_id=params["from"])


def _to_tag(ledger, params: dict[str, Any]):
    old, new = params["from"], params["to"]

    def edits(pks: list[int]) -> list[Edit]:
        tags: dict[int, list[int]] = {pk: [] for pk in pks}
        rows = CustomerTag.objects.filter(customer_id__in=pks).order_by("pk")
        for customer, tag in rows.values_list("customer_id", "tag_id"):
            tags[customer].append(tag)
        return [
            Edit({"tags": list(dict.fromkeys(new if tag == old else tag for tag in tags[pk]))}, customer_id=pk)
            for pk in pks
        ]

    return edits


mass_edits.register(MOVE, select=_of_category, make=_to_category, as_system=True)
mass_edits.register(REGIONS, select=_of_provinces, make=_to_regions, as_system=True)
mass_edits.register(REVIEWS, select=_of_cycles, make=_to_dates, as_system=True)
mass_edits.register(TAGS, select=_of_tag, make=_to_tag, as_system=True)
