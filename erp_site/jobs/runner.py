"""One job from claim to end.

What lives here: calling the handler and turning how it ended into the job's next state. What does not: when to look for
work (``worker``), the transitions themselves (``claims``).
"""

import logging
import os
import socket
import threading
from collections.abc import Callable

from erp_site.shared import failpoints, logs
from erp_site.shared.errors import BusinessError

from . import claims, schedules
from .registry import UnknownKind, kind_of
from .running import JobCancelled, JobFailed, JobInterrupted, LeaseLost, RunningJob

logger = logging.getLogger("erp.jobs")


def process_name() -> str:
    """Name of this process among all workers: host and process id."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def execute(running: RunningJob) -> None:
    """Call the handler and settle the job. Only what must stop the whole process is raised."""
    job = running.job
    about = {"job": job.pk, "kind": job.kind, "attempt": job.attempts}
    with logs.context(f"job-{job.pk}-{job.fencing_token}", user_id=job.created_by_id, ledger=job.ledger_code):
        logger.info("job started", extra={"fields": about})
        outcome = _run(running)
        logger.info("job %s", outcome, extra={"fields": about})


def _run(running: RunningJob) -> str:
    claim = running.claim
    try:
        failpoints.hit("jobs.after_claim")
        result = kind_of(running.job.kind).handler(running)
        failpoints.hit("jobs.before_settle")
        settled, outcome = claims.succeed(claim, result, **running.unsaved()), "succeeded"
    except JobCancelled:
        settled, outcome = claims.stop_cancelled(claim, **running.unsaved()), "cancelled"
    except JobInterrupted:
        settled, outcome = claims.hand_back(claim, **running.unsaved()), "handed back"
    except LeaseLost:
        settled, outcome = False, ""
    except (JobFailed, BusinessError) as refusal:
        settled, outcome = claims.fail(claim, str(refusal), final=True, **running.unsaved()), "failed"
    except UnknownKind:
        # Another version of the product may know it: an ordinary failure, tried again later.
        settled, outcome = claims.fail(claim, f"UnknownKind: {running.job.kind}", **running.unsaved()), "failed"
    except Exception as error:  # noqa: BLE001  whatever a handler raises ends its job, not the worker
        logger.error("job handler failed", exc_info=error)
        running.log("\n  ".join([type(error).__qualname__, *logs.frames(error)[-8:]]))
        text = f"{type(error).__qualname__}: {logs.redact(str(error))}"
        settled, outcome = claims.fail(claim, text, **running.unsaved()), "failed"
    return outcome if settled else "lost to another worker"


def run_one(
    job_id: int | None = None,
    *,
    stopping: threading.Event | None = None,
    tell: Callable[[RunningJob | None], None] = lambda running: None,
) -> bool:
    """Claim and run one due job (or that one) in this thread; False when there was none.

    ``stopping``: set when the process has to shut down. ``tell``: called with the running job, and with None after it.
    """
    job = claims.claim_next(process_name(), job_id=job_id)
    if job is None:
        return False
    running = RunningJob(job, stopping=stopping)
    tell(running)
    try:
        execute(running)
    finally:
        tell(None)
    return True


def run_pending(limit: int | None = None) -> int:
    """Run everything due in this thread, due schedules included, until nothing is left or ``limit`` jobs ran.

    For tests and ``worker --once``; returns how many jobs ran. Jobs that failed and wait for their next attempt are left.
    """
    schedules.fire_due()
    count = 0
    while (limit is None or count < limit) and run_one():
        count += 1
    return count
