"""断号: serials that nobody bears, why, and counters that stand before or behind what was given.

What lives here: finding holes and their causes. What does not: numbers by themselves (``reading``, ``scanning``), and writing a cause down
(``mending``).

Causes are looked for in three places: what was written down (gaps, reserved ranges), former numbers, and – only for what is still
unexplained, since it is large – history. Neighbours of one cause are one run, so that a renumbered million is one line.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from ..models import Customer, NumberAlias, NumberCounter, NumberGap, NumberReservation
from ..rules.numbering import Plan, Span
from .reading import Known, Reader

Cause = NumberGap.Cause
Key = tuple[int, str]  # id of the rule, name of the counter
Serials = dict[Key, array]
_FETCHED = 20_000


class Run(NamedTuple):
    """Serials of one cause, both ends included."""

    first: int
    last: int
    cause: str
    note: str = ""


@dataclass
class _Counted:
    """One counter: the serials that are borne, and the runs that are missing before its end."""

    known: Known
    scope: str
    given: np.ndarray
    missing: list[Span]

    def __post_init__(self) -> None:
        self._starts = [first for first, _last in self.missing]

    def misses(self, serial: int) -> bool:
        at = bisect_right(self._starts, serial) - 1
        return at >= 0 and serial <= self.missing[at][1]


@dataclass
class Gaps:
    """``rows``: every run with its cause, as dicts for the page; ``behind``, ``ahead``: counters that stand wrong."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    behind: list[dict[str, Any]] = field(default_factory=list)
    ahead: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    runs: int = 0
    is_fault: bool = False  # a gapless rule has a hole that nothing explains


def find(ledger, reader: Reader, serials: Serials, *, most: int) -> Gaps:
    """The gaps of a set whose customers bear ``serials``; at most ``most`` of them as rows, all of them counted."""
    rules = {known.rule.pk: known for known in reader.known if known.in_force}
    found, explained = Gaps(), _written(rules)
    counted = _counted(rules, serials, explained, found)
    _former(ledger, reader, counted, explained)
    unknown = _unknown(counted, explained)
    if unknown:
        _history(ledger, reader, unknown, explained)
    for key, one in counted.items():
        for first, last in one.missing:
            for run in _cut(first, last, explained.of(key)):
                _take(found, one, run, most)
    return found


class _Explained:
    """Runs of known cause by counter; what is added in the order of its serials grows into runs."""

    def __init__(self) -> None:
        self._added: dict[Key, list[Run]] = {}
        self._flat: dict[Key, list[Run]] = {}

    def add(self, key: Key, run: Run, step: int = 1) -> None:
        runs = self._added.setdefault(key, [])
        before = runs[-1] if runs else None
        if before and before[2:] == run[2:] and 0 < run.first - before.last <= step:
            runs[-1] = before._replace(last=run.last)
        else:
            runs.append(run)
        self._flat.pop(key, None)

    def of(self, key: Key) -> list[Run]:
        """The runs in order, each serial in one of them: of two that overlap the one that begins first counts."""
        if key not in self._flat:
            flat: list[Run] = []
            for run in sorted(self._added.get(key, ())):
                first = max(run.first, flat[-1].last + 1) if flat else run.first
                if first <= run.last:
                    flat.append(run._replace(first=first))
            self._flat[key] = flat
        return self._flat[key]


def _written(rules: dict[int, Known]) -> _Explained:
    explained = _Explained()
    for row in NumberGap.objects.filter(rule__in=rules).order_by("rule_id", "scope", "first"):
        explained.add((row.rule_id, row.scope), Run(row.first, row.last, row.cause, row.note))
    for row in NumberReservation.objects.filter(rule__in=rules).order_by("rule_id", "scope", "first"):
        explained.add((row.rule_id, row.scope), Run(row.first, row.last, Cause.RESERVED, row.purpose))
    return explained


def _counted(rules: dict[int, Known], serials: Serials, explained: _Explained, found: Gaps) -> dict[Key, _Counted]:
    """Every counter with what is missing; a counter that stands behind a number goes to ``found``.

    Numbers out of reserved ranges say nothing about where the counter should stand.
    """
    rows = NumberCounter.objects.filter(rule__in=rules).values_list("rule_id", "scope", "next_serial")
    counters = {(rule, scope): next_serial for rule, scope, next_serial in rows}
    counted = {}
    for key in sorted(serials.keys() | counters.keys()):
        known, (_rule, scope) = rules[key[0]], key
        given = _within(known.plan, serials.get(key))
        kept = [(run.first, run.last) for run in explained.of(key) if run.cause == Cause.RESERVED]
        loose = given[~_covered(given, kept)] if kept and given.size else given
        highest = int(loose[-1]) if loose.size else None
        if highest is not None and (key not in counters or highest >= counters[key]):
            serial = known.plan.serial
            found.behind.append(_about(known, scope) | {
                "next": serial.text(counters[key]) if key in counters else "", "highest": serial.text(highest),
            })  # fmt: skip
        end = max(counters.get(key, 0), 0 if highest is None else highest + 1)
        counted[key] = _Counted(known, scope, given, _missing(known.plan, given, end))
    return counted


def _about(known: Known, scope: str) -> dict[str, Any]:
    return {"rule": known.rule.pk, "name": known.rule.name, "scope": scope}


def _within(plan: Plan, serials: array | None) -> np.ndarray:
    """Given serials in order, once each, those in the rule's range."""
    given = np.unique(np.frombuffer(serials, dtype=np.int64)) if serials else np.empty(0, dtype=np.int64)
    return given[(given >= plan.serial.first) & (given <= plan.serial.last)]


def _covered(given: np.ndarray, spans: list[Span]) -> np.ndarray:
    covered = np.zeros(given.size, dtype=bool)
    for first, last in spans:
        covered |= (given >= first) & (given <= last)
    return covered


def _missing(plan: Plan, given: np.ndarray, end: int) -> list[Span]:
    """Runs of serials before ``end`` that the rule gives and nobody has."""
    serial, step = plan.serial, plan.serial.step
    on_grid = given[(given - serial.first) % step == 0] if step > 1 else given
    on_grid = on_grid[on_grid < end]
    edges = np.concatenate(([serial.first - step], on_grid, [end + (serial.first - end) % step]))
    holes = np.nonzero(np.diff(edges) > step)[0]
    runs = [(int(edges[at]) + step, int(edges[at + 1]) - step) for at in holes]
    return [(serial.at_or_after(first), last) for first, last in runs if serial.at_or_after(first) <= last]


# --- causes -----------------------------------------------------------------------------------------------------------


def _former(ledger, reader: Reader, counted: dict[Key, _Counted], explained: _Explained) -> None:
    """Numbers that were given up, absorbed or retired, where they stand in a hole."""
    causes = {NumberAlias.Kind.RESERVED: Cause.RESERVED}
    rows = NumberAlias.objects.filter(ledger=ledger).order_by("number_key").values_list("number", "kind", "reason")
    for number, kind, reason in rows.iterator(chunk_size=_FETCHED):
        if place := _hole(reader, counted, number):
            key, serial = place
            run = Run(serial, serial, causes.get(kind, Cause.CHANGED), reason)
            explained.add(key, run, counted[key].known.plan.serial.step)


def _hole(reader: Reader, counted: dict[Key, _Counted], number: str) -> tuple[Key, int] | None:
    """The counter and serial of a number whose serial nobody bears."""
    belongs = reader.of_rule(number)
    if belongs is None or not belongs[0].in_force:
        return None
    key = (belongs[0].rule.pk, belongs[1].scope)
    return (key, belongs[1].serial) if key in counted and counted[key].misses(belongs[1].serial) else None


def _unknown(counted: dict[Key, _Counted], explained: _Explained) -> dict[Key, _Counted]:
    """The counters as far as nothing explains what they miss."""
    found = {}
    for key, one in counted.items():
        runs = [run for first, last in one.missing for run in _cut(first, last, explained.of(key))]
        if spans := [(run.first, run.last) for run in runs if run.cause == Cause.UNKNOWN and not run.note]:
            found[key] = _Counted(one.known, one.scope, one.given, spans)
    return found


def _history(ledger, reader: Reader, unknown: dict[Key, _Counted], explained: _Explained) -> None:
    """Did a customer bear the number once? Then it was changed, or he is gone."""
    for number, is_gone in _borne_once(ledger):
        if place := _hole(reader, unknown, number):
            key, serial = place
            run = Run(serial, serial, Cause.DELETED if is_gone else Cause.CHANGED)
            explained.add(key, run, unknown[key].known.plan.serial.step)


def _borne_once(ledger) -> Iterator[tuple[str, bool]]:
    """(number, is its customer gone) of numbers in history that no customer bears now, in their order."""
    history, live = Customer.history.model._meta.db_table, Customer._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.number, MAX(CASE WHEN c.id IS NULL THEN 1 ELSE 0 END) FROM {history} h "
            f"LEFT JOIN {live} c ON c.id = h.id "
            f"WHERE h.ledger_id = %s AND (c.id IS NULL OR c.number_key <> h.number_key) AND NOT EXISTS "
            f"(SELECT 1 FROM {live} n WHERE n.ledger_id = h.ledger_id AND n.number_key = h.number_key) "
            f"GROUP BY h.number ORDER BY h.number",
            [ledger.pk],
        )
        while rows := cursor.fetchmany(_FETCHED):
            for number, is_gone in rows:
                yield number, bool(is_gone)


def _cut(first: int, last: int, explained: list[Run]) -> Iterator[Run]:
    """A hole cut where its explanations begin and end; what nothing explains is of unknown cause."""
    at = first
    place = max(0, bisect_right(explained, (first,)) - 1)
    while at <= last:
        if place < len(explained) and explained[place].last < at:
            place += 1
        run = explained[place] if place < len(explained) else None
        if run is None or run.first > last:
            yield Run(at, last, Cause.UNKNOWN)
            return
        if run.first > at:
            yield Run(at, run.first - 1, Cause.UNKNOWN)
            at = run.first
        end = min(run.last, last)
        yield Run(at, end, run.cause, run.note)
        at = end + 1


# --- the result -------------------------------------------------------------------------------------------------------


def _take(found: Gaps, one: _Counted, run: Run, most: int) -> None:
    """Count a run, keep it as a row while there are few, and note a counter that runs ahead."""
    row = _row(one, run)
    if not row["count"]:
        return
    found.count += row["count"]
    found.runs += 1
    if run.cause == Cause.UNKNOWN and not run.note:
        found.is_fault |= one.known.rule.is_gapless
        if row["at_end"]:
            found.ahead.append({key: row[key] for key in ("rule", "name", "scope", "first_text", "last_text")})
    if len(found.rows) < most:
        found.rows.append(row)


def _row(one: _Counted, run: Run) -> dict[str, Any]:
    serial = one.known.plan.serial
    first = serial.at_or_after(run.first)
    count = max(0, (run.last - first) // serial.step + 1)
    if serial.words and count <= 10_000:
        count = len(serial.run(first, count + 1, [(run.last + 1, serial.last)])) if first <= run.last else 0
    last = max(first, first + (run.last - first) // serial.step * serial.step)
    return _about(one.known, one.scope) | {
        "first": first,
        "last": last,
        "first_text": serial.text(min(first, serial.limit - 1)),
        "last_text": serial.text(min(last, serial.limit - 1)),
        "count": count,
        "cause": str(run.cause),
        "note": run.note,
        "at_end": not one.given.size or first > int(one.given[-1]),
    }
