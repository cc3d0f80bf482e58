"""Text to tokens: Chinese and English words, half- and full-width signs, literals, [fields]."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from ..text import has_forbidden
from .faults import ExpressionError

LONGEST = 500  # characters of one expression
MOST_DIGITS = 26  # of a number, before and after the point together, as CustomValue holds them


class Token(NamedTuple):
    """``sort``: "number", "text", "date", "field", "word" (a function's name), "op", or "end"; ``text`` as it was written."""

    sort: str
    value: Any
    at: int
    text: str


# What is written → the operator it means. Longest first where one begins another.
_SIGNS = {
    "<>": "<>", "!=": "<>", "≠": "<>", "<=": "<=", "≤": "<=", "≦": "<=", ">=": ">=", "≥": ">=", "≧": ">=", "==": "=", "&&": "and",
    "||": "or", "=": "=", "<": "<", ">": ">", "+": "+", "-": "-", "−": "-", "–": "-", "—": "-", "*": "*", "×": "*", "/": "/",
    "÷": "/", "%": "%", "&": "&", "(": "(", ")": ")", ",": ",", "、": ",", "!": "not",
}  # fmt: skip
_FULL_WIDTH = {chr(ord(sign) + 0xFEE0): sign for sign in "<>!=+-*/%&|(),"}

WORDS = {
    "且": "and", "并且": "and", "和": "and", "and": "and", "或": "or", "或者": "or", "or": "or", "非": "not", "not": "not",
    "包含": "contains", "contains": "contains", "不包含": "lacks", "属于": "in", "in": "in", "不属于": "not in",
    "为空": "empty", "不为空": "filled", "等于": "=", "不等于": "<>", "大于": ">", "小于": "<", "大于等于": ">=", "小于等于": "<=",
    "不小于": ">=", "不大于": "<=",
}  # fmt: skip
CONSTANTS = {"真": True, "假": False, "是": True, "否": False, "true": True, "false": False, "空": None, "empty": None}

_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "「": "」", "『": "』", "＂": "＂", "＇": "＇"}
_BRACKETS = {"[": "]", "【": "】", "［": "］"}
_number = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?|[.．][0-9０-９]+").match
_ascii_word = re.compile(r"[A-Za-z_Ａ-Ｚａ-ｚ][A-Za-z0-9_Ａ-Ｚａ-ｚ０-９]*").match
_han_word = re.compile("[\u3400-\u9fff]+").match
_date = re.compile(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*").fullmatch
_to_half = {point: point - 0xFEE0 for point in range(0xFF01, 0xFF5F)}


def tokens_of(text: str, functions: frozenset[str]) -> list[Token]:
    """All tokens with their positions (from 1), the last of sort "end"; ``functions`` are the Chinese names to be told apart."""
    if len(text) > LONGEST:
        raise ExpressionError(
            _("内容过长：最多 %(limit)s 个字符，现有 %(length)s 个。") % {"limit": LONGEST, "length": len(text)}
        )
    if has_forbidden(text):
        raise ExpressionError(_("含有无法保存的字符。"))
    return _Lexer(text, functions).all()


class _Lexer:
    def __init__(self, text: str, functions: frozenset[str]):
        self.text = text
        self.at = 0
        known = {*WORDS, *CONSTANTS, *functions}
        self.han = sorted((word for word in known if not word.isascii()), key=len, reverse=True)

    def all(self) -> list[Token]:
        tokens = []
        while True:
            while self.at < len(self.text) and (self.text[self.at].isspace() or self.text[self.at] == "\u200b"):
                self.at += 1
            if self.at >= len(self.text):
                tokens.append(Token("end", None, len(self.text) + 1, ""))
                return tokens
            start = self.at
            sort, value = self._next()
            tokens.append(Token(sort, value, start + 1, self.text[start : self.at]))

    def _next(self) -> tuple[str, Any]:
        char = self.text[self.at]
        if char in _QUOTES:
            return "text", self._quoted(_QUOTES[char])
        if char in _BRACKETS:
            return "field", self._bracketed(_BRACKETS[char])
        if char in "#＃":
            return "date", self._date()
        if found := _number(self.text, self.at):
            return "number", self._number(found[0])
        if found := _ascii_word(self.text, self.at):
            self.at = found.end()
            return self._word(found[0].translate(_to_half))
        if found := _han_word(self.text, self.at):
            return self._han(found[0])
        return "op", self._sign()

    def _quoted(self, end: str) -> str:
        """A text in quotes; the quote itself is written twice."""
        start, piece = self.at, []
        at = self.at + 1
        while at < len(self.text):
            if self.text[at] == end:
                if self.text[at + 1 : at + 2] != end:
                    self.at = at + 1
                    return "".join(piece)
                at += 1
            piece.append(self.text[at])
            at += 1
        raise ExpressionError(_("文本缺少结束的引号。"), start + 1)

    def _bracketed(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise ExpressionError(_("字段缺少右方括号 ]。"), self.at + 1)
        name = self.text[self.at + 1 : stop].strip()
        if not name:
            raise ExpressionError(_("方括号里要写字段名称。"), self.at + 1)
        self.at = stop + 1
        return name

    def _date(self) -> date:
        start = self.at
        ends = [place for place in (self.text.find(sign, start + 1) for sign in "#＃") if place > 0]
        if not ends:
            raise ExpressionError(_("日期缺少结束的 #，请写成 #2026-01-31#。"), start + 1)
        found = _date(self.text[start + 1 : min(ends)])
        try:
            value = date(*map(int, found.groups())) if found else None
        except ValueError:
            value = None
        if value is None:
            raise ExpressionError(_("没有这一天，日期请写成 #2026-01-31#。"), start + 1)
        self.at = min(ends) + 1
        return value

    def _number(self, text: str) -> Decimal:
        plain = text.translate(_to_half)
        if len(plain.replace(".", "").lstrip("0")) > MOST_DIGITS:
            raise ExpressionError(_("数字最多 %(limit)s 位。") % {"limit": MOST_DIGITS}, self.at + 1)
        self.at += len(text)
        if plain.count(".") and plain.startswith("."):
            plain = "0" + plain
        return Decimal(plain)

    def _han(self, run: str) -> tuple[str, Any]:
        """Chinese is written without spaces: the longest word that is known begins here, or none does."""
        for word in self.han:
            if run.startswith(word):
                self.at += len(word)
                return self._word(word)
        self.at += len(run)
        return "word", run

    @staticmethod
    def _word(word: str) -> tuple[str, Any]:
        lower = word.lower()
        if lower in WORDS:
            return "op", WORDS[lower]
        if lower in CONSTANTS:
            return "constant", CONSTANTS[lower]
        return "word", lower

    def _sign(self) -> str:
        two = "".join(_FULL_WIDTH.get(char, char) for char in self.text[self.at : self.at + 2])
        for width in (2, 1):
            if two[:width] in _SIGNS and len(two) >= width:
                self.at += width
                return _SIGNS[two[:width]]
        raise ExpressionError(_("不认识的符号「%(sign)s」。") % {"sign": self.text[self.at]}, self.at + 1)
