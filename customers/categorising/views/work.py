"""How a background work of these pages stands, asked every two seconds; and stopping it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from ledgers.pages import attempt, needs
from permissions.rights import Right

from ...services import mass_edits
from .. import kinds, wording


def _job(request: HttpRequest, pk: int) -> Job:
    job = get_object_or_404(Job, pk=pk, ledger_code=request.ledger.code, kind=mass_edits.JOB)
    return job if job.params.get("name") in kinds.NAMES else get_object_or_404(Job.objects.none(), pk=pk)


@never_cache
@require_safe
@needs(Right.CONFIGURE)
def category_work(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress of one work."""
    return render(
        request, "settings/categories_work.html", {"work": wording.work_of(request.ledger, _job(request, pk))}
    )


@require_POST
@needs(Right.CONFIGURE)
def category_work_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """停止: what is done stays done."""
    job = _job(request, pk)
    attempt(request, lambda: queue.cancel(job), _("正在停止；已改的客户不会还原。"))
    messages.info(request, _("需要时可以再次发起同样的操作，它会从剩下的客户继续。"))
    return redirect("category_list", request.ledger.code)
