"""From cron text to jobs.

What lives here: the next time of a schedule, and making due ones into jobs. What does not: running them.

Two schedulers never fire one occurrence twice: whoever holds the row's lock enqueues and moves ``next_run_at`` on in the
same transaction. Times missed while nothing ran are made up for once, not one by one; an occurrence is left out while the
job of an earlier one still waits or runs.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cronsim import CronSim, CronSimError
from django.db import transaction
from django.utils import timezone

from .models import Schedule
from .queue import enqueue
from .registry import UnknownKind, all_kinds

logger = logging.getLogger("erp.jobs")


def next_time(cron: str, after: datetime) -> datetime:
    """First occurrence later than ``after`` (aware), in the product's time zone; raises CronSimError for bad text."""
    return next(CronSim(cron, timezone.localtime(after)))


def ensure_schedule(
    name: str, cron: str, job_kind: str, params: Mapping[str, Any] | None = None, *, ledger_code: str = ""
) -> Schedule:
    """The schedule called ``name``, made when missing; one that exists keeps what people set on it."""
    schedule, _created = Schedule.objects.get_or_create(
        name=name,
        defaults={
            "cron": cron,
            "job_kind": job_kind,
            "params": dict(params or {}),
            "ledger_code": ledger_code,
            "next_run_at": next_time(cron, timezone.now()),
        },
    )
    return schedule


def declare() -> None:
    """Make the schedules that kinds of job declare in code (``@job(…, cron=…)``)."""
    for kind in all_kinds():
        if kind.cron:
            ensure_schedule(kind.name, kind.cron, kind.name)


def fire_due() -> int:
    """Enqueue a job for each schedule whose time has come; returns how many were fired."""
    now = timezone.now()
    due = Schedule.objects.filter(is_enabled=True, next_run_at__lte=now)
    if not due.exists():
        return 0
    with transaction.atomic():
        found = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("next_run_at", "pk"))
        for schedule in found:
            _fire(schedule, now)
    return len(found)


def _fire(schedule: Schedule, now: datetime) -> None:
    try:
        schedule.next_run_at = next_time(schedule.cron, now)
        schedule.last_job = enqueue(
            schedule.job_kind,
            schedule.params,
            ledger_code=schedule.ledger_code,
            unique_key=f"schedule:{schedule.pk}",
        )
    except (CronSimError, StopIteration, UnknownKind) as broken:
        # One bad row must not keep the others from running; switched off, it shows in the list.
        logger.error("schedule switched off", extra={"fields": {"schedule": schedule.pk}}, exc_info=broken)
        schedule.is_enabled = False
    schedule.save(update_fields=["next_run_at", "last_job", "is_enabled"])
