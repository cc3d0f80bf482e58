"""Background work of import: looking into large files, checking, writing, and cleaning up.

What lives here: handlers, and asking for them. What does not: the work. A handler that is cut off is simply run again: it goes on
behind the last committed chunk.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.jobs.registry import job
from erp_site.jobs.running import JobCancelled, JobFailed, RunningJob
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door

from ..models import ImportBatch
from . import checking, finishing, inspecting, writing
from .runs import Run, TakenOver

INSPECT, CHECK, WRITE = "import.inspect", "import.check", "import.write"
State = ImportBatch.State


def ask_for(kind: str, batch: ImportBatch, *, by: Actor, state: str | None = None, **params: Any) -> Job:
    """Put work on a batch into the queue; while some is waiting or running already, that is returned.

    ``state`` is what the batch is from now on, so that its page shows at once that something is going on.
    """
    asked = queue.enqueue(
        kind, {"batch": batch.pk, **params}, by=by.user, ledger_code=batch.ledger.code, unique_key=f"import:{batch.pk}"
    )
    batch.job = asked
    fields = ["job"]
    if state:
        batch.state, batch.error = state, ""
        fields += ["state", "error"]
    batch.save(update_fields=fields)
    return asked


@job(INSPECT)
def inspect_file(running: RunningJob) -> dict[str, Any]:
    """Look into a large file; params: ``batch``, ``layout``."""
    batch = _batch(running)
    layout = inspecting.Layout(**running.params.get("layout", {}))
    try:
        inspecting.inspect(batch, layout)
    except BusinessError as refusal:
        ImportBatch.objects.filter(pk=batch.pk).update(error=_words(refusal))
        raise
    return {"batch": batch.pk}


@job(CHECK)
def check_file(running: RunningJob) -> dict[str, Any]:
    """The dry run of a batch; params: ``batch``."""
    return _run(running, State.CHECKING, checking.check)


@job(WRITE)
def write_file(running: RunningJob) -> dict[str, Any]:
    """Write a checked batch; params: ``batch``."""
    return _run(running, State.WRITING, writing.write)


def _run(running: RunningJob, state: str, work: Callable[[Run], None]) -> dict[str, Any]:
    batch = _batch(running)
    if batch.state == State.DONE and state == State.WRITING:  # killed between the last commit and saying so
        finishing.compare(batch)
        return {"batch": batch.pk, **batch.counts}
    try:
        work(Run(batch, by=_actor(running, batch), state=state, tell=running))
    except JobCancelled:
        finishing.stop_check(batch) if state == State.CHECKING else finishing.cancel(batch)
        raise
    except TakenOver:
        raise
    except BusinessError as refusal:
        finishing.interrupt(batch, _words(refusal))
        if refusal.code == "import.not_all_good":
            finishing.fail(batch, refusal.message)
        raise
    return {"batch": batch.pk, **batch.counts}


def _batch(running: RunningJob) -> ImportBatch:
    batch = (
        ImportBatch.objects.select_related("ledger", "job", "change_batch").filter(pk=running.params["batch"]).first()
    )
    if batch is None:
        raise JobFailed(_("导入记录已不存在。"))
    return batch


def _actor(running: RunningJob, batch: ImportBatch) -> Actor:
    """Whoever asked for the job, with the rights that he has now."""
    user = running.job.created_by
    return Actor.of(user, batch.ledger_id, Door.IMPORT) if user else Actor.system(batch.ledger_id, Door.IMPORT)


def _words(refusal: BusinessError) -> str:
    return f"{refusal.message}{refusal.remedy}"


@job("import.tidy", cron="41 * * * *")
def tidy(running: RunningJob) -> dict[str, int]:
    """Every hour: settle imports whose process died, forget uploads that nobody went on with."""
    return {"forgotten": finishing.tidy()}
