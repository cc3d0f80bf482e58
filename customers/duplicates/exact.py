"""Identifying values: by which a customer is recognised as another because they are equal, and who has them.

What lives here: the exact kinds (name, tax, phone, email, bank, id), their keys, and the one query that finds hits
for a whole list of edits. What does not: likeness (``blocking``, ``evidence``; those keys stand in the same table), writing keys
(``storing``), and what is done with a hit (``customers.services.pipeline``).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from erp_site.shared.crypto import keyed_hash

from ..fields import BUILT_IN, PART_FIELDS
from ..models import MatchKey
from ..services.edits import Edit, Hit

# More customers than this sharing one value tell nothing about any of them ("测试", an agent's phone).
BLOCK_CAP = 50

_CUSTOMER_KINDS = tuple((field.column, field.match) for field in BUILT_IN if field.match and not field.part)
_PART_KINDS: dict[str, tuple[tuple[str, str], ...]] = {}
for _each in PART_FIELDS:
    if _each.match:
        _PART_KINDS[_each.part] = (*_PART_KINDS.get(_each.part, ()), (_each.column, _each.match))

Snapshot = tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]


def key_of(ledger_id: int, kind: str, value: str) -> int:
    """The 63-bit match key of a normalised value within a set."""
    return keyed_hash(str(ledger_id), kind, value.upper())


def identifying_values(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    """(kind, normalised value) of everything by which a customer may be recognised."""
    for column, kind in _CUSTOMER_KINDS:
        value = row.get("name_key" if kind == "name" else column)
        if value:
            yield kind, value
    for part, kinds in _PART_KINDS.items():
        for part_row in parts.get(part, ()):
            for column, kind in kinds:
                value = part_row.get("name_key" if kind == "name" else column)
                if value:
                    yield kind, value


def keys_of(ledger_id: int, row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> dict[int, tuple[str, str]]:
    """match key → (kind, value) of one customer."""
    return {key_of(ledger_id, kind, value): (kind, value) for kind, value in identifying_values(row, parts)}


def holders(keys: Iterable[int], most: int = BLOCK_CAP) -> dict[int, list[int]]:
    """match key → ids of the customers that have it, at most ``most`` each; one query a thousand keys."""
    wanted, limit, table = sorted(set(keys)), int(most), MatchKey._meta.db_table
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), 1000):
            some = wanted[start : start + 1000]
            # Ascending, so that the table is walked forward; the limit keeps an over-full key harmless.
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"SELECT wanted.key, held.customer_id FROM unnest(%s::bigint[]) AS wanted(key) CROSS JOIN LATERAL "
                    f"(SELECT customer_id FROM {table} WHERE key = wanted.key ORDER BY customer_id LIMIT {limit}) held",
                    [some],
                )
            else:
                cursor.execute(
                    f"SELECT wanted.value, held.customer_id FROM json_each(%s) wanted CROSS JOIN {table} held "
                    f"ON held.key = wanted.value AND held.customer_id <= coalesce((SELECT last.customer_id FROM {table} last "
                    f"WHERE last.key = wanted.value ORDER BY last.customer_id LIMIT 1 OFFSET {limit - 1}), {2**63 - 1})",
                    [str(some)],
                )
            for key, customer_id in cursor.fetchall():
                found.setdefault(key, []).append(customer_id)
    return found


def find_hits(edits: list[Edit]) -> None:
    """Fill ``edit.hits`` from the set and from the list itself; ``edit.keys`` must be set."""
    known = holders({key for edit in edits for key in edit.keys})
    first: dict[int, Edit] = {}
    for edit in edits:
        for key, (kind, value) in edit.keys.items():
            for customer_id in known.get(key, ()):
                if customer_id != edit.customer_id:
                    edit.hits.append(Hit(kind, value, customer_id))
            other = first.setdefault(key, edit)
            if other is not edit and not (other.customer_id and other.customer_id == edit.customer_id):
                edit.hits.append(Hit(kind, value, other=other))
