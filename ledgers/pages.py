"""What the pages under 账套设置 share: the list of pages, the guard, and how a verb's refusal reaches the user.

What lives here: helpers for views. What does not: the pages. Higher apps put theirs into ``SETTINGS_PAGES`` in AppConfig.ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor
from permissions.rights import Right


@dataclass(frozen=True)
class SettingsPage:
    """One entry of the settings' navigation; ``order`` sorts, ``group`` heads a run of entries."""

    url_name: str
    label: str | Promise
    icon: str
    group: str | Promise
    order: int
    right: str = Right.CONFIGURE
    # A further right that opens the page by itself.
    or_right: str = ""

    def opens_to(self, actor: Actor) -> bool:
        return actor.can(self.right) or bool(self.or_right and actor.can(self.or_right))


LEDGER, ACCESS, CUSTOMERS = _("账套"), _("权限"), _("客户")

SETTINGS_PAGES: list[SettingsPage] = [
    SettingsPage("ledger_settings", _("基本信息"), "id-badge-2", LEDGER, 10),
    SettingsPage("ledger_periods", _("期间"), "calendar", LEDGER, 20, or_right=Right.REOPEN),
    SettingsPage("ledger_currencies", _("币种与汇率"), "coin", LEDGER, 30),
    SettingsPage("ledger_members", _("成员"), "users-group", ACCESS, 40, Right.MEMBERS),
    SettingsPage("role_list", _("角色"), "user-shield", ACCESS, 41, Right.MEMBERS),
    SettingsPage("department_role_list", _("部门授权"), "hierarchy", ACCESS, 42, Right.MEMBERS),
    SettingsPage("override_list", _("个人例外"), "user-cog", ACCESS, 43, Right.MEMBERS),
    SettingsPage("right_request_list", _("权限申请"), "inbox", ACCESS, 46, Right.MEMBERS),
    SettingsPage("delegation_list", _("代理"), "users", ACCESS, 47, Right.MEMBERS),
    SettingsPage("temporary_rights", _("临时权限"), "clock", ACCESS, 47, Right.MEMBERS),
    SettingsPage("duty_matrix", _("职责分离"), "scale", ACCESS, 48, Right.MEMBERS),
    SettingsPage("review_list", _("权限复核"), "clipboard-check", ACCESS, 49, Right.MEMBERS),
    SettingsPage("rights_report", _("未用与高风险"), "flag", ACCESS, 50, Right.MEMBERS),
    SettingsPage("ledger_state", _("状态与记录"), "activity", LEDGER, 50),
    SettingsPage("ledger_health", _("账套体检"), "clipboard-check", LEDGER, 60),
    SettingsPage("ledger_compare", _("复制与比较"), "git-compare", LEDGER, 65),
]


def needs(right: str, *others: str) -> Callable:
    """Guard of a view under ``/l/<ledger>/``: 403 with the deciding rule unless the actor has the right, or one of the others."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not any(request.actor.can(other) for other in others):
                request.actor.require(right)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def render_settings(request: HttpRequest, template: str, current: str, context: dict[str, Any], status: int = 200):
    """A settings page: ``context`` plus the navigation with ``current`` (a url name) marked."""
    mine = sorted((page for page in SETTINGS_PAGES if page.opens_to(request.actor)), key=lambda page: page.order)
    groups: dict[str, list[SettingsPage]] = {}
    for page in mine:
        groups.setdefault(str(page.group), []).append(page)
    allowed = [page for pages in groups.values() for page in pages]
    entries = [
        {
            "label": page.label,
            "url": reverse(page.url_name, args=[request.ledger.code]),
            "icon": page.icon,
            "active": page.url_name == current,
            "group": page.group,
        }
        for page in allowed
    ]
    title = next((page.label for page in SETTINGS_PAGES if page.url_name == current), "")
    frame = {
        "settings_pages": entries,
        "settings_title": title,
        "read_only": request.ledger.state == request.ledger.State.ARCHIVED,
    }
    return render(request, template, {**frame, **context}, status=status)


def attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> bool:
    """Run a verb for a page that has no form to show errors in; the outcome becomes a message. NotAllowed passes through."""
    try:
        act()
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, told(problem))
        return False
    messages.success(request, done)
    return True


def told(problem: BusinessError) -> str:
    """What happened and what to do."""
    return f"{problem.message}{problem.remedy}"


def put_on_form(form: forms.BaseForm, problem: BusinessError) -> None:
    """A verb's refusal on the field that it names, else on the form as a whole."""
    form.add_error(problem.field if problem.field in form.fields else None, told(problem))
