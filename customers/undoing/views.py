"""操作记录, 撤销 and 回收站.

What lives here: HTTP. What does not: the verbs (``acts``) and the words (``showing``). A batch that somebody may not look at is a 404.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.pages import told
from permissions.rights import Right

from ..models import ChangeBatch, Customer, Event
from . import acts
from .bin import removed_since
from .showing import Shower, size_words

PAGE_SIZE = 50
BIN_DAYS = 30


class UndoForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("原因"), required=False, max_length=200)
    overwrite = forms.BooleanField(
        label=gettext_lazy("后来改过的内容也改回原值"),
        required=False,
        help_text=gettext_lazy("默认保留别人后来的修改，只改回没有再动过的内容。"),
    )


def _one(request: HttpRequest, pk: int) -> ChangeBatch:
    batch = get_object_or_404(acts.listed(request.ledger, request.actor), pk=pk)
    batch.ledger = request.ledger
    return batch


def _key(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_GET
def batch_list(request: HttpRequest) -> HttpResponse:
    """What was done in the set, newest first: one's own acts, or everybody's for who may delete."""
    rows = acts.listed(request.ledger, request.actor)
    before = _key(request, "before")
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE_SIZE + 1])
    context = {
        "rows": [{"batch": each, "size": size_words(each)} for each in found[:PAGE_SIZE]],
        "older": found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        "is_first": not before,
        "shows_all": request.actor.can(Right.DELETE),
    }
    return render(request, "undoing/list.html", context)


@require_GET
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One act: who, when, why, which customers."""
    batch = _one(request, pk)
    after = _key(request, "after")
    events = Event.objects.filter(batch=batch, customer_id__gt=after).order_by("customer_id")
    ids = list(events.values_list("customer_id", flat=True).distinct()[: PAGE_SIZE + 1])
    named = Shower(request.ledger, request.actor).named(ids[:PAGE_SIZE])
    context = {
        "batch": batch,
        "size": size_words(batch),
        "lines": [named[each] for each in ids[:PAGE_SIZE] if each in named],
        "unseen": len(ids[:PAGE_SIZE]) - len(named),
        "next": ids[PAGE_SIZE - 1] if len(ids) > PAGE_SIZE else None,
        "is_first": not after,
        "may_undo": acts.can_undo(batch, request.actor),
        **_work(request, batch),
    }
    return render(request, "undoing/detail.html", context)


def _work(request: HttpRequest, batch: ChangeBatch) -> dict[str, Any]:
    """The last undoing in the background of this batch, if there was one."""
    job = Job.objects.filter(kind=acts.JOB, unique_key=f"undo:{batch.pk}").order_by("-pk").first()
    if job is None:
        return {"job": None}
    done, total = job.progress_done, acts.size_of(batch)
    return {
        "job": job,
        "is_running": job.status in (Job.Status.QUEUED, Job.Status.RUNNING),
        "done": f"{done:,}",
        "total": f"{total:,}",
        "percent": min(100, done * 100 // total) if total else 0,
        "result": job.result if job.status == Job.Status.SUCCEEDED else None,
        "left": sum((job.result or {}).get("kept", {}).values()),
        "poll_url": reverse("batch_progress", args=[request.ledger.code, batch.pk]),
    }


@require_GET
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress bar alone, asked for every second; when the work is over the page is loaded anew."""
    batch = _one(request, pk)
    work = _work(request, batch)
    if not work["job"] or not work["is_running"]:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return render(request, "undoing/progress.html", work)


@require_http_methods(["GET", "HEAD", "POST"])
def batch_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at what undoing would do (GET), do it (POST); ``?customer=`` for one customer of the batch."""
    batch = _one(request, pk)
    only = _key(request, "customer") or None
    try:
        acts.require_undo(batch, request.actor)
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, told(problem))
        return redirect("batch_detail", request.ledger.code, pk)
    form = UndoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _undo(request, batch, only, form.cleaned_data)
    shower = Shower(request.ledger, request.actor)
    tally, is_whole = acts.preview(batch, request.actor, only=only)
    lines = shower.lines(tally)
    named = shower.named({each.step.customer_id for each in tally.obstacles})
    context = {
        "batch": batch,
        "size": size_words(batch),
        "form": form,
        "only": only,
        "tally": tally,
        "is_whole": is_whole,
        "lines": lines,
        "obstacles": shower.obstacles(tally.obstacles, named),
        "most": acts.AT_ONCE,
    }
    return render(request, "undoing/undo.html", context)


def _undo(request: HttpRequest, batch: ChangeBatch, only: int | None, data: dict[str, Any]) -> HttpResponse:
    """A small batch within the request, a large one in the background."""
    about = {"by": request.actor, "reason": data["reason"], "overwrite": data["overwrite"]}
    if only is None and acts.size_of(batch) > acts.AT_ONCE:
        acts.ask(batch, **about)
        messages.success(request, _("已开始在后台撤销，可以离开此页。"))
        return redirect("batch_detail", request.ledger.code, batch.pk)
    try:
        tally = acts.undo(batch, only=only, **about)
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, told(problem))
        return redirect("batch_detail", request.ledger.code, batch.pk)
    done = _("已撤销：涉及 %(count)s 个客户。") % {"count": f"{tally.customers:,}"}
    if tally.left:
        done += _("有 %(left)s 处保留现状。") % {"left": f"{tally.left:,}"}
    messages.success(request, done)
    seen = only and Customer.objects.visible_to(request.actor).filter(pk=only).exists()
    if seen:
        return redirect(f"{reverse('customer_detail', args=[request.ledger.code, only])}?tab=history")
    return redirect("batch_detail", request.ledger.code, batch.pk)


@require_POST
def customer_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a customer into the recycle bin."""
    customer = get_object_or_404(Customer.objects.visible_to(request.actor).select_related("ledger"), pk=pk)
    request.actor.require(Right.DELETE)
    try:
        acts.remove(customer, by=request.actor, reason=request.POST.get("reason", ""))
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, told(problem))
        return redirect(customer)
    messages.success(request, _("已移入回收站，%(days)s 天内可以恢复。") % {"days": BIN_DAYS})
    return redirect("recycle_bin", request.ledger.code)


@require_GET
def recycle_bin(request: HttpRequest) -> HttpResponse:
    """Customers that were deleted in the last days, for who may delete and sees every customer of the set."""
    request.actor.require(Right.DELETE)
    since = timezone.now() - timedelta(days=BIN_DAYS)
    rows = []
    if request.actor.sees_all:
        gone, before = removed_since(request.ledger, since), _key(request, "before")
        if before:
            gone = gone.filter(history_id__lt=before)
        rows = list(gone[: PAGE_SIZE + 1])
    named = Shower(request.ledger, request.actor).named({row.id for row in rows[:PAGE_SIZE]})
    context = {
        "rows": [
            {"line": named[row.id], "batch": row.batch, "pk": row.id} for row in rows[:PAGE_SIZE] if row.id in named
        ],
        "older": rows[PAGE_SIZE - 1].history_id if len(rows) > PAGE_SIZE else None,
        "days": BIN_DAYS,
    }
    return render(request, "undoing/bin.html", context)
