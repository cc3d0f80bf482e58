"""Values as expressions compute with them: exact bounded numbers, days, texts; and stored values turned into these.

Blank is None throughout; "" and [] count as blank.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from django.utils.translation import gettext as _

from .faults import EvaluationError
from .lexing import MOST_DIGITS
from .naming import Kind

LONGEST_TEXT = 10_000  # characters that an expression may make

# Enough digits that a product of two numbers is exact; the exponents are bounded, so nothing can grow beyond reason.
NUMBERS = Context(prec=60, rounding=ROUND_HALF_UP, Emin=-200, Emax=200, traps=[InvalidOperation, DivisionByZero, Overflow])  # fmt: skip

Getter = Callable[[Mapping[str, Any]], Any]


def bounded(number: Decimal) -> Decimal:
    """The number itself, or EvaluationError when it has more digits than any field can hold."""
    if number.adjusted() >= MOST_DIGITS and number:
        raise EvaluationError(_("结果超过 %(digits)s 位数字") % {"digits": MOST_DIGITS})
    return number


def number_of(raw: Any) -> Decimal | None:
    kind = type(raw)
    if kind is Decimal:
        return raw
    if raw is None or raw == "":
        return None
    try:
        number = Decimal(raw if kind is str or kind is int else str(raw)) if kind is not bool else None
    except (DecimalException, ValueError):
        number = None
    if number is None or not number.is_finite():
        raise EvaluationError(_("「%(value)s」不是数字") % {"value": str(raw)[:40]})
    return bounded(number)


def date_of(raw: Any) -> date | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw)[:10])
    except ValueError:
        raise EvaluationError(_("「%(value)s」不是日期") % {"value": str(raw)[:40]}) from None


def text_of(raw: Any) -> str | None:
    """A value in words: numbers in plain notation without idle zeros, days as 2026-01-31, several options with 、."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return _("是") if raw else _("否")
    if isinstance(raw, Decimal):
        return plain(raw)
    if isinstance(raw, date):
        return raw.isoformat()[:10]
    if isinstance(raw, list | tuple):
        return "、".join(map(str, raw)) or None
    return str(raw)


def plain(number: Decimal) -> str:
    """``1.50`` → "1.5", ``1E+3`` → "1000"."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def list_of(raw: Any) -> tuple[str, ...] | None:
    if not raw:
        return None
    return tuple(raw) if isinstance(raw, list | tuple) else (str(raw),)


def bool_of(raw: Any) -> bool | None:
    return None if raw is None or raw == "" else bool(raw)


def _any(raw: Any) -> Any:
    return None if raw is None or raw == "" or raw == [] else raw


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: number_of,
    Kind.TEXT: text_of,
    Kind.DATE: date_of,
    Kind.BOOLEAN: bool_of,
    Kind.LIST: list_of,
    Kind.PATH: list_of,
    Kind.REFERENCE: _any,
}


_READY = {Kind.NUMBER: Decimal, Kind.TEXT: str, Kind.DATE: date, Kind.BOOLEAN: bool}


def reader(key: str, kind: Kind) -> Getter:
    """What takes the field's value out of a row, as this kind. Values that are of the kind already, nearly all, go straight through."""
    read, ready = _READERS[kind], _READY.get(kind)

    def get(values: Mapping[str, Any]) -> Any:
        raw = values.get(key)
        return raw if raw is None or (type(raw) is ready and raw != "") else read(raw)

    return get


def checked_text(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        raise EvaluationError(_("结果文本超过 %(limit)s 个字符") % {"limit": LONGEST_TEXT})
    return text or None


def whole(number: Decimal | None, *, lowest: int, highest: int) -> int | None:
    """A number as int within bounds, its fraction cut off."""
    if number is None:
        return None
    if not lowest <= number <= highest:
        raise EvaluationError(_("%(value)s 不在 %(low)s 到 %(high)s 之间")
                              % {"value": plain(number), "low": lowest, "high": highest})  # fmt: skip
    return int(number)


def add_days(day: date, days: int) -> date:
    try:
        return date.fromordinal(day.toordinal() + days)
    except (ValueError, OverflowError):
        raise EvaluationError(_("日期超出范围")) from None


def add_months(day: date, months: int) -> date:
    """The same day of the month, or its last one where there is no such day: 1-31 plus one month is 2-28."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise EvaluationError(_("日期超出范围"))
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
