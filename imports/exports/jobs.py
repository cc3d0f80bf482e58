"""Background work of export: large files, and cleaning up."""

from typing import Any

from django.utils.translation import gettext as _

from erp_site.jobs.registry import job
from erp_site.jobs.running import JobFailed, RunningJob
from permissions.actor import Actor, Door

from ..models import ExportJob
from . import services


@job(services.JOB)
def export_customers(running: RunningJob) -> dict[str, Any]:
    """Write the file of an ExportJob (params: ``export``, its pk) with the rights that its owner has now."""
    export = ExportJob.objects.select_related("ledger", "by").filter(pk=running.params["export"]).first()
    if export is None or export.by is None:
        raise JobFailed(_("导出记录已不存在。"))
    if not export.finished_at:
        by = Actor.of(export.by, export.ledger_id, Door.JOB)

        def tell(done: int, total: int) -> None:
            about = {"done": f"{done:,}", "total": f"{total:,}"}
            running.report(done, total, _("已写入 %(done)s / %(total)s 位客户") % about)

        services.run(export, by=by, tell=tell, inside=running.check)
    return {"export": export.pk, "rows": export.rows}


@job("exports.clean", cron="23 * * * *")
def clean_exports(running: RunningJob) -> dict[str, int]:
    """Remove expired export files every hour."""
    return services.clean()
