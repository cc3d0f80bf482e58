"""The pages of the import: history, upload, set-up, check, progress, result.

What lives here: HTTP. What does not: the steps themselves (the other modules of this package) and what a page shows (``screens``).
Somebody else's import is a 404, like one of another set.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.fields import Catalogue
from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from ..models import ImportBatch, ImportMapping
from . import errorfile, findings, finishing, inspecting, jobs, options, reporting, screens, template, uploads, writing
from .forms import ACCEPTED, LayoutForm, RulesForm, UploadForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE_SIZE = 30
State = ImportBatch.State


def importer(view: Callable) -> Callable:
    """Only for who may import; with a pk in the address the view gets the batch, settled, or a 404."""

    @wraps(view)
    @never_cache
    def inner(request: HttpRequest, pk: int | None = None, **kwargs) -> HttpResponse:
        request.actor.require(Right.IMPORT)
        if pk is None:
            return view(request, **kwargs)
        visible = ImportBatch.objects.visible_to(request.actor).select_related(
            "ledger", "job", "created_by", "change_batch"
        )
        batch = get_object_or_404(visible, pk=pk)
        finishing.settle(batch)
        return view(request, batch, **kwargs)

    return inner


def _to(name: str, batch: ImportBatch) -> HttpResponse:
    return redirect(name, batch.ledger.code, batch.pk)


# --- history and upload ---------------------------------------------------------------------------------------------------


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
            return _to("import_setup", _received(request, form.cleaned_data["file"]))
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


@require_GET
@importer
def import_template(request: HttpRequest) -> HttpResponse:
    """The empty sheet of this set."""
    response = HttpResponse(template.workbook(request.ledger, request.actor), content_type=XLSX)
    name = _("%(ledger)s 客户导入模板.xlsx") % {"ledger": request.ledger.code}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


# --- set-up ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@importer
def import_setup(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Columns and rules; a POST starts the check."""
    if batch.state not in (State.UPLOADED, State.CHECKED):
        return _to("import_detail", batch)
    found = inspecting.inspection(batch)
    if found is None:
        return render(request, "imports/looking.html", _progress(request, batch, _("正在读取文件")))
    catalogue = Catalogue.of(request.ledger)
    form = RulesForm(request.POST or None, batch=batch, catalogue=catalogue, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            _take_over(request, batch, form)
            return _to("import_check", batch)
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
        return _to("import_detail", batch)
    options.reset(batch)
    if request.POST.get("profile"):
        _use_profile(request, batch)
        return _to("import_setup", batch)
    form = LayoutForm(request.POST, batch=batch, inspection=inspecting.inspection(batch))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
        return _to("import_setup", batch)
    layout = form.layout()
    if batch.file_size > inspecting.AT_ONCE:
        ImportBatch.objects.filter(pk=batch.pk).update(inspection=None)
        jobs.ask_for(jobs.INSPECT, batch, by=request.actor, layout=vars(layout))
        return _to("import_setup", batch)
    try:
        inspecting.inspect(batch, layout)
    except BusinessError as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    return _to("import_setup", batch)


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


# --- check and import --------------------------------------------------------------------------------------------------------


@require_GET
@importer
def import_check(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Progress while the file is checked, then what was found and the question whether to import."""
    if batch.state == State.CHECKING:
        return render(request, "imports/checking.html", _progress(request, batch, _("正在检查")))
    if batch.state == State.UPLOADED:
        if batch.error:
            messages.error(request, batch.error)
        return _to("import_setup", batch)
    if batch.state != State.CHECKED:
        return _to("import_detail", batch)
    good = batch.count("added") + batch.count("updated")
    context = {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "tiles": screens.tiles(batch),
        "table": screens.table(request, batch),
        "good": f"{good:,}",
        "rejected": f"{batch.count('rejected'):,}",
        "skipped": f"{batch.count('skipped'):,}",
        "may_confirm": bool(good) and not (batch.all_or_nothing and batch.count("rejected")),
    }
    return render(request, "imports/check.html", context)


@require_POST
@importer
def import_confirm(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Import a checked batch, or go on with an interrupted one."""
    if batch.state not in (State.CHECKED, State.INTERRUPTED):
        return _to("import_detail", batch)
    batch.ledger.require_writable()
    if batch.all_or_nothing:
        writing.require_all_good(batch)
    jobs.ask_for(jobs.WRITE, batch, by=request.actor, state=State.WRITING)
    return _to("import_detail", batch)


@require_GET
@importer
def import_progress(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The progress bar alone, asked for every second; when the work is over the page is loaded anew."""
    looking = batch.state == State.UPLOADED and not batch.inspection and batch.job and not batch.job.is_finished
    if batch.state not in batch.ACTIVE and not looking:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    verb = {State.CHECKING: _("正在检查"), State.WRITING: _("正在导入")}.get(batch.state, _("正在读取文件"))
    return render(request, "imports/progress.html", _progress(request, batch, verb))


def _progress(request: HttpRequest, batch: ImportBatch, label: str) -> dict:
    job = batch.job
    done, total = batch.count("rows"), batch.rows
    # What is written in one transaction can be seen and stopped by nobody until it ends.
    in_one = batch.state == State.WRITING and batch.all_or_nothing
    may_stop = batch.state in batch.ACTIVE and job is not None and not job.is_finished and not in_one
    waiting = job is not None and job.status == Job.Status.QUEUED
    return {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "label": label,
        "poll_url": reverse("import_progress", args=[batch.ledger.code, batch.pk]),
        "cancel_url": reverse("import_cancel", args=[batch.ledger.code, batch.pk]) if may_stop else "",
        "done": "" if in_one else f"{done:,}",
        "total": f"{total:,}" if total else "",
        "percent": min(99, done * 100 // total) if total and not waiting and not in_one else None,
        "message": _message(batch, waiting=waiting),
        "failed": job.error if job is not None and job.status == Job.Status.FAILED else batch.error,
        "stopping": job is not None and job.cancel_requested,
    }


def _message(batch: ImportBatch, *, waiting: bool) -> str:
    if waiting:
        return _("等待后台进程开始…")
    if batch.state == State.WRITING and batch.all_or_nothing:
        return _("全部写完后一次提交，期间不显示进度")
    if batch.job is not None and batch.job.cancel_requested:
        return _("正在停止，当前一批写完或退回后结束…")
    job = batch.job
    seconds = (timezone.now() - job.started_at).total_seconds() if job is not None and job.started_at else 0
    speed = batch.count("rows") / seconds if seconds > 1 else 0
    return _("每秒约 %(speed)s 行") % {"speed": f"{speed:,.0f}"} if speed else ""


@require_POST
@importer
def import_cancel(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Stop at the next chunk, or give up a batch that waits; rows that are in stay in, and the page says so."""
    if batch.is_running and batch.job is not None and not batch.job.is_finished:
        job = queue.cancel(batch.job)
        if job.status != Job.Status.CANCELLED:
            messages.info(request, _("已要求停止。"))
            return _to("import_detail", batch)
        batch.job = job
        finishing.settle(batch)
    elif not batch.is_over:
        finishing.cancel(batch)
    if batch.state == State.CANCELLED:
        messages.info(request, _("导入已取消。"))
    return _to("import_detail", batch)


# --- afterwards ---------------------------------------------------------------------------------------------------------------


@require_GET
@importer
def import_detail(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Where the batch stands: its result, or the step that comes next."""
    if batch.state == State.UPLOADED:
        return _to("import_setup", batch)
    if batch.state in (State.CHECKING, State.CHECKED):
        return _to("import_check", batch)
    if batch.state == State.WRITING:
        return render(request, "imports/writing.html", _progress(request, batch, _("正在导入")))
    catalogue = Catalogue.of(request.ledger)
    written = sum(batch.count(key) for key in ("added", "updated", "unchanged"))
    context = {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "tiles": screens.tiles(batch),
        "table": screens.table(request, batch),
        "checks": screens.checks(batch),
        "mapping": [(column["heading"], catalogue.get(column["field"])) for column in batch.columns if column["field"]],
        "has_errors": bool(batch.count("rejected")) or batch.state == State.CANCELLED,
        "written": f"{written:,}" if written else "",
    }
    return render(request, "imports/detail.html", context)


@require_GET
@importer
def import_errors(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The refused rows as a file to mend; it holds the importer's own values, so it is only his."""
    _require_own(request, batch)
    response = HttpResponse(errorfile.workbook(batch), content_type=XLSX)
    name = _("%(name)s 待改正.xlsx") % {"name": batch.file_name.rsplit(".", 1)[0]}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_GET
@importer
def import_report(request: HttpRequest, batch: ImportBatch) -> StreamingHttpResponse:
    """The report for machines."""
    catalogue = Catalogue.of(request.ledger)

    def masked(finding: findings.Finding) -> findings.Finding:
        return findings.for_reader([finding], batch, catalogue, request.actor)[0]

    dry_run = batch.state == State.CHECKED
    response = StreamingHttpResponse(
        reporting.text(batch, dry_run=dry_run, masked=masked), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, f"import-{batch.pk}-report.json")
    return response


@require_GET
@importer
def import_original(request: HttpRequest, batch: ImportBatch) -> StreamingHttpResponse:
    """The file as it was uploaded."""
    _require_own(request, batch)
    if not batch.stored_name:
        raise BusinessError(_("原文件已不在服务器上。"), code="import.file_gone")
    response = StreamingHttpResponse(uploads.original(batch), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, batch.file_name)
    return response


def _require_own(request: HttpRequest, batch: ImportBatch) -> None:
    """Whole rows of a file go back to whoever brought them, and to nobody else."""
    if batch.created_by_id != request.actor.user_id:
        raise BusinessError(
            _("只有上传者本人可以下载这个文件。"),
            code="import.not_own",
            remedy=_("请联系%(name)s。") % {"name": batch.created_by or _("系统管理员")},
        )
