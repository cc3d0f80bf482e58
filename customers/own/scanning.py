"""What stands in an own field over all customers of a set: asked in the database, with the work of Python done once per different value.

What lives here: reading only. What does not: what is done about it (``custom_fields``, ``own_converting``).
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from ..fields import Field
from ..models import Customer, CustomValue
from . import values as own_values
from .writing import COLUMN

_LOOK, _OFTEN = 1_000, 50  # so many blanks among so many customers fill a page soon


def holders(field: Field):
    """Every customer of the set in whom the field is filled in, unordered."""
    return Customer.objects.of(field.custom.ledger_id).filter(**{f"{COLUMN}__has_key": field.key})


def has_values(field: Field) -> bool:
    """Whether any customer has a value."""
    if own_values.is_copied(field) and field.custom.is_indexed:
        return CustomValue.objects.filter(field=field.custom).exists()
    return holders(field).exists()


def count_all(field: Field) -> int:
    """How many customers the set has."""
    return Customer.objects.of(field.custom.ledger_id).count()


def rare_blanks(field: Field, most: int) -> list[int] | None:
    """Ids of the customers in whom a copied field is blank; None when there are more than ``most`` of them.

    A look at the newest tells a field that is often blank; only a rarely blank one costs a pass over two indexes.
    """
    newest = Customer.objects.of(field.custom.ledger_id).order_by("-pk").values_list("pk", flat=True)
    looked_at = list(newest[:_LOOK])
    filled = (
        CustomValue.objects.filter(field=field.custom, customer_id__in=looked_at)
        .values("customer_id")
        .distinct()
        .count()
    )
    if len(looked_at) == _LOOK and _LOOK - filled > _OFTEN:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM {Customer._meta.db_table} c WHERE c.ledger_id = %s AND NOT EXISTS (SELECT 1 FROM "
            f"{CustomValue._meta.db_table} v WHERE v.customer_id = c.id AND v.field_id = %s) LIMIT %s",
            [field.custom.ledger_id, field.custom.pk, most + 1],
        )
        found = [row[0] for row in cursor.fetchall()]
    return sorted(found) if len(found) <= most else None


def distinct(field: Field) -> Iterator[tuple[Any, int, int]]:
    """(clean value, how many customers have it, one of them) of every value that is stored; one query, streamed."""
    table = Customer._meta.db_table
    if connection.vendor == "postgresql":
        value, has = f"({COLUMN} -> %s)::text", f"{COLUMN} ? %s"
        params = [field.key, field.custom.ledger_id, field.key]
    else:
        path = f'$."{field.key}"'
        value, has = f"({COLUMN} -> %s)", f"json_type({COLUMN}, %s) IS NOT NULL"
        params = [path, field.custom.ledger_id, path]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {value} AS v, COUNT(*), MIN(id) FROM {table} WHERE ledger_id = %s AND {has} GROUP BY v", params
        )
        while rows := cursor.fetchmany(5_000):
            for text, count, pk in rows:
                yield own_values.unsealed(field, json.loads(text)), count, pk


def holding_after(field: Field, pk: int, count: int, *, lock: bool = False) -> list[tuple[int, dict[str, Any]]]:
    """The next customers behind ``pk`` that hold the field: (id, JSON)."""
    rows = holders(field).filter(pk__gt=pk).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    return list(rows.values_list("pk", COLUMN)[:count])


def number_of(customer_id: int, ledger_id: int) -> str:
    """The number by which a reference to a customer is written."""
    return Customer.objects.of(ledger_id).filter(pk=customer_id).values_list("number", flat=True).first() or ""
