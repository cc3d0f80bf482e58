"""The export page: start, follow, fetch."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers import listing
from customers.fields import Catalogue
from erp_site.jobs import queue
from erp_site.shared.errors import BusinessError
from ledgers import refusals
from permissions.rights import Right

from ..models import ExportJob
from . import selecting, services
from .cells import by_default, exportable
from .forms import ExportForm, FieldPicker

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_list(request: HttpRequest) -> HttpResponse:
    """The form and one's own exports; a POST starts one, or moves fields about when its button says so."""
    request.actor.require(Right.EXPORT)
    picker, catalogue = _picker(request), Catalogue.of(request.ledger)
    if request.method != "POST":
        selection = selecting.parse(request.GET, request.actor)
        if any(listing.is_private(key, value, catalogue) for key, value in request.GET.items()):
            return redirect(_address(request, selecting.as_query(selection, catalogue, request.actor)))
        return _page(request, ExportForm(), picker, selection)
    form, selection = ExportForm(request.POST), selecting.parse(request.POST.get("query", ""), request.actor)
    if "act" in request.POST:
        picker.act(request.POST["act"])
    elif form.is_valid():
        try:
            about = {"format": form.cleaned_data["format"], "keys": picker.keys, "selection": selection}
            return _started(request, services.start(ledger=request.ledger, by=request.actor, **about))
        except BusinessError as refusal:
            form.add_error(None, f"{refusal.message}{refusal.remedy}")
    return _page(request, form, picker, selection)


def _started(request: HttpRequest, export: ExportJob) -> HttpResponse:
    if export.is_available:
        return redirect(_address(request, f"ready={export.pk}"))
    messages.info(request, _("客户较多，正在后台导出；可以离开本页，完成后回来下载。"))
    return redirect(_address(request))


def _address(request: HttpRequest, query: str = "") -> str:
    address = reverse("export_list", args=[request.ledger.code])
    return f"{address}?{query}" if query else address


def _picker(request: HttpRequest) -> FieldPicker:
    """Fields as posted, else those of one's last export here, else all that an import takes back."""
    offered = exportable(Catalogue.of(request.ledger), request.actor)
    if request.method == "POST":
        return FieldPicker(offered, request.POST.getlist("fields"))
    last = ExportJob.objects.visible_to(request.actor).values_list("fields", flat=True).first()
    return FieldPicker(offered, last or [field.key for field in by_default(offered)])


def _page(request: HttpRequest, form: ExportForm, picker: FieldPicker, selection: selecting.Selection) -> HttpResponse:
    catalogue = Catalogue.of(request.ledger)
    mine = ExportJob.objects.visible_to(request.actor).select_related("ledger", "job")
    total = selecting.count(selection, catalogue, request.actor, cap=services.AT_ONCE)
    context = {
        "form": form,
        "picker": picker,
        "query": selecting.as_query(selection, catalogue, request.actor),
        "conditions": selecting.describe(selection, catalogue, request.actor),
        "total": min(total, services.AT_ONCE),
        "total_is_capped": total > services.AT_ONCE,
        "exports": list(mine.recent()[:50]),
        "ready": _ready(mine, request.GET.get("ready", "")),
        "kept_hours": services.KEPT_HOURS,
        "number_is_hidden": not request.actor.field_level("number"),
        "number_apply_url": refusals.apply_url(request, field="number"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "exports/list.html", context, status=status)


def _ready(mine, pk: str) -> ExportJob | None:
    """The export that was just made, while its file is there."""
    export = mine.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    return export if export and export.is_available else None


@never_cache
@require_GET
def export_download(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The file, to its owner only, as long as his rights still cover it."""
    export = _own(request, pk)
    response = StreamingHttpResponse(
        services.open_file(export, by=request.actor), content_type=CONTENT_TYPES[export.format]
    )
    response["Content-Length"] = export.size
    response["Content-Disposition"] = content_disposition_header(True, export.filename)
    return response


@never_cache
@require_GET
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the list, asked for every second while its file is being written."""
    return render(request, "exports/row.html", {"export": _own(request, pk)})


@require_POST
def export_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop one's own export."""
    export = _own(request, pk)
    if export.job is None:
        raise BusinessError(_("导出已经结束，不能取消。"), code="job.finished")
    queue.cancel(export.job)
    messages.info(request, _("已要求停止导出。"))
    return redirect("export_list", request.ledger.code)


def _own(request: HttpRequest, pk: int) -> ExportJob:
    mine = ExportJob.objects.visible_to(request.actor).select_related("ledger", "job")
    return get_object_or_404(mine, pk=pk)
