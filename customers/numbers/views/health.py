"""编号体检: what was found, and mending it.

What lives here: HTTP. What does not: finding (``scanning``) and mending (``mending``, ``renumbering``).
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, told
from permissions.rights import Right

from ...models import Customer, NumberGap
from .. import mending, renumbering, scanning
from ..jobs import SCAN, ask_for_plan, ask_for_scan, is_small, latest
from .tabs import progress_of, render_numbers


@never_cache
@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbers_health(request: HttpRequest) -> HttpResponse:
    """The newest result; a small set is looked through at once, a large one in the background when asked."""
    ledger, url = request.ledger, reverse("numbers_health", args=[request.ledger.code])
    result, job = None, latest(ledger, SCAN, ledger=ledger.pk)
    if is_small(ledger):
        result, job = scanning.scan(ledger), None
    elif request.method == "POST":
        ask_for_scan(ledger, request.actor)
        return redirect(url)
    elif job is not None and job.status == Job.Status.SUCCEEDED:
        result = job.result
    running = job is not None and not job.is_finished
    if running and request.headers.get("HX-Request"):
        return render(request, "components/progress.html", progress_of(job, _("编号体检"), url))
    context = {
        "result": result,
        "at": parse_datetime(result["at"]) if result else None,
        "findings": [_finding(each, request) for each in result["findings"]] if result else [],
        "gaps": result["gaps"] if result else [],
        "causes": NumberGap.Cause.choices,
        "cause_labels": dict(NumberGap.Cause.choices),
        "progress": progress_of(job, _("编号体检"), url) if running else None,
        "failed": job is not None and job.status == Job.Status.FAILED,
    }
    response = render_numbers(request, "settings/numbers_health.html", "numbers_health", context)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


def _finding(finding: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """A finding with its words; of customers it shows those whom the reader sees."""
    ids = [sample["customer"] for sample in finding["samples"] if "customer" in sample]
    rows = Customer.objects.visible_to(request.actor).filter(pk__in=ids).values_list("pk", "name") if ids else ()
    # Every sample shows a number, so whoever may not read numbers sees none.
    seen = {pk: request.actor.shown("name", name) or "" for pk, name in rows if request.actor.may_read("number")}
    samples = [
        {**sample, "customer_name": seen.get(sample["customer"], "")}
        for sample in finding["samples"]
        if sample.get("customer") in seen
    ]
    return {
        **finding,
        "title": scanning.TITLES[finding["kind"]],
        "text": scanning.sentence(finding),
        "customers": samples,
        "others": [sample for sample in finding["samples"] if "customer" not in sample],
        "renumbers": finding["kind"] in scanning.MENDED_BY_RENUMBERING,
        "is_fault": finding["severity"] == scanning.FAULT,
    }


@require_POST
@needs(Right.CONFIGURE)
def numbers_mend(request: HttpRequest) -> HttpResponse:
    """补号 and 改号: a plan for everybody of a finding, to be looked at first."""
    kind = request.POST.get("finding", "")
    if kind not in scanning.MENDED_BY_RENUMBERING:
        messages.error(request, _("请从体检结果中选择要处理的一项。"))
        return redirect("numbers_health", request.ledger.code)
    reason = _("编号体检：%(what)s") % {"what": scanning.TITLES[kind]}
    params = {"finding": kind, "clean": kind in ("invisible", "malformed", "stale_key")}
    try:
        plan = renumbering.ask(request.ledger, params, reason=reason, by=request.actor)
        prepared(plan, request)
    except BusinessError as problem:
        messages.error(request, told(problem))
        return redirect("numbers_health", request.ledger.code)
    return redirect("renumber_detail", request.ledger.code, plan.pk)


def prepared(plan, request: HttpRequest) -> None:
    """Draw the plan now where that is soon done, else in the background. Raises BusinessError."""
    if is_small(plan.ledger):
        renumbering.prepare(plan, request.actor)
    else:
        ask_for_plan(plan, request.actor)


@require_POST
@needs(Right.CONFIGURE)
def numbers_counter(request: HttpRequest) -> HttpResponse:
    """修正计数器."""
    ledger = request.ledger

    def mend() -> None:
        rule = mending.rule_of(ledger, request.POST.get("rule", ""))
        now = mending.set_counter(ledger, rule, request.POST.get("scope", "")[:60], by=request.user)
        messages.success(request, _("流水号已修正，下一个是 %(now)s。") % {"now": now})

    try:
        mend()
    except BusinessError as problem:
        messages.error(request, told(problem))
    return redirect("numbers_health", ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def numbers_gap(request: HttpRequest) -> HttpResponse:
    """断号说明."""
    ledger, data = request.ledger, request.POST
    bounds = [data.get(name, "") for name in ("first", "last")]

    def explain() -> None:
        if not all(bound.isdecimal() and len(bound) < 19 for bound in bounds):
            raise BusinessError(_("断号范围或原因无效。"), code="gap.invalid")
        mending.explain_gap(
            ledger, mending.rule_of(ledger, data.get("rule", "")), scope=data.get("scope", "")[:60], first=int(bounds[0]),
            last=int(bounds[1]), cause=data.get("cause", ""), text=data.get("note", ""), by=request.user,
        )  # fmt: skip

    attempt(request, explain, _("断号说明已保存。"))
    return redirect(reverse("numbers_health", args=[ledger.code]) + "#gaps")
