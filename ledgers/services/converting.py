"""Foreign money in base currency: by which rate, and how it is rounded.

What lives here: ``convert`` and ``rounded``, the one home of both. What does not: keeping rates (``rates``), the parameters that decide
(``ledgers.parameters``: rate_rule, rounding_mode, currency_decimals).
"""

import decimal
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.db.models import Avg, Max, Min
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import ExchangeRate, Ledger

_MODES = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
}
_RATE_DIGITS = Decimal("0.00000001")


@dataclass(frozen=True)
class Rate:
    """What one unit was worth, and since when or over which days that was so."""

    rate: Decimal
    since: date
    until: date | None = None


def usual_decimals(currency: str) -> int:
    """Digits behind the point by international usage: 2 for CNY, 0 for JPY."""
    return get_currency_precision(currency)


def decimals_of(ledger: Ledger, currency: str) -> int:
    """Digits behind the point of an amount in ``currency``."""
    return ledger.parameter("currency_decimals").get(currency, usual_decimals(currency))


def rounded(ledger: Ledger, amount: Decimal, currency: str) -> Decimal:
    """An amount with the digits and the rounding of the set."""
    unit = Decimal(1).scaleb(-decimals_of(ledger, currency))
    with decimal.localcontext(prec=50):
        return amount.quantize(unit, _MODES[ledger.parameter("rounding_mode")])


def convert(ledger: Ledger, amount: Decimal, currency: str, on: date) -> Decimal:
    """``amount`` of ``currency`` in base currency by the set's rule for the day; BusinessError when there is no rate for it."""
    if currency == ledger.base_currency:
        return rounded(ledger, amount, currency)
    with decimal.localcontext(prec=50):
        worth = amount * rate_of(ledger, currency, on).rate
    return rounded(ledger, worth, ledger.base_currency)


def rate_of(ledger: Ledger, currency: str, on: date) -> Rate:
    """The rate that the set's rule names for a day.

    spot: the last one dated on or before the day. fixed: the one in force on the first day of the fiscal year, or the first of the year.
    average: the mean of those dated in the period; the one in force at its beginning when there is none.
    """
    known = ExchangeRate.objects.filter(ledger=ledger, currency=currency)
    rule = ledger.parameter("rate_rule")
    if rule == "spot":
        found = _in_force(known, on)
    else:
        first, last = _span(ledger, on, whole_year=rule == "fixed")
        found = _fixed(known, first, last) if rule == "fixed" else _average(known, first, last)
    if found is None:
        raise BusinessError(
            _("%(currency)s 在 %(date)s 没有可用的汇率。") % {"currency": currency, "date": on.isoformat()},
            code="rate.missing",
            field="currency",
            remedy=_("请在“币种与汇率”页增加汇率。"),
        )
    return found


def _span(ledger: Ledger, on: date, *, whole_year: bool) -> tuple[date, date]:
    """First and last day of the period or fiscal year that holds the day."""
    period = ledger.periods.filter(starts_on__lte=on, ends_on__gte=on).first()
    if period is None:
        raise BusinessError(
            _("日期 %(date)s 不在账套的任何期间内。") % {"date": on.isoformat()},
            code="period.missing",
            remedy=_("请账套主管先建立该年度的期间。"),
        )
    if not whole_year:
        return period.starts_on, period.ends_on
    year = ledger.periods.filter(fiscal_year=period.fiscal_year).aggregate(first=Min("starts_on"), last=Max("ends_on"))
    return year["first"], year["last"]


def _in_force(known, on: date) -> Rate | None:
    row = known.filter(on__lte=on).order_by("-on").first()
    return Rate(row.rate, row.on) if row else None


def _fixed(known, first: date, last: date) -> Rate | None:
    row = known.filter(on__lte=last, on__gt=first).order_by("on").first()
    return _in_force(known, first) or (Rate(row.rate, row.on) if row else None)


def _average(known, first: date, last: date) -> Rate | None:
    mean = known.filter(on__gte=first, on__lte=last).aggregate(mean=Avg("rate"))["mean"]
    if mean is None:
        return _in_force(known, first)
    return Rate(Decimal(mean).quantize(_RATE_DIGITS, decimal.ROUND_HALF_UP), first, last)
