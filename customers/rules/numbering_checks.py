"""Whether a rule of numbers is fit for use: every part by itself, and the rule as a whole.

Lives here: ``validate``. Not here: what depends on a set's data (other rules, codes in use, numbers given: ``customers.numbers``).
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from .checked import ERROR, WARNING, Problem, half_width
from .identifiers import FORBIDDEN_IN_NUMBERS, NUMBER_LENGTH
from .numbering import (
    CHECK_PATTERN,
    DATE_TOKEN,
    RESETS,
    Part,
    Parts,
    Serial,
    digits_of,
    mapped_texts,
    open_ended,
    sides,
)

MOST_DIGITS = 18
DEEPEST_LEVEL = 9
MOST_MAPPED = 200


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


def shortest(part: Part) -> int:
    """The least number of characters that a part gives."""
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
        case "field":
            return min(map(len, mapped_texts(part)), default=1)
        case _:
            return 1


# --- the whole ------------------------------------------------------------------------------------------------------


def _rule_problems(parts: Parts, reset: str) -> list[Problem]:
    """Faults of the whole, when every part is sound by itself."""
    kinds = [part["type"] for part in parts]
    problems = []
    if kinds.count("serial") != 1:
        problems.append(_error("numbering.serial", _("编码规则必须恰好有一段流水号。")))
    if "check" in kinds[:-1]:
        problems.append(_error("numbering.check_last", _("校验位只能有一段，并且放在最后。")))
    if sum(map(shortest, parts)) > NUMBER_LENGTH:
        problems.append(_error("numbering.length", _("编号长度不能超过 %(max)s 个字符。"), max=NUMBER_LENGTH))
    return problems or _counter_problems(parts, reset)


def _counter_problems(parts: Parts, reset: str) -> list[Problem]:
    """What could make one number mean two things, or a reset that resets nothing."""
    if missing := _RESET_NEEDS.get(reset, set()) - _date_tokens(parts):
        return [_error("numbering.reset_date", _("按期重置流水号时，编号中必须含有相应的日期，否则会重号。缺少：%(missing)s"),
                       missing="、".join(sorted(missing)))]  # fmt: skip
    if all(any(open_ended(parts[at]) for at in side) for side in sides(parts)):
        text = _("流水号前后都有长度不定的代码，无法读回。请把这些代码放在流水号的同一侧。")
        return [_error("numbering.ambiguous", text)]
    if _uneven(parts, reset):
        text = _("相邻的长度不定的代码会连成一样的文字而重号。请把它们和夹在中间的段都设为“单独计数”，或改用“按前缀”。")
        return [_error("numbering.uneven", text)]
    if reset == "parts" and not any(part.get("counts") for part in parts):
        return [_error("numbering.nothing_counts", _("请至少勾选一段“单独计数”，或选择其他重置方式。"))]
    if reset == "prefix" and len(parts) == 1:
        return [Problem("numbering.no_prefix", _("没有前缀，“按前缀”重置不起作用。"), WARNING)]
    return []


_RESET_NEEDS = {"year": {"YY"}, "month": {"YY", "MM"}, "day": {"YY", "MM", "DD"}}


def _date_tokens(parts: Parts) -> set[str]:
    tokens = {token for part in parts if part["type"] == "date" for token in DATE_TOKEN.findall(part["format"])}
    return tokens | {"YY"} if "YYYY" in tokens else tokens


def _uneven(parts: Parts, reset: str) -> bool:
    """Whether between two codes of open length some parts count and others do not: "A"+"BC" and "AB"+"C" read alike."""
    if reset in ("never", "prefix"):
        return False
    for side in sides(parts):
        free = [at for at in side if open_ended(parts[at])]
        between = [parts[at] for at in range(free[0], free[-1] + 1)] if len(free) > 1 else []
        counts = {_counts(part, reset) for part in between if part["type"] != "literal"}
        if len(counts) > 1:
            return True
    return False


def _counts(part: Part, reset: str) -> bool:
    return bool(part.get("counts")) if reset == "parts" else part["type"] == "date"


# --- one part ---------------------------------------------------------------------------------------------------------


def _part_problems(part: Part, place: int) -> list[Problem]:
    kind = part.get("type")
    rule = _PART_RULES.get(kind) if isinstance(kind, str) else None
    if rule is None:
        return [_error("numbering.type", _("第 %(place)s 段的类型无效。"), place=place)]
    sound, code, message = rule
    if not isinstance(part.get("counts", False), bool):
        return [_error("numbering.counts", _("第 %(place)s 段：“单独计数”只能是或否。"), place=place)]
    return [] if sound(part) else [_error(code, message, place=place)]


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def sound_text(text: Any) -> bool:
    """Whether a text may stand in a number as it is."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= NUMBER_LENGTH
        and text.isprintable()
        and text == half_width(text)
        and not any(char in FORBIDDEN_IN_NUMBERS for char in text)
    )


def _sound_date(part: Part) -> bool:
    text = part.get("format")
    return isinstance(text, str) and bool(text) and "".join(DATE_TOKEN.findall(text)) == text


def _sound_field(part: Part) -> bool:
    mapping, default = part.get("map", {}), part.get("default", "")
    return (
        isinstance(part.get("key"), str)
        and bool(part["key"])
        and isinstance(mapping, dict)
        and len(mapping) <= MOST_MAPPED
        and all(isinstance(value, str) and sound_text(text) for value, text in mapping.items())
        and (default == "" or sound_text(default))
    )


def _sound_serial(part: Part) -> bool:
    width, base, skip, words = part.get("width"), part.get("base", 10), part.get("skip", ""), part.get("words", [])
    if not (_whole(width, 1, MOST_DIGITS) and _whole(part.get("step", 1), 1, 1000) and base in (10, 36)):
        return False
    if isinstance(base, bool) or not isinstance(base, int):
        return False
    digits = digits_of(part)
    if not (isinstance(skip, str) and all(char in digits for char in skip.upper())):
        return False
    if len(digits) - len(set(skip.upper())) < 2:
        return False
    if not (isinstance(words, list) and len(words) <= 50):
        return False
    if not all(isinstance(word, str) and len(word) > 1 and word.isascii() and word.isalnum() for word in words):
        return False
    return _sound_start(part.get("start", 1), part)


def _sound_start(start: Any, part: Part) -> bool:
    """The first serial, written in the digits of the part; also its words leave something over."""
    if isinstance(start, bool) or not isinstance(start, int | str) or not str(start).isascii():
        return False
    text = str(start).upper()
    left = [digit for digit in digits_of(part) if digit not in part.get("skip", "").upper()]
    if not text or len(text) > part["width"] or any(char not in left for char in text):
        return False
    serial = Serial(part)
    return serial.at_or_after(serial.first) <= serial.last


def _always(part: Part) -> bool:
    return True


_PART_RULES: dict[str, tuple[Callable[[Part], bool], str, Any]] = {
    "literal": (lambda part: sound_text(part.get("text")), "numbering.literal", _("第 %(place)s 段：固定文字不能为空，要用半角，也不能含空格和 / : ? # %%。")),
    "category": (lambda part: _whole(part.get("level") or 0, 0, DEEPEST_LEVEL), "numbering.level", _("第 %(place)s 段：分类级次应为 1 至 9，空为客户自己的分类。")),
    "kind": (_always, "", ""),
    "ledger": (_always, "", ""),
    "company": (_always, "", ""),
    "department": (_always, "", ""),
    "sales_region": (_always, "", ""),
    "region": (lambda part: _whole(part.get("digits"), 2, 6) and part["digits"] % 2 == 0, "numbering.region", _("第 %(place)s 段：地区码位数应为 2、4 或 6。")),
    "initials": (lambda part: _whole(part.get("length"), 1, 10), "numbering.initials", _("第 %(place)s 段：首字母个数应为 1 至 10。")),
    "date": (_sound_date, "numbering.date", _("第 %(place)s 段：日期格式由 YYYY、YY、MM、DD、Q（季度）、WW（周）组成。")),
    "field": (_sound_field, "numbering.field", _("第 %(place)s 段：请选择字段；对照表的每一行写成“取值=编码”，编码用半角，不含空格和 / : ? # %%。")),
    "serial": (_sound_serial, "numbering.serial_width", _("第 %(place)s 段：流水号宽度应为 1 至 18，起始值要放得下且不含跳过的字符，步长为 1 至 1000，跳过的字符至少留下两个可用，禁用字为两个以上的字母或数字。")),
    "check": (lambda part: part.get("algorithm") in tuple(CHECK_PATTERN), "numbering.check", _("第 %(place)s 段：校验算法无效。")),
}  # fmt: skip


def _error(code: str, message: Any, **params: Any) -> Problem:
    return Problem(code, message, ERROR, "", params or None)
