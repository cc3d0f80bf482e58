"""The background run of an undo. What lives here: the handler. What does not: what it does (``acts``)."""

from typing import Any

from django.utils.translation import gettext as _

from erp_site.jobs.registry import job
from erp_site.jobs.running import JobFailed, RunningJob
from permissions.actor import Actor, Door

from ..models import ChangeBatch
from . import acts


@job(acts.JOB)
def run(running: RunningJob) -> dict[str, Any]:
    """{"batch", "customers", "values", "removed", "returned", "unseen", "kept", "obstacles"}, with the asker's rights as they are now."""
    batch = ChangeBatch.objects.select_related("ledger").filter(pk=running.params["batch"]).first()
    if batch is None:
        raise JobFailed(_("批次已不存在。"))
    user, mark = running.job.created_by, f"job:{running.job.pk}"
    by = (
        Actor.of(user, batch.ledger_id, Door.JOB, request_id=mark)
        if user
        else Actor.system(batch.ledger_id, Door.JOB, request_id=mark)
    )
    total = acts.size_of(batch)
    tally = acts.undo(
        batch,
        by=by,
        reason=running.params["reason"],
        overwrite=running.params["overwrite"],
        request_id=mark,
        progress=lambda done: running.report(done, total),
        inside=running.check,
    )
    made = ChangeBatch.objects.filter(ledger=batch.ledger, request_id=mark).order_by("pk").first()
    return tally.as_result(made)
