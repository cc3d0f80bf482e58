"""What would have to change so that somebody sees a customer, or gets a right: each in one sentence, with a link where the reader can do it.

What lives here: suggestions. What does not: doing any of it, and whether it should be done.
"""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.organisation import access
from permissions.rights import Right, Scope

from ..models import Customer
from .reasons import Reasons, Trial, Verdict


@dataclass(frozen=True)
class Remedy:
    """``url`` is empty where the reader cannot do it himself; ``who`` says then who can."""

    text: str
    url: str = ""
    who: str = ""


def address(name: str, *args) -> str:
    """The address of a route, empty where the installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def for_customer(reasons: Reasons, verdict: Verdict, actor: Actor) -> list[Remedy]:
    """What would let ``actor`` see the customer, the smallest change first; nothing for one whom he sees already."""
    if verdict.sees:
        return []
    deciding = verdict.deciding
    if deciding and deciding.takes:
        return [_undo(reasons, deciding, actor)]
    found = [_sharing(reasons.customer, actor)]
    kinds = {trial.kind: trial for trial in verdict.trials if trial.role and not trial.takes and trial.is_told}
    for kind, trial in kinds.items():
        if remedy := _by_kind(reasons, kind, trial, actor):
            found.append(remedy)
    found.append(_another_role(reasons, actor))
    return found


def _undo(reasons: Reasons, deciding: Trial, actor: Actor) -> Remedy:
    code, name = reasons.customer.ledger.code, {"name": actor.user}
    if deciding.kind == "import":
        return Remedy(_("等导入完成；在“导入”页面可以看到进度，也可以取消"), address("import_list", code))
    if deciding.kind == "member":
        return Remedy(_("给%(name)s一个有效的角色") % name, address("ledger_members", code))
    if deciding.kind == "view":
        if any(each.key == Right.VIEW and each.is_denied for each in actor.personal):
            return Remedy(_("取消%(name)s个人例外中的禁止") % name, address("override_list", code))
        denying = next((role for role in actor.roles if Right.VIEW in role.denied), None)
        if denying:
            words = {"role": denying.name}
            return Remedy(_("在角色「%(role)s」中取消禁止“查看”") % words, address("role_edit", code, denying.pk))
        return Remedy(_("给%(name)s一个有“查看”权限的角色") % name, address("ledger_members", code))
    words = {"role": deciding.role.name, "what": deciding.what if deciding.is_told else _("这项范围")}
    return Remedy(_("在角色「%(role)s」中不再排除「%(what)s」") % words, address("role_edit", code, deciding.role.pk))


def _sharing(customer: Customer, actor: Actor) -> Remedy:
    text = _("把这个客户共享给%(name)s（可以定到期日）") % {"name": actor.user}
    return Remedy(text, address("customer_shares", customer.ledger.code, customer.pk))


def _by_kind(reasons: Reasons, kind: str, trial: Trial, actor: Actor) -> Remedy | None:
    customer, reader = reasons.customer, reasons.reader
    code, name = customer.ledger.code, {"name": actor.user}
    if kind == Scope.OWN and customer.owner_id != actor.user_id:
        may = reader.can(Right.EDIT) and reader.may_edit("owner")
        url = address("customer_edit", code, customer.pk) if may else ""
        return Remedy(_("把客户的负责人改为%(name)s") % name, url, _("能修改“负责人”的人"))
    if kind in (Scope.DEPARTMENT, Scope.DEPARTMENT_TREE) and customer.department_id:
        words = {**name, "department": customer.department}
        url = address("person_edit", actor.user_id) if access.may_change(reader.user) else ""
        return Remedy(_("把%(name)s加入部门「%(department)s」") % words, url, _("系统管理员，在“组织架构”中"))
    if kind in (Scope.DEPARTMENTS, Scope.PROVINCES, Scope.CATEGORIES, Scope.SALES_REGIONS, Scope.FILTER):
        words = {"role": trial.role.name, "what": trial.what.split("：")[0]}
        return Remedy(_("扩大角色「%(role)s」的「%(what)s」") % words, address("role_edit", code, trial.role.pk))
    return None


def _another_role(reasons: Reasons, actor: Actor) -> Remedy:
    text = _("给%(name)s另一个角色；先试算会多看到什么") % {"name": actor.user}
    return Remedy(text, f"{address('rights_whatif', reasons.customer.ledger.code)}?user={actor.user_id}")
