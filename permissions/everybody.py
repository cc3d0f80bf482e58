"""Everybody who may do anything in a set, as actors, in a constant number of queries: for lists of people, never for a request's own actor.

What lives here: reading what was given to all of them at once. What does not: what follows from it (``actor``), and reading for one
(``loading``); a test holds both to the same answer.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from . import duties
from .actor import Actor, Delegated, Door
from .grants import Personal, RoleGrant
from .loading import grants_of, personal_of
from .models import Delegation, Department, DepartmentRole, Membership, Override, User
from .rights import Scope


def actors_of(
    ledger_id: int, *, on: date | None = None, door: Door = Door.WEB, only: Collection[int] | None = None
) -> list[Actor]:
    """The actor of everybody who is a member of the set on a day (today), by login; ``only``: of these users.

    About ten queries, and one per level of superior roles, however many members there are.
    """
    return _Reading(ledger_id, on or timezone.localdate(), door, only).actors()


def holders(ledger_id: int, right: str) -> list[User]:
    """The active users who have a right in the set today."""
    return [each.user for each in actors_of(ledger_id) if each.can(right)]


def people_of(ledger_id: int) -> QuerySet[User]:
    """Who belongs or once belonged to the set, himself or through his department: whom fields may name and who is named in them."""
    departments: set[int] = set()
    for department_id, with_below in DepartmentRole.objects.filter(ledger_id=ledger_id).values_list(
        "department_id", "with_below"
    ):
        departments |= Department.subtree(department_id) if with_below else {department_id}
    members = Membership.objects.filter(ledger_id=ledger_id).values("user_id")
    return User.objects.filter(Q(pk__in=members) | Q(department_id__in=departments))


class _Reading:
    def __init__(self, ledger_id: int, day: date, door: Door, only: Collection[int] | None):
        self.ledger_id, self.door = ledger_id, door
        self.only = None if only is None else frozenset(only)
        self.above = dict(Department.objects.values_list("pk", "parent_id"))
        self.members = Membership.objects.in_force(day).filter(ledger_id=ledger_id)
        self.overrides = Override.objects.in_force(day).filter(ledger_id=ledger_id)
        self.through = list(
            DepartmentRole.objects.in_force(day).filter(ledger_id=ledger_id).select_related("department").order_by("pk")
        )
        self.delegations = list(
            Delegation.objects.in_force(day).filter(ledger_id=ledger_id).select_related("delegator").order_by("pk")
        )
        self._trees: dict[int, frozenset[int]] = {}

    def actors(self) -> list[Actor]:
        roles, personal = self._roles_by_user(), self._personal()
        users = self._users()
        sources = {user.pk: self._sources(user, roles.get(user.pk, ())) for user in users}
        distinct = list(dict.fromkeys(source for found in sources.values() for source in found))
        grants = {(each.pk, each.department): each for each in grants_of(distinct)}
        alone = {
            user.pk: self._actor(user, [grants[each] for each in sources[user.pk] if each in grants], personal)
            for user in users
        }
        everybody = [self._with_delegations(actor, alone) for actor in alone.values()]
        return [each for each in everybody if each.is_member and (self.only is None or each.user_id in self.only)]

    def _users(self) -> list[User]:
        reached = {pk for pk in self.above if any(self._reaches(each, pk) for each in self.through)}
        asked = Q(pk__in=self.members.values("user_id")) | Q(department_id__in=reached)
        asked |= Q(pk__in={each.delegate_id for each in self.delegations})
        if self.only is not None:
            asked &= Q(pk__in=self.only)
        asked |= Q(pk__in={each.delegator_id for each in self.delegations})
        found = User.objects.filter(asked, is_active=True).select_related("department").order_by("username")
        return list(found.filter(duty="") if duties.is_separated() else found)

    def _roles_by_user(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for user_id, role_id in self.members.order_by("pk").values_list("user_id", "role_id"):
            found.setdefault(user_id, []).append(role_id)
        return found

    def _personal(self) -> dict[int, list[Personal]]:
        found: dict[int, list[Personal]] = {}
        for row in self.overrides.order_by("pk"):
            found.setdefault(row.user_id, []).append(personal_of(row))
        return found

    def _sources(self, user: User, own: Collection[int]) -> list[tuple[int, str]]:
        """(role, department it came through), as ``loading`` finds them for one."""
        sources, have = [(role_id, "") for role_id in own], set(own)
        for each in self.through:
            if user.department_id and each.role_id not in have and self._reaches(each, user.department_id):
                have.add(each.role_id)
                sources.append((each.role_id, each.department.name))
        return sources

    def _reaches(self, given: DepartmentRole, department_id: int) -> bool:
        if given.department_id == department_id:
            return True
        return given.with_below and given.department_id in self._line(department_id)

    def _line(self, department_id: int | None) -> list[int]:
        line: list[int] = []
        while department_id and department_id not in line:
            line.append(department_id)
            department_id = self.above.get(department_id)
        return line

    def _actor(self, user: User, roles: list[RoleGrant], personal: dict[int, list[Personal]]) -> Actor:
        asked = any(kind == Scope.DEPARTMENT_TREE for role in roles for kind, _v in (*role.scopes, *role.denied_scopes))
        tree = self._tree(user.department_id) if asked and user.department_id else frozenset()
        return Actor(user, self.ledger_id, self.door, tuple(roles), tree, personal=tuple(personal.get(user.pk, ())))

    def _tree(self, department_id: int) -> frozenset[int]:
        if department_id not in self._trees:
            self._trees[department_id] = frozenset(pk for pk in self.above if department_id in self._line(pk))
        return self._trees[department_id]

    def _with_delegations(self, actor: Actor, alone: dict[int, Actor]) -> Actor:
        taken = [each for each in self.delegations if each.delegate_id == actor.user_id]
        if not taken:
            return actor
        nothing = Actor(None, self.ledger_id, self.door)
        lent = (
            Delegated.of(each, alone.get(each.delegator_id, replace(nothing, user=each.delegator))) for each in taken
        )
        return replace(actor, delegations=tuple(lent))
