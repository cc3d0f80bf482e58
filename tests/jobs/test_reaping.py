"""Jobs whose worker died or froze."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erp_site.jobs import claims
from erp_site.jobs.models import Job
from erp_site.jobs.queue import cancel, enqueue
from tests.jobs import kinds  # noqa: F401

pytestmark = pytest.mark.django_db


def abandoned(**values) -> Job:
    """A claimed job whose lease ran out a moment ago."""
    enqueue("test.steps")
    found = claims.claim_next("dead")
    Job.objects.filter(pk=found.pk).update(lease_until=timezone.now() - timedelta(seconds=1), **values)
    found.refresh_from_db()
    return found


def test_it_goes_back_to_the_queue_at_once_the_first_time():
    found = abandoned()
    assert claims.reap() == 1
    found.refresh_from_db()
    assert (found.status, found.attempts, found.error) == (Job.Status.QUEUED, 1, "执行任务的进程意外中断。")
    assert claims.claim_next("next").pk == found.pk


def test_the_second_time_it_waits_so_that_a_deadly_job_does_not_kill_one_worker_after_the_other():
    found = abandoned(attempts=2)
    claims.reap()
    found.refresh_from_db()
    assert found.status == Job.Status.QUEUED and found.run_after > timezone.now() + timedelta(seconds=5)
    assert claims.claim_next("next") is None


def test_after_its_last_attempt_it_has_failed():
    found = abandoned(attempts=3)
    claims.reap()
    found.refresh_from_db()
    assert found.status == Job.Status.FAILED and found.finished_at is not None


def test_one_that_was_to_be_cancelled_is_cancelled():
    found = abandoned()
    cancel(found)
    claims.reap()
    found.refresh_from_db()
    assert found.status == Job.Status.CANCELLED


def test_a_living_owner_is_left_alone(django_assert_num_queries):
    enqueue("test.steps")
    claims.claim_next("alive")
    with django_assert_num_queries(1):  # and an idle round costs one read
        assert claims.reap() == 0


def test_an_idle_look_for_work_costs_one_read(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert claims.claim_next("idle") is None


def test_the_pause_grows_and_has_an_end():
    seconds = [claims.back_off(attempts).total_seconds() for attempts in (1, 2, 3, 4, 20)]
    assert seconds == sorted(seconds)
    assert seconds[-1] <= claims.BACK_OFF_LONGEST * 1.2
