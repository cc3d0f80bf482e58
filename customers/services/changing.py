"""Whether somebody may change a customer that he sees: what is shared for viewing only stays as it is.

What lives here: the rule for one customer and for many, and its words. What does not: which rows those are (``querysets``), the right to edit
as such (``permissions.actor``).
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from erp_site.shared.errors import NotAllowed
from permissions.actor import Actor

from ..models import Customer
from ..querysets import reach_of

CODE = "customer.view_only"


def view_only(ids: Iterable[int | None], by: Actor) -> set[int]:
    """Of these customers those that the actor sees but may not change; three queries at most, one for nearly everybody."""
    if by.is_system:
        return set()
    reach = reach_of(by)
    if not by.delegations and not any(source.share for source in reach.sources):
        return set()
    seen = set(Customer.objects.visible_to(by, reach).filter(pk__in=set(ids)).values_list("pk", flat=True))
    return seen - set(Customer.objects.changeable_by(by).filter(pk__in=seen).values_list("pk", flat=True))


def is_view_only(customer: Customer, by: Actor) -> bool:
    """The same of one customer, asked once for a row that was fetched for this actor."""
    known = customer.__dict__.setdefault("_view_only", {})
    if id(by) not in known:
        known[id(by)] = customer.pk in view_only([customer.pk], by)
    return known[id(by)]


def require_change(customer: Customer, by: Actor) -> None:
    """Raise NotAllowed for a customer that is only to be looked at."""
    if is_view_only(customer, by):
        raise refusal()


def refusal() -> NotAllowed:
    return NotAllowed(words(), code=CODE, rule=rule(), remedy=_("请负责人把共享改为“查看和编辑”。"))


def words() -> str:
    return _("这位客户只供您查看，不能修改。")


def rule() -> str:
    return _("共享或代理只给了查看")
