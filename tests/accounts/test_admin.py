"""The administration pages: what they show, to whom, and that nothing passes the product's own rules by."""

import pytest
from django.urls import reverse

from customers.models import Customer
from ledgers.models import LedgerEvent
from permissions import duties, login_guard
from permissions.models import FieldRule, Membership, Role, User

pytestmark = pytest.mark.django_db

PHONE, BANK = "0571-87654321", "6222021234567890128"


@pytest.fixture
def customer(add_customer):
    return add_customer(
        name="金丝雀科技有限公司", phone=PHONE, bank_account=BANK, mobile="13912345678", credit_limit="88888"
    )


@pytest.fixture
def superuser_in(ledger, users, client):
    """superuser_in("viewer"): a browser of a superuser who has that role in HZ01; None for no role."""

    def login(role: str | None):
        user = User.objects.get(username="sysadmin")
        if role:
            Membership.objects.create(user=user, ledger=ledger, role=ledger.roles.get(code=role))
        client.force_login(user)
        return client

    return login


def administrator(users, client, duty: str):
    user = users["secadmin"]
    user.groups.set([duties.group_of(duty)])
    client.force_login(user)
    return user


class TestCustomers:
    def test_a_superuser_who_is_no_member_sees_none(self, customer, superuser_in):
        browser = superuser_in(None)
        assert customer.name not in browser.get("/admin/customers/customer/").content.decode()
        assert browser.get(f"/admin/customers/customer/{customer.pk}/change/").status_code == 302

    def test_a_member_sees_them_as_his_role_does(self, customer, superuser_in):
        browser = superuser_in("viewer")
        for page in ("/admin/customers/customer/", f"/admin/customers/customer/{customer.pk}/change/"):
            html = browser.get(page).content.decode()
            assert customer.name in html
            assert "0571" in html
            for hidden in (PHONE, BANK, "13912345678", "88,888", "88888"):
                assert hidden not in html, page

    def test_a_member_who_reads_whole_values_gets_them(self, customer, superuser_in):
        html = superuser_in("manager").get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()
        for value in (PHONE, BANK, "13912345678", "88,888"):
            assert value in html

    def test_a_hidden_field_is_hidden_in_the_list_as_well(self, customer, ledger, superuser_in):
        FieldRule.objects.create(role=ledger.roles.get(code="viewer"), field="name", level=0)
        assert customer.name not in superuser_in("viewer").get("/admin/customers/customer/").content.decode()

    @pytest.mark.parametrize("model", ["customer", "changebatch", "event", "category", "tag", "numberingrule"])
    def test_nothing_is_changed_here(self, model, customer, superuser_in):
        browser = superuser_in("manager")
        assert browser.get(f"/admin/customers/{model}/").status_code == 200
        assert browser.get(f"/admin/customers/{model}/add/").status_code == 403
        pk = customer.last_batch_id if model == "changebatch" else customer.pk
        assert browser.post(f"/admin/customers/{model}/{pk}/delete/", {"post": "yes"}).status_code in (302, 403)
        browser.post(f"/admin/customers/{model}/{pk}/change/", {"name": "geändert"})
        action = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        browser.post(f"/admin/customers/{model}/", action)
        customer.refresh_from_db()
        assert customer.name == "金丝雀科技有限公司"

    def test_the_list_takes_as_many_queries_for_many_as_for_one(
        self, add_customer, superuser_in, django_assert_max_num_queries
    ):
        browser = superuser_in("manager")
        for _ in range(20):
            add_customer(phone=PHONE, mobile="13912345678")
        with django_assert_max_num_queries(35):
            browser.get("/admin/customers/customer/")


class TestUsers:
    def test_nobody_raises_himself(self, users, client):
        user = administrator(users, client, duties.SYSTEM)
        data = {
            "username": "secadmin",
            "display_name": "改名",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
        }
        client.post(reverse("admin:permissions_user_change", args=[user.pk]), data)
        user.refresh_from_db()
        assert user.display_name == "改名"
        assert not user.is_superuser

    def test_nobody_makes_an_administrator(self, users, client):
        administrator(users, client, duties.SYSTEM)
        data = {"username": "newcomer", "password1": "jinhua-tie-lu-42", "password2": "jinhua-tie-lu-42",
                "usable_password": "true", "is_staff": "on", "is_superuser": "on"}  # fmt: skip
        answer = client.post("/admin/permissions/user/add/", data)
        assert answer.status_code == 302
        made = User.objects.get(username="newcomer")
        assert (made.is_staff, made.is_superuser) == (False, False)

    @pytest.mark.parametrize("page", ["change", "password"])
    def test_nobody_takes_over_another_administrator(self, page, users, client):
        administrator(users, client, duties.SYSTEM)
        url = f"/admin/permissions/user/{users['auditor'].pk}/{page}/"
        data = {"username": "auditor", "password1": "jinhua-tie-lu-42", "password2": "jinhua-tie-lu-42"}
        assert client.post(url, data).status_code == 403
        assert not User.objects.get(username="auditor").check_password("jinhua-tie-lu-42")

    def test_users_are_not_deleted(self, users, client):
        administrator(users, client, duties.SYSTEM)
        pk = users["viewer"].pk
        assert client.post(f"/admin/permissions/user/{pk}/delete/", {"post": "yes"}).status_code == 403
        client.force_login(users["sysadmin"])  # a superuser
        assert client.post(f"/admin/permissions/user/{pk}/delete/", {"post": "yes"}).status_code == 403

    def test_a_locked_login_is_unlocked(self, users, client):
        for _ in range(5):
            login_guard.reserve("sales1", "192.0.2.1")
        administrator(users, client, duties.SECURITY)
        client.post("/admin/permissions/user/", {"action": "unlock", "_selected_action": [users["sales1"].pk]})
        assert login_guard.reserve("sales1", "192.0.2.1")


class TestMemberships:
    def test_given_and_taken_by_the_sets_verbs(self, ledger, users, client):
        administrator(users, client, duties.SECURITY)
        role = ledger.roles.get(code="reader")
        client.post("/admin/permissions/membership/add/", {"user": users["outsider"].pk, "role": role.pk})
        made = Membership.objects.get(user=users["outsider"])
        assert (made.ledger, made.role) == (ledger, role)
        assert LedgerEvent.objects.filter(kind="member_added", by=users["secadmin"]).exists()
        client.post(f"/admin/permissions/membership/{made.pk}/delete/", {"post": "yes"})
        assert not Membership.objects.filter(user=users["outsider"]).exists()
        assert LedgerEvent.objects.filter(kind="member_removed", by=users["secadmin"]).exists()

    def test_the_last_manager_stays(self, ledger, users, client):
        administrator(users, client, duties.SECURITY)
        last = Membership.objects.get(ledger=ledger, role__code="manager")
        answer = client.post(f"/admin/permissions/membership/{last.pk}/delete/", {"post": "yes"})
        assert answer.status_code == 409
        client.post(
            "/admin/permissions/membership/",
            {"action": "delete_selected", "_selected_action": [last.pk], "post": "yes"},
        )
        assert Membership.objects.filter(pk=last.pk).exists()

    def test_a_roles_rights_are_boxes(self, ledger, users, client):
        administrator(users, client, duties.SECURITY)
        role = ledger.roles.get(code="viewer")
        blank = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
        forms = {f"{prefix}-{key}": value for prefix in ("scopes", "field_rules") for key, value in blank.items()}
        data = {"name": "查看员", "rights": ["view", "export"], "sensitive_level": 1, **forms}
        answer = client.post(f"/admin/permissions/role/{role.pk}/change/", data)
        assert answer.status_code == 302
        assert Role.objects.get(pk=role.pk).rights == ["view", "export"]


def test_every_page_of_the_administration_opens(customer, superuser_in):
    browser = superuser_in("manager")
    links = {model["admin_url"] for app in browser.get("/admin/").context["app_list"] for model in app["models"]}
    assert len(links) > 15
    for link in links:
        assert browser.get(link).status_code == 200, link


def test_no_page_changes_a_customer(superuser_in):
    from django.contrib import admin

    for model, page in admin.site._registry.items():
        if model._meta.app_label == "customers":
            assert not page.has_change_permission(None), model
            assert not page.has_add_permission(None), model
            assert not page.has_delete_permission(None), model
    assert Customer in admin.site._registry
