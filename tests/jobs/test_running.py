"""What happens to a job while its handler works, and how it ends."""

import threading
import time

import pytest
from django.db import transaction
from django.utils import timezone

from erp_site.jobs import claims, runner
from erp_site.jobs.models import Job
from erp_site.jobs.queue import cancel, enqueue
from erp_site.jobs.registry import job
from erp_site.jobs.running import JobCancelled, JobInterrupted, LeaseLost, RunningJob
from tests.jobs import kinds  # noqa: F401

pytestmark = pytest.mark.django_db


def claimed(kind: str = "test.echo", **params) -> RunningJob:
    enqueue(kind, params)
    return RunningJob(claims.claim_next("tester"))


def fresh(running: RunningJob) -> Job:
    return Job.objects.get(pk=running.job.pk)


def make_due(asked: Job) -> None:
    Job.objects.filter(pk=asked.pk).update(run_after=timezone.now())


def test_a_failing_job_is_retried_later_and_later_and_then_fails_while_others_go_on():
    poison, good = enqueue("test.broken", {"value": "x"}), enqueue("test.echo")
    waits = []
    for _ in range(3):
        before = timezone.now()
        runner.run_pending()
        poison.refresh_from_db()
        if poison.status == Job.Status.QUEUED:
            waits.append((poison.run_after - before).total_seconds())
            make_due(poison)
    good.refresh_from_db()
    assert good.status == Job.Status.SUCCEEDED
    assert (poison.status, poison.attempts) == (Job.Status.FAILED, 3)
    assert 8 <= waits[0] <= 13 and 32 <= waits[1] <= 49
    assert poison.error == "ValueError: bad value x"
    assert "kinds.py" in poison.log
    assert runner.run_pending() == 0


def test_a_refusal_is_final_and_speaks_to_the_user():
    asked = enqueue("test.refused")
    runner.run_pending()
    asked.refresh_from_db()
    assert (asked.status, asked.error, asked.attempts) == (Job.Status.FAILED, "账套已归档，不能导入。", 1)


def test_the_error_of_a_handler_is_stored_without_phone_numbers():
    asked = enqueue("test.broken", {"value": "13800138000"})
    runner.run_pending()
    asked.refresh_from_db()
    assert "bad value" in asked.error and "13800138000" not in asked.error + asked.log


def test_a_result_that_cannot_be_stored_is_a_failure():
    asked = enqueue("test.unstorable")
    runner.run_pending()
    asked.refresh_from_db()
    assert asked.status == Job.Status.QUEUED and asked.error.startswith("TypeError")


def test_a_kind_that_this_version_does_not_know_waits_for_one_that_does():
    asked = Job.objects.create(kind="test.from_the_future")
    runner.run_pending()
    asked.refresh_from_db()
    assert asked.status == Job.Status.QUEUED and asked.run_after > timezone.now()


def test_progress_reaches_the_database_at_most_once_a_second(django_assert_num_queries):
    running = claimed()
    with django_assert_num_queries(0):
        for number in range(1000):
            running.report(number, 1000)
    running._renewed -= 1.1
    with django_assert_num_queries(2):  # one update, one look for a cancellation
        running.report(1000, 1000, "几乎完成")
    assert (fresh(running).progress_done, fresh(running).message) == (1000, "几乎完成")


def test_a_report_extends_the_lease():
    running = claimed()
    Job.objects.filter(pk=running.job.pk).update(lease_until=timezone.now())
    running.check()
    assert (fresh(running).lease_until - timezone.now()).total_seconds() > claims.LEASE.total_seconds() - 5


def test_a_report_that_was_rolled_back_is_stored_by_the_next_one():
    running = claimed()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        running.report(7, 10)
        running.check()
        raise ZeroDivisionError
    assert fresh(running).progress_done == 0
    running.check()
    assert fresh(running).progress_done == 7


def test_cancelling_a_running_job_stops_its_handler_and_undoes_the_open_transaction():
    @job("test.cancelled_inside")
    def handler(running: RunningJob) -> None:
        cancel(running.job)
        try:
            with transaction.atomic():
                Job.objects.create(kind="test.echo", ledger_code="half")
                running.check()
        except Exception:  # what careless handlers do must not swallow the cancellation
            pytest.fail("swallowed")

    asked = enqueue("test.cancelled_inside")
    assert runner.run_one()
    asked.refresh_from_db()
    assert (asked.status, asked.message) == (Job.Status.CANCELLED, "已取消")
    assert not Job.objects.filter(ledger_code="half").exists()


def test_cancellation_is_seen_by_an_ordinary_report():
    running = claimed()
    cancel(running.job)
    running._renewed -= 1.1
    with pytest.raises(JobCancelled):
        running.report(1)


def test_a_worker_that_shuts_down_hands_its_job_back_without_costing_an_attempt():
    stopping = threading.Event()

    @job("test.long")
    def handler(running: RunningJob) -> None:
        running.report(3, 10)
        stopping.set()
        running.report(4, 10)
        pytest.fail("not stopped")

    asked = enqueue("test.long")
    runner.run_one(stopping=stopping)
    asked.refresh_from_db()
    assert (asked.status, asked.attempts, asked.progress_done) == (Job.Status.QUEUED, 0, 4)
    assert claims.claim_next("another").pk == asked.pk


def test_a_cancellation_is_not_forgotten_when_the_worker_shuts_down_first():
    running = claimed()
    cancel(running.job)
    assert claims.hand_back(running.claim)
    assert fresh(running).status == Job.Status.CANCELLED


def test_a_cancelled_job_that_fails_is_not_tried_again():
    running = claimed()
    cancel(running.job)
    assert claims.fail(running.claim, "late")
    assert fresh(running).status == Job.Status.CANCELLED


def test_a_stale_owner_has_no_effect():
    stale = claimed()
    Job.objects.update(lease_until=timezone.now() - claims.LEASE)
    assert claims.reap() == 1
    owner = RunningJob(claims.claim_next("other"))
    assert owner.claim.token > stale.claim.token
    with pytest.raises(LeaseLost):
        stale.check()
    assert not claims.succeed(stale.claim, {"from": "stale"})
    assert not claims.fail(stale.claim, "stale")
    assert not claims.hand_back(stale.claim)
    assert not claims.stop_cancelled(stale.claim)
    assert fresh(owner).status == Job.Status.RUNNING
    assert claims.succeed(owner.claim, {"from": "owner"})
    assert fresh(owner).result == {"from": "owner"}


def test_housekeeping_can_tell_the_handler_that_its_lease_is_gone(django_assert_num_queries):
    running = claimed()
    running.lost = True
    with django_assert_num_queries(0), pytest.raises(LeaseLost):
        running.report(1)


def test_shutting_down_is_seen_without_asking_the_database(django_assert_num_queries):
    stopping = threading.Event()
    stopping.set()
    enqueue("test.echo")
    running = RunningJob(claims.claim_next("tester"), stopping=stopping)
    with django_assert_num_queries(0), pytest.raises(JobInterrupted):
        running.report(1)


def test_the_log_keeps_its_newest_lines():
    running = claimed()
    for number in range(2000):
        running.log(f"第 {number} 行")
    running.check()
    stored = fresh(running).log
    assert len(stored) == Job.LOG_LIMIT and stored.endswith("第 1999 行\n")


def test_a_sign_of_life_is_any_call_of_the_handler():
    running = claimed()
    for call in (lambda: running.report(1), lambda: running.log("x"), running.check):
        running.last_sign = 0
        call()
        assert time.monotonic() - running.last_sign < 5
