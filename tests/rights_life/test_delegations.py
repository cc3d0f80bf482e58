"""代理: a colleague stands in from and until a day with the rights that are passed on; no chains, no overlap; history names both."""

import pytest
from django.urls import reverse

from customers.fields import Catalogue
from customers.models import ChangeBatch, Customer
from customers.presenting import Presenter
from customers.services import pipeline, timeline
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.access.life import delegations, duties
from ledgers.services.parameters import change_parameters
from permissions.models import Delegation, RightChange, User
from permissions.rights import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(add_customer):
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", mobile="13800138000")


def test_the_stand_in_works_with_the_others_customers(customer, lend, actor, ledger):
    assert not Customer.objects.visible_to(actor("sales2")).exists()
    lend("sales1", "sales2")
    assert Customer.objects.visible_to(actor("sales2")).get() == customer
    edit = Edit(values={"website": "https://xizi.example"}, customer_id=customer.pk)
    pipeline.submit([edit], ledger=ledger, by=actor("sales2"), kind="edit")
    assert ChangeBatch.objects.latest("pk").acting_for.username == "sales1"
    presenter = Presenter(Catalogue.of(ledger), actor("manager"))
    assert timeline.page(customer, presenter).entries[0].who == "小林（代理 小陈）"


def test_his_own_work_names_nobody_else(lend, actor, ledger, add_customer):
    lend("sales1", "sales2")
    own = add_customer(name="宁波海天塑机集团", owner="sales2")
    pipeline.submit(
        [Edit(values={"website": "https://a.example"}, customer_id=own.pk)],
        ledger=ledger,
        by=actor("sales2"),
        kind="edit",
    )
    assert ChangeBatch.objects.latest("pk").acting_for is None


def test_a_lent_right_names_the_lender(lend, actor, ledger):
    lend("sales1", "viewer", rights=["view", "add", "edit"])
    pipeline.submit([Edit(values={"name": "温州某某阀门厂"})], ledger=ledger, by=actor("viewer"), kind="edit")
    assert ChangeBatch.objects.latest("pk").acting_for.username == "sales1"


def test_only_what_one_has_is_passed_on(lend):
    for rights in (["view", "export"], ["edit"], []):
        with pytest.raises(BusinessError) as caught:
            lend("sales1", "sales2", rights=rights)
        assert caught.value.field == "rights"


def test_administration_is_passed_on_where_the_set_allows(lend, ledger, users):
    with pytest.raises(BusinessError):
        lend("manager", "supervisor", rights=["view", "members"])
    change_parameters(ledger, {"delegate_administration": True}, by=users["manager"])
    ledger.refresh_from_db()
    lend("manager", "supervisor", rights=["view", "members"])


def test_no_chains(lend, in_days):
    lend("sales1", "sales2")
    for person, delegate in (("sales2", "viewer"), ("viewer", "sales1")):
        with pytest.raises(BusinessError) as caught:
            lend(person, delegate, rights=["view"])
        assert caught.value.code == "delegation.chain"
    lend("sales2", "viewer", rights=["view"], starts_on=in_days(8), ends_on=in_days(9))


def test_one_at_a_time(lend, in_days):
    lend("sales1", "sales2")
    with pytest.raises(BusinessError) as caught:
        lend("sales1", "viewer", rights=["view"], starts_on=in_days(7), ends_on=in_days(9))
    assert caught.value.code == "delegation.overlap"


def test_days_and_people(lend, in_days, users):
    bad = [{"starts_on": in_days(-1)}, {"ends_on": in_days(-1)}, {"ends_on": in_days(300)}]
    for wanted in bad:
        with pytest.raises(BusinessError):
            lend("sales1", "sales2", **wanted)
    User.objects.filter(username="sales2").update(is_active=False)
    users["sales2"].refresh_from_db()
    for delegate in ("sales2", "sales1"):
        with pytest.raises(BusinessError):
            lend("sales1", delegate)
    assert not Delegation.objects.exists()


def test_a_manager_arranges_it_for_who_is_ill_but_never_for_himself(lend, actor):
    lend("sales1", "sales2", by="manager")
    with pytest.raises(NotAllowed):
        lend("sales2", "manager", by="manager", rights=["view"])
    with pytest.raises(NotAllowed):
        lend("supervisor", "viewer", by="sales2", rights=["view"])
    assert RightChange.objects.filter(kind="delegation_added", user__username="sales2").count() == 1


def test_a_delegation_may_not_bring_duties_together(lend, ledger, users):
    duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=True, by=users["manager"])
    with pytest.raises(BusinessError) as caught:
        lend("finance", "sales1", rights=["view", "approve"])
    assert caught.value.code == "duties.conflict"


def test_ended_early_it_is_over_at_the_next_request(lend, actor, customer, in_days):
    row = lend("sales1", "sales2")
    Delegation.objects.filter(pk=row.pk).update(starts_on=in_days(-2))
    for who in ("viewer", "service"):
        with pytest.raises(NotAllowed):
            delegations.end(row, by=actor(who))
    delegations.end(row, by=actor("sales2"))
    delegations.end(row, by=actor("sales1"))
    row.refresh_from_db()
    assert row.ends_on == in_days(-1)
    assert not Customer.objects.visible_to(actor("sales2")).exists()
    assert RightChange.objects.filter(kind="delegation_removed").count() == 1


def test_pages(client_of, ledger, users, in_days):
    seller = client_of("sales1")
    url = reverse("delegation_list", args=[ledger.code])
    data = {
        "delegate": "小林（sales2）",
        "starts_on": in_days(0),
        "ends_on": in_days(3),
        "rights": ["view", "edit"],
        "reason": "年假",
    }
    assert seller.post(url, {**data, "delegate": "没有的人"}).status_code == 422
    assert seller.post(url, data).status_code == 302
    dashboard = reverse("dashboard", args=[ledger.code])
    assert "您已请「小林」代理" in seller.get(dashboard).content.decode()
    assert "您代理「小陈」" in client_of("sales2").get(dashboard).content.decode()
    assert "年假" not in client_of("viewer").get(url).content.decode()
    row = Delegation.objects.get()
    end = reverse("delegation_end", args=[ledger.code, row.pk])
    assert client_of("viewer").post(end).status_code == 404
    assert seller.post(end).status_code == 302
    assert not delegations.present(ledger, users["sales1"]).exists()


def test_nobody_speaks_for_another(client_of, ledger, in_days, users):
    data = {
        "person": "supervisor",
        "delegate": "sales2",
        "starts_on": in_days(0),
        "ends_on": in_days(3),
        "rights": ["view"],
    }
    assert client_of("sales1").post(reverse("delegation_list", args=[ledger.code]), data).status_code == 302
    assert Delegation.objects.get().delegator == users["sales1"]


def test_the_policy_is_set_by_who_configures(client_of, ledger):
    url = reverse("delegation_policy", args=[ledger.code])
    assert client_of("sales1").post(url, {"allowed": "1"}).status_code == 403
    assert client_of("manager").post(url, {"allowed": "1"}).status_code == 302
    ledger.refresh_from_db()
    assert ledger.parameter("delegate_administration") is True
