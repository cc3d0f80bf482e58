"""What was given to somebody, as loaded values: roles, personal exceptions, and the statements that a decision weighs.

What lives here: plain values and the order of precedence. What does not: reading them from the database (``loading``), and the question
itself (``actor``).
"""

from dataclasses import dataclass, field
from enum import IntEnum

from django.utils.translation import gettext as _

from .rights import Level, Right


class Tier(IntEnum):
    """Precedence: of several statements the one of the smallest tier decides."""

    SYSTEM = 0
    PERSONAL_DENY = 1
    ROLE_DENY = 2
    PERSONAL_ALLOW = 3
    ROLE = 4
    INHERITED = 5
    DELEGATED = 6
    DEFAULT = 7

    @property
    def label(self) -> str:
        return {
            Tier.SYSTEM: _("系统"),
            Tier.PERSONAL_DENY: _("个人禁止"),
            Tier.ROLE_DENY: _("角色禁止"),
            Tier.PERSONAL_ALLOW: _("个人允许"),
            Tier.ROLE: _("角色"),
            Tier.INHERITED: _("继承"),
            Tier.DELEGATED: _("代理"),
            Tier.DEFAULT: _("默认"),
        }[self]


@dataclass(frozen=True)
class Statement:
    """One source's word on one question: whether it allows, with which level of a field, in the user's words."""

    tier: Tier
    allows: bool
    rule: str
    level: int | None = None


@dataclass(frozen=True)
class Personal:
    """An exception made for one person: a right, or a field with a level (an upper bound when it denies, else a lower one)."""

    key: str
    is_field: bool
    is_denied: bool
    level: int
    rule: str


@dataclass(frozen=True)
class RoleGrant:
    """What one role gives, with what it inherits from its superior roles already laid under it."""

    name: str
    rights: frozenset[str]  # its own and the inherited ones
    scopes: tuple[tuple[str, tuple], ...]
    sensitive_level: int
    field_levels: dict[str, int]
    code: str = ""
    pk: int = 0
    group_id: int | None = None
    denied: frozenset[str] = frozenset()
    denied_scopes: tuple[tuple[str, tuple], ...] = ()
    own_rights: frozenset[str] = frozenset()
    # field → (level, name of the superior role that says it)
    inherited_levels: dict[str, tuple[int, str]] = field(default_factory=dict)
    # right → name of the superior role that gives it
    inherited_rights: dict[str, str] = field(default_factory=dict)
    # Name of the department through which the role came; blank for a role given to the person.
    department: str = ""

    @property
    def title(self) -> str:
        """The role as the user knows it, with the department it came through."""
        if self.department:
            return _("角色「%(role)s」（由部门「%(department)s」继承）") % {
                "role": self.name,
                "department": self.department,
            }
        return _("角色「%(role)s」") % {"role": self.name}

    def names(self, key: str) -> bool:
        """Whether the role or a superior role has a rule for this very field."""
        return key in self.field_levels or key in self.inherited_levels

    def level(self, key: str, *, is_sensitive: bool) -> int:
        """Level of a field by this role: its own rule, an inherited one, the sensitive default, what its rights imply."""
        return self.statement(key, is_sensitive=is_sensitive).level

    def statement(self, key: str, *, is_sensitive: bool) -> Statement:
        """The same as ``level``, with the rule in words."""
        tier = Tier.INHERITED if self.department else Tier.ROLE
        general = Level.EDIT if self.rights & {Right.ADD, Right.EDIT} else Level.READ
        if key in self.field_levels:
            level, why = self.field_levels[key], _("字段权限")
        elif key in self.inherited_levels:
            level, source = self.inherited_levels[key]
            why, tier = _("继承自上级角色「%(role)s」的字段权限") % {"role": source}, Tier.INHERITED
        elif is_sensitive:
            level, why = min(self.sensitive_level, general), _("敏感字段的默认级别")
        else:
            level, why = general, _("一般字段随功能权限")
        rule = _("%(role)s：%(why)s为「%(level)s」") % {"role": self.title, "why": why, "level": Level(level).label}
        return Statement(tier, level > Level.HIDDEN, rule, level)

    def word_on(self, right: str) -> Statement | None:
        """What the role says about a functional right; None when it is silent."""
        if right in self.denied:
            return Statement(Tier.ROLE_DENY, False, _("%(role)s明确禁止") % {"role": self.title})
        if right not in self.rights:
            return None
        if right in self.inherited_rights:
            words = _("%(role)s，继承自上级角色「%(source)s」") % {
                "role": self.title,
                "source": self.inherited_rights[right],
            }
            return Statement(Tier.INHERITED, True, words)
        return Statement(Tier.INHERITED if self.department else Tier.ROLE, True, self.title)
