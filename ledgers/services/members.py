"""成员: who belongs to an account set in which role, and that it never is without a 账套主管.

What lives here: adding and removing. What does not: what a role gives (``permissions``), and who may change members (the view).
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Membership, User

from ..models import Ledger, LedgerEvent
from .locking import changeable
from .logbook import note

MANAGER = "manager"


@transaction.atomic
def add_member(
    ledger: Ledger,
    user: User,
    role_code: str,
    *,
    by: User | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Membership:
    """Give ``user`` a role of the set from and until a day; an existing membership stays as it is."""
    role = ledger.roles.filter(code=role_code).first()
    if role is None:
        raise BusinessError(_("账套中没有角色「%(role)s」。") % {"role": role_code}, code="role.unknown", field="role")
    if not user.is_active:
        raise BusinessError(_("用户「%(user)s」已停用。") % {"user": user}, code="user.inactive", field="user")
    if starts_on and ends_on and ends_on < starts_on:
        raise BusinessError(_("失效日期早于生效日期。"), code="member.dates", field="ends_on")
    if ends_on and ends_on < timezone.localdate():
        raise BusinessError(_("失效日期已经过去。"), code="member.dates", field="ends_on")
    changeable(ledger)
    membership, added = Membership.objects.get_or_create(
        user=user, ledger=ledger, role=role, defaults={"starts_on": starts_on, "ends_on": ends_on}
    )
    if added:
        note(ledger, LedgerEvent.Kind.MEMBER_ADDED, by=by, detail=_describe(membership))
    return membership


def managers(ledger: Ledger):
    """Memberships of active users that make a 账套主管 today and have no last day."""
    return Membership.objects.in_force().filter(ledger=ledger, role__code=MANAGER, ends_on=None, user__is_active=True)


@transaction.atomic
def remove_member(membership: Membership, *, by: User | None) -> None:
    """Take a membership away; refuses the last 账套主管. Removed twice is removed once."""
    ledger = changeable(membership.ledger)
    left = managers(ledger).exclude(pk=membership.pk)
    if membership.role.code == MANAGER and not left.exists():
        raise BusinessError(
            _("「%(user)s」是最后一名账套主管，不能移除。") % {"user": membership.user},
            code="member.last_manager",
            remedy=_("请先增加另一名账套主管（不设失效日期）。"),
        )
    deleted, _rows = Membership.objects.filter(pk=membership.pk).delete()
    if not deleted:
        return
    note(ledger, LedgerEvent.Kind.MEMBER_REMOVED, by=by, detail=_describe(membership))
    if membership.role.code == MANAGER and ledger.manager_id == membership.user_id:
        Ledger.objects.filter(pk=ledger.pk).update(manager=left.order_by("pk").first().user)


def _describe(membership: Membership) -> str:
    text = f"{membership.user} · {membership.role}"
    if membership.starts_on or membership.ends_on:
        text += f"（{membership.starts_on or ''} – {membership.ends_on or ''}）"
    return text
