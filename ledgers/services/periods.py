"""账套期间: generating them, closing and reopening in order, and whether a date falls in an open one.

What lives here: ``generate`` and ``read_ranges`` (pure), ``create_year``, ``roll``, ``close``, ``reopen``, ``require_open``. What does
not: who may (the view and the command ask the actor first).
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from ..models import Ledger, LedgerEvent, Period
from .locking import changeable
from .logbook import note

FIRST_YEAR, LAST_YEAR = 1990, 2200
ONE_DAY = timedelta(days=1)
MOST_RANGES = 60

Span = tuple[int, date, date]


def _month_start(year: int, month: int, offset: int) -> date:
    index = year * 12 + month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)


def generate(calendar_kind: str, fiscal_year: int, start_month: int) -> list[Span]:
    """(index, first day, last day) of every period of a fiscal year, without gap or overlap.

    Monthly and quarterly periods follow calendar months; 4-4-5 takes weeks from the first day of the year, and its last
    period runs to the year's end. A free calendar has no pattern: its ranges are typed (``read_ranges``).
    """
    start, end = _month_start(fiscal_year, start_month, 0), _month_start(fiscal_year, start_month, 12) - ONE_DAY
    if calendar_kind == Ledger.Calendar.WEEKS_445:
        spans, first = [], start
        for index in range(1, 13):
            last = end if index == 12 else first + timedelta(weeks=5 if index % 3 == 0 else 4) - ONE_DAY
            spans.append((index, first, last))
            first = last + ONE_DAY
        return spans
    step = 3 if calendar_kind == Ledger.Calendar.QUARTERLY else 1
    return [
        (index + 1, _month_start(fiscal_year, start_month, index * step),
         _month_start(fiscal_year, start_month, (index + 1) * step) - ONE_DAY)
        for index in range(12 // step)
    ]  # fmt: skip


# --- free ranges ------------------------------------------------------------------------------------------------------

_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_RANGE = re.compile(rf"\s*{_DAY}[\s,，;；~～至到—–-]+{_DAY}[\s,，;；:：]*(.*?)\s*")


def read_ranges(text: str) -> list[tuple[date, date, str]]:
    """(first day, last day, name) of every typed row, e.g. ``2026-01-01 至 2026-03-15 第一期``; the name may be missing.

    Raises BusinessError that names every row which is no range, runs backwards, leaves a gap or overlaps the row before it.
    """
    rows: list[tuple[date, date, str]] = []
    faults = []
    for number, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        try:
            rows.append(_range(line))
            fault = _range_fault(rows)
        except ValueError:
            fault = _("应为“开始日期 至 结束日期”，如 2026-01-01 至 2026-01-31")
        if fault:
            faults.append(
                _("第 %(row)s 行「%(text)s」：%(fault)s。") % {"row": number, "text": line.strip()[:40], "fault": fault}
            )
    if not rows and not faults:
        faults.append(_("请至少填写一个期间。"))
    if len(rows) > MOST_RANGES:
        faults.append(_("一个年度最多 %(most)s 个期间。") % {"most": MOST_RANGES})
    if faults:
        raise BusinessError("".join(faults), code="period.ranges", field="ranges")
    return rows


def _range(line: str) -> tuple[date, date, str]:
    """ValueError for what is no pair of days."""
    match = _RANGE.fullmatch(line)
    if not match:
        raise ValueError(line)
    numbers = [int(group) for group in match.groups()[:6]]
    return date(*numbers[:3]), date(*numbers[3:]), match[7][:20]


def _range_fault(rows: list[tuple[date, date, str]]) -> str:
    """What is wrong with the last row, as it follows the one before it."""
    first, last, _name = rows[-1]
    if not (first.year >= FIRST_YEAR and last.year <= LAST_YEAR):
        return _("年份应在 %(first)s 到 %(last)s 之间") % {"first": FIRST_YEAR, "last": LAST_YEAR}
    if last < first:
        return _("结束日期早于开始日期")
    if len(rows) > 1 and first != rows[-2][1] + ONE_DAY:
        days = {"expected": (rows[-2][1] + ONE_DAY).isoformat()}
        return (
            _("与上一行重叠，应从 %(expected)s 开始")
            if first <= rows[-2][1]
            else _("与上一行之间有空档，应从 %(expected)s 开始")
        ) % days
    return ""


def write_ranges(rows: Iterable[tuple[date, date, str]]) -> str:
    """Ranges as ``read_ranges`` reads them."""
    return "\n".join(f"{first.isoformat()} 至 {last.isoformat()} {name}".rstrip() for first, last, name in rows)


def proposed_ranges(ledger: Ledger) -> list[tuple[date, date, str]]:
    """The ranges of the last year moved on by a year, for a set with free periods; none before its first year."""
    last = ledger.periods.aggregate(last=Max("fiscal_year"))["last"]
    if last is None:
        return []
    rows, first = [], ledger.periods.aggregate(last=Max("ends_on"))["last"] + ONE_DAY
    for period in ledger.periods.filter(fiscal_year=last).order_by("index"):
        end = _a_year_on(period.ends_on)
        rows.append((first, end, period.name.replace(str(last), str(last + 1))))
        first = end + ONE_DAY
    return rows


def _a_year_on(day: date) -> date:
    """The same day of the next year; the end of February stays the end of February."""
    if (day + ONE_DAY).day == 1:
        return _month_start(day.year + 1, day.month, 1) - ONE_DAY
    return day.replace(year=day.year + 1)


# --- years ------------------------------------------------------------------------------------------------------------


def check_year(fiscal_year: int | None) -> None:
    """Raise BusinessError unless this can be a fiscal year."""
    if not fiscal_year:
        raise BusinessError(_("请填写启用会计年度。"), code="period.year_missing", field="fiscal_year")
    if not FIRST_YEAR <= fiscal_year <= LAST_YEAR:
        raise BusinessError(
            _("会计年度应在 %(first)s 到 %(last)s 之间。") % {"first": FIRST_YEAR, "last": LAST_YEAR},
            code="period.year",
            field="fiscal_year",
        )


@transaction.atomic
def create_year(
    ledger: Ledger, fiscal_year: int, *, by: User | None = None, ranges: list[tuple[date, date, str]] | None = None
) -> list[Period]:
    """Make the periods of a year by the set's calendar, or of ``ranges``; refuses a year that is there, overlaps, or leaves a gap.

    A set with free periods needs ``ranges`` for its first year; later ones follow the pattern of the year before.
    """
    check_year(fiscal_year)
    changeable(ledger)
    if ledger.periods.filter(fiscal_year=fiscal_year).exists():
        raise BusinessError(
            _("%(year)s 年度的期间已经存在。") % {"year": fiscal_year}, code="period.exists", field="fiscal_year"
        )
    rows = _rows(ledger, fiscal_year, ranges)
    _require_adjoining(ledger, rows[0][0], rows[-1][1])
    made = Period.objects.bulk_create(
        Period(
            ledger=ledger,
            fiscal_year=fiscal_year,
            index=index,
            name=name or _("%(year)s 年第 %(index)s 期") % {"year": fiscal_year, "index": index},
            starts_on=starts_on,
            ends_on=ends_on,
        )
        for index, (starts_on, ends_on, name) in enumerate(rows, 1)
    )
    detail = _("%(year)s 年度，共 %(count)s 期") % {"year": fiscal_year, "count": len(made)}
    note(ledger, LedgerEvent.Kind.PERIOD_CREATED, by=by, detail=detail)
    return made


def _rows(ledger: Ledger, fiscal_year: int, ranges: list | None) -> list[tuple[date, date, str]]:
    if ranges:
        return ranges
    if ledger.calendar != Ledger.Calendar.FREE:
        return [(first, last, "") for _index, first, last in generate(ledger.calendar, fiscal_year, ledger.start_month)]
    rows = proposed_ranges(ledger) if fiscal_year == next_year(ledger) else []
    if not rows:
        raise BusinessError(_("自定义期间需要填写每一期的起止日期。"), code="period.ranges_missing", field="ranges")
    return rows


@transaction.atomic
def roll(
    ledger: Ledger,
    fiscal_year: int,
    *,
    by: User | None,
    close_old: bool = False,
    ranges: list[tuple[date, date, str]] | None = None,
) -> list[Period]:
    """年度结转: make the year that follows the set's last one, and on demand close every period before it, in one go."""
    if fiscal_year != next_year(ledger):
        raise BusinessError(
            _("只能结转到 %(year)s 年度。") % {"year": next_year(ledger)}, code="period.exists", field="fiscal_year"
        )
    made = create_year(ledger, fiscal_year, by=by, ranges=ranges)
    if close_old:
        for period in ledger.periods.filter(fiscal_year__lt=fiscal_year, state=Period.State.OPEN).order_by("starts_on"):
            close(period, by=by)
    return made


def _require_adjoining(ledger: Ledger, first: date, last: date) -> None:
    """Raise BusinessError unless the days follow the set's last period or go before its first one without a gap."""
    clash = ledger.periods.filter(starts_on__lte=last, ends_on__gte=first).order_by("starts_on").first()
    if clash:
        raise BusinessError(_("与已有期间「%(name)s」重叠。") % {"name": clash.name}, code="period.overlap")
    whole = ledger.periods.aggregate(first=Min("starts_on"), last=Max("ends_on"))
    if whole["first"] and first != whole["last"] + ONE_DAY and last != whole["first"] - ONE_DAY:
        raise BusinessError(_("年度之间不能有空档，请按顺序建立。"), code="period.gap", field="fiscal_year")


def next_year(ledger: Ledger) -> int | None:
    """The year that follows the last one of the set; None before the first."""
    last = ledger.periods.aggregate(last=Max("fiscal_year"))["last"]
    return last + 1 if last else ledger.fiscal_year


def _under_lock(period: Period) -> tuple[Ledger, list[Period], Period]:
    """The locked set, its periods in order, and the period as it is now."""
    ledger = changeable(period.ledger)
    rows = list(ledger.periods.order_by("starts_on"))
    return ledger, rows, next(row for row in rows if row.pk == period.pk)


@transaction.atomic
def close(period: Period, *, by: User | None = None) -> bool:
    """结账: only when every earlier period is closed; False when it is closed already."""
    ledger, rows, current = _under_lock(period)
    if current.state == Period.State.CLOSED:
        return False
    blocking = next((row for row in rows if row.starts_on < current.starts_on and row.state == Period.State.OPEN), None)
    if blocking:
        raise BusinessError(_("请先结账更早的期间「%(name)s」。") % {"name": blocking.name}, code="period.order")
    Period.objects.filter(pk=current.pk).update(state=Period.State.CLOSED)
    note(ledger, LedgerEvent.Kind.PERIOD_CLOSED, by=by, detail=current.name)
    return True


@transaction.atomic
def reopen(period: Period, *, reason: str, by: User | None = None) -> bool:
    """反结账: needs a reason, and only when every later period is open; False when it is open already."""
    if not reason.strip():
        raise BusinessError(_("反结账必须填写原因。"), code="period.reason", field="reason")
    ledger, rows, current = _under_lock(period)
    if current.state == Period.State.OPEN:
        return False
    blocking = next(
        (row for row in reversed(rows) if row.starts_on > current.starts_on and row.state == Period.State.CLOSED), None
    )
    if blocking:
        raise BusinessError(_("请先反结账更晚的期间「%(name)s」。") % {"name": blocking.name}, code="period.order")
    Period.objects.filter(pk=current.pk).update(state=Period.State.OPEN)
    note(ledger, LedgerEvent.Kind.PERIOD_REOPENED, by=by, detail=current.name, reason=reason)
    return True


def require_open(ledger: Ledger, on: date) -> Period:
    """The open period of a business date; raises BusinessError that names the closed or missing one.

    ``on`` is a day of the set; an instant is taken for the day on which it falls in the set's time zone. Inside a transaction the
    period cannot be closed until that ends, so a date that was open when it was asked for is open when it is written.
    """
    day = ledger.day_of(on) if isinstance(on, datetime) else on
    period = next(iter(_periods(ledger, day, day)), None)
    if refusal := _refusal(period, day):
        raise refusal
    return period


def refusals(ledger: Ledger, days: Iterable[date]) -> dict[date, BusinessError]:
    """Which of these business dates lie in no open period, each with what ``require_open`` would raise; one query, none without dates."""
    wanted = set(days)
    if not wanted:
        return {}
    rows = _periods(ledger, min(wanted), max(wanted))
    found = {day: next((row for row in rows if row.starts_on <= day <= row.ends_on), None) for day in wanted}
    return {day: refusal for day, period in found.items() if (refusal := _refusal(period, day))}


def _refusal(period: Period | None, day: date) -> BusinessError | None:
    if period is None:
        return BusinessError(
            _("日期 %(date)s 不在账套的任何期间内。") % {"date": day.isoformat()},
            code="period.missing",
            remedy=_("请账套主管先建立该年度的期间。"),
        )
    if period.state != Period.State.OPEN:
        return BusinessError(
            _("日期 %(date)s 所在的「%(name)s」已结账。") % {"date": day.isoformat(), "name": period.name},
            code="period.closed",
            remedy=_("请改用开放期间内的日期；确需补录时，请有权限的人先反结账。"),
        )
    return None


def _periods(ledger: Ledger, first: date, last: date) -> list[Period]:
    """The periods that these days touch; in a transaction under a lock that other writers may hold as well, but nobody who closes
    them. SQLite has one writer at a time anyway."""
    found = Period.objects.filter(ledger=ledger, starts_on__lte=last, ends_on__gte=first)
    if not connection.in_atomic_block or connection.vendor != "postgresql":
        return list(found)
    sql, params = found.query.sql_with_params()
    return list(Period.objects.raw(f"{sql} FOR SHARE", params))
