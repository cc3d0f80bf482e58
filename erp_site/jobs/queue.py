"""What the rest of the product calls: put a job into the queue, take it out, try it again.

What lives here: the transitions that people cause. What does not: those that workers cause (``claims``).
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from .models import Job
from .registry import kind_of
from .tasks import run_job


def enqueue(
    kind: str,
    params: Mapping[str, Any] | None = None,
    *,
    by=None,
    ledger_code: str = "",
    run_after: datetime | None = None,
    unique_key: str | None = None,
) -> Job:
    """Ask for a job; it exists, and runs, exactly when the caller's transaction commits.

    ``by``: the user who asks (the handler acts with that user's rights, asked again when it runs). ``run_after``: aware
    instant before which it does not start. ``unique_key``: while a job with this key waits or runs, that one is returned
    instead. Raises UnknownKind.
    """
    about = {
        "kind": kind,
        "params": dict(params or {}),
        "created_by": by,
        "ledger_code": ledger_code,
        "run_after": run_after,
        "unique_key": unique_key or "",
        "max_attempts": kind_of(kind).max_attempts,
    }
    if not unique_key:
        return _announced(Job.objects.create(**about))
    for _look in range(2):
        if (present := Job.objects.active().filter(unique_key=unique_key).first()) is not None:
            return present
        with suppress(IntegrityError), transaction.atomic():  # somebody was quicker: look again
            return _announced(Job.objects.create(**about))
    return _announced(Job.objects.create(**about))


def _announced(job: Job) -> Job:
    """Ring the bell of django-tasks once the row is there for others to see."""
    if job.run_after is None or job.run_after <= timezone.now():
        transaction.on_commit(partial(run_job.enqueue, job.pk), robust=True)
    return job


def cancel(job: Job) -> Job:
    """Take a waiting job out of the queue, or ask a running one to stop at its next report; returns the fresh row.

    Raises BusinessError when the job is over.
    """
    now = timezone.now()
    waiting = Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED)
    stopped = waiting.update(status=Job.Status.CANCELLED, cancel_requested=True, finished_at=now, message=_("已取消"))
    if not stopped and not Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(cancel_requested=True):
        raise BusinessError(_("任务已经结束，不能取消。"), code="job.finished")
    job.refresh_from_db()
    return job


def retry(job: Job) -> Job:
    """Put a failed or cancelled job back into the queue with all its attempts; returns the fresh row.

    Raises BusinessError when it is in another state, or when the same work is queued already.
    """
    over = Job.objects.filter(pk=job.pk, status__in=[Job.Status.FAILED, Job.Status.CANCELLED])
    try:
        with transaction.atomic():
            revived = over.update(
                status=Job.Status.QUEUED, attempts=0, run_after=None, cancel_requested=False, error="", finished_at=None
            )
    except IntegrityError:
        raise BusinessError(_("相同的任务已经在排队或运行，不必重试。"), code="job.duplicate") from None
    if not revived:
        raise BusinessError(_("只有失败或已取消的任务可以重试。"), code="job.not_retryable")
    job.refresh_from_db()
    return _announced(job)
