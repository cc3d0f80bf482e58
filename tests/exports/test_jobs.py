"""Large exports: by a worker, with the rights their owner then has, with progress, to be stopped."""

import pytest
from django.urls import reverse

from erp_site.jobs.models import Job
from erp_site.jobs.runner import run_pending
from erp_site.shared.errors import BusinessError
from imports.exports import producing, services
from imports.models import ExportJob
from permissions.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def large(monkeypatch, add_customer):
    """Six customers, which count as many."""
    monkeypatch.setattr(services, "AT_ONCE", 5)
    monkeypatch.setattr(producing, "CHUNK", 2)
    for number in range(6):
        add_customer(name=f"第{number}家公司")


def test_it_waits_for_a_worker_and_is_then_there(large, export, client_of):
    waiting = export("steward")
    assert waiting.is_under_way
    assert not waiting.is_available
    browser = client_of("steward")
    row = browser.get(reverse("export_progress", args=["HZ01", waiting.pk])).content.decode()
    assert 'hx-trigger="every 1s"' in row
    run_pending()
    done = ExportJob.objects.get(pk=waiting.pk)
    assert (done.rows, done.is_available, done.job.status) == (6, True, Job.Status.SUCCEEDED)
    row = browser.get(reverse("export_progress", args=["HZ01", waiting.pk])).content.decode()
    assert "hx-trigger" not in row
    assert browser.get(reverse("export_download", args=["HZ01", waiting.pk])).status_code == 200


def test_rights_lost_while_it_waited_end_it(large, export):
    waiting = export("steward")
    Membership.objects.filter(user__username="steward").delete()
    run_pending()
    waiting.refresh_from_db()
    assert waiting.path == ""
    assert waiting.job.status == Job.Status.FAILED
    assert "导出" in waiting.job.error


def test_it_can_be_stopped_before_and_while_it_runs(large, export, client_of, monkeypatch, files_dir):
    browser = client_of("steward")
    waiting = export("steward")
    browser.post(reverse("export_cancel", args=["HZ01", waiting.pk]))
    assert Job.objects.get(pk=waiting.job_id).status == Job.Status.CANCELLED

    running = export("steward")
    before = producing.records

    def cancelling(pks, actor, fields):
        Job.objects.filter(pk=running.job_id).update(cancel_requested=True)
        return before(pks, actor, fields)

    monkeypatch.setattr(producing, "records", cancelling)
    run_pending()
    running.refresh_from_db()
    assert running.path == ""
    assert running.job.status == Job.Status.CANCELLED
    assert not [path for path in files_dir.rglob("*") if path.is_file()]


def test_one_person_has_three_at_a_time(large, export):
    for _ in range(services.MAX_UNDER_WAY):
        export("steward")
    with pytest.raises(BusinessError, match="正在进行"):
        export("steward")
    assert export("manager").is_under_way


def test_a_second_run_of_a_finished_job_changes_nothing(large, export):
    waiting = export("steward")
    run_pending()
    first = ExportJob.objects.get(pk=waiting.pk)
    Job.objects.filter(pk=waiting.job_id).update(status=Job.Status.QUEUED, attempts=0)
    run_pending()
    assert ExportJob.objects.get(pk=waiting.pk).sha256 == first.sha256
