"""成员: who belongs to an account set in which role, and from when until when.

What lives here: adding, changing the days, removing. What does not: what a role gives (``permissions``), that the set never is without a
账套主管 and that nobody raises himself (``ledgers.access.keeping``), and who may change members (the view).
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import duties
from permissions.logs import changes
from permissions.models import Membership, RightChange, User

from ..access import dating, keeping
from ..access.keeping import MANAGER, managers
from ..models import Ledger, LedgerEvent
from .locking import changeable
from .logbook import note


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
    duties.require_business(user)
    if not role.is_active:
        raise BusinessError(_("角色「%(role)s」已停用。") % {"role": role.name}, code="role.inactive", field="role")
    dating.check(starts_on, ends_on)
    ledger = changeable(ledger)
    with keeping.watched(ledger, by=by, days=keeping.bounds(starts_on, ends_on)):
        membership, added = Membership.objects.get_or_create(
            user=user, ledger=ledger, role=role, defaults={"starts_on": starts_on, "ends_on": ends_on}
        )
    if added:
        _log(membership, LedgerEvent.Kind.MEMBER_ADDED, RightChange.Kind.MEMBER_ADDED, by)
    return membership


@transaction.atomic
def change_dates(
    membership: Membership, starts_on: date | None, ends_on: date | None, *, by: User | None
) -> Membership:
    """Let a membership begin and end on other days. Raises BusinessError (``field``), as for the last 账套主管 who would get a last day."""
    ledger = changeable(membership.ledger)
    now = ledger.memberships.select_related("user", "role").filter(pk=membership.pk).first()
    if now is None:
        raise BusinessError(_("该成员已被移除。"), code="member.gone")
    if (now.starts_on, now.ends_on) == (starts_on, ends_on):
        return now
    dating.check(starts_on, ends_on)
    days = [*keeping.bounds(now.starts_on, now.ends_on), *keeping.bounds(starts_on, ends_on)]
    with keeping.watched(ledger, by=by, days=days):
        now.starts_on, now.ends_on = starts_on, ends_on
        now.save(update_fields=["starts_on", "ends_on"])
    _log(now, LedgerEvent.Kind.SETTINGS, RightChange.Kind.MEMBER_CHANGED, by)
    _name_another_manager(ledger, now)
    return now


@transaction.atomic
def remove_member(membership: Membership, *, by: User | None) -> None:
    """Take a membership away; refuses the last 账套主管. Removed twice is removed once."""
    ledger = changeable(membership.ledger)
    with keeping.watched(ledger, by=by):
        deleted, _rows = Membership.objects.filter(pk=membership.pk).delete()
    if not deleted:
        return
    _log(membership, LedgerEvent.Kind.MEMBER_REMOVED, RightChange.Kind.MEMBER_REMOVED, by)
    _name_another_manager(ledger, membership)


def _name_another_manager(ledger: Ledger, membership: Membership) -> None:
    """Whoever is no 账套主管 for good any more does not stand on the set's page as such."""
    if membership.role.code != MANAGER or ledger.manager_id != membership.user_id:
        return
    left = managers(ledger).order_by("pk")
    if not left.filter(user=ledger.manager_id).exists():
        heir = left.first()
        Ledger.objects.filter(pk=ledger.pk).update(manager=heir.user if heir else None)


def _log(membership: Membership, event: str, kind: str, by: User | None) -> None:
    detail = _describe(membership)
    note(membership.ledger, event, by=by, detail=detail)
    changes.note(membership.ledger_id, kind, by=by, user=membership.user, role=membership.role, detail=detail)


def _describe(membership: Membership) -> str:
    days = dating.told(membership)
    return f"{membership.user} · {membership.role}" + (f"（{days}）" if days else "")
