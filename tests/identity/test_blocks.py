"""冻结: a process stopped with a customer, independent of his status, until a day or until somebody lifts it."""

from datetime import timedelta

import pytest

from customers.models import Block, Customer
from customers.services import blocks, invariants
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import FieldRule

pytestmark = pytest.mark.django_db


def again(customer) -> Customer:
    return Customer.objects.prefetch_related("blocks").get(pk=customer.pk)


@pytest.fixture
def frozen(firm, actor) -> Customer:
    blocks.block(firm, ["order"], reason="逾期未付款", by=actor("sales1"))
    return again(firm)


def test_a_block_stops_its_process_and_leaves_status_and_state(frozen):
    assert blocks.may_process(frozen, "order") == (False, "下单已冻结：逾期未付款")
    assert blocks.may_process(frozen, "delivery") == (True, "")
    assert not blocks.may_process(frozen, "all")[0]
    assert (frozen.status, frozen.state) == ("interested", "active")


def test_a_block_of_everything_stops_each_process(firm, actor):
    blocks.block(firm, ["all"], reason="诉讼", by=actor("sales1"))
    for process in ("order", "delivery", "invoice", "all"):
        assert blocks.may_process(again(firm), process)[0] is False


def test_a_block_ends_by_its_date_without_anybody_doing_anything(firm, actor, now):
    blocks.block(firm, ["invoice"], reason="资料待补", by=actor("sales1"), ends_on=now + timedelta(days=3))
    stopped = again(firm)
    assert not blocks.may_process(stopped, "invoice", now + timedelta(days=3))[0]
    assert blocks.may_process(stopped, "invoice", now + timedelta(days=4))[0]
    assert blocks.may_process(stopped, "invoice", now - timedelta(days=1))[0]
    assert blocks.of_customers([firm.pk], now + timedelta(days=4)) == {}


def test_a_deactivated_customer_takes_part_in_nothing(firm, submit):
    Customer.objects.filter(pk=firm.pk).update(state="inactive")
    assert blocks.may_process(again(firm), "order") == (False, "客户档案已停用。")


def test_unblocking_keeps_the_history(frozen, actor, now):
    blocks.unblock(frozen, "order", reason="已付清", by=actor("supervisor"))
    assert blocks.may_process(again(frozen), "order")[0]
    (spell,) = blocks.history(frozen)
    assert (spell.what, spell.reason, spell.by) == ("下单", "逾期未付款", "小陈")
    assert (spell.lifted_by, spell.lifted_why, spell.lifted_on) == ("老李", "已付清", now)
    assert list(invariants.broken()) == []


def test_blocking_again_changes_the_block_and_not_its_number(frozen, actor, now):
    blocks.block(frozen, ["order", "delivery"], reason="仍未付款", by=actor("sales1"), ends_on=now + timedelta(days=9))
    found = {row.process: (row.reason, row.ends_on) for row in Block.objects.all()}
    assert found == {process: ("仍未付款", now + timedelta(days=9)) for process in ("order", "delivery")}


def test_one_that_ran_out_is_history_and_may_be_set_again(frozen, actor, now):
    Block.objects.update(ends_on=now - timedelta(days=1), starts_on=now - timedelta(days=9))
    assert blocks.may_process(again(frozen), "order")[0]
    blocks.block(again(frozen), ["order"], reason="又逾期", by=actor("sales1"))
    assert blocks.may_process(again(frozen), "order")[1].endswith("又逾期")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"processes": []}, "block.process"),
        ({"processes": ["nothing"]}, "block.process"),
        ({"reason": " "}, "block.reason_missing"),
        ({"ends": -1}, "block.ends"),
        ({"starts": -9000}, "period.missing"),
    ],
)
def test_what_makes_no_sense_is_refused(firm, actor, now, change, code):
    with pytest.raises(BusinessError) as refused:
        blocks.block(
            firm,
            change.get("processes", ["order"]),
            reason=change.get("reason", "原因"),
            by=actor("sales1"),
            starts_on=now + timedelta(days=change["starts"]) if "starts" in change else None,
            ends_on=now + timedelta(days=change["ends"]) if "ends" in change else None,
        )
    assert refused.value.code == code
    assert not Block.objects.exists()


def test_lifting_what_is_not_there_is_refused(firm, actor):
    with pytest.raises(BusinessError) as refused:
        blocks.unblock(firm, "order", by=actor("sales1"))
    assert refused.value.code == "block.none"


def test_who_may(firm, frozen, actor, ledger, client_of):
    with pytest.raises(NotAllowed):
        blocks.block(firm, ["order"], reason="x", by=actor("viewer"))
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="blocks.process", level=2)
    assert not blocks.may_block(firm, actor("sales1"))
    with pytest.raises(NotAllowed):
        blocks.unblock(frozen, "order", by=actor("sales1"))
    assert client_of("sales1").get(f"{firm.get_absolute_url()}block/").status_code == 403
    assert client_of("sales2").get(f"{firm.get_absolute_url()}block/").status_code == 404


def test_the_pages(firm, client_of, now, page):
    browser = client_of("sales1")
    url = f"{firm.get_absolute_url()}block/"
    answer = browser.post(url, {"processes": ["order", "invoice"], "reason": "逾期", "starts_on": now, "ends_on": ""})
    assert answer.status_code == 302
    card = page("viewer", firm)
    assert (
        "已冻结：下单" in card.replace("</strong>", "").replace("<strong>", "")
        and "逾期" in card
        and "解冻" not in card
    )
    listed = browser.get(f"/l/{firm.ledger.code}/customers/").content.decode()
    assert 'title="开票、下单"' in listed or 'title="下单、开票"' in listed
    browser.post(f"{firm.get_absolute_url()}unblock/", {"process": "order", "reason": "付清"})
    assert [row.process for row in Block.objects.all()] == ["invoice"]
    assert browser.post(url, {"processes": ["order"], "reason": "", "starts_on": now}).status_code == 422


def test_the_filter_finds_blocked_customers(firm, frozen, add_customer, client_of, rule):
    other = add_customer(name="宁波海天塑机有限公司")
    address = f"/l/{firm.ledger.code}/customers/"

    def found(username="manager", **params):
        text = client_of(username).get(address, params).content.decode()
        return {each.name for each in (firm, other) if each.name in text}

    assert found(**{"f-blocked": "any"}) == {firm.name}
    assert found(**{"f-blocked": "order"}) == {firm.name}
    assert found(**{"f-blocked": "invoice"}) == set()
    assert found(**{"f-blocked": "nonsense"}) == set()
    rule("manager", "blocks.process", 0)
    assert found(**{"f-blocked": "any"}) == {firm.name, other.name}


def test_blocks_are_no_business_of_who_may_not_read_them(firm, frozen, rule, page, client_of):
    for column in ("process", "reason", "starts_on", "ends_on"):
        rule("viewer", f"blocks.{column}", 0)
    assert "逾期未付款" not in page("viewer", firm) + page("viewer", firm, "history")
    assert "冻结" not in client_of("viewer").get(f"/l/{firm.ledger.code}/customers/").content.decode()
    rule("finance", "blocks.reason", 0)
    card = page("finance", firm)
    assert "已冻结" in card and "逾期未付款" not in card
