"""Pages and counts of the customers that somebody reaches, at a cost that grows with the page and not with the set.

What lives here: which plan answers a page, and the one statement that no ORM writes. What does not: what opens rows (``querysets``) and what
a list asks (``listing``).

An OR over several scopes is poison to a planner: either it walks the whole set in the order of the list, or it gathers and sorts all that
anybody of them opens. So each source is asked for its own first rows, out of an index that has the source's column first and the order
second, and the few that come back are put together (a union of pages by key). That is so for the order by pk. Other orders have no index
for each source, and get the first of these that answers:

1. Who reaches at most ``FEW`` rows: their ids, sorted by the database.
2. The list is walked in its order, ``WALKED`` rows at most.
3. What he reaches is gathered and sorted.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from .querysets import Reach, Source

FEW = 2_000
WALKED = 20_000
# More parameters than this in a statement: the filters name many ids, and the planner does well by beginning with them.
_MOST_PARAMETERS = 20_000
_VALUE = RawSQL("v.value", ())


class Reached:
    """The customers that one reach opens: ``everybody`` of the set, of whom ``rows`` meet the conditions of a list (both unordered, unscoped)."""

    def __init__(self, reach: Reach, everybody: QuerySet, rows: QuerySet | None = None):
        self.reach = reach
        self.everybody = everybody
        self.rows = everybody if rows is None else rows

    def first(self, column: str, *, descending: bool, count: int, beyond: Q | None = None) -> list[int]:
        """Ids of the first ``count`` in an order (the pk breaks ties), behind a key; the ids themselves come in no particular order."""
        rows = self.rows.filter(beyond) if beyond else self.rows
        if column == "id":
            found = self._union(rows, count, descending)
            return self._plain(rows, column, descending, count) if found is None else found
        near = self.few()
        if near is not None:
            return _first_of(rows.filter(pk__in=near), column, descending, count)
        try:
            return self._sorted(rows, column, descending, count)
        except EmptyResultSet:
            return []

    def _sorted(self, rows: QuerySet, column: str, descending: bool, count: int) -> list[int]:
        found = self._walked(rows, column, descending, count)
        return self._gathered(rows, column, descending, count) if found is None else found

    def count(self, most: int) -> int:
        """How many there are, at most ``most``."""
        found = self._union(self.rows, most, None, counted=True)
        if found is None:
            return self.rows.filter(self.reach.condition)[:most].count()
        return found[0]

    def few(self) -> list[int] | None:
        """The ids of all that the reach opens, whatever the list asks; None when they are more than ``FEW``."""
        if self.reach.is_everything:
            return None
        found = self._union(self.everybody, FEW + 1, None)
        return found if found is not None and len(found) <= FEW else None

    # --- the ways ---------------------------------------------------------------------------------------------------------

    def _plain(self, rows: QuerySet, column: str, descending: bool, count: int) -> list[int]:
        return _first_of(rows.filter(self.reach.condition), column, descending, count)

    def _union(self, rows: QuerySet, count: int, descending: bool | None, *, counted: bool = False) -> list[int] | None:
        """The first ids by pk (any ids, when there is no order) of all sources together; None for a statement that grows too large."""
        parts, params = [], []
        rows = rows.filter(self.reach.within)
        for source in self.reach.sources:
            try:
                sql, more = _branch(source, rows.filter(source.within), count, descending)
            except EmptyResultSet:
                continue  # a source that opens nothing, by itself or with these conditions
            parts.append(sql)
            params += more
        if not parts:
            return [0] if counted else []
        if len(params) > _MOST_PARAMETERS:
            return None
        order = "" if descending is None else f" ORDER BY id {'DESC' if descending else 'ASC'}"
        sql = f"SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) AS together{order} LIMIT {count:d}"
        return _ids(f"SELECT count(*) FROM ({sql}) AS counted" if counted else sql, params)

    def _walked(self, rows: QuerySet, column: str, descending: bool, count: int) -> list[int] | None:
        """The list walked in its order for a while; None when that was too short."""
        walked = _in_order(rows, column, descending)[:WALKED]
        inner, params = walked.query.sql_with_params()
        test, more = _where(self.everybody.model, self.reach.condition)
        table = self.everybody.model._meta.db_table
        found = _ids(f"SELECT id FROM ({inner}) AS {table} WHERE {test} LIMIT {count:d}", [*params, *more])
        if len(found) == count:
            return found
        is_end = len(rows.order_by()[: WALKED + 1].values_list("pk", flat=True)) <= WALKED
        return found if is_end else None

    def _gathered(self, rows: QuerySet, column: str, descending: bool, count: int) -> list[int]:
        """All that is reached, gathered by the indexes of its sources and then sorted; never walked in the order again."""
        table = self.everybody.model._meta.db_table
        inner, params = rows.filter(self.reach.condition).order_by().values("id", column).query.sql_with_params()
        fence = "LIMIT -1 OFFSET 0" if connection.vendor == "sqlite" else "OFFSET 0"
        mark = "DESC" if descending else "ASC"
        sql = f"SELECT id FROM ({inner} {fence}) AS {table} ORDER BY {column} {mark}, id {mark} LIMIT {count:d}"
        return _ids(sql, params)


def _branch(source: Source, rows: QuerySet, count: int, descending: bool | None) -> tuple[str, list[Any]]:
    """One source's own first ids: for each of several values by itself, so that each comes out of the index in order."""
    if len(source.values) < 2:
        inner, params = _slice(source, rows.filter(source.joined()), count, descending)
        return f"SELECT id FROM ({inner}) AS one", list(params)
    inner, params = _slice(source, rows.filter(source.joined(_VALUE)), count, descending)
    if connection.vendor == "sqlite":
        # No LATERAL here; a sub-query that is asked anew for each value does the same.
        table = rows.model._meta.db_table
        sql = f"SELECT b.id FROM json_each(%s) AS v CROSS JOIN {table} AS b WHERE b.id IN ({inner})"
        return sql, [json.dumps(source.values), *params]
    kind = "text" if isinstance(source.values[0], str) else "bigint"
    sql = f"SELECT b.id FROM unnest(%s::{kind}[]) AS v(value) CROSS JOIN LATERAL ({inner}) AS b"
    return sql, [list(source.values), *params]


def _slice(source: Source, rows: QuerySet, count: int, descending: bool | None) -> tuple[str, tuple]:
    # Shares are walked by the customer's key as their own index has it.
    key = f"{source.share}__content_object_id" if source.share else "id"
    if descending is not None:
        rows = rows.order_by(f"{'-' if descending else ''}{key}")
    return rows.values("id")[:count].query.sql_with_params()


def _in_order(rows: QuerySet, column: str, descending: bool) -> QuerySet:
    mark = "-" if descending else ""
    return rows.order_by(*dict.fromkeys((f"{mark}{column}", f"{mark}id")))


def _first_of(rows: QuerySet, column: str, descending: bool, count: int) -> list[int]:
    return list(_in_order(rows, column, descending).values_list("pk", flat=True)[:count])


def _where(model: type, condition: Q) -> tuple[str, list[Any]]:
    """The condition as SQL over rows that are called like the model's table."""
    query = model.objects.none().query.clone()
    query.clear_where()
    query.add_q(condition)
    compiler = query.get_compiler(connection=connection)
    sql, params = compiler.compile(query.where)
    return sql, list(params)


def _ids(sql: str, params: Iterable[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return [row[0] for row in cursor.fetchall()]
