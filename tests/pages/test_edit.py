"""Editing a customer on the page: only what was changed is saved, parts come and go, two people at once."""

import pytest

from customers.models import Contact, Customer, Event, Tag
from customers.services import pipeline
from customers.services.edits import Edit, PartEdit
from permissions.models import FieldRule

from .forms import filled, sent


@pytest.fixture
def customer(add_customer, ledger) -> Customer:
    Tag.objects.create(ledger=ledger, name="重点")
    return add_customer(
        name="杭州恒源机械有限公司", owner="sales1", department="D11", grade="A", phone="0571-88880001", contact="赵敏",
        mobile="13800138000", registered_capital="100万美元", tags="重点", remark="第一行\n第二行", address="浙江省杭州市文三路1号",
        bank_name="工商银行", bank_account="6222021202014567896",
    )  # fmt: skip


@pytest.fixture
def url(customer) -> str:
    return f"{customer.get_absolute_url()}edit/"


def change(ledger, system, customer, parts=None, **values) -> None:
    """Somebody else saves."""
    edit = Edit(values=values, parts=parts or {}, customer_id=customer.pk)
    assert not pipeline.submit([edit], ledger=ledger, by=system, kind="edit").refused


def fields_of_last_change(customer) -> list[str]:
    return Event.objects.filter(customer_id=customer.pk).latest("pk").fields


# --- saving ----------------------------------------------------------------------------------------------------------------


def test_only_what_was_changed_is_saved(client_of, customer, url):
    browser = client_of("sales1")
    response = browser.post(url, sent(browser.get(url), grade="B", reason="年度评级"))
    assert response.url == customer.get_absolute_url()
    assert fields_of_last_change(customer) == ["grade"]
    customer.refresh_from_db()
    assert (customer.grade, customer.version, customer.capital_currency) == ("B", 2, "USD")
    assert customer.remark == "第一行\n第二行"
    assert customer.last_batch.reason == "年度评级"


def test_an_untouched_form_changes_nothing(client_of, customer, url):
    browser = client_of("sales1")
    response = browser.post(url, sent(browser.get(url)), follow=True)
    assert "没有任何改动" in response.content.decode()
    customer.refresh_from_db()
    assert customer.version == 1


def test_an_amount_in_dollars_keeps_its_currency(client_of, customer, url):
    browser = client_of("sales1")
    page = browser.get(url)
    assert filled(page)["registered_capital"] == ["1000000 USD"]
    browser.post(url, sent(page, registered_capital="2000000 USD"))
    customer.refresh_from_db()
    assert (customer.registered_capital, customer.capital_currency) == (2_000_000, "USD")


def test_emptying_a_field_and_tags(client_of, customer, url):
    browser = client_of("sales1")
    browser.post(url, sent(browser.get(url), phone="", tags=None))
    customer.refresh_from_db()
    assert customer.phone == ""
    assert not customer.customer_tags.exists()


def test_the_number_is_not_on_the_form(client_of, customer, url):
    browser = client_of("manager")
    browser.post(url, sent(browser.get(url), number="X-1"))
    customer.refresh_from_db()
    assert customer.number == "KH000001"


def test_rows_of_parts_come_change_and_go(client_of, customer, url):
    browser = client_of("sales1")
    page = browser.get(url)
    browser.post(
        url,
        sent(page, **{"contacts-TOTAL_FORMS": "2", "contacts-0-title": "采购经理", "contacts-1-name": "钱伟",
                      "bank_accounts-0-DELETE": "on"}),
    )  # fmt: skip
    assert [(row.name, row.title, row.mobile, row.is_primary) for row in customer.contacts.all()] == [
        ("赵敏", "采购经理", "13800138000", True),
        ("钱伟", "", "", False),
    ]
    assert not customer.bank_accounts.exists()
    assert fields_of_last_change(customer) == ["bank_accounts", "contacts.name", "contacts.title"]


def test_a_new_primary_contact(client_of, customer, url):
    browser = client_of("sales1")
    added = {"contacts-TOTAL_FORMS": "2", "contacts-1-name": "钱伟", "contacts-1-is_primary": "on"}
    browser.post(url, sent(browser.get(url), **added))
    assert [(row.name, row.is_primary) for row in customer.contacts.all()] == [("钱伟", True), ("赵敏", False)]


def test_an_error_in_a_row_stands_on_that_row(client_of, customer, url):
    browser = client_of("sales1")
    rows = {"contacts-TOTAL_FORMS": "3", "contacts-1-name": "", "contacts-2-name": "钱伟", "contacts-2-mobile": "12"}
    response = browser.post(url, sent(browser.get(url), **rows))
    assert response.status_code == 422
    forms = response.context["sheet"].parts["contacts"].forms
    assert [bool(form.errors) for form in forms] == [False, False, True]


def test_sending_twice_adds_one_contact(client_of, customer, url):
    browser = client_of("sales1")
    form = sent(browser.get(url), **{"contacts-TOTAL_FORMS": "2", "contacts-1-name": "钱伟"})
    assert browser.post(url, form).url == browser.post(url, form).url
    assert customer.contacts.count() == 2


# --- rights ------------------------------------------------------------------------------------------------------------------


def test_who_may(client_of, customer, url):
    assert client_of("viewer").get(url).status_code == 403
    assert client_of("sales2").get(url).status_code == 404
    assert client_of("outsider").get(url).status_code == 404
    assert client_of("sales2").post(url, {"name": "x"}).status_code == 404
    assert client_of("viewer").post(url, {"name": "x"}).status_code == 403


def test_masked_fields_are_text_and_stay(client_of, customer, url):
    browser = client_of("service")
    page = browser.get(url)
    text = page.content.decode()
    assert "13800138000" not in text
    assert "138****8000" in text
    assert "0571-****01" in text
    assert not {"phone", "contacts-0-mobile", "contacts-0-DELETE"} & set(filled(page))
    browser.post(url, sent(page, remark="客服备注", **{"contacts-0-title": "经理", "phone": "010-12345678"}))
    customer.refresh_from_db()
    assert (customer.remark, customer.phone) == ("客服备注", "0571-88880001")
    assert [(row.title, row.mobile) for row in customer.contacts.all()] == [("经理", "13800138000")]


def test_hidden_fields_are_absent(client_of, customer, url, ledger):
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="grade", level=0)
    assert "客户等级" not in client_of("sales1").get(url).content.decode()


def test_a_form_of_another_customer_is_refused(client_of, customer, url, add_customer):
    other = add_customer(name="宁波蓝盛贸易有限公司", owner="sales1")
    browser = client_of("sales1")
    stolen = filled(browser.get(f"{other.get_absolute_url()}edit/"))["base"]
    assert browser.post(url, sent(browser.get(url), base=stolen, grade="B")).status_code == 409
    assert browser.post(url, sent(browser.get(url), base="x")).status_code == 409


# --- two people --------------------------------------------------------------------------------------------------------------------


def test_different_fields_merge(client_of, customer, url, ledger, system):
    browser = client_of("sales1")
    page = browser.get(url)
    change(ledger, system, customer, phone="0571-99990000")
    assert browser.post(url, sent(page, grade="B")).status_code == 302
    customer.refresh_from_db()
    assert (customer.grade, customer.phone) == ("B", "0571-99990000")


def test_the_same_field_must_be_chosen(client_of, customer, url, ledger, system):
    browser = client_of("sales1")
    page = browser.get(url)
    change(ledger, system, customer, grade="C", industry="")
    response = browser.post(url, sent(page, grade="B", legal_person="王强"))
    assert response.status_code == 409
    conflict = response.context["attempt"].conflicts[0]
    assert (conflict.label, conflict.before, conflict.mine, conflict.theirs) == ("客户等级", "A 级", "B 级", "C 级")
    again = filled(response)
    assert (again["grade"], again["legal_person"]) == (["B"], ["王强"])
    customer.refresh_from_db()
    assert customer.grade == "C"


@pytest.mark.parametrize(("choice", "grade"), [("mine", "B"), ("theirs", "C")])
def test_the_choice_holds(client_of, customer, url, ledger, system, choice, grade):
    browser = client_of("sales1")
    page = browser.get(url)
    change(ledger, system, customer, grade="C")
    response = browser.post(url, sent(page, grade="B", legal_person="王强"))
    saved = browser.post(url, sent(response, **{"choice-grade": choice}))
    assert saved.status_code == 302
    customer.refresh_from_db()
    assert (customer.grade, customer.legal_person) == (grade, "王强")


@pytest.mark.parametrize(("choice", "mobile"), [("mine", "13900139000"), ("theirs", "13700137000")])
def test_the_same_field_of_a_contact(client_of, customer, url, ledger, system, choice, mobile):
    browser = client_of("sales1")
    page = browser.get(url)
    contact = customer.contacts.get()
    change(ledger, system, customer, {"contacts": [PartEdit({"mobile": "13700137000"}, pk=contact.pk)]})
    response = browser.post(url, sent(page, **{"contacts-0-mobile": "13900139000", "contacts-0-title": "经理"}))
    assert response.status_code == 409
    name = f"choice-contacts.{contact.pk}.mobile"
    assert browser.post(url, sent(response, **{name: choice})).status_code == 302
    contact.refresh_from_db()
    assert (contact.mobile, contact.title) == (mobile, "经理")


def test_a_contact_that_somebody_removed_is_not_lost(client_of, customer, url, ledger, system):
    browser = client_of("sales1")
    page = browser.get(url)
    contact = customer.contacts.get()
    change(ledger, system, customer, {"contacts": [PartEdit({}, pk=contact.pk, remove=True)]})
    response = browser.post(url, sent(page, **{"contacts-0-title": "经理"}))
    assert response.status_code == 409
    assert "已被其他人删除" in response.content.decode()
    assert browser.post(url, sent(response)).status_code == 302
    assert [(row.name, row.title) for row in Contact.objects.filter(customer=customer)] == [("赵敏", "经理")]


def test_a_contact_that_somebody_added_appears(client_of, customer, url, ledger, system):
    browser = client_of("sales1")
    page = browser.get(url)
    change(ledger, system, customer, {"contacts": [PartEdit({"name": "孙丽"})]}, grade="C")
    response = browser.post(url, sent(page, grade="B"))
    assert filled(response)["contacts-1-name"] == ["孙丽"]
    assert browser.post(url, sent(response)).status_code == 302
    assert customer.contacts.count() == 2


def test_somebody_between_our_look_and_the_lock(client_of, customer, url, ledger, system, monkeypatch):
    """The writer refuses under its lock; the page then compares again."""
    from customers.forms import saving

    browser = client_of("sales1")
    page = browser.get(url)
    honest = saving.pipeline.submit

    def late(edits, **kwargs):
        monkeypatch.setattr(saving.pipeline, "submit", honest)
        change(ledger, system, customer, grade="C")
        return honest(edits, **kwargs)

    monkeypatch.setattr(saving.pipeline, "submit", late)
    response = browser.post(url, sent(page, grade="B"))
    assert response.status_code == 409
    assert [conflict.label for conflict in response.context["attempt"].conflicts] == ["客户等级"]


def test_queries_do_not_grow_with_the_parts(client_of, customer, url, ledger, system, django_assert_max_num_queries):
    browser = client_of("sales1")
    browser.get(url)
    with django_assert_max_num_queries(42) as few:
        browser.get(url)
    change(ledger, system, customer, {"contacts": [PartEdit({"name": f"联系人{index}"}) for index in range(30)]})
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get(url)
