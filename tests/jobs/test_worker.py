"""The worker's two loops, without processes."""

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from erp_site.jobs import claims, worker
from erp_site.jobs.models import Job, Schedule, WorkerHeartbeat
from erp_site.jobs.queue import enqueue
from erp_site.jobs.running import RunningJob
from tests.jobs import kinds  # noqa: F401

pytestmark = pytest.mark.django_db


def busy_worker() -> worker.Worker:
    enqueue("test.echo")
    found = worker.Worker()
    found.current = RunningJob(claims.claim_next(found.name))
    return found


def test_a_round_of_housekeeping_beats_renews_fires_and_reaps():
    found = busy_worker()
    running = found.current
    Job.objects.update(lease_until=timezone.now())
    enqueue("test.echo", {"of": "a dead worker"})
    dead = claims.claim_next("dead")
    Job.objects.filter(pk=dead.pk).update(lease_until=timezone.now() - claims.LEASE)
    Schedule.objects.create(name="s", cron="* * * * *", job_kind="test.echo", next_run_at=timezone.now())
    found.keep_house()
    assert (Job.objects.get(pk=running.job.pk).lease_until - timezone.now()).total_seconds() > 20
    assert WorkerHeartbeat.objects.get(name=found.name).job_id == running.job.pk
    assert Job.objects.get(pk=dead.pk).status == Job.Status.QUEUED
    assert Schedule.objects.get().last_job is not None
    assert not running.lost


def test_housekeeping_notices_that_the_job_has_another_owner():
    found = busy_worker()
    Job.objects.update(fencing_token=99)
    found.keep_house()
    assert found.current.lost


@pytest.mark.race
@pytest.mark.skipif(settings.IS_SQLITE, reason="on SQLite the writer's queue does this")
@pytest.mark.django_db(transaction=True)
def test_housekeeping_does_not_wait_for_the_handler_s_open_transaction():
    found = busy_worker()
    rounds = []

    def keep_house() -> None:
        started = time.monotonic()
        found.keep_house()
        rounds.append(time.monotonic() - started)
        connections.close_all()

    with transaction.atomic():
        found.current.check()
        Job.objects.filter(pk=found.current.job.pk).update(lease_until=timezone.now() - claims.LEASE)
        thread = threading.Thread(target=keep_house)
        thread.start()
        thread.join(20)
    assert rounds and rounds[0] < 5
    assert not found.current.lost
    assert WorkerHeartbeat.objects.filter(name=found.name).exists()


def test_a_start_declares_schedules_and_forgets_workers_that_died_long_ago():
    long_ago = timezone.now() - timedelta(days=2)
    WorkerHeartbeat.objects.create(name="old", started_at=long_ago, beat_at=long_ago)
    found = worker.Worker()
    found.prepare()
    found.keep_house()
    assert [beat.name for beat in WorkerHeartbeat.objects.all()] == [found.name]
    assert Schedule.objects.filter(name="jobs.prune").exists()


def test_a_handler_that_is_stuck_ends_the_process(monkeypatch):
    ended = []
    monkeypatch.setattr(worker.os, "_exit", lambda code: ended.append(code))
    found = busy_worker()
    found.keep_house()
    assert ended == []
    found.current.last_sign -= 1801
    found.keep_house()
    assert ended == [worker.STUCK_EXIT_CODE]


def test_a_database_that_is_away_is_waited_for(monkeypatch):
    found, calls = worker.Worker(), []
    monkeypatch.setattr(worker.connections, "close_all", lambda: None)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(found.stopping, "wait", lambda seconds: calls.append(seconds))

    def act() -> bool:
        if len(calls) < 3:
            raise OperationalError("connection refused")
        found.stop()
        return True

    found._patiently(act, 0.5)
    assert calls == [1.0, 2.0, 4.0]


def test_stopping_an_idle_worker_takes_no_time(monkeypatch):
    found = worker.Worker()
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    timer = threading.Timer(0.05, found.stop)
    timer.start()
    found._patiently(lambda: False, 60)
    timer.join()
