"""职责分离 (SoD): which rights one person should not have together, who has them, and the check around every change of rights.

What lives here: rules, exceptions, conflicts. What does not: the changes themselves (``ledgers.access``), which call ``watched``.

A rule only warns, or forbids. A forbidden pair can come about in one way: an exception was given before, by somebody else, for a reason and
until a day. When its day has passed the conflict stands in the list again, so nothing forbidden lasts unseen.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from permissions import everybody
from permissions.actor import Actor
from permissions.logs import changes
from permissions.models import DutyException, DutyRule, User
from permissions.rights import Right

from ...models import Ledger
from ...services.locking import changeable

# What firms usually keep apart: (right, right, is_forbidden, why).
TEMPLATES: tuple[tuple[str, str, bool, str], ...] = (
    (Right.ADD, Right.APPROVE, True, gettext_lazy("录入的人不审批自己录入的客户")),
    (Right.EDIT, Right.APPROVE, False, gettext_lazy("修改的人不审批自己的修改")),
    (Right.APPROVE, Right.CONFIGURE, False, gettext_lazy("设置规则的人不按规则审批")),
    (Right.EXPORT, Right.MEMBERS, True, gettext_lazy("管理权限的人不能给自己开口子再导出客户资料")),
    (Right.IMPORT, Right.APPROVE, False, gettext_lazy("批量导入的人不审批导入的结果")),
    (Right.MERGE, Right.APPROVE, False, gettext_lazy("合并客户的人不审批合并")),
    (Right.REOPEN, Right.EDIT, False, gettext_lazy("反结账的人不修改已结账期间的资料")),
)
_ORDER = list(Right.values)
_TOLD = 3
# Sets whose changes an outer ``watched`` weighs already.
_watching: ContextVar[frozenset[int]] = ContextVar("watching", default=frozenset())


@dataclass(frozen=True)
class Conflict:
    """Somebody who has both rights of a rule; where each comes from; the exception that allows it, or the one that ended."""

    user: User
    rule: DutyRule
    sources: tuple[str, str]
    exception: DutyException | None = None
    ended: DutyException | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.user.pk, self.rule.pk

    @property
    def state(self) -> str:
        """``allowed`` by an exception, ``ended`` when it is over, ``forbidden``, or ``warned``."""
        if self.exception:
            return "allowed"
        if self.ended:
            return "ended"
        return "forbidden" if self.rule.is_forbidden else "warned"


def conflicts_of(ledger: Ledger, rights: Collection[str]) -> list[DutyRule]:
    """The rules of the set that break when one person has all of ``rights``, the forbidding ones first."""
    held = {str(right) for right in rights}
    return [rule for rule in _rules(ledger) if rule.one in held and rule.other in held]


def _rules(ledger: Ledger) -> list[DutyRule]:
    return list(ledger.duty_rules.order_by("-is_forbidden", "pk"))


def conflicts(ledger: Ledger, *, on: date | None = None, only: Collection[int] | None = None) -> list[Conflict]:
    """Everybody who breaks a rule on a day (today), by login; ``only``: of these users. A constant number of queries."""
    rules = _rules(ledger)
    if not rules:
        return []
    day = on or timezone.localdate()
    exceptions = {
        (each.user_id, each.rule_id): each
        for each in DutyException.objects.filter(rule__ledger=ledger).select_related("given_by", "user")
    }
    actors = everybody.actors_of(ledger.pk, on=day, only=only)
    return [found for actor in actors for found in _of_actor(actor, rules, exceptions, day)]


def _of_actor(actor: Actor, rules: list[DutyRule], exceptions: dict, day: date) -> Iterator[Conflict]:
    for rule in rules:
        if actor.can(rule.one) and actor.can(rule.other):
            sources = tuple(actor.decide(right).rule for right in (rule.one, rule.other))
            given = exceptions.get((actor.user_id, rule.pk))
            holds = given is not None and given.ends_on >= day and (given.starts_on is None or given.starts_on <= day)
            ended = given if given and given.ends_on < day else None
            yield Conflict(actor.user, rule, sources, given if holds else None, ended)


@contextmanager
def watched(
    ledger: Ledger, *, only: Collection[int] | None = None, days: Iterable[date] = ()
) -> Iterator[list[Conflict]]:
    """Around a change of rights: conflicts that it brings about.

    The list is filled when the change is made: with what only warns. Raises BusinessError ``duties.conflict``, and undoes the change, when
    it brings about a forbidden pair without an exception. ``days``: besides today, when something given begins. Within another ``watched``
    of the same set nothing is asked: the outer one asks once for all of its changes.
    """
    found: list[Conflict] = []
    if ledger.pk in _watching.get() or not ledger.duty_rules.exists():
        yield found
        return
    today = timezone.localdate()
    when = sorted({today, *(day for day in days if day > today)})
    with transaction.atomic():
        before = {each.key for day in when for each in conflicts(ledger, on=day, only=only)}
        token = _watching.set(_watching.get() | {ledger.pk})
        try:
            yield found
        finally:
            _watching.reset(token)
        new = {
            each.key: each for day in when for each in conflicts(ledger, on=day, only=only) if each.key not in before
        }
        refused = [each for each in new.values() if each.state in ("forbidden", "ended") and each.rule.is_forbidden]
        if refused:
            raise _refusal(refused)
        found += [each for each in new.values() if each.state != "allowed"]


def _refusal(refused: list[Conflict]) -> BusinessError:
    told = "；".join(_("%(user)s：%(rule)s") % {"user": each.user, "rule": each.rule} for each in refused[:_TOLD])
    more = _(" 等 %(count)s 处") % {"count": len(refused)} if len(refused) > _TOLD else ""
    return BusinessError(
        _("违反职责分离，不能授予：%(told)s%(more)s。") % {"told": told, "more": more},
        code="duties.conflict",
        remedy=_("请改用其他角色；确有需要的，先在“职责分离”中为他登记一个有期限的例外。"),
    )


def warning(found: list[Conflict]) -> str:
    """What a page says after a change that only warns; blank when there is nothing to say."""
    if not found:
        return ""
    told = "；".join(_("%(user)s：%(rule)s") % {"user": each.user, "rule": each.rule} for each in found[:_TOLD])
    return _("职责分离提示：%(told)s。") % {"told": told}


# --- rules --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_rule(ledger: Ledger, one: str, other: str, *, is_forbidden: bool, note: str = "", by: User | None) -> DutyRule:
    """Make or change the rule of a pair. What people have already stays; it stands in the list of conflicts."""
    if one == other or not {one, other} <= set(_ORDER):
        raise BusinessError(_("请选择两个不同的权限。"), code="duties.pair", field="other")
    changeable(ledger)
    one, other = sorted((str(one), str(other)), key=_ORDER.index)
    values = {"is_forbidden": is_forbidden, "note": note.strip()[:200]}
    rule, _made = DutyRule.objects.update_or_create(ledger=ledger, one=one, other=other, defaults=values)
    how = _("禁止") if is_forbidden else _("提示")
    changes.note(ledger.pk, "duty_rule", by=by, detail=_("%(rule)s：%(how)s") % {"rule": rule, "how": how})
    return rule


@transaction.atomic
def remove_rule(rule: DutyRule, *, by: User | None) -> None:
    """Take a rule away, with its exceptions. Removed twice is removed once."""
    changeable(rule.ledger)
    deleted, _rows = DutyRule.objects.filter(pk=rule.pk).delete()
    if deleted:
        changes.note(rule.ledger_id, "duty_rule", by=by, detail=_("取消规则：%(rule)s") % {"rule": rule})


@transaction.atomic
def add_templates(ledger: Ledger, *, by: User | None) -> int:
    """Add the usual pairs that have no rule yet; returns how many."""
    have = set(ledger.duty_rules.values_list("one", "other"))
    count = 0
    for one, other, is_forbidden, why in TEMPLATES:
        if tuple(sorted((str(one), str(other)), key=_ORDER.index)) not in have:
            set_rule(ledger, one, other, is_forbidden=is_forbidden, note=str(why), by=by)
            count += 1
    return count


# --- exceptions ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def allow(rule: DutyRule, user: User, *, ends_on: date, reason: str, by: User) -> DutyException:
    """Let ``user`` have both rights of a rule until a day; an exception that he had is given anew. Nobody allows himself."""
    changeable(rule.ledger)
    if by.pk == user.pk:
        raise BusinessError(
            _("不能给自己登记例外。"), code="duties.self", field="user", remedy=_("请由另一位有“成员与权限”的人登记。")
        )
    if not user.is_active:
        raise BusinessError(_("用户「%(user)s」已停用。") % {"user": user}, code="user.inactive", field="user")
    reason = reason.strip()
    if not reason:
        raise BusinessError(_("请填写原因。"), code="duties.reason", field="reason")
    if ends_on < timezone.localdate():
        raise BusinessError(_("失效日期已经过去。"), code="duties.dates", field="ends_on")
    values = {"starts_on": None, "ends_on": ends_on, "reason": reason[:200], "given_by": by}
    given, _made = DutyException.objects.update_or_create(rule=rule, user=user, defaults=values)
    detail = _("%(rule)s，至 %(until)s：%(reason)s") % {"rule": rule, "until": ends_on, "reason": reason}
    changes.note(rule.ledger_id, "duty_exception", by=by, user=user, detail=detail)
    return given


@transaction.atomic
def end_exception(given: DutyException, *, by: User | None) -> None:
    """Take an exception back before its day; the conflict stands in the list again. Ended twice is ended once."""
    changeable(given.rule.ledger)
    deleted, _rows = DutyException.objects.filter(pk=given.pk).delete()
    if deleted:
        detail = _("取消例外：%(rule)s") % {"rule": given.rule}
        changes.note(given.rule.ledger_id, "duty_exception", by=by, user=given.user, detail=detail)
