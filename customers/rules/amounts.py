"""Amounts of money, whole numbers and percentages as people write them in cells.

Lives here: `1,234.56`, `￥1,234`, `2,000(万元人民币)`, `1.5亿`, `(100)`, `100(万美元)` read as exact numbers.
Not here: conversion between currencies, rounding, how an amount is shown. What has two readings is an error, never a guess.
"""

import re
import unicodedata
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from .checked import ERROR, Checked, Problem, is_blank, scientific

MOST_DIGITS = 18
LONGEST = 60  # characters of a cell that may still be an amount


class Amount(Decimal):
    """A Decimal that remembers the currency written beside it ("USD"), "" when none was."""

    __slots__ = ("currency",)

    def __new__(cls, value: Decimal | int | str = 0, currency: str = "") -> "Amount":
        amount = super().__new__(cls, value)
        amount.currency = currency
        return amount

    def __reduce__(self):
        return Amount, (str(self), self.currency)

    def __copy__(self) -> "Amount":
        return self

    def __deepcopy__(self, memo) -> "Amount":
        return self


_CURRENCY_WORDS = {
    "CNY": "人民币元 人民币 元人民币 RMB CNY ¥ 元 圆 元整 圆整 元正 块",
    "USD": "美元 美金 USD US$ $",
    "HKD": "港元 香港元 港币 HKD HK$",
    "EUR": "欧元 EUR €",
    "JPY": "日元 日币 JPY",
    "GBP": "英镑 GBP £",
    "TWD": "新台币 台币 TWD NT$",
    "MOP": "澳门元 澳门币 MOP",
    "KRW": "韩元 韩币 KRW",
    "SGD": "新加坡元 新元 SGD S$",
    "AUD": "澳元 澳大利亚元 AUD A$",
    "CAD": "加元 加拿大元 CAD C$",
    "CHF": "瑞士法郎 CHF",
    "RUB": "卢布 RUB",
}
_CURRENCY_OF = {word: code for code, words in _CURRENCY_WORDS.items() for word in words.split()}
_BARE = frozenset(str.split("元 圆 元整 圆整 元正 块 ¥"))  # says that it is money, not which
_UNIT_OF = {
    "": 1, "十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8,
    "億": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
}  # fmt: skip

_is_plain = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?").fullmatch
_words = "|".join(re.escape(word) for word in sorted(_CURRENCY_OF, key=len, reverse=True))
_units = "|".join(sorted(filter(None, _UNIT_OF), key=len, reverse=True))
_is_amount = re.compile(
    rf"(?P<front>{_words})?(?P<sign>[-+]?)(?P<front2>{_words})?(?P<number>[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)"
    rf"(?P<unit>{_units})?(?P<back>(?:{_words})+)?(?P<minus>-?)",
    re.IGNORECASE,
).fullmatch
_is_grouped = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?").fullmatch
_unit_in_brackets = re.compile(r"([^()]*[0-9])([^0-9]*)").fullmatch
_in_brackets = re.compile(r"(?P<front>\D{0,4}?)\((?P<body>[0-9][0-9,.]*)\)").fullmatch
_minus_signs = str.maketrans("−–－—﹣", "-----")
_group_blanks = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?:\D|$))").sub


def money(text: str) -> Checked:
    """`Amount` in units of its currency, or None for a blank.

    Understands thousands separators, 万 / 亿, currency words and signs, brackets or a trailing minus for negative.
    Scientific notation and more than 18 digits are errors.
    """
    if _is_plain(text):
        amount = Amount(text)
        return Checked(amount if amount else Amount(0))
    text = _plain(text)
    if is_blank(text):
        return Checked(None)
    if found := scientific(text, "amount.scientific"):
        return found
    found = _is_amount(_unbracketed(text)) if len(text) <= LONGEST else None
    number = _number(found["number"]) if found else None
    if number is None or (found["minus"] and found["sign"]):
        return Checked(text, Problem("amount.format", _FORMAT, ERROR))
    words = [found["front"], found["front2"], found["back"]]
    if (currency := _currency(words)) is None:
        return Checked(text, Problem("amount.currency", _CURRENCY, ERROR))
    number *= _UNIT_OF[found["unit"] or ""]
    if found["unit"] and number == number.to_integral_value():
        number = Decimal(int(number))  # 1.5亿 is 150000000, not 150000000.0
    if _too_long(number):
        return Checked(text, Problem("amount.too_long", _TOO_LONG, ERROR))
    negative = "-" in (found["sign"], found["minus"])
    return Checked(Amount(-number if negative and number else number, currency))


def integer(text: str) -> Checked:
    """A whole number as int, or None for a blank; `1,200` and `12.0` are whole, `12.5` is an error."""
    checked = decimal(text)
    if checked.problem or checked.value is None:
        return checked
    if checked.value != checked.value.to_integral_value():
        return Checked(text.strip(), Problem("integer.fraction", _FRACTION, ERROR))
    return Checked(int(checked.value))


def percent(text: str) -> Checked:
    """A percentage as Decimal in percent (13 for `13%`), or None for a blank.

    A number up to 1 without the sign (`0.13`) may mean 13 % or 0.13 %: an error that suggests the first.
    """
    signed = _plain(text).endswith("%")
    checked = decimal(_plain(text).removesuffix("%"))
    if checked.problem:
        return Checked(text.strip(), checked.problem)
    if checked.value is None:
        return checked
    if not signed and checked.value and abs(checked.value) <= 1:
        suggestion = f"{(checked.value * 100).normalize():f}%"
        return Checked(text.strip(), Problem("percent.ambiguous", _AMBIGUOUS, ERROR, suggestion))
    return checked


def decimal(text: str) -> Checked:
    """A number as Decimal, or None for a blank; without currency, unit and percent sign."""
    text = _plain(text)
    if is_blank(text):
        return Checked(None)
    if found := scientific(text, "numeric.scientific"):
        return found
    sign = -1 if text[0] == "-" else 1
    number = _number(text[1:] if text[0] in "+-" else text) if len(text) <= LONGEST else None
    if number is None:
        return Checked(text, Problem("numeric.format", _NUMBER, ERROR))
    if _too_long(number):
        return Checked(text, Problem("numeric.too_long", _TOO_LONG, ERROR))
    return Checked(number * sign if number else number)


def _plain(text: str) -> str:
    """Half width, blanks out, the many minus signs as one; blanks between groups of three digits count as commas."""
    text = unicodedata.normalize("NFKC", text).strip().lstrip("'").translate(_minus_signs)
    return "".join(_group_blanks(",", text).split()) if not text.isalnum() else text


def _unbracketed(text: str) -> str:
    """`(100)` → `-100`, as accountants write it; `100(万元(人民币))` → `100万元人民币`."""
    if "(" not in text:
        return text
    if found := _in_brackets(text):
        return f"{found['front']}-{found['body']}"
    found = _unit_in_brackets(text)
    if not found or found[2].count("(") != found[2].count(")"):
        return text
    return found[1] + found[2].replace("(", "").replace(")", "")


def _number(text: str) -> Decimal | None:
    """The exact number; None when commas stand where no thousands are parted (`1,23`, `1.234,56`)."""
    if "," in text:
        if not _is_grouped(text):
            return None
        text = text.replace(",", "")
    return Decimal(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None


def _too_long(number: Decimal) -> bool:
    return len(number.as_tuple().digits) > MOST_DIGITS or number.adjusted() >= MOST_DIGITS


def _currency(words: list[str | None]) -> str | None:
    """The one currency that the words name, "" for none, None when they name different ones."""
    named = set()
    for word in filter(None, words):
        found = re.findall(_words, word.upper())
        named |= {_CURRENCY_OF[each] for each in found if each not in _BARE} or {"CNY"}
    if len(named) > 1:
        return None
    return named.pop() if named else ""


_FORMAT = _("不是有效的金额。请写成 1234.56 这样的数字，可带千分位、“万”“亿”和币种。")
_CURRENCY = _("金额中写了不同的币种。")
_TOO_LONG = _("数字超过 18 位，无法保存。")
_FRACTION = _("这里只能填整数。")
_AMBIGUOUS = _("请写明百分号：是百分之几，还是小数？")
_NUMBER = _("不是有效的数字。")
