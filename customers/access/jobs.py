"""Scheduled work of shares."""

from erp_site.jobs.registry import job
from erp_site.jobs.running import RunningJob

from . import sharing


@job("shares.sweep", cron="20 0 * * *")
def sweep_shares(running: RunningJob) -> dict[str, int]:
    """Soon after midnight: take away the shares whose last day has passed; they have not counted since."""
    return {"ended": sharing.sweep()}
