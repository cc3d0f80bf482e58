"""向导 销售只看自己的客户: who, what they see, what others see; counted before it holds; taken back as a whole."""

import pytest

from customers.models import Customer
from ledgers.access import own, roles
from permissions.models import RowScope

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers(add_customer, departments, ledger, role):
    """Five customers; 销售 see all of them at the beginning, 小陈 owns two and 小林 one."""
    RowScope.objects.filter(role=role("sales")).delete()
    RowScope.objects.create(role=role("sales"), kind="all")
    for owner, department in (
        ("sales1", "D11"),
        ("sales1", "D11"),
        ("sales2", "D12"),
        ("manager", "D11"),
        ("manager", "D20"),
    ):
        add_customer(owner=owner, department=department)


def sees(user, now):
    return Customer.objects.visible_to(now(user)).count()


def post(client_of, address, which, **changes):
    data = {"role": which("sales").pk, "department": "", "scope": "own", **changes}
    return client_of("manager").post(address("own_customers"), data)


def test_the_preview_counts_and_saves_nothing(client_of, address, role, customers, users, now):
    answer = post(client_of, address, role)
    assert "<strong>小陈</strong> 将看到 2 个客户，现在是 5 个" in answer.text
    assert sees(users["sales1"], now) == 5


def test_applied_and_taken_back(client_of, address, role, customers, users, now):
    before = roles.of_role(role("sales")).mark
    post(client_of, address, role, apply="1")
    assert (sees(users["sales1"], now), sees(users["sales2"], now)) == (2, 1)
    assert "销售：本人负责的客户" in client_of("manager").get(address("own_customers")).text
    client_of("manager").post(address("own_customers_undo"))
    assert sees(users["sales1"], now) == 5
    assert roles.of_role(role("sales")).mark == before
    assert "没有可以撤销的操作" in client_of("manager").post(address("own_customers_undo"), follow=True).text


def test_what_others_see_is_part_of_it(client_of, address, role, customers, users, now):
    service = role("service")
    answer = post(client_of, address, role, **{f"other-{service.pk}": "department", "apply": "1"})
    assert answer.status_code == 302
    assert sees(users["service"], now) == 1
    client_of("manager").post(address("own_customers_undo"))
    assert sees(users["service"], now) == 5


def test_only_one_department(client_of, address, role, customers, users, now, departments, ledger):
    chosen = {"department": departments["D11"].pk, "scope": "department"}
    answer = post(client_of, address, role, **chosen)
    assert "<strong>小陈</strong> 将看到 3 个客户" in answer.text and "小林" not in answer.text.split('id="preview"')[1]
    post(client_of, address, role, **chosen, apply="1")
    assert (sees(users["sales1"], now), sees(users["sales2"], now)) == (3, 5)
    assert now(users["sales1"]).can("add"), "the rest comes from the superior role"
    made = ledger.roles.get(name="销售（销售一部）")
    assert made.parent == role("sales")
    client_of("manager").post(address("own_customers_undo"))
    assert sees(users["sales1"], now) == 5
    assert not ledger.roles.filter(pk=made.pk).exists()


def test_who_sees_more_by_another_role_is_named(client_of, address, role, customers, users, ledger):
    from ledgers.services import members

    members.add_member(ledger, users["sales1"], "viewer")
    assert "还有别的角色，会看到更多客户" in post(client_of, address, role).text


def test_not_undone_over_somebody_elses_change(client_of, address, role, customers, ledger):
    post(client_of, address, role, apply="1")
    draft = roles.of_role(role("sales"))
    roles.save(ledger, roles.replace(draft, scopes=(("department", ()),)), by=None, role=role("sales"))
    assert "又被修改过" in client_of("manager").post(address("own_customers_undo"), follow=True).text
    assert role("sales").scopes.get().kind == "department"


@pytest.mark.parametrize("bad", [{"role": "0"}, {"role": ""}, {"scope": "all"}, {"department": "999999"}])
def test_nonsense_is_refused(client_of, address, role, customers, bad):
    answer = post(client_of, address, role, apply="1", **bad)
    assert answer.status_code == 200 and answer.context["form"].errors
    assert role("sales").scopes.get().kind == "all"


def test_the_manager_and_a_department_without_such_people_are_refused(
    client_of, address, role, customers, departments, ledger
):
    manager, plain = role("manager"), own.Scope.OWN
    with pytest.raises(own.BusinessError, match="账套主管"):
        own.apply(ledger, own.Plan(manager, plain), by=None)
    assert "没有人有角色" in post(client_of, address, role, department=departments["D20"].pk).text
    other = post(client_of, address, role, **{f"other-{manager.pk}": "own"})
    assert other.context["preview"] is not None and role("manager").scopes.get().kind == "all"
