"""Scheduled work of the permissions app."""

from datetime import timedelta

from django.utils import timezone

from erp_site.jobs.registry import job
from erp_site.jobs.running import RunningJob

from . import login_guard
from .logs import retention
from .organisation import leaving


@job("login_guard.prune", cron="41 3 * * *")
def prune_login_guard(running: RunningJob) -> dict[str, int]:
    """Remove counts of attempts that ended a day ago."""
    return {"removed": login_guard.prune(timezone.now() - timedelta(days=1))}


@job("logs.sweep", cron="27 3 * * *")
def sweep_logs(running: RunningJob) -> dict[str, int]:
    """Remove rows of the logs that are older than they are kept."""
    return retention.sweep(running.check)


@job("organisation.leavers", cron="5 0 * * *")
def end_leavers(running: RunningJob) -> dict[str, int]:
    """Soon after midnight: close the logins of those whose last day has passed."""
    return {"ended": leaving.end_due()}
