"""部门授权: everybody in the department has the role, who moves away loses it, and it follows a department that another one takes in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledgers.access import departments as verbs
from permissions.models import DepartmentRole, RightChange
from permissions.organisation import departments as organisation

pytestmark = pytest.mark.django_db


def post(client_of, address, to, what, **more):
    data = {"department": to.pk, "role": what.pk, "with_below": "on", **more}
    return client_of("manager").post(address("department_role_list"), data)


def test_given_by_the_page(client_of, address, departments, role, users, now):
    post(client_of, address, departments["D1"], role("finance"))
    assert now(users["sales1"]).can("reopen"), "below as well"
    users["sales1"].department = departments["D20"]
    users["sales1"].save()
    assert not now(users["sales1"]).can("reopen"), "gone with the department"
    page = client_of("manager").get(address("department_role_list"))
    assert page.context["rows"][0]["people"] == 2
    assert RightChange.objects.filter(kind="department_role_added").count() == 1


def test_given_again_it_takes_the_new_reach_and_days(client_of, address, departments, role, users, now):
    post(client_of, address, departments["D1"], role("finance"))
    until = timezone.localdate() + timedelta(days=5)
    data = {"department": departments["D1"].pk, "role": role("finance").pk, "ends_on": until.isoformat()}
    client_of("manager").post(address("department_role_list"), data)
    row = DepartmentRole.objects.get()
    assert (row.with_below, row.ends_on) == (False, until)
    assert not now(users["sales1"]).can("reopen")


def test_taken_away(client_of, address, departments, role, users, now, ledger):
    made = verbs.give(ledger, departments["D1"], role("finance"), by=None)
    browser = client_of("manager")
    for _twice in range(2):
        browser.post(address("department_role_remove", made.pk))
    assert not now(users["sales1"]).can("reopen")
    assert RightChange.objects.filter(kind="department_role_removed").count() == 1


@pytest.mark.parametrize("bad", [{"department": "0"}, {"role": "0"}, {"role": ""}, {"ends_on": "2020-01-01"}])
def test_nonsense_is_refused(client_of, address, departments, role, bad):
    assert post(client_of, address, departments["D1"], role("finance"), **bad).status_code == 200
    assert not DepartmentRole.objects.exists()


def test_roles_and_departments_of_others_are_out_of_reach(client_of, address, departments, role, other_ledger):
    theirs = other_ledger.roles.get(code="finance")
    post(client_of, address, departments["D1"], theirs)
    given = verbs.give(other_ledger, departments["D1"], theirs, by=None)
    assert client_of("manager").post(address("department_role_remove", given.pk)).status_code == 404
    assert DepartmentRole.objects.get() == given


def test_it_follows_a_department_that_is_taken_in(ledger, departments, role):
    from permissions.models import RowScope

    RowScope.objects.create(
        role=role("reader"), kind="departments", values=[departments["D12"].pk, departments["D11"].pk]
    )
    verbs.give(ledger, departments["D12"], role("finance"), by=None)
    organisation.absorb(departments["D12"], departments["D11"], by=None)
    assert DepartmentRole.objects.get().department == departments["D11"]
    assert RowScope.objects.get(role=role("reader"), kind="departments").values == [departments["D11"].pk]
