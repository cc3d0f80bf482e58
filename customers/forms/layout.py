"""Which fields stand where on the form: the catalogue's groups, or the sections of an entry template.

What lives here: the order of the page, and which templates fit an actor and a customer. What does not: controls (``controls``) and
what a template makes required or fills in (``rulebook.book``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from permissions.actor import Actor
from permissions.models import Membership

from ..fields import GROUP_LABELS, PART_LABELS, Catalogue, Group
from ..models import Customer, EntryTemplate

# (id, heading, groups of the catalogue, parts): the order in which a clerk has the papers before him.
SECTIONS: tuple[tuple[str, str | Promise, tuple[str, ...], tuple[str, ...]], ...] = (
    ("basic", GROUP_LABELS[Group.BASIC], (Group.BASIC,), ()),
    ("contact", GROUP_LABELS[Group.CONTACT], (Group.CONTACT,), ("contacts",)),
    ("place", GROUP_LABELS[Group.PLACE], (Group.PLACE,), ("addresses",)),
    ("identity", GROUP_LABELS[Group.IDENTITY], (Group.IDENTITY,), ("former_names", "licences")),
    ("invoice", GROUP_LABELS[Group.INVOICE], (Group.INVOICE,), ("bank_accounts", "invoice_profiles")),
    ("terms", _("信用与归属"), (Group.CREDIT, Group.OWNERSHIP, Group.SYSTEM), ()),
)
# Parts whose rows the form holds, under the names by which a template's section lists them.
FORM_PARTS = ("contacts", "addresses", "bank_accounts", "invoice_profiles", "licences", "former_names")
# Where a section's heading already says the part's own name.
PART_HEADINGS: dict[str, str | Promise] = {
    **{part: PART_LABELS[part] for part in FORM_PARTS},
    "addresses": _("收货与开票地址"),
}
ALL_FIELDS = "-"  # what is remembered of somebody who wants no template


@dataclass(frozen=True)
class Block:
    """A section before it has controls: keys of fields in order, and names of parts."""

    id: str
    label: str
    keys: tuple[str, ...]
    parts: tuple[str, ...] = ()
    is_own: bool = field(default=False)  # a group of the set's own: it may be folded
    is_rest: bool = field(default=False)  # what a template left out although it is, or may become, required


def blocks(catalogue: Catalogue, template: EntryTemplate | None, needed: Iterable[str] = ()) -> list[Block]:
    """The sections of the form. ``needed`` are keys that must be on it: a template that leaves one out gets it at its end."""
    if template is None or not template.sections:
        return _of_groups(catalogue)
    return _of_template(catalogue, template, frozenset(needed))


def _of_groups(catalogue: Catalogue) -> list[Block]:
    def keys(groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each.key for group in groups for each in catalogue.fields if each.group == group)

    found = [Block(id, str(label), keys(groups), parts) for id, label, groups, parts in SECTIONS]
    own = [group for group in catalogue.groups if group not in GROUP_LABELS]
    return found + [
        Block(f"own-{at}", str(catalogue.groups[group]), keys((group,)), is_own=True) for at, group in enumerate(own, 1)
    ]


def _of_template(catalogue: Catalogue, template: EntryTemplate, needed: frozenset[str]) -> list[Block]:
    placed: set[str] = set()
    found = []
    for at, section in enumerate(template.sections, 1):
        keys, parts = _places(catalogue, section.get("fields", ()), placed)
        found.append(Block(f"part-{at}", str(section.get("label", "")), keys, parts))
    keys, parts = _places(catalogue, (each.key for each in catalogue.fields if each.key in needed), placed)
    return [*found, Block("needed", str(_("其他必填项")), keys, parts, is_rest=True)] if keys or parts else found


def _places(catalogue: Catalogue, listed: Iterable[str], placed: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(keys of fields, names of parts) of what is listed and not ``placed`` yet. A flat key (手机) brings the rows of its part."""
    keys, parts = [], []
    for key in listed:
        described = catalogue.get(key)
        place = described.part if described is not None and described.part else key
        if place not in placed:
            placed.add(place)
            (parts if place in FORM_PARTS else keys).append(place)
    return tuple(keys), tuple(parts)


def is_place(catalogue: Catalogue, key: str) -> bool:
    """Whether a template's section may list the key: a field, or the rows of a part."""
    return key in FORM_PARTS or catalogue.get(key) is not None


# --- which template -----------------------------------------------------------------------------------------------------


def fitting(actor: Actor, customer: Customer | None = None) -> list[EntryTemplate]:
    """The active templates for this actor, and for the kind of a customer who is there already; two queries."""
    templates = EntryTemplate.objects.filter(ledger_id=actor.ledger_id, is_active=True)
    found = [each for each in templates if customer is None or not each.kinds or customer.kind in each.kinds]
    if any(each.roles for each in found):
        roles = _roles_of(actor)
        found = [each for each in found if not each.roles or roles & set(each.roles)]
    return found


def _roles_of(actor: Actor) -> set[str]:
    memberships = Membership.objects.in_force().filter(user=actor.user_id, ledger_id=actor.ledger_id)
    return set(memberships.values_list("role__code", flat=True))


def chosen(templates: list[EntryTemplate], *wishes: str, kind: str = "") -> EntryTemplate | None:
    """The template that the first wish naming one of them means; without a wish the first that suits, or None for all fields.

    ``kind`` is that of a customer who is there already: a template for his kind comes before one for every kind.
    """
    by_code = {each.code: each for each in templates}
    for wish in wishes:
        if wish == ALL_FIELDS:
            return None
        if wish in by_code:
            return by_code[wish]
    for_kind = (each for each in templates if kind and kind in each.kinds)
    for_all = (each for each in templates if not each.kinds)
    return next(for_kind, None) or next(for_all, None)
