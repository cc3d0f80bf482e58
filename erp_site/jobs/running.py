"""What a handler holds while it works, and the signals that make it stop.

What lives here: ``RunningJob``. What does not: claims (``claims``) and what follows from an end (``runner``).

The signals derive from BaseException on purpose: a handler that guards each row with ``except Exception`` must not swallow
a cancellation. Handlers let them pass; open transactions roll back on the way out.
"""

import logging
import threading
import time
from typing import Any

from django.utils import timezone

from . import claims
from .models import Job

logger = logging.getLogger("erp.jobs")

RENEW_EVERY = 1.0  # seconds between two writes caused by reports


class JobStopped(BaseException):
    """The handler must stop now; which kind says why."""


class JobCancelled(JobStopped):
    """Somebody asked for this job to be cancelled."""


class JobInterrupted(JobStopped):
    """The worker is shutting down; the job goes back to the queue and loses no attempt."""


class LeaseLost(JobStopped):
    """Another worker owns the job now; nothing more may be written for it."""


class JobFailed(Exception):
    """Raised by a handler when trying again cannot help; the message is shown to whoever asked for the job."""


class RunningJob:
    """A claimed job in the hands of its handler."""

    def __init__(self, job: Job, *, stopping: threading.Event | None = None):
        """``stopping`` is set by the worker when it has to shut down."""
        self.job = job
        self.claim = claims.Claim(job.pk, job.fencing_token)
        self.params: dict[str, Any] = job.params
        self.last_sign = time.monotonic()  # when the handler was last heard of
        self.lost = False  # set by the worker's housekeeping when it finds the claim gone
        self._stopping = stopping
        self._renewed = time.monotonic()
        self._pending: dict[str, Any] = {}
        self._log = job.log

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Say how far the work is; cheap enough for each row, since at most one a second reaches the database.

        Raises JobCancelled, JobInterrupted or LeaseLost, between which and the next transaction nothing may be written.
        """
        self._pending["progress_done"] = done
        if total is not None:
            self._pending["progress_total"] = total
        if message is not None:
            self._pending["message"] = message[: Job._meta.get_field("message").max_length]
        self._look(time.monotonic() - self._renewed >= RENEW_EVERY)

    def check(self) -> None:
        """Make sure, now and in the database, that the work may go on; raises like ``report``.

        Called inside a transaction it locks the job's row until the commit, so what is committed was written by the owner.
        """
        self._look(True)

    def log(self, text: str) -> None:
        """Add a line to the job's log, for people to read; stored with the next report."""
        stamp = timezone.localtime().strftime("%m-%d %H:%M:%S")
        self._log = f"{self._log}{stamp} {text}\n"[-Job.LOG_LIMIT :]
        self._pending["log"] = self._log
        self.last_sign = time.monotonic()

    def unsaved(self) -> dict[str, Any]:
        """Values reported but not yet stored; they go with whatever closes the job."""
        values, self._pending = self._pending, {}
        return values

    def _look(self, ask: bool) -> None:
        self.last_sign = time.monotonic()
        if self.lost:
            raise LeaseLost
        if self._stopping is not None and self._stopping.is_set():
            raise JobInterrupted
        if not ask:
            return
        if not claims.renew(self.claim, **self._pending):
            raise LeaseLost
        # Kept on purpose: stored again by the next look in case the transaction around this one rolls back.
        self._renewed = time.monotonic()
        if claims.cancel_requested(self.claim):
            raise JobCancelled
