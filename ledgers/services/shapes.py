"""Whether a piece of JSON has the form that it must have, and if not, exactly where it has not.

What lives here: small checks that are put together to the shape of a whole document; pure, no database. What does not: which document
(``configuration``), and whether what it says is possible (the verbs that carry it out).

A check is called with a value and its place, a tuple of keys from the document's root, and raises ``Misshapen``.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

Place = tuple[str, ...]
Check = Callable[[Any, Place], None]

DEEPEST = 12


class Misshapen(Exception):
    """``message`` says what is wrong, ``place`` where: the keys that lead there."""

    def __init__(self, message: str, place: Place = ()):
        super().__init__(message)
        self.message, self.place = str(message), place


def parse(text: str) -> Any:
    """JSON text as Python values; Misshapen names line and column. A key twice in one object is a fault, not the last word."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise Misshapen(_("「%(key)s」出现了两次。") % {"key": key})
            found[key] = value
        return found

    def constant(name: str) -> None:
        raise Misshapen(_("「%(name)s」不是 JSON 数值。") % {"name": name})

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except json.JSONDecodeError as fault:
        where = {"line": fault.lineno, "column": fault.colno}
        raise Misshapen(_("第 %(line)s 行第 %(column)s 列不是正确的 JSON。") % where) from fault
    except (RecursionError, ValueError) as fault:
        raise Misshapen(_("文件嵌套过深或数值过大，无法读取。")) from fault
    if _depth(value) > DEEPEST:
        raise Misshapen(_("文件嵌套过深，最多 %(most)s 层。") % {"most": DEEPEST})
    return value


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, (dict, list)) and depth <= DEEPEST:
            waiting += [(below, depth + 1) for below in (node.values() if isinstance(node, dict) else node)]
    return deepest


def text(most: int, *, blank: bool = False, pattern: str = "", choices: Iterable[str] = ()) -> Check:
    """A string of at most ``most`` characters, of a pattern or among choices where these are given."""
    allowed = tuple(choices)

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, str):
            raise Misshapen(_("应为文字。"), place)
        if not value.strip() and not blank:
            raise Misshapen(_("不能为空。"), place)
        if len(value) > most:
            raise Misshapen(_("最多 %(most)s 个字符。") % {"most": most}, place)
        if "\x00" in value:
            raise Misshapen(_("含有不可用的控制字符。"), place)
        if allowed and value not in allowed and not (blank and not value):
            raise Misshapen(
                _("「%(value)s」不可用，可选：%(choices)s。") % {"value": value, "choices": "、".join(allowed)}, place
            )
        if pattern and value and not re.fullmatch(pattern, value):
            raise Misshapen(_("「%(value)s」的格式不对。") % {"value": value}, place)

    return check


def integer(low: int, high: int) -> Check:
    def check(value: Any, place: Place) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Misshapen(_("应为 %(low)s 到 %(high)s 的整数。") % {"low": low, "high": high}, place)

    return check


def boolean(value: Any, place: Place) -> None:
    if not isinstance(value, bool):
        raise Misshapen(_("应为 true 或 false。"), place)


def anything(value: Any, place: Place) -> None:
    """Any JSON value: what it may be is known only to the verb that takes it."""


def maybe(inner: Check) -> Check:
    """null, or what ``inner`` takes."""
    return lambda value, place: None if value is None else inner(value, place)


def several(inner: Check, *, most: int = 500, unique: bool = True) -> Check:
    """A list, each of whose elements ``inner`` takes; none twice unless ``unique`` is off."""

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, list):
            raise Misshapen(_("应为列表。"), place)
        if len(value) > most:
            raise Misshapen(_("最多 %(most)s 项。") % {"most": most}, place)
        for at, element in enumerate(value, 1):
            inner(element, (*place, str(at)))
            if unique and element in value[: at - 1]:
                raise Misshapen(_("「%(value)s」重复。") % {"value": element}, (*place, str(at)))

    return check


def table(inner: Check, key: Check | None = None, *, most: int = 2000) -> Check:
    """An object with free keys, each of whose values ``inner`` takes."""

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            raise Misshapen(_("应为键值对象（{…}）。"), place)
        if len(value) > most:
            raise Misshapen(_("最多 %(most)s 项。") % {"most": most}, place)
        for name, element in value.items():
            if key:
                key(name, (*place, name))
            inner(element, (*place, name))

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with just these keys."""
    known = {**required, **(optional or {})}

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            raise Misshapen(_("应为键值对象（{…}）。"), place)
        for name, element in value.items():
            if name not in known:
                words = {"name": name, "known": "、".join(known)}
                raise Misshapen(_("没有「%(name)s」这一项，可用：%(known)s。") % words, (*place, name))
            known[name](element, (*place, name))
        for name in required:
            if name not in value:
                raise Misshapen(_("缺少「%(name)s」。") % {"name": name}, place)

    return check
