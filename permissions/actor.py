"""The one answer to "may this person do this, see this field, and why".

What lives here: ``Actor`` – a user acting in one account set through one door – with his rights, row scopes and field levels, loaded once per
request in a constant number of queries. What does not: reading what was given (``loading``), which rows a scope means in SQL
(``customers.querysets``), and the screens.

Precedence (``grants.Tier``): an explicit prohibition (personal, then of a role) beats a personal permission, that beats what a role gives,
that beats what is inherited (from a superior role, through a department), that beats a delegation; nothing given means nothing allowed.
Within a tier rights add up and the more generous level wins. A user to whom nothing was given in the set is nobody there, superuser or not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from erp_site.shared.errors import NotAllowed

from . import masking
from .grants import Personal, RoleGrant, Statement, Tier
from .loading import given_to
from .models import Department
from .rights import OWN_PREFIX, SENSITIVE, Level, Right, Scope, computed_from, more_sensitive

if TYPE_CHECKING:
    from .models import Delegation, User


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
class Delegated:
    """Somebody else's place, taken while he is away: what he may do, narrowed to the rights he passed on."""

    actor: "Actor"
    rights: frozenset[str]
    rule: str

    @classmethod
    def of(cls, row: "Delegation", actor: "Actor") -> "Delegated":
        """A delegation as a value; ``actor``: the one who is away."""
        words = {"name": row.delegator, "until": row.ends_on}
        return cls(actor, frozenset(row.rights), _("代理「%(name)s」（至 %(until)s）") % words)


@dataclass(frozen=True)
class Actor:
    """A user (or the system, when ``user`` is None) in one account set through one door."""

    user: "User | None"
    ledger_id: int | None
    door: Door
    roles: tuple[RoleGrant, ...] = ()
    department_ids: frozenset[int] = field(default_factory=frozenset)
    request_id: str = ""
    personal: tuple[Personal, ...] = ()
    delegations: tuple[Delegated, ...] = ()
    # Who looks with this user's eyes (权限模拟): rows and fields are what both may see, and nothing can be changed.
    seen_by: "Actor | None" = None

    @classmethod
    def of(cls, user: "User", ledger_id: int, door: Door, *, request_id: str = "", on: date | None = None) -> "Actor":
        """Load what ``user`` may do in the set on a day (today), see ``loading.given_to`` for its cost."""
        return cls._load(user, ledger_id, door, request_id, on, with_delegations=True)

    @classmethod
    def _load(cls, user, ledger_id, door, request_id, on, *, with_delegations: bool) -> "Actor":
        given = given_to(user, ledger_id, on)
        delegations = tuple(
            Delegated.of(each, cls._load(each.delegator, ledger_id, door, request_id, on, with_delegations=False))
            for each in (given.delegations if with_delegations else ())
        )
        actor = cls(user, ledger_id, door, given.roles, frozenset(), request_id, given.personal, delegations)
        return replace(actor, department_ids=actor._departments())

    def again(self) -> "Actor":
        """The same person as he stands now, read anew: what runs longer than a request asks so between its pieces."""
        if self.user is None:
            return self
        self.user.refresh_from_db()
        return Actor.of(self.user, self.ledger_id, self.door, request_id=self.request_id)

    @property
    def given(self) -> tuple:
        """Everything that was given to him, to be compared with what was given to him before."""
        return self.roles, self.personal, self.delegations, self.department_ids, self.user and self.user.department_id

    def with_roles(self, roles: Iterable[RoleGrant]) -> "Actor":
        """The same person if he had these roles instead of his own; saved nowhere."""
        actor = replace(self, roles=tuple(roles))
        return replace(actor, department_ids=actor._departments())

    def _departments(self) -> frozenset[int]:
        """The user's department and those below it, if a scope asks for them."""
        scopes = [scope for role in self.roles for scope in (*role.scopes, *role.denied_scopes)]
        if not self.user.department_id or all(kind != Scope.DEPARTMENT_TREE for kind, _values in scopes):
            return frozenset()
        return Department.subtree(self.user.department_id)

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
        return self.is_system or bool(self.roles or self.delegations)

    @property
    def role_codes(self) -> frozenset[str]:
        return frozenset(role.code for role in self.roles)

    # --- may he do this -----------------------------------------------------------------------------

    def decide(self, right: str) -> Decision:
        """Whether the functional right is given, and the rule that decides."""
        first = next(iter(self.statements(right)), None)
        if first is not None:
            return Decision(first.allows, first.rule)
        names = "、".join(role.name for role in self.roles) or _("无")
        missing = {"right": Right(right).label, "roles": names}
        return Decision(False, _("没有任何角色给予「%(right)s」权限（现有角色：%(roles)s）") % missing)

    def statements(self, right: str) -> list[Statement]:
        """Everything that was said about a functional right, the deciding word first; empty when nobody gave it."""
        if self.is_system:
            return [Statement(Tier.SYSTEM, True, _("系统命令"))]
        said = [
            Statement(Tier.PERSONAL_DENY if each.is_denied else Tier.PERSONAL_ALLOW, not each.is_denied, each.rule)
            for each in self.personal
            if not each.is_field and each.key == right
        ]
        said += filter(None, (role.word_on(right) for role in self.roles))
        said += [
            Statement(Tier.DELEGATED, True, each.rule)
            for each in self.delegations
            if right in each.rights and each.actor.can(right)
        ]
        return sorted(said, key=lambda each: each.tier)

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
                right=right,
            )

    # --- which rows ---------------------------------------------------------------------------------

    @property
    def row_scopes(self) -> tuple[tuple[str, tuple], ...]:
        """(kind, values) of every scope of his own that adds rows; empty means no rows at all."""
        if self.is_system:
            return ((Scope.ALL, ()),)
        if not self.can(Right.VIEW):
            return ()
        # A role that does not let its holder look opens nothing, unless looking was allowed to this person expressly.
        expressly = any(not p.is_field and p.key == Right.VIEW and not p.is_denied for p in self.personal)
        giving = [role for role in self.roles if Right.VIEW in role.rights] or (self.roles if expressly else ())
        return tuple(dict.fromkeys(scope for role in giving for scope in role.scopes))

    @property
    def denied_scopes(self) -> tuple[tuple[str, tuple], ...]:
        """(kind, values) of every scope that a role of his takes away, whatever else gives it."""
        return tuple(dict.fromkeys(scope for role in self.roles for scope in role.denied_scopes))

    @property
    def lent_rows(self) -> "tuple[Actor, ...]":
        """Whose rows he sees besides his own, standing in for them."""
        if not self.can(Right.VIEW):
            return ()
        return tuple(each.actor for each in self.delegations if Right.VIEW in each.rights)

    @property
    def sees_all(self) -> bool:
        """Whether some scope opens every row of the set, and nothing takes any away."""
        if self.denied_scopes or (self.seen_by and not self.seen_by.sees_all):
            return False
        return any(kind == Scope.ALL for kind, _values in self.row_scopes)

    # --- how much of a field ------------------------------------------------------------------------

    def field_level(self, key: str) -> int:
        """Level of the catalogue field ``key`` ("phone", "contacts.mobile").

        A computed field is hidden from whoever may not read all that it is computed from, unless a role or an exception names it expressly.
        """
        return self._levels[key] if key in self._levels else self._levels.setdefault(key, self._field_level(key))

    @cached_property
    def _levels(self) -> dict[str, int]:
        """Levels asked for so far; an actor lives as long as one request."""
        return {}

    def _field_level(self, key: str) -> int:
        if self.is_system:
            return Level.EDIT
        if self.hidden_inputs(key) and not self._is_named(key):
            return Level.HIDDEN
        level = self._decide_level(self.field_statements(key))
        return min(level, self.seen_by.field_level(key)) if self.seen_by else level

    @staticmethod
    def _decide_level(said: "list[Statement]") -> int:
        """The most generous of what roles and delegations say (``field_statements`` leaves out what does not count), within personal bounds."""
        given = [each for each in said if each.tier not in (Tier.PERSONAL_DENY, Tier.PERSONAL_ALLOW)]
        level = max((each.level for each in given), default=Level.HIDDEN)
        level = max([level, *(each.level for each in said if each.tier == Tier.PERSONAL_ALLOW)])
        return min([level, *(each.level for each in said if each.tier == Tier.PERSONAL_DENY)])

    def field_decision(self, key: str) -> Statement:
        """The statement that decides the field's level. What a computed field may not tell is none of the statements' doing."""
        closed = [] if self.is_system or self._is_named(key) else self.hidden_inputs(key)
        if closed:
            return Statement(Tier.DEFAULT, False, _("由对他隐藏的字段计算得出，因此也隐藏"), Level.HIDDEN)
        said = self.field_statements(key)
        best = Statement(Tier.DEFAULT, False, _("没有任何角色给予"), Level.HIDDEN)
        # What is given, the first in precedence of a level; then the personal bounds, each of which decides only where it moves the level.
        for each in (each for each in said if each.tier not in (Tier.PERSONAL_DENY, Tier.PERSONAL_ALLOW)):
            best = each if best.tier == Tier.DEFAULT or each.level > best.level else best
        for each in (each for each in said if each.tier == Tier.PERSONAL_ALLOW):
            best = each if each.level > best.level else best
        for each in (each for each in said if each.tier == Tier.PERSONAL_DENY):
            best = each if each.level < best.level else best
        return best

    def field_statements(self, key: str) -> list[Statement]:
        """What counts for a field's level, bounds first. A role of a department counts only where no role of his own names the field."""
        if self.is_system:
            return [Statement(Tier.SYSTEM, True, _("系统命令"), Level.EDIT)]
        said = [
            Statement(
                Tier.PERSONAL_DENY if p.is_denied else Tier.PERSONAL_ALLOW, p.level > Level.HIDDEN, p.rule, p.level
            )
            for p in self.personal
            if p.is_field and p.key == key
        ]
        is_sensitive = self.is_sensitive(key)
        own = [role for role in self.roles if not role.department]
        counting = own if any(role.names(key) for role in own) else self.roles
        said += [role.statement(key, is_sensitive=is_sensitive) for role in counting]
        for each in self.delegations:
            level = each.actor.field_level(key) if each.rights else Level.HIDDEN
            if Right.EDIT not in each.rights:
                level = min(level, Level.READ)
            words = {"whom": each.rule, "level": Level(level).label}
            said.append(Statement(Tier.DELEGATED, level > Level.HIDDEN, _("%(whom)s：「%(level)s」") % words, level))
        return sorted(said, key=lambda each: (each.tier, -(each.level or 0)))

    def hidden_inputs(self, key: str) -> tuple[str, ...]:
        """Fields that a computed field is made of and that this actor may not read."""
        made_of = self._computed_from.get(key, ()) if key.startswith(OWN_PREFIX) else ()
        return tuple(each for each in made_of if self.field_level(each) < Level.READ)

    def is_sensitive(self, key: str) -> bool:
        """Whether the field's level follows the role's level of sensitive fields."""
        if key.startswith(OWN_PREFIX):
            return key in self._own_sensitive
        leaf = key.rpartition(".")[2]
        return leaf in SENSITIVE or leaf == "account"

    def _is_named(self, key: str) -> bool:
        allowed = any(p.is_field and p.key == key and not p.is_denied for p in self.personal)
        return allowed or any(role.field_levels.get(key, Level.HIDDEN) > Level.HIDDEN for role in self.roles)

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
