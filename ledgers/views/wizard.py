"""新建账套: the pages of the wizard and its two small answers while somebody types.

What lives here: HTTP. What does not: the steps (``ledgers.wizard``) and activation (``services.creating``).
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from erp_site.shared import startup
from erp_site.shared.errors import BusinessError

from ..models import Ledger
from ..pages import put_on_form, told
from ..services import checking, creating
from ..wizard import own, steps
from .lists import MAY_CREATE, begun_by, own_draft, require_creator


def explained(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A database that cannot be reached or written says so in the user's words, with what to do."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DatabaseError as failure:
            why = startup.explain(failure) or _("数据库出错，刚才的操作没有保存。")
            raise BusinessError(
                why, code="database.unavailable", remedy=_("已经保存的步骤不会丢失，恢复后可以继续建账。")
            ) from failure

    return guarded


@require_http_methods(["GET", "POST"])
@explained
def ledger_new(request: HttpRequest) -> HttpResponse:
    """Step 1 of a set that does not exist yet; saving makes the draft."""
    require_creator(request)
    step = steps.STEPS[1]
    repeated = _same_draft(request)
    if repeated:
        return _onward(request, repeated, 1)
    form = step.open(None, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _onward(request, step.create(form, request.user), 1)
        except BusinessError as problem:
            put_on_form(form, problem)
    return _page(request, None, 1, form)


def _same_draft(request: HttpRequest) -> Ledger | None:
    """The draft that this very form made a moment ago: sent twice is made once."""
    code, name = request.POST.get("code", "").strip(), request.POST.get("name", "").strip()
    own = Ledger.objects.filter(created_by=request.user, state=Ledger.State.DRAFT, wizard_step=2)
    return own.filter(code=code, name=name).first() if code and name else None


@require_http_methods(["GET", "POST"])
@explained
def ledger_wizard(request: HttpRequest, code: str, step: int) -> HttpResponse:
    """One step of a draft; a set that was activated meanwhile leads to its own pages."""
    require_creator(request)
    done = begun_by(request.user).exclude(state=Ledger.State.DRAFT).filter(code__iexact=code).first()
    if done:
        return _finished(request, done)
    ledger = own_draft(request, code)
    if step > min(ledger.wizard_step, steps.REVIEW):
        return redirect("ledger_wizard", ledger.code, ledger.wizard_step)
    if step == steps.REVIEW:
        return _review(request, ledger)
    form = steps.STEPS[step].open(ledger, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            steps.save(step, ledger, form, request.user)
        except BusinessError as problem:
            messages.error(request, told(problem))
            return redirect("ledger_list")
        return _onward(request, ledger, step)
    # A form that was refused has already put what it could on its instance: the page shows the draft as it is stored.
    return _page(request, own_draft(request, code), step, form)


def _onward(request: HttpRequest, ledger: Ledger, step: int) -> HttpResponse:
    if "leave" in request.POST:
        messages.success(request, _("「%(name)s」已保存为草稿，可随时继续建账。") % {"name": ledger.name})
        return redirect("ledger_list")
    return redirect("ledger_wizard", ledger.code, step + 1)


def _page(request: HttpRequest, ledger: Ledger | None, number: int, form) -> HttpResponse:
    step = steps.STEPS[number]
    context = {
        "draft": ledger,
        "step": step,
        "number": number,
        "previous": number - 1,
        "steps": steps.bar(ledger, number),
        "form": form,
        **step.context(ledger, form),
    }
    return render(request, step.template, context)


def _review(request: HttpRequest, ledger: Ledger) -> HttpResponse:
    """Everything on one page; posting activates, and posting again leads to the same place."""
    missing = steps.missing(ledger)
    if request.method == "POST" and not missing:
        try:
            creating.activate(ledger, by=request.user)
        except BusinessError as problem:
            missing = [{"step": "", "url": "", "text": told(problem)}]
        else:
            return _finished(request, ledger)
    sections = [
        {"number": number, "title": step.title, "rows": step.review(ledger)}
        for number, step in sorted(steps.STEPS.items())
    ]
    context = {"draft": ledger, "steps": steps.bar(ledger, steps.REVIEW), "sections": sections, "missing": missing}
    return render(request, "ledgers/wizard/review.html", context)


def _finished(request: HttpRequest, ledger: Ledger) -> HttpResponse:
    messages.success(request, _("账套「%(name)s」已启用。") % {"name": ledger.name})
    if Ledger.objects.of_member(request.user).filter(pk=ledger.pk).exists():
        return redirect(ledger.get_absolute_url())
    messages.info(request, _("您不是该账套的成员，请由账套主管使用。"))
    return redirect("ledger_list")


@require_GET
def name_check(request: HttpRequest, what: str) -> HttpResponse:
    """Whether a code or a name is free, as a line under the control."""
    require_creator(request)
    if what not in own.CHECKS:
        raise Http404
    besides = begun_by(request.user).filter(code=request.GET.get("besides", "")).first()
    value = request.GET.get(what, "")
    fault = own.check_free(what, value, besides) if value.strip() else ""
    return render(request, "ledgers/wizard/name_check.html", {"value": value.strip(), "fault": fault})


@require_GET
def ledger_preflight(request: HttpRequest) -> HttpResponse:
    """建账前检查: why an account set cannot be made, for anybody who asks; also for whoever may not make one."""
    may = request.user.has_perm(MAY_CREATE)
    findings = checking.before_creation(may_create=may)
    context = {"findings": findings, "failed": len(checking.failed(findings)), "may_create": may}
    return render(request, "ledgers/preflight.html", context)


@require_GET
def period_preview(request: HttpRequest) -> HttpResponse:
    """The periods that the values on the page would make."""
    require_creator(request)
    values = (request.GET.get(key) for key in ("calendar", "fiscal_year", "start_month", "ranges"))
    return render(request, "ledgers/wizard/period_preview.html", own.preview_spans(*values))
