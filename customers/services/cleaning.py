"""Raw values to clean ones: field by field, the same at every door.

What lives here: dispatch by field type, look-ups of names (category, person, department, tag) and the length check. What does
not: a set's own fields (``own_cleaning``), the judgement of an identifier (``customers.rules``) and how a spreadsheet cell becomes
a raw value (``imports.columns``).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.everybody import people_of
from permissions.models import Department

from ..fields import Catalogue, Field, Type
from ..models import SalesRegion, Tag
from ..own.cleaning import OwnCleaner
from ..rules import amounts, choices, dates, industries
from ..rules.text import clean_lines, clean_text, fold, has_forbidden
from .categories import Names
from .edits import Problem

Clean = tuple[Any, Problem | None]


class Cleaner:
    """Cleans values for one set; loads each look-up table once, when the first value asks for it.

    ``by`` is whoever writes: only customers that he sees and files of his own can be referred to.
    """

    def __init__(self, catalogue: Catalogue, by: Actor | None = None):
        self.catalogue = catalogue
        self.own = OwnCleaner(catalogue, by)
        self.ledger = catalogue.ledger
        self._lookups: dict[str, dict[str, int]] = {}
        self._by_key: dict[str, Callable[[Any], Clean]] = {}

    def clean(self, field: Field, raw: Any, kind: str = "") -> Clean:
        """(clean value, problem): blank becomes "" for text and None for the rest; a bad value comes back as it was.

        ``kind`` is that of the customer: some fields are judged by it.
        """
        key = f"{field.key} {kind}" if field.checks_by_kind else field.key
        cleaner = self._by_key.get(key)
        if cleaner is None:
            own = dict(field.checks_by_kind).get(kind)
            cleaner = self._by_key[key] = self._cleaner(replace(field, check=own) if own else field)
        return cleaner(raw)

    def _cleaner(self, field: Field) -> Callable[[Any], Clean]:
        if field.is_own:
            return self.own.cleaner(field)
        by_type = {
            Type.TEXT: _text,
            Type.LONG_TEXT: _long_text,
            Type.INTEGER: _integer,
            Type.MONEY: _money,
            Type.DECIMAL: _decimal,
            Type.DATE: _date,
            Type.BOOLEAN: _boolean,
        }
        if field.type in by_type:
            function = by_type[field.type]
            return lambda raw: function(field, raw)
        if field.type == Type.CHOICE:
            known = {fold(str(text)): value for value, label in field.choices for text in (label, value)}
            if field.key == "industry":
                return lambda raw: _choice(field, known, industries.industry_code(_as_text(raw)) or raw)
            return lambda raw: _choice(field, known, raw)
        if field.type == Type.TAGS:
            return lambda raw: self._tags(field, raw)
        if field.type == Type.CATEGORY:
            return lambda raw: self._category(field, raw)
        return lambda raw: self._lookup(field, raw)

    def _table(self, type: Type) -> dict[str, int]:
        """Folded name or code → pk of the rows that may be chosen in this set; a pk itself is no key."""
        if type not in self._lookups:
            loader = {
                Type.SALES_REGION: lambda: SalesRegion.objects.filter(ledger=self.ledger, is_active=True).values_list(
                    "pk", "code", "name"
                ),
                Type.USER: lambda: (
                    people_of(self.ledger.pk).filter(is_active=True).values_list("pk", "username", "display_name")
                ),
                Type.DEPARTMENT: lambda: Department.objects.filter(is_active=True).values_list("pk", "code", "name"),
                # The name of a tag that was merged means the one that took it in.
                Type.TAGS: lambda: [(self._tag_pks[tag.pk], tag.name, tag.name) for tag in self._tag_rows],
            }[type]
            found: dict[str, int] = {}
            for pk, code, name in loader():
                found.setdefault(fold(code), pk)
                if name:
                    found.setdefault(fold(name), pk)
            self._lookups[type] = found
        return self._lookups[type]

    def _lookup(self, field: Field, raw: Any) -> Clean:
        if _blank(raw):
            return None, None
        if isinstance(raw, int) and not isinstance(raw, bool) and raw in self._table(field.type).values():
            return raw, None
        pk = self._table(field.type).get(fold(str(raw)))
        if pk is None:
            return raw, Problem(
                field.key,
                f"{field.key}.unknown",
                _("%(label)s「%(value)s」在本账套中不存在或已停用。") % {"label": field.label, "value": str(raw)[:60]},
                suggestion=_("请改为已有的名称或编码，或先在设置中新增。"),
                value=str(raw)[:120],
            )
        return pk, None

    @cached_property
    def _categories(self) -> Names:
        return Names(self.ledger)

    def _category(self, field: Field, raw: Any) -> Clean:
        """A category by pk, code, name, path or former code; what is ambiguous is refused with the candidates."""
        if _blank(raw):
            return None, None
        if isinstance(raw, int) and not isinstance(raw, bool) and self._categories.may_be_given(raw):
            return raw, None
        meant = self._categories.find(str(raw))
        if meant.pk is not None:
            doubt = Problem(field.key, "category.former", meant.note, "warning", value=str(raw)[:120])
            return meant.pk, doubt if meant.note else None
        unknown = _("%(label)s「%(value)s」在本账套中不存在或已停用。")
        return raw, Problem(
            field.key,
            "category.ambiguous" if meant.fault else "category.unknown",
            meant.fault or unknown % {"label": field.label, "value": str(raw)[:60]},
            suggestion="" if meant.fault else _("请改为已有的名称或编码，或先在设置中新增。"),
            value=str(raw)[:120],
        )

    @cached_property
    def _tag_rows(self) -> list[Tag]:
        return list(Tag.objects.filter(ledger=self.ledger))

    @cached_property
    def _tag_pks(self) -> dict[int, int]:
        return {tag.pk: tag.merged_into_id or tag.pk for tag in self._tag_rows}

    def _tags(self, field: Field, raw: Any) -> Clean:
        names = (
            raw if isinstance(raw, list | tuple) else str(raw or "").replace("，", ",").replace("、", ",").split(",")
        )
        chosen, unknown = [], []
        for name in names:
            if _blank(name):
                continue
            pk = self._tag_pks.get(name) if isinstance(name, int) else self._table(Type.TAGS).get(fold(str(name)))
            (chosen.append(pk) if pk else unknown.append(str(name).strip()))
        if unknown:
            return raw, Problem(
                field.key,
                "tags.unknown",
                _("标签「%(value)s」不存在。") % {"value": "、".join(unknown)[:60]},
                suggestion=_("请先在设置中新增该标签。"),
                value=str(raw)[:120],
            )
        return list(dict.fromkeys(chosen)), None


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, Decimal):
        return format(raw, "f")
    return str(raw)


def _too_long(field: Field, text: str) -> Problem:
    return Problem(
        field.key,
        "text.too_long",
        _("%(label)s超过 %(limit)s 个字符（现有 %(length)s 个）。")
        % {"label": field.label, "limit": field.max_length, "length": len(text)},
        suggestion=_("请缩短内容。"),
        value=text[:120],
    )


def _text(field: Field, raw: Any) -> Clean:
    text = clean_text(_as_text(raw))
    if not text:
        return "", None
    if has_forbidden(text):
        return text, Problem(field.key, "text.forbidden", _("含有无法保存的字符。"), value=repr(text)[:120])
    if field.max_length and len(text) > field.max_length:
        return text, _too_long(field, text)
    if field.check is None:
        return text, None
    return _checked(field, text, field.check(text))


def _long_text(field: Field, raw: Any) -> Clean:
    text = clean_lines(_as_text(raw))
    if has_forbidden(text):
        return text, Problem(field.key, "text.forbidden", _("含有无法保存的字符。"), value=repr(text)[:120])
    if field.max_length and len(text) > field.max_length:
        return text, _too_long(field, text)
    return text, None


def _checked(field: Field, raw: Any, checked) -> Clean:
    if checked.problem is None:
        return checked.value, None
    found = checked.problem
    problem = Problem(
        field.key, found.code, str(found.message), found.severity, str(found.suggestion or ""), str(raw)[:120]
    )
    return (raw if found.severity == "error" else checked.value), problem


def _integer(field: Field, raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw, None
    return _checked(field, raw, amounts.integer(_as_text(raw)))


def _money(field: Field, raw: Any) -> Clean:
    """Money is a Decimal; a currency written with it ("100(万美元)") rides along as its ``currency``."""
    if _blank(raw):
        return None, None
    if isinstance(raw, Decimal):
        return raw, None
    return _checked(field, raw, amounts.money(_as_text(raw)))


def _decimal(field: Field, raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    if isinstance(raw, Decimal):
        return raw, None
    return _checked(field, raw, field.check(_as_text(raw)))


def _date(field: Field, raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    if isinstance(raw, datetime):
        return raw.date(), None
    if isinstance(raw, date):
        return raw, None
    return _checked(field, raw, dates.date(raw if isinstance(raw, str) else _as_text(raw)))


def _boolean(field: Field, raw: Any) -> Clean:
    if isinstance(raw, bool):
        return raw, None
    if _blank(raw):
        return False, None
    return _checked(field, raw, choices.boolean(_as_text(raw)))


def _choice(field: Field, known: dict[str, str], raw: Any) -> Clean:
    if _blank(raw):
        return "", None
    value = known.get(fold(_as_text(raw)))
    if value is None:
        options = "、".join(str(label) for _value, label in field.choices[:12])
        return raw, Problem(
            field.key,
            f"{field.key}.unknown",
            _("%(label)s「%(value)s」不在可选范围内。") % {"label": field.label, "value": str(raw)[:60]},
            suggestion=_("可选：%(options)s") % {"options": options},
            value=str(raw)[:120],
        )
    return value, None
