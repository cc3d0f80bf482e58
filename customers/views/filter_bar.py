"""The filters above the list: controls made from the catalogue, and the conditions that are set, as removable chips.

What lives here: what the page shows of a query. What does not: what a condition finds (``listing``).
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.crypto import EncryptedTextField
from permissions.actor import Actor

from .. import conditions, listing
from ..fields import Catalogue, Field, Type
from ..forms.options import Options, Pairs
from ..forms.wire import NO, YES
from ..listing import BLANK, ListQuery
from ..models import Customer
from ..own import lists as own_lists
from ..rules import regions

# In sight without opening anything; the other filterable fields stand behind 更多筛选.
QUICK = ("category", "grade", "status", "owner", "province")
# What the search box finds as well, and better: beginnings, parts, pinyin.
_BY_SEARCH = ("name", "short_name", "mnemonic_code")
ME = "me"

_SELECTED = mark_safe(" selected")
_EDGES = (("from", gettext_lazy("起")), ("to", gettext_lazy("止")))


@dataclass(frozen=True)
class Control:
    """One filter: a select when it has options, else a text or date input named ``f-<key>``."""

    key: str
    label: str
    value: str = ""
    options: Pairs = field(default_factory=list)
    type: str = "text"

    @property
    def name(self) -> str:
        return f"f-{self.key}"

    @property
    def options_html(self) -> SafeString:
        """The options written at one stroke: a set with two hundred fields of its own has thousands of them."""
        return format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((value, _SELECTED if value == self.value else "", label) for value, label in self.options),
        )


@dataclass(frozen=True)
class Chip:
    label: str
    value: str
    params: dict[str, str]  # of the list without this condition


@dataclass(frozen=True)
class FilterBar:
    quick: list[Control]
    more: list[Control]

    @property
    def more_set(self) -> int:
        """How many conditions are set out of sight."""
        return sum(bool(control.value) for control in self.more)


def bar(query: ListQuery, catalogue: Catalogue, actor: Actor) -> FilterBar:
    """The controls that this actor may filter by, holding the query's values."""
    options = Options(catalogue)
    usable = [
        each
        for each in catalogue.fields
        if each.key not in _BY_SEARCH and listing.filter_field(catalogue, actor, each.key) is not None
    ]
    quick = [each for key in QUICK for each in usable if each.key == key]
    more = [each for each in usable if each.key not in QUICK]
    found = FilterBar(*([one for each in part for one in _controls(each, query, options)] for part in (quick, more)))
    found.more.extend(
        Control(each.key, str(each.label), query.filters.get(each.key, ""), each.options(catalogue.ledger))
        for each in conditions.CONDITIONS.values()
        if each.may_be_used(actor)
    )
    return found


_REVIEWS: Pairs = [
    (listing.DUE, gettext_lazy("待复核（已到期）")),
    (listing.SOON, gettext_lazy("30 天内到期")),
    (BLANK, gettext_lazy("（未设置）")),
]


def _controls(each: Field, query: ListQuery, options: Options) -> list[Control]:
    if each.key == "next_review_on":
        return [Control(each.key, _("复核"), query.filters.get(each.key, ""), _REVIEWS)]
    if own_lists.is_ranged(each) if each.is_own else each.type == Type.DATE:
        kind = "date" if each.value_type == Type.DATE else "text"
        return [
            Control(key, f"{each.label}{edge_label}", query.filters.get(key, ""), type=kind)
            for edge, edge_label in _EDGES
            if (key := f"{each.key}__{edge}")
        ]
    return [Control(each.key, str(each.label), query.filters.get(each.key, ""), _options(each, options))]


def _options(each: Field, options: Options) -> Pairs:
    blank = [(BLANK, _("（未填写）"))] if _may_be_blank(each) else []
    if each.key == "province":
        return [*((name, name) for name in regions.provinces().values()), *blank]
    if each.is_own and each.value_type == Type.BOOLEAN:
        return [(YES, _("是")), (NO, _("否")), *blank]
    if each.type == Type.USER:
        return [(ME, _("我的")), *options.of(each), *blank]
    if each.type in (Type.CHOICE, Type.MULTI_CHOICE, Type.CATEGORY, Type.DEPARTMENT, Type.SALES_REGION):
        old = [(str(value), str(label)) for value, label in each.old_choices]
        return [*options.of(each), *old, *blank]
    return []


def _may_be_blank(each: Field) -> bool:
    if each.is_own:
        return True
    column = Customer._meta.get_field(each.column.removesuffix("_id"))
    return column.blank and not isinstance(column, EncryptedTextField)


def chips(query: ListQuery, catalogue: Catalogue, actor: Actor, presenter: Any) -> list[Chip]:
    """The conditions of the query that have an effect, each with the query that is left without it."""
    found = []
    for key, value in query.filters.items():
        each = listing.filter_field(catalogue, actor, key)
        derived = conditions.get(key)
        if each is not None:
            label, text = _chip_label(each, key), _chip_value(each, value, presenter)
        elif derived is not None and derived.may_be_used(actor):
            label, text = str(derived.label), derived.text(catalogue.ledger, value)
        else:
            continue
        rest = {other: kept for other, kept in query.filters.items() if other != key}
        without = ListQuery(text=query.text, filters=rest, order=query.order, size=query.size)
        found.append(Chip(label, text, listing.url_params(without, catalogue, actor)))
    return found


def _chip_label(each: Field, key: str) -> str:
    return f"{each.label}{dict(_EDGES).get(key.partition('__')[2], '')}"


def _chip_value(each: Field, value: str, presenter: Any) -> str:
    if value == BLANK:
        return _("（未填写）")
    if value == ME:
        return _("我的")
    if each.key == "next_review_on" and value in dict(_REVIEWS):
        return str(dict(_REVIEWS)[value])
    if each.is_own and each.value_type == Type.BOOLEAN:
        return {YES: _("是"), NO: _("否")}.get(value, value)
    if each.type in (Type.CHOICE, Type.MULTI_CHOICE):
        several = each.type == Type.MULTI_CHOICE
        return "、".join(presenter.text(each, [one] if several else one) for one in value.split(","))
    if each.type == Type.CUSTOMER and value.isdecimal():
        return presenter.text(each, int(value))
    if each.type in (Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION):
        return presenter.text(each, int(value) if value.isdecimal() else 0)
    return value
