"""The frame of the pages about numbers under 账套设置.

What lives here: tabs and rendering. What does not: the pages.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from ledgers.pages import render_settings


def render_numbers(
    request: HttpRequest, template: str, current: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A settings page among those about numbers; ``current``: its route."""
    pages = (
        ("numbering_rule", _("编码规则")),
        ("numbers_health", _("编号体检")),
        ("renumber_list", _("改号")),
        ("numbers_reserved", _("保留号段")),
        ("numbers_retired", _("归档编号")),
    )
    tabs = [
        {"label": label, "url": reverse(name, args=[request.ledger.code]), "active": name == current}
        for name, label in pages
    ]
    return render_settings(request, template, "numbering_rule", {"number_tabs": tabs, **context}, status=status)


def progress_of(job: Job, label: str, poll_url: str) -> dict[str, Any]:
    """What the progress component wants to know of a job."""
    return {
        "label": label,
        "poll_url": poll_url,
        "finished": job.is_finished,
        "percent": job.percent if job.progress_total else None,
        "done": job.progress_done,
        "total": job.progress_total,
        "status_label": job.get_status_display(),
        "status_value": job.status.lower(),
        "message": job.error or job.message,
    }
