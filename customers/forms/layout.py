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


def blocks(catalogue: Catalogue, template: EntryTemplate | None, needed: Iterable[str] = ()) -> list[Block]:
    """The sections of the form. ``needed`` are keys that must be on it: a template that forgets one gets it at its end."""
    return _of_template(template, needed) if template is not None and template.sections else _of_groups(catalogue)


def _of_groups(catalogue: Catalogue) -> list[Block]:
    def keys(groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each.key for group in groups for each in catalogue.fields if each.group == group)

    found = [Block(id, str(label), keys(groups), parts) for id, label, groups, parts in SECTIONS]
    own = [group for group in catalogue.groups if group not in GROUP_LABELS]
    return found + [
        Block(f"own-{at}", str(catalogue.groups[group]), keys((group,)), is_own=True) for at, group in enumerate(own, 1)
    ]


def _of_template(template: EntryTemplate, needed: Iterable[str]) -> list[Block]:
    found = []
    for at, section in enumerate(template.sections, 1):
        listed = section.get("fields", [])
        keys = tuple(key for key in listed if key not in FORM_PARTS)
        parts = tuple(key for key in listed if key in FORM_PARTS)
        found.append(Block(f"part-{at}", str(section.get("label", "")), keys, parts))
    placed = {key for block in found for key in block.keys}
    missing = tuple(key for key in needed if key not in placed)
    return [*found, Block("needed", str(_("其他必填项")), missing)] if missing else found


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
