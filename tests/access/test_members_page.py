"""成员: several roles each from and until a day, roles that come through a department, and one page per person that says what results and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledgers.access import departments as department_roles
from ledgers.access import exceptions
from ledgers.services import members
from permissions.models import Delegation, Membership, RightChange, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(ledger, departments, role):
    """综合部 and what is below it: 客户资料录入员."""
    return department_roles.give(ledger, departments["D20"], role("entry"), by=None)


def rows(page):
    return {member.user.username: member for member in page.context["page"].object_list}


def test_several_roles_stand_in_one_row(client_of, ledger, users, address):
    members.add_member(ledger, users["sales1"], "reader")
    member = rows(client_of("manager").get(address("ledger_members")))["sales1"]
    assert {row.role.code for row in member.memberships} == {"sales", "reader"}


def test_a_role_through_a_department_is_shown_with_its_origin(client_of, users, address, given):
    users["outsider"].department = given.department
    users["outsider"].save()
    page = client_of("manager").get(address("ledger_members"))
    assert [each.role.code for each in rows(page)["outsider"].through] == ["entry"]
    assert "来自部门「综合部」" in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=小", {"sales1", "sales2", "service"}),
        ("?role=sales", {"sales1", "sales2"}),
        ("?role=entry", {"finance", "service", "viewer", "steward"}),
        ("?state=pending", {"sales1"}),
        ("?state=blocked", {"viewer"}),
        ("?state=expired", set()),
        ("?role=nothing&department=abc&state=odd&page=99", set()),
    ],
)
def test_narrowed(client_of, ledger, users, address, given, query, expected):
    members.add_member(ledger, users["sales1"], "reader", starts_on=timezone.localdate() + timedelta(days=3))
    User.objects.filter(username="viewer").update(is_active="blocked" not in query)
    assert set(rows(client_of("manager").get(address("ledger_members") + query))) == expected


def test_two_thousand_members_are_a_page_with_as_many_queries_as_twenty(
    client_of, ledger, address, role, django_assert_max_num_queries
):
    people = User.objects.bulk_create(
        User(username=f"u{number:05}", display_name=f"员工{number}") for number in range(2000)
    )
    Membership.objects.bulk_create(Membership(ledger=ledger, user=each, role=role("viewer")) for each in people)
    browser = client_of("manager")
    with django_assert_max_num_queries(24):
        page = browser.get(address("ledger_members") + "?page=3")
    assert page.context["page"].paginator.count == 2008 and len(rows(page)) == 50
    with django_assert_max_num_queries(32):
        lines = browser.get(address("role_list")).context["lines"]
    assert next(line["people"] for line in lines if line["role"].code == "viewer") == 2001


def test_other_days(client_of, ledger, users, address, now):
    row = Membership.objects.get(ledger=ledger, user=users["sales1"])
    until = timezone.localdate() + timedelta(days=2)
    client_of("manager").post(address("member_dates", row.pk), {"starts_on": "", "ends_on": until.isoformat()})
    row.refresh_from_db()
    assert row.ends_on == until
    assert RightChange.objects.filter(kind="member_changed", user=users["sales1"]).count() == 1
    for bad in ({"ends_on": "2020-01-01"}, {"ends_on": "后天"}):
        client_of("manager").post(address("member_dates", row.pk), bad)
        row.refresh_from_db()
        assert row.ends_on == until


def test_one_person_with_everything_and_where_it_comes_from(client_of, ledger, users, address, given, add_customer):
    add_customer(name="杭州一号机械有限公司", owner="sales1")
    today = timezone.localdate()
    exceptions.give(ledger, users["finance"], kind="right", key="export", is_denied=True, reason="审计期间", by=None)
    exceptions.give(
        ledger, users["finance"], kind="field", key="remark", is_denied=True, level=0, reason="保密", by=None
    )
    Delegation.objects.create(
        ledger=ledger, delegator=users["sales1"], delegate=users["finance"], rights=["view", "add"], ends_on=today
    )
    page = client_of("manager").get(address("member_person", users["finance"].pk))
    text = page.text
    for words in (
        "部门「综合部」的授权",
        "禁止 导出",
        "审计期间",
        "代理「小陈」",
        "个人例外：禁止「导出」",
        "备注 最多 隐藏",
    ):
        assert words in text, words
    answers = {each.label: each for _group, group in page.context["rights"] for each in group}
    assert not answers["导出"].allowed and any("财务" in said.rule for said in answers["导出"].others)
    assert answers["新增"].allowed and "由部门「综合部」继承" in answers["新增"].rule
    levels = {each.label: each for _group, group in page.context["fields"] for each in group}
    assert levels["备注"].level == 0 and "个人限制" in levels["备注"].rule
    assert page.context["count"] == "1"


def test_a_person_to_whom_nothing_was_given_has_no_page(client_of, users, address, other_ledger):
    browser = client_of("manager")
    assert browser.get(address("member_person", users["outsider"].pk)).status_code == 404
    assert browser.get(address("member_person", User.objects.get(username="other_manager").pk)).status_code == 404


def test_from_his_page_back_to_his_page_and_nowhere_else(client_of, ledger, users, address):
    his = address("member_person", users["sales1"].pk)
    data = {"user": "sales1", "role": "reader", "next": his}
    assert client_of("manager").post(address("ledger_members"), data).url == his
    data = {"user": "sales1", "role": "viewer", "next": "https://evil.example/l/"}
    assert client_of("manager").post(address("ledger_members"), data).url == address("ledger_members")
