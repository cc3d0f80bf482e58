"""What no change of rights may do: leave a set without a 账套主管, or give more to the one who makes it.

What lives here: the two questions, asked around every change under the set's lock. What does not: the changes (``roles``, ``departments``,
``exceptions``, ``ledgers.services.members``), and what follows from what was given (``permissions.actor``).

Who holds 成员与权限 may give any right of his set to others. To himself he gives nothing that he has not, as long as somebody else holds
that right and can do it for him; who is alone may, and the log says so.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import everybody, naming
from permissions.actor import Actor, Door
from permissions.models import DepartmentRole, Membership, Override, User
from permissions.rights import Level, Right, Scope

from ..models import Ledger
from .life import duties

MANAGER = "manager"
KEPT = (Right.CONFIGURE, Right.MEMBERS)  # what a 账套主管 cannot lose
_TOLD = 5


def managers(ledger: Ledger):
    """Memberships of active users that make a 账套主管 today and have no last day."""
    return Membership.objects.in_force().filter(ledger=ledger, role__code=MANAGER, ends_on=None, user__is_active=True)


def keeper(ledger: Ledger, days: Iterable[date] = ()) -> User | None:
    """Somebody who is 账套主管 for good and keeps both rights on every day to come on which something given to him begins or ends."""
    for membership in managers(ledger).select_related("user").order_by("pk"):
        when = _days(ledger, membership.user, days)
        if all(_keeps(Actor.of(membership.user, ledger.pk, Door.WEB, on=day)) for day in when):
            return membership.user
    return None


def _keeps(actor: Actor) -> bool:
    return all(actor.can(right) for right in KEPT)


def _days(ledger: Ledger, user: User, more: Iterable[date] = ()) -> list[date]:
    """Today, and the days to come on which something that may concern ``user`` begins, or is over."""
    today = timezone.localdate()
    rows = chain(
        Membership.objects.filter(ledger=ledger, user=user).values_list("starts_on", "ends_on"),
        Override.objects.filter(ledger=ledger, user=user).values_list("starts_on", "ends_on"),
        DepartmentRole.objects.filter(ledger=ledger).values_list("starts_on", "ends_on"),
    )
    found = set(more)
    for starts_on, ends_on in rows:
        found |= set(bounds(starts_on, ends_on))
    return [today, *sorted(day for day in found if day > today)]


def bounds(starts_on: date | None, ends_on: date | None) -> list[date]:
    """The days on which something dated makes a difference."""
    return [*([starts_on] if starts_on else []), *([ends_on + timedelta(days=1)] if ends_on else [])]


@contextmanager
def watched(ledger: Ledger, *, by: User | None, days: Iterable[date] = ()) -> Iterator[None]:
    """Around a change of rights, inside the transaction that holds the set's lock; raises BusinessError, and the change is undone.

    ``by`` None is the system, which is not weighed. ``days``: days that the change itself names (see ``bounds``).
    """
    days = list(days)
    if ledger.state == Ledger.State.DRAFT:
        by = None  # whoever makes a set lays down its members, himself among them
    had = keeper(ledger, days)
    when = _days(ledger, by, days) if by else []
    before = {day: Actor.of(by, ledger.pk, Door.WEB, on=day) for day in when}
    with duties.watched(ledger, days=days):
        yield
    if had and keeper(ledger, days) is None:
        raise BusinessError(
            _("这样一来，账套就没有长期有效的账套主管了（「%(user)s」是最后一名账套主管）。") % {"user": had},
            code="member.last_manager",
            remedy=_("请先增加另一名账套主管（不设失效日期），或保留其“账套设置”和“成员与权限”。"),
        )
    for day, was in before.items():
        _refuse_raise(ledger, was, Actor.of(by, ledger.pk, Door.WEB, on=day))


def _refuse_raise(ledger: Ledger, before: Actor, after: Actor) -> None:
    if before.given == after.given:
        return
    gained = gains(before, after)
    if not gained:
        return
    others = [user for user in everybody.holders(ledger.pk, Right.MEMBERS) if user.pk != after.user_id]
    if not others:
        return
    told = "、".join(gained[:_TOLD]) + ("…" if len(gained) > _TOLD else "")
    raise BusinessError(
        _("不能给自己增加权限：%(what)s。") % {"what": told},
        code="access.self_raise",
        remedy=_("请由另一位有“成员与权限”的人办理：%(names)s。") % {"names": "、".join(map(str, others[:3]))},
    )


def gains(before: Actor, after: Actor) -> list[str]:
    """In words, what ``after`` may do or see that ``before`` may not; the same user, or nobody, before."""
    found = [str(right.label) for right in Right if after.can(right) and not before.can(right)]
    found += [str(Scope(kind).label) for kind, values in after.row_scopes if not _covers(before, kind, values)]
    if set(before.denied_scopes) - set(after.denied_scopes) and after.row_scopes:
        found.append(_("原来被排除的客户"))
    for each in naming.fields_of(after.ledger_id):
        level = after.field_level(each.key)
        if level > before.field_level(each.key):
            found.append(f"{each.label} {Level(level).label}")
    return found


def _covers(actor: Actor, kind: str, values: tuple) -> bool:
    """Whether the rows of a scope are among those that the actor's scopes open already."""
    for mine, own in actor.row_scopes:
        if mine == Scope.ALL or (mine == Scope.DEPARTMENT_TREE and kind == Scope.DEPARTMENT):
            return True
        same = own == values if kind == Scope.FILTER else set(map(str, values)) <= set(map(str, own))
        if mine == kind and same:
            return True
    return False
