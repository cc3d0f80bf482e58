"""账套体检 counts members as the rights count them: through departments, without roles that are switched off, with what is inherited."""

import pytest

from ledgers.access import departments as department_roles
from ledgers.access import roles
from ledgers.services import checking
from permissions.models import RowScope

pytestmark = pytest.mark.django_db


def finding(ledger, check):
    return next(each for each in checking.run(ledger) if each.check == check)


def test_members_through_a_department_count(ledger, users, departments, role):
    before = finding(ledger, "members").message
    users["outsider"].department = departments["D20"]
    users["outsider"].save()
    department_roles.give(ledger, departments["D20"], role("viewer"), by=None)
    assert (before, finding(ledger, "members").message) == ("8 名成员。", "9 名成员。")


def test_a_role_that_is_off_makes_no_member_and_is_not_judged(ledger, role):
    RowScope.objects.filter(role=role("viewer")).delete()
    assert "客户资料查看员" in finding(ledger, "roles").message
    roles.set_active(role("viewer"), False, by=None)
    assert finding(ledger, "roles").verdict == "ok"
    assert finding(ledger, "members").message == "7 名成员。"


def test_a_role_with_the_rows_of_its_superior_is_sound(ledger, role):
    RowScope.objects.filter(role=role("sales")).delete()
    ledger.roles.filter(code="sales").update(parent=role("supervisor"))
    assert finding(ledger, "roles").verdict == "ok"


def test_who_sees_nothing_is_named(ledger, users, role):
    ledger.roles.filter(code="viewer").update(denied=["view"])
    assert "查看员" in finding(ledger, "sees_nothing").message
