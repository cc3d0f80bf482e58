"""Who has what in a set, and from where: the list of members, and everything about one of them.

What lives here: reading. What does not: giving and taking (``ledgers.services.members``, ``departments``, ``exceptions``), precedence
(``permissions.actor``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from permissions import naming
from permissions.actor import Actor, Door
from permissions.grants import Statement
from permissions.models import Delegation, Department, DepartmentRole, Membership, Override, User
from permissions.organisation import trees
from permissions.rights import Level, Right

from ..models import Ledger
from . import dating
from .scoping import Words
from .wording import grouped

ON_A_PAGE = 50
MOST_COUNTED = 10_000

# How many customers an actor sees, at most as many as asked for and one: filled in by the app that has customers.
counters: list[Callable[[Actor, int], int]] = []


def seen_by(actor: Actor) -> str:
    """How many customers he sees, in words."""
    number = sum(count(actor, MOST_COUNTED) for count in counters)
    return _("%(count)s 以上") % {"count": f"{MOST_COUNTED:,}"} if number > MOST_COUNTED else f"{number:,}"


# --- the list ---------------------------------------------------------------------------------------------------------


@dataclass
class Member:
    """A person of the list with what he has: own memberships, and departments' roles that reach him."""

    user: User
    memberships: list[Membership] = field(default_factory=list)
    through: list[DepartmentRole] = field(default_factory=list)
    exceptions: int = 0
    state: str = "active"
    state_label: str = ""


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to. ``state``: "", or one of active, pending, expired, blocked."""

    query: str = ""
    role: str = ""
    department: int | None = None
    state: str = ""


class Reach:
    """Which departments the departments' roles of a set reach; two queries."""

    def __init__(self, ledger: Ledger, *, in_force: bool = True):
        rows = DepartmentRole.objects.in_force() if in_force else DepartmentRole.objects.all()
        self.given = list(
            rows.filter(ledger=ledger, role__is_active=True).select_related("department", "role").order_by("pk")
        )
        self.above = dict(Department.objects.values_list("pk", "parent_id"))
        self._of: dict[int, list[DepartmentRole]] = {}
        for each in self.given:
            reached = trees.below(self.above, each.department_id) if each.with_below else {each.department_id}
            for pk in reached:
                self._of.setdefault(pk, []).append(each)

    def of(self, department_id: int | None) -> list[DepartmentRole]:
        return self._of.get(department_id, [])

    def departments(self, role: str = "") -> set[int]:
        """Departments that are reached, by the role with this code if one is named."""
        return {pk for pk, given in self._of.items() if not role or any(each.role.code == role for each in given)}


def page_of(ledger: Ledger, wanted: Filter, number: Any) -> Page:
    """One page of members as ``Member``; a constant number of queries."""
    reach = Reach(ledger)
    users = _users(ledger, wanted, reach).select_related("department").order_by("display_name", "username")
    page = Paginator(users, ON_A_PAGE).get_page(number)
    page.object_list = _members(ledger, list(page.object_list), reach)
    return page


def _users(ledger: Ledger, wanted: Filter, reach: Reach):
    mine = Membership.objects.filter(ledger=ledger)
    mine = mine.filter(role__code=wanted.role) if wanted.role else mine
    today = timezone.localdate()
    asked = Q(pk__in=mine.values("user"))
    through = Q(department_id__in=reach.departments(wanted.role), is_active=True)
    if wanted.state == "pending":
        asked = Q(pk__in=mine.filter(starts_on__gt=today).values("user"))
    elif wanted.state == "expired":
        asked = Q(pk__in=mine.filter(ends_on__lt=today).values("user")) & ~Q(pk__in=mine.in_force().values("user"))
    elif wanted.state == "active":
        asked = Q(pk__in=mine.in_force().values("user"), is_active=True) | through
    elif wanted.state == "blocked":
        asked &= Q(is_active=False)
    else:
        asked |= through
    users = User.objects.filter(asked)
    if wanted.query:
        users = users.filter(Q(display_name__icontains=wanted.query) | Q(username__icontains=wanted.query))
    return users.filter(department_id=wanted.department) if wanted.department else users


def _members(ledger: Ledger, users: list[User], reach: Reach) -> list[Member]:
    found = {user.pk: Member(user) for user in users}
    rows = Membership.objects.filter(ledger=ledger, user__in=found).select_related("role").order_by("role__code")
    for row in rows:
        found[row.user_id].memberships.append(row)
    for user_id in Override.objects.in_force().filter(ledger=ledger, user__in=found).values_list("user", flat=True):
        found[user_id].exceptions += 1
    for member in found.values():
        have = {row.role_id for row in member.memberships}
        member.through = [each for each in reach.of(member.user.department_id) if each.role_id not in have]
        member.state, member.state_label = _state(member)
    return list(found.values())


def _state(member: Member) -> tuple[str, str]:
    if not member.user.is_active:
        return "blocked", _("用户已停用")
    if member.through:
        return "active", _("有效")
    states = [dating.state(row) for row in member.memberships]
    return next((each for each in states if each[0] == "active"), states[0] if states else ("expired", _("已失效")))


# --- one person -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """One line of what results: a right or a field, the deciding statement and the others. ``level`` only of a field."""

    label: str
    allowed: bool
    rule: str
    others: list[Statement]
    level: Level | None = None


def has_something(ledger: Ledger, user: User) -> bool:
    """Whether anything of the set was ever given to him: a page about anybody else does not exist."""
    rows = (
        Membership.objects.filter(user=user),
        Override.objects.filter(user=user),
        Delegation.objects.filter(delegate=user),
    )
    if any(each.filter(ledger=ledger).exists() for each in rows):
        return True
    return bool(Reach(ledger, in_force=False).of(user.department_id))


def actor_of(ledger: Ledger, user: User) -> Actor:
    return Actor.of(user, ledger.pk, Door.WEB)


def rights_of(actor: Actor) -> list[tuple[str, list[Answer]]]:
    """(group, answers) for every functional right."""
    return [(label, [_right(actor, right) for right in rights]) for label, rights in grouped()]


def _right(actor: Actor, right: Right) -> Answer:
    decision = actor.decide(right)
    return Answer(str(right.label), decision.allowed, decision.rule, actor.statements(right)[1:])


def fields_of(actor: Actor) -> list[tuple[str, list[Answer]]]:
    """(group, answers) for every field of the set."""
    groups: dict[str, list[Answer]] = {}
    for each in naming.fields_of(actor.ledger_id):
        decisive, level = actor.field_decision(each.key), Level(actor.field_level(each.key))
        others = [said for said in actor.field_statements(each.key) if said != decisive]
        answer = Answer(each.label, level > Level.HIDDEN, decisive.rule, others, level)
        groups.setdefault(each.group, []).append(answer)
    return list(groups.items())


def rows_of(ledger: Ledger, actor: Actor) -> list[tuple[str, str, bool]]:
    """(scope in words, where it comes from, whether it takes away) of everything that says which customers he sees."""
    words = Words(ledger)
    if not actor.can(Right.VIEW):
        return []
    found = [(words.of(kind, values), role.title, False) for role in actor.roles for kind, values in role.scopes]
    found += [
        (_("%(name)s 看得到的客户") % {"name": each.actor.user}, each.rule, False)
        for each in actor.delegations
        if Right.VIEW in each.rights
    ]
    taken = [(words.of(kind, values), role.title, True) for role in actor.roles for kind, values in role.denied_scopes]
    return [*found, *taken]


def names(users: Iterable[User], most: int = 5) -> str:
    """小陈、小林 等 8 人."""
    users = list(users)
    told = "、".join(str(user) for user in users[:most])
    return told + (_(" 等 %(count)s 人") % {"count": len(users)} if len(users) > most else "")
