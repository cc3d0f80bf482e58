"""The one answer to "may this person do this, see this field, and why".

What lives here: ``Actor`` – a user acting in one account set through one door – with its rights, row scopes and field
levels loaded once per request in a constant number of queries. What does not: which rows a scope means in SQL
(``customers.querysets``), and the screens.

Precedence: rights, scopes and field levels of several roles add up (the more generous one wins); nothing given means
nothing allowed. A user without a membership in the set is nobody there, superuser or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from erp_site.shared.errors import NotAllowed

from . import masking
from .models import Department, Membership, RowScope
from .rights import OWN_PREFIX, SENSITIVE, Level, Right, Scope, computed_from, more_sensitive

if TYPE_CHECKING:
    from .models import User


class Door(StrEnum):
    """Where an act came in."""

    WEB = "web"
    API = "api"
    IMPORT = "import"
    COMMAND = "command"
    JOB = "job"


@dataclass(frozen=True)
class Decision:
    """An answer and the rule that gave it, in the user's words."""

    allowed: bool
    rule: str


@dataclass(frozen=True)
class RoleGrant:
    """What one role gives: loaded values, no queries."""

    name: str
    rights: frozenset[str]
    scopes: tuple[tuple[str, tuple], ...]
    sensitive_level: int
    field_levels: dict[str, int]
    code: str = ""

    def level(self, key: str, *, is_sensitive: bool) -> int:
        """This role's level for a field: its own rule, else the sensitive default, else what its rights imply."""
        general = Level.EDIT if self.rights & {Right.ADD, Right.EDIT} else Level.READ
        if key in self.field_levels:
            return self.field_levels[key]
        if is_sensitive:
            return min(self.sensitive_level, general)
        return general


@dataclass(frozen=True)
class Actor:
    """A user (or the system, when ``user`` is None) in one account set through one door."""

    user: "User | None"
    ledger_id: int | None
    door: Door
    roles: tuple[RoleGrant, ...] = ()
    department_ids: frozenset[int] = field(default_factory=frozenset)
    request_id: str = ""

    @classmethod
    def of(cls, user: "User", ledger_id: int, door: Door, *, request_id: str = "", on: date | None = None) -> "Actor":
        """Load what ``user`` may do in the set today; three small queries however many roles he has."""
        memberships = (
            Membership.objects.in_force(on)
            .filter(user=user, ledger_id=ledger_id)
            .select_related("role")
            .prefetch_related(Prefetch("role__scopes", RowScope.objects.order_by("pk")), "role__field_rules")
            if user.is_active
            else ()
        )
        roles = tuple(_grant(membership.role) for membership in memberships)
        wants_tree = any(kind == Scope.DEPARTMENT_TREE for role in roles for kind, _values in role.scopes)
        departments = Department.subtree(user.department_id) if wants_tree and user.department_id else frozenset()
        return cls(user, ledger_id, door, roles, departments, request_id)

    @classmethod
    def system(cls, ledger_id: int | None, door: Door = Door.COMMAND, *, request_id: str = "") -> "Actor":
        """The system itself, with all rights; history says so."""
        return cls(None, ledger_id, door, request_id=request_id)

    @property
    def is_system(self) -> bool:
        return self.user is None

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @property
    def is_member(self) -> bool:
        return self.is_system or bool(self.roles)

    @property
    def role_codes(self) -> frozenset[str]:
        return frozenset(role.code for role in self.roles)

    # --- may he do this -----------------------------------------------------------------------------

    def decide(self, right: str) -> Decision:
        """Whether the functional right is given, and by which role."""
        if self.is_system:
            return Decision(True, _("系统命令"))
        for role in self.roles:
            if right in role.rights:
                return Decision(True, _("角色「%(role)s」") % {"role": role.name})
        names = "、".join(role.name for role in self.roles) or _("无")
        missing = {"right": Right(right).label, "roles": names}
        return Decision(False, _("没有任何角色给予「%(right)s」权限（现有角色：%(roles)s）") % missing)

    def can(self, right: str) -> bool:
        return self.decide(right).allowed

    def require(self, right: str) -> None:
        """Raise NotAllowed with the deciding rule unless the right is given."""
        decision = self.decide(right)
        if not decision.allowed:
            raise NotAllowed(
                _("您没有「%(right)s」权限。") % {"right": Right(right).label},
                rule=decision.rule,
                remedy=_("请向账套主管申请该权限。"),
            )

    # --- which rows ---------------------------------------------------------------------------------

    @property
    def row_scopes(self) -> tuple[tuple[str, tuple], ...]:
        """(kind, values) of every scope that adds rows; empty means no rows at all."""
        if self.is_system:
            return ((Scope.ALL, ()),)
        scopes = (scope for role in self.roles if Right.VIEW in role.rights for scope in role.scopes)
        return tuple(dict.fromkeys(scopes))

    @property
    def sees_all(self) -> bool:
        """Whether some scope opens every row of the set."""
        return any(kind == Scope.ALL for kind, _values in self.row_scopes)

    # --- how much of a field ------------------------------------------------------------------------

    def field_level(self, key: str) -> int:
        """Level of the catalogue field ``key`` ("phone", "contacts.mobile"): the most generous of the roles.

        A computed field is hidden from whoever may not read all that it is computed from, unless a role names it expressly.
        """
        if self.is_system:
            return Level.EDIT
        made_of = self._computed_from.get(key, ()) if key.startswith(OWN_PREFIX) else ()
        if any(self.field_level(each) < Level.READ for each in made_of) and not self._is_named(key):
            return Level.HIDDEN
        is_sensitive = self.is_sensitive(key)
        return max((role.level(key, is_sensitive=is_sensitive) for role in self.roles), default=Level.HIDDEN)

    def is_sensitive(self, key: str) -> bool:
        """Whether the field's level follows the role's level of sensitive fields."""
        if key.startswith(OWN_PREFIX):
            return key in self._own_sensitive
        leaf = key.rpartition(".")[2]
        return leaf in SENSITIVE or leaf == "account"

    def _is_named(self, key: str) -> bool:
        return any(role.field_levels.get(key, Level.HIDDEN) > Level.HIDDEN for role in self.roles)

    @cached_property
    def _computed_from(self) -> Mapping[str, frozenset[str]]:
        """What the computed fields of the set are made of; asked for at the first field of the set's own."""
        if self.ledger_id is None:
            return {}
        return {key: made for found in computed_from for key, made in found(self.ledger_id).items()}

    @cached_property
    def _own_sensitive(self) -> Mapping[str, str]:
        """Sensitive fields of the set's own, with their kind of masking; asked for at the first such field."""
        if self.ledger_id is None:
            return {}
        return {key: kind for found in more_sensitive for key, kind in found(self.ledger_id).items()}

    def may_read(self, key: str) -> bool:
        return self.field_level(key) >= Level.READ

    def may_edit(self, key: str) -> bool:
        return self.field_level(key) >= Level.EDIT

    def shown(self, key: str, value: object) -> object:
        """``value`` as this actor gets it: whole, masked, or None when the field is hidden."""
        level = self.field_level(key)
        if level >= Level.READ:
            return value
        return masking.mask(self._mask_of(key), value) if level == Level.MASKED else None

    def _mask_of(self, key: str) -> str:
        return self._own_sensitive.get(key, key) if key.startswith(OWN_PREFIX) else key


def _grant(role) -> RoleGrant:
    return RoleGrant(
        name=role.name,
        rights=frozenset(role.rights),
        scopes=tuple((scope.kind, tuple(scope.values)) for scope in role.scopes.all()),
        sensitive_level=role.sensitive_level,
        field_levels={rule.field: rule.level for rule in role.field_rules.all()},
        code=role.code,
    )
