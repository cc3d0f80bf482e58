"""Scheduled work of the permissions app."""

from datetime import timedelta

from django.utils import timezone

from erp_site.jobs.registry import job
from erp_site.jobs.running import RunningJob

from . import login_guard
from .organisation import leaving


@job("login_guard.prune", cron="41 3 * * *")
def prune_login_guard(running: RunningJob) -> dict[str, int]:
    """Remove counts of attempts that ended a day ago."""
    return {"removed": login_guard.prune(timezone.now() - timedelta(days=1))}


@job("organisation.leavers", cron="5 0 * * *")
def end_leavers(running: RunningJob) -> dict[str, int]:
    """Soon after midnight: close the logins of those whose last day has passed."""
    return {"ended": leaving.end_due()}
