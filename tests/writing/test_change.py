"""Changing customers: only what changed, with base versions, flags of parts, and what stays findable."""

import pytest

from customers.models import Contact, Customer, Event
from customers.services import invariants, pipeline
from customers.services.edits import Edit, PartEdit
from erp_site.shared.errors import StaleVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(add_customer):
    return add_customer(name="绍兴越州印染有限公司", contact="陈立", mobile="13900001111", phone="0575-85551234")


@pytest.fixture
def change(ledger, system):
    def submit(customer, *, by=None, base_version=None, parts=None, **values):
        edit = Edit(values=values, parts=parts or {}, customer_id=customer.pk, base_version=base_version, reason="改")
        return pipeline.submit([edit], ledger=ledger, by=by or system, kind="edit", reason="改")

    return submit


def test_a_change_writes_the_changed_fields_and_nothing_else(firm, change):
    outcome = change(firm, short_name="越州印染", remark="老客户", name=firm.name)
    assert outcome.updated[0].changed == ["remark"]
    firm.refresh_from_db()
    assert (firm.remark, firm.version) == ("老客户", 2)
    newest = firm.history.first()
    assert (newest.history_type, newest.remark, newest.version) == ("~", "老客户", 2)
    assert Event.objects.last().fields == ["remark"]


def test_saving_without_a_change_writes_nothing(firm, change):
    outcome = change(firm, phone="0575 85551234", mobile="139-0000-1111")
    assert outcome.unchanged
    firm.refresh_from_db()
    assert firm.version == 1
    assert firm.history.count() == 1


def test_a_masked_value_that_comes_back_is_no_change(firm, change):
    assert change(firm, mobile="139****1111").unchanged
    assert firm.contacts.get().mobile == "13900001111"


def test_flat_keys_change_the_primary_row(firm, change):
    change(firm, mobile="13900002222")
    contact = firm.contacts.get()
    assert (contact.name, contact.mobile) == ("陈立", "13900002222")
    assert contact.history.count() == 2


def test_different_fields_changed_by_two_people_both_stand(firm, change):
    change(firm, base_version=1, remark="甲写的")
    change(firm, base_version=1, website="https://example.com")
    firm.refresh_from_db()
    assert (firm.remark, firm.website, firm.version) == ("甲写的", "https://example.com", 3)


def test_the_same_field_changed_by_two_people_is_told(firm, change):
    change(firm, base_version=1, remark="甲写的")
    with pytest.raises(StaleVersion) as stale:
        change(firm, base_version=1, remark="乙写的")
    assert stale.value.conflicts == ["remark"]
    firm.refresh_from_db()
    assert firm.remark == "甲写的"


def test_marking_another_contact_as_primary_unmarks_the_first(firm, change):
    change(firm, parts={"contacts": [PartEdit({"name": "周敏", "is_primary": True})]})
    assert dict(firm.contacts.values_list("name", "is_primary")) == {"陈立": False, "周敏": True}
    assert list(invariants.broken()) == []


def test_removing_the_primary_contact_promotes_the_next(firm, change):
    change(firm, parts={"contacts": [PartEdit({"name": "周敏"})]})
    first = firm.contacts.get(name="陈立")
    change(firm, parts={"contacts": [PartEdit({}, pk=first.pk, remove=True)]})
    assert list(firm.contacts.values_list("name", "is_primary")) == [("周敏", True)]
    assert Contact.history.filter(id=first.pk).first().history_type == "-"


def test_a_part_of_another_customer_cannot_be_reached(firm, change, add_customer):
    stranger = add_customer(name="湖州丝绸厂", contact="别人").contacts.get()
    with pytest.raises(StaleVersion):
        change(firm, parts={"contacts": [PartEdit({"name": "黑客"}, pk=stranger.pk)]})
    stranger.refresh_from_db()
    assert stranger.name == "别人"


def test_a_colleagues_customer_does_not_exist_for_me(firm, change, actor, users):
    change(firm, owner="sales2")
    outcome = change(firm, by=actor("sales1"), remark="偷看")
    assert outcome.refused[0].problems[0].code == "customer.not_found"


def test_a_field_that_is_not_mine_to_edit_is_refused(firm, change, actor):
    outcome = change(firm, by=actor("service"), phone="0575-11112222")
    assert outcome.refused[0].problems[0].code == "field.not_allowed"
    firm.refresh_from_db()
    assert firm.phone == "0575-85551234"


def test_system_columns_cannot_be_assigned(firm, change):
    change(firm, version=99, ledger_id=7, created_batch_id=1, state="archived", id=5, remark="x")
    again = Customer.objects.get(pk=firm.pk)
    assert (again.version, again.ledger_id, again.state) == (2, firm.ledger_id, "active")


def test_a_tax_number_that_is_the_credit_code_is_not_stored_twice(change, add_customer):
    firm = add_customer(name="丽水竹业有限公司", uscc="91330100799655058B")
    assert change(firm, tax_number="91330100799655058B").unchanged
    assert not firm.invoice_profiles.exists()


def test_an_address_without_a_line_and_an_account_without_a_number_are_refused(firm, change):
    outcome = change(firm, parts={"addresses": [PartEdit({"use": "收货", "receiver": "李"})]})
    assert [problem.field for problem in outcome.refused[0].problems] == ["addresses.0.line"]
    outcome = change(firm, parts={"bank_accounts": [PartEdit({"bank_name": "中国银行"})]})
    assert [problem.field for problem in outcome.refused[0].problems] == ["bank_accounts.0.account"]


def test_who_may_not_edit_a_field_may_not_remove_its_row(firm, change, actor):
    contact = firm.contacts.get()
    outcome = change(firm, by=actor("service"), parts={"contacts": [PartEdit({}, pk=contact.pk, remove=True)]})
    assert "field.not_allowed" in {problem.code for problem in outcome.refused[0].problems}
    assert firm.contacts.exists()
