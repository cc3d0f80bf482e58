"""建账指引: what is left to do until a set is ready for daily work, with where to do it.

What lives here: the steps and how each shows that it is done. What does not: the checks of 账套体检, which ask whether what is there is sound.
Every step costs one small query; an optional step never keeps the guide from being finished.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ledgers.models import Ledger, Period
from ledgers.pages import needs, render_settings
from permissions.actor import Actor
from permissions.models import Membership
from permissions.rights import Right

from ..models import Customer, CustomField, SalesRegion
from ..services import numbering
from . import categories


@dataclass(frozen=True)
class Step:
    """``state``: what is there already, in words; empty means not done."""

    title: str | Promise
    hint: str | Promise
    url_name: str
    state: Callable[[Ledger], str]
    right: str = Right.CONFIGURE
    is_optional: bool = False


@dataclass(frozen=True)
class Shown:
    """A step as it stands in one set."""

    step: Step
    state: str

    @property
    def is_done(self) -> bool:
        return bool(self.state)


def _periods(ledger: Ledger) -> str:
    today = timezone.localdate()
    current = ledger.periods.filter(starts_on__lte=today, ends_on__gte=today, state=Period.State.OPEN).first()
    return _("当前期间：%(name)s") % {"name": current.name} if current else ""


def _categories(ledger: Ledger) -> str:
    nodes = [node for node in categories.tree(ledger) if node.category.is_active]
    if not nodes:
        return ""
    return _("%(count)s 个分类，%(levels)s 级") % {
        "count": len(nodes),
        "levels": max(node.depth for node in nodes) + 1,
    }


def _regions(ledger: Ledger) -> str:
    count = SalesRegion.objects.filter(ledger=ledger, is_active=True).count()
    return _("%(count)s 个区域") % {"count": count} if count else ""


def _fields(ledger: Ledger) -> str:
    count = CustomField.objects.filter(ledger=ledger, state=CustomField.State.ACTIVE).count()
    return _("%(count)s 个自定义字段") % {"count": count} if count else ""


def _numbers(ledger: Ledger) -> str:
    rule = numbering.rule_in_force(ledger)
    if rule:
        return str(rule)
    return _("手工编号") if ledger.parameter("number_mode") == "manual" else ""


def _members(ledger: Ledger) -> str:
    count = Membership.objects.in_force().filter(ledger=ledger).values("user").distinct().count()
    return _("%(count)s 名成员") % {"count": count} if count > 1 else ""


def _customers(ledger: Ledger) -> str:
    return _("已有客户") if Customer.objects.visible_to(Actor.system(ledger.pk)).exists() else ""


STEPS = (
    Step(gettext_lazy("期间"), gettext_lazy("业务日期必须落在开放的期间内；建账时已按会计年度生成，可在此结账或结转下一年度。"),
         "ledger_periods", _periods),
    Step(gettext_lazy("客户分类"), gettext_lazy("按您的业务建立分类，可以有多级；分类可以带编码规则、必填字段和默认值。"), "category_list", _categories),
    Step(gettext_lazy("销售区域"), gettext_lazy("如华东、华南；按省市自动归入，可用于编号、筛选和数据范围。"), "region_list", _regions,
         is_optional=True),
    Step(gettext_lazy("自己的字段"), gettext_lazy("增加贵公司特有的字段，设置必填、显示条件、校验规则和录入模板，不需要开发。"), "field_design", _fields,
         is_optional=True),
    Step(gettext_lazy("编码规则"), gettext_lazy("由固定文字、区域、分类、日期、流水号等组成，如 HD-VIP-00017；保存前可预览和试编。"), "numbering_rule",
         _numbers),
    Step(gettext_lazy("成员与角色"), gettext_lazy("把同事加入账套，并给每人一个角色：决定看哪些客户、能做什么。"), "ledger_members", _members, Right.MEMBERS),
    Step(gettext_lazy("第一批客户"), gettext_lazy("录入第一位客户，或把现有的 Excel 客户表一次导入。"), "customer_new", _customers, Right.ADD),
)  # fmt: skip


def steps(ledger: Ledger, actor: Actor) -> list[Shown]:
    """The steps that the actor may take, each with what is there already."""
    return [Shown(step, step.state(ledger)) for step in STEPS if actor.can(step.right)]


def is_finished(shown: list[Shown]) -> bool:
    return all(each.is_done or each.step.is_optional for each in shown)


@require_safe
@needs(Right.CONFIGURE)
def setup_guide(request: HttpRequest) -> HttpResponse:
    """The page; the dashboard shows the same steps until the set is ready."""
    shown = steps(request.ledger, request.actor)
    context = {"steps": shown, "is_finished": is_finished(shown)}
    return render_settings(request, "settings/guide.html", "setup_guide", context)
