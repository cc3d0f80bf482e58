"""改号: whom, the plan, carrying it out.

What lives here: HTTP. What does not: the plan and its work (``numbers.renumbering``).
"""

import csv
from collections.abc import Iterator
from itertools import islice

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, told
from permissions.rights import Right

from ...models import Renumbering
from ...settings import categories
from .. import renumbering
from ..jobs import ask_for_renumbering
from .health import prepared
from .tabs import progress_of, render_numbers

SHOWN = 50
_AT_ONCE = 1_000
State = Renumbering.State


class RenumberForm(forms.Form):
    """Whom to renumber, and how."""

    category = forms.TypedChoiceField(
        label=gettext_lazy("分类（含下级）"), coerce=int, empty_value=None, required=False
    )
    prefix = forms.CharField(label=gettext_lazy("编号以…开头"), max_length=20, required=False)
    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    only_unfit = forms.BooleanField(label=gettext_lazy("只改不符合现行规则的编号"), required=False, initial=True)
    restart = forms.BooleanField(
        label=gettext_lazy("从起始值重新编起"),
        required=False,
        help_text=gettext_lazy("不勾选则接着现在的流水号；勾选后按建档先后从头排，可以用到这些客户原有的编号"),
    )
    reason = forms.CharField(label=gettext_lazy("改号原因"), max_length=200)

    def __init__(self, *args, ledger, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", _("全部")), *categories.choices(ledger)]

    def params(self) -> dict:
        return {key: value for key, value in self.cleaned_data.items() if key != "reason" and value}


def _plan(request: HttpRequest, pk: int) -> Renumbering:
    related = Renumbering.objects.select_related("ledger", "batch", "job", "by")
    return get_object_or_404(related, ledger=request.ledger, pk=pk)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def renumber_list(request: HttpRequest) -> HttpResponse:
    """Plans of the set, and a new one."""
    ledger = request.ledger
    form = RenumberForm(
        request.POST or None, ledger=ledger, initial={"query": request.GET.urlencode(), "only_unfit": True}
    )
    if request.method == "POST" and form.is_valid():
        try:
            plan = renumbering.ask(ledger, form.params(), reason=form.cleaned_data["reason"], by=request.actor)
            prepared(plan, request)
        except BusinessError as problem:
            form.add_error(None, told(problem))
        else:
            return redirect("renumber_detail", ledger.code, plan.pk)
    plans = Renumbering.objects.filter(ledger=ledger).select_related("by", "batch")[:20]
    return render_numbers(request, "settings/renumber.html", "renumber_list", {"form": form, "plans": plans})


@never_cache
@require_safe
@needs(Right.CONFIGURE)
def renumber_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan: old and new numbers, what is in the way, and how far the work is."""
    plan = _plan(request, pk)
    url = reverse("renumber_detail", args=[request.ledger.code, pk])
    label = _("正在准备改号方案") if plan.state == State.PREPARING else _("正在改号")
    running = plan.state in (State.PREPARING, State.RUNNING) and plan.job is not None and not plan.job.is_finished
    if running and request.headers.get("HX-Request"):
        return render(request, "components/progress.html", progress_of(plan.job, label, url))
    context = {
        "plan": plan,
        "rows": renumbering.shown(renumbering.table(plan, limit=SHOWN), request.actor),
        "shown": SHOWN,
        "problems": plan.problems[:SHOWN],
        "progress": progress_of(plan.job, label, url) if running else None,
        "stuck": plan.job is not None and plan.job.is_finished and plan.state in (State.PREPARING, State.RUNNING),
    }
    response = render_numbers(request, "settings/renumber_detail.html", "renumber_list", context)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs(Right.CONFIGURE)
def renumber_start(request: HttpRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    done = _("已开始改号，可以离开本页。")
    attempt(request, lambda: renumbering.start(plan, lambda each: ask_for_renumbering(each, request.actor)), done)
    return redirect("renumber_detail", request.ledger.code, pk)


@require_POST
@needs(Right.CONFIGURE)
def renumber_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    attempt(request, lambda: renumbering.cancel(plan), _("已取消，编号都没有改。"))
    return redirect("renumber_list", request.ledger.code)


class _Echo:
    """A file that hands back what is written."""

    def write(self, value: str) -> str:
        return value


@require_safe
@needs(Right.CONFIGURE)
def renumber_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole table of old and new numbers as a file."""
    plan = _plan(request, pk)
    request.actor.require(Right.EXPORT)

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow([_("原编号"), _("新编号")])
        rows = renumbering.table(plan)
        while some := list(islice(rows, _AT_ONCE)):
            for each in renumbering.shown(some, request.actor):
                yield writer.writerow([_harmless(each["old"]), _harmless(each["new"])])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="renumbering-{plan.pk}.csv"'
    return response


def _harmless(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "'", "\t", "\r") else text


@require_POST
@needs(Right.CONFIGURE)
def renumber_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with work that ended before its time."""
    plan = _plan(request, pk)
    if plan.state == State.RUNNING:
        plan.job = ask_for_renumbering(plan, request.actor)
        plan.save(update_fields=["job"])
        messages.success(request, _("继续改号。"))
    return redirect("renumber_detail", request.ledger.code, pk)
