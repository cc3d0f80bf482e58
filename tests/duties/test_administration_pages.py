"""Every administration page as each of the three administrators and as superuser: nobody meets a customer, nobody passes a verb by."""

import pytest
from django.contrib import admin

from ledgers.services import members
from permissions import duties, login_guard
from permissions.models import AccessRecord, Duty, LoginGuard, User

pytestmark = pytest.mark.django_db

CANARIES = ("金丝雀精密仪器有限公司", "0571-87654321", "13912345678", "6222021234567890128")
WHO = {"sysadmin": Duty.SYSTEM, "secadmin": Duty.SECURITY, "auditor": Duty.AUDIT, "root": ""}

OPENS = {
    "sysadmin": {"user", "department", "company", "position", "ledger", "coderule", "job", "schedule", "workerheartbeat"},
    "secadmin": {"user", "department", "role", "membership", "departmentrole", "override", "delegation", "ledger"},
    "auditor": {
        "user", "department", "role", "membership", "departmentrole", "override", "delegation", "ledger",
        "ledgerevent", "exportjob", "job", "logentry",
    },
}  # fmt: skip


@pytest.fixture
def people(users):
    User.objects.filter(username="sysadmin").update(is_superuser=False)
    for username in ("sysadmin", "secadmin", "auditor"):
        users[username].refresh_from_db()
        duties.assign(users[username], WHO[username], by=None)
    users["root"] = User.objects.create_superuser("root", display_name="总管")
    return users


@pytest.fixture
def customer(add_customer, people, client_of):
    made = add_customer(
        name=CANARIES[0], phone=CANARIES[1], mobile=CANARIES[2], bank_account=CANARIES[3], owner="sales1"
    )
    browser = client_of("manager")
    browser.post("/l/HZ01/exports/", {"format": "csv", "fields": ["number", "name"], "query": f"q={CANARIES[0]}"})
    browser.post("/l/HZ01/customers/", {"q": CANARIES[0]}, follow=True)
    return made


def addresses() -> dict[str, tuple[str, type]]:
    return {
        model._meta.model_name: (f"/admin/{model._meta.app_label}/{model._meta.model_name}/", model)
        for model in admin.site._registry
    }


@pytest.mark.parametrize("username", WHO)
def test_every_page_of_every_model(username, customer, people, client):
    client.force_login(people[username])
    opened = set()
    assert client.get("/admin/").status_code == 200
    for name, (address, model) in addresses().items():
        row = model._base_manager.order_by("-pk").first()
        pages = [address, f"{address}add/"] + (
            [f"{address}{row.pk}/change/", f"{address}{row.pk}/delete/"] if row else []
        )
        for page in pages:
            answer = client.get(page)
            assert answer.status_code in (200, 302, 403), page
            html = answer.content.decode()
            assert not [canary for canary in CANARIES if canary in html], page
            assert customer.number not in html, page
            if answer.status_code == 200 and page == address:
                opened.add(name)
    if username in OPENS:
        assert opened == OPENS[username]


@pytest.mark.parametrize("username", [name for name in WHO if name != "root"])
def test_none_of_the_three_reaches_customers_elsewhere(username, customer, people, client):
    client.force_login(people[username])
    for address in (
        "",
        "customers/",
        "exports/",
        "imports/",
        f"n/{customer.number}/",
        f"customers/{customer.pk}/",
        "settings/",
    ):
        assert client.get(f"/l/HZ01/{address}").status_code == 404, address


def test_a_superuser_who_is_a_member_reads_as_his_role_does_and_it_is_logged(customer, ledger, people, client):
    members.add_member(ledger, people["root"], "viewer", by=None)
    client.force_login(people["root"])
    html = client.get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()
    assert CANARIES[0] in html and not [canary for canary in CANARIES[1:] if canary in html]
    row = AccessRecord.objects.get(username="root", kind="view")
    assert row.object_id == customer.pk and "系统管理页面" in row.detail


def test_only_the_security_administrator_unlocks(people, client):
    for _ in range(5):
        login_guard.reserve("sales1", "192.0.2.1")
    data = {"action": "unlock", "_selected_action": [people["sales1"].pk]}
    for username in ("sysadmin", "auditor", "secadmin"):
        client.force_login(people[username])
        client.post("/admin/permissions/user/", data)
        assert LoginGuard.objects.exclude(account=None).exists() == (username != "secadmin")


def test_the_superuser_gives_a_duty_on_the_users_page(people, client):
    client.force_login(people["root"])
    address = f"/admin/permissions/user/{people['outsider'].pk}/change/"
    data = {"username": "outsider", "is_active": "on", "duty": "audit"}
    assert client.post(address, data).status_code == 302
    made = User.objects.get(username="outsider")
    assert (made.duty, made.is_staff, [group.name for group in made.groups.all()]) == ("audit", True, ["审计管理员"])
    assert client.post(address, {**data, "is_superuser": "on"}).status_code == 200  # refused, in words
    made.refresh_from_db()
    assert not made.is_superuser
    assert client.post(address, {**data, "duty": ""}).status_code == 302
    made.refresh_from_db()
    assert (made.duty, made.is_staff, made.groups.count()) == ("", False, 0)


def test_no_single_permission_and_no_group_is_given_by_hand(people, client):
    client.force_login(people["root"])
    html = client.get(f"/admin/permissions/user/{people['outsider'].pk}/change/").content.decode()
    assert 'name="user_permissions"' not in html
    assert client.get("/admin/auth/group/").status_code == 404


def test_a_new_user_is_just_a_user(people, client):
    client.force_login(people["sysadmin"])
    data = {"username": "newcomer", "password1": "jinhua-tie-lu-42", "password2": "jinhua-tie-lu-42",
            "usable_password": "true", "duty": "audit", "is_superuser": "on"}  # fmt: skip
    assert client.post("/admin/permissions/user/add/", data).status_code == 302
    made = User.objects.get(username="newcomer")
    assert (made.duty, made.is_superuser, made.is_staff) == ("", False, False)
