"""合作状态: which steps there are, who takes them, from which day on; the same at every door."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from customers.services import status
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.services import periods
from ledgers.services.parameters import change_parameters
from permissions.actor import Door
from permissions.models import FieldRule

pytestmark = pytest.mark.django_db


def set_steps(ledger, **changes):
    steps = {origin: dict(targets) for origin, targets in ledger.parameter("status_steps").items()}
    steps.update(changes)
    change_parameters(ledger, {"status_steps": steps}, by=None)


def test_a_step_changes_status_and_its_first_day(firm, actor, now):
    status.change_status(firm, "cooperating", by=actor("sales1"), reason="签约")
    firm.refresh_from_db()
    assert (firm.status, firm.status_since) == ("cooperating", now)


def test_a_step_that_is_none_is_refused_and_says_what_is_possible(firm, actor):
    with pytest.raises(BusinessError) as refused:
        status.change_status(firm, "paused", by=actor("sales1"))
    assert refused.value.code == "status.step"
    assert "意向" in refused.value.message and "合作中" in refused.value.remedy


def test_a_step_may_belong_to_roles(firm, actor, ledger):
    set_steps(ledger, interested={"cooperating": ["supervisor", "manager"]})
    with pytest.raises(BusinessError) as refused:
        status.change_status(firm, "cooperating", by=actor("sales1"))
    assert "销售主管" in refused.value.message
    status.change_status(firm, "cooperating", by=actor("supervisor"))


def test_the_card_offers_what_may_be_done_and_says_why_the_rest_may_not(firm, actor, ledger):
    set_steps(ledger, interested={"prospect": [], "cooperating": ["manager"]})
    steps = {step.to: step for step in status.next_steps(firm, actor("sales1"))}
    assert steps["prospect"].allowed
    assert "账套主管" in steps["cooperating"].why and "不能从“意向”直接改为“暂停”" in steps["paused"].why
    assert len(steps) == 4


def test_the_same_rule_holds_for_a_form_and_an_import(firm, actor, submit, codes):
    for door in (Door.WEB, Door.IMPORT, Door.API):
        edit = submit(firm, by=actor("manager", door), status="暂停")
        assert codes(edit) == {"status.step"}, door
    firm.refresh_from_db()
    assert firm.status == "interested"


def test_new_customers_of_an_import_begin_anywhere_those_of_a_form_where_the_set_says(submit, actor, ledger, codes):
    set_steps(ledger, **{"": {"prospect": []}})
    assert codes(submit(by=actor("manager"), name="新客户甲", status="合作中")) == {"status.step"}
    assert not submit(by=actor("manager", Door.IMPORT), name="老客户乙", status="合作中").refused
    assert not submit(by=actor("manager"), name="新客户丙").refused


def test_the_system_takes_any_step(firm, submit):
    assert not submit(firm, status="终止").refused
    assert not submit(firm, status="暂停").refused


def test_the_day_lies_in_an_open_period(firm, actor, ledger, now):
    current = periods.require_open(ledger, now)
    for period in ledger.periods.order_by("starts_on"):
        if period.starts_on < current.starts_on:
            periods.close(period)
    with pytest.raises(BusinessError) as refused:
        status.change_status(firm, "cooperating", by=actor("sales1"), on=current.starts_on - timedelta(days=1))
    assert refused.value.code in ("period.closed", "period.missing")
    status.change_status(firm, "cooperating", by=actor("sales1"), on=current.starts_on)
    firm.refresh_from_db()
    assert firm.status_since == current.starts_on


def test_the_day_is_not_to_come_and_not_before_the_last_one(firm, actor, now):
    with pytest.raises(BusinessError) as refused:
        status.change_status(firm, "cooperating", by=actor("sales1"), on=now + timedelta(days=1))
    assert refused.value.code == "status.future"
    status.change_status(firm, "cooperating", by=actor("sales1"), on=now)
    firm.refresh_from_db()
    with pytest.raises(BusinessError) as refused:
        status.change_status(firm, "paused", by=actor("sales1"), on=now - timedelta(days=1))
    assert refused.value.code == "status.before_last"


def test_who_may_not_edit_the_field_may_not_take_the_step(firm, actor, ledger):
    with pytest.raises(NotAllowed):
        status.change_status(firm, "cooperating", by=actor("viewer"))
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="status", level=2)
    with pytest.raises(NotAllowed):
        status.change_status(firm, "cooperating", by=actor("sales1"))
    assert not status.may_change(firm, actor("sales1"))


def test_an_archived_set_takes_no_step(firm, actor, ledger):
    ledger.state = ledger.State.SUSPENDED
    ledger.save()
    firm.ledger.refresh_from_db()
    with pytest.raises(BusinessError):
        status.change_status(firm, "cooperating", by=actor("sales1"))


def test_the_history_of_statuses_is_dated(firm, actor, now, submit):
    submit(firm, remark="不是状态变更")
    status.change_status(Customer.objects.get(pk=firm.pk), "cooperating", by=actor("sales1"), reason="签约")
    stays = status.history(Customer.objects.get(pk=firm.pk))
    assert [(stay.label, stay.until) for stay in stays] == [("合作中", None), ("意向", now)]
    assert (stays[0].who, stays[0].reason) == ("小陈", "签约")


def test_many_edits_cost_the_same_queries(add_customer, actor, ledger, django_assert_max_num_queries):
    from customers.services.edits import Edit
    from customers.services.pipeline import Pipeline

    firms = [add_customer(owner="sales1", department="D11") for _ in range(6)]
    by = actor("manager")

    def prepare(some):
        edits = [
            Edit({"status": "意向", "status_since": str(timezone.localdate())}, customer_id=each.pk) for each in some
        ]
        Pipeline(ledger, by).prepare(edits)
        assert not any(edit.refused for edit in edits)

    with django_assert_max_num_queries(60) as few:
        prepare(firms[:1])
    with django_assert_max_num_queries(len(few.captured_queries)):
        prepare(firms)


def test_the_settings_page_changes_the_steps(client_of, ledger, firm, actor):
    browser = client_of("manager")
    url = f"/l/{ledger.code}/settings/status/"
    assert "限定由哪些角色" in browser.get(url).content.decode()
    said = {"new-prospect": "on", "interested-ended": "on", "interested-ended-roles": ["manager"]}
    assert browser.post(url, said).status_code == 302
    ledger.refresh_from_db()
    steps = ledger.parameter("status_steps")
    assert steps["interested"] == {"ended": ["manager"]} and steps["paused"] == {}
    assert [step.to for step in status.next_steps(firm, actor("sales1")) if step.allowed] == []
    assert ledger.events.first().detail == "合作状态的变更规则"
    browser.post(url, {"default": "1"})
    ledger.refresh_from_db()
    assert "status_steps" not in ledger.parameters
    assert "至少要有一个可选状态" in browser.post(url, {}, follow=True).content.decode()
    assert client_of("sales1").post(url, {"default": "1"}).status_code == 403


@pytest.mark.parametrize(
    "steps",
    [
        [], {"x": {}}, {"": {}}, {"": {"prospect": []}, "prospect": {"prospect": []}}, {"": {"prospect": "manager"}},
        {"": {"prospect": [1]}}, {"": {"lost": []}},
    ],
)  # fmt: skip
def test_steps_that_make_no_sense_are_not_stored(ledger, steps):
    with pytest.raises(BusinessError):
        change_parameters(ledger, {"status_steps": steps}, by=None)
