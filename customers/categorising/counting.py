"""How many customers a category, a region or a tag has: one grouped query over an index.

What lives here: the numbers of whole sets. They are kept for a moment when they were dear, so that a page of a million customers stays
quick; ``Counts.at`` says of when they are. What does not: what may be done about them.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, QuerySet
from django.utils import timezone

from ..models import Category, Customer, CustomerTag

# A count may be as old as this many times what it took to make, at most ten minutes: cheap ones are made anew each time.
PATIENCE, LONGEST = 200, 600
_CHEAP = 0.05  # seconds


@dataclass(frozen=True)
class Counts:
    """``of``: pk → customers; None is the key of those without one. ``at``: when they were counted; None: just now."""

    of: dict[int | None, int]
    at: datetime | None = None

    def get(self, pk: int | None) -> int:
        return self.of.get(pk, 0)


def per_category(ledger) -> Counts:
    """Customers by category, without those of the categories below."""
    return _kept(f"categories:{ledger.pk}", _grouped(ledger, "category_id"))


def per_region(ledger) -> Counts:
    """Customers by sales region."""
    return _kept(f"regions:{ledger.pk}", _grouped(ledger, "sales_region_id"))


def per_tag(ledger) -> Counts:
    """Customers by tag."""
    rows = CustomerTag.objects.filter(tag__ledger=ledger).order_by()
    return _kept(f"tags:{ledger.pk}", rows.values_list("tag_id").annotate(Count("pk")))


def with_those_below(counts: Counts, categories: list[Category]) -> dict[int, int]:
    """pk → customers of the category and of everything below it; ``categories`` with parents before their children."""
    totals = Counter({category.pk: counts.get(category.pk) for category in categories})
    for category in reversed(categories):
        if category.parent_id is not None:
            totals[category.parent_id] += totals[category.pk]
    return dict(totals)


def in_category(category: Category) -> int:
    """The customers of one category, counted now."""
    return Customer.objects.of(category.ledger_id).filter(category=category).count()


def is_used(ledger, **condition) -> bool:
    """Whether some customer of the set, seen by whomever, fulfils the condition; the condition should begin an index."""
    return Customer.objects.of(ledger.pk).filter(**condition).exists()


def has_among_newest(ledger, column: str, codes: list[str], most: int) -> tuple[str | None, bool]:
    """(one of the codes that a customer bears or None, whether the whole set was looked at): for columns without an index."""
    newest = list(Customer.objects.of(ledger.pk).order_by("-id").values_list(column, flat=True)[: most + 1])
    return next((code for code in newest if code in codes), None), len(newest) <= most


def _grouped(ledger, column: str) -> QuerySet:
    return Customer.objects.of(ledger.pk).order_by().values_list(column).annotate(Count("pk"))


def _kept(key: str, rows: QuerySet) -> Counts:
    known = cache.get(f"count:{key}")
    if known is not None:
        return known
    started = time.perf_counter()
    found = dict(rows)
    taken = time.perf_counter() - started
    if taken > _CHEAP:
        cache.set(f"count:{key}", Counts(found, timezone.now()), min(LONGEST, taken * PATIENCE))
    return Counts(found)
