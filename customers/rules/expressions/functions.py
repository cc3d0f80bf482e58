"""The functions of the language: names, what they take, what they give, and what they do.

All of them but 如果 take values that are already there; a blank argument makes a blank result unless it says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _h

from . import values
from .faults import EvaluationError
from .naming import Kind

TODAY = "\x00today"  # where the day stands among the values; no field can be called so


@dataclass(frozen=True)
class Function:
    """``takes``: the kind of each argument, None for any; ``least`` of them are needed; ``more`` repeats the last one.

    ``gives`` is the kind of the result, None: that of its arguments. ``blanks``: blank arguments are handed to ``do``.
    """

    name: str
    chinese: str
    takes: tuple[Kind | None, ...]
    gives: Kind | None
    do: Callable[..., Any]
    help: Any
    least: int | None = None
    more: bool = False
    blanks: bool = False

    @property
    def fewest(self) -> int:
        return len(self.takes) if self.least is None else self.least

    @property
    def signature(self) -> str:
        """How it is written, for messages and the guide."""
        return f"{self.chinese}({', '.join(map(str, _ARGUMENTS[self.name]))})"


def _round(number: Decimal, digits: Decimal | None = None) -> Decimal:
    places = values.whole(digits or Decimal(0), lowest=-20, highest=20)
    return values.NUMBERS.add(values.NUMBERS.quantize(number, Decimal((0, (1,), -places))), 0)


def _floor(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR)


def _given(arguments: tuple) -> list:
    return [each for each in arguments if each is not None]


def _sum(*numbers: Decimal | None) -> Decimal | None:
    given = _given(numbers)
    total = Decimal(0)
    for number in given:
        total = values.NUMBERS.add(total, number)
    return values.bounded(total) if given else None


def _coalesce(*given: Any) -> Any:
    return next((each for each in given if each is not None), None)


def _left(text: str, count: Decimal) -> str | None:
    return text[: values.whole(count, lowest=0, highest=values.LONGEST_TEXT)] or None


def _right(text: str, count: Decimal) -> str | None:
    length = values.whole(count, lowest=0, highest=values.LONGEST_TEXT)
    return text[max(0, len(text) - length) :] or None


def _middle(text: str, start: Decimal, count: Decimal) -> str | None:
    first = values.whole(start, lowest=1, highest=values.LONGEST_TEXT) - 1
    return text[first : first + values.whole(count, lowest=0, highest=values.LONGEST_TEXT)] or None


def _concat(*texts: Any) -> str | None:
    return values.checked_text("".join(filter(None, map(values.text_of, texts))))


def _date(year: Decimal, month: Decimal, day: Decimal) -> date:
    try:
        return date(*(values.whole(number, lowest=0, highest=9999) for number in (year, month, day)))
    except ValueError:
        raise EvaluationError(_("没有 %(year)s 年 %(month)s 月 %(day)s 日这一天")
                              % {"year": year, "month": month, "day": day}) from None  # fmt: skip


def _add_months(day: date, months: Decimal) -> date:
    return values.add_months(day, values.whole(months, lowest=-12_000, highest=12_000))


def _number(text: str) -> Decimal | None:
    return values.number_of(text.strip().replace(",", ""))


_N, _T, _D, _B, _L = Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.BOOLEAN, Kind.LIST

FUNCTIONS: dict[str, Function] = {
    each.name: each
    for each in (
        Function("IF", "如果", (_B, None, None), None, lambda: None, _h("条件成立取前一个值，否则取后一个"), least=2),
        Function("COALESCE", "默认", (None, None), None, _coalesce, _h("第一个不为空的值"), more=True, blanks=True),
        Function("ROUND", "四舍五入", (_N, _N), _N, _round, _h("保留几位小数；不写位数为取到整数"), least=1),
        Function("INT", "取整", (_N,), _N, _floor, _h("不大于它的最大整数")),
        Function("ABS", "绝对值", (_N,), _N, values.NUMBERS.abs, _h("去掉负号")),
        Function("SUM", "求和", (_N,), _N, _sum, _h("合计，空的不计"), more=True, blanks=True),
        Function("MIN", "最小", (None,), None, lambda *all: min(_given(all), default=None), _h("最小的一个，空的不计；可用于数字或日期"),
                 more=True, blanks=True),
        Function("MAX", "最大", (None,), None, lambda *all: max(_given(all), default=None), _h("最大的一个，空的不计；可用于数字或日期"),
                 more=True, blanks=True),
        Function("LEN", "长度", (_T,), _N, lambda text: Decimal(len(text or "")), _h("字符数，空为 0"), blanks=True),
        Function("LEFT", "左取", (_T, _N), _T, _left, _h("开头的几个字符")),
        Function("RIGHT", "右取", (_T, _N), _T, _right, _h("末尾的几个字符")),
        Function("MID", "截取", (_T, _N, _N), _T, _middle, _h("从第几个字符起取几个")),
        Function("UPPER", "大写", (_T,), _T, lambda text: values.checked_text(text.upper()), _h("字母变大写")),
        Function("LOWER", "小写", (_T,), _T, lambda text: values.checked_text(text.lower()), _h("字母变小写")),
        Function("CONCAT", "连接", (None,), _T, _concat, _h("连成一段文本，空的不计"), more=True, blanks=True),
        Function("NUMBER", "转数字", (_T,), _N, _number, _h("写成文本的数字变成数字")),
        Function("COUNT", "个数", (_L,), _N, lambda all: Decimal(len(all or ())), _h("选了几项，空为 0"), blanks=True),
        Function("TODAY", "今天", (), _D, lambda: None, _h("今天的日期")),
        Function("DATE", "日期", (_N, _N, _N), _D, _date, _h("由年、月、日组成的日期")),
        Function("YEAR", "年", (_D,), _N, lambda day: Decimal(day.year), _h("日期的年份")),
        Function("MONTH", "月", (_D,), _N, lambda day: Decimal(day.month), _h("日期的月份")),
        Function("DAY", "日", (_D,), _N, lambda day: Decimal(day.day), _h("日期是几号")),
        Function("DAYS", "天数差", (_D, _D), _N, lambda end, start: Decimal((end - start).days), _h("从后一个日期到前一个日期的天数")),
        Function("ADD_MONTHS", "加月", (_D, _N), _D, _add_months, _h("几个月之后的日期；没有那一天取月末")),
    )
}  # fmt: skip

_ARGUMENTS: dict[str, tuple] = {
    "IF": (_h("条件"), _h("值"), _h("否则")),
    "COALESCE": (_h("值"), _h("备用值"), "…"),
    "ROUND": (_h("数字"), _h("位数")),
    "INT": (_h("数字"),),
    "ABS": (_h("数字"),),
    "SUM": (_h("数字"), "…"),
    "MIN": (_h("值"), "…"),
    "MAX": (_h("值"), "…"),
    "LEN": (_h("文本"),),
    "LEFT": (_h("文本"), _h("几个")),
    "RIGHT": (_h("文本"), _h("几个")),
    "MID": (_h("文本"), _h("从第几个"), _h("几个")),
    "UPPER": (_h("文本"),),
    "LOWER": (_h("文本"),),
    "CONCAT": (_h("值"), "…"),
    "NUMBER": (_h("文本"),),
    "COUNT": (_h("多选字段"),),
    "TODAY": (),
    "DATE": (_h("年"), _h("月"), _h("日")),
    "YEAR": (_h("日期"),),
    "MONTH": (_h("日期"),),
    "DAY": (_h("日期"),),
    "DAYS": (_h("后一日期"), _h("前一日期")),
    "ADD_MONTHS": (_h("日期"), _h("月数")),
}

BY_WORD: dict[str, Function] = {word: each for each in FUNCTIONS.values() for word in (each.name.lower(), each.chinese)}
CHINESE = frozenset(each.chinese for each in FUNCTIONS.values())
