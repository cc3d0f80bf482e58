"""What one person may do and see in a set, in plain words, with where each answer comes from and what else was said.

What lives here: a person's rights, rows and fields as values for a page. What does not: one customer (``reasons``), the decisions themselves
(``permissions.actor``), and HTML. The reader is told counts within what he sees himself.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.access import scoping, wording
from ledgers.models import Ledger
from permissions import naming
from permissions.actor import Actor
from permissions.grants import Statement, Tier
from permissions.models import Delegation, Membership, Override, User
from permissions.rights import Level, Right

from ..listing import COUNT_CAP
from ..models import Customer
from ..querysets import scope_condition

# What a right shows on the screen. A right without a line has no button yet.
BUTTONS: dict[str, str | Promise] = {
    Right.VIEW: gettext_lazy("菜单“客户”：列表、搜索、客户资料"),
    Right.ADD: gettext_lazy("“新增客户”"),
    Right.EDIT: gettext_lazy("客户资料上的“编辑”“改名”“冻结”“改变合作状态”"),
    Right.DELETE: gettext_lazy("客户资料上的“停用”“恢复”"),
    Right.IMPORT: gettext_lazy("菜单“导入”"),
    Right.EXPORT: gettext_lazy("菜单“导出”，列表下方的“导出这些客户”"),
    Right.REOPEN: gettext_lazy("菜单“期间”，其中的“反结账”"),
    Right.CONFIGURE: gettext_lazy("菜单“账套设置”"),
    Right.MEMBERS: gettext_lazy("账套设置中“权限”下的各页"),
}
TONES = {Level.HIDDEN: "danger", Level.MASKED: "warning", Level.READ: "info", Level.EDIT: "success"}


@dataclass(frozen=True)
class Source:
    """Something that was given to the person. ``state``: why it gives nothing today, empty for what is in force."""

    what: str
    until: str = ""
    state: str = ""


@dataclass(frozen=True)
class RightLine:
    """``others``: statements that did not decide, with their tier."""

    right: Right
    allowed: bool
    rule: str
    buttons: str
    others: list[str]


@dataclass(frozen=True)
class ScopeLine:
    """One scope. ``count`` is of customers that the reader sees as well."""

    source: str
    what: str
    is_denied: bool
    count: str


@dataclass(frozen=True)
class FieldLine:
    key: str
    label: str
    level: int
    rule: str
    is_sensitive: bool
    others: list[str]

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)

    @property
    def tone(self) -> str:
        return TONES[Level(self.level)]


@dataclass(frozen=True)
class FieldGroup:
    label: str
    lines: list[FieldLine]

    @property
    def levels(self) -> list[tuple[str, str, int]]:
        """(label, tone, how many fields) of each level in the group, the widest first."""
        counts = Counter(line.level for line in self.lines)
        return [(str(Level(level).label), TONES[Level(level)], counts[level]) for level in sorted(counts, reverse=True)]


@dataclass(frozen=True)
class Conflict:
    """Statements that differ: who wins, who loses, why. ``about``: a right, or the fields for which the same was said."""

    about: str
    winner: str
    losers: list[str]
    why: str


@dataclass(frozen=True)
class Explained:
    sources: list[Source]
    rights: list[RightLine]
    scopes: list[ScopeLine]
    sees: str
    counts_are_limited: bool
    fields: list[FieldGroup]
    conflicts: list[Conflict]


def explain(ledger: Ledger, actor: Actor, reader: Actor) -> Explained:
    """Everything about one person; a few queries, and one bounded count for each of his scopes."""
    fields = _fields(ledger, actor)
    return Explained(
        sources=sources_of(ledger, actor),
        rights=[_right(actor, right) for right in Right],
        scopes=_scopes(ledger, actor, reader),
        sees=_counted(Customer.objects.visible_to(reader) & Customer.objects.visible_to(actor)),
        counts_are_limited=not reader.sees_all,
        fields=fields,
        conflicts=[*_right_conflicts(actor), *_field_conflicts(actor, fields)],
    )


# --- what was given -----------------------------------------------------------------------------------------------------


def sources_of(ledger: Ledger, actor: Actor) -> list[Source]:
    """Roles, exceptions and delegations of the person; after what is in force what is over, to come, or of no effect."""
    user, today = actor.user, timezone.localdate()
    found = [Source(_("%(role)s：%(rights)s") % {"role": each.title, "rights": wording.rights_text(each)})
             for each in actor.roles if each.department]  # fmt: skip
    memberships = Membership.objects.filter(ledger=ledger, user=user).select_related("role").order_by("pk")
    rights = {each.pk: wording.rights_text(each) for each in actor.roles if not each.department}
    for row in memberships:
        state = _state(row, today) or ("" if row.role.is_active else _("角色已停用"))
        what = _("角色「%(role)s」") % {"role": row.role}
        found.append(Source(f"{what}：{rights[row.role_id]}" if row.role_id in rights else what, _until(row), state))
    for row in Override.objects.filter(ledger=ledger, user=user).order_by("pk"):
        found.append(Source(_exception(ledger, row), _until(row), _state(row, today)))
    for row in Delegation.objects.filter(ledger=ledger, delegate=user).select_related("delegator").order_by("pk"):
        labels = "、".join(str(Right(right).label) for right in row.rights if right in Right.values)
        words = {"name": row.delegator, "rights": labels}
        found.append(Source(_("代理「%(name)s」：%(rights)s") % words, _until(row), _state(row, today)))
    if not user.is_active:
        found = [Source(each.what, each.until, each.state or _("账号已停用")) for each in found]
    return sorted(found, key=lambda each: bool(each.state))


def _exception(ledger: Ledger, row: Override) -> str:
    if row.kind == Override.Kind.RIGHT:
        words = {"what": Right(row.key).label if row.key in Right.values else row.key, "reason": row.reason}
        text = (
            _("个人例外：禁止「%(what)s」，原因：%(reason)s")
            if row.is_denied
            else _("个人例外：允许「%(what)s」，原因：%(reason)s")
        )
        return text % words
    label = naming.labels_of(ledger.pk).get(row.key, row.key)
    words = {"field": label, "level": Level(row.level).label, "reason": row.reason}
    if row.is_denied:
        return _("个人例外：「%(field)s」最多「%(level)s」，原因：%(reason)s") % words
    return _("个人例外：「%(field)s」至少「%(level)s」，原因：%(reason)s") % words


def _until(row: Any) -> str:
    """The days of something given; empty for what holds for good."""
    if row.starts_on or row.ends_on:
        return f"{row.starts_on or ''} – {row.ends_on or ''}".strip()
    return ""


def _state(row: Any, today) -> str:
    if row.starts_on and row.starts_on > today:
        return _("%(day)s 起才生效") % {"day": row.starts_on}
    if row.ends_on and row.ends_on < today:
        return _("已于 %(day)s 失效") % {"day": row.ends_on}
    return ""


# --- rights -------------------------------------------------------------------------------------------------------------


def _right(actor: Actor, right: Right) -> RightLine:
    decision = actor.decide(right)
    others = [_told(each) for each in actor.statements(right)[1:]]
    return RightLine(right, decision.allowed, decision.rule, str(BUTTONS.get(right, "")), others)


def _told(each: Statement) -> str:
    return f"{each.tier.label} · {each.rule}"


def _right_conflicts(actor: Actor) -> Iterable[Conflict]:
    for right in Right:
        first, *rest = actor.statements(right) or [None]
        differing = [each for each in rest if each.allows != first.allows]
        if differing:
            words = {"right": right.label, "answer": _("允许") if first.allows else _("禁止")}
            about = _("功能权限「%(right)s」：%(answer)s") % words
            yield Conflict(about, _told(first), [_told(each) for each in differing], _why(first, differing))


def _why(winner: Statement, losers: Iterable[Statement]) -> str:
    """Why the winner wins: its tier, or the more generous word within one tier."""
    first = min(losers, key=lambda each: each.tier)
    words = {"winner": winner.tier.label, "loser": first.tier.label}
    if winner.tier < first.tier:
        return _("「%(winner)s」优先于「%(loser)s」") % words
    if winner.tier == first.tier:
        return _("同为「%(winner)s」，取较宽的一个") % words
    return _("各来源的字段级别取最宽的一个，「%(winner)s」在这里较宽") % words


# --- rows ---------------------------------------------------------------------------------------------------------------


def _scopes(ledger: Ledger, actor: Actor, reader: Actor) -> list[ScopeLine]:
    words, seen = scoping.Words(ledger), Customer.objects.visible_to(reader)
    counts: dict[tuple, str] = {}
    found = []
    for role in actor.roles:
        for is_denied, scopes in ((False, role.scopes), (True, role.denied_scopes)):
            for scope in scopes:
                if scope not in counts:
                    counts[scope] = _counted(seen.filter(scope_condition(actor, *scope)))
                found.append(ScopeLine(role.title, words.of(*scope), is_denied, counts[scope]))
    return found


def _counted(rows) -> str:
    """A count that never walks further than a list's own."""
    count = rows.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


# --- fields -------------------------------------------------------------------------------------------------------------


def _fields(ledger: Ledger, actor: Actor) -> list[FieldGroup]:
    groups: dict[str, list[FieldLine]] = {}
    for each in naming.fields_of(ledger.pk):
        groups.setdefault(each.group, []).append(field_line(actor, each))
    return [FieldGroup(label, lines) for label, lines in groups.items()]


def field_line(actor: Actor, named: naming.NamedField) -> FieldLine:
    """One field: its level, the rule that decides, what else was said."""
    decided = actor.field_decision(named.key)
    others = [_told(each) for each in actor.field_statements(named.key) if each != decided]
    level = actor.field_level(named.key)
    return FieldLine(named.key, named.label, level, decided.rule, named.is_sensitive, others)


def _field_conflicts(actor: Actor, groups: Iterable[FieldGroup]) -> Iterable[Conflict]:
    """Fields of which sources say different levels; fields of which the same was said stand together."""
    found: dict[tuple, list[str]] = {}
    whys: dict[tuple, str] = {}
    for line in (line for group in groups for line in group.lines):
        decided = actor.field_decision(line.key)
        losing = [each for each in actor.field_statements(line.key) if each != decided and each.level != decided.level]
        if losing and decided.tier != Tier.DEFAULT:
            same = (line.level_label, _told(decided), tuple(_told(each) for each in losing))
            found.setdefault(same, []).append(line.label)
            whys[same] = _why(decided, losing)
    for same, labels in found.items():
        level, winner, losers = same
        named = "、".join(labels[:5]) + (_(" 等 %(count)s 个字段") % {"count": len(labels)} if len(labels) > 5 else "")
        yield Conflict(
            _("字段 %(fields)s：%(level)s") % {"fields": named, "level": level}, winner, list(losers), whys[same]
        )


def people(ledger: Ledger):
    """Whom one may ask about: active users, and whoever was ever a member."""
    members = Membership.objects.filter(ledger=ledger).values("user_id")
    active = User.objects.filter(is_active=True) | User.objects.filter(pk__in=members)
    return active.select_related("department").order_by("display_name", "username")
