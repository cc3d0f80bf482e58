"""Customers that share an identifying value, as one actor may know of them.

What lives here: hits (``matching``) turned into customers he sees and a count of those he does not; who else has a telephone number.
What does not: finding by likeness, and what a door makes of a hit (``pipeline``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from permissions.actor import Actor

from ..models import Customer
from ..rules import identifiers, names
from . import matching
from .edits import Edit, Hit

KIND_LABELS: dict[str, str | Promise] = {
    "name": _("名称相同"),
    "tax": _("税号相同"),
    "phone": _("电话相同"),
    "email": _("邮箱相同"),
    "bank": _("银行账号相同"),
    "id": _("证件号码相同"),
    "number": _("编号相同"),
}
SHOWN = 8


@dataclass(frozen=True)
class Known:
    """Another customer, called as this actor may read him."""

    url: str
    number: str
    name: str

    @classmethod
    def of(cls, customer: Customer, actor: Actor) -> "Known":
        number, name = actor.shown("number", customer.number), actor.shown("name", customer.name)
        return cls(customer.get_absolute_url(), number or "", name or "")


@dataclass(frozen=True)
class Similar:
    known: Known
    shared: list[str]


@dataclass(frozen=True)
class Similars:
    """``visible``: what may be shown; ``hidden``: how many more there are that this actor may not see."""

    visible: list[Similar] = field(default_factory=list)
    hidden: int = 0

    def __bool__(self) -> bool:
        return bool(self.visible or self.hidden)


def of_hits(hits: Iterable[Hit], actor: Actor) -> Similars:
    """The customers behind the hits of an edit; two queries."""
    kinds: dict[int, list[str]] = {}
    for hit in hits:
        if hit.customer_id and hit.kind not in kinds.setdefault(hit.customer_id, []):
            kinds[hit.customer_id].append(hit.kind)
    if not kinds:
        return Similars()
    seen = Customer.objects.visible_to(actor).filter(pk__in=kinds).select_related("ledger").order_by("pk")[:SHOWN]
    visible = [
        Similar(Known.of(row, actor), [str(KIND_LABELS.get(kind, kind)) for kind in kinds[row.pk]]) for row in seen
    ]
    hidden = len(kinds) - Customer.objects.visible_to(actor).filter(pk__in=kinds).count()
    return Similars(visible, hidden)


def of_values(actor: Actor, *, name: str = "", uscc: str = "", phone: str = "") -> Similars:
    """Who in the actor's set has exactly this name, credit code or telephone; half-typed values find nobody."""
    row = {"name_key": names.name_key(name), "uscc": identifiers.uscc(uscc).value}
    checked = identifiers.phone(phone)
    parts = {"contacts": [{"mobile": checked.value}]} if checked.value and checked.problem is None else {}
    edit = Edit()
    edit.keys = matching.keys_of(actor.ledger_id, row, parts)
    matching.find_hits([edit])
    return of_hits(edit.hits, actor)


def by_phone(actor: Actor, phones: Iterable[str], *, besides: int) -> dict[str, list[Known]]:
    """telephone → other customers with the same one that the actor sees, for telephones that he may read; two queries."""
    keys = {matching.key_of(actor.ledger_id, "phone", phone): phone for phone in phones if phone}
    held = matching.holders(keys)
    ids = {pk for pks in held.values() for pk in pks} - {besides}
    if not ids:
        return {}
    rows = Customer.objects.visible_to(actor).filter(pk__in=ids).select_related("ledger").in_bulk()
    known = {pk: Known.of(row, actor) for pk, row in rows.items()}
    return {keys[key]: [known[pk] for pk in pks if pk in known] for key, pks in held.items()}
