"""Customers of a set as the facts by which rules number them, in a stream: what trial, health and renumbering walk through.

What lives here: reading every customer of a set, a chunk per query. What does not: which rule numbers whom (``services.number_rules``).
"""

from collections.abc import Iterable, Iterator

from ..models import Customer
from ..services.number_rules import CHOSEN_BY, Facts

CHUNK = 5_000
_COLUMNS = ("id", "number", "number_key", "name", "region_code", "mnemonic_code", "status", *CHOSEN_BY)


def chunks(rows, field_keys: Iterable[str] = (), *, size: int = CHUNK) -> Iterator[list[Facts]]:
    """Customers of a queryset by pk, ``size`` at a time; ``field_keys``: further fields that stand in numbers."""
    own = [key for key in field_keys if key.startswith("x_")]
    plain = {key for key in field_keys if key not in own}
    columns = [*dict.fromkeys([*_COLUMNS, *sorted(plain)]), *(["custom_values"] if own else [])]
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk").values(*columns)[:size]):
        last = found[-1]["id"]
        for row in found if own else ():
            row |= {key: (row["custom_values"] or {}).get(key) for key in own}
        yield found


def everybody(ledger):
    """Every customer of a set: numbers are judged and given for all of them, whoever asks."""
    return Customer.objects.of(ledger.pk)
