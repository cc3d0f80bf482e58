"""What a category means for its customers: its place in the tree, what it says together with the categories above it, and which
category somebody means by a word.

What lives here: reading the whole tree of a set with one query, inheritance down it, and finding a category by code, former code,
name or path. What does not: changing the tree (``customers.categorising``), and where what is inherited acts (``rulebook``,
``numbering``, ``pipeline``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ..models import Category
from ..rules.text import fold


@dataclass(frozen=True)
class CategoryDefaults:
    """What a customer of a category begins with or must have; ``origins`` tells which category said each thing.

    ``required_fields`` adds up down the tree; of everything else the nearest category that says something wins, key by key.
    ``review_months``: None nobody says, 0 expressly never. Keys of ``origins``: ``numbering_rule``, ``review_months``,
    ``required:<field>``, ``default:<field>``.
    """

    numbering_rule_id: int | None = None
    required_fields: tuple[str, ...] = ()
    review_months: int | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, int] = field(default_factory=dict)


def lineage(ledger) -> dict[int, list[int]]:
    """category id → [itself, its parent, …, the top one] for every category of the set; one query."""
    return lines_of(dict(Category.objects.filter(ledger=ledger).values_list("pk", "parent_id")))


def inherited(ledger) -> dict[int, CategoryDefaults]:
    """category id → what it says together with the categories above it, for every category of the set; one query."""
    rows = {category.pk: category for category in Category.objects.filter(ledger=ledger)}
    lines = lines_of({pk: category.parent_id for pk, category in rows.items()})
    return {pk: combined(rows[each] for each in line) for pk, line in lines.items()}


def combined(line: Iterable[Category]) -> CategoryDefaults:
    """What the first category of ``line`` says together with those after it (its parent, and so on up)."""
    rule, months, required, defaults, origins = None, None, [], {}, {}
    for category in line:
        if rule is None and category.numbering_rule_id:
            rule, origins["numbering_rule"] = category.numbering_rule_id, category.pk
        if months is None and category.review_months is not None:
            months, origins["review_months"] = category.review_months, category.pk
        for key in category.required_fields:
            if key not in required:
                required.append(key)
                origins[f"required:{key}"] = category.pk
        for key, value in category.defaults.items():
            if key not in defaults:
                defaults[key] = value
                origins[f"default:{key}"] = category.pk
    return CategoryDefaults(rule, tuple(required), months, defaults, origins)


def lines_of(parents: dict[int, int | None]) -> dict[int, list[int]]:
    """row → [itself, its parent, …, the top one], from row → parent.

    A row whose parents run in a circle (which only a hand in the database can make) ends its line where it would turn."""
    lines: dict[int, list[int]] = {}
    for pk in parents:
        line, node, seen = [], pk, set()
        while node is not None and node in parents and node not in seen:
            if node in lines:
                line += [each for each in lines[node] if each not in seen]
                break
            seen.add(node)
            line.append(node)
            node = parents[node]
        lines[pk] = line
    return lines


# --- by what somebody calls it -------------------------------------------------------------------------------------------

PATH_SIGNS = ("/", "／", ">", "\\")  # 华东/重点客户


@dataclass(frozen=True)
class Meant:
    """The category that a text means: ``pk``, or None with a ``fault`` in words; ``note`` is a doubt that does not stop."""

    pk: int | None = None
    fault: str = ""
    note: str = ""


class Names:
    """The categories of a set by code, by name, by path and by the codes that they had before; one query.

    Present codes come first. A name or a former code that two categories bear means neither: both are named.
    """

    def __init__(self, ledger):
        rows = {category.pk: category for category in Category.objects.filter(ledger=ledger)}
        lines = lines_of({pk: category.parent_id for pk, category in rows.items()})
        self.paths = {pk: "/".join(rows[each].name for each in reversed(line)) for pk, line in lines.items()}
        self._rows = rows
        self._codes = {fold(category.code): pk for pk, category in rows.items()}
        self._names: dict[str, list[int]] = {}
        self._former: dict[str, list[int]] = {}
        for pk, category in rows.items():
            for text in {fold(category.name), fold(self.paths[pk])}:
                self._names.setdefault(text, []).append(pk)
            for code in category.former_codes:
                self._former.setdefault(fold(code), []).append(pk)

    def find(self, text: str) -> Meant:
        """What the text means among the categories that a customer may be given now."""
        key = fold(text)
        for sign in PATH_SIGNS:
            key = key.replace(sign, "/")
        by_code = self._codes.get(key)
        if by_code is not None:
            return self._open(by_code, self._doubt(key, text, by_code))
        named = self._living(self._names.get(key, ()))
        former = self._living(self._former.get(key, ()))
        for found, what in ((named, _("分类名称")), (former, _("曾用的分类编码"))):
            if len(found) > 1:
                both = "、".join(f"{self.paths[pk]}（{self._rows[pk].code}）" for pk in found)
                about = {"what": what, "text": text, "both": both}
                return Meant(fault=_("%(what)s「%(text)s」对应多个分类：%(both)s。请写现在的编码。") % about)
            if found:
                return Meant(found[0])
        gone = next(iter(self._names.get(key, self._former.get(key, ()))), None)
        return self._open(gone) if gone else Meant()

    def may_be_given(self, pk: int) -> bool:
        return pk in self._rows and self._rows[pk].is_active

    def _living(self, pks: Iterable[int]) -> list[int]:
        """Active ones only, each once; a category that was merged stands for the one that took it in."""
        ends = dict.fromkeys(self._end(pk) for pk in pks)
        return [pk for pk in ends if self._rows[pk].is_active]

    def _end(self, pk: int) -> int:
        seen = set()
        while (target := self._rows[pk].merged_into_id) and target in self._rows and pk not in seen:
            seen.add(pk)
            pk = target
        return pk

    def _open(self, pk: int, note: str = "") -> Meant:
        end = self._end(pk)
        if self._rows[end].is_active:
            return Meant(end, note=note)
        return Meant(fault=_("分类「%(name)s」已停用，不能再选。") % {"name": self.paths[end]})

    def _doubt(self, key: str, text: str, now: int) -> str:
        others = [pk for pk in self._living(self._former.get(key, ())) if pk != self._end(now)]
        if not others:
            return ""
        about = {"code": text, "now": self.paths[now], "before": "、".join(self.paths[pk] for pk in others)}
        return _("编码 %(code)s 现在是「%(now)s」，以前是「%(before)s」；已按现在的编码处理。") % about
