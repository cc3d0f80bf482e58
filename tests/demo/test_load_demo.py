"""``load_demo``: what it makes, for whom, and that it never does so twice or in earnest."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from customers.models import ChangeBatch, Customer
from erp_site import demo
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.models import Department, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(settings):
    settings.DEMO = True
    call_command("load_demo", stdout=StringIO(), stderr=StringIO())


def visible(username: str, code: str = "DEMO") -> int:
    ledger = Ledger.objects.get(code=code)
    return Customer.objects.visible_to(Actor.of(User.objects.get(username=username), ledger.pk, Door.WEB)).count()


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Department, Ledger, Customer, ChangeBatch)]


def test_it_refuses_outside_demo_mode(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1") as refused:
        call_command("load_demo", stdout=StringIO(), stderr=StringIO())
    assert refused.value.returncode == 2
    assert counts() == [0, 0, 0, 0, 0]


def test_it_touches_no_login_that_is_not_its_own(settings):
    settings.DEMO = True
    User.objects.create_user("admin", password="somebody else's", email="admin@firm.example")
    with pytest.raises(CommandError, match="admin"):
        call_command("load_demo", stdout=StringIO(), stderr=StringIO())
    assert counts() == [1, 0, 0, 0, 0]


def test_twice_is_once(loaded):
    User.objects.filter(username="sales1").update(display_name="改过的名字")
    before = counts()
    call_command("load_demo", stdout=StringIO(), stderr=StringIO())
    assert counts() == before
    assert User.objects.get(username="sales1").display_name == "改过的名字"


def test_the_sets_are_active_and_full(loaded):
    main, training = Ledger.objects.get(code="DEMO"), Ledger.objects.get(code="TRAIN")
    assert (main.state, main.base_currency, main.is_sandbox) == ("active", "CNY", False)
    assert main.periods.filter(fiscal_year=main.fiscal_year).count() == 12
    assert training.is_sandbox
    assert (Customer.objects.of(main.pk).count(), Customer.objects.of(training.pk).count()) == (300, 40)
    batch = ChangeBatch.objects.get(ledger=main)
    assert (batch.kind, batch.state, batch.customers_added) == ("demo", "done", 300)


def test_there_is_something_of_everything_to_see(loaded):
    customers = Customer.objects.of(Ledger.objects.get(code="DEMO").pk)
    assert customers.exclude(contacts=None).exists()
    assert customers.exclude(addresses=None).exists()
    assert customers.exclude(bank_accounts=None).exists()
    assert customers.exclude(foreign_numbers=None).exists()
    assert customers.exclude(customer_tags=None).exists()
    assert customers.values("province").distinct().count() > 5
    assert customers.filter(category=None).count() == 0
    assert customers.filter(owner=None).exists()


def test_everybody_sees_what_his_role_opens(loaded):
    everything = visible("manager")
    assert everything == visible("admin") == visible("finance") == visible("service") == visible("viewer") == 300
    first, second, both = visible("sales1"), visible("sales2"), visible("supervisor")
    assert 60 < first < both < everything
    assert 40 < second < everything
    for username in ("sysadmin", "secadmin", "auditor", "outsider"):
        user = User.objects.get(username=username)
        assert not Ledger.objects.of_member(user).exists()


@pytest.mark.parametrize("username", [person.username for person in demo.PEOPLE])
def test_every_login_listed_works(username, loaded):
    browser = Client()
    assert browser.post("/login/", {"username": username, "password": demo.PASSWORD}).status_code == 302
    assert browser.session["_auth_user_id"]


def test_the_three_administrators_see_their_pages_and_no_customers(loaded, client):
    pages = {
        "sysadmin": {"permissions/user", "permissions/department", "jobs/job"},
        "secadmin": {"permissions/role", "permissions/membership"},
        "auditor": {"admin/logentry", "imports/exportjob", "permissions/membership"},
    }
    for username, expected in pages.items():
        client.force_login(User.objects.get(username=username))
        for page in expected:
            assert client.get(f"/admin/{page}/").status_code == 200, (username, page)
        for page in {"customers/customer", "customers/changebatch", "customers/event"}:
            assert client.get(f"/admin/{page}/").status_code == 403, (username, page)
        assert client.get("/l/DEMO/customers/").status_code == 404
