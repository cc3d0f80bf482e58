"""停用 and 恢复: a customer leaves daily use and comes back, with all that is known of him.

What lives here: the two verbs and whether somebody may use them. What does not: archiving and deleting. The state is read-only in the
catalogue, so no form, import or API changes it by the way.
"""

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..models import ChangeBatch, Customer
from . import writing
from .changing import is_view_only
from .edits import Edit

State = Customer.State


def can_deactivate(customer: Customer, by: Actor) -> bool:
    return customer.state == State.ACTIVE and by.can(Right.DELETE) and not is_view_only(customer, by)


def can_reactivate(customer: Customer, by: Actor) -> bool:
    return customer.state == State.INACTIVE and by.can(Right.DELETE) and not is_view_only(customer, by)


def deactivate(customer: Customer, *, by: Actor, reason: str) -> None:
    """停用: raises NotAllowed without the right, BusinessError without a reason or from another state."""
    if not reason.strip():
        raise BusinessError(_("请说明停用原因。"), code="customer.reason_missing", field="reason")
    _move(customer, State.ACTIVE, State.INACTIVE, by=by, reason=reason)


def reactivate(customer: Customer, *, by: Actor, reason: str = "") -> None:
    """恢复: raises NotAllowed without the right, BusinessError from another state."""
    _move(customer, State.INACTIVE, State.ACTIVE, by=by, reason=reason)


def _move(customer: Customer, origin: State, target: State, *, by: Actor, reason: str) -> None:
    by.require(Right.DELETE)
    if customer.state != origin:
        raise BusinessError(
            _("该客户当前是%(state)s状态，不能改为%(target)s。")
            % {"state": customer.get_state_display(), "target": target.label},
            code="customer.transition",
            remedy=_("请刷新页面查看最新状态。"),
        )
    edit = Edit(values={"state": target}, customer_id=customer.pk, base_version=customer.version, reason=reason.strip())
    writing.write([edit], ledger=customer.ledger, by=by, kind=ChangeBatch.Kind.EDIT, reason=reason.strip())
