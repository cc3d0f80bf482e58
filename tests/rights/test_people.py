"""Who belongs to a set through his department is one of its people: he can own customers and is named, not 「已移除」."""

import pytest

from customers.models import Customer
from permissions.everybody import people_of
from permissions.models import DepartmentRole, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(ledger, departments):
    DepartmentRole.objects.create(ledger=ledger, department=departments["D1"], role=ledger.roles.get(code="sales"))
    return User.objects.create_user("newcomer", display_name="新来的小赵", department=departments["D12"])


def test_he_owns_customers_and_is_named(newcomer, add_customer, client_of):
    firm = add_customer(name="湖州太湖丝绸有限公司", owner="newcomer")
    assert firm.owner == newcomer
    assert "新来的小赵" in client_of("manager").get(firm.get_absolute_url()).text
    assert client_of("newcomer").get(firm.get_absolute_url()).status_code == 200


def test_without_those_below_only_the_department_itself(newcomer, ledger, departments):
    DepartmentRole.objects.update(with_below=False)
    assert newcomer not in people_of(ledger.pk)


def test_a_stranger_is_none_of_them(newcomer, ledger, users, add_customer):
    assert users["outsider"] not in people_of(ledger.pk)
    with pytest.raises(AssertionError):
        add_customer(owner="outsider")
    assert not Customer.objects.filter(owner=users["outsider"]).exists()
