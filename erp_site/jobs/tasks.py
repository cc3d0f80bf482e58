"""The one task that django-tasks knows of us."""

from django_tasks import task


@task()
def run_job(job_id: int) -> bool:
    """Run that job if it is still waiting and due; False when somebody else has it or it is over."""
    from .runner import run_one

    return run_one(job_id)
