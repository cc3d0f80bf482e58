"""销售只看自己的客户: a few choices about who sees which customers, tried in words and numbers before they hold, and taken back as a whole.

What lives here: plan, preview, apply, undo. What does not: roles in general (``roles``), and which customers a scope means.

Who is a role, or the people of a department with one role. For a department the role gets a subordinate one of its own (it inherits
everything but the rows), to which the people's memberships pass. Others are further roles that are narrowed in the same go. What was
before is kept with the set until it is undone or the next go replaces it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import everybody
from permissions.actor import Actor
from permissions.loading import grants_of
from permissions.logs import changes
from permissions.models import Department, Membership, RightChange, Role, User
from permissions.rights import Right, Scope

from ..models import Ledger, LedgerEvent
from ..services.locking import changeable
from ..services.logbook import note
from . import keeping, people, roles
from .scoping import Words

LAST = "own_customers"  # the key of Ledger.parameters under which the last go stands
CHOICES = (Scope.OWN, Scope.DEPARTMENT, Scope.DEPARTMENT_TREE)
SHOWN = 8


@dataclass(frozen=True)
class Plan:
    """Which role sees what; ``department``: only its people (and below). ``others``: role → what its holders see from now on."""

    role: Role
    scope: str
    department: Department | None = None
    others: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a plan would mean for one person: how many customers he sees, before and after, in words."""

    user: User
    before: str
    after: str


@dataclass(frozen=True)
class Preview:
    effects: list[Effect]
    affected: int
    # People whose rows stay wider than the plan, because something else opens them.
    wider: list[User]

    @property
    def more(self) -> int:
        return self.affected - len(self.effects)


def check(ledger: Ledger, plan: Plan) -> None:
    """BusinessError for a role that cannot be narrowed: that of the 账套主管, one without 查看, one that is switched off."""
    wanted = {plan.role.pk: plan.scope, **plan.others}
    rows = {row.pk: row for row in ledger.roles.filter(pk__in=wanted)}
    if set(rows) != set(wanted) or not set(wanted.values()) <= set(CHOICES):
        raise BusinessError(_("账套中没有这个角色，或没有这样的范围。"), code="own.role")
    for row in rows.values():
        if row.code == keeping.MANAGER:
            raise BusinessError(
                _("账套主管要看得到全部客户，不能这样限制。"), code="own.manager", remedy=_("请选择销售等业务角色。")
            )
        if not row.is_active:
            raise BusinessError(_("角色「%(name)s」已停用。") % {"name": row.name}, code="own.inactive")
    if plan.department and not _moving(ledger, plan).exists():
        raise BusinessError(
            _("部门「%(department)s」里没有人有角色「%(role)s」。")
            % {"department": plan.department, "role": plan.role},
            code="own.nobody",
            remedy=_("请选择另一个部门或角色。"),
        )
    if plan.department:
        reach = people.Reach(ledger)
        reached = [each for pk in Department.subtree(plan.department.pk) for each in reach.of(pk)]
        if any(each.role_id == plan.role.pk for each in reached):
            raise BusinessError(
                _("部门「%(department)s」的人由部门授权得到角色「%(role)s」，不能只限制其中的个人。")
                % {"department": plan.department, "role": plan.role},
                code="own.through",
                remedy=_("请不选部门，限制整个角色；或先取消该部门授权。"),
            )


def _moving(ledger: Ledger, plan: Plan):
    """Memberships of the department's people in the role."""
    inside = Department.subtree(plan.department.pk)
    return Membership.objects.filter(ledger=ledger, role=plan.role, user__department_id__in=inside)


def preview(ledger: Ledger, plan: Plan) -> Preview:
    """Who would see how many; nothing is saved. People are counted, of the first few also customers."""
    check(ledger, plan)
    wanted = {plan.role.pk: plan.scope, **plan.others}
    inside = Department.subtree(plan.department.pk) if plan.department else None
    effects, wider, affected = [], [], 0
    for actor in everybody.actors_of(ledger.pk):
        after = _after(actor, plan, wanted, inside)
        if after is None:
            continue
        affected += 1
        mine = {scope for role, scope in wanted.items() if any(each.pk == role for each in actor.roles)}
        if {kind for kind, _values in after.row_scopes} - mine:
            wider.append(actor.user)
        if len(effects) < SHOWN:
            effects.append(Effect(actor.user, people.seen_by(actor), people.seen_by(after)))
    return Preview(effects, affected, wider)


def _after(actor: Actor, plan: Plan, wanted: dict[int, str], inside: Iterable[int] | None) -> Actor | None:
    """The actor as the plan would leave him; None when it does not touch him."""
    outside = inside is not None and actor.user.department_id not in inside
    touched = []
    for role in actor.roles:
        stays = role.pk not in wanted or (
            role.pk == plan.role.pk and (outside or (plan.department and role.department))
        )
        touched.append(role if stays else replace(role, scopes=((wanted[role.pk], ()),)))
    return None if touched == list(actor.roles) else actor.with_roles(touched)


@transaction.atomic
def apply(ledger: Ledger, plan: Plan, *, by: User | None) -> str:
    """Do it; returns what was done in words. Raises BusinessError, like every change of roles."""
    ledger = changeable(ledger)
    check(ledger, plan)
    wanted = dict(plan.others) if plan.department else {plan.role.pk: plan.scope, **plan.others}
    record: dict[str, Any] = {"roles": [], "moved": [], "made": None}
    if plan.department:
        variant = _variant(ledger, plan, by, record)
        _move(ledger, _moving(ledger, plan), variant, by, record)
    for role in ledger.roles.filter(pk__in=wanted):
        before = roles.of_role(role)
        after = replace(before, scopes=((str(wanted[role.pk]), ()),))
        roles.save(ledger, after, by=by, role=role)
        if after.mark != before.mark:
            record["roles"].append({"pk": role.pk, "before": _plain(before), "mark": after.mark})
    told = _told(ledger, plan, by)
    record |= {"told": told, "by": str(by or ""), "at": timezone.localtime().strftime("%Y-%m-%d %H:%M")}
    _remember(ledger, record)
    return told


def _plain(draft: roles.Draft) -> list:
    return [[str(kind), list(values)] for kind, values in draft.scopes]


def _variant(ledger: Ledger, plan: Plan, by: User | None, record: dict[str, Any]) -> Role:
    """The role of the department's people: subordinate to the general one, with rows of its own. Made once, then changed."""
    code = f"{plan.role.code[:14]}_{plan.department.code[:15]}"
    have = ledger.roles.filter(code=code, parent=plan.role).first()
    if have is not None:
        before = roles.of_role(have)
        after = replace(before, scopes=((str(plan.scope), ()),))
        roles.save(ledger, after, by=by, role=have)
        record["roles"].append({"pk": have.pk, "before": _plain(before), "mark": after.mark})
        return have
    draft = roles.Draft(
        name=f"{plan.role.name}（{plan.department.name}）"[:60],
        code=code,
        parent_id=plan.role.pk,
        description=_("由“销售只看自己的客户”建立，功能和字段继承上级角色"),
        scopes=((str(plan.scope), ()),),
        sensitive_level=plan.role.sensitive_level,
    )
    made = roles.save(ledger, roles.beginning(ledger, draft), by=by)
    record["made"] = made.pk
    return made


def _move(ledger: Ledger, memberships, target: Role, by: User | None, record: dict[str, Any]) -> None:
    """Let memberships be in another role; who is in it already keeps that one, and loses the other."""
    have = set(Membership.objects.filter(ledger=ledger, role=target).values_list("user_id", flat=True))
    rows = list(memberships.select_related("user", "role"))
    record["moved"] = [
        {"user": row.user_id, "role": row.role_id, "to": target.pk, "days": [_iso(row.starts_on), _iso(row.ends_on)]}
        for row in rows
    ]
    with keeping.watched(ledger, by=by):
        for row in rows:
            about = {"by": by, "user": row.user, "detail": f"{row.user} · {row.role} → {target}"}
            if row.user_id in have:
                row.delete()
            else:
                row.role = target
                row.save(update_fields=["role"])
            changes.note(ledger.pk, RightChange.Kind.MEMBER_CHANGED, role=target, **about)


def _iso(day) -> str | None:
    return day.isoformat() if day else None


def _told(ledger: Ledger, plan: Plan, by: User | None) -> str:
    who = f"{plan.department}·{plan.role}" if plan.department else str(plan.role)
    told = [_("%(who)s：%(scope)s") % {"who": who, "scope": Scope(plan.scope).label}]
    names = dict(ledger.roles.filter(pk__in=plan.others).values_list("pk", "name"))
    told += [
        _("%(who)s：%(scope)s") % {"who": names[pk], "scope": Scope(scope).label} for pk, scope in plan.others.items()
    ]
    text = "；".join(told)
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("数据范围向导：%(told)s") % {"told": text})
    return text


# --- taking it back ---------------------------------------------------------------------------------------------------


def last(ledger: Ledger) -> dict[str, Any] | None:
    """The last go: ``told``, ``by``, ``at`` in words, and what is needed to undo it; None when there is none."""
    return ledger.parameters.get(LAST)


def _remember(ledger: Ledger, record: dict[str, Any] | None) -> None:
    ledger.parameters.pop(LAST, None)
    if record:
        ledger.parameters[LAST] = record
    ledger.save(update_fields=["parameters"])


@transaction.atomic
def undo(ledger: Ledger, *, by: User | None) -> str:
    """Take the last go back as a whole; returns what it was. BusinessError when one of its roles was changed since, or there is none."""
    ledger = changeable(ledger)
    record = last(ledger)
    if record is None:
        raise BusinessError(_("没有可以撤销的操作。"), code="own.nothing")
    rows = {row.pk: row for row in ledger.roles.filter(pk__in=[each["pk"] for each in record["roles"]])}
    for each in record["roles"]:
        role = rows.get(each["pk"])
        if role is None or roles.of_role(role).mark != each["mark"]:
            raise BusinessError(
                _("角色「%(name)s」在那之后又被修改过，不能整体撤销。") % {"name": role or "?"},
                code="own.changed",
                remedy=_("请在“角色”页直接修改它的数据范围。"),
            )
    with keeping.watched(ledger, by=by):
        _move_back(ledger, record, by)
    for each in record["roles"]:
        before = tuple((kind, tuple(values)) for kind, values in each["before"])
        roles.save(ledger, replace(roles.of_role(rows[each["pk"]]), scopes=before), by=by, role=rows[each["pk"]])
    made = ledger.roles.filter(pk=record["made"]).first() if record["made"] else None
    if made is not None and not roles.objections(made):
        roles.remove(made, by=by)
    _remember(ledger, None)
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("撤销数据范围向导：%(told)s") % {"told": record["told"]})
    return record["told"]


def _move_back(ledger: Ledger, record: dict[str, Any], by: User | None) -> None:
    for each in record["moved"]:
        row = (
            Membership.objects.filter(ledger=ledger, user=each["user"], role=each["to"]).select_related("user").first()
        )
        role = ledger.roles.filter(pk=each["role"]).first()
        if row is None or role is None:
            continue  # removed since: then he is not given it back
        if Membership.objects.filter(ledger=ledger, user=each["user"], role=role).exists():
            row.delete()
        else:
            row.role = role
            row.save(update_fields=["role"])
        detail = f"{row.user} → {role}"
        changes.note(ledger.pk, RightChange.Kind.MEMBER_CHANGED, by=by, user=row.user, role=role, detail=detail)


def candidates(ledger: Ledger) -> list[tuple[Role, str, int]]:
    """(role, scope in words, people) of every role that the wizard may narrow: active, with 查看, not that of the 账套主管."""
    rows = list(ledger.roles.filter(is_active=True).exclude(code=keeping.MANAGER))
    grants = {each.pk: each for each in grants_of((row.pk, "") for row in rows)}
    words, counts = Words(ledger), headcounts(everybody.actors_of(ledger.pk))
    return [
        (row, words.text(grants[row.pk].scopes, grants[row.pk].denied_scopes), counts.get(row.pk, 0))
        for row in rows
        if Right.VIEW in grants[row.pk].rights
    ]


def headcounts(actors: Iterable[Actor]) -> dict[int, int]:
    """Role → how many people have it today, themselves or through a department."""
    found: dict[int, int] = {}
    for actor in actors:
        for pk in {role.pk for role in actor.roles}:
            found[pk] = found.get(pk, 0) + 1
    return found
