"""What a rule answers: the normalised value and, where something is wrong, the problem.

Lives here: `Checked`, `Problem`, the severities, and the few helpers that all rules about short codes share.
Not here: any rule about one kind of value, and what a door does with a problem (an account set may turn "reason" into
an error or a warning).
"""

import re
import unicodedata
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ERROR = "error"  # the value cannot be stored
REASON = "reason"  # may be stored when somebody says why
WARNING = "warning"  # stored, the user is told


class Problem(NamedTuple):
    """What is wrong with a value; `template` is a lazy translation, filled from `params` when `message` is read."""

    code: str
    template: str | Promise
    severity: str = ERROR
    suggestion: str | Promise = ""
    params: dict[str, Any] | None = None

    @property
    def message(self) -> str:
        """The sentence for the user, in the language that is active now."""
        return str(self.template) % self.params if self.params else str(self.template)

    def __repr__(self) -> str:
        return f"Problem({self.code!r}, {self.severity!r})"  # the sentence needs an active language


class Checked(NamedTuple):
    """`value` normalised as far as it could be, and `problem`, None when all is well."""

    value: Any
    problem: Problem | None = None


EMPTY = Checked("")

# How people write "nothing" in a cell. Spreadsheet errors (#N/A) are not among them: those are faults, not blanks.
BLANK_WORDS = frozenset(
    {"", "-", "--", "---", "—", "——", "－", "/", "\\", "n/a", "na", "null", "none", "nil", "无", "暂无", "空", "没有"}
)

SCIENTIFIC_TEXT = _("这是科学计数法“%(value)s”，后面的数字已经丢失，无法还原。")
SCIENTIFIC_HELP = _("请在表格中把该列设为“文本”格式，重新填写完整号码。")

# A point or a plus sign is required: "91E17" alone may be a piece of a real code.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d*[eE][+-]?|[eE]\+)\d+")
_APOSTROPHES = "'`‘’"
_WRAPPERS = _APOSTROPHES + "="
_FORMULA_TEXT = re.compile(r'="(.*)"')
_NOISE = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\x00-\x1f\x7f-\x9f]+")


def is_blank(text: str) -> bool:
    """Whether the text only says that there is nothing: "", "-", "无", "N/A" …"""
    return len(text) <= 4 and text.lower() in BLANK_WORDS


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as ASCII (NFKC), invisible characters and all white space out."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    text = _NOISE.sub("", unicodedata.normalize("NFKC", _NOISE.sub("", text)))
    return unicodedata.normalize("NFKC", text)  # a lone accent is a blank and a mark: without the blank it may combine


def plain_code(text: str) -> str:
    """`half_width`, without the wrapping by which spreadsheets force text (`'0123`, `="0123"`); "" for "无", "-" …"""
    text = half_width(text)
    while text[:1] in _WRAPPERS and text:
        wrapped = _FORMULA_TEXT.fullmatch(text)
        bare = (wrapped[1] if wrapped else text).lstrip(_APOSTROPHES)
        if bare == text:
            break
        text = bare
    return "" if is_blank(text) else text


def scientific(text: str, code: str) -> Checked | None:
    """The error for `1.38001E+10` and its like, or None when the text is not of that form."""
    if not _SCIENTIFIC.fullmatch(text):
        return None
    return Checked(text, Problem(code, SCIENTIFIC_TEXT, ERROR, SCIENTIFIC_HELP, {"value": text}))
