"""Upkeep of the organisation's import."""

from erp_site.jobs.registry import job
from erp_site.jobs.running import RunningJob

from . import keeping


@job("organisation.tidy", cron="23 3 * * *")
def tidy(running: RunningJob) -> dict[str, int]:
    """Every night: forget uploaded files that nobody went on with."""
    return {"removed": keeping.tidy()}
