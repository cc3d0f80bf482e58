"""账套设置 → 离职交接: who left customers behind, whom they go to, and how far that is.

What lives here: HTTP. What is shown of customers is what the reader may see.
"""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.access.life import leaving
from ledgers.pages import attempt, needs, put_on_form, render_settings
from permissions.models import User
from permissions.rights import Right

from ..fields import Catalogue
from ..models import Category, Customer, Transfer
from ..presenting import Presenter
from . import selecting, transfers
from .forms import HandoverForm

PAGE = "handover_list"
SLIPS, SAMPLE = 30, 10
_COLUMNS = ("number", "name", "category", "province", "department")


def _mine(request: HttpRequest) -> QuerySet:
    return Customer.objects.visible_to(request.actor)


@require_GET
@needs(Right.CONFIGURE)
def handover_list(request: HttpRequest) -> HttpResponse:
    """Everybody who owns customers and no longer works in the set, and the latest slips."""
    people = list(selecting.leavers(_mine(request), request.ledger))
    owned = _mine(request).filter(owner_id__in=[person.pk for person in people]).order_by()
    counts = dict(owned.values_list("owner_id").annotate(count=Count("pk")))
    slips = _slips(request)[:SLIPS]
    context = {
        "rows": [{"person": person, "count": counts.get(person.pk, 0)} for person in people],
        "slips": [transfers.settle(slip) for slip in slips],
        "may": transfers.can_hand_over(request.actor) and request.ledger.is_active,
    }
    return render_settings(request, "handover/list.html", PAGE, context)


def _slips(request: HttpRequest) -> QuerySet[Transfer]:
    related = ("ledger", "job", "from_user", "to_user", "from_department", "to_department", "by", "batch")
    return Transfer.objects.filter(ledger=request.ledger).select_related(*related)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.CONFIGURE)
def handover_person(request: HttpRequest, person: int) -> HttpResponse:
    """Choose the successor and the customers, look at what would move (GET with choices), begin (POST)."""
    leaver = get_object_or_404(selecting.leavers(_mine(request), request.ledger), pk=person)
    customers = _mine(request).filter(owner_id=leaver.pk)
    data = request.POST or (request.GET if "successor" in request.GET else None)
    form = HandoverForm(data, ledger=request.ledger, person=leaver, customers=customers)
    if request.method == "POST" and form.is_valid():
        slip = _begin(request, leaver, form)
        if slip:
            return redirect(slip)
    context = {
        "person": leaver,
        "form": form,
        "count": customers.count(),
        "also_ends": leaving.told(leaver, request.ledger),
        "preview": _preview(request, customers, form) if form.is_bound and form.is_valid() else None,
        "hidden": [(name, form.data.getlist(name)) for name in form.fields] if form.is_bound else [],
        "may": transfers.can_hand_over(request.actor) and request.ledger.is_active,
    }
    return render_settings(
        request, "handover/person.html", PAGE, context, status=422 if form.is_bound and form.errors else 200
    )


def _begin(request: HttpRequest, leaver: User, form: HandoverForm) -> Transfer | None:
    data = form.cleaned_data
    try:
        return transfers.hand_over(
            request.ledger,
            leaver,
            data["successor"],
            by=request.actor,
            with_department=data["with_department"],
            reason=data["reason"],
            **form.chosen(),
        )
    except BusinessError as problem:
        put_on_form(form, problem)
        return None


def _preview(request: HttpRequest, customers: QuerySet, form: HandoverForm) -> dict[str, Any]:
    """How many would move, and the first of them as the reader may see them."""
    rows = selecting.chosen(customers, **form.chosen())
    catalogue = Catalogue.of(request.ledger)
    presenter = Presenter(catalogue, request.actor)
    fields = [catalogue.get(key) for key in _COLUMNS if request.actor.field_level(key) > 0]
    return {
        "count": rows.count(),
        "successor": form.cleaned_data["successor"],
        "with_department": form.cleaned_data["with_department"],
        "labels": [field.label for field in fields],
        "sample": [
            [presenter.shown(field, presenter.value(customer, field)).text for field in fields]
            for customer in rows.order_by("pk")[:SAMPLE]
        ],
    }


@require_GET
@needs(Right.CONFIGURE)
def handover_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """One slip: what was asked, how far it is, how it ended."""
    slip = transfers.settle(get_object_or_404(_slips(request), pk=pk))
    return render_settings(request, "handover/transfer.html", PAGE, _of_slip(request, slip))


def _of_slip(request: HttpRequest, slip: Transfer) -> dict[str, Any]:
    names = dict(Category.objects.filter(ledger=request.ledger, pk__in=slip.categories).values_list("pk", "name"))
    done, total = (slip.job.progress_done, slip.job.progress_total) if slip.job else (0, 0)
    return {
        "slip": slip,
        "categories": [names.get(pk) or _("未分类") for pk in slip.categories],
        "provinces": [name or _("未填省份") for name in slip.provinces],
        "done": f"{done:,}",
        "total": f"{max(total, slip.total):,}",
        "percent": min(100, done * 100 // max(total, slip.total, 1)),
        "poll_url": reverse("handover_progress", args=[request.ledger.code, slip.pk]),
        "cancel_url": reverse("handover_stop", args=[request.ledger.code, slip.pk]),
        "may": transfers.can_hand_over(request.actor) and request.ledger.is_active,
    }


@require_GET
@needs(Right.CONFIGURE)
def handover_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone; when the slip is over the whole page is loaded anew."""
    slip = transfers.settle(get_object_or_404(_slips(request), pk=pk))
    if not slip.is_running:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "handover/progress.html", _of_slip(request, slip))


@require_POST
@needs(Right.CONFIGURE)
def handover_stop(request: HttpRequest, pk: int) -> HttpResponse:
    slip = get_object_or_404(_slips(request), pk=pk)
    attempt(request, lambda: transfers.stop(slip, by=request.actor), _("正在停止；已移交的客户不会退回。"))
    return redirect(slip)


@require_POST
@needs(Right.CONFIGURE)
def handover_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it stopped."""
    slip = get_object_or_404(_slips(request), pk=pk)
    try:
        transfers.resume(slip, by=request.actor)
    except BusinessError as problem:
        messages.error(request, f"{problem.message}{problem.remedy}")
    return redirect(slip)
