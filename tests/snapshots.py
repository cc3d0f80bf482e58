"""Rows that many tests begin with, made once by the product's own verbs and put back by plain inserts afterwards.

What lives here: what was made (by difference), and putting it back under the same pks. What does not: which rows (``conftest``).
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

_kept: dict[str, tuple[Any, list[tuple[str, list[tuple]]]]] = {}


def made_once(name: str, make: Callable[[], Any]) -> Any:
    """What ``make`` returns, which must be plain data such as pks. Its rows are made at the first call in this process, and copied at each later one."""
    if name in _kept:
        told, statements = _kept[name]
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement, records in statements:
                    cursor.executemany(statement, records)
        except IntegrityError:  # this test has made rows of its own before, which bear these pks
            return make()
        return told
    before = {model: set(_rows(model)) for model in _models()}
    told = make()
    statements = []
    for model in _models():
        new = [record for pk, record in _rows(model).items() if pk not in before[model]]
        if new:
            columns = [field.column for field in model._meta.local_concrete_fields]
            names = ", ".join(f'"{column}"' for column in columns)
            marks = ", ".join(["%s"] * len(columns))
            statements.append((f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})', new))
    _kept[name] = (told, statements)
    return told


def _models() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def _rows(model: type[models.Model]) -> dict[Any, tuple]:
    """pk → the row as the driver gives it, which is what it takes back."""
    columns = [field.column for field in model._meta.local_concrete_fields]
    pk = model._meta.pk.column
    place = columns.index(pk) if pk in columns else None  # a key of several columns: the row itself tells it apart
    with connection.cursor() as cursor:
        names = ", ".join(f'"{column}"' for column in columns)
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}"')
        found = cursor.fetchall()
    return {row if place is None else row[place]: tuple(map(_taken_back, row)) for row in found}


def _taken_back(value: Any) -> Any:
    """PostgreSQL gives JSON as Python values and wants it wrapped."""
    if connection.vendor == "postgresql" and isinstance(value, dict | list):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value
