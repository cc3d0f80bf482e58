"""Somebody leaves the firm: what that means for account sets.

What lives here: his memberships end, with a line in each set's log; and why he cannot leave yet. What does not: his login
(``permissions.organisation.leaving``) and his customers. Filled into the organisation's lists by ``LedgersConfig.ready``.
"""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from permissions.logs import changes
from permissions.models import DepartmentRole, Membership, RightChange, User

from ..models import Ledger, LedgerEvent
from .logbook import note
from .members import MANAGER, managers

_OVER = (Ledger.State.ARCHIVED, Ledger.State.DRAFT)


def objections(person: User) -> list[str]:
    """A set must not be left without a 账套主管: one sentence per set where he is the last."""
    mine = Ledger.objects.filter(
        pk__in=Membership.objects.in_force().filter(user=person, role__code=MANAGER, ends_on=None).values("ledger")
    ).exclude(state__in=_OVER)
    return [
        _("他是账套「%(ledger)s」的最后一名账套主管，请先由安全管理员或该账套增加另一名账套主管")
        % {"ledger": ledger.name}
        for ledger in mine
        if not managers(ledger).exclude(user=person).exists()
    ]


def end_memberships(person: User, on: date, by: User | None) -> None:
    """Memberships that reach beyond ``on`` end with it; one that would only have begun later is taken away.

    The rows stay, because customers and history go on naming him; in a set that he managed another manager is named.
    """
    later = Membership.objects.filter(user=person).filter(Q(ends_on=None) | Q(ends_on__gt=on))
    for membership in later.select_related("ledger", "role"):
        if membership.starts_on and membership.starts_on > on:
            membership.delete()
        else:
            membership.ends_on = on
            membership.save(update_fields=["ends_on"])
        detail = _("%(user)s · %(role)s（离职）") % {"user": person, "role": membership.role}
        note(membership.ledger, LedgerEvent.Kind.MEMBER_REMOVED, by=by, detail=detail)
        about = {"user": person, "role": membership.role, "detail": detail, "after": {"ends_on": str(on)}}
        changes.note(membership.ledger_id, RightChange.Kind.MEMBER_REMOVED, by=by, **about)
    for ledger in Ledger.objects.filter(manager=person).exclude(state__in=_OVER):
        heir = managers(ledger).exclude(user=person).order_by("pk").first()
        Ledger.objects.filter(pk=ledger.pk).update(manager=heir.user if heir else None)


def sets_of_departments() -> dict[int, set[int]]:
    """Department → sets that name it as their 所属部门, that give it a role, or in which somebody of it is a member."""
    found: dict[int, set[int]] = {}
    named = Ledger.objects.exclude(department=None).values_list("department_id", "pk")
    members = (
        Membership.objects.in_force()
        .filter(user__is_active=True)
        .exclude(user__department=None)
        .values_list("user__department_id", "ledger_id")
        .distinct()
    )
    given = DepartmentRole.objects.in_force().values_list("department_id", "ledger_id")
    for department, ledger in (*named, *members, *given):
        found.setdefault(department, set()).add(ledger)
    return found
