"""Cells of a role's row into rights, levels, scopes and days, and back.

What lives here: the words that people write. What does not: which of them a set knows of categories and departments (``scoping.Words``), and
what is done with them (``planning``). Every reader raises ``BadCell`` with a sentence.
"""

import re
from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from customers.models import Category, SalesRegion
from customers.rules import dates
from erp_site.shared.errors import BusinessError
from ledgers.access import scoping
from ledgers.models import Ledger
from permissions.models import Department
from permissions.rights import Level, Right, Scope

NONE = {"无", "-", "—", "none"}  # what empties a cell
_ALL = {"全部", "全部权限", "所有", "all"}
_PARTS = re.compile(r"[、,，;；/|｜\s]+")
_VALUES = re.compile(r"[、,，/]+")
_SCOPES = re.compile(r"[|｜\n]+")
_FURTHER = re.compile(r"[；;]+")
_KIND = re.compile(r"\s*[:：]\s*")
_LEVEL_WORDS = {
    Level.HIDDEN: ("不可见", "隐藏", "无权", "hidden"),
    Level.MASKED: ("脱敏", "掩码", "部分隐藏", "masked"),
    Level.READ: ("只读", "可读", "可见", "查看", "read"),
    Level.EDIT: ("可编辑", "编辑", "修改", "可写", "edit"),
}
_SCOPE_WORDS = {
    Scope.OWN: ("本人", "本人客户", "自己的客户"),
    Scope.DEPARTMENT_TREE: ("本部门及以下", "本部门及下级部门"),
    Scope.ALL: ("全部", "所有客户"),
    Scope.PROVINCES: ("指定省份",),
    Scope.CATEGORIES: ("指定分类",),
    Scope.SALES_REGIONS: ("指定区域",),
}


class BadCell(Exception):
    """What stands in a cell means nothing; the text says why, ``suggestion`` what to write."""

    def __init__(self, message: str, suggestion: str = ""):
        super().__init__(message)
        self.suggestion = suggestion


def fold(text: str) -> str:
    return text.strip().casefold()


def rights(text: str) -> tuple[str, ...]:
    """查看、新增 → ("view", "add"); 全部 all of them, 无 none."""
    if fold(text) in NONE:
        return ()
    if fold(text) in _ALL:
        return tuple(Right.values)
    known = {fold(str(right.label)): right.value for right in Right} | {right.value: right.value for right in Right}
    words = [word for word in _PARTS.split(text) if word]
    unknown = [word for word in words if fold(word) not in known]
    if unknown:
        listed = "、".join(str(right.label) for right in Right)
        raise BadCell(
            _("没有功能权限「%(what)s」。") % {"what": "、".join(unknown)}, _("可以写：%(all)s。") % {"all": listed}
        )
    chosen = {known[fold(word)] for word in words}
    return tuple(right for right in Right.values if right in chosen)


def level(text: str) -> int:
    for each, words in _LEVEL_WORDS.items():
        if fold(text) in words or fold(text) == str(each.value):
            return each.value
    raise BadCell(_("没有级别「%(what)s」。") % {"what": text[:30]}, _("可以写：隐藏、脱敏、只读、可编辑。"))


def day(text: str) -> date:
    checked = dates.date(text)
    if checked.problem is not None or not isinstance(checked.value, date):
        message = str(checked.problem.message) if checked.problem else _("不是日期。")
        raise BadCell(message, _("请写成 2026-01-31。"))
    return checked.value


class ScopeReader:
    """Scopes of one set, both ways; what can be named is read once."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.words = scoping.Words(ledger)
        self.kinds = {each.kind: each for each in scoping.kinds()}
        self.by_word = {fold(each.label): kind for kind, each in self.kinds.items()}
        for kind, words in _SCOPE_WORDS.items():
            if kind in self.kinds:
                self.by_word |= {fold(word): kind for word in words}
        self._named: dict[str, dict[str, set]] = {}
        self._codes: dict[str, dict] = {}

    def read(self, text: str) -> scoping.Scopes:
        """本人负责的客户 | 指定地区：浙江省、江苏省; 无 gives none. Raises BadCell."""
        if fold(text) in NONE:
            return ()
        found: dict[str, tuple] = {}
        for piece in self._pieces(text):
            word, *rest = _KIND.split(piece, maxsplit=1)
            kind = self.by_word.get(fold(word))
            if kind is None:
                listed = "、".join(each.label for each in self.kinds.values())
                raise BadCell(
                    _("没有数据范围「%(what)s」。") % {"what": word[:40]}, _("可以写：%(all)s。") % {"all": listed}
                )
            values = self._values(kind, rest[0] if rest else "")
            found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *values)))
        return tuple(found.items())

    def _pieces(self, text: str) -> Iterable[str]:
        """Scopes are parted by |, and by semicolons as well where none of them is a filter, whose conditions have semicolons."""
        for piece in filter(None, map(str.strip, _SCOPES.split(text))):
            is_filter = self.by_word.get(fold(_KIND.split(piece, maxsplit=1)[0])) == Scope.FILTER
            yield from [piece] if is_filter else filter(None, map(str.strip, _FURTHER.split(piece)))

    def _values(self, kind: str, text: str) -> list:
        known = self.kinds[kind]
        if not known.needs_values:
            return []
        if not text.strip():
            raise BadCell(_("「%(kind)s」后面要写明是哪些，如 %(kind)s：甲、乙。") % {"kind": known.label})
        if known.read:
            try:
                return known.read(self.ledger, text)
            except BusinessError as refused:
                raise BadCell(f"{refused.message}{refused.remedy}") from refused
        return [self._one(kind, known.label, word.strip()) for word in _VALUES.split(text) if word.strip()]

    def _one(self, kind: str, label: str, word: str):
        if kind not in self._named:
            self._named[kind] = {}
            for each in self.words.choices(kind):
                self._named[kind].setdefault(fold(str(each.label)), set()).add(each.value)
            self._codes[kind] = _codes(kind, self.ledger)
        values = self._named[kind].get(fold(word), set())
        coded = self._codes[kind].get(fold(word))
        if coded is not None or len(values) == 1:
            return coded if coded is not None else next(iter(values))
        if values:
            raise BadCell(_("「%(kind)s」中有几个都叫「%(what)s」，请改写编码。") % {"kind": label, "what": word[:40]})
        raise BadCell(
            _("「%(kind)s」中没有「%(what)s」。") % {"kind": label, "what": word[:40]}, _("请核对名称或编码。")
        )

    def write(self, scopes: scoping.Scopes) -> str:
        """What ``read`` reads again; 无 for none."""
        return " | ".join(self._written(kind, values) for kind, values in scopes) or _("无")

    def _written(self, kind: str, values: Iterable) -> str:
        known = self.kinds.get(kind)
        if known is None or not known.needs_values:
            return str(Scope(kind).label)
        if known.write:
            return f"{known.label}：{known.write(self.ledger, values)}"
        codes = {value: code for code, value in _codes(kind, self.ledger, folded=False).items()}
        labels = {each.value: str(each.label) for each in self.words.choices(kind)}
        return f"{known.label}：{'、'.join(str(codes.get(each) or labels.get(each, each)) for each in values)}"


def _codes(kind: str, ledger: Ledger, *, folded: bool = True) -> dict:
    """Code → value, of the kinds whose values have codes."""
    rows = {
        Scope.DEPARTMENTS: lambda: Department.objects.values_list("code", "pk"),
        Scope.CATEGORIES: lambda: Category.objects.filter(ledger=ledger, merged_into=None).values_list("code", "pk"),
        Scope.SALES_REGIONS: lambda: SalesRegion.objects.filter(ledger=ledger).values_list("code", "pk"),
    }
    return {fold(code) if folded else code: pk for code, pk in rows[kind]()} if kind in rows else {}
