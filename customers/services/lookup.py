"""Which customer a number means: its present bearer before a former one, a former one before another system's.

What lives here: reading by number. What does not: giving numbers (``numbering``) and searching by words (``listing``).
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from permissions.actor import Actor

from ..models import Customer, ForeignNumber, NumberAlias
from .numbering import number_key


@dataclass(frozen=True)
class Found:
    """A customer and as what the number led to him."""

    customer: Customer
    how: str


def by_number(number: str, actor: Actor) -> list[Found]:
    """The visible customers of the first kind that knows the number, ten at most; nobody for who may not read numbers."""
    if not actor.may_read("number"):
        return []
    key = number_key(number)
    visible = Customer.objects.visible_to(actor).select_related("ledger").order_by("pk")
    live = [Found(customer, _("现用编号")) for customer in visible.filter(number_key=key)[:10]]
    if live:
        return live
    aliases = NumberAlias.objects.filter(ledger_id=actor.ledger_id, number_key=key, customer__isnull=False)
    kinds = {alias.customer_id: alias.get_kind_display() for alias in aliases}
    if kinds:
        former = [Found(customer, kinds[customer.pk]) for customer in visible.filter(pk__in=kinds)[:10]]
        if former:
            return former
    if not actor.may_read("foreign_numbers.number"):
        return []
    foreign = ForeignNumber.objects.filter(ledger_id=actor.ledger_id, number_key=key)
    systems = dict(foreign.values_list("customer_id", "system")[:50])
    labels = {pk: _("%(system)s 编号") % {"system": system} for pk, system in systems.items()}
    return [Found(customer, labels[customer.pk]) for customer in visible.filter(pk__in=labels)[:10]]
