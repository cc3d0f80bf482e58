"""临时权限: everything that ends in one list, renewed through its own verb; and what ends with a leaver."""

import pytest
from django.urls import reverse

from customers.access import sharing
from customers.handover import transfers
from customers.models import CustomerUserShare
from erp_site.shared.errors import BusinessError
from ledgers.access import departments, exceptions
from ledgers.access.life import duties, leaving, temporary
from ledgers.access.life.dates import ends_in, tone
from ledgers.services import members
from permissions.models import Delegation, DutyException, Membership, Override, RightRequest
from permissions.organisation import leaving as organisation
from permissions.rights import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(ledger, users, lend, in_days):
    """One thing of each kind that ends."""
    boss = users["manager"]
    members.add_member(ledger, users["sales1"], "viewer", by=boss, ends_on=in_days(7))
    departments.give(ledger, users["sales1"].department, ledger.roles.get(code="reader"), by=boss, ends_on=in_days(20))
    wanted = {"kind": Override.Kind.RIGHT, "key": "export", "is_denied": False, "reason": "盘点"}
    exceptions.give(ledger, users["sales1"], **wanted, ends_on=in_days(40), by=boss)
    rule = duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=True, by=boss)
    duties.allow(rule, users["sales1"], ends_on=in_days(60), reason="代班", by=boss)
    lend("sales1", "sales2", ends_on=in_days(3))


def test_words(in_days):
    today = in_days(0)
    assert [ends_in(day, today) for day in (None, in_days(-1), today, in_days(7))] == [
        "长期",
        "已失效",
        "今天失效",
        "7 天后失效",
    ]
    assert [tone(day, today) for day in (None, in_days(7), in_days(30), in_days(31))] == ["", "danger", "warning", ""]


def test_the_first_to_end_stands_first(ledger, everything, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        found = temporary.ending(ledger)
    assert [each.kind for each in found] == ["delegation", "membership", "department", "override", "exception"]
    assert [each.kind for each in temporary.ending(ledger, within=7)] == ["delegation", "membership"]


def test_each_is_renewed_but_a_delegation(ledger, everything, users, in_days):
    for each in temporary.ending(ledger):
        if each.can_be_renewed:
            temporary.renew(ledger, each.kind, each.pk, until=in_days(90), by=users["manager"])
        else:
            with pytest.raises(BusinessError):
                temporary.renew(ledger, each.kind, each.pk, until=in_days(90), by=users["manager"])
    assert {each.ends_on for each in temporary.ending(ledger) if each.can_be_renewed} == {in_days(90)}


def test_nobody_renews_for_himself_nor_backwards(ledger, users, in_days):
    row = members.add_member(ledger, users["supervisor"], "viewer", ends_on=in_days(7))
    for until, by in ((in_days(30), "supervisor"), (in_days(5), "manager"), (in_days(700), "manager")):
        with pytest.raises(BusinessError):
            temporary.renew(ledger, "membership", row.pk, until=until, by=users[by])


def test_the_page_renews(client_of, ledger, everything, in_days):
    browser = client_of("manager")
    url = reverse("temporary_rights", args=[ledger.code])
    assert "7 天后失效" in browser.get(url).content.decode()
    row = Membership.objects.get(ends_on=in_days(7))
    post = {"kind": "membership", "pk": row.pk, "until": in_days(100)}
    assert browser.post(reverse("temporary_renew", args=[ledger.code]), post).status_code == 302
    row.refresh_from_db()
    assert row.ends_on == in_days(100)
    for bad in (
        {"kind": "x", "pk": row.pk, "until": "2030-01-01"},
        {"kind": "membership", "pk": "9" * 30, "until": "2030-13-01"},
        {},
    ):
        assert browser.post(reverse("temporary_renew", args=[ledger.code]), bad).status_code == 302


# --- leaving ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(add_customer, users, actor, in_days):
    firm = add_customer(name="杭州西子电梯有限公司", owner="sales2")
    sharing.share([firm], [users["sales1"]], ends_on=in_days(5), reason="协同", by=actor("sales2"))
    return firm


def test_what_ends_with_a_leaver_is_told_before_and_done_after(
    ledger, everything, shared, ask, users, actor, client_of, in_days
):
    ask("sales1", kind="right", key="merge")
    told = "；".join(leaving.told(users["sales1"]))
    for words in ("申请 1 个", "委托给别人的代理 1 个", "个人例外 1 个", "职责分离例外 1 个", "共享给他的客户 1 个"):
        assert words in told
    page = client_of("sysadmin").get(reverse("person_leave", args=[users["sales1"].pk])).content.decode()
    assert "个人例外 1 个" in page
    organisation.leave(users["sales1"], on=in_days(0), by=None)
    assert RightRequest.objects.get().state == RightRequest.State.EXPIRED
    assert (
        not Override.objects.exists() and not DutyException.objects.exists() and not CustomerUserShare.objects.exists()
    )
    assert Delegation.objects.get().ends_on == in_days(0)
    assert leaving.told(users["sales1"]) in ([], ["他委托给别人的代理 1 个：随之结束"])


def test_a_hand_over_ends_what_is_left_in_the_set(ledger, add_customer, ask, users, actor, client_of):
    firm = add_customer(name="绍兴黄酒集团", owner="sales1")
    waiting = ask("sales2", kind="customer", number=firm.number)
    ask("sales1", kind="right", key="merge")
    Membership.objects.filter(user=users["sales1"]).delete()
    url = reverse("handover_person", args=[ledger.code, users["sales1"].pk])
    page = (
        client_of("manager")
        .get(url, {"successor": users["supervisor"].pk, "reason": "调离", "scope": "all"})
        .content.decode()
    )
    assert "申请 1 个" in page
    transfers.hand_over(
        ledger, users["sales1"], users["supervisor"], by=actor("manager"), with_department=False, reason="调离"
    )
    assert RightRequest.objects.get(applicant=users["sales1"]).state == RightRequest.State.EXPIRED
    waiting.refresh_from_db()
    assert waiting.state == RightRequest.State.PENDING


def test_who_still_works_keeps_his_until_then(ledger, add_customer, ask, users, actor, in_days):
    add_customer(name="绍兴黄酒集团", owner="sales1")
    ask("sales1", kind="right", key="merge")
    organisation.leave(users["sales1"], on=in_days(5), by=None)
    transfers.hand_over(
        ledger, users["sales1"], users["supervisor"], by=actor("manager"), with_department=False, reason="离职"
    )
    assert RightRequest.objects.get().state == RightRequest.State.PENDING
