"""账套体检: is everything there that an account set needs to work? One verdict per question, with what to do.

What lives here: the questions about the set itself. What does not: those about categories and numbers; the customers app adds
its own through ``more_checks``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared import startup
from permissions.models import Membership

from .. import currencies
from ..models import Ledger
from .members import managers
from .periods import ONE_DAY


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """The answer to one question; ``remedy`` is empty when all is well."""

    check: str
    title: str
    verdict: Verdict
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


# Filled by higher apps in AppConfig.ready.
more_checks: list[Callable[[Ledger], Iterable[Finding]]] = []


def run(ledger: Ledger) -> list[Finding]:
    """All findings, in the order in which a set is built."""
    findings = [_database(ledger), _state(ledger), *_periods(ledger), _base_currency(ledger), _manager(ledger)]
    findings += [_members(ledger), _roles(ledger)]
    for check in more_checks:
        findings += check(ledger)
    return findings


def failed(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict == Verdict.FAILED]


def _database(ledger: Ledger) -> Finding:
    """Writes a row for real and takes it back: only that tells a read-only file or a full disk."""
    title = _("数据库可写")
    try:
        with transaction.atomic():
            Ledger.objects.filter(pk=ledger.pk).update(wizard_step=ledger.wizard_step)
            transaction.set_rollback(True)
    except DatabaseError as failure:
        why = startup.explain(failure) or type(failure).__name__
        return Finding("database", title, Verdict.FAILED, why, _("请检查数据目录的权限和磁盘空间。"))
    return Finding("database", title, Verdict.OK, _("可以写入。"))


def _state(ledger: Ledger) -> Finding:
    title, label = _("账套状态"), ledger.get_state_display()
    if ledger.state == Ledger.State.ACTIVE:
        return Finding("state", title, Verdict.OK, label)
    if ledger.state == Ledger.State.DRAFT:
        return Finding("state", title, Verdict.FAILED, _("还是草稿，不能录入客户。"), _("请完成建账并启用。"))
    message = _("%(state)s：不能录入或修改客户。") % {"state": label}
    return Finding("state", title, Verdict.WARNING, message, _("需要继续使用时，请在“状态”页启用。"))


def _periods(ledger: Ledger) -> Iterator[Finding]:
    spans = list(ledger.periods.order_by("starts_on").values_list("name", "starts_on", "ends_on"))
    if spans:
        yield _periods_today(spans, timezone.localdate())
        yield _periods_joined(spans)
    else:
        remedy = _("启用账套时系统会建立期间。") if ledger.state == Ledger.State.DRAFT else _("请在“期间”页建立年度。")
        yield Finding("period_today", _("当前期间"), Verdict.FAILED, _("账套还没有期间。"), remedy)


def _periods_today(spans: list[tuple[str, date, date]], today: date) -> Finding:
    title = _("当前期间")
    current = next((name for name, first, last in spans if first <= today <= last), None)
    if current:
        return Finding("period_today", title, Verdict.OK, _("今天在「%(name)s」内。") % {"name": current})
    message = _("今天（%(date)s）不在任何期间内。") % {"date": today.isoformat()}
    return Finding("period_today", title, Verdict.FAILED, message, _("请在“期间”页建立下一年度。"))


def _periods_joined(spans: list[tuple[str, date, date]]) -> Finding:
    title = _("期间连续")
    for (before, _first, last), (after, first, _last) in zip(spans, spans[1:], strict=False):
        if first != last + ONE_DAY:
            between = {"before": before, "after": after}
            text = (
                _("「%(before)s」与「%(after)s」之间有空档。")
                if first > last
                else _("「%(before)s」与「%(after)s」重叠。")
            )
            return Finding("period_gaps", title, Verdict.FAILED, text % between, _("请联系系统管理员更正期间日期。"))
    return Finding("period_gaps", title, Verdict.OK, _("%(count)s 个期间，无空档、无重叠。") % {"count": len(spans)})


def _base_currency(ledger: Ledger) -> Finding:
    title, code = _("本位币"), ledger.base_currency
    if code in currencies.codes():
        return Finding("currency", title, Verdict.OK, currencies.label(code))
    return Finding(
        "currency", title, Verdict.FAILED, _("「%(code)s」不是有效币种。") % {"code": code}, _("请重新设置本位币。")
    )


def _manager(ledger: Ledger) -> Finding:
    title = _("账套主管")
    names = "、".join(str(membership.user) for membership in managers(ledger).select_related("user")[:3])
    if names:
        return Finding("manager", title, Verdict.OK, names)
    remedy = _("请指定一名在职用户为账套主管，否则没有人能在页面上管理这个账套。")
    return Finding("manager", title, Verdict.WARNING, _("没有有效的账套主管。"), remedy)


def _members(ledger: Ledger) -> Finding:
    title = _("成员")
    people = Membership.objects.in_force().filter(ledger=ledger)
    count = people.filter(user__is_active=True).values("user").distinct().count()
    left = people.filter(user__is_active=False).values("user").distinct().count()
    if not count:
        return Finding("members", title, Verdict.WARNING, _("没有成员。"), _("请在“成员”页增加成员。"))
    if left:
        message = _("%(count)s 名成员，另有 %(left)s 名已停用的用户。") % {"count": count, "left": left}
        return Finding("members", title, Verdict.WARNING, message, _("请在“成员”页移除已停用的用户。"))
    return Finding("members", title, Verdict.OK, _("%(count)s 名成员。") % {"count": count})


def _roles(ledger: Ledger) -> Finding:
    title = _("角色与数据范围")
    roles = list(ledger.roles.prefetch_related("scopes"))
    if not roles:
        return Finding("roles", title, Verdict.FAILED, _("账套没有角色。"), _("请启用账套，系统会建立角色。"))
    bare = [role.name for role in roles if not role.scopes.all()]
    if bare:
        message = _("角色没有数据范围：%(names)s。") % {"names": "、".join(bare)}
        return Finding(
            "roles", title, Verdict.FAILED, message, _("请为这些角色设置数据范围，否则其成员看不到任何客户。")
        )
    return Finding("roles", title, Verdict.OK, _("%(count)s 个角色，均有数据范围。") % {"count": len(roles)})
