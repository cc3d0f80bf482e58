"""Adding a customer on the page: the form by rights and parameters, errors on their fields, duplicates, double submits."""

import re

import pytest

from customers.models import ChangeBatch, Contact, Customer, Tag
from permissions.models import FieldRule

NEW = "/l/HZ01/customers/new/"
NAME = "杭州恒源机械有限公司"


def token_of(response) -> str:
    return re.search(r'name="token" value="([^"]+)"', response.content.decode())[1]


def sheet(**values) -> dict[str, str]:
    """What a browser sends for a form whose parts have no rows, with ``values`` on top."""
    empty = {}
    for part in ("contacts", "addresses", "bank_accounts", "invoice_profiles"):
        empty |= {f"{part}-TOTAL_FORMS": "0", f"{part}-INITIAL_FORMS": "0"}
    return empty | {"name": NAME, "kind": "company", "status": "prospect"} | values


def errors(response) -> str:
    return "".join(re.findall(r'<ul class="field-errors".*?</ul>', response.content.decode(), re.DOTALL))


# --- the form ------------------------------------------------------------------------------------------------------------


def test_a_seller_adds_a_customer_with_parts(client_of, users, ledger):
    tag = Tag.objects.create(ledger=ledger, name="重点")
    page = client_of("sales1").get(NEW)
    assert page.status_code == 200
    response = client_of("sales1").post(
        NEW,
        sheet(
            owner=str(users["sales1"].pk), phone="0571-88880001", grade="A", tags=[str(tag.pk)], address="浙江省杭州市西湖区文三路1号",
            **{"contacts-TOTAL_FORMS": "2", "contacts-0-name": "赵敏", "contacts-0-mobile": "138 0013 8000",
               "contacts-1-name": "", "addresses-TOTAL_FORMS": "1", "addresses-0-use": "shipping",
               "bank_accounts-TOTAL_FORMS": "1", "bank_accounts-0-bank_name": "工商银行杭州分行",
               "bank_accounts-0-account": "6222021202014567896", "bank_accounts-0-currency": "CNY"},
        ),
    )  # fmt: skip
    customer = Customer.objects.get()
    assert response.url == customer.get_absolute_url()
    assert (customer.number, customer.name, customer.owner, customer.grade) == ("KH000001", NAME, users["sales1"], "A")
    assert (customer.mnemonic_code, customer.province, customer.city) == ("HZHYJXYXGS", "浙江省", "杭州市")
    assert [contact.mobile for contact in customer.contacts.all()] == ["13800138000"]
    assert [row.account for row in customer.bank_accounts.all()] == ["6222021202014567896"]
    assert [row.tag for row in customer.customer_tags.all()] == [tag]
    assert not customer.addresses.exists()


def test_the_owner_is_proposed(client_of, users, ledger):
    page = client_of("sales1").get(NEW).content.decode()
    assert re.search(rf'<option value="{users["sales1"].pk}" selected>', page)


def test_rights(client_of, ledger):
    assert client_of("viewer").get(NEW).status_code == 403
    assert client_of("finance").post(NEW, sheet()).status_code == 403
    assert client_of("outsider").get(NEW).status_code == 404
    assert not Customer.objects.exists()


def test_a_set_that_takes_no_data_offers_no_form(client_of, ledger):
    ledger.state = "suspended"
    ledger.save()
    assert client_of("sales1").get(NEW).status_code == 409
    assert client_of("sales1").post(NEW, sheet()).status_code == 409


def test_a_field_without_the_right_is_absent_and_not_taken(client_of, ledger):
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="credit_limit", level=2)
    assert 'name="credit_limit"' not in client_of("sales1").get(NEW).content.decode()
    client_of("sales1").post(NEW, sheet(credit_limit="1000000"))
    assert Customer.objects.get().credit_limit is None


@pytest.mark.parametrize(
    ("mode", "has_field", "mark"), [("auto", False, False), ("manual", True, True), ("auto_editable", True, False)]
)
def test_the_number_field_follows_the_sets_mode(client_of, ledger, mode, has_field, mark):
    ledger.parameters = {"number_mode": mode}
    ledger.save()
    page = client_of("sales1").get(NEW).content.decode()
    assert ('name="number"' in page) == has_field
    assert bool(re.search(r'客户编号<span class="field-required"', page)) == mark


def test_a_number_may_be_typed_where_the_set_allows_it(client_of, ledger, system):
    client_of("sales1").post(NEW, sheet(number="VIP-001"))
    assert Customer.objects.get().number == "VIP-001"


# --- problems ------------------------------------------------------------------------------------------------------------------


def test_errors_stand_on_their_fields_and_nothing_is_lost(client_of, ledger):
    response = client_of("sales1").post(
        NEW,
        sheet(name="", phone="12", remark="请勿丢失",
              **{"contacts-TOTAL_FORMS": "2", "contacts-0-name": "", "contacts-1-name": "赵敏", "contacts-1-mobile": "1380"}),
    )  # fmt: skip
    assert response.status_code == 422
    shown = response.context["sheet"]
    assert "客户名称必须填写" in str(shown.main.errors["name"])
    assert shown.main.errors["phone"]
    assert not shown.parts["contacts"].forms[0].errors
    assert shown.parts["contacts"].forms[1].errors["mobile"]
    page = response.content.decode()
    assert "请勿丢失" in page
    assert "没有保存，请先改正下面的问题" in page
    assert not Customer.objects.exists()


def test_a_required_field_of_a_part_is_asked_for_on_its_row(client_of, ledger):
    ledger.parameters = {"required_fields": ["name", "contact"]}
    ledger.save()
    response = client_of("sales1").post(NEW, sheet(**{"contacts-TOTAL_FORMS": "1", "contacts-0-name": ""}))
    assert "必须填写" in str(response.context["sheet"].parts["contacts"].forms[0].errors["name"])


def test_a_number_taken_is_an_error_with_its_bearer(client_of, add_customer):
    other = add_customer(name="宁波蓝盛贸易有限公司", number="VIP-001")
    page = client_of("manager").post(NEW, sheet(number="vip-001"))
    assert page.status_code == 422
    assert "已被使用" in errors(page)
    assert other.get_absolute_url() in page.content.decode()


def test_a_customer_of_somebody_else_is_not_shown(client_of, add_customer):
    add_customer(name="宁波蓝盛贸易有限公司", number="VIP-001", owner="sales2")
    page = client_of("sales1").post(NEW, sheet(number="VIP-001")).content.decode()
    assert "另有 1 位客户（您无权查看）" in page
    assert "宁波蓝盛" not in page


# --- same name: why? ---------------------------------------------------------------------------------------------------------------


def asked(response) -> dict[str, list[str]]:
    """What the question for a reason sends back with the form."""
    return {"confirmed": re.findall(r'name="confirmed" value="([^"]+)"', response.content.decode())}


def test_the_same_name_asks_for_a_reason(client_of, add_customer):
    add_customer(name=NAME)
    browser = client_of("manager")
    first = browser.post(NEW, sheet())
    assert first.status_code == 422
    assert "已有相似客户" in first.content.decode()
    assert browser.post(NEW, sheet(**asked(first))).status_code == 422
    saved = browser.post(NEW, sheet(reason="同名不同公司，已电话核实", **asked(first)))
    assert saved.status_code == 302
    assert Customer.objects.filter(name=NAME).count() == 2
    assert ChangeBatch.objects.latest("pk").reason == "同名不同公司，已电话核实"


def test_a_reason_does_not_count_for_what_was_never_shown(client_of, add_customer):
    add_customer(name=NAME)
    first = client_of("manager").post(NEW, sheet(reason="客户来电"))
    assert first.status_code == 422
    other = "宁波蓝盛贸易有限公司"
    add_customer(name=other)
    assert client_of("manager").post(NEW, sheet(name=other, reason="客户来电", **asked(first))).status_code == 422
    assert Customer.objects.count() == 2


def test_a_name_that_is_blocked_stays_an_error(client_of, add_customer, ledger):
    ledger.parameters = {"name_policy": "block"}
    ledger.save()
    add_customer(name=NAME)
    response = client_of("manager").post(NEW, sheet(reason="同名", confirmed="x"))
    assert "已有同名客户" in errors(response)


# --- once --------------------------------------------------------------------------------------------------------------------------


def test_sending_twice_makes_one(client_of, ledger):
    browser = client_of("sales1")
    token = token_of(browser.get(NEW))
    first = browser.post(NEW, sheet(token=token))
    again = browser.post(NEW, sheet(token=token))
    assert first.url == again.url
    assert Customer.objects.count() == 1
    assert browser.post(NEW, sheet(token=token_of(browser.get(NEW)), name="另一位客户")).status_code == 302
    assert Customer.objects.count() == 2


def test_a_refused_form_may_be_sent_again(client_of, ledger):
    browser = client_of("sales1")
    token = token_of(browser.get(NEW))
    refused = browser.post(NEW, sheet(token=token, name=""))
    assert token_of(refused) == token
    assert browser.post(NEW, sheet(token=token)).status_code == 302
    assert Customer.objects.count() == 1


# --- small things --------------------------------------------------------------------------------------------------------------------


def test_save_and_add_another(client_of, ledger):
    assert client_of("sales1").post(NEW, sheet(again="1")).url == NEW


def test_a_row_can_be_added_without_scripts(client_of, ledger):
    page = client_of("sales1").post(NEW, sheet(add_row="addresses"))
    assert page.status_code == 200
    assert 'name="addresses-0-line"' in page.content.decode()
    assert not Customer.objects.exists()
    assert client_of("sales1").post(NEW, {"add_row": "contacts", "name": NAME}).status_code == 200


def test_a_customer_given_away_is_out_of_sight(client_of, users, ledger):
    response = client_of("sales1").post(NEW, sheet(owner=str(users["sales2"].pk)), follow=True)
    assert response.redirect_chain[-1][0] == "/l/HZ01/customers/"
    assert "不在您的数据范围内" in response.content.decode()


def test_the_page_survives_nonsense(client_of, ledger):
    for values in (
        {"category": "abc"}, {"owner": "99999999999999999999999"}, {"tags": ["x"]}, {"contacts-TOTAL_FORMS": "x"},
        {"grade": "Z"}, {"registered_on": "昨天"}, {"credit_limit": "很多"}, {"name": "\x00"}, {"reason": "x" * 500},
    ):  # fmt: skip
        assert client_of("sales1").post(NEW, sheet(**values)).status_code in (302, 422)
    assert not Contact.objects.exists()
