"""Yes and no as people write them. Choices from a list are looked up by whoever knows the list."""

from django.utils.translation import gettext_lazy as _

from .checked import ERROR, Checked, Problem, is_blank
from .text import clean_text

_YES = frozenset(str.split("是 有 对 真 y yes t true 1 1.0 on √ ✓ ✔ ☑ 启用 需要 已"))
_NO = frozenset(str.split("否 不 错 假 n no f false 0 0.0 off × ✗ ✘ ☐ 停用 不需要 未 没"))


def boolean(text: str) -> Checked:
    """True, False, or None for a blank; 无 means no here."""
    word = clean_text(text).casefold()
    if word in _YES:
        return Checked(True)
    if word in _NO or word == "无":
        return Checked(False)
    if is_blank(word):
        return Checked(None)
    return Checked(text, Problem("choice.boolean", _BOOLEAN, ERROR))


_BOOLEAN = _("请填“是”或“否”。")
