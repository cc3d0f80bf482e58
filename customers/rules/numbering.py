"""Customer numbers made by a rule: a list of parts, rendered for a context and a serial, and read back.

A rule is a list of plain dicts, one a part:
    {"type": "literal", "text": "KH"} · {"type": "ledger"} · {"type": "company"} · {"type": "department"} · {"type": "kind"}
    {"type": "category"} or {"type": "category", "level": 2} (the code at that level of the tree, 1 being the top)
    {"type": "region", "digits": 2 | 4 | 6} · {"type": "sales_region"} · {"type": "initials", "length": 3}
    {"type": "date", "format": "YYYYMM"} of YYYY YY MM DD Q WW
    {"type": "field", "key": "grade", "map": {"VIP": "V"}, "default": "P"} (no map: the value itself)
    {"type": "serial", "width": 5, "start": 1, "step": 1, "base": 10 | 36, "skip": "4", "words": ["250"]}
    {"type": "check", "algorithm": "luhn" | "mod97" | "mod11_2" | "mod37_36"}
and a reset that says when the serial begins anew: "never", "year", "month", "day", "prefix" (everything but the serial), or "parts":
whenever the text of one of the parts marked {"counts": True} is another.

Serials are whole numbers counted in the digits that a rule uses: what a rule leaves out (``skip``, ``words``) is never drawn, and
``start`` is written as it appears in a number.

Lives here: rendering, counters' names, reading numbers back, capacity. Not here: checking a rule (``numbering_checks.py``), whether
two rules could make the same number (``numbering_overlap.py``), counters, locks, uniqueness, aliases (``services/numbering.py``).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from .check_digits import BASE36, base_ten, luhn_check, mod_11_2_check, mod_37_36_check, mod_97_10_check
from .checked import half_width
from .identifiers import number_key

Part = dict[str, Any]
Parts = list[Part]
Span = tuple[int, int]  # first and last serial

# Codes of these have no fixed length: where they end is known only by what stands around them.
OPEN_ENDED = ("category", "kind", "ledger", "company", "department", "sales_region")
RESETS = ("never", "year", "month", "day", "prefix", "parts")
_RESET_TOKENS = {"year": ("YYYY",), "month": ("YYYY", "MM"), "day": ("YYYY", "MM", "DD")}


@dataclass(frozen=True)
class NumberContext:
    """What a number may say of its customer; ``fields`` are (catalogue key, stored value as text)."""

    category_code: str = ""
    region_code: str = ""
    kind_code: str = ""
    ledger_code: str = ""
    initials: str = ""
    on: date = date.min
    category_path: tuple[str, ...] = ()
    company_code: str = ""
    department_code: str = ""
    sales_region_code: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class SerialOverflow(ValueError):
    """The serial has more digits than its part is wide: the rule, in this scope, is used up."""


class MissingPart(ValueError):
    """The customer lacks what a part wants (`part_type`: category, region, …; `key` of a field), so no number can be made."""

    def __init__(self, part_type: str, key: str = ""):
        super().__init__(part_type, key)
        self.part_type = part_type
        self.key = key


class Reading(NamedTuple):
    """What a number of a rule says: the counter that it is from and its serial."""

    scope: str
    serial: int


# --- serials ------------------------------------------------------------------------------------------------------


class Serial:
    """The serial part made ready: its digits, its bounds, what it leaves out."""

    def __init__(self, part: Part, first: int | None = None, last: int | None = None):
        """``first`` and ``last`` narrow the serials to a range."""
        self.width: int = part["width"]
        self.digits = "".join(digit for digit in digits_of(part) if digit not in part.get("skip", "").upper())
        self.size = len(self.digits)
        self.limit = self.size**self.width
        self.step: int = part.get("step", 1)
        self.words = tuple(word.upper() for word in part.get("words", ()))
        start = self.value(str(part.get("start", 1)).upper().rjust(self.width, self.digits[0]))
        self.start: int = 0 if start is None else start
        self._is_decimal = self.digits == "0123456789"
        self.first = self.start if first is None else first
        self.last = self.limit - 1 if last is None else min(last, self.limit - 1)

    def text(self, serial: int) -> str:
        """The serial as it stands in a number; raises SerialOverflow for one that the width cannot hold."""
        if not 0 <= serial < self.limit:
            raise SerialOverflow(serial)
        if self._is_decimal:
            return f"{serial:0{self.width}d}"
        found = []
        for _place in range(self.width):
            serial, digit = divmod(serial, self.size)
            found.append(self.digits[digit])
        return "".join(reversed(found))

    def value(self, text: str) -> int | None:
        """The serial that a text of the right width means, None when it holds a digit that the rule leaves out."""
        total = 0
        for char in text:
            place = self.digits.find(char)
            if place < 0:
                return None
            total = total * self.size + place
        return total

    def at_or_after(self, serial: int) -> int:
        """The first serial from here on that the rule gives: in its range, on its grid, without its forbidden words.

        May lie beyond ``last``: then the rule is used up.
        """
        serial = self._on_grid(max(serial, self.first))
        while self.words and serial <= self.last:
            beyond = self._beyond_word(serial)
            if beyond is None:
                break
            serial = self._on_grid(beyond)
        return serial

    def after(self, serial: int) -> int:
        """The next serial that the rule gives."""
        return self.at_or_after(serial + 1)

    def _on_grid(self, serial: int) -> int:
        return serial + (self.first - serial) % self.step if self.step > 1 else serial

    def _beyond_word(self, serial: int) -> int | None:
        """The first serial whose text differs up to the end of a forbidden word; None when there is none in it."""
        text = self.text(serial)
        ends = [at + len(word) for word in self.words if (at := text.find(word)) >= 0]
        if not ends:
            return None
        unit = self.size ** (self.width - min(ends))
        return (serial // unit + 1) * unit

    def run(self, first: int, count: int, besides: Iterable[Span] = ()) -> list[int]:
        """Up to ``count`` serials from ``first`` on, none of them in the spans ``besides``; fewer when the rule is used up."""
        blocked = sorted(besides)
        if not blocked and not self.words and self.step == 1:
            first = max(first, self.first)
            return list(range(first, min(first + count, self.last + 1)))
        found: list[int] = []
        serial = self.at_or_after(first)
        while len(found) < count and serial <= self.last:
            span = next((span for span in blocked if span[0] <= serial <= span[1]), None)
            if span:
                serial = self.at_or_after(span[1] + 1)
                continue
            found.append(serial)
            serial = self.after(serial)
        return found

    @property
    def capacity(self) -> int:
        """How many serials there are, forbidden words not counted off."""
        return max(0, (self.last - self.first) // self.step + 1)


def digits_of(part: Part) -> str:
    """The digits of a serial part before any are left out."""
    return BASE36 if part.get("base", 10) == 36 else BASE36[:10]


# --- texts of parts -----------------------------------------------------------------------------------------------

_NOT_INITIAL = re.compile("[^0-9A-Z]+")
_NOT_IN_NUMBER = re.compile(r"[\s/:?#%]+")
DATE_TOKEN = re.compile("YYYY|YY|MM|DD|WW|Q")
_DATE_TEXT: dict[str, Callable[[date], str]] = {
    "YYYY": lambda on: f"{on.year:04d}",
    "YY": lambda on: f"{on.year % 100:02d}",
    "MM": lambda on: f"{on.month:02d}",
    "DD": lambda on: f"{on.day:02d}",
    "Q": lambda on: str((on.month + 2) // 3),
    "WW": lambda on: f"{week_of(on):02d}",
}
_DATE_PATTERN = {
    "YYYY": "[0-9]{4}",
    "YY": "[0-9]{2}",
    "MM": "(?:0[1-9]|1[0-2])",
    "DD": "(?:0[1-9]|[12][0-9]|3[01])",
    "Q": "[1-4]",
    "WW": "(?:0[1-9]|[1-4][0-9]|5[0-4])",
}


def week_of(on: date) -> int:
    """The week of the calendar year, Monday to Sunday, 1 January being in week 1: it never leaves the year beside it."""
    return (on.timetuple().tm_yday + date(on.year, 1, 1).weekday() - 1) // 7 + 1


def _wanted(part_type: str, value: str, key: str = "") -> str:
    if not value:
        raise MissingPart(part_type, key)
    return value


def _text_of(part: Part) -> Callable[[NumberContext], str]:
    """What a part other than serial and check says of a context."""
    match part["type"]:
        case "literal":
            text = part["text"]
            return lambda context: text
        case "category":
            return _category(part.get("level") or 0)
        case "region":
            digits = part["digits"]
            return lambda context: _wanted("region", context.region_code)[:digits].ljust(digits, "0")
        case "initials":
            length = part["length"]
            return lambda context: _initials(context, length)
        case "date":
            texts = [_DATE_TEXT[token] for token in DATE_TOKEN.findall(part["format"])]
            return lambda context: "".join([text(context.on) for text in texts])
        case "field":
            return _field(part)
        case kind:
            return lambda context: _wanted(kind, getattr(context, f"{kind}_code"))


def _category(level: int) -> Callable[[NumberContext], str]:
    if not level:
        return lambda context: _wanted("category", context.category_code)
    return lambda context: _wanted("category", "".join(context.category_path[level - 1 : level]))


def _initials(context: NumberContext, length: int) -> str:
    letters = _NOT_INITIAL.sub("", _wanted("initials", context.initials.upper()))
    return letters[:length].ljust(length, "X")


def _field(part: Part) -> Callable[[NumberContext], str]:
    key, mapping, default = part["key"], part.get("map") or {}, part.get("default", "")

    def text(context: NumberContext) -> str:
        value = next((value for name, value in context.fields if name == key), "")
        said = mapping.get(value, "") if mapping else _NOT_IN_NUMBER.sub("", half_width(value))
        return _wanted("field", said or default, key)

    return text


def _check(algorithm: str, body: str) -> str:
    """The check digits over letters and digits; other signs do not count."""
    counted = "".join(char for char in body.upper() if char.isascii() and char.isalnum())
    match algorithm:
        case "luhn":
            return luhn_check(base_ten(counted))
        case "mod97":
            return mod_97_10_check(counted)
        case "mod37_36":
            return mod_37_36_check(counted)
    return mod_11_2_check(counted)


CHECK_PATTERN = {"luhn": "[0-9]", "mod97": "[0-9]{2}", "mod11_2": "[0-9X]", "mod37_36": "[0-9A-Z]"}


def open_ended(part: Part) -> bool:
    """Whether the texts of a part differ in length."""
    if part["type"] == "field":
        texts = mapped_texts(part)
        return not texts or len({len(text) for text in texts}) > 1
    return part["type"] in OPEN_ENDED


def mapped_texts(part: Part) -> list[str]:
    """Every text that a mapped field can give; none when it gives the value itself."""
    if not part.get("map"):
        return []
    return sorted({*part["map"].values(), *([part["default"]] if part.get("default") else [])})


# --- a rule made ready ----------------------------------------------------------------------------------------------


class Plan:
    """A rule made ready: what stands before and after the serial, its counters, and how numbers are read back.

    ``parts`` must be valid (``numbering_checks.validate``).
    """

    def __init__(
        self,
        parts: Parts,
        reset: str = "never",
        first: int | None = None,
        last: int | None = None,
        codes: Callable[[str], Iterable[str]] | None = None,
    ):
        """``first`` and ``last`` narrow the serials to the range that is this rule's (号段).

        ``codes``: type of part → the codes that there are, asked when a number is read; without it any text may be a code.
        """
        self.parts, self.reset, self._codes_of = parts, reset, codes
        self.at = serial_at(parts)
        self.serial = Serial(parts[self.at], first, last)
        self.check = parts[-1]["algorithm"] if parts[-1]["type"] == "check" else ""
        self._before = [_text_of(part) for part in parts[: self.at]]
        self._after = [_text_of(part) for part in parts[self.at + 1 :] if part["type"] != "check"]
        self._counting = counting(parts) if reset == "parts" else frozenset()

    def frame(self, context: NumberContext) -> tuple[str, str]:
        """The text before and after the serial. Raises MissingPart."""
        return "".join([text(context) for text in self._before]), "".join([text(context) for text in self._after])

    def number(self, frame: tuple[str, str], serial: int) -> str:
        """The number of a serial within a frame. Raises SerialOverflow."""
        body = f"{frame[0]}{self.serial.text(serial)}{frame[1]}"
        return body + _check(self.check, body) if self.check else body

    def numbers(self, contexts: Iterable[NumberContext], serials: Iterable[int]) -> Iterator[str]:
        """The numbers of contexts with their serials; a frame is made once for customers who share it."""
        frames: dict[NumberContext, tuple[str, str]] = {}
        for context, serial in zip(contexts, serials, strict=False):
            frame = frames.get(context)
            if frame is None:
                frame = frames[context] = self.frame(context)
            yield self.number(frame, serial)

    def scope(self, context: NumberContext) -> str:
        """The name of the counter: "" for ever one, `2024`, `202401`, `20240105`, the prefix, or the parts that count.

        Case and width do not count, so two customers whose numbers could meet always draw from the same counter.
        """
        if self.reset == "never":
            return ""
        if self.reset == "prefix":
            return number_key("*".join(self.frame(context)))
        if self.reset == "parts":
            texts = [*self._before, lambda context: "*", *self._after]
            return number_key("".join(text(context) for at, text in enumerate(texts) if at in self._counting))
        return "".join(_DATE_TEXT[token](context.on) for token in _RESET_TOKENS[self.reset])

    # --- reading back ---------------------------------------------------------------------------------------------

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a number of the rule looks like, for `fullmatch` on its half-width form; group pN is part N."""
        groups = (f"(?P<p{at}>{self._part_pattern(part)})" for at, part in enumerate(self.parts))
        return re.compile("".join(groups), re.IGNORECASE)

    def _part_pattern(self, part: Part) -> str:
        match part["type"]:
            case "literal":
                return re.escape(part["text"])
            case "region":
                return f"[0-9]{{{part['digits']}}}"
            case "initials":
                return f"[0-9A-Z]{{{part['length']}}}"
            case "date":
                return "".join(_DATE_PATTERN[token] for token in DATE_TOKEN.findall(part["format"]))
            case "serial":
                return f"[{self.serial.digits}]{{{part['width']}}}"
            case "check":
                return CHECK_PATTERN[part["algorithm"]]
            case "field" if part.get("map"):
                return "(?:" + "|".join(map(re.escape, sorted(mapped_texts(part), key=len, reverse=True))) + ")"
        if self._codes_of and part["type"] in OPEN_ENDED and not self._lone:
            codes = sorted({number_key(code) for code in self._codes_of(part["type"])}, key=len, reverse=True)
            return "(?:" + "|".join(map(re.escape, codes)) + ")" if codes else "(?!)"
        return r"[^\s/:?#%]+?"

    @cached_property
    def _lone(self) -> dict[int, frozenset[str]]:
        """Place → codes of the only part of open length: a look-up is quicker than a pattern of a thousand codes."""
        free = [at for at, part in enumerate(self.parts) if open_ended(part)]
        if self._codes_of is None or len(free) != 1 or self.parts[free[0]]["type"] not in OPEN_ENDED:
            return {}
        return {free[0]: frozenset(map(number_key, self._codes_of(self.parts[free[0]]["type"])))}

    def read(self, number: str) -> Reading | None:
        """Counter and serial of a number of this rule, None when it is not of it (also by its check digit)."""
        text = half_width(number)
        found = self.pattern.fullmatch(text)
        if found is None or any(number_key(found[f"p{at}"]) not in codes for at, codes in self._lone.items()):
            return None
        if self.check:
            ending = found[f"p{len(self.parts) - 1}"]
            if _check(self.check, text[: -len(ending)]) != ending.upper():
                return None
        serial = self.serial.value(found[f"p{self.at}"].upper())
        return None if serial is None else Reading(self._scope_of(found), serial)

    def _scope_of(self, found: re.Match[str]) -> str:
        if self.reset == "never":
            return ""
        body = len(self.parts) - bool(self.check)
        if self.reset in ("prefix", "parts"):
            texts = ["*" if at == self.at else found[f"p{at}"] for at in range(body)]
            kept = texts if self.reset == "prefix" else [text for at, text in enumerate(texts) if at in self._counting]
            return number_key("".join(kept))
        said: dict[str, str] = {}
        for at, part in enumerate(self.parts):
            if part["type"] == "date":
                said |= _date_texts(part["format"], found[f"p{at}"])
        year = said.get("YYYY") or f"20{said['YY']}"  # two digits of a year mean the present century
        return "".join(year if token == "YYYY" else said[token] for token in _RESET_TOKENS[self.reset])


def _date_texts(form: str, text: str) -> dict[str, str]:
    said, at = {}, 0
    for token in DATE_TOKEN.findall(form):
        said[token] = text[at : at + len(token)]
        at += len(token)
    return said


def counting(parts: Parts) -> frozenset[int]:
    """Which parts make the name of a counter under reset "parts", by place; the serial stands for the mark between the sides.

    Between two marked codes of open length the fixed texts belong to it, or one number could be read in two ways.
    """
    marked = {at for at, part in enumerate(parts) if part.get("counts")}
    for side in sides(parts):
        free = [at for at in side if open_ended(parts[at])]
        if len(free) > 1 and marked & set(range(free[0], free[-1] + 1)):
            marked |= {at for at in range(free[0], free[-1] + 1) if parts[at]["type"] == "literal"}
    return frozenset(marked | {serial_at(parts)}) if marked else frozenset()


def sides(parts: Parts) -> tuple[range, range]:
    """The places before and after the serial."""
    at = serial_at(parts)
    return range(at), range(at + 1, len(parts))


def serial_at(parts: Parts) -> int:
    """The place of the serial part."""
    return next(at for at, part in enumerate(parts) if part["type"] == "serial")


def capacity(parts: Parts, first: int | None = None, last: int | None = None) -> int:
    """How many numbers one counter can give."""
    return Serial(parts[serial_at(parts)], first, last).capacity
