"""What load balancers and supervisors are told."""

import json
from collections import namedtuple

import pytest
from django.db import OperationalError
from django.utils import timezone

from erp_site import health
from erp_site.jobs.models import WorkerHeartbeat

Usage = namedtuple("Usage", "total used free")


def beat(age=health.WORKER_FRESH / 2) -> None:
    then = timezone.now() - age
    WorkerHeartbeat.objects.create(name="w", started_at=then, beat_at=then)


def answer(client, path: str = "/readyz") -> tuple[int, dict]:
    response = client.get(path)
    return response.status_code, response.json()


def test_a_living_process_says_so_without_asking_the_database(client):
    assert answer(client, "/healthz") == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_complete_installation_is_ready_for_anybody_who_asks(client):
    beat()
    status, body = answer(client)
    assert (status, body["status"]) == (200, "ok")
    assert body["checks"] == {"database": True, "migrations": True, "worker": True, "disk": True}


@pytest.mark.django_db
def test_without_a_fresh_worker_it_is_not(client):
    assert answer(client)[1]["checks"]["worker"] is False
    beat(health.WORKER_FRESH * 2)
    status, body = answer(client)
    assert (status, body["status"], body["checks"]["worker"]) == (503, "unavailable", False)


@pytest.mark.django_db
def test_with_a_migration_missing_it_is_not(client, monkeypatch):
    beat()
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["something"])
    assert answer(client) == (
        503,
        {"status": "unavailable", "checks": {"database": True, "migrations": False, "worker": True, "disk": True}},
    )


@pytest.mark.django_db
def test_with_a_full_disk_it_is_not(client, monkeypatch):
    beat()
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 1000))
    assert answer(client)[1]["checks"]["disk"] is False


@pytest.mark.django_db
def test_a_failing_database_is_an_answer_that_gives_nothing_away(client, monkeypatch):
    def fail():
        raise OperationalError("connection to server at 10.0.0.7 as user secret failed")

    monkeypatch.setitem(health.CHECKS, "database", fail)
    status, body = answer(client)
    assert status == 503 and body["checks"]["database"] is False
    assert "10.0.0.7" not in json.dumps(body) and "secret" not in json.dumps(body)


def test_only_looking_is_allowed(client):
    assert client.post("/healthz").status_code == 405
