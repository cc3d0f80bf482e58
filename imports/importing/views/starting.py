"""Up to the check: history, upload, layout, columns and rules."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.fields import Catalogue
from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from ...models import ImportBatch, ImportMapping
from .. import inspecting, jobs, options, results, screens, uploads
from ..forms import ACCEPTED, LayoutForm, RulesForm, UploadForm
from .access import importer, to

PAGE_SIZE = 30
State = ImportBatch.State


@require_GET
@importer
def import_list(request: HttpRequest) -> HttpResponse:
    """One's own imports, or all of the set for who configures it; newest first, page by page."""
    visible = ImportBatch.objects.visible_to(request.actor).select_related("ledger", "job", "created_by")
    before = request.GET.get("before", "")
    rows = visible.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else visible
    batches = list(rows[: PAGE_SIZE + 1])
    context = {
        "batches": batches[:PAGE_SIZE],
        "older": batches[PAGE_SIZE - 1].pk if len(batches) > PAGE_SIZE else None,
        "is_first": rows is visible,
        "shows_all": request.actor.can(Right.CONFIGURE),
    }
    return render(request, "imports/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@importer
def import_new(request: HttpRequest) -> HttpResponse:
    """Take a file in; a large one is looked into by a job."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return to("import_setup", _received(request, form.cleaned_data["file"]))
        except BusinessError as refusal:
            form.add_error("file", f"{refusal.message}{refusal.remedy}")
    context = {
        "form": form,
        "accept": ACCEPTED,
        "max_mb": settings.IMPORT_MAX_FILE_MB,
        "steps": screens.steps(request, None),
    }
    return render(request, "imports/new.html", context, status=422 if form.errors else 200)


def _received(request: HttpRequest, file) -> ImportBatch:
    batch = uploads.receive(request.ledger, by=request.actor, name=file.name, blocks=file.chunks(uploads.BLOCK))
    if batch.file_size > inspecting.AT_ONCE:
        jobs.ask_for(jobs.INSPECT, batch, by=request.actor)
        return batch
    try:
        inspecting.inspect(batch)
    except BusinessError:
        uploads.remove(batch)
        batch.delete()
        raise
    return batch


# --- set-up ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@importer
def import_setup(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Columns and rules; a POST starts the check."""
    if batch.state not in (State.UPLOADED, State.CHECKED):
        return to("import_detail", batch)
    found = inspecting.inspection(batch)
    if found is None:
        return render(request, "imports/looking.html", results.progress(request, batch, _("正在读取文件")))
    catalogue = Catalogue.of(request.ledger)
    form = RulesForm(request.POST or None, batch=batch, catalogue=catalogue, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            _take_over(request, batch, form)
            return to("import_check", batch)
        except BusinessError as refusal:
            form.add_error(
                refusal.field if refusal.field in form.fields else None, f"{refusal.message}{refusal.remedy}"
            )
    return render(
        request, "imports/setup.html", _setup(request, batch, found, form), status=422 if form.errors else 200
    )


def _take_over(request: HttpRequest, batch: ImportBatch, form: RulesForm) -> None:
    options.apply(batch, form.options(), form.chosen_fields())
    if form.cleaned_data["profile"]:
        options.save_mapping(batch, form.cleaned_data["profile"].strip(), by=request.actor)
    jobs.ask_for(jobs.CHECK, batch, by=request.actor, state=State.CHECKING)


def _setup(request: HttpRequest, batch: ImportBatch, found: inspecting.Inspection, form: RulesForm) -> dict:
    catalogue = Catalogue.of(request.ledger)
    return {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "layout_form": LayoutForm(batch=batch, inspection=found),
        "preview": screens.preview(batch, found),
        "notes": screens.sheet_notes(batch, found),
        "earlier": screens.earlier(batch),
        "form": form,
        "columns": screens.column_rows(batch, found, form, catalogue, request.actor),
        "profiles": screens.profiles(request.ledger),
        "may_configure": request.actor.can(Right.CONFIGURE),
    }


@require_POST
@importer
def import_layout(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Another sheet, heading row, encoding or delimiter, or a saved mapping: look again and guess anew."""
    if batch.state not in (State.UPLOADED, State.CHECKED):
        return to("import_detail", batch)
    options.reset(batch)
    if request.POST.get("profile"):
        _use_profile(request, batch)
        return to("import_setup", batch)
    form = LayoutForm(request.POST, batch=batch, inspection=inspecting.inspection(batch))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
        return to("import_setup", batch)
    layout = form.layout()
    if batch.file_size > inspecting.AT_ONCE:
        ImportBatch.objects.filter(pk=batch.pk).update(inspection=None)
        jobs.ask_for(jobs.INSPECT, batch, by=request.actor, layout=vars(layout))
        return to("import_setup", batch)
    try:
        inspecting.inspect(batch, layout)
    except BusinessError as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    return to("import_setup", batch)


def _use_profile(request: HttpRequest, batch: ImportBatch) -> None:
    saved = get_object_or_404(ImportMapping, ledger=request.ledger, pk=_number(request.POST["profile"]))
    batch.columns = [{**column, "field": saved.columns.get(column["heading"], "")} for column in batch.columns]
    batch.save(update_fields=["columns"])
    messages.success(request, _("已套用映射方案「%(name)s」。") % {"name": saved.name})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_POST
@importer
def mapping_delete(request: HttpRequest, mapping: int) -> HttpResponse:
    """Forget a saved mapping: one's own, or any for who configures the set."""
    saved = get_object_or_404(ImportMapping, ledger=request.ledger, pk=mapping)
    if saved.created_by_id != request.actor.user_id:
        request.actor.require(Right.CONFIGURE)
    saved.delete()
    messages.success(request, _("已删除映射方案「%(name)s」。") % {"name": saved.name})
    return redirect("import_list", request.ledger.code)
