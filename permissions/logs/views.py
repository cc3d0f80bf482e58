"""The logs of the whole installation, for the audit administrator: ids of customers, nothing else of them; and the page of 三员分立.

What lives here: HTTP. What does not: the logs of one set, which stand among its settings (``customers.logs``).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from erp_site.shared.errors import BusinessError, NotAllowed

from .. import duties
from ..models import Duty, Installation, User
from . import reading, screens

READ, SEE_DUTIES = "permissions.view_accessrecord", "permissions.view_installation"
_SITE = screens.Place()


def may_read(user: User) -> bool:
    """Whether the logs of the installation open to this user."""
    return user.has_perm(READ)


def auditor(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard: 403 unless the user reads the logs of the installation."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not may_read(request.user):
            raise NotAllowed(
                _("您没有查看全部日志的权限。"),
                rule=_("需要职责「审计管理员」"),
                remedy=_("账套的日志请在「账套设置」中查看；其他请联系审计管理员。"),
            )
        return view(request, *args, **kwargs)

    return guarded


def _show(request: HttpRequest, template: str, tab: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    entries = [("unusual", _("异常访问"), "alert-triangle", reverse("log_unusual"))]
    icons = {"access": "eye", "changes": "key", "logins": "login"}
    logs = [(log.key, log.label, icons[log.key], reverse("log_page", args=[log.key])) for log in reading.LOGS.values()]
    entries = [*logs, *entries, ("duties", _("三员分立"), "users-group", reverse("duties"))]
    tabs = [{"label": label, "icon": icon, "url": url, "active": key == tab} for key, label, icon, url in entries]
    return render(request, template, {"tabs": tabs, **context}, status=status)


@require_safe
@auditor
def log_page(request: HttpRequest, log: str) -> HttpResponse:
    """One of the three logs."""
    found = screens.log_of(log)
    context, status = screens.context(request, found, _SITE)
    files = {format: reverse("log_file", args=[log, format]) for format in context.get("formats", ())}
    return _show(request, "logs/site_log.html", log, {**context, "files": files}, status)


@require_safe
@auditor
def log_file(request: HttpRequest, log: str, format: str) -> HttpResponse:
    """The same rows as a file."""
    return screens.file(request, screens.log_of(log), _SITE, format, by=request.user)


@require_safe
@auditor
def log_unusual(request: HttpRequest) -> HttpResponse:
    """What stands out in the last days."""
    logs = {key: reverse("log_page", args=[key]) for key in reading.LOGS}
    return _show(
        request, "logs/site_unusual.html", "unusual", {**screens.unusual_context(request, _SITE), "logs": logs}
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def duties_page(request: HttpRequest) -> HttpResponse:
    """三员分立: who administers, whether it is separated; a superuser switches it."""
    if request.method == "POST":
        _switch(request)
        return redirect("duties")
    if not request.user.has_perm(SEE_DUTIES):
        raise NotAllowed(_("您没有查看三员分立的权限。"), rule=_("需要超级管理员账号，或职责「审计管理员」"))
    rows = [{"duty": duty, "people": [each for each in duties.holders() if each.duty == duty]} for duty in Duty]
    context = {
        "rows": rows,
        "installation": Installation.objects.select_related("changed_by").first(),
        "is_separated": duties.is_separated(),
        "obstacles": duties.obstacles(),
        "superusers": User.objects.filter(is_superuser=True, is_active=True).order_by("username"),
        "may_switch": request.user.is_superuser,
    }
    return _show(request, "logs/duties.html", "duties", context)


def _switch(request: HttpRequest) -> None:
    """Turn it on or off; what stands against it becomes a message. NotAllowed passes through."""
    on = request.POST.get("on") == "1"
    try:
        duties.separate(on, by=request.user)
    except NotAllowed:
        raise
    except BusinessError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已启用三员分立。") if on else _("已停用三员分立。"))
