"""Cron lines that become jobs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from erp_site.jobs import runner, schedules
from erp_site.jobs.models import Job, Schedule
from tests.jobs import kinds  # noqa: F401

pytestmark = pytest.mark.django_db


def due(name: str = "每小时", **values) -> Schedule:
    late = timezone.now() - timedelta(hours=5)
    about = {"cron": "0 * * * *", "job_kind": "test.echo", "params": {"say": name}, "next_run_at": late}
    return Schedule.objects.create(name=name, **about | values)


def test_times_are_those_of_the_product_s_own_zone(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    found = schedules.next_time("30 2 * * *", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert found.astimezone(UTC) == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def test_a_due_schedule_makes_one_job_and_moves_on_however_many_times_were_missed():
    schedule = due()
    assert schedules.fire_due() == 1
    schedule.refresh_from_db()
    assert schedule.next_run_at > timezone.now()
    assert schedule.last_job.params == {"say": "每小时"}
    assert schedules.fire_due() == 0
    assert Job.objects.count() == 1


def test_an_occurrence_is_left_out_while_the_last_one_still_runs():
    schedule = due()
    schedules.fire_due()
    Schedule.objects.update(next_run_at=timezone.now())
    schedules.fire_due()
    assert Job.objects.count() == 1
    runner.run_pending()
    Schedule.objects.update(next_run_at=timezone.now())
    schedules.fire_due()
    schedule.refresh_from_db()
    assert Job.objects.count() == 2 and schedule.last_job == Job.objects.order_by("pk").last()


def test_a_schedule_that_is_switched_off_or_not_due_stays_silent():
    due("关", is_enabled=False)
    due("将来", next_run_at=timezone.now() + timedelta(hours=1))
    assert schedules.fire_due() == 0


@pytest.mark.parametrize("broken", [{"cron": "每天"}, {"cron": "0 0 30 2 *"}, {"job_kind": "test.gone"}])
def test_a_broken_schedule_is_switched_off_and_does_not_keep_others_from_running(broken):
    bad, good = due("坏", **broken), due("好", next_run_at=timezone.now())
    schedules.fire_due()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert not bad.is_enabled and good.is_enabled and good.last_job is not None


def test_run_pending_fires_and_runs():
    due()
    assert runner.run_pending() == 1
    assert Job.objects.get().result == {"echo": "每小时"}


def test_declared_schedules_exist_once_and_keep_what_people_changed():
    schedules.declare()
    Schedule.objects.filter(name="jobs.prune").update(cron="0 5 * * *", is_enabled=False)
    schedules.declare()
    schedule = Schedule.objects.get(name="jobs.prune")
    assert (schedule.cron, schedule.is_enabled) == ("0 5 * * *", False)
    assert schedule.next_run_at > timezone.now()


def test_a_bad_cron_line_is_explained():
    with pytest.raises(ValidationError, match="时间表达式“每天两点”无效"):
        Schedule(name="x", cron="每天两点", job_kind="test.echo").full_clean()
    Schedule(name="x", cron="*/5 8-18 * * 1-5", job_kind="test.echo", params={"a": 1}).full_clean()
