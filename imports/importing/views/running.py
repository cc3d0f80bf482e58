"""From the check to the result: progress, confirming, cancelling, and where a batch stands."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers.fields import Catalogue
from customers.undoing.acts import can_undo
from erp_site.jobs import queue
from erp_site.jobs.models import Job

from ...models import ImportBatch
from .. import finishing, jobs, results, screens, writing
from .access import importer, to

State = ImportBatch.State


@require_GET
@importer
def import_check(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Progress while the file is checked, then what was found and the question whether to import."""
    if batch.state == State.CHECKING:
        return render(request, "imports/checking.html", results.progress(request, batch, _("正在检查")))
    if batch.state == State.UPLOADED:
        if batch.error:
            messages.error(request, batch.error)
        return to("import_setup", batch)
    if batch.state != State.CHECKED:
        return to("import_detail", batch)
    good = batch.count("added") + batch.count("updated")
    context = {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "tiles": results.tiles(batch),
        "table": results.table(request, batch),
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
        return to("import_detail", batch)
    batch.ledger.require_writable()
    if batch.all_or_nothing:
        writing.require_all_good(batch)
    jobs.ask_for(jobs.WRITE, batch, by=request.actor, state=State.WRITING)
    return to("import_detail", batch)


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
    return render(request, "imports/progress.html", results.progress(request, batch, verb))


@require_POST
@importer
def import_cancel(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Stop at the next chunk, or give up a batch that waits; rows that are in stay in, and the page says so."""
    if batch.is_running and batch.job is not None and not batch.job.is_finished:
        job = queue.cancel(batch.job)
        if job.status != Job.Status.CANCELLED:
            messages.info(request, _("已要求停止。"))
            return to("import_detail", batch)
        batch.job = job
        finishing.settle(batch)
    elif not batch.is_over:
        finishing.cancel(batch)
    if batch.state == State.CANCELLED:
        messages.info(request, _("导入已取消。"))
    return to("import_detail", batch)


@require_GET
@importer
def import_detail(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Where the batch stands: its result, or the step that comes next."""
    if batch.state == State.UPLOADED:
        return to("import_setup", batch)
    if batch.state in (State.CHECKING, State.CHECKED):
        return to("import_check", batch)
    if batch.state == State.WRITING:
        return render(request, "imports/writing.html", results.progress(request, batch, _("正在导入")))
    catalogue = Catalogue.of(request.ledger)
    written = sum(batch.count(key) for key in ("added", "updated", "unchanged"))
    context = {
        "batch": batch,
        "steps": screens.steps(request, batch),
        "tiles": results.tiles(batch),
        "table": results.table(request, batch),
        "checks": results.checks(batch),
        "mapping": [(column["heading"], catalogue.get(column["field"])) for column in batch.columns if column["field"]],
        "has_errors": bool(batch.count("rejected")) or batch.state == State.CANCELLED,
        "written": f"{written:,}" if written else "",
        "may_undo": bool(batch.change_batch and can_undo(batch.change_batch, request.actor)),
    }
    return render(request, "imports/detail.html", context)
