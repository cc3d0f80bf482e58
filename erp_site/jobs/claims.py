"""Who owns a job: claim, renew, settle, reap. Every statement here is one conditional change of a Job row.

What lives here: the transitions that workers cause. What does not: running handlers (``runner``), transitions that people
cause (``queue``).

A claim is a lease with a fencing token. The lease is measured by the database's clock, so hosts with different clocks
agree; it is renewed while the worker lives, and a job whose lease ran out is given to the next worker under a new token,
after which nothing that carries the old one has any effect.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Job

LEASE = timedelta(seconds=30)
BACK_OFF_FIRST = 10.0  # seconds
BACK_OFF_LONGEST = 3600.0


@dataclass(frozen=True)
class Claim:
    """Proof of owning a job: its key and the token drawn when it was claimed."""

    job_id: int
    token: int


def _lease_end() -> ExpressionWrapper:
    return ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())


def back_off(attempts: int) -> timedelta:
    """How long to wait after that many failed attempts: 10 s, 40 s, 160 s …, at most an hour, scattered by a fifth."""
    seconds = min(BACK_OFF_FIRST * 4 ** (attempts - 1), BACK_OFF_LONGEST)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311  (no secret)


def claim_next(worker: str, *, job_id: int | None = None) -> Job | None:
    """Take the oldest due job (or that one) for ``worker``; None when there is none. One owner, on both engines."""
    due = Job.objects.due() if job_id is None else Job.objects.due().filter(pk=job_id)
    if not due.exists():  # an idle worker's look must not queue for SQLite's writer
        return None
    with transaction.atomic():
        found = due.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
        if found is None:
            return None
        Job.objects.filter(pk=found.pk).update(
            status=Job.Status.RUNNING,
            worker=worker,
            attempts=F("attempts") + 1,
            fencing_token=F("fencing_token") + 1,
            lease_until=_lease_end(),
            heartbeat_at=Now(),
            started_at=Now(),
            finished_at=None,
            cancel_requested=False,
        )
        found.refresh_from_db()
    return found


def _owned(claim: Claim):
    return Job.objects.filter(pk=claim.job_id, fencing_token=claim.token, status=Job.Status.RUNNING)


def renew(claim: Claim, **values: Any) -> bool:
    """Extend the lease and store ``values`` (progress, log); False when the job has another owner or is over."""
    return bool(_owned(claim).update(lease_until=_lease_end(), heartbeat_at=Now(), **values))


def keep_alive(claim: Claim) -> bool:
    """Extend the lease from outside the handler; False when it is lost. Never waits for the handler's own transaction:
    while that holds the row, nobody else can take the job."""
    with transaction.atomic():
        row = Job.objects.select_for_update(skip_locked=True).filter(pk=claim.job_id).first()
        return row is None or renew(claim)


def cancel_requested(claim: Claim) -> bool:
    """Whether somebody asked for this job to stop."""
    return _owned(claim).filter(cancel_requested=True).exists()


def _ended(status: Job.Status, **values: Any) -> dict[str, Any]:
    return {"status": status, "finished_at": Now(), "lease_until": None, **values}


def _cancelled() -> dict[str, Any]:
    return _ended(Job.Status.CANCELLED, message=_("已取消"))


def _waiting(delay: timedelta, **values: Any) -> dict[str, Any]:
    return {"status": Job.Status.QUEUED, "run_after": timezone.now() + delay, "lease_until": None, **values}


def succeed(claim: Claim, result: dict[str, Any] | None, **values: Any) -> bool:
    """Close the job with its result; False (and no effect) when the claim was lost."""
    with transaction.atomic():  # a result that is no JSON raises here and must not spoil a transaction around us
        return bool(_owned(claim).update(**_ended(Job.Status.SUCCEEDED, result=result, error="", **values)))


def fail(claim: Claim, error: str, *, final: bool = False, **values: Any) -> bool:
    """Note a failed attempt: back into the queue with a back-off, or FAILED after the last one (or when ``final``)."""
    with transaction.atomic():
        job = _owned(claim).select_for_update().first()
        if job is None:
            return False
        error = error[: Job._meta.get_field("error").max_length]
        if job.cancel_requested:
            after = _cancelled()
        elif final or job.attempts >= job.max_attempts:
            after = _ended(Job.Status.FAILED)
        else:
            after = _waiting(back_off(job.attempts))
        return bool(_owned(claim).update(error=error, **after, **values))


def stop_cancelled(claim: Claim, **values: Any) -> bool:
    """Close a job whose handler obeyed a cancellation."""
    return bool(_owned(claim).update(**{**values, **_cancelled()}))


def hand_back(claim: Claim, **values: Any) -> bool:
    """Return a job whose worker is stopping to the queue; the attempt does not count."""
    if _owned(claim).filter(cancel_requested=True).update(**{**values, **_cancelled()}):
        return True
    return bool(_owned(claim).update(**_waiting(timedelta(0), attempts=F("attempts") - 1, **values)))


def reap() -> int:
    """Take jobs from owners whose lease ran out (killed or frozen workers); returns how many.

    They go back into the queue (the first time at once, then with a back-off), or end as FAILED after their last attempt.
    A row that its owner's open transaction holds is left alone: on PostgreSQL by SKIP LOCKED, on SQLite because nobody
    else can write meanwhile.
    """
    expired = Job.objects.filter(status=Job.Status.RUNNING, lease_until__lt=Now())
    if not expired.exists():
        return 0
    with transaction.atomic():
        found = list(expired.select_for_update(skip_locked=True).order_by("pk"))
        for job in found:
            claim = Claim(job.pk, job.fencing_token)
            error = _("执行任务的进程意外中断。")
            if job.cancel_requested:
                after = _cancelled()
            elif job.attempts >= job.max_attempts:
                after = _ended(Job.Status.FAILED, error=error)
            else:
                after = _waiting(back_off(job.attempts - 1) if job.attempts > 1 else timedelta(0), error=error)
            _owned(claim).update(fencing_token=F("fencing_token") + 1, **after)
    return len(found)
