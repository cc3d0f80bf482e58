"""账套设置 → 合作状态与证照: which step from one status to the next is allowed, and to which roles; when licences are said to end.

What lives here: the page and saving. What does not: what a step means (``services.status``), the parameter's form (``ledgers.services.parameters``).
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import needs, render_settings, told
from ledgers.parameters import PARAMETERS
from ledgers.services.parameters import MAX_CREDIT_DAYS, change_parameters
from permissions.models import Role, User
from permissions.rights import Right

from ..services.status import NEW, Status

Steps = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Cell:
    """One possible step: its two control names, whether it is allowed, and which roles are ticked."""

    name: str
    label: str
    allowed: bool
    roles: list[tuple[str, str, bool]]

    @property
    def said(self) -> str:
        """Who may take the step, in words."""
        names = [name for _code, name, ticked in self.roles if ticked]
        return "、".join(names) if names else _("所有可编辑者")


class LicenceForm(forms.Form):
    """How long before its end a licence is called 即将到期."""

    licence_warning_days = forms.IntegerField(
        label=PARAMETERS["licence_warning_days"].label,
        min_value=0,
        max_value=MAX_CREDIT_DAYS,
        help_text=gettext_lazy("在此天数内到期的证照显示为“即将到期”，0 为不提前提醒"),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def status_steps(request: HttpRequest) -> HttpResponse:
    """The table of steps and the days of licences, each saved by itself; or the default steps again."""
    ledger = request.ledger
    roles = list(Role.objects.filter(ledger=ledger).values_list("code", "name"))
    is_licences = "licence_warning_days" in request.POST
    days = {"licence_warning_days": ledger.parameter("licence_warning_days")}
    form = LicenceForm(request.POST if is_licences else None, initial=days)
    if request.method == "POST" and (form.is_valid() or not is_licences):
        try:
            if is_licences:
                changed = change_parameters(ledger, form.cleaned_data, by=request.user)
            else:
                changed = save(ledger, _posted(request.POST, [code for code, _name in roles]), by=request.user)
        except BusinessError as problem:
            messages.error(request, told(problem))
        else:
            messages.success(request, _("已保存。") if changed else _("没有改动。"))
            return redirect("status_steps", ledger.code)
    table = ledger.parameter("status_steps")
    rows = [
        {"origin": origin, "label": label, "cells": [_cell(table, origin, to, roles) for to in Status if to != origin]}
        for origin, label in [(NEW, _("新增客户时")), *Status.choices]
    ]
    return render_settings(request, "settings/status.html", "status_steps", {"rows": rows, "licences": form})


def save(ledger: Ledger, steps: Steps, *, by: User | None) -> list[str]:
    """Store the steps; raises BusinessError for roles that the set does not have or a beginning without any status."""
    known = set(Role.objects.filter(ledger=ledger).values_list("code", flat=True))
    unknown = {code for targets in steps.values() for codes in targets.values() for code in codes} - known
    if unknown:
        raise BusinessError(
            _("账套中没有角色「%(roles)s」。") % {"roles": "、".join(sorted(unknown))}, code="status.unknown_role"
        )
    return change_parameters(ledger, {"status_steps": steps}, by=by)


def _cell(table: Steps, origin: str, to: Any, roles: list[tuple[str, str]]) -> Cell:
    allowed = table.get(origin, {}).get(to.value)
    ticked = [(code, name, code in (allowed or ())) for code, name in roles]
    return Cell(f"{origin or 'new'}-{to.value}", str(to.label), allowed is not None, ticked)


def _posted(data: Any, roles: list[str]) -> Steps:
    """The steps that the page's boxes say; "default" brings back the ones that a new set begins with."""
    if "default" in data:
        return PARAMETERS["status_steps"].default
    steps: Steps = {}
    for origin in (NEW, *Status.values):
        steps[origin] = {
            to: [code for code in roles if code in data.getlist(f"{origin or 'new'}-{to}-roles")]
            for to in Status.values
            if to != origin and f"{origin or 'new'}-{to}" in data
        }
    return steps
