"""Customer numbers made by a rule: a list of parts, rendered for a context and a serial, and read back.

A rule is a list of plain dicts, one a part:
    {"type": "literal", "text": "KH"} · {"type": "category"} · {"type": "region", "digits": 2 | 4 | 6} · {"type": "kind"}
    {"type": "ledger"} · {"type": "initials", "length": 3} · {"type": "date", "format": "YYYYMM"}
    {"type": "serial", "width": 5, "start": 1, "step": 1} · {"type": "check", "algorithm": "luhn" | "mod97" | "mod11_2"}
and a reset ("never", "year", "month", "day", "prefix") that says when the serial begins anew.

Lives here: checking a rule, rendering, patterns, reading serials back, capacity. Not here: counters, locks, uniqueness,
aliases (`services/numbering.py`); what characters a number may hold (`identifiers.number_text`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from .check_digits import base_ten, luhn_check, mod_11_2_check, mod_97_10_check
from .checked import ERROR, WARNING, Problem
from .identifiers import FORBIDDEN_IN_NUMBERS, NUMBER_LENGTH, number_key

Part = dict[str, Any]
Parts = list[Part]

RESETS = ("never", "year", "month", "day", "prefix")
MOST_DIGITS = 18


@dataclass(frozen=True)
class NumberContext:
    """What a number may say of its customer."""

    category_code: str = ""
    region_code: str = ""
    kind_code: str = ""
    ledger_code: str = ""
    initials: str = ""
    on: date = date.min


class SerialOverflow(ValueError):
    """The serial has more digits than its part is wide: the rule, in this scope, is used up."""


class MissingPart(ValueError):
    """The customer lacks what a part wants (`part_type`: category, region, …), so no number can be made."""

    def __init__(self, part_type: str):
        super().__init__(part_type)
        self.part_type = part_type


# --- rendering ----------------------------------------------------------------------------------------------------


def _wanted(part_type: str, value: str) -> str:
    if not value:
        raise MissingPart(part_type)
    return value


def _region(part: Part) -> Callable[[NumberContext], str]:
    digits = part["digits"]
    return lambda context: _wanted("region", context.region_code)[:digits].ljust(digits, "0")


def _initials(part: Part) -> Callable[[NumberContext], str]:
    length = part["length"]
    return lambda context: _NOT_INITIAL.sub("", _wanted("initials", context.initials.upper()))[:length].ljust(
        length, "X"
    )


_NOT_INITIAL = re.compile("[^0-9A-Z]+")


def _date(part: Part) -> Callable[[NumberContext], str]:
    tokens = _DATE_TOKEN.findall(part["format"])
    return lambda context: "".join(_DATE_TEXT[token](context.on) for token in tokens)


_DATE_TOKEN = re.compile("YYYY|YY|MM|DD")
_DATE_TEXT: dict[str, Callable[[date], str]] = {
    "YYYY": lambda on: f"{on.year:04d}",
    "YY": lambda on: f"{on.year % 100:02d}",
    "MM": lambda on: f"{on.month:02d}",
    "DD": lambda on: f"{on.day:02d}",
}
_DATE_PATTERN = {"YYYY": "[0-9]{4}", "YY": "[0-9]{2}", "MM": "(?:0[1-9]|1[0-2])", "DD": "(?:0[1-9]|[12][0-9]|3[01])"}

_TEXT_OF: dict[str, Callable[[Part], Callable[[NumberContext], str]]] = {
    "literal": lambda part: lambda context, text=part["text"]: text,
    "category": lambda part: lambda context: _wanted("category", context.category_code),
    "kind": lambda part: lambda context: _wanted("kind", context.kind_code),
    "ledger": lambda part: lambda context: _wanted("ledger", context.ledger_code),
    "region": _region,
    "initials": _initials,
    "date": _date,
}


def _check(algorithm: str, body: str) -> str:
    """The check digits over letters and digits; other signs do not count."""
    counted = "".join(char for char in body.upper() if char.isascii() and char.isalnum())
    if algorithm == "luhn":
        return luhn_check(base_ten(counted))
    return mod_97_10_check(counted) if algorithm == "mod97" else mod_11_2_check(counted)


class _Plan:
    """A rule made ready: what stands before and after the serial, and the check that ends it."""

    def __init__(self, parts: Parts):
        at = _serial_at(parts)
        self.width = parts[at]["width"]
        self.check = parts[-1]["algorithm"] if parts[-1]["type"] == "check" else ""
        self.before = [_TEXT_OF[part["type"]](part) for part in parts[:at]]
        self.after = [_TEXT_OF[part["type"]](part) for part in parts[at + 1 :] if part["type"] != "check"]
        self.limit = 10**self.width

    def frame(self, context: NumberContext) -> tuple[str, str]:
        """The text before and after the serial."""
        return "".join([text(context) for text in self.before]), "".join([text(context) for text in self.after])

    def number(self, frame: tuple[str, str], serial: int) -> str:
        if not 0 <= serial < self.limit:
            raise SerialOverflow(serial)
        body = f"{frame[0]}{serial:0{self.width}d}{frame[1]}"
        return body + _check(self.check, body) if self.check else body


def render(parts: Parts, context: NumberContext, serial: int) -> str:
    """The number of a serial. Raises `SerialOverflow` and `MissingPart`; `parts` must be valid."""
    plan = _Plan(parts)
    return plan.number(plan.frame(context), serial)


def render_many(parts: Parts, contexts: Iterable[NumberContext], first_serial: int, step: int = 1) -> list[str]:
    """Numbers of contexts that share a counter, with serials from `first_serial` on."""
    plan = _Plan(parts)
    frames: dict[NumberContext, tuple[str, str]] = {}
    numbers = []
    for serial, context in zip(_serials(first_serial, step), contexts, strict=False):
        frame = frames.get(context)
        if frame is None:
            frame = frames[context] = plan.frame(context)
        numbers.append(plan.number(frame, serial))
    return numbers


def _serials(first: int, step: int) -> Iterable[int]:
    while True:
        yield first
        first += step


def counter_scope(parts: Parts, reset: str, context: NumberContext) -> str:
    """The name of the counter a number is drawn from: "" for ever one, `2024`, `202401`, `20240105`, or the prefix.

    With reset "prefix" the scope is everything but serial and check digit as numbers are compared (case and width do
    not count), so that two customers whose numbers could meet always draw from the same counter. Raises `MissingPart`.
    """
    if reset == "prefix":
        return number_key("*".join(_Plan(parts).frame(context)))
    size = {"never": 0, "year": 4, "month": 6, "day": 8}[reset]
    return f"{context.on.year:04d}{context.on.month:02d}{context.on.day:02d}"[:size]


# --- reading back -------------------------------------------------------------------------------------------------

_CODE = r"[\w.\-]+?"  # codes of categories, kinds and account sets have no fixed length
_CHECK_PATTERN = {"luhn": "[0-9]", "mod97": "[0-9]{2}", "mod11_2": "[0-9X]"}


def _part_pattern(part: Part) -> str:
    match part["type"]:
        case "literal":
            return re.escape(part["text"])
        case "region":
            return f"[0-9]{{{part['digits']}}}"
        case "initials":
            return f"[0-9A-Z]{{{part['length']}}}"
        case "date":
            return "".join(_DATE_PATTERN[token] for token in _DATE_TOKEN.findall(part["format"]))
        case "serial":
            return f"(?P<serial>[0-9]{{{part['width']}}})"
        case "check":
            return f"(?P<check>{_CHECK_PATTERN[part['algorithm']]})"
        case _:
            return _CODE


def pattern(parts: Parts) -> re.Pattern[str]:
    """What a number of the rule looks like, for `fullmatch`; case does not matter. Groups: serial, check."""
    return re.compile("".join(map(_part_pattern, parts)), re.IGNORECASE)


def fits(parts: Parts, number: str) -> bool:
    """Whether a number typed by hand has the form of the rule and the right check digit."""
    return _read(parts, number) is not None


def serial_of(parts: Parts, number: str) -> int | None:
    """The serial in a number of this rule, None when the number is not of it (also by its check digit)."""
    found = _read(parts, number)
    return int(found["serial"]) if found else None


def _read(parts: Parts, number: str) -> re.Match[str] | None:
    found = pattern(parts).fullmatch(number)
    if found and parts[-1]["type"] == "check":
        check = found["check"]
        if _check(parts[-1]["algorithm"], number[: -len(check)]) != check.upper():
            return None
    return found


def capacity(parts: Parts) -> int:
    """How many numbers one counter can give."""
    serial = parts[_serial_at(parts)]
    return max(0, (10 ** serial["width"] - 1 - serial.get("start", 1)) // serial.get("step", 1) + 1)


def _serial_at(parts: Parts) -> int:
    return next(at for at, part in enumerate(parts) if part["type"] == "serial")


# --- checking a rule ----------------------------------------------------------------------------------------------


def validate(parts: Any, reset: str = "never") -> list[Problem]:
    """Everything that keeps the rule from use (errors) or deserves a thought (warnings); [] for a sound rule.

    Takes anything, as it comes from a form or from JSON, and never raises.
    """
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        return [_error("numbering.empty", _("编码规则至少要有一段流水号。"))]
    problems = [problem for place, part in enumerate(parts, 1) for problem in _part_problems(part, place)]
    if reset not in RESETS:
        problems.append(_error("numbering.reset", _("流水号的重置方式无效。")))
    return problems or _rule_problems(parts, reset)


def _rule_problems(parts: Parts, reset: str) -> list[Problem]:
    """Faults of the whole, when every part is sound by itself."""
    kinds = [part["type"] for part in parts]
    problems = []
    if kinds.count("serial") != 1:
        problems.append(_error("numbering.serial", _("编码规则必须恰好有一段流水号。")))
    if "check" in kinds[:-1]:
        problems.append(_error("numbering.check_last", _("校验位只能有一段，并且放在最后。")))
    shortest = sum(map(_shortest, parts))
    if shortest > NUMBER_LENGTH:
        problems.append(_error("numbering.length", _("编号长度不能超过 %(max)s 个字符。"), max=NUMBER_LENGTH))
    if problems:
        return problems
    if missing := _RESET_NEEDS.get(reset, set()) - _date_tokens(parts):
        problems.append(_error("numbering.reset_date", _("按期重置流水号时，编号中必须含有相应的日期，否则会重号。缺少：%(missing)s"),
                               missing="、".join(sorted(missing))))  # fmt: skip
    if _ambiguous(kinds):
        problems.append(
            _error("numbering.ambiguous", _("流水号前后都有长度不定的代码，无法读回。请把这些代码放在流水号的同一侧。"))
        )
    if reset == "prefix" and kinds[0] == "serial" and len(kinds) == 1:
        problems.append(Problem("numbering.no_prefix", _("没有前缀，“按前缀”重置不起作用。"), WARNING))
    return problems


_RESET_NEEDS = {"year": {"YY"}, "month": {"YY", "MM"}, "day": {"YY", "MM", "DD"}}


def _date_tokens(parts: Parts) -> set[str]:
    tokens = {token for part in parts if part["type"] == "date" for token in _DATE_TOKEN.findall(part["format"])}
    return tokens | {"YY"} if "YYYY" in tokens else tokens


def _ambiguous(kinds: list[str]) -> bool:
    """Codes of any length on both sides of the serial: where it begins cannot be told."""
    at = kinds.index("serial")
    open_ended = {"category", "kind", "ledger"}
    return bool(open_ended & set(kinds[:at]) and open_ended & set(kinds[at:]))


def _shortest(part: Part) -> int:
    match part["type"]:
        case "literal":
            return len(part["text"])
        case "region":
            return part["digits"]
        case "initials":
            return part["length"]
        case "date":
            return len(part["format"])
        case "serial":
            return part["width"]
        case "check":
            return 2 if part["algorithm"] == "mod97" else 1
        case _:
            return 1


def _part_problems(part: Part, place: int) -> list[Problem]:
    kind = part.get("type")
    rule = _PART_RULES.get(kind) if isinstance(kind, str) else None
    if rule is None:
        return [_error("numbering.type", _("第 %(place)s 段的类型无效。"), place=place)]
    sound, code, message = rule
    return [] if sound(part) else [_error(code, message, place=place)]


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _sound_literal(part: Part) -> bool:
    text = part.get("text")
    return (
        isinstance(text, str)
        and 0 < len(text) <= NUMBER_LENGTH
        and text.isprintable()
        and not any(char in FORBIDDEN_IN_NUMBERS or char.isspace() for char in text)
    )


def _sound_date(part: Part) -> bool:
    text = part.get("format")
    return isinstance(text, str) and re.fullmatch("(?:YYYY|YY|MM|DD)+", text) is not None


def _sound_serial(part: Part) -> bool:
    width, start, step = part.get("width"), part.get("start", 1), part.get("step", 1)
    return (
        _whole(width, 1, MOST_DIGITS) and _whole(start, 0, 10 ** min(width, MOST_DIGITS) - 1) and _whole(step, 1, 1000)
    )


def _always(part: Part) -> bool:
    return True


_PART_RULES: dict[str, tuple[Callable[[Part], bool], str, Any]] = {
    "literal": (_sound_literal, "numbering.literal", _("第 %(place)s 段：固定文字不能为空，也不能含空格和 / : ? # %%。")),
    "category": (_always, "", ""),
    "kind": (_always, "", ""),
    "ledger": (_always, "", ""),
    "region": (lambda part: _whole(part.get("digits"), 2, 6) and part["digits"] % 2 == 0, "numbering.region", _("第 %(place)s 段：地区码位数应为 2、4 或 6。")),
    "initials": (lambda part: _whole(part.get("length"), 1, 10), "numbering.initials", _("第 %(place)s 段：首字母个数应为 1 至 10。")),
    "date": (_sound_date, "numbering.date", _("第 %(place)s 段：日期格式由 YYYY、YY、MM、DD 组成。")),
    "serial": (_sound_serial, "numbering.serial_width", _("第 %(place)s 段：流水号宽度应为 1 至 18，起始值要放得下，步长为 1 至 1000。")),
    "check": (lambda part: part.get("algorithm") in tuple(_CHECK_PATTERN), "numbering.check", _("第 %(place)s 段：校验算法应为 luhn、mod97 或 mod11_2。")),
}  # fmt: skip


def _error(code: str, message: Any, **params: Any) -> Problem:
    return Problem(code, message, ERROR, "", params or None)
