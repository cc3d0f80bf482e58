"""账套体检: is everything there that an account set needs to work, and why can none be made? One verdict per question, with what to do.

What lives here: the questions about the set itself, and those before it is made. What does not: those about categories and numbers; the customers app adds
its own through ``more_checks``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db import DatabaseError, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared import startup
from erp_site.shared.errors import BusinessError
from permissions import duties, everybody
from permissions.actor import Actor
from permissions.loading import grants_of
from permissions.models import Company, Department, Membership, Position, User
from permissions.rights import Scope

from .. import currencies
from ..access import wording
from ..models import Ledger, Period
from . import coding, creating, periods
from .members import managers
from .periods import ONE_DAY

OLD_RATE_DAYS = 92


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
    findings = [_database(), _state(ledger), _naming(ledger), _organisation(ledger), *_periods(ledger)]
    actors = everybody.actors_of(ledger.pk)
    findings += [_base_currency(ledger), *_rates(ledger), _manager(ledger), _members(ledger, actors), _roles(ledger)]
    findings += [_sees_nothing(actors), _separation()]
    for check in more_checks:
        findings += check(ledger)
    return findings


def before_creation(
    *,
    may_create: bool = True,
    code: str | None = None,
    name: str | None = None,
    company: str = "",
    fiscal_year: int | None = None,
    currency: str = "CNY",
    manager: User | None = None,
) -> list[Finding]:
    """Every cause for which an account set cannot be made, each with its verdict; what is not given is not judged."""
    findings = [_permission(may_create), _database(), _code_rule()]
    asked = [("code", _("账套编码"), lambda: creating.check_code(code))] if code is not None else []
    asked += [("name", _("账套名称"), lambda: creating.check_name(name))] if name is not None else []
    asked += [
        ("fiscal_year", _("会计年度"), lambda: periods.check_year(fiscal_year or creating.current_fiscal_year(1))),
        ("currency", _("本位币"), lambda: currencies.require(currency)),
    ]
    findings += [_asked(key, title, question) for key, title, question in asked]
    findings += [_organisation_before(company), _people(manager)]
    return findings


def _asked(key: str, title: str, question: Callable[[], None]) -> Finding:
    """The verdict of a verb's own check."""
    try:
        question()
    except BusinessError as fault:
        return Finding(key, title, Verdict.FAILED, fault.message, fault.remedy)
    return Finding(key, title, Verdict.OK, _("可以使用。"))


def _permission(may_create: bool) -> Finding:
    title = _("新建账套的权限")
    if may_create:
        return Finding("permission", title, Verdict.OK, _("当前用户可以新建账套。"))
    remedy = _("请联系系统管理员授予系统权限“可以新增账套”。")
    return Finding("permission", title, Verdict.FAILED, _("您没有新建账套的权限。"), remedy)


def _code_rule() -> Finding:
    title, pattern, proposal = _("账套编码规则"), coding.pattern(), coding.propose()
    if not proposal:
        message = _("按编码规则「%(rule)s」已经没有可用的编码。") % {"rule": pattern}
        return Finding("code_rule", title, Verdict.FAILED, message, _("请系统管理员修改账套编码规则。"))
    words = {"rule": pattern or _("不限"), "code": proposal}
    return Finding("code_rule", title, Verdict.OK, _("规则：%(rule)s；下一个可用的编码：%(code)s。") % words)


def _organisation_before(company: str) -> Finding:
    title = _("组织架构")
    if company:
        return _asked("organisation", title, lambda: creating.check_organisation(company, None))
    counts = {
        "companies": Company.objects.filter(is_active=True).count(),
        "departments": Department.objects.filter(is_active=True).count(),
    }
    if not counts["departments"]:
        message = _("还没有建立部门，账套和成员无法归属到部门。")
        return Finding("organisation", title, Verdict.WARNING, message, _("请系统管理员先建立组织架构。"))
    return Finding("organisation", title, Verdict.OK, _("%(companies)s 家公司，%(departments)s 个部门。") % counts)


def _people(manager: User | None) -> Finding:
    title = _("账套主管人选")
    if manager is not None and not manager.is_active:
        return Finding(
            "manager", title, Verdict.FAILED, _("用户「%(user)s」已停用。") % {"user": manager}, _("请指定在职用户。")
        )
    count = User.objects.filter(is_active=True).count()
    if not count:
        return Finding("manager", title, Verdict.FAILED, _("没有可以担任账套主管的用户。"), _("请先建立用户。"))
    return Finding("manager", title, Verdict.OK, _("%(count)s 名在职用户可选。") % {"count": count})


def failed(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict == Verdict.FAILED]


def line(found: Finding) -> str:
    """One finding as a line of a command's answer."""
    words = {Verdict.OK: _("通过"), Verdict.WARNING: _("提醒"), Verdict.FAILED: _("不通过")}
    text = f"[{words[found.verdict]}] {found.title}：{found.message}"
    return f"{text} {found.remedy}" if found.remedy else text


def _database() -> Finding:
    """Writes a row for real and takes it back: only that tells a read-only file, a full disk or an account without rights."""
    title = _("数据库可写")
    try:
        with transaction.atomic():
            Position.objects.create(code="\x01check", name="\x01check")
            transaction.set_rollback(True)
    except DatabaseError as failure:
        why = startup.explain(failure) or type(failure).__name__
        return Finding(
            "database", title, Verdict.FAILED, why, _("请检查数据目录的权限和磁盘空间，以及数据库账户的权限。")
        )
    return Finding("database", title, Verdict.OK, _("可以写入。"))


def _state(ledger: Ledger) -> Finding:
    title, label = _("账套状态"), ledger.get_state_display()
    if ledger.state == Ledger.State.ACTIVE:
        return Finding("state", title, Verdict.OK, label)
    if ledger.state == Ledger.State.DRAFT:
        return Finding("state", title, Verdict.FAILED, _("还是草稿，不能录入客户。"), _("请完成建账并启用。"))
    message = _("%(state)s：不能录入或修改客户。") % {"state": label}
    return Finding("state", title, Verdict.WARNING, message, _("需要继续使用时，请在“状态”页启用。"))


def _naming(ledger: Ledger) -> Finding:
    """Name and code, once each whatever their case."""
    title = _("编码与名称唯一")
    others = Ledger.objects.exclude(pk=ledger.pk)
    clash = others.filter(Q(code__iexact=ledger.code) | Q(name__iexact=ledger.name)).first()
    if clash:
        message = _("与账套「%(other)s」的编码或名称相同。") % {"other": clash}
        return Finding("naming", title, Verdict.FAILED, message, _("请在“基本信息”页修改名称。"))
    return Finding("naming", title, Verdict.OK, f"{ledger.code} {ledger.name}")


def _organisation(ledger: Ledger) -> Finding:
    title = _("所属公司与部门")
    try:
        creating.check_organisation(ledger.company, ledger.department)
    except BusinessError as fault:
        return Finding("organisation", title, Verdict.WARNING, fault.message, _("请在“基本信息”页改正。"))
    told = " · ".join(filter(None, (ledger.company, str(ledger.department or ""))))
    if not told:
        message, remedy = _("没有填写所属公司和部门。"), _("请在“基本信息”页补上。")
        return Finding("organisation", title, Verdict.WARNING, message, remedy)
    return Finding("organisation", title, Verdict.OK, told)


def _rates(ledger: Ledger) -> Iterator[Finding]:
    """Foreign currencies that cannot be converted today, or only by an old rate."""
    title, today = _("汇率"), ledger.today()
    used = list(ledger.currencies.values_list("code", flat=True))
    if not used:
        return
    dated = dict(ledger.rates.filter(currency__in=used, on__lte=today).values_list("currency").annotate(last=Max("on")))
    bare = [code for code in used if code not in dated]
    old = [code for code in used if code in dated and (today - dated[code]).days > OLD_RATE_DAYS]
    if bare or old:
        parts = [_("%(codes)s 还没有汇率。") % {"codes": "、".join(bare)}] if bare else []
        parts += (
            [_("%(codes)s 的汇率已超过 %(days)s 天。") % {"codes": "、".join(old), "days": OLD_RATE_DAYS}]
            if old
            else []
        )
        yield Finding("rates", title, Verdict.WARNING, "".join(parts), _("请在“币种与汇率”页增加汇率。"))
    else:
        yield Finding("rates", title, Verdict.OK, _("%(count)s 种外币均有近期汇率。") % {"count": len(used)})


def _periods(ledger: Ledger) -> Iterator[Finding]:
    spans = list(ledger.periods.order_by("starts_on").values_list("name", "starts_on", "ends_on"))
    if spans:
        yield _periods_today(spans, ledger.today())
        yield _periods_joined(spans)
        yield _periods_open(ledger)
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


def _periods_open(ledger: Ledger) -> Finding:
    title, today = _("开放期间"), ledger.today()
    opened = ledger.periods.filter(state=Period.State.OPEN).order_by("starts_on")
    first = opened.first()
    if first is None:
        return Finding("period_open", title, Verdict.FAILED, _("所有期间都已结账。"), _("请建立下一年度，或反结账。"))
    if first.starts_on > today:
        message = _("今天所在的期间已结账，最早的开放期间是「%(name)s」。") % {"name": first.name}
        return Finding("period_open", title, Verdict.WARNING, message, _("需要补录时请反结账。"))
    late = opened.filter(ends_on__lt=today).count()
    return Finding("period_open", title, Verdict.OK, _("%(count)s 个已过去的期间尚未结账。") % {"count": late})


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


def _members(ledger: Ledger, actors: list[Actor]) -> Finding:
    """Whoever has a role himself, through his department, or by standing in for somebody."""
    title, count = _("成员"), len(actors)
    people = Membership.objects.in_force().filter(ledger=ledger)
    left = people.filter(user__is_active=False).values("user").distinct().count()
    if not count:
        return Finding("members", title, Verdict.WARNING, _("没有成员。"), _("请在“成员”页增加成员。"))
    if left:
        message = _("%(count)s 名成员，另有 %(left)s 名已停用的用户。") % {"count": count, "left": left}
        return Finding("members", title, Verdict.WARNING, message, _("请在“成员”页移除已停用的用户。"))
    return Finding("members", title, Verdict.OK, _("%(count)s 名成员。") % {"count": count})


def _roles(ledger: Ledger) -> Finding:
    """Active roles, with what they inherit, that give nothing or open no customers."""
    title = _("角色与数据范围")
    active = [(pk, "") for pk in ledger.roles.filter(is_active=True).order_by("code").values_list("pk", flat=True)]
    if not active:
        return Finding("roles", title, Verdict.FAILED, _("账套没有启用的角色。"), _("请启用账套，系统会建立角色。"))
    grants = grants_of(active)
    bare = [grant.name for grant in grants if not grant.scopes]
    if bare:
        message = _("角色没有数据范围：%(names)s。") % {"names": "、".join(bare)}
        return Finding(
            "roles", title, Verdict.FAILED, message, _("请为这些角色设置数据范围，否则其成员看不到任何客户。")
        )
    odd = [f"{grant.name}：{sentence}" for grant in grants for sentence in wording.warnings(grant)]
    if odd:
        return Finding("roles", title, Verdict.WARNING, "".join(odd[:3]), _("请在“角色”页检查。"))
    return Finding("roles", title, Verdict.OK, _("%(count)s 个角色，均有数据范围。") % {"count": len(active)})


def _sees_nothing(actors: list[Actor]) -> Finding:
    """Members whose roles give no look at any customer: no right 查看, or only departments while they belong to none."""
    title = _("成员能看到客户")
    blind = [str(actor.user) for actor in actors if not _has_scope(actor)]
    if blind:
        message = _("%(names)s 看不到任何客户：角色没有“查看”，或按部门授权而本人没有部门。") % {
            "names": "、".join(blind[:5]) + (_(" 等 %(count)s 人") % {"count": len(blind)} if len(blind) > 5 else "")
        }
        return Finding("sees_nothing", title, Verdict.WARNING, message, _("请给这些用户指定部门，或更换角色。"))
    return Finding("sees_nothing", title, Verdict.OK, _("每名成员至少有一个可用的数据范围。"))


def _separation() -> Finding:
    """Of the installation, as everybody who works in a set depends on it: 未分立 is said, not hidden."""
    title = _("三员分立")
    if not duties.is_separated():
        message, remedy = _("未分立：管理员可以同时拥有业务权限。"), _("请由超级管理员在“审计 → 三员分立”启用。")
        return Finding("separation", title, Verdict.WARNING, message, remedy)
    daily = User.objects.filter(is_superuser=True, is_active=True, last_login__gte=timezone.now() - timedelta(days=30))
    if names := "、".join(map(str, daily[:5])):
        message = _("已分立；但超级管理员 %(names)s 最近 30 天登录过。") % {"names": names}
        return Finding(
            "separation", title, Verdict.WARNING, message, _("超级管理员只应在应急时使用，日常请用各自的账号。")
        )
    return Finding("separation", title, Verdict.OK, _("已分立：系统、安全、审计管理员互不兼任，都看不到客户资料。"))


def _has_scope(actor: Actor) -> bool:
    tied = set() if actor.user.department_id else {Scope.DEPARTMENT, Scope.DEPARTMENT_TREE}
    if any(kind == Scope.ALL for kind, _values in actor.denied_scopes):
        return False
    return any(kind not in tied for kind, _values in actor.row_scopes) or any(map(_has_scope, actor.lent_rows))
