"""What the shell of every page needs: navigation of the set, sets to switch to, the request id.

Items of the navigation are there only when the actor may use them; what is not built is not on the screen.
"""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ledgers.models import Ledger
from permissions.logs import views as audit
from permissions.organisation import access
from permissions.rights import Right


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template variables ``nav``, ``ledgers``, ``request_id``; nothing for an anonymous request."""
    context = {"request_id": getattr(request, "request_id", "")}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context
    context["ledgers"] = list(Ledger.objects.of_member(user))
    context["nav"] = _ledger_items(request) if getattr(request, "ledger", None) else []
    context["nav"] += _site_items(request)
    return context


def _item(request: HttpRequest, label: str, url: str, icon: str, *, exact: bool = False) -> dict[str, Any]:
    active = request.path == url if exact else request.path.startswith(url)
    return {"label": label, "url": url, "icon": icon, "active": active}


def _ledger_items(request: HttpRequest) -> list[dict[str, Any]]:
    code, actor = request.ledger.code, request.actor
    items = [_item(request, _("工作台"), reverse("dashboard", args=[code]), "home", exact=True)]
    if actor.can(Right.VIEW):
        items.append(_item(request, _("客户"), reverse("customer_list", args=[code]), "users"))
    if actor.can(Right.IMPORT):
        items.append(_item(request, _("导入"), reverse("import_list", args=[code]), "file-import"))
    if actor.can(Right.EXPORT):
        items.append(_item(request, _("导出"), reverse("export_list", args=[code]), "file-export"))
    if (actor.can(Right.EDIT) or actor.can(Right.DELETE)) and not actor.seen_by:
        items.append(_item(request, _("操作记录"), reverse("batch_list", args=[code]), "history"))
    if actor.can(Right.CONFIGURE):
        items.append(_item(request, _("账套设置"), reverse("ledger_settings", args=[code]), "settings"))
    elif actor.can(Right.REOPEN):
        items.append(_item(request, _("期间"), reverse("ledger_periods", args=[code]), "calendar"))
    return items


def _site_items(request: HttpRequest) -> list[dict[str, Any]]:
    items = [_item(request, _("我的账套"), reverse("ledger_list"), "database")]
    if access.may_see(request.user):
        items.append(_item(request, _("组织架构"), reverse("organisation"), "hierarchy"))
    if audit.may_read(request.user):
        items.append(_item(request, _("审计"), reverse("log_page", args=["access"]), "history"))
    if request.user.has_perm("permissions.change_role"):
        items.append(_item(request, _("权限矩阵"), reverse("matrix_sets"), "table"))
    if request.user.is_staff:
        items.append(_item(request, _("系统管理"), reverse("admin:index"), "shield"))
    return items
