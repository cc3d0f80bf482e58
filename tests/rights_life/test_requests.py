"""权限申请: asked for by anybody, decided by another, given through the verbs of the pages, once; silent about what is not visible."""

import pytest
from django.urls import reverse

from customers.models import Customer, CustomerUserShare
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.access.life import duties, requests
from ledgers.services import members
from permissions.models import Membership, Override, RightChange, RightRequest
from permissions.rights import Level, Right

pytestmark = pytest.mark.django_db

Kind, State = RightRequest.Kind, RightRequest.State


@pytest.fixture
def foreign(add_customer):
    """小陈's customer, which 小林 does not see."""
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", number="KH900001")


def test_a_right_is_given_until_its_day(ask, actor, in_days):
    request = ask("sales1", kind=Kind.RIGHT, key="export")
    assert not actor("sales1").can("export")
    done = requests.approve(request, by=actor("manager"), until=in_days(7), answer="只到周末")
    assert (done.state, done.given_until) == (State.APPLIED, in_days(7))
    assert actor("sales1").can("export")
    given = Override.objects.get()
    assert given.ends_on == in_days(7) and "季度盘点" in given.reason
    assert {"right_request", "override_added"} <= set(RightChange.objects.values_list("kind", flat=True))


def test_a_role_is_given_as_a_membership_with_a_last_day(ask, actor, ledger, users, in_days):
    role = ledger.roles.get(code="data_steward")
    requests.approve(ask("sales1", kind=Kind.ROLE, role=role), by=actor("manager"))
    assert Membership.objects.get(user=users["sales1"], role=role).ends_on == in_days(30)


def test_an_ended_membership_begins_anew(ask, actor, ledger, users, in_days):
    role = ledger.roles.get(code="data_steward")
    old = Membership.objects.create(user=users["sales1"], ledger=ledger, role=role, ends_on=in_days(-3))
    requests.approve(ask("sales1", kind=Kind.ROLE, role=role), by=actor("manager"))
    old.refresh_from_db()
    assert (old.starts_on, old.ends_on) == (in_days(0), in_days(30))


def test_a_field_can_be_given_lower_than_asked(ask, actor):
    request = ask("viewer", kind=Kind.FIELD, key="phone", level=Level.EDIT)
    requests.approve(request, by=actor("manager"), level=Level.READ)
    assert actor("viewer").field_level("phone") == Level.READ
    again = ask("viewer", kind=Kind.FIELD, key="phone", level=Level.EDIT)
    with pytest.raises(BusinessError):
        requests.approve(again, by=actor("manager"), level=7)


def test_nobody_decides_his_own(ask, actor, users, ledger):
    members.add_member(ledger, users["supervisor"], "manager")
    role = ledger.roles.get(code="finance")
    request = ask("manager", kind=Kind.ROLE, role=role)
    with pytest.raises(NotAllowed):
        requests.approve(request, by=actor("manager"))
    assert request not in requests.to_decide(ledger, actor("manager"))
    assert request in requests.to_decide(ledger, actor("supervisor"))


def test_a_colleague_decides_nothing(ask, actor, ledger):
    request = ask("sales1", kind=Kind.RIGHT, key="export")
    assert requests.to_decide(ledger, actor("sales2")) == []
    for act in (requests.approve, lambda r, by: requests.reject(r, by=by, answer="不"), requests.withdraw):
        with pytest.raises(NotAllowed):
            act(request, by=actor("sales2"))


def test_decided_once(ask, actor):
    request = ask("sales1", kind=Kind.RIGHT, key="export")
    requests.approve(request, by=actor("manager"))
    for act in (
        lambda: requests.approve(request, by=actor("manager")),
        lambda: requests.reject(request, by=actor("manager"), answer="晚了"),
        lambda: requests.withdraw(request, by=actor("sales1")),
    ):
        with pytest.raises(BusinessError) as caught:
            act()
        assert caught.value.code == "request.decided"
    assert Override.objects.count() == 1


def test_the_same_twice_is_one_request(ask):
    ask("sales1", kind=Kind.RIGHT, key="export")
    with pytest.raises(BusinessError) as caught:
        ask("sales1", kind=Kind.RIGHT, key="export")
    assert caught.value.code == "request.twice" and RightRequest.objects.count() == 1


def test_a_late_request_makes_room_for_a_new_one(ask, in_days):
    old = ask("sales1", kind=Kind.RIGHT, key="export")
    RightRequest.objects.filter(pk=old.pk).update(ends_on=in_days(-1))
    ask("sales1", kind=Kind.RIGHT, key="export")
    old.refresh_from_db()
    assert old.state == State.EXPIRED


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "right", "key": "view"},
        {"kind": "right", "key": "fly"},
        {"kind": "field", "key": "nothing"},
        {"kind": "field", "key": "name", "level": Level.READ},
        {"kind": "customer", "number": "  "},
        {"kind": "role"},
        {"kind": "right", "key": "export", "reason": " "},
    ],
)
def test_what_cannot_be_asked_for(ask, wanted):
    with pytest.raises(BusinessError):
        ask("sales1", **wanted)


def test_days_have_bounds(ask, in_days):
    for day in (in_days(-1), in_days(400)):
        with pytest.raises(BusinessError) as caught:
            ask("sales1", kind=Kind.RIGHT, key="export", ends_on=day)
        assert caught.value.field == "ends_on"


def test_approving_keeps_to_the_separation_of_duties(ask, actor, ledger, users):
    duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=True, by=users["manager"])
    request = ask("sales1", kind=Kind.RIGHT, key="approve")
    with pytest.raises(BusinessError) as caught:
        requests.approve(request, by=actor("manager"))
    assert caught.value.code == "duties.conflict"
    request.refresh_from_db()
    assert request.state == State.PENDING and not Override.objects.exists()


# --- one customer -------------------------------------------------------------------------------------------------------


def test_the_owner_shares_the_customer_that_was_asked_for(ask, actor, foreign, users, ledger):
    request = ask("sales2", kind=Kind.CUSTOMER, number="kh900001")
    assert requests.to_decide(ledger, actor("sales1")) == [request]
    assert requests.to_decide(ledger, actor("service")) == []
    requests.approve(request, by=actor("sales1"))
    assert Customer.objects.visible_to(actor("sales2")).get() == foreign
    assert CustomerUserShare.objects.get(user=users["sales2"]).ends_on == request.ends_on


def test_asking_never_tells_whether_a_customer_exists(client_of, foreign, ledger):
    browser = client_of("sales2")
    url = reverse("right_request_new", args=[ledger.code])
    pages = []
    for number in ("KH900001", "KH900009"):
        day = (foreign.created_at.date()).isoformat()
        answer = browser.post(
            url, {"kind": "customer", "number": number, "level": 2, "ends_on": day, "reason": "拜访"}, follow=True
        )
        made = RightRequest.objects.get(number=number)
        page = browser.get(reverse("right_request", args=[ledger.code, made.pk])).content.decode()
        for text in (answer.content.decode(), page):
            assert "西子" not in text and foreign.get_absolute_url() not in text
        pages.append((answer.status_code, [made.state, made.subject.replace(number, "#")], page.count("card")))
    assert pages[0] == pages[1]


def test_who_sees_the_customer_already_is_told(ask, foreign):
    with pytest.raises(BusinessError) as caught:
        ask("sales1", kind=Kind.CUSTOMER, number="KH900001")
    assert caught.value.code == "request.has"


def test_a_number_of_nobody_can_only_be_rejected(ask, actor):
    request = ask("sales2", kind=Kind.CUSTOMER, number="KH900009")
    with pytest.raises(BusinessError) as caught:
        requests.approve(request, by=actor("manager"))
    assert caught.value.code == "request.customer"
    requests.reject(request, by=actor("manager"), answer="没有这个客户的需要")
    assert RightRequest.objects.get().state == State.REJECTED


# --- pages --------------------------------------------------------------------------------------------------------------


def test_from_a_refusal_to_the_right(client_of, ledger, actor):
    seller, boss = client_of("sales1"), client_of("manager")
    new = reverse("right_request_new", args=[ledger.code])
    page = seller.get(f"{new}?right=export").content.decode()
    assert '<option value="export" selected>' in page
    answer = seller.post(new, {"kind": "right", "right": "export", "ends_on": "2020-01-01", "reason": "盘点"})
    assert answer.status_code == 422 and "日期已经过去" in answer.content.decode() and "盘点" in answer.content.decode()
    day = actor("sales1").user.date_joined.date().isoformat()
    assert seller.post(new, {"kind": "right", "right": "export", "ends_on": day, "reason": "盘点"}).status_code == 302
    made = RightRequest.objects.get()
    url = reverse("right_request", args=[ledger.code, made.pk])
    assert "批准" in boss.get(url).content.decode()
    assert client_of("sales2").get(url).status_code == 404
    approve = reverse("right_request_approve", args=[ledger.code, made.pk])
    assert boss.post(approve, {"until": day}).status_code == 302
    assert actor("sales1").can("export")
    assert boss.post(approve, {"until": day}).status_code == 422
    assert "已生效" in seller.get(reverse("right_request_list", args=[ledger.code])).content.decode()


def test_rejecting_needs_a_reason_and_keeps_the_request(client_of, ledger, ask):
    made = ask("sales1", kind=Kind.RIGHT, key="export")
    boss = client_of("manager")
    boss.post(reverse("right_request_reject", args=[ledger.code, made.pk]), {"reason": ""})
    made.refresh_from_db()
    assert made.state == State.PENDING
    boss.post(reverse("right_request_reject", args=[ledger.code, made.pk]), {"reason": "请走导出流程"})
    assert "请走导出流程" in client_of("sales1").get(reverse("right_request_list", args=[ledger.code])).content.decode()


def test_the_inbox_asks_the_same_for_many(client_of, ledger, ask, users, django_assert_max_num_queries):
    for who in ("sales1", "sales2", "viewer", "service"):
        for key in ("export", "import", "merge"):
            ask(who, kind=Kind.RIGHT, key=key)
    browser = client_of("manager")
    with django_assert_max_num_queries(20):
        page = browser.get(reverse("right_request_list", args=[ledger.code]))
    assert page.content.decode().count("季度盘点") >= 12
