"""职责分离: the matrix, present conflicts, exceptions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erp_site.shared.errors import BusinessError
from permissions.models import DutyException, DutyRule, User
from permissions.rights import Right

from ....pages import attempt, needs, render_settings
from .. import duties
from ..dates import ends_in, tone
from ..forms import ExceptionForm, RuleForm, colleagues
from .frame import put, status_of

PAGE = "duty_matrix"


@never_cache
@require_safe
@needs(Right.MEMBERS)
def duty_matrix(request: HttpRequest) -> HttpResponse:
    """Rules as a matrix, who breaks one, and the exceptions. ``?rule=&user=`` opens the form of an exception filled in."""
    return _page(request)


def _page(request: HttpRequest, rule_form: RuleForm | None = None, exception_form: ExceptionForm | None = None):
    ledger = request.ledger
    rules = list(ledger.duty_rules.order_by("pk"))
    given = DutyException.objects.filter(rule__ledger=ledger).select_related("user", "rule", "given_by")
    context = {
        "rules": rules,
        "matrix": _matrix(rules),
        "conflicts": duties.conflicts(ledger),
        "exceptions": _exceptions(given.order_by("ends_on", "pk")),
        "rule_form": rule_form or RuleForm(),
        "exception_form": exception_form or ExceptionForm(ledger=ledger, initial=_asked(request)),
        "people_names": colleagues(ledger),
    }
    return render_settings(
        request,
        "access/life/duties.html",
        PAGE,
        context,
        max(map(status_of, filter(None, (rule_form, exception_form))), default=200),
    )


def _asked(request: HttpRequest) -> dict:
    user = request.GET.get("user", "")
    person = User.objects.filter(username=user[:150]).first() if user else None
    return {"rule": request.GET.get("rule", "")[:18], "user": person}


def _matrix(rules: list[DutyRule]) -> dict:
    """Rights that some rule names, as heads; a row per right with a cell per later right: the rule or None."""
    named = [right for right in Right if any(right in (rule.one, rule.other) for rule in rules)]
    by_pair = {frozenset((rule.one, rule.other)): rule for rule in rules}
    rows = [
        {
            "label": right.label,
            "cells": [by_pair.get(frozenset((right, other))) if other != right else "self" for other in named],
        }
        for right in named
    ]
    return {"heads": [right.label for right in named], "rows": rows}


def _exceptions(rows) -> list[dict]:
    today = timezone.localdate()
    return [{"row": row, "left": ends_in(row.ends_on, today), "tone": tone(row.ends_on, today)} for row in rows]


@require_POST
@needs(Right.MEMBERS)
def duty_rule_save(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            duties.set_rule(
                request.ledger,
                data["one"],
                data["other"],
                is_forbidden=data["how"] == "forbid",
                note=data["note"],
                by=request.user,
            )
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("规则已保存。"))
            return redirect(PAGE, request.ledger.code)
    return _page(request, rule_form=form)


@require_POST
@needs(Right.MEMBERS)
def duty_rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(DutyRule.objects.select_related("ledger"), ledger=request.ledger, pk=pk)
    attempt(request, lambda: duties.remove_rule(rule, by=request.user), _("规则已删除。"))
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.MEMBERS)
def duty_templates(request: HttpRequest) -> HttpResponse:
    """Add the usual pairs."""
    attempt(request, lambda: duties.add_templates(request.ledger, by=request.user), _("已加入常用规则。"))
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.MEMBERS)
def duty_exception_save(request: HttpRequest) -> HttpResponse:
    form = ExceptionForm(request.POST, ledger=request.ledger)
    if form.is_valid():
        data = form.cleaned_data
        try:
            duties.allow(data["rule"], data["user"], ends_on=data["ends_on"], reason=data["reason"], by=request.user)
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("例外已登记，至 %(day)s。") % {"day": data["ends_on"]})
            return redirect(PAGE, request.ledger.code)
    return _page(request, exception_form=form)


@require_POST
@needs(Right.MEMBERS)
def duty_exception_end(request: HttpRequest, pk: int) -> HttpResponse:
    rows = DutyException.objects.select_related("rule__ledger", "user")
    given = get_object_or_404(rows, rule__ledger=request.ledger, pk=pk)
    attempt(request, lambda: duties.end_exception(given, by=request.user), _("例外已取消。"))
    return redirect(PAGE, request.ledger.code)
