"""Dates as people write them in cells.

Lives here: `2024-01-05`, `2024/1/5`, `2024.1.5`, `2024年1月5日`, `20240105`, with or without a time; Excel's serial
numbers where a column allows them. Not here: working days, periods, how a date is shown. What has two readings is an
error, never a guess.
"""

import datetime
import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from .checked import BLANK_WORDS, ERROR, WARNING, Checked, Problem

# "Valid for ever" is kept as no date.
_OPEN_ENDED = frozenset(("长期", "长期有效", "永久", "永久有效", "无固定期限", "无限期", "不约定期限"))

_is_date = re.compile(r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})(?:日|号)?(?:[ T]*(.+))?", re.ASCII).fullmatch
_is_compact = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?", re.ASCII).fullmatch
_is_time = re.compile(
    r"(?:星期.|周.)?\s*(?:上午|下午|AM|PM)?\s*(?:(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})?(?:\.\d+|秒)?)?(?:分)?)?\s*(?:AM|PM|上午|下午)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
).fullmatch
_is_serial = re.compile(r"\d{1,7}(?:\.\d+)?", re.ASCII).fullmatch
_is_month = re.compile(r"\d{4}(?:[-/.年]\d{1,2}月?|年)?", re.ASCII).fullmatch
_is_short_year = re.compile(r"'?\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?", re.ASCII).fullmatch
_is_year_last = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII).fullmatch
_is_minguo = re.compile(
    r"(?:中华民国|民国)(\d{1,3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?",
    re.ASCII,
).fullmatch

_SERIAL_ZERO = datetime.date(1899, 12, 30)
_FIRST_SERIAL = 61  # 1 March 1900: before it Excel counts a day that never was
_LONGEST = 60
_CHINA = datetime.timezone(datetime.timedelta(hours=8))


def date(value: str | int | float | datetime.date, allow_serial: bool = False) -> Checked:
    """A `datetime.date`, or None for a blank, `N/A` and 长期.

    A bare number like 45296 is a date only with `allow_serial`. A time of day is dropped; a time with another zone than
    China's moves the date accordingly and is a warning.
    """
    if isinstance(value, datetime.datetime):
        return Checked(value.date())
    if isinstance(value, datetime.date):
        return Checked(value)
    if isinstance(value, int | float):
        value = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if len(value) == 10 and value[4] == value[7] == "-":
        try:
            return Checked(datetime.date.fromisoformat(value))
        except ValueError:
            pass
    text = unicodedata.normalize("NFKC", value).strip().lstrip("'")
    if text.lower() in BLANK_WORDS or text in _OPEN_ENDED:
        return Checked(None)
    if len(text) > _LONGEST:
        return Checked(text, Problem("date.format", _FORMAT, ERROR))
    if found := _is_date(text) or _is_compact(text):
        return _calendar_date(text, found)
    if _is_serial(text):
        return _serial(text, allow_serial)
    return Checked(text, _refusal(text))


def _calendar_date(text: str, found: re.Match) -> Checked:
    try:
        day = datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return Checked(text, Problem("date.invalid", _NO_SUCH_DAY, ERROR))
    if found.re.groups == 4 and found[4]:
        return _with_time(text, day, found[4])
    return Checked(day)


def _with_time(text: str, day: datetime.date, time: str) -> Checked:
    found = _is_time(time.strip())
    if not found:
        return Checked(text, Problem("date.format", _FORMAT, ERROR))
    zone = (found[4] or "").upper().replace(":", "")
    if zone in ("", "+0800"):
        return Checked(day)
    moved = _in_china(day, found, "+0000" if zone == "Z" else zone)
    if moved is None:
        return Checked(text, Problem("date.format", _FORMAT, ERROR))
    return Checked(moved, Problem("date.zone", _ZONE, WARNING, moved.isoformat()) if moved != day else None)


def _in_china(day: datetime.date, time: re.Match, zone: str) -> datetime.date | None:
    try:
        moment = datetime.datetime.strptime(f"{day.isoformat()} {zone}", "%Y-%m-%d %z")
        moment += datetime.timedelta(hours=int(time[1] or 0), minutes=int(time[2] or 0))
        return moment.astimezone(_CHINA).date()
    except (ValueError, OverflowError):
        return None


def _serial(text: str, allowed: bool) -> Checked:
    days = int(text.partition(".")[0])
    if _FIRST_SERIAL <= days <= 2958465 and days not in range(1900, 2101):
        day = _SERIAL_ZERO + datetime.timedelta(days=days)
        if allowed:
            return Checked(day)
        return Checked(text, Problem("date.serial", _SERIAL, ERROR, day.isoformat()))
    return Checked(text, _refusal(text))


def _refusal(text: str) -> Problem:
    """Why it is no date, as exactly as can be told."""
    if found := _is_minguo(text):
        year, month, day = (part for part in found.groups() if part)
        return Problem("date.minguo", _MINGUO, ERROR, _iso(int(year) + 1911, month, day))
    if _is_short_year(text):
        return Problem("date.two_digit_year", _TWO_DIGITS, ERROR)
    if found := _is_year_last(text):
        first, second = int(found[1]), int(found[2])
        order = (second, first) if first > 12 else (first, second) if second > 12 else None
        return Problem("date.ambiguous", _ORDER, ERROR, _iso(int(found[3]), *order) if order else "")
    if _is_month(text):
        return Problem("date.incomplete", _INCOMPLETE, ERROR)
    return Problem("date.format", _FORMAT, ERROR)


def _iso(year: int, month: int | str, day: int | str) -> str:
    try:
        return datetime.date(year, int(month), int(day)).isoformat()
    except ValueError:
        return ""


_NO_SUCH_DAY = _("没有这一天。")
_FORMAT = _("不是有效的日期，请写成 2024-01-05 这样的形式。")
_INCOMPLETE = _("日期不完整，请写明年、月、日。")
_TWO_DIGITS = _("年份请写四位数字。")
_MINGUO = _("民国纪年请换算成公历（民国年份加 1911）。")
_ORDER = _("日和月的先后不明，请写成 2024-01-05 这样的形式。")
_SERIAL = _("这是 Excel 的日期序号。请把该列设为“日期”格式，或写成 2024-01-05 这样的形式。")
_ZONE = _("时间带有其他时区，已换算成北京时间的日期。")
