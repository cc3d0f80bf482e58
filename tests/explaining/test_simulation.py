"""权限模拟: a manager looks with a member's eyes, for half an hour, changes nothing, and every page of it is written down."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from ledgers.services import simulating
from permissions.models import AccessRecord, FieldRule, Membership, User
from permissions.rights import Level
from tests.guards.test_routes import IN_LEDGER, ROUTES

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers(add_customer):
    return {
        who: add_customer(name=f"{who}的客户有限公司", owner=who, phone="13800138000") for who in ("sales1", "sales2")
    }


@pytest.fixture
def simulate(client_of, ledger, users):
    """simulate("manager", "sales1"): a browser in which that manager looks as that person."""

    def begin(viewer, whom, reason="客户投诉"):
        browser = client_of(viewer)
        asked = {"user": users[whom].pk, "reason": reason}
        browser.begun = browser.post(reverse("simulation_start", args=[ledger.code]), asked)
        return browser

    return begin


def page(browser, ledger, name="customer_list", *args):
    return browser.get(reverse(name, args=[ledger.code, *args]))


def test_he_sees_the_rows_and_buttons_of_the_other_under_a_banner(simulate, ledger, customers):
    browser = simulate("manager", "sales1")
    assert browser.begun.status_code == 302
    text = page(browser, ledger).content.decode()
    assert "sales1的客户" in text and "sales2的客户" not in text
    assert "正在以<strong>小陈</strong>的身份查看" in text and "客户投诉" in text and "结束" in text
    assert page(browser, ledger, "customer_detail", customers["sales2"].pk).status_code == 404
    assert "导入客户" not in page(browser, ledger, "dashboard").content.decode(), "小陈 imports nothing"


def test_he_sees_no_more_than_he_may_himself(simulate, ledger, customers, make_role, give, role_of):
    give("service", make_role("people", rights=["members"], sensitive_level=0))
    FieldRule.objects.create(role=role_of("service"), field="name", level=Level.MASKED)
    FieldRule.objects.create(role=role_of("people"), field="name", level=Level.MASKED)
    text = page(simulate("service", "sales1"), ledger, "customer_detail", customers["sales1"].pk).content.decode()
    assert "sales1的客户" not in text and "13800138000" not in text and "138****8000" in text
    narrow = make_role("narrow", rights=["members", "view"], scopes=[("own", [])])
    Membership.objects.filter(user__username="finance").delete()
    give("finance", narrow)
    assert "sales1的客户" not in page(simulate("finance", "sales1"), ledger).content.decode()


def test_nothing_can_be_changed(simulate, ledger, customers):
    browser = simulate("manager", "sales1")
    answer = browser.post(
        reverse("customer_deactivate", args=[ledger.code, customers["sales1"].pk]), {"reason": "模拟中"}
    )
    assert answer.status_code == 403 and "不能保存或提交" in answer.content.decode()
    assert Customer.objects.of(ledger.pk).filter(state="active").count() == 2


def test_only_what_is_named_is_open(simulate, ledger, customers):
    """Every route of the set: pages that are named answer, everything else, and everything posted, is refused."""
    browser = simulate("manager", "sales1")
    known = {
        "ledger": ledger.code,
        "number": customers["sales1"].number,
        "token": "nothing",
        "type": "text",
        "key": "grade",
    }
    for name in IN_LEDGER:
        if name == simulating.STOP:
            continue
        values = {key: known.get(key, 999_999 if key != "code" else "USD") for key in ROUTES[name]}
        if name.startswith("customer_") and "pk" in values:
            values["pk"] = customers["sales1"].pk
        address = reverse(name, kwargs=values)
        got, posted = browser.get(address), browser.post(address)
        if name not in simulating.open_pages:
            assert got.status_code == 403 and "权限模拟中不开放" in got.content.decode(), name
        elif name not in simulating.open_posts:
            assert got.status_code in (200, 302), name
        if name not in simulating.open_posts:
            assert posted.status_code == 403, name
        assert not got.has_header("Content-Disposition"), name


def test_searching_works(simulate, ledger, customers):
    browser = simulate("manager", "sales1")
    answer = browser.post(reverse("customer_list", args=[ledger.code]), {"q": "13800138000"}, follow=True)
    text = answer.content.decode()
    assert "sales1的客户" in text and "sales2的客户" not in text


def test_every_page_is_written_down_under_the_name_of_the_one_who_looks(simulate, ledger, customers, users):
    browser = simulate("manager", "sales1", reason="核对范围")
    page(browser, ledger, "customer_detail", customers["sales1"].pk)
    browser.post(reverse("customer_new", args=[ledger.code]))
    browser.post(reverse("simulation_stop", args=[ledger.code]))
    rows = AccessRecord.objects.filter(kind="simulate").order_by("pk")
    assert {row.username for row in rows} == {"manager"}
    assert [row.detail for row in rows] == [
        "[sales1] 开始模拟：核对范围",
        "[sales1] customer_detail",
        "[sales1] 已拒绝：POST customer_new",
        "[sales1] 结束模拟",
    ]
    assert rows[1].object_id == customers["sales1"].pk
    assert not AccessRecord.objects.filter(username="sales1").exists(), "小陈 looked at nothing"


def test_it_ends_by_the_button(simulate, ledger, customers):
    browser = simulate("manager", "sales1")
    assert browser.post(reverse("simulation_stop", args=[ledger.code])).status_code == 302
    text = page(browser, ledger).content.decode()
    assert "sales2的客户" in text and "正在以" not in text
    assert browser.post(reverse("simulation_stop", args=[ledger.code])).status_code == 302, "twice is once"


def test_it_ends_after_half_an_hour(simulate, ledger, customers, monkeypatch):
    browser = simulate("manager", "sales1")
    later = timezone.now() + datetime.timedelta(minutes=31)
    monkeypatch.setattr(simulating.timezone, "now", lambda: later)
    text = page(browser, ledger).content.decode()
    assert "sales2的客户" in text and "已到时限" in text


@pytest.mark.parametrize("lost", ["right", "target", "membership"])
def test_it_ends_when_the_rights_behind_it_do(simulate, ledger, customers, users, lost, make_role, give, role_of):
    browser = simulate("manager", "sales1")
    if lost == "right":
        give("sales1", role_of("manager"))
        Membership.objects.filter(user=users["manager"]).delete()
        give("manager", role_of("viewer"))
    elif lost == "target":
        User.objects.filter(username="sales1").update(is_active=False)
    else:
        Membership.objects.filter(user=users["manager"]).delete()
    answer = page(browser, ledger)
    if lost == "membership":
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200 and "正在以" not in answer.content.decode()


def test_other_sets_and_pages_outside_are_ones_own(simulate, ledger, other_ledger, users, customers, client_of):
    role = other_ledger.roles.get(code="viewer")
    Membership.objects.create(user=users["manager"], ledger=other_ledger, role=role)
    browser = simulate("manager", "sales1")
    for answer in (browser.get(reverse("dashboard", args=[other_ledger.code])), browser.get(reverse("ledger_list"))):
        assert answer.status_code == 200 and "正在以" not in answer.content.decode()
    other_session = client_of("manager")
    assert "sales2的客户" in page(other_session, ledger).content.decode()


@pytest.mark.parametrize(
    ("viewer", "whom", "reason", "status"),
    [
        ("sales1", "sales2", "好奇", 403),
        ("manager", "manager", "自己", 422),
        ("manager", "outsider", "外人", 422),
        ("manager", "sales1", "  ", 422),
    ],
)
def test_who_may_look_as_whom(simulate, ledger, viewer, whom, reason, status):
    browser = simulate(viewer, whom, reason)
    assert browser.begun.status_code == status
    assert simulating.KEY not in browser.session


def test_whoever_manages_rights_is_not_simulated(simulate, ledger, give, role_of):
    give("finance", role_of("manager"))
    browser = simulate("manager", "finance")
    assert browser.begun.status_code == 422 and "不能被模拟" in browser.begun.content.decode()


def test_a_form_that_was_wrong_keeps_what_was_typed(simulate):
    browser = simulate("manager", "outsider", reason="看看他能看到什么")
    assert "看看他能看到什么" in browser.begun.content.decode()
