"""按条件筛选 as a data scope: the list's own filters, kept with a role.

What lives here: reading and writing the conditions as text, and their condition on customers. What does not: what a filter means (``listing``),
and when a role is saved (``ledgers.access``).

A scope keeps its conditions as "key=value", as the list has them in its address; people write and read "客户等级：A，B". Sensitive fields are
left out: whoever sees through such a scope would learn the value.
"""

from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.access.scoping import Kind
from ledgers.models import Ledger
from permissions.actor import Actor
from permissions.rights import Scope

from .. import listing
from ..fields import Catalogue, Field, Type
from ..forms.options import Options
from ..forms.wire import NO, YES
from ..listing import BLANK
from ..own import lists as own_lists
from ..rules import regions

MOST = 12  # conditions of one scope
ME = "me"
_EDGES = {"from": gettext_lazy("起"), "to": gettext_lazy("止")}
_NOBODY = Q(pk__in=[])


def condition(actor: Actor, values: Iterable[str], *, excluding: bool = False) -> Q:
    """The customers that meet all conditions; ``me`` is the actor. Whether he may read the fields himself is not asked.

    A condition that means nothing any more (its field is gone) errs on the closed side: nobody, or, of a scope that is taken away, what the
    other conditions name, everybody (an empty Q) when there is no other.
    """
    ledger = Ledger.objects.get(pk=actor.ledger_id)
    catalogue, judge = Catalogue.of(ledger), Actor.system(ledger.pk)
    filters = {key: str(actor.user_id) if value == ME else value for key, value in _given(values).items()}
    found, broken = [], not filters
    for key, value in filters.items():
        try:
            said = listing.filter_condition(catalogue, judge, key, value, filters) if _field(catalogue, key) else None
        except BusinessError:
            said = None
        if said is not None:
            found.append(said)
        broken = broken or (said is None and not _is_half(key, filters))
    if broken and not excluding:
        return _NOBODY
    return reduce(and_, found, Q())


def _is_half(key: str, filters: dict[str, str]) -> bool:
    """Whether another condition holds this one: the upper edge of a span whose lower edge is there."""
    name, _sign, edge = key.partition("__")
    return edge == "to" and f"{name}__from" in filters


def _given(values: Iterable[str]) -> dict[str, str]:
    return {key: value for key, _sign, value in (str(each).partition("=") for each in values) if key and value}


def _field(catalogue: Catalogue, key: str) -> Field | None:
    """The field of a condition, if a scope may be made of it."""
    field = catalogue.get(key.partition("__")[0])
    return field if field is not None and field.filterable and not field.sensitive else None


def fields_of(catalogue: Catalogue) -> list[Field]:
    """What a scope may be made of."""
    return [each for each in catalogue.fields if each.filterable and not each.sensitive]


# --- as text --------------------------------------------------------------------------------------------------------------


def read(ledger: Ledger, text: str) -> list[str]:
    """The conditions of a text, one a line or parted by semicolons: "省份：浙江省；客户等级：A，B".

    Raises BusinessError for a field that is not there, one that is sensitive, and a value that it cannot have.
    """
    catalogue = Catalogue.of(ledger)
    words = _Words(catalogue)
    lines = [line.strip() for line in text.replace("；", "\n").replace(";", "\n").splitlines() if line.strip()]
    if not lines:
        raise BusinessError(_("请写至少一个条件，例如“客户等级：A”。"), code="scope.filter_empty")
    if len(lines) > MOST:
        raise BusinessError(_("一个数据范围最多 %(most)s 个条件。") % {"most": MOST}, code="scope.filter_many")
    found = dict(words.read(line) for line in lines)
    for key, value in found.items():  # what the list would refuse is refused here
        checked = "1" if value == ME else value
        listing.filter_condition(catalogue, Actor.system(ledger.pk), key, checked, found)
    return [f"{key}={value}" for key, value in found.items()]


def write(ledger: Ledger, values: Iterable[str]) -> str:
    """The same conditions as people read them."""
    words = _Words(Catalogue.of(ledger))
    return "；".join(words.write(key, value) for key, value in _given(values).items())


class _Words:
    """Fields and values of one set by their names."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue, self.options = catalogue, Options(catalogue)
        self.fields = {str(each.label): each.key for each in fields_of(catalogue)}
        for each in fields_of(catalogue):
            if own_lists.is_ranged(each) if each.is_own else each.type == Type.DATE:
                self.fields |= {f"{each.label}{name}": f"{each.key}__{edge}" for edge, name in _EDGES.items()}

    def read(self, line: str) -> tuple[str, str]:
        label, _sign, value = line.replace("：", ":").replace("=", ":").partition(":")
        label, value = label.strip(), value.strip()
        key = self.fields.get(label)
        if key is None:
            field = next((each for each in self.catalogue.fields if str(each.label) == label), None)
            why = _("不能按敏感字段") if field and field.sensitive else _("没有可以筛选的字段")
            raise BusinessError(
                _("%(why)s「%(label)s」。") % {"why": why, "label": label},
                code="scope.filter_field",
                remedy=_("可用的字段：%(fields)s。") % {"fields": "、".join(list(self.fields)[:12])},
            )
        if not value:
            raise BusinessError(_("「%(label)s」没有写值。") % {"label": label}, code="scope.filter_value")
        field = _field(self.catalogue, key)
        if value == _("（未填写）"):
            return key, BLANK
        several = field.type in (Type.CHOICE, Type.MULTI_CHOICE)
        parts = value.replace("，", ",").split(",") if several else [value]
        return key, ",".join(self._value(field, part.strip()) for part in parts if part.strip())

    def _value(self, field: Field, text: str) -> str:
        if field.is_own and field.value_type.value == "boolean" and text in (_("是"), _("否")):
            return YES if text == _("是") else NO
        if field.key == "province":
            return regions.normal_province(text) or text
        named = self._named(field)
        if named is None:
            return text
        if field.type == Type.USER and text in (_("本人"), ME):
            return ME
        hits = [value for value, label in named if text in (value, label)]
        if len(hits) != 1:
            said = _("有几个「%(value)s」") if hits else _("没有「%(value)s」")
            raise BusinessError(
                f"{field.label}：{said % {'value': text}}。",
                code="scope.filter_value",
                remedy=_("请照列表筛选里的名称填写。"),
            )
        return hits[0]

    def _named(self, field: Field) -> list[tuple[str, str]] | None:
        """(value, label) of a field whose values are chosen."""
        chosen = (Type.CHOICE, Type.MULTI_CHOICE, Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION)
        if field.type not in chosen:
            return None
        old = [(str(value), str(label)) for value, label in field.old_choices]
        return [(value, label.strip("\u3000")) for value, label in [*self.options.of(field), *old]]

    def write(self, key: str, value: str) -> str:
        field = _field(self.catalogue, key)
        label = next((label for label, known in self.fields.items() if known == key), key)
        if field is None or value == BLANK:
            return f"{label}：{_('（未填写）') if field else value}"
        if value == ME:
            return f"{label}：{_('本人')}"
        if field.is_own and field.value_type.value == "boolean":
            return f"{label}：{_('是') if value == YES else _('否')}"
        names = dict(self._named(field) or ())
        several = field.type in (Type.CHOICE, Type.MULTI_CHOICE)
        return f"{label}：{'，'.join(names.get(one, one) for one in (value.split(',') if several else [value]))}"


KIND = Kind(
    Scope.FILTER, gettext_lazy("符合下面全部条件的客户，如“客户等级：A，B；省份：浙江省”"), read=read, write=write
)


def as_words(ledger: Ledger, values: Iterable[str]) -> list[str]:
    """For a document of the set: every condition by names, never by pk."""
    words = _Words(Catalogue.of(ledger))
    return [words.write(key, value) for key, value in _given(values).items()]


def of_words(ledger: Ledger, words: Iterable[str]) -> list[str]:
    return read(ledger, "\n".join(words))
