"""账套期间: generating them, closing and reopening in order, and whether a date falls in an open one.

What lives here: ``generate`` (pure), ``create_year``, ``close``, ``reopen``, ``require_open``. What does not: who may (the view
and the command ask the actor first).
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from ..models import Ledger, LedgerEvent, Period
from .locking import changeable
from .logbook import note

FIRST_YEAR, LAST_YEAR = 1990, 2200
ONE_DAY = timedelta(days=1)


def _month_start(year: int, month: int, offset: int) -> date:
    index = year * 12 + month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)


def generate(calendar_kind: str, fiscal_year: int, start_month: int) -> list[tuple[int, date, date]]:
    """(index, first day, last day) of every period of a fiscal year, without gap or overlap.

    Monthly and quarterly periods follow calendar months; 4-4-5 takes weeks from the first day of the year, and its last
    period runs to the year's end.
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
def create_year(ledger: Ledger, fiscal_year: int, *, by: User | None = None) -> list[Period]:
    """Make the periods of a year by the set's calendar; refuses a year that is there, overlaps, or leaves a gap."""
    check_year(fiscal_year)
    changeable(ledger)
    if ledger.periods.filter(fiscal_year=fiscal_year).exists():
        raise BusinessError(
            _("%(year)s 年度的期间已经存在。") % {"year": fiscal_year}, code="period.exists", field="fiscal_year"
        )
    spans = generate(ledger.calendar, fiscal_year, ledger.start_month)
    _require_adjoining(ledger, spans[0][1], spans[-1][2])
    made = Period.objects.bulk_create(
        Period(
            ledger=ledger,
            fiscal_year=fiscal_year,
            index=index,
            name=_("%(year)s 年第 %(index)s 期") % {"year": fiscal_year, "index": index},
            starts_on=starts_on,
            ends_on=ends_on,
        )
        for index, starts_on, ends_on in spans
    )
    detail = _("%(year)s 年度，共 %(count)s 期") % {"year": fiscal_year, "count": len(made)}
    note(ledger, LedgerEvent.Kind.PERIOD_CREATED, by=by, detail=detail)
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
    """The open period of a business date; raises BusinessError that names the closed or missing one."""
    period = ledger.periods.filter(starts_on__lte=on, ends_on__gte=on).first()
    if period is None:
        raise BusinessError(
            _("日期 %(date)s 不在账套的任何期间内。") % {"date": on.isoformat()},
            code="period.missing",
            remedy=_("请账套主管先建立该年度的期间。"),
        )
    if period.state != Period.State.OPEN:
        raise BusinessError(
            _("日期 %(date)s 所在的「%(name)s」已结账。") % {"date": on.isoformat(), "name": period.name},
            code="period.closed",
        )
    return period
