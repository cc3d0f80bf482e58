"""``/healthz`` and ``/readyz``: answers for load balancers, container hosts and supervisors.

What lives here: whether this process lives, and whether the installation can serve. What does not: explanations for people
(系统体检). The answers name no path, host, version or error text, because anybody may ask.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from erp_site.jobs.models import WorkerHeartbeat
from erp_site.shared.startup import MIN_FREE_MB

WORKER_FRESH = timedelta(seconds=120)
"""A worker on SQLite cannot write its heartbeat during another's long transaction, so this is not tighter."""


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers at all; asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 with each check ``true``, or 503 with those that failed ``false``."""
    checks = {name: _passes(check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, InterfaceError, OSError):
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


_migrated = False


def _migrations_applied() -> bool:
    """Kept once true: within the life of a process migrations are not taken back."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _worker_alive() -> bool:
    return WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - WORKER_FRESH).exists()


def _disk_has_room() -> bool:
    return shutil.disk_usage(settings.DATA_DIR).free >= MIN_FREE_MB * 2**20


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "migrations": _migrations_applied,
    "worker": _worker_alive,
    "disk": _disk_has_room,
}
