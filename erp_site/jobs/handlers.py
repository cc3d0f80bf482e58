"""Jobs of the job layer itself."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from .models import Job
from .registry import job
from .running import RunningJob

KEEP_DAYS = 180
CHUNK = 1000


@job("jobs.prune", cron="17 3 * * *")
def prune(running: RunningJob) -> dict[str, int]:
    """Remove jobs that ended more than half a year ago; params: ``days`` to keep."""
    before = timezone.now() - timedelta(days=running.params.get("days", KEEP_DAYS))
    removed = 0
    while keys := list(Job.objects.finished().filter(finished_at__lt=before).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            running.check()
            removed += Job.objects.filter(pk__in=keys).delete()[1].get("jobs.Job", 0)
        running.report(removed)
    return {"removed": removed}
