"""编号体检: every number of a set looked at once, and every counter.

What lives here: finding. What does not: mending (``mending``, ``renumbering``) and pages.

One pass reads all numbers; what is only rarely needed (history, for gaps that nothing explains) is asked when it is. A number belongs to
the first rule in force that could have made it, else to an earlier rule, else it is out of rule.
"""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ..models import Customer, NumberAlias, NumberCounter, NumberGap, NumberingRule, NumberReservation
from ..rules.checked import ERROR
from ..rules.identifiers import number_text
from ..rules.numbering import Plan, Reading, Span
from ..rules.numbering_checks import validate
from ..services.number_rules import Codes, plan_of, rows_in_force
from ..services.numbering import number_key, taken
from .facts import everybody
from .judging import forecast_of

SAMPLES = 20
MOST_GAPS = 200
FAULT, HINT, FINE = "fault", "hint", "fine"
Progress = Callable[[int], None]

_is_plain = re.compile("[0-9A-Za-z_-]{1,30}").fullmatch

TITLES: dict[str, str | Promise] = {
    "duplicate": gettext_lazy("重复编号"),
    "missing": gettext_lazy("缺少编号"),
    "malformed": gettext_lazy("含有不允许的字符"),
    "invisible": gettext_lazy("含有全角或看不见的字符"),
    "stale_key": gettext_lazy("查找键与编号不一致"),
    "length": gettext_lazy("长度不合规定"),
    "out_of_rule": gettext_lazy("不符合任何编码规则"),
    "gap": gettext_lazy("断号"),
    "counter_behind": gettext_lazy("流水号落后于已用编号"),
    "counter_ahead": gettext_lazy("流水号超前于已用编号"),
    "capacity": gettext_lazy("流水号快用完"),
    "expired": gettext_lazy("保留号段已到期"),
}
# What renumbering mends.
MENDED_BY_RENUMBERING = ("duplicate", "missing", "malformed", "invisible", "stale_key", "out_of_rule")
_FAULTS = {"duplicate", "missing", "malformed", "invisible", "stale_key", "counter_behind"}


@dataclass
class Finding:
    """One kind of thing found; ``samples`` are the first of them."""

    kind: str
    count: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    severity: str = HINT

    def add(self, **sample: Any) -> None:
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(sample)

    def as_result(self) -> dict[str, Any]:
        return {"kind": self.kind, "count": self.count, "severity": self.severity, "samples": self.samples}


@dataclass(frozen=True)
class Known:
    """A rule that numbers may be of, made ready."""

    rule: NumberingRule
    plan: Plan
    in_force: bool


class Reader:
    """Says of one number of a set what is wrong with it and of which rule it is."""

    def __init__(self, ledger):
        rows = list(NumberingRule.objects.filter(ledger=ledger).exclude(state=NumberingRule.State.DRAFT))
        sound = [row for row in rows if not any(fault.severity == ERROR for fault in validate(row.parts, row.reset))]
        now = rows_in_force(sound, timezone.localdate())
        older = sorted((row for row in sound if row not in now), key=lambda row: -row.pk)
        codes = Codes(ledger)
        self.known = [Known(row, plan_of(row, codes), row in now) for row in (*now, *older)]
        self.least, self.most = ledger.parameter("number_min_length"), ledger.parameter("number_max_length")

    def wrong(self, number: str, key: str) -> str:
        """The kind of fault of a number by itself, "" when it is sound."""
        if _is_plain(number):
            if number.upper() != key:
                return "stale_key"
            return "" if self.least <= len(number) <= self.most else "length"
        computed = number_key(number)
        if not computed:
            return "missing"
        if computed != key:
            return "stale_key"
        checked = number_text(number)
        if checked.problem is not None and checked.problem.code != "number.length":
            return "malformed"
        if checked.value != number:
            return "invisible"
        return "" if self.least <= len(number) <= self.most else "length"

    def of_rule(self, number: str) -> tuple[Known, Reading] | None:
        """The rule that a number is of, and what it says; a rule in whose range it lies before one that only has its form."""
        form = None
        for known in self.known:
            reading = known.plan.read(number)
            if reading is None:
                continue
            if known.plan.serial.first <= reading.serial <= known.plan.serial.last:
                return known, reading
            form = form or (known, reading)
        return form


def scan(ledger, progress: Progress = lambda done: None) -> dict[str, Any]:
    """Everything found in a set: {"customers", "at", "findings": […], "gaps": […], "faults": number of faulty things}."""
    reader = Reader(ledger)
    found = {kind: Finding(kind, severity=FAULT if kind in _FAULTS else HINT) for kind in TITLES}
    serials: dict[tuple[int, str], array] = {}
    stale: list[tuple[int, str, str]] = []
    done = 0
    rows = everybody(ledger).order_by("pk").values_list("pk", "number", "number_key")
    for pk, number, key in rows.iterator(chunk_size=20_000):
        kind = reader.wrong(number, key)
        if kind == "stale_key":
            stale.append((pk, number, number_key(number)))
        if kind:
            found[kind].add(customer=pk, number=number)
        belongs = reader.of_rule(number) if kind in ("", "length", "stale_key") else None
        if belongs is None and kind in ("", "length"):
            found["out_of_rule"].add(customer=pk, number=number)
        elif belongs is not None and belongs[0].in_force:
            known, reading = belongs
            serials.setdefault((known.rule.pk, reading.scope), array("q")).append(reading.serial)
        done += 1
        if done % 20_000 == 0:
            progress(done)
    _duplicates(ledger, stale, found["duplicate"])
    gaps = _gaps(ledger, reader, serials, found)
    _capacity(reader, found["capacity"])
    _expired(ledger, found["expired"])
    findings = [finding.as_result() for finding in found.values() if finding.count]
    faults = sum(finding["count"] for finding in findings if finding["severity"] == FAULT)
    return {
        "customers": done,
        "at": timezone.now().isoformat(),
        "findings": findings,
        "gaps": gaps[:MOST_GAPS],
        "gap_runs": len(gaps),
        "faults": faults,
    }


def duplicates_among(ledger, rows: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str, int | None]]:
    """Of (customer, number, key as it should be) those whose key another customer has: with that customer."""
    rows = list(rows)
    held = taken(ledger.pk, {key for _pk, _number, key in rows})
    first: dict[str, int] = {}
    for pk, number, key in rows:
        holder = held.get(key)
        other = holder if holder not in (None, pk) else first.setdefault(key, pk)
        if key and other != pk:
            yield pk, number, other


def _duplicates(ledger, stale: list[tuple[int, str, str]], finding: Finding) -> None:
    """The database refuses equal keys: only numbers whose key is wrong can be doubles."""
    for pk, number, other in duplicates_among(ledger, stale):
        finding.add(customer=pk, number=number, other=other)


# --- gaps and counters ----------------------------------------------------------------------------------------------------


def _gaps(
    ledger, reader: Reader, serials: dict[tuple[int, str], array], found: dict[str, Finding]
) -> list[dict[str, Any]]:
    """Serials that nobody bears, run by run, each with its cause; counters that stand before or behind what was given."""
    in_force = {known.rule.pk: known for known in reader.known if known.in_force}
    counters = {
        (rule, scope): next_serial
        for rule, scope, next_serial in NumberCounter.objects.filter(rule__in=in_force).values_list(
            "rule_id", "scope", "next_serial"
        )
    }
    explained = _explanations(ledger, reader, in_force)
    rows: list[dict[str, Any]] = []
    for key in sorted(serials.keys() | counters.keys()):
        known, scope = in_force[key[0]], key[1]
        given = _within(known.plan, serials.get(key))
        highest = int(given[-1]) if given.size else None
        kept = [span for span, cause, _note in explained.get(key, []) if cause == NumberGap.Cause.RESERVED]
        loose = given[~_covered(given, kept)] if kept and given.size else given
        behind = counters.get(key) is None or (loose.size and int(loose[-1]) >= counters[key])
        if behind and loose.size:
            about = {"rule": known.rule.pk, "name": known.rule.name, "scope": scope}
            found["counter_behind"].add(
                **about, next=known.plan.serial.text(counters[key]) if key in counters else "",
                highest=known.plan.serial.text(int(loose[-1])),
            )  # fmt: skip
        end = max(counters.get(key, 0), (int(loose[-1]) + 1) if loose.size else 0)
        runs = _missing(known.plan, given, end)
        rows += _told(known, scope, runs, explained.get(key, []), highest)
    _ask_history(ledger, reader, rows)
    for row in rows:
        gapless = in_force[row["rule"]].rule.is_gapless
        if row["cause"] == NumberGap.Cause.UNKNOWN and not row["note"]:
            found["gap"].severity = FAULT if gapless else found["gap"].severity
            if row["at_end"]:
                found["counter_ahead"].add(
                    **{key: row[key] for key in ("rule", "name", "scope", "first_text", "last_text")}
                )
    found["gap"].count = sum(row["count"] for row in rows)
    found["gap"].samples = rows[:SAMPLES]
    return rows


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


Explanation = tuple[Span, str, str]  # serials, cause, note


def _explanations(ledger, reader: Reader, in_force: dict[int, Known]) -> dict[tuple[int, str], list[Explanation]]:
    """What is known of serials without bearer: reserved ranges, gaps that were written down, numbers that once were borne."""
    found: dict[tuple[int, str], list[Explanation]] = {}
    for row in NumberGap.objects.filter(rule__in=in_force):
        found.setdefault((row.rule_id, row.scope), []).append(((row.first, row.last), row.cause, row.note))
    for row in NumberReservation.objects.filter(rule__in=in_force):
        about = (row.first, row.last), NumberGap.Cause.RESERVED, row.purpose
        found.setdefault((row.rule_id, row.scope), []).append(about)
    aliases = NumberAlias.objects.filter(ledger=ledger).values_list("number", "kind", "reason")
    causes = {NumberAlias.Kind.RESERVED: NumberGap.Cause.RESERVED}
    for number, kind, reason in aliases.iterator(chunk_size=20_000):
        belongs = reader.of_rule(number)
        if belongs is not None and belongs[0].in_force:
            known, reading = belongs
            span = (reading.serial, reading.serial)
            about = span, causes.get(kind, NumberGap.Cause.CHANGED), reason
            found.setdefault((known.rule.pk, reading.scope), []).append(about)
    return found


def _told(
    known: Known, scope: str, runs: list[Span], explained: list[Explanation], highest: int | None
) -> list[dict[str, Any]]:
    """Each run cut where its explanations begin and end; what nothing explains is of unknown cause."""
    rows = []
    explained = sorted(explained, key=lambda each: each[0])
    for first, last in runs:
        at, place = first, 0
        while at <= last:
            place = next((i for i in range(place, len(explained)) if explained[i][0][1] >= at), len(explained))
            span = explained[place][0] if place < len(explained) else None
            if span is None or span[0] > last:
                rows.append(_row(known, scope, at, last, NumberGap.Cause.UNKNOWN, "", highest))
                break
            if span[0] > at:
                rows.append(_row(known, scope, at, span[0] - 1, NumberGap.Cause.UNKNOWN, "", highest))
                at = span[0]
            end = min(span[1], last)
            rows.append(_row(known, scope, at, end, explained[place][1], explained[place][2], highest))
            at = end + 1
    return [row for row in rows if row["count"]]


def _row(known: Known, scope: str, first: int, last: int, cause: str, note: str, highest: int | None) -> dict[str, Any]:
    serial = known.plan.serial
    first = serial.at_or_after(first)
    count = max(0, (last - first) // serial.step + 1)
    if serial.words and count <= 10_000:
        count = len(serial.run(first, count + 1, [(last + 1, serial.last)])) if first <= last else 0
    last = max(first, first + (last - first) // serial.step * serial.step)
    return {
        "rule": known.rule.pk,
        "name": known.rule.name,
        "scope": scope,
        "first": first,
        "last": last,
        "first_text": serial.text(min(first, serial.limit - 1)),
        "last_text": serial.text(min(last, serial.limit - 1)),
        "count": count,
        "cause": str(cause),
        "note": note,
        "at_end": highest is None or first > highest,
    }


def _ask_history(ledger, reader: Reader, rows: list[dict[str, Any]]) -> None:
    """Gaps that nothing explains: did a customer bear the number once? Then it was changed, or he is gone."""
    unknown = [row for row in rows if row["cause"] == NumberGap.Cause.UNKNOWN]
    if not unknown:
        return
    spans: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in unknown:
        spans.setdefault((row["rule"], row["scope"]), []).append(row)
    for number, is_gone in _borne_once(ledger):
        belongs = reader.of_rule(number)
        if belongs is None:
            continue
        known, reading = belongs
        for row in spans.get((known.rule.pk, reading.scope), ()):
            if row["first"] == row["last"] == reading.serial:
                row["cause"] = str(NumberGap.Cause.DELETED if is_gone else NumberGap.Cause.CHANGED)


def _borne_once(ledger) -> Iterator[tuple[str, bool]]:
    """(number, is its customer gone) of numbers in history that no customer bears now."""
    history, live = Customer.history.model._meta.db_table, Customer._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT h.number, c.id IS NULL FROM {history} h LEFT JOIN {live} c ON c.id = h.id "
            f"WHERE h.ledger_id = %s AND (c.id IS NULL OR c.number_key <> h.number_key) AND NOT EXISTS "
            f"(SELECT 1 FROM {live} n WHERE n.ledger_id = h.ledger_id AND n.number_key = h.number_key)",
            [ledger.pk],
        )
        for number, is_gone in cursor.fetchall():
            yield number, bool(is_gone)


def _capacity(reader: Reader, finding: Finding) -> None:
    for known in reader.known:
        forecast = forecast_of(known.rule) if known.in_force else None
        if forecast is not None and forecast.is_short:
            finding.severity = FAULT if forecast.left <= 0 else HINT
            finding.add(rule=known.rule.pk, name=known.rule.name, text=forecast.text)


def _expired(ledger, finding: Finding) -> None:
    past = NumberReservation.objects.filter(rule__ledger=ledger, ends_on__lt=timezone.localdate()).select_related(
        "rule"
    )
    for row in past:
        serial = plan_of(row.rule).serial
        finding.add(
            reservation=row.pk, name=row.rule.name, scope=row.scope, first_text=serial.text(row.first),
            last_text=serial.text(row.last), purpose=row.purpose, ends_on=str(row.ends_on),
        )  # fmt: skip


def sentence(finding: dict[str, Any]) -> str:
    """What a finding means and what to do, in one sentence."""
    return str(_SENTENCES[finding["kind"]])


_SENTENCES: dict[str, str | Promise] = {
    "duplicate": gettext_lazy("不同客户的编号只差大小写、全半角或看不见的字符。请先核对是否同一客户，再改号。"),
    "missing": gettext_lazy("编号是空的或只有看不见的字符。补号会按规则给出新编号。"),
    "malformed": gettext_lazy("编号中有空格、/ : ? # % 或不可打印的字符，网址和接口中无法使用。"),
    "invisible": gettext_lazy("编号中有全角字符或零宽字符，看起来一样却查不到。改号会去掉它们。"),
    "stale_key": gettext_lazy("数据可能被其他程序直接改过。改号会重新生成查找键。"),
    "length": gettext_lazy("编号的位数不在账套规定的范围内；可在“编号参数”中调整，或改号。"),
    "out_of_rule": gettext_lazy("多为历史编号或手工编号，可以保留；要统一就按现行规则改号，旧编号仍可查到。"),
    "gap": gettext_lazy("流水号中没有客户使用的号码。原因不明的请写明断号说明。"),
    "counter_behind": gettext_lazy("下一个流水号已被使用，取号时要逐个跳过。修正后从最大号之后继续。"),
    "counter_ahead": gettext_lazy("最大编号之后有一段号码没有发出。确认没有用过后可以修正，从最大号之后继续。"),
    "capacity": gettext_lazy("请建立新版本，增加流水号位数或号段。"),
    "expired": gettext_lazy("到期的号段可以延长，或释放；释放后未用的号码记为断号。"),
}
