"""The pages under /permissions/organisation/: who may open them, what they show, and that no customer shows through."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from erp_site.jobs import runner
from permissions.models import Company, Department, Position, User

pytestmark = pytest.mark.django_db

LOOK = ["organisation", "people_list", "company_list", "position_list"]
CHANGE = ["department_new", "person_new", "organisation_import", "organisation_template"]


@pytest.fixture
def things(users, departments_there):
    return {
        "department_edit": departments_there["D11"].pk,
        "company_edit": Company.objects.create(code="HY", name="恒源").pk,
        "position_edit": Position.objects.create(code="JL", name="经理").pk,
        "person_edit": users["sales1"].pk,
        "person_leave": users["sales1"].pk,
    }


class TestWhoMay:
    def test_the_system_administrator_opens_everything(self, client_of, keeper, things):
        browser = client_of("keeper")
        for name in LOOK + CHANGE:
            assert browser.get(reverse(name)).status_code == 200, name
        for name, pk in things.items():
            assert browser.get(reverse(name, args=[pk])).status_code == 200, name

    def test_a_maker_of_sets_looks_and_changes_nothing(self, client_of, founder, things, users):
        browser = client_of("outsider")
        for name in LOOK:
            html = browser.get(reverse(name)).content.decode()
            # The frame has forms of its own (log out); the page itself has none that writes.
            assert not re.findall(r'<form[^>]*method="post"[^>]*action="/permissions', html), name
        for name in CHANGE:
            assert browser.get(reverse(name)).status_code == 403, name
        person = browser.get(reverse("person_edit", args=[users["sales1"].pk])).content.decode()
        assert "办理离职" not in person
        for name, pk in things.items():
            assert browser.post(reverse(name, args=[pk]), {}).status_code == 403, name
        assert browser.get(reverse("person_leave", args=[users["sales1"].pk])).status_code == 403

    @pytest.mark.parametrize("who", ["manager", "sales1", "supervisor", "secadmin", "auditor", "outsider"])
    def test_nobody_else(self, who, client_of, users, things):
        browser = client_of(who)
        for name in LOOK + CHANGE:
            assert browser.get(reverse(name)).status_code == 403, name
        for name, pk in things.items():
            assert browser.get(reverse(name, args=[pk])).status_code == 403, name

    def test_the_navigation_names_it_for_who_may(self, client_of, keeper, users):
        assert "组织架构" in client_of("keeper").get("/ledgers/").content.decode()
        assert "组织架构" not in client_of("sales1").get("/ledgers/").content.decode()


class TestLeaks:
    def test_people_and_departments_show_numbers_of_customers_alone(
        self, client_of, keeper, ledger, add_customer, users, departments_there
    ):
        firm = add_customer(
            name="金丝雀科技有限公司", owner="sales1", department="D11", phone="0571-87654321", mobile="13912345678"
        )
        browser = client_of("keeper")
        pages = [
            reverse("organisation"),
            reverse("people_list"),
            reverse("person_edit", args=[users["sales1"].pk]),
            reverse("person_leave", args=[users["sales1"].pk]),
            reverse("department_edit", args=[departments_there["D11"].pk]),
        ]
        for page in pages:
            html = browser.get(page).content.decode()
            for canary in (firm.name, firm.number, "87654321", "13912345678"):
                assert canary not in html, (page, canary)
        assert "杭州客户账套" in browser.get(pages[2]).content.decode()
        assert browser.get(f"/l/HZ01/customers/{firm.pk}/").status_code == 404


class TestDoing:
    def test_a_department_is_added_moved_and_disabled(self, client_of, keeper, departments_there):
        browser = client_of("keeper")
        new = {"code": "D13", "name": "销售三部", "parent": departments_there["D1"].pk, "company": "", "head": "小陈"}
        assert browser.post(reverse("department_new"), new).status_code == 302
        made = Department.objects.get(code="D13")
        assert made.head.username == "sales1"
        browser.post(reverse("department_move", args=[made.pk]), {"parent": ""})
        made.refresh_from_db()
        assert made.parent is None
        browser.post(reverse("department_toggle", args=[made.pk]), {"active": "0"})
        made.refresh_from_db()
        assert not made.is_active

    def test_a_circle_is_told_on_the_field(self, client_of, keeper, departments_there):
        values = {"code": "D1", "name": "销售部", "parent": departments_there["D11"].pk}
        answer = client_of("keeper").post(reverse("department_edit", args=[departments_there["D1"].pk]), values)
        assert answer.status_code == 422
        assert answer.context["form"].errors["parent"]
        browser = client_of("keeper")
        move = reverse("department_move", args=[departments_there["D1"].pk])
        html = browser.post(move, {"parent": departments_there["D11"].pk}, follow=True).content.decode()
        assert "销售部 → 销售一部 → 销售部" in html

    def test_a_move_asks_about_the_customers_first(
        self, client_of, keeper, ledger, add_customer, users, departments_there
    ):
        firm = add_customer(owner="sales1", department="D11")
        browser, url = client_of("keeper"), reverse("person_edit", args=[users["sales1"].pk])
        values = {"username": "sales1", "display_name": "小陈", "email": "", "position": "", "superior": "",
                  "department": departments_there["D12"].pk}  # fmt: skip
        answer = browser.post(url, values)
        assert "杭州客户账套：1 个客户" in answer.content.decode()
        users["sales1"].refresh_from_db()
        assert users["sales1"].department.code == "D11"
        assert browser.post(url, values | {"asked": "1", "follow": [ledger.pk]}).status_code == 302
        runner.run_pending()
        firm.refresh_from_db()
        assert firm.department.code == "D12"

    def test_without_customers_it_asks_nothing(self, client_of, keeper, users, departments_there):
        values = {"username": "sales1", "display_name": "小陈", "department": departments_there["D12"].pk}
        assert client_of("keeper").post(reverse("person_edit", args=[users["sales1"].pk]), values).status_code == 302

    def test_leaving_by_the_page(self, client_of, keeper, users):
        User.objects.filter(username="sales2").update(superior=users["sales1"])
        browser, url = client_of("keeper"), reverse("person_leave", args=[users["sales1"].pk])
        assert browser.post(url, {"on": timezone.localdate()}).status_code == 422
        answer = browser.post(url, {"on": timezone.localdate(), "superior": "老李（supervisor）"})
        assert answer.status_code == 302
        assert User.objects.get(username="sales2").superior.username == "supervisor"
        assert "离职" in browser.get(answer.url).content.decode()
        browser.post(reverse("person_return", args=[users["sales1"].pk]))
        assert User.objects.get(username="sales1").is_active

    def test_a_first_password_is_shown_once_and_stored_nowhere(self, client_of, keeper, users, client):
        browser = client_of("keeper")
        answer = browser.post(reverse("person_password", args=[users["viewer"].pk]))
        password = answer.context["password"]
        assert password in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        assert client.login(username="viewer", password=password)
        assert password not in str(dict(browser.session))

    @pytest.mark.parametrize("text", ["没有这人", "小陈"])
    def test_a_person_who_is_not_clear_is_asked_for_again(self, text, client_of, keeper, users):
        User.objects.create_user("sales3", display_name="小陈")
        values = {"code": "D9", "name": "新部门", "head": text}
        answer = client_of("keeper").post(reverse("department_new"), values)
        assert answer.status_code == 422
        assert "head" in answer.context["form"].errors

    def test_people_are_found_and_paged(self, client_of, keeper, users, departments_there):
        User.objects.bulk_create(User(username=f"p{index:03d}", display_name=f"员工{index}") for index in range(120))
        browser, seen, url = client_of("keeper"), 0, reverse("people_list")
        while url:
            answer = browser.get(url)
            seen += len(answer.context["people"])
            url = answer.context["next_url"]
        assert seen == User.objects.filter(is_active=True).count()
        found = browser.get(reverse("people_list"), {"department": departments_there["D1"].pk})
        assert {person.username for person in found.context["people"]} == {"sales1", "sales2", "supervisor"}
        assert [person.username for person in browser.get(reverse("people_list"), {"q": "小林"}).context["people"]] == [
            "sales2"
        ]

    @pytest.mark.parametrize(
        "query", ["?department=x&after=%00", "?state=zzz&q=" + "长" * 500, "?department=" + "9" * 30]
    )
    def test_odd_addresses_break_nothing(self, query, client_of, keeper):
        assert client_of("keeper").get(reverse("people_list") + query).status_code in (200, 400)


def test_the_administration_shows_and_does_not_change_where_somebody_belongs(
    client_of, keeper, users, departments_there
):
    browser = client_of("keeper")
    values = {"username": "sales1", "display_name": "小陈", "is_active": "on", "department": departments_there["D12"].pk,
              "position": "经理", "left_on": "2020-01-01"}  # fmt: skip
    browser.post(f"/admin/permissions/user/{users['sales1'].pk}/change/", values)
    person = User.objects.get(username="sales1")
    assert (person.department.code, person.left_on) == ("D11", None)
    for page in ("department", "company", "position"):
        assert browser.get(f"/admin/permissions/{page}/").status_code == 200
        assert browser.get(f"/admin/permissions/{page}/add/").status_code == 403
