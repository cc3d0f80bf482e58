"""Adding customers: what one act of writing leaves behind, row by row."""

import pytest
from django.db import connection

from customers.models import ChangeBatch, Contact, Customer, Event, ForeignNumber, IdentityClaim, MatchKey, MatchProfile
from customers.services import invariants, pipeline
from customers.services.edits import Edit, PartEdit

pytestmark = pytest.mark.django_db

FIRM = {
    "name": "杭州恒源机械有限公司",
    "uscc": "91330100799655058B",
    "contact": "王芳",
    "mobile": "138 0013 8000",
    "phone": "0571-88886666",
    "email": "Sales@Example.com",
    "bank_name": "中国银行杭州分行",
    "bank_account": "6217 8500 0000 0000 005",
    "address": "浙江省杭州市西湖区文三路100号",
    "registered_capital": "500万",
}


def add(ledger, by, *rows, **more):
    edits = [row if isinstance(row, Edit) else Edit(values=dict(row)) for row in rows]
    return pipeline.submit(edits, ledger=ledger, by=by, kind="edit", reason="测试", **more)


def test_everything_of_a_customer_is_saved_clean(ledger, system):
    outcome = add(ledger, system, FIRM)
    customer = Customer.objects.get(pk=outcome.added[0].customer_id)
    assert customer.number == "KH000001"
    assert (customer.phone, customer.email) == ("0571-88886666", "Sales@example.com")
    assert (customer.province, customer.city, customer.district) == ("浙江省", "杭州市", "西湖区")
    assert customer.registered_capital == 5_000_000
    assert customer.capital_currency == "CNY"
    assert customer.mnemonic_code.startswith("HZHYJX")
    assert customer.pinyin.startswith("hangzhouhengyuan")
    contact = customer.contacts.get()
    assert (contact.name, contact.mobile, contact.is_primary) == ("王芳", "13800138000", True)
    account = customer.bank_accounts.get()
    assert (account.account, account.is_default) == ("6217850000000000005", True)


def test_every_write_leaves_batch_history_event_keys_and_claim(ledger, system):
    outcome = add(ledger, system, FIRM)
    pk = outcome.added[0].customer_id
    batch = ChangeBatch.objects.get()
    assert (batch.customers_added, batch.reason, batch.by, batch.door) == (1, "测试", None, "command")
    for history in (Customer.history, Contact.history):
        row = history.get()
        assert (row.history_type, row.batch_id) == ("+", batch.pk)
    assert Event.objects.get().kind == "customer.added"
    edit = outcome.added[0]
    assert len(edit.keys) == 6  # name, code, phone, mobile, e-mail, bank account
    keys = set(MatchKey.objects.filter(customer_id=pk).values_list("key", flat=True))
    assert edit.keys.keys() < keys  # and those by which he is found though nothing is equal
    assert MatchProfile.objects.get().customer_id == pk
    assert IdentityClaim.objects.get().customer_id == pk
    assert list(invariants.broken()) == []


def test_sensitive_values_never_stand_readable_in_any_table(ledger, system):
    add(ledger, system, FIRM)
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            if not name.startswith("customers_") or (connection.vendor == "sqlite" and "search" in name):
                continue
            cursor.execute(f'SELECT * FROM "{name}"')
            text = str(cursor.fetchall())
            for secret in ("13800138000", "88886666", "6217850000000000005"):
                assert secret not in text, name


def test_thousands_take_as_many_queries_as_one(ledger, system, django_assert_max_num_queries):
    def firms(start, count):
        return [
            {**FIRM, "name": f"嘉兴第{n}纺织厂", "uscc": "", "mobile": f"139{n:08d}"}
            for n in range(start, start + count)
        ]

    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as small:
        add(ledger, system, *firms(0, 5))
    with CaptureQueriesContext(connection) as large:
        add(ledger, system, *firms(100, 300))
    assert len(large) <= len(small) + 2


def test_contacts_beyond_the_primary_one_and_foreign_numbers(ledger, system):
    edit = Edit(values={"name": "宁波甬江港务有限公司", "foreign:SAP": "0000100234"})
    edit.parts["contacts"] = [PartEdit({"name": "甲"}), PartEdit({"name": "乙", "is_primary": True})]
    add(ledger, system, edit)
    assert list(Contact.objects.values_list("name", "is_primary")) == [("乙", True), ("甲", False)]
    assert ForeignNumber.objects.get().number == "0000100234"


def test_a_refused_edit_leaves_nothing_and_burns_no_number(ledger, system):
    outcome = add(ledger, system, {"name": "", "phone": "12"})
    assert {problem.code for problem in outcome.refused[0].problems} >= {"field.required"}
    assert not Customer.objects.exists()
    assert not ChangeBatch.objects.exists()
    add(ledger, system, FIRM)
    assert Customer.objects.get().number == "KH000001"


def test_a_failure_in_the_middle_gives_the_number_back(ledger, system, monkeypatch):
    from customers.services import writing

    def fail(*args):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(writing.Writer, "tell", fail)
        add(ledger, system, FIRM)
    assert not Customer.objects.exists()
    add(ledger, system, FIRM)
    assert Customer.objects.get().number == "KH000001"


def test_an_archived_set_takes_nothing(ledger, system):
    from erp_site.shared.errors import BusinessError

    ledger.state = "archived"
    ledger.save()
    with pytest.raises(BusinessError, match="归档"):
        add(ledger, system, FIRM)


def test_a_rule_that_begins_among_old_numbers_skips_them(ledger, system):
    from customers.services import numbering

    add(ledger, system, *({"name": f"旧编号{n}号店", "number": f"XH{n:05d}"} for n in range(1, 1200)))
    parts = [{"type": "literal", "text": "XH"}, {"type": "serial", "width": 5, "start": 1, "step": 1}]
    numbering.create_rule(ledger, name="新规则", parts=parts, reset="never")
    add(ledger, system, {"name": "第一家新店"}, {"name": "第二家新店"})
    assert set(Customer.objects.filter(name__contains="新店").values_list("number", flat=True)) == {
        "XH01200",
        "XH01201",
    }
