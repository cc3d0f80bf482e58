"""Real worker processes that are killed, frozen, stopped and run side by side."""

import signal
from collections import Counter

from erp_site.jobs.models import Job, WorkerHeartbeat
from tests.jobs import kinds  # noqa: F401


def began(installation, times: int = 1) -> bool:
    return [row[0] for row in installation.traces()].count("begin") >= times


def test_a_killed_worker_s_job_is_taken_up_by_another(installation):
    asked = installation.enqueue(steps=40)
    first = installation.start_worker()
    installation.until(lambda: began(installation))
    first.kill()
    first.wait()
    second = installation.start_worker()
    (done,) = installation.until_done(asked)
    assert (done.status, done.attempts, done.result) == (Job.Status.SUCCEEDED, 2, {"steps": 40})
    ends = [row for row in installation.traces() if row[0] == "end"]
    assert ends == [("end", asked.pk, second.pid, 2)]


def test_sigterm_hands_the_job_back_unharmed(installation):
    asked = installation.enqueue(steps=100)
    first = installation.start_worker()
    installation.until(lambda: began(installation))
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    waiting = installation.jobs.get(pk=asked.pk)
    assert (waiting.status, waiting.attempts) == (Job.Status.QUEUED, 0)
    installation.start_worker()
    (done,) = installation.until_done(asked)
    assert (done.status, done.attempts) == (Job.Status.SUCCEEDED, 1)


def test_a_frozen_worker_that_wakes_up_again_has_no_effect(installation):
    asked = installation.enqueue(steps=100)
    frozen = installation.start_worker()
    installation.until(lambda: began(installation))
    installation.freeze(frozen, asked)
    other = installation.start_worker()
    installation.until(lambda: began(installation, 2))
    frozen.send_signal(signal.SIGCONT)
    (done,) = installation.until_done(asked)
    assert (done.status, done.attempts) == (Job.Status.SUCCEEDED, 2)
    ends = [row[2] for row in installation.traces() if row[0] == "end"]
    assert ends == [other.pid]


def test_two_workers_share_the_work_and_each_job_has_one_owner(installation):
    installation.start_worker()
    installation.start_worker()
    beats = WorkerHeartbeat.objects.using(installation.jobs.db)
    installation.until(lambda: beats.count() == 2)
    asked = [installation.enqueue(steps=3, pause=0.03) for _ in range(20)]
    done = installation.until_done(*asked)
    assert {job.status for job in done} == {Job.Status.SUCCEEDED}
    assert {job.attempts for job in done} == {1}
    ends = [row for row in installation.traces() if row[0] == "end"]
    assert Counter(row[1] for row in ends) == {job.pk: 1 for job in asked}
    assert len({row[2] for row in ends}) == 2


def test_a_job_that_kills_its_worker_fails_in_the_end(installation):
    asked = installation.enqueue(steps=3, max_attempts=2)
    deadly = {"FAILPOINTS": "jobs.before_settle:kill", "ALLOW_FAILPOINTS": "1"}
    for _attempt in range(2):
        assert installation.start_worker(**deadly).wait(120) == -signal.SIGKILL
    installation.start_worker()
    (done,) = installation.until_done(asked)
    assert (done.status, done.attempts) == (Job.Status.FAILED, 2)
    assert "意外中断" in done.error
