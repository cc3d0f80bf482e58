"""Bulk rows below the ORM: COPY on PostgreSQL, executemany on SQLite, history by INSERT … SELECT.

What lives here: how many rows of one table get into the database quickly, the same for both engines. What does not: which
rows, in what order, under which lock (``writing``). Nothing else in the project writes customer tables.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from django.db import connection, models

Row = dict[str, Any]


class Table:
    """One model's table with its columns and value converters, prepared once."""

    def __init__(self, model: type[models.Model]):
        self.model = model
        self.name = model._meta.db_table
        self.pk = model._meta.pk.attname
        self.fields = list(model._meta.concrete_fields)
        self.attnames = [field.attname for field in self.fields]
        self.columns = {field.attname: field.column for field in self.fields}
        self.defaults = {field.attname: _default(field) for field in self.fields}
        self._converters: dict[str, dict] = {}

    def converters(self) -> dict[str, Any]:
        """attname → function making a database value, only for columns that need one."""
        vendor = connection.vendor
        if vendor not in self._converters:
            self._converters[vendor] = {
                field.attname: converter for field in self.fields if (converter := _converter(field))
            }
        return self._converters[vendor]

    def _records(self, rows: Iterable[Row], attnames: Sequence[str]) -> Iterator[tuple]:
        """Tuples of database values; what a row leaves out takes the field's default."""
        converters = self.converters()
        defaults = {name: self.defaults[name] for name in attnames}
        places = [(place, converters[name]) for place, name in enumerate(attnames) if name in converters]
        pick = itemgetter(*attnames) if len(attnames) > 1 else lambda merged: (merged[attnames[0]],)
        for row in rows:
            record = list(pick(defaults | row))
            for place, convert in places:
                if record[place] is not None:
                    record[place] = convert(record[place])
            yield tuple(record)

    def insert(self, rows: list[Row]) -> None:
        """Insert the rows; each gets its pk set. Columns missing from a row take the field's default."""
        if not rows:
            return
        if self.pk in self.attnames and self.pk == "id":
            for row, pk in zip(rows, self._new_ids(len(rows)), strict=True):
                row["id"] = pk
        insert_records(self.name, [self.columns[name] for name in self.attnames], self._records(rows, self.attnames))

    def put_back(self, rows: list[Row]) -> None:
        """Insert rows that were there before, under the pks they had."""
        insert_records(self.name, [self.columns[name] for name in self.attnames], self._records(rows, self.attnames))

    def _new_ids(self, count: int) -> list[int]:
        """Ids that nobody else will get: from the sequence, or (the writer lock being held) after the last one given."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                    [f'"{self.name}"', count],
                )
                return [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.name])
            row = cursor.fetchone()
            first = (row[0] if row else 0) + 1
            return list(range(first, first + count))

    def update(self, changes: list[tuple[int, Row]]) -> None:
        """Set the given columns of each pk; rows with the same set of columns go in one statement."""
        groups: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
        for pk, values in changes:
            groups.setdefault(tuple(sorted(values)), []).append((pk, values))
        for attnames, members in groups.items():
            if not attnames:
                continue
            sets = ", ".join(f'"{self.columns[name]}" = %s' for name in attnames)
            records = self._records((values for _pk, values in members), attnames)
            params = [(*record, pk) for record, (pk, _values) in zip(records, members, strict=True)]
            with connection.cursor() as cursor:
                cursor.executemany(f'UPDATE "{self.name}" SET {sets} WHERE id = %s', params)

    def delete(self, pks: Sequence[int]) -> None:
        if pks:
            with connection.cursor() as cursor:
                cursor.execute(f'DELETE FROM "{self.name}" WHERE id {_in_list(pks)}', _in_params(pks))

    def keep_history(
        self, pks: Sequence[int], kind: str, *, batch_id: int, user_id: int | None, at: datetime, reason: str
    ):
        """Copy the rows as they stand in the table now into its history; ``kind`` is "+", "~" or "-"."""
        if not pks:
            return
        history = self.model.history.model
        columns = ", ".join(f'"{column}"' for column in self.columns.values())
        stamp = "history_date, history_change_reason, history_type, history_user_id, batch_id"
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{history._meta.db_table}" ({columns}, {stamp}) '
                f'SELECT {columns}, %s, %s, %s, %s, %s FROM "{self.name}" WHERE id {_in_list(pks)} ORDER BY id',
                [_timestamp(at), reason or None, kind, user_id, batch_id, *_in_params(pks)],
            )


@cache
def table(model: type[models.Model]) -> Table:
    """The prepared table of a model."""
    return Table(model)


def insert_records(table_name: str, columns: Sequence[str], records: Iterable[tuple], *, ignore: bool = False) -> None:
    """Insert tuples of database values; ``ignore`` skips rows that are there already (never through COPY)."""
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not ignore:
            # COPY goes past Django's cursor, so its errors are translated here.
            with (
                connection.wrap_database_errors,
                cursor.cursor.copy(f'COPY "{table_name}" ({names}) FROM STDIN') as copy,
            ):
                for record in records:
                    copy.write_row(record)
            return
        marks = ", ".join(["%s"] * len(columns))
        skip = " ON CONFLICT DO NOTHING" if ignore else ""
        cursor.executemany(f'INSERT INTO "{table_name}" ({names}) VALUES ({marks}){skip}', list(records))


def _in_list(values: Sequence[int]) -> str:
    if connection.vendor == "postgresql":
        return "= ANY(%s)"
    return f"IN ({', '.join(['%s'] * len(values))})"


def _in_params(values: Sequence[int]) -> list:
    return [list(values)] if connection.vendor == "postgresql" else list(values)


def _default(field: models.Field) -> Any:
    """The value of a column that a row leaves out; callables (dict, list) are made once, since rows only serialise them."""
    if field.has_default():
        return field.get_default()
    return None if field.null or field.primary_key else ("" if field.empty_strings_allowed else None)


@lru_cache(maxsize=16)
def _timestamp(value: datetime):
    """All rows of a batch share their instants, so adapting one serves them all."""
    return connection.ops.adapt_datetimefield_value(value) if connection.vendor == "sqlite" else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ("{}" if isinstance(value, dict) else "[]")


def _converter(field: models.Field):
    """What makes a database value of a clean Python value; None where the driver takes it as it is."""
    sqlite = connection.vendor == "sqlite"
    if isinstance(field, models.JSONField):
        return _json
    if hasattr(field, "context"):  # encrypted text
        return field.get_prep_value
    if isinstance(field, models.DateTimeField):
        return _timestamp if sqlite else None
    if isinstance(field, models.DateField):
        return str if sqlite else None
    if isinstance(field, models.DecimalField):
        return (
            (lambda value: connection.ops.adapt_decimalfield_value(value, field.max_digits, field.decimal_places))
            if sqlite
            else None
        )
    return None
