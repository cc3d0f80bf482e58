"""How a stored number becomes what the sheet shows: plain numbers, dates, zero-padded codes, amounts with 万 or 亿.

A spreadsheet stores 51000 and shows 051000, stores 45296 and shows a date; the truth is what is shown. Knows only number
formats and serial numbers; where they stand in a file is the parsers' business.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from imports.reading.cells import Cell, fault

Converter = Callable[[str], Cell]

#: Built-in formats that show a date or a time, also those of Chinese Excel (27 to 36, 50 to 58).
BUILTIN_DATES = {*range(14, 18), 22, *range(27, 32), 36, 50, 51, 52, 53, 54, 57, 58}
BUILTIN_TIMES = {18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56}
BUILTIN_WITH_TIME = {22}

_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.')
_DAY = re.compile(r"[yd]|g*e(?![+-])|m{3,}|a{3,}", re.IGNORECASE)
_CLOCK = re.compile(r"[hs]", re.IGNORECASE)
_PIECES = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|(0+)|([^0"\\])')
_UNIT = re.compile(r"[#0?,]*(?:\.[0#?]+)?([万亿]元?)")


def plain_number(text: str) -> Cell:
    """Read a stored number: an int where it is whole, otherwise a float of Excel's 15 digits.

    16 digits and more are a fault, because a spreadsheet keeps 15; digits with leading zeros stay text.
    """
    if text.isdigit() and len(text) <= 15 and text.isascii():
        return int(text) if text[0] != "0" or len(text) == 1 else text
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return fault("cell.not_number", text)
    value = float(text)
    if abs(value) >= 1e15:
        shown = format(Decimal(text), "f") if abs(value) < 1e40 else text
        return fault("cell.number_truncated", shown)
    return int(value) if value.is_integer() else float(format(value, ".15g"))


def converter(format_id: int, code: str | None, *, date1904: bool) -> Converter:
    """Return the function that reads a number stored under this format; ``code`` is the custom format, if there is one."""
    if code is None:
        if format_id in BUILTIN_DATES:
            return _date_converter(date1904, has_clock=format_id in BUILTIN_WITH_TIME)
        return _clock if format_id in BUILTIN_TIMES else plain_number
    section = _first_section(code)
    bare = _BRACKETS.sub("", _LITERALS.sub("", _ELAPSED.sub("h", section)))
    if not re.search(r"general|G/通用格式", bare, re.IGNORECASE):
        has_clock = bool(_CLOCK.search(bare))
        if _DAY.search(bare) or (re.search("m", bare, re.IGNORECASE) and not has_clock):
            return _date_converter(date1904, has_clock=has_clock)
        if has_clock:
            return _clock
    return _mask_converter(section) or _unit_converter(section) or plain_number


def _first_section(code: str) -> str:
    """Return the part for positive numbers: up to the first ``;`` that is not quoted."""
    for match in re.finditer(r'"[^"]*"|\\.|;', code):
        if match.group() == ";":
            return code[: match.start()]
    return code


def _date_converter(date1904: bool, has_clock: bool) -> Converter:
    def read(text: str) -> Cell:
        value = plain_number(text)
        if type(value) not in (int, float):
            return value
        moment = serial_moment(value, date1904=date1904)
        if moment is None:
            return fault("cell.date_invalid", text, value=text[:30])
        whole = type(value) is int and not has_clock
        return moment.date() if whole else moment

    return read


def serial_moment(value: float, *, date1904: bool) -> datetime | None:
    """Turn a serial number into its moment, to the millisecond; None when no calendar day answers to it.

    The 1900 system holds a 29 February 1900 that never was, so serials below 60 count from a day later.
    """
    if date1904:
        if not 0 <= value < _LAST_SERIAL - 1462:
            return None
        start = datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet knows no time zone
    else:
        if not 1 <= value < _LAST_SERIAL or 60 <= value < 61:
            return None
        start = datetime(1899, 12, 31) if value < 60 else datetime(1899, 12, 30)  # noqa: DTZ001
    days = int(value)
    moment = start + timedelta(days=days, milliseconds=round((value - days) * 86_400_000))
    nearest = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    # A clock time is stored as a fraction of a day, so 10:30:00 may come out a millisecond short.
    return nearest if abs((nearest - moment).total_seconds()) <= 0.002 else moment


def iso_cell(text: str) -> Cell:
    """Read a cell that holds its date as ISO 8601 text; a time of day alone stays text."""
    try:
        moment = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return text
    return moment.date() if len(text.strip()) == 10 else moment


def _clock(text: str) -> Cell:
    """Read a time of day or a duration as the text a reader sees, ``HH:MM:SS``."""
    value = plain_number(text)
    if type(value) not in (int, float):
        return value
    if value < 0:
        return fault("cell.date_invalid", text, value=text[:30])
    minutes, seconds = divmod(round(value * 86_400), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def _mask_converter(section: str) -> Converter | None:
    """Return the reader of a format such as ``000000``, ``"KH"000000`` or ``000-0000-0000``; None for any other.

    Such a cell is a code, not an amount: what is shown, zeros and letters included, is its value.
    """
    section = re.sub(r"\[[^\]<>=]*\]", "", section)
    pieces = []
    for match in _PIECES.finditer(section):
        quoted, escaped, zeros, bare = match.groups()
        if bare and bare not in "-/ ():+":
            return None
        pieces.append((zeros or "", quoted or escaped or bare or ""))
    places = sum(len(zeros) for zeros, _literal in pieces)
    letters = "".join(literal for zeros, literal in pieces[:-1] if not zeros)
    if places < 2 and not re.search(r"[A-Za-z0-9]", letters if places else ""):
        return None

    def read(text: str) -> Cell:
        value = plain_number(text)
        if type(value) is not int or value < 0:
            return value
        digits = str(value).zfill(places)
        surplus = len(digits) - places
        shown = ""
        for zeros, literal in pieces:
            taken = len(zeros) + surplus if zeros else 0
            surplus = 0 if zeros else surplus
            shown += digits[:taken] + literal
            digits = digits[taken:]
        return shown

    return read


def _unit_converter(section: str) -> Converter | None:
    """Return the reader of ``0.00"万元"``: the unit is part of what the user sees, so it stays with the number."""
    shown = re.sub(r'_.|\*.|["\\\s]', "", section)
    match = _UNIT.fullmatch(shown)
    if not match or re.search(r",[万亿]", shown):  # a comma before the unit scales the number, so it is whole already
        return None
    unit = match.group(1)

    def read(text: str) -> Cell:
        value = plain_number(text)
        return f"{value}{unit}" if type(value) in (int, float) else value

    return read
