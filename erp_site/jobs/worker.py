"""The process behind ``manage.py worker``: one thread runs jobs, another keeps house.

What lives here: the two loops and shutting down. What does not: what they call (``runner``, ``claims``, ``schedules``).

Housekeeping has a thread (and so a database connection) of its own, because a handler may work for minutes: meanwhile its
lease is renewed, the heartbeat written, due schedules are enqueued and abandoned jobs reaped. A handler that has not been
heard of for longer than its kind allows ends the whole process; the supervisor starts another one and the job is reaped.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone

from . import claims, runner, schedules
from .models import WorkerHeartbeat
from .registry import UnknownKind, kind_of
from .running import RunningJob

logger = logging.getLogger("erp.jobs")

LOOK_EVERY = 1.0  # seconds between two looks of an idle worker
KEEP_HOUSE_EVERY = 5.0
LONGEST_PAUSE = 30.0  # between tries while the database does not answer
STUCK_EXIT_CODE = 70


class Worker:
    """Runs due jobs one after another until ``stop`` is called."""

    def __init__(self) -> None:
        self.name = runner.process_name()
        self.stopping = threading.Event()
        self.started_at = timezone.now()
        self.current: RunningJob | None = None

    def stop(self, *_signal: object) -> None:
        """Begin shutting down: an idle worker ends at once, a running handler at its next report."""
        self.stopping.set()

    def run(self) -> None:
        """Work until stopped. A database that is away is waited for."""
        logger.info("worker started", extra={"fields": {"worker": self.name}})
        housekeeping = threading.Thread(target=self._keep_house_forever, name="housekeeping", daemon=True)
        housekeeping.start()
        self._patiently(self._work, LOOK_EVERY)
        housekeeping.join(timeout=5)
        self._patiently_once(self._say_goodbye)
        logger.info("worker stopped", extra={"fields": {"worker": self.name}})

    def _work(self) -> bool:
        return runner.run_one(stopping=self.stopping, tell=self._set_current)

    def _set_current(self, running: RunningJob | None) -> None:
        self.current = running

    def _keep_house_forever(self) -> None:
        self._patiently_once(self.prepare)
        self._patiently(self.keep_house, KEEP_HOUSE_EVERY)
        connections.close_all()

    def prepare(self) -> None:
        """Once at the start: schedules declared in code, and workers that died without a goodbye."""
        schedules.declare()
        WorkerHeartbeat.objects.filter(beat_at__lt=timezone.now() - timedelta(days=1)).delete()

    def keep_house(self) -> bool:
        """One round: renew the running job's lease, sign of life, due schedules, abandoned jobs."""
        self._guard_current()
        beat = {"beat_at": timezone.now(), "started_at": self.started_at, "job_id": self._current_id()}
        WorkerHeartbeat.objects.update_or_create(name=self.name, defaults=beat)
        schedules.fire_due()
        claims.reap()
        return False

    def _current_id(self) -> int | None:
        running = self.current
        return running.job.pk if running else None

    def _guard_current(self) -> None:
        running = self.current
        if running is None:
            return
        try:
            silence = kind_of(running.job.kind).silence
        except UnknownKind:
            return
        if time.monotonic() - running.last_sign > silence:
            logger.critical("handler is stuck, ending the worker", extra={"fields": {"job": running.job.pk}})
            os._exit(STUCK_EXIT_CODE)
        if not claims.keep_alive(running.claim) and self.current is running:
            running.lost = True

    def _say_goodbye(self) -> None:
        WorkerHeartbeat.objects.filter(name=self.name).delete()

    def _patiently(self, act: Callable[[], bool], pause: float) -> None:
        """Call ``act`` until stopped; pause when it found nothing to do, longer and longer while the database is away."""
        trouble = 0.0
        while not self.stopping.is_set():
            close_old_connections()
            try:
                busy, trouble = act(), 0.0
            except (DatabaseError, InterfaceError) as failure:
                logger.error("database does not answer", exc_info=failure)
                busy, trouble = False, min(max(trouble * 2, 1.0), LONGEST_PAUSE)
                connections.close_all()
            if not busy:
                self.stopping.wait(trouble or pause)

    @staticmethod
    def _patiently_once(act: Callable[[], object]) -> None:
        try:
            act()
        except (DatabaseError, InterfaceError) as failure:
            logger.error("database does not answer", exc_info=failure)
