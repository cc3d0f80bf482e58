"""What was given to a user in a set on a day, read in a constant number of queries.

What lives here: rows → loaded values. What does not: what follows from them (``actor``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Prefetch, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from . import duties
from .grants import Personal, RoleGrant
from .models import Delegation, Department, DepartmentRole, Membership, Override, Role, RowScope, User
from .rights import Level, Right


@dataclass(frozen=True)
class Given:
    """Everything that was given to one user in one set."""

    roles: tuple[RoleGrant, ...] = ()
    personal: tuple[Personal, ...] = ()
    delegations: tuple[Delegation, ...] = ()


def given_to(user: User, ledger_id: int, on: date | None = None) -> Given:
    """Roles, exceptions and delegations of ``user`` in force in the set on a day (today); nothing for a deactivated user, nor for an
    administrator whom 三员分立 keeps out.

    Four small queries, and one more for each of departments' roles, superior roles, exceptions and delegations where there are any.
    """
    if not user.is_active or duties.is_kept_out(user):
        return Given()
    day = on or timezone.localdate()
    members = Membership.objects.in_force(day).filter(user=user, ledger_id=ledger_id)
    through = DepartmentRole.objects.in_force(day).filter(ledger_id=ledger_id)
    overrides = Override.objects.in_force(day).filter(user=user, ledger_id=ledger_id)
    delegations = Delegation.objects.in_force(day).filter(delegate=user, ledger_id=ledger_id, delegator__is_active=True)
    asked = Exists(through) if user.department_id else Value(False)
    has_through, has_overrides, has_delegations = (
        User.objects.filter(pk=user.pk).values_list(asked, Exists(overrides), Exists(delegations))[:1].get()
    )
    sources = [(role_id, "") for role_id in members.order_by("pk").values_list("role_id", flat=True)]
    if has_through:
        sources += _through_departments(through, user.department_id, {role_id for role_id, _name in sources})
    return Given(
        roles=tuple(grants_of(sources)),
        personal=tuple(map(personal_of, overrides.order_by("pk"))) if has_overrides else (),
        delegations=tuple(delegations.select_related("delegator").order_by("pk")) if has_delegations else (),
    )


def titles_in_sets(user: User, on: date | None = None) -> dict[int, list[str]]:
    """Ledger id → names of the roles that the user has there, himself, through his department, or standing in for somebody."""
    if not user.is_active or duties.is_kept_out(user):
        return {}
    day = on or timezone.localdate()
    titles: dict[int, list[str]] = {}
    alive = {"role__is_active": True}
    members = Membership.objects.in_force(day).filter(user=user, **alive).order_by("pk")
    for ledger_id, name in members.values_list("ledger_id", "role__name"):
        titles.setdefault(ledger_id, []).append(name)
    through = (
        list(DepartmentRole.objects.in_force(day).filter(**alive).select_related("role")) if user.department_id else []
    )
    line = Department.line(user.department_id) if through else []
    for each in through:
        reached = each.department_id in line and (each.with_below or each.department_id == user.department_id)
        if reached and each.role.name not in titles.get(each.ledger_id, ()):
            titles.setdefault(each.ledger_id, []).append(each.role.name)
    lent = Delegation.objects.in_force(day).filter(delegate=user, delegator__is_active=True).select_related("delegator")
    for each in lent.order_by("pk"):
        titles.setdefault(each.ledger_id, []).append(_("代理%(name)s") % {"name": each.delegator})
    return titles


def grants_of(sources: Iterable[tuple[int, str]]) -> list[RoleGrant]:
    """RoleGrants for (role id, department it came through); deactivated roles give nothing."""
    sources = list(sources)
    if not sources:
        return []
    wanted = {role_id for role_id, _department in sources}
    roles: dict[int, Role] = {}
    while wanted:  # one round, and one more per level of superior roles
        found = Role.objects.filter(pk__in=wanted).prefetch_related(
            Prefetch("scopes", RowScope.objects.order_by("pk")), "field_rules"
        )
        roles |= {role.pk: role for role in found}
        wanted = {role.parent_id for role in roles.values() if role.parent_id} - roles.keys()
    return [
        _grant(_line(roles[pk], roles), department) for pk, department in sources if pk in roles and roles[pk].is_active
    ]


def _through_departments(through, department_id: int, have: set[int]) -> list[tuple[int, str]]:
    """Roles that the user's department, or one above it, gives; a role that he has himself is not named again."""
    line = Department.line(department_id)
    found = []
    for given in through.filter(department_id__in=line).select_related("department").order_by("pk"):
        if (given.with_below or given.department_id == department_id) and given.role_id not in have:
            have.add(given.role_id)
            found.append((given.role_id, given.department.name))
    return found


def _line(role: Role, roles: dict[int, Role]) -> list[Role]:
    """The role and its superior roles, nearest first; a circle ends where it began, a deactivated role passes nothing on."""
    line, seen = [], set()
    while role and role.pk not in seen:
        seen.add(role.pk)
        if role.is_active:
            line.append(role)
        role = roles.get(role.parent_id)
    return line


def _grant(line: list[Role], department: str) -> RoleGrant:
    """One grant of a role and what lies under it: rights and prohibitions add up, scopes and levels come from the nearest that has some."""
    role, above = line[0], line[1:]
    own = frozenset(role.rights)
    inherited_rights: dict[str, str] = {}
    inherited_levels: dict[str, tuple[int, str]] = {}
    own_levels = {rule.field: rule.level for rule in role.field_rules.all()}
    for each in above:
        for right in each.rights:
            if right not in own:
                inherited_rights.setdefault(right, each.name)
        for rule in each.field_rules.all():
            if rule.field not in own_levels:
                inherited_levels.setdefault(rule.field, (rule.level, each.name))
    allowing = next((found for each in line if (found := _scopes(each, is_denied=False))), ())
    return RoleGrant(
        name=role.name,
        code=role.code,
        pk=role.pk,
        group_id=role.group_id,
        rights=own | inherited_rights.keys(),
        own_rights=own,
        inherited_rights=inherited_rights,
        denied=frozenset(right for each in line for right in each.denied),
        scopes=allowing,
        denied_scopes=tuple(dict.fromkeys(scope for each in line for scope in _scopes(each, is_denied=True))),
        sensitive_level=role.sensitive_level,
        field_levels=own_levels,
        inherited_levels=inherited_levels,
        department=department,
    )


def _scopes(role: Role, *, is_denied: bool) -> tuple[tuple[str, tuple], ...]:
    return tuple((scope.kind, tuple(scope.values)) for scope in role.scopes.all() if scope.is_denied == is_denied)


def personal_of(row: Override) -> Personal:
    """A personal exception as a value, with its rule in words."""
    is_field = row.kind == Override.Kind.FIELD
    what = Level(row.level).label if is_field else Right(row.key).label
    words = {"what": what, "until": row.ends_on}
    if row.is_denied:
        rule = _("个人限制：字段最多「%(what)s」") % words if is_field else _("个人例外：禁止「%(what)s」") % words
    else:
        rule = _("个人例外：字段至少「%(what)s」") % words if is_field else _("个人例外：允许「%(what)s」") % words
    if row.ends_on:
        rule += _("（至 %(until)s）") % words
    return Personal(row.key, is_field, row.is_denied, row.level, rule)
