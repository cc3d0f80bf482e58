"""Formulas computed anew for every customer after a formula was changed: a mass edit, so chunks, history and taking up again are its own.

What lives here: who is concerned (all), and who of a chunk has another result now. What does not: asking for it (``rulebook.recompute``).
"""

from typing import Any

from django.db.models import QuerySet

from ..fields import Catalogue
from ..models import Customer
from ..services import mass_edits
from ..services.edits import Edit
from .book import RECOMPUTE, Rulebook
from .stage import stored_values


def _everyone(ledger, params: dict[str, Any]) -> QuerySet:
    return Customer.objects.of(ledger.pk)


def _with_other_results(ledger, params: dict[str, Any]):
    catalogue = Catalogue.of(ledger)
    book = Rulebook(catalogue)

    def edits(pks: list[int]) -> list[Edit]:
        if not book.formulas:
            return []
        rows = stored_values(catalogue, Customer.objects.of(ledger.pk), pks, book.inputs | book.formulas.keys())
        return [
            Edit(customer_id=pk, recompute=True)
            for pk, values in rows.items()
            if any(values.get(key) != result for key, result in book.computed(values).items())
        ]

    return edits


mass_edits.register(RECOMPUTE, select=_everyone, make=_with_other_results, as_system=True)
