"""The admin shows jobs, schedules and workers, and changes nothing but through its actions."""

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from erp_site.jobs.models import Job, Schedule, WorkerHeartbeat
from erp_site.jobs.queue import cancel, enqueue
from tests.jobs import kinds  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    client.force_login(get_user_model().objects.create(username="operator", is_staff=True, is_superuser=True))
    return client


def act(client, action: str, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    address = reverse(f"admin:jobs_{rows[0]._meta.model_name}_changelist")
    return client.post(address, data, follow=True)


def test_lists_and_details_open(operator):
    job = enqueue("test.echo", ledger_code="HZ01")
    schedule = Schedule.objects.create(name="每天", cron="0 2 * * *", job_kind="test.echo", last_job=job)
    beat = WorkerHeartbeat.objects.create(name="host:1", started_at=timezone.now(), beat_at=timezone.now(), job=job)
    for row in (job, schedule, beat):
        name = row._meta.model_name
        assert operator.get(reverse(f"admin:jobs_{name}_changelist")).status_code == 200
        assert operator.get(reverse(f"admin:jobs_{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", [Job, Schedule, WorkerHeartbeat])
def test_nothing_is_added_changed_or_deleted_by_hand(operator, rf, model):
    request = rf.get("/")
    request.user = get_user_model().objects.get(username="operator")
    admin = site.get_model_admin(model)
    assert not (admin.has_add_permission(request) or admin.has_change_permission(request))
    assert not admin.has_delete_permission(request)


def test_jobs_are_cancelled_and_retried_by_actions(operator):
    waiting, over = enqueue("test.echo"), cancel(enqueue("test.echo"))
    page = act(operator, "cancel_jobs", waiting, over).content.decode()
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.CANCELLED
    assert "已处理 1 个任务" in page and "任务已经结束" in page
    act(operator, "retry_jobs", waiting, over)
    assert Job.objects.filter(status=Job.Status.QUEUED).count() == 2


def test_schedules_are_switched_by_actions(operator):
    schedule = Schedule.objects.create(name="每天", cron="0 2 * * *", job_kind="test.echo")
    act(operator, "disable", schedule)
    assert not Schedule.objects.get().is_enabled
    act(operator, "enable", schedule)
    assert Schedule.objects.get().is_enabled


def test_whoever_may_only_look_is_offered_no_actions(client):
    from django.contrib.auth.models import Permission

    viewer = get_user_model().objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(*Permission.objects.filter(content_type__app_label="jobs", codename__startswith="view"))
    client.force_login(viewer)
    waiting = enqueue("test.echo")
    assert client.get(reverse("admin:jobs_job_changelist")).status_code == 200
    act(client, "cancel_jobs", waiting)
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.QUEUED
