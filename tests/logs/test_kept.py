"""Rows of the logs stay as they were written: the database refuses, a sweep passes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from permissions.logs import access, changes, logins, protection, retention
from permissions.models import AccessRecord, LoginRecord, RightChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(users):
    access.note(users["sales1"], "view", ledger_id=1, object_id=42)
    changes.note(1, "member_added", by=users["manager"], user=users["sales1"], detail="销售")
    logins.note("success", user=users["sales1"])
    return [AccessRecord.objects.get(), RightChange.objects.get(), LoginRecord.objects.get()]


def test_a_row_is_never_changed_and_never_removed(rows):
    for row in rows:
        for act in (lambda: row.save(), lambda: row.delete(), lambda: type(row).objects.update(at=timezone.now())):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_sweep_takes_what_is_too_old_and_only_that(rows, settings):
    settings.LOG_DAYS = 1  # the floor of 180 days holds
    for days in (182, 179):
        for row in rows:
            row.pk, row.at = None, timezone.now() - timedelta(days=days)
            row.save(force_insert=True)
    assert retention.sweep() == {"accessrecord": 1, "rightchange": 1, "loginrecord": 1}
    assert AccessRecord.objects.count() == 2


def test_the_triggers_are_missed_when_they_are_gone(db):
    assert protection.missing() == []
    with connection.cursor() as cursor:
        on = " ON permissions_accessrecord" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER permissions_accessrecord_no_update{on}")
    assert protection.missing() == ["permissions_accessrecord_no_update"]


@pytest.mark.django_db(transaction=True)
def test_tests_with_real_transactions_leave_the_triggers(rows):
    assert protection.missing() == []
