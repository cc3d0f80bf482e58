"""Patterns that the people of a set write for their own fields (格式).

What lives here: compiling and asking one. What does not: which field has which pattern. The engine is RE2, whose time grows with the
text and with nothing else: no pattern, however it is written, keeps a save or an import waiting.
"""

import re
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

LONGEST = 200

_unicode_escape = re.compile(r"\\u([0-9a-fA-F]{4})").sub
# RE2 has no look-around and no back references: what most people mean by them is said more simply.
_unknown = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]").search


class PatternError(ValueError):
    """The pattern means nothing; ``message`` says what is wrong with it."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20  # a pattern such as (x{500}){500} is refused instead of filling the memory
    return options


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The compiled pattern. Raises PatternError. ``\\u4e00`` is understood as people know it from other tools."""
    if len(pattern) > LONGEST:
        raise PatternError(_("格式不能超过 %(count)s 个字符。") % {"count": LONGEST})
    if _unknown(pattern):
        raise PatternError(_("格式中不能使用前后查找和反向引用（如 (?=…)、\\1）。"))
    try:
        return re2.compile(_unicode_escape(r"\\x{\1}", pattern), _options())
    except re2.error as wrong:
        told = wrong.args[0] if wrong.args else ""
        told = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
        raise PatternError(_("格式写得不对：%(reason)s") % {"reason": _in_words(told)}) from wrong


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is of this form; a pattern that is not valid (any more) refuses nothing."""
    try:
        return compiled(pattern).fullmatch(text) is not None
    except PatternError:
        return True


def _in_words(told: str) -> str:
    """The engine's complaint, its beginning in the user's language."""
    kind, _colon, rest = told.partition(": ")
    words = {
        "missing )": _("缺少右括号"),
        "unexpected )": _("多了一个右括号"),
        "missing ]": _("缺少右方括号"),
        "no argument for repetition operator": _("重复符号前没有内容"),
        "bad repetition operator": _("重复符号用错了"),
        "invalid repetition size": _("重复次数太大"),
        "invalid character class range": _("字符范围的先后颠倒"),
        "invalid escape sequence": _("不认识的转义"),
        "trailing \\": _("末尾多了反斜杠"),
        "pattern too large - compile failed": _("格式太复杂"),
    }
    return f"{words.get(kind, kind)} {rest}".strip()
