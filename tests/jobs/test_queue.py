"""Asking for jobs, taking them back, trying again."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from erp_site.jobs import runner
from erp_site.jobs.models import Job
from erp_site.jobs.queue import cancel, enqueue, retry
from erp_site.jobs.registry import UnknownKind, job, kind_of
from erp_site.shared.errors import BusinessError
from tests.jobs import kinds

pytestmark = pytest.mark.django_db


def test_a_job_runs_and_keeps_who_asked_and_what_came_of_it():
    user = get_user_model().objects.create(username="asker")
    asked = enqueue("test.echo", {"say": "你好"}, by=user, ledger_code="HZ01")
    assert asked.status == Job.Status.QUEUED
    assert runner.run_pending() == 1
    asked.refresh_from_db()
    assert (asked.status, asked.result, asked.created_by, asked.ledger_code) == (
        Job.Status.SUCCEEDED,
        {"echo": "你好"},
        user,
        "HZ01",
    )
    assert (asked.progress_done, asked.progress_total, asked.message, asked.percent) == (1, 1, "回声", 100)
    assert asked.log.endswith("一行日志\n")
    assert asked.started_at <= asked.finished_at
    assert asked.lease_until is None


def test_a_job_shares_the_fate_of_the_transaction_that_asked():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue("test.echo")
        raise ZeroDivisionError
    assert not Job.objects.exists()


def test_the_bell_is_rung_after_the_commit_only(django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr("erp_site.jobs.queue.run_job", type("Bell", (), {"enqueue": staticmethod(rung.append)}))
    with django_capture_on_commit_callbacks(execute=True):
        first = enqueue("test.echo")
        enqueue("test.echo", run_after=timezone.now() + timedelta(hours=1))
        assert rung == []
    assert rung == [first.pk]


def test_the_task_of_django_tasks_runs_that_job_once():
    from erp_site.jobs.tasks import run_job

    enqueue("test.echo", {"say": 1})
    second = enqueue("test.echo", {"say": 2})
    assert run_job.call(second.pk) is True
    assert run_job.call(second.pk) is False
    assert [found.status for found in Job.objects.order_by("pk")] == [Job.Status.QUEUED, Job.Status.SUCCEEDED]


def test_an_unknown_kind_is_refused_when_it_is_asked_for():
    with pytest.raises(UnknownKind):
        enqueue("test.nonsense")


def test_two_handlers_for_one_kind_are_a_mistake():
    with pytest.raises(ValueError, match="registered twice"):
        job("test.echo")(lambda running: None)
    assert kind_of("test.echo").handler is kinds.echo


def test_a_unique_key_gives_the_job_that_waits_already():
    first = enqueue("test.echo", unique_key="rebuild:HZ01")
    assert enqueue("test.echo", unique_key="rebuild:HZ01") == first
    assert enqueue("test.echo", unique_key="rebuild:HZ02") != first
    runner.run_pending()
    assert enqueue("test.echo", unique_key="rebuild:HZ01") != first


def test_the_database_itself_refuses_two_active_jobs_of_one_key():
    enqueue("test.echo", unique_key="once")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="test.echo", unique_key="once")


def test_a_later_start_is_waited_for():
    asked = enqueue("test.echo", run_after=timezone.now() + timedelta(minutes=5))
    assert runner.run_pending() == 0
    Job.objects.filter(pk=asked.pk).update(run_after=timezone.now() - timedelta(seconds=1))
    assert runner.run_pending() == 1


def test_run_pending_stops_at_its_limit():
    for _ in range(3):
        enqueue("test.echo")
    assert runner.run_pending(limit=2) == 2
    assert Job.objects.due().count() == 1


def test_a_waiting_job_is_cancelled_at_once_and_can_be_tried_again():
    asked = cancel(enqueue("test.echo"))
    assert asked.status == Job.Status.CANCELLED
    assert runner.run_pending() == 0
    assert retry(asked).status == Job.Status.QUEUED
    assert runner.run_pending() == 1


def test_a_finished_job_is_neither_cancelled_nor_retried():
    asked = enqueue("test.echo")
    runner.run_pending()
    with pytest.raises(BusinessError, match="已经结束"):
        cancel(asked)
    with pytest.raises(BusinessError, match="只有失败或已取消"):
        retry(asked)


def test_a_retry_beside_the_same_work_is_refused():
    old = cancel(enqueue("test.echo", unique_key="sync"))
    enqueue("test.echo", unique_key="sync")
    with pytest.raises(BusinessError, match="相同的任务"):
        retry(old)


def test_old_jobs_are_pruned():
    from erp_site.jobs.handlers import KEEP_DAYS

    ages = {KEEP_DAYS + 1: Job.Status.FAILED, KEEP_DAYS - 1: Job.Status.SUCCEEDED}
    for days, status in ages.items():
        Job.objects.create(kind="test.echo", status=status, finished_at=timezone.now() - timedelta(days=days))
    waiting = Job.objects.create(kind="test.echo", run_after=timezone.now() + timedelta(days=1))
    pruning = enqueue("jobs.prune")
    runner.run_pending()
    pruning.refresh_from_db()
    assert pruning.result == {"removed": 1}
    left = Job.objects.exclude(pk=pruning.pk).values_list("status", flat=True)
    assert sorted(left) == [waiting.status, Job.Status.SUCCEEDED]
