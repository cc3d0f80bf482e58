"""Customers that share an identifying value or are like what is typed, as one actor may know of them.

What lives here: hits (``exact``) and likenesses (``finding``) turned into customers he sees and a count of those he does not; who else has a
telephone number. What does not: finding them, and what a door makes of a hit (``customers.services.pipeline``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from permissions.actor import Actor

from ..models import Customer
from ..rules import identifiers, names
from ..rules.text import fold
from ..services.edits import Edit, Hit
from . import exact, finding, profiles, wording

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
TOLD = 0.1  # from which probability on somebody who types is told: he has said little yet, and only looks


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
    return _told(_labels(hits), actor)


def of_values(actor: Actor, *, name: str = "", uscc: str = "", phone: str = "") -> Similars:
    """Who in the actor's set has this name, credit code or telephone, or is like enough to be told of; likeliest first."""
    row = {"name_key": names.name_key(name), "uscc": identifiers.uscc(uscc).value}
    checked = identifiers.phone(phone)
    number = checked.value if checked.value and checked.problem is None else ""
    edit = Edit()
    edit.keys = exact.keys_of(actor.ledger_id, row, {"contacts": [{"mobile": number}]} if number else {})
    exact.find_hits([edit])
    found = _labels(edit.hits)
    if len(fold(name)) > 1:
        record = profiles.Record(name, code=row["uscc"], phones=[number] if number else ())
        for like in finding.similar(actor.ledger_id, record, least=TOLD, most=SHOWN):
            # A reason may tell of a field only to who reads it.
            reasons = [
                str(why.text) for why in like.reasons if why.direction == wording.FOR and actor.may_read(why.field)
            ]
            found.setdefault(like.customer_id, reasons)
    return _told(found, actor)


def _labels(hits: Iterable[Hit]) -> dict[int, list[str]]:
    kinds: dict[int, dict[str, None]] = {}
    for hit in hits:
        if hit.customer_id:
            kinds.setdefault(hit.customer_id, {})[hit.kind] = None
    return {pk: [str(KIND_LABELS.get(kind, kind)) for kind in mine] for pk, mine in kinds.items()}


def _told(reasons: dict[int, list[str]], actor: Actor) -> Similars:
    if not reasons:
        return Similars()
    order = {pk: at for at, pk in enumerate(reasons)}
    mine = Customer.objects.visible_to(actor).filter(pk__in=order)
    seen = sorted(mine.values_list("pk", flat=True), key=order.__getitem__)
    rows = mine.select_related("ledger").in_bulk(seen[:SHOWN])
    visible = [Similar(Known.of(rows[pk], actor), reasons[pk]) for pk in seen[:SHOWN] if pk in rows]
    return Similars(visible, len(reasons) - len(seen))


def by_phone(actor: Actor, phones: Iterable[str], *, besides: int) -> dict[str, list[Known]]:
    """telephone → other customers with the same one that the actor sees, for telephones that he may read; two queries."""
    keys = {exact.key_of(actor.ledger_id, "phone", phone): phone for phone in phones if phone}
    held = exact.holders(keys)
    ids = {pk for pks in held.values() for pk in pks} - {besides}
    if not ids:
        return {}
    rows = Customer.objects.visible_to(actor).filter(pk__in=ids).select_related("ledger").in_bulk()
    known = {pk: Known.of(row, actor) for pk, row in rows.items()}
    return {keys[key]: [known[pk] for pk in pks if pk in known] for key, pks in held.items()}
