"""停用 and deleting a role: off it gives nothing, deleted it is only when nobody and nothing uses it."""

import pytest

from ledgers.access import departments, roles
from ledgers.services import parameters
from permissions.models import RightChange

pytestmark = pytest.mark.django_db


def test_switched_off_it_gives_nothing_at_once(client_of, address, role, users, now):
    browser = client_of("manager")
    browser.post(address("role_state", role("sales").pk), {"active": "0"})
    assert not now(users["sales1"]).is_member
    assert client_of("sales1").get(address("customer_list")).status_code == 404
    browser.post(address("role_state", role("sales").pk), {"active": "1"})
    assert now(users["sales1"]).can("add")
    assert RightChange.objects.filter(kind="role_changed", role_name="销售").count() == 2


def test_deleted_when_unused(client_of, address, ledger, role):
    client_of("manager").post(address("role_remove", role("entry").pk))
    assert not ledger.roles.filter(code="entry").exists()


def test_each_use_is_named(client_of, address, ledger, role, users, departments_given):
    answer = client_of("manager").post(address("role_remove", role("sales").pk), follow=True)
    assert "有 2 人的授权记录" in answer.text
    assert "有 1 个部门授权" in answer.text
    assert ledger.roles.filter(code="sales").exists()


@pytest.fixture
def departments_given(ledger, departments, role):
    from ledgers.access import departments as verbs

    return verbs.give(ledger, departments["D12"], role("sales"), by=None)


def test_a_status_step_that_names_it_counts(ledger, role):
    steps = {**ledger.parameter("status_steps"), "paused": {"cooperating": ["entry"], "ended": []}}
    parameters.change_parameters(ledger, {"status_steps": steps}, by=None)
    ledger.refresh_from_db()
    assert any("合作状态" in sentence for sentence in roles.objections(role("entry")))


def test_a_role_that_is_off_is_given_to_nobody(client_of, address, role, users, departments, ledger):
    roles.set_active(role("entry"), False, by=None)
    answer = client_of("manager").post(address("ledger_members"), {"user": "outsider", "role": "entry"})
    assert "role" in answer.context["form"].errors
    from erp_site.shared.errors import BusinessError

    with pytest.raises(BusinessError, match="停用"):
        give(ledger, departments["D20"], role("entry"))


def give(ledger, department, role):
    return departments.give(ledger, department, role, by=None)
