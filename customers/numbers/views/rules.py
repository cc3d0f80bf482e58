"""编码规则: the rules of a set, the builder with its preview, trial, activation.

What lives here: HTTP. What does not: rules (``rules.numbering``), verbs (``versions``, ``judging``, ``trying``).
"""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import attempt, needs, put_on_form, told
from ledgers.services.parameters import change_parameters
from ledgers.views.lists import own_draft, require_creator
from permissions.rights import Right

from ...models import NumberingRule
from ...rules.checked import ERROR
from ...services.number_rules import rows_in_force
from .. import judging, trying, versions, wording
from ..forms import RuleForm
from ..jobs import TRY, ask_for_trial, is_small, latest
from ..option_forms import ExampleForm, NumberSettingsForm, OptionsForm, StartForm
from .tabs import progress_of, render_numbers

OLD_RULES = 20
State = NumberingRule.State


def _rule(request: HttpRequest, pk: int) -> NumberingRule:
    related = NumberingRule.objects.select_related("ledger", "replaces__ledger", "created_by")
    return get_object_or_404(related, ledger=request.ledger, pk=pk)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbering_rule(request: HttpRequest) -> HttpResponse:
    """The rules of the set, and its parameters about numbers."""
    ledger = request.ledger
    form = NumberSettingsForm(request.POST or None, ledger=ledger)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_parameters(ledger, form.cleaned_data, by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(
                request, _("已保存：%(what)s。") % {"what": "、".join(changed)} if changed else _("没有改动。")
            )
            return redirect("numbering_rule", ledger.code)
    rows = list(NumberingRule.objects.filter(ledger=ledger).select_related("ledger", "replaces__ledger"))
    current = rows_in_force(rows, timezone.localdate())
    context = {
        "current": [_card(rule) for rule in current],
        "waiting": [_line(rule) for rule in rows if rule.state == State.ACTIVE and rule not in current],
        "drafts": [_line(rule) for rule in rows if rule.state == State.DRAFT],
        "older": [_line(rule) for rule in sorted(rows, key=lambda row: -row.pk) if rule.state == State.RETIRED][
            :OLD_RULES
        ],
        "presets": _presets(ledger),
        "form": form,
    }
    return render_numbers(request, "settings/numbering.html", "numbering_rule", context)


def _presets(ledger: Ledger) -> list[dict[str, Any]]:
    return [
        {"preset": each, "samples": wording.samples(ledger, each.parts, reset=each.reset, count=1)}
        for each in wording.PRESETS
    ]


def _card(rule: NumberingRule) -> dict[str, Any]:
    """A rule in force; of one that is broken nothing can be said but its faults."""
    faults = [str(fault.message) for fault in wording.errors(rule.parts, rule.reset)]
    if faults:
        return {"rule": rule, "faults": faults}
    return {
        **_line(rule),
        "upcoming": wording.upcoming(rule),
        "forecast": judging.forecast_of(rule),
        "needs": wording.unmet_needs(rule.ledger, rule.parts),
    }


def _line(rule: NumberingRule) -> dict[str, Any]:
    broken = bool(wording.errors(rule.parts, rule.reset))
    return {
        "rule": rule,
        "described": _("（规则有误）") if broken else wording.describe(rule.parts),
        "whom": wording.whom(rule),
    }


# --- the builder ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbering_new(request: HttpRequest) -> HttpResponse:
    """A new rule out of a ready-made one (``preset``), or the next version of a rule (``of``)."""
    given = request.POST.get("of") or request.GET.get("of", "")
    replaces = _rule(request, int(given)) if given.isdecimal() and len(given) < 19 else None
    preset = wording.preset(request.GET.get("preset", "")) or wording.PRESETS[0]
    return _builder(request, replaces=replaces, start=replaces or preset)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbering_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft, changed."""
    rule = _rule(request, pk)
    if rule.state != State.DRAFT:
        return redirect("numbering_detail", request.ledger.code, pk)
    return _builder(request, rule=rule, replaces=rule.replaces, start=rule)


def _builder(
    request: HttpRequest, *, start: Any, rule: NumberingRule | None = None, replaces: NumberingRule | None = None
) -> HttpResponse:
    ledger = request.ledger
    stored = rule or replaces
    broken = bool(wording.errors(start.parts, start.reset))
    parts, reset = (wording.PRESETS[0].parts, "never") if broken else (start.parts, start.reset)
    form = RuleForm(request.POST or None, ledger=ledger, parts=parts, reset=reset, name=stored.name if stored else "")
    options = OptionsForm(request.POST or None, ledger=ledger, rule=None if broken else stored)
    if request.method == "POST" and form.is_valid() and options.is_valid():
        values = _values(form, options)
        if options.is_valid():
            try:
                saved = versions.save_draft(ledger, values, by=request.user, rule=rule, replaces=replaces)
            except BusinessError as problem:
                form.add_error(None, told(problem))
            else:
                if "activate" in request.POST:
                    return _activated(request, saved, None)
                messages.success(request, _("草稿已保存，启用之前不影响编号。"))
                return redirect("numbering_detail", ledger.code, saved.pk)
    context = {
        "rule": form,
        "options": options,
        "example": ExampleForm(ledger=ledger),
        "editing": rule,
        "replaces": replaces,
        "presets": _presets(ledger),
        "samples": [] if form.is_bound else wording.samples(ledger, parts, reset=reset),
        "explained": wording.explain(ledger, parts) if not form.is_bound else [],
    }
    status = 422 if form.is_bound else 200
    return render_numbers(request, "settings/numbering_build.html", "numbering_rule", context, status=status)


def _values(form: RuleForm, options: OptionsForm) -> dict[str, Any]:
    parts = form.rows.parts()
    return {
        "name": form.cleaned_data["name"],
        "parts": parts,
        "reset": form.cleaned_data["reset"],
        **options.values(parts),
    }


@require_POST
@needs(Right.CONFIGURE)
def numbering_preview(request: HttpRequest) -> HttpResponse:
    """What the rule on the page would give, or what is wrong with it."""
    ledger = request.ledger
    options = OptionsForm(request.POST, ledger=ledger)
    example = ExampleForm(request.POST, ledger=ledger)
    replaces = request.POST.get("of", "")
    before = ledger.numbering_rules.filter(pk=replaces).first() if replaces.isdecimal() and len(replaces) < 19 else None
    return _preview(request, ledger, options=options, facts=example.facts(), replaces=before)


@require_POST
def wizard_numbering_preview(request: HttpRequest, code: str) -> HttpResponse:
    """The same for a draft in the wizard."""
    require_creator(request)
    return _preview(request, own_draft(request, code))


def _preview(
    request: HttpRequest,
    ledger: Ledger,
    *,
    options: OptionsForm | None = None,
    facts: dict[str, Any] | None = None,
    replaces: NumberingRule | None = None,
) -> HttpResponse:
    form = RuleForm(request.POST, ledger=ledger, parts=[], reset="never")
    if not form.is_valid() or (options is not None and not options.is_valid()):
        faults = form.faults() + [str(text) for texts in (options.errors.values() if options else ()) for text in texts]
        return render(request, "settings/numbering_preview.html", {"faults": faults})
    parts, reset = form.rows.parts(), form.cleaned_data["reset"]
    values = options.values(parts) if options else {}
    if options is not None and options.errors:
        faults = [str(text) for texts in options.errors.values() for text in texts]
        return render(request, "settings/numbering_preview.html", {"faults": faults})
    rule = NumberingRule(
        ledger=ledger, name=form.cleaned_data["name"], parts=parts, reset=reset, replaces=replaces, **values
    )
    problems = judging.problems(rule) if ledger.is_active else []
    context = {
        "samples": wording.upcoming(rule, facts=facts),
        "explained": wording.explain(ledger, parts, facts),
        "problems": problems,
        "blocked": any(problem.severity == ERROR for problem in problems),
        "needs": wording.unmet_needs(ledger, parts) if not problems else [],
        "forecast": judging.forecast_of(rule) if ledger.is_active else None,
        "capacity": wording.capacity_of(rule),
    }
    return render(request, "settings/numbering_preview.html", context)


# --- one rule -----------------------------------------------------------------------------------------------------------


@require_safe
@needs(Right.CONFIGURE)
def numbering_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A version: what it gives, what speaks against it, its history and what changed from version to version."""
    rule = _rule(request, pk)
    sound = not wording.errors(rule.parts, rule.reset)
    family = versions.versions_of(rule)
    by_id = {row.pk: row for row in family}
    context = {
        **_line(rule),
        "faults": [] if sound else [str(fault.message) for fault in wording.errors(rule.parts, rule.reset)],
        "problems": judging.problems(rule) if sound and rule.state == State.DRAFT else [],
        "upcoming": wording.upcoming(rule) if sound else [],
        "explained": wording.explain(rule.ledger, rule.parts) if sound else [],
        "forecast": judging.forecast_of(rule) if sound else None,
        "counters": _counters(rule) if sound else [],
        "versions": [
            {**_line(row), "differences": list(versions.differences(by_id[row.replaces_id], row))}
            if row.replaces_id in by_id and sound
            else _line(row)
            for row in family
        ],
        "start": StartForm(),
    }
    return render_numbers(request, "settings/numbering_detail.html", "numbering_rule", context)


def _counters(rule: NumberingRule) -> list[dict[str, str]]:
    serial = judging.plan_of(rule).serial
    return [
        {
            "scope": counter.scope.replace("*", "…"),
            "next": serial.text(counter.next_serial) if counter.next_serial <= serial.last else _("已用尽"),
        }
        for counter in rule.counters.order_by("-next_serial")[:20]
    ]


@require_POST
@needs(Right.CONFIGURE)
def numbering_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """启用, at once or from a day on."""
    rule, form = _rule(request, pk), StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("生效日期无效。"))
        return redirect("numbering_detail", request.ledger.code, pk)
    return _activated(request, rule, form.cleaned_data["starts_on"])


def _activated(request: HttpRequest, rule: NumberingRule, starts_on: Any) -> HttpResponse:
    done = _("规则「%(name)s」已启用；已有客户的编号不变。") % {"name": rule.name}
    if starts_on:
        done = _("规则「%(name)s」将从 %(day)s 起生效。") % {"name": rule.name, "day": starts_on}
    with transaction.atomic():
        sound = attempt(request, lambda: versions.activate(rule, by=request.user, starts_on=starts_on), done)
    if sound:
        return redirect("numbering_rule", request.ledger.code)
    return redirect("numbering_detail", request.ledger.code, rule.pk)


@require_POST
@needs(Right.CONFIGURE)
def numbering_retire(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _rule(request, pk)
    attempt(
        request, lambda: versions.retire(rule, by=request.user), _("已停用规则「%(name)s」。") % {"name": rule.name}
    )
    return redirect("numbering_rule", request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def numbering_discard(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _rule(request, pk)
    attempt(request, lambda: versions.discard(rule), _("已删除草稿「%(name)s」。") % {"name": rule.name})
    return redirect("numbering_rule", request.ledger.code)


# --- trial --------------------------------------------------------------------------------------------------------------


def _for_reader(result: dict, request: HttpRequest) -> dict:
    """A trial goes through all customers: names and numbers are for whoever sees them all, the counts for everybody who may configure."""
    actor = request.actor
    if actor.sees_all and actor.may_read("name") and actor.may_read("number"):
        return result
    return {key: [] if key.endswith("examples") else value for key, value in result.items()}


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbering_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """试编: the rule on all customers of the set; a large one is gone through in the background."""
    rule, ledger = _rule(request, pk), request.ledger
    if wording.errors(rule.parts, rule.reset):
        messages.error(request, _("规则有误，不能试编。"))
        return redirect("numbering_detail", ledger.code, pk)
    result, job = None, latest(ledger, TRY, rule=rule.pk)
    if is_small(ledger):
        result, job = trying.run(rule), None
    elif request.method == "POST":
        ask_for_trial(rule, request.actor)
        return redirect("numbering_trial", ledger.code, pk)
    elif job is not None and job.status == Job.Status.SUCCEEDED:
        result = job.result
    url = reverse("numbering_trial", args=[ledger.code, pk])
    context = {
        **_line(rule),
        "result": _for_reader(result, request) if result else None,
        "verdict": trying.verdict(result) if result else [],
        "job": job,
        "progress": progress_of(job, _("试编"), url) if job is not None and not job.is_finished else None,
    }
    if request.headers.get("HX-Request") and context["progress"]:
        return render(request, "components/progress.html", context["progress"])
    response = render_numbers(request, "settings/numbering_trial.html", "numbering_rule", context)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response
