"""Numbers in addresses, suggestions while typing, what follows from a name."""

import pytest

from customers.models import NumberAlias
from customers.services import pipeline
from customers.services.edits import Edit
from permissions.models import FieldRule, Role

DERIVE, SUGGEST = "/l/HZ01/customers/derive/", "/l/HZ01/customers/suggest/"


@pytest.fixture
def customer(add_customer, ledger):
    return add_customer(
        name="杭州恒源机械有限公司", owner="sales1", phone="0571-88880001", mobile="13800138000", uscc="91330100MA27XW5T0P",
    )  # fmt: skip


def foreign(ledger, system, customer, **numbers):
    edit = Edit(values={f"foreign:{key}": value for key, value in numbers.items()}, customer_id=customer.pk)
    assert not pipeline.submit([edit], ledger=ledger, by=system, kind="edit").refused


# --- /n/<number>/ --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["KH000001", "kh000001", "ＫＨ000001"])
def test_a_live_number(client_of, customer, number):
    assert client_of("sales1").get(f"/l/HZ01/n/{number}/").url == customer.get_absolute_url()


def test_a_former_and_a_foreign_number(client_of, customer, ledger, system):
    NumberAlias.objects.create(ledger=ledger, customer=customer, number="OLD-7", number_key="OLD-7", kind="former")
    foreign(ledger, system, customer, SAP="100234")
    assert client_of("sales1").get("/l/HZ01/n/old-7/").url == customer.get_absolute_url()
    assert client_of("sales1").get("/l/HZ01/n/100234/").url == customer.get_absolute_url()


def test_live_goes_before_former_before_foreign(client_of, customer, add_customer, ledger, system):
    other = add_customer(name="宁波蓝盛贸易有限公司", number="X-001", owner="sales1")
    foreign(ledger, system, customer, SAP="X-001", U8="X-002")
    NumberAlias.objects.create(ledger=ledger, customer=other, number="X-002", number_key="X-002", kind="former")
    assert client_of("sales1").get("/l/HZ01/n/X-001/").url == other.get_absolute_url()
    assert client_of("sales1").get("/l/HZ01/n/X-002/").url == other.get_absolute_url()


def test_several_are_offered(client_of, customer, add_customer, ledger, system):
    other = add_customer(name="宁波蓝盛贸易有限公司", owner="sales1")
    foreign(ledger, system, customer, SAP="7001")
    foreign(ledger, system, other, U8="7001")
    page = client_of("sales1").get("/l/HZ01/n/7001/")
    assert page.status_code == 200
    text = page.content.decode()
    for each in (customer.get_absolute_url(), other.get_absolute_url(), "SAP 编号", "U8 编号"):
        assert each in text


def test_nobody_and_nobody_visible_look_the_same(client_of, customer):
    for number in ("KH000001", "KH999999"):
        page = client_of("sales2").get(f"/l/HZ01/n/{number}/")
        assert page.status_code == 404
        assert "没有找到这个编号的客户" in page.content.decode()
    assert "恒源" not in client_of("sales2").get("/l/HZ01/n/KH000001/").content.decode()


def test_numbers_lead_nowhere_for_who_may_not_read_them(client_of, customer, ledger):
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="number", level=0)
    assert client_of("sales1").get("/l/HZ01/n/KH000001/").status_code == 404
    page = client_of("sales1").post(DERIVE, {"name": customer.name}).content.decode()
    assert customer.get_absolute_url() in page
    assert "KH000001" not in page


# --- suggestions -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["恒源", "hzhy", "KH000001", "13800138000"])
def test_suggestions(client_of, customer, text):
    page = client_of("sales1").post(SUGGEST, {"q": text}).content.decode()
    assert customer.get_absolute_url() in page
    assert "<html" not in page
    assert customer.get_absolute_url() not in client_of("sales2").post(SUGGEST, {"q": text}).content.decode()


def test_a_suggestion_says_by_which_former_name_or_number_it_was_found(client_of, add_customer, system, ledger):
    firm = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    for values in ({"name": "杭州新源机械有限公司"}, {"number": "VIP-00001"}):
        edit = Edit(values=values, customer_id=firm.pk, reason="更名")
        pipeline.submit([edit], ledger=ledger, by=system, kind="edit", reason="更名")
    sales = client_of("sales1")
    assert "曾用名 杭州恒源机械有限公司" in sales.post(SUGGEST, {"q": "恒源"}).content.decode()
    assert "曾用名" not in sales.post(SUGGEST, {"q": "新源"}).content.decode()
    assert "原编号 KH000001" in sales.post(SUGGEST, {"q": "KH000001"}).content.decode()
    FieldRule.objects.create(role=Role.objects.get(ledger=ledger, code="sales"), field="number", level=0)
    assert "KH000001" not in sales.post(SUGGEST, {"q": "恒源"}).content.decode()


def test_at_most_eight_and_the_number_first(client_of, add_customer, users, ledger):
    for index in range(12):
        add_customer(name=f"第{index:02}号客户有限公司", owner="sales1")
    assert client_of("sales1").post(SUGGEST, {"q": "客户"}).content.decode().count("<li") == 8
    page = client_of("sales1").post(SUGGEST, {"q": "KH000003"}).content.decode()
    assert page.index("KH000003") < page.find("KH00001", page.index("KH000003")) or page.count("<li") == 1
    assert client_of("sales1").post(SUGGEST, {"q": " "}).content.decode().strip() == ""
    assert client_of("sales1").get(SUGGEST).status_code == 405


# --- what follows from a name ---------------------------------------------------------------------------------------------------------


def test_a_name_gives_its_helpers(client_of, ledger):
    page = client_of("sales1").post(DERIVE, {"name": "重庆恒源机械有限公司"}).content.decode()
    assert 'data-mnemonic-code="CQHYJXYXGS"' in page
    assert 'data-short-name="恒源机械"' in page
    assert "chongqinghengyuan" in page
    assert client_of("sales1").post(DERIVE).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"name": "杭州恒源机械有限公司"},
        {"name": "杭州恒源机械　有限公司 "},
        {"uscc": "91330100MA27XW5T0P"},
        {"phone": "138-0013-8000"},
        {"phone": "0571-88880001"},
    ],
)
def test_the_same_value_is_shown_at_once(client_of, customer, values):
    page = client_of("sales1").post(DERIVE, values).content.decode()
    assert customer.get_absolute_url() in page
    hidden = client_of("sales2").post(DERIVE, values).content.decode()
    assert "另有 1 位客户（您无权查看）" in hidden
    assert "杭州恒源机械有限公司" not in hidden
    assert "KH000001" not in hidden


def test_derive_is_for_those_who_add(client_of, customer):
    assert client_of("viewer").post(DERIVE, {"name": "杭州恒源机械有限公司"}).status_code == 403
