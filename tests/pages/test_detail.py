"""One customer: header and tabs by rights, masked values, shared telephones, history, 停用 and 恢复."""

import re

import pytest

from customers.models import ChangeBatch, Customer, ForeignNumber, Tag
from customers.services import pipeline
from customers.services.edits import Edit, PartEdit
from permissions.models import FieldRule


@pytest.fixture
def customer(add_customer, ledger) -> Customer:
    Tag.objects.create(ledger=ledger, name="重点")
    return add_customer(
        name="杭州恒源机械有限公司", owner="sales1", department="D11", grade="A", phone="0571-88880001", contact="赵敏",
        mobile="13800138000", tags="重点", credit_limit="500000", bank_name="工商银行", bank_account="6222021202014567896",
    )  # fmt: skip


def change(ledger, by, customer, parts=None, reason="", **values) -> None:
    edit = Edit(values=values, parts=parts or {}, customer_id=customer.pk)
    assert not pipeline.submit([edit], ledger=ledger, by=by, kind="edit", reason=reason).refused


def page_of(browser, customer, tab="") -> str:
    return browser.get(customer.get_absolute_url() + (f"?tab={tab}" if tab else "")).content.decode()


def lines(text: str) -> list[str]:
    """The visible text of each list item of changes: "客户等级 A 级 → B 级"."""
    found = re.findall(r"<li>\s*<span class=\"change-label\">.*?</li>", text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in found]


# --- who sees what ------------------------------------------------------------------------------------------------------------


def test_not_visible_is_not_found(client_of, customer, other_ledger, add_customer):
    assert client_of("sales1").get(customer.get_absolute_url()).status_code == 200
    assert client_of("sales2").get(customer.get_absolute_url()).status_code == 404
    assert client_of("outsider").get(customer.get_absolute_url()).status_code == 404
    assert client_of("manager").get("/l/HZ01/customers/999999999999999999999/").status_code == 404
    other = add_customer(ledger=other_ledger, name="别家客户")
    assert client_of("manager").get(f"/l/HZ01/customers/{other.pk}/").status_code == 404


def test_the_header_says_who_it_is(client_of, customer):
    page = page_of(client_of("sales1"), customer)
    assert 'data-copy="KH000001"' in page
    for text in ("杭州恒源机械有限公司", "A 级", "小陈", "销售一部", "重点", "潜在"):
        assert text in page


def test_sensitive_values_are_masked_everywhere(client_of, customer):
    browser = client_of("viewer")
    everything = "".join(page_of(browser, customer, tab) for tab in ("", "contacts", "addresses", "invoice", "history"))
    for secret in ("0571-88880001", "13800138000", "6222021202014567896", "500,000"):
        assert secret not in everything
    assert "138****8000" in everything
    assert "****7896" in everything
    assert "tel:" not in everything


def test_hidden_fields_are_absent(client_of, customer, ledger):
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="grade", level=0)
    page = page_of(client_of("sales1"), customer) + page_of(client_of("sales1"), customer, "history")
    assert "客户等级" not in page
    assert "A 级" not in page


def test_a_tab_whose_fields_are_all_hidden_is_not_there(client_of, customer, ledger):
    role = ledger.roles.get(code="sales")
    for column in ("use", "province", "city", "district", "line", "postal_code", "receiver", "phone", "is_default"):
        FieldRule.objects.create(role=role, field=f"addresses.{column}", level=0)
    response = client_of("sales1").get(customer.get_absolute_url() + "?tab=addresses")
    assert "addresses" not in [tab["url"].rpartition("=")[2] for tab in response.context["tabs"]]
    assert response.context["tab"] == "basic"


def test_actions_follow_rights(client_of, customer):
    assert "/edit/" in page_of(client_of("sales1"), customer)
    assert "/deactivate/" not in page_of(client_of("sales1"), customer)
    assert "/deactivate/" in page_of(client_of("manager"), customer)
    assert "/edit/" not in page_of(client_of("viewer"), customer)


def test_the_same_telephone_elsewhere(client_of, customer, add_customer):
    mine = add_customer(name="宁波蓝盛贸易有限公司", owner="sales1", mobile="13800138000")
    add_customer(name="上海鑫达电子科技有限公司", owner="sales2", phone="13800138000")
    page = page_of(client_of("sales1"), customer, "contacts")
    assert "同一电话还出现在" in page
    assert mine.get_absolute_url() in page
    assert "上海鑫达" not in page
    assert "同一电话还出现在" not in page_of(client_of("viewer"), customer, "contacts")


def test_numbers_in_other_systems(client_of, customer, ledger, system):
    edit = Edit(foreign={}, values={"foreign:SAP": "100234"}, customer_id=customer.pk)
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    assert ForeignNumber.objects.get().number == "100234"
    assert "100234" in page_of(client_of("sales1"), customer)


# --- history ----------------------------------------------------------------------------------------------------------------------


def test_history_says_old_and_new_in_words(client_of, customer, ledger, actor, users):
    change(ledger, actor("manager"), customer, grade="B", owner="sales2", reason="年度评级")
    page = page_of(client_of("manager"), customer, "history")
    assert {"客户等级 A 级 → B 级", "负责人 小陈 → 小林"} <= set(lines(page))
    for text in ("张主管", "网页", "年度评级", "新增客户", "系统"):
        assert text in page


def test_history_of_parts_and_tags(client_of, customer, ledger, actor):
    contact = customer.contacts.get()
    manager = actor("manager")
    change(ledger, manager, customer, {"contacts": [PartEdit({"title": "经理"}, pk=contact.pk)]}, tags="")
    change(ledger, manager, customer, {"contacts": [PartEdit({}, pk=contact.pk, remove=True)]})
    first, second, added = (
        client_of("manager").get(customer.get_absolute_url() + "?tab=history").context["timeline"].entries
    )
    assert [(part.verb, part.label, part.name) for part in first.parts] == [("-", "联系人", "赵敏")]
    assert {(change.label, change.old, change.new) for change in first.parts[0].changes} >= {("职务", "经理", "")}
    assert {(part.verb, part.label, part.name) for part in second.parts} == {
        ("~", "联系人", "赵敏"),
        ("-", "标签", "重点"),
    }
    assert [(change.label, change.old, change.new) for change in second.parts[0].changes] == [("职务", "", "经理")]
    assert {(part.verb, part.label) for part in added.parts} == {("+", "联系人"), ("+", "银行账户"), ("+", "标签")}


def test_history_is_masked_for_its_reader(client_of, customer, ledger, actor):
    contact = customer.contacts.get()
    change(
        ledger, actor("manager"), customer, {"contacts": [PartEdit({"mobile": "13900139111"}, pk=contact.pk)]},
        phone="010-12345678", credit_limit="600000",
    )  # fmt: skip
    page = page_of(client_of("viewer"), customer, "history")
    assert {"手机 138****8000 → 139****9111", "电话 0571-****01 → 010-****78"} <= set(lines(page))
    for secret in ("13900139111", "13800138000", "12345678", "600,000", "信用额度"):
        assert secret not in page


def test_history_comes_in_pages(client_of, customer, ledger, actor, monkeypatch):
    manager = actor("manager")
    for index in range(5):
        change(ledger, manager, customer, {"contacts": [PartEdit({"name": f"联系人{index}"})]}, remark=f"第 {index} 次")
    monkeypatch.setattr("customers.services.timeline.page.__kwdefaults__", {"before": "", "size": 2})
    seen, before = [], ""
    while True:
        url = f"{customer.get_absolute_url()}?tab=history&before={before}"
        timeline = client_of("manager").get(url).context["timeline"]
        seen += timeline.entries
        before = timeline.next_key
        if not before:
            break
    assert [entry.title for entry in seen] == ["修改资料"] * 5 + ["新增客户"]
    assert [entry.changes[0].new for entry in seen[:5]] == [f"第 {index} 次" for index in (4, 3, 2, 1, 0)]
    assert [entry.changes[0].old for entry in seen[:4]] == [f"第 {index} 次" for index in (3, 2, 1, 0)]
    assert all(len(entry.parts) == 1 for entry in seen[:5])


def test_history_pages_take_any_key(client_of, customer):
    for key in ("x", "-1", "99999999999999999999999", "0"):
        assert client_of("manager").get(f"{customer.get_absolute_url()}?tab=history&before={key}").status_code == 200


# --- 停用, 恢复 ----------------------------------------------------------------------------------------------------------------------


def test_deactivate_and_back(client_of, customer):
    browser, address = client_of("manager"), customer.get_absolute_url()
    assert browser.post(f"{address}deactivate/", {"reason": "长期无往来"}).url == address
    customer.refresh_from_db()
    assert customer.state == "inactive"
    page = page_of(browser, customer)
    assert "停用" in page
    assert "/reactivate/" in page
    assert "is-muted" in browser.get("/l/HZ01/customers/").content.decode()
    browser.post(f"{address}reactivate/")
    customer.refresh_from_db()
    assert (customer.state, customer.version) == ("active", 3)
    entries = browser.get(address + "?tab=history").context["timeline"].entries
    assert [(entry.title, entry.reason) for entry in entries[:2]] == [("恢复客户", ""), ("停用客户", "长期无往来")]


def test_deactivating_takes_a_reason_and_the_right_state(client_of, customer):
    browser, address = client_of("manager"), customer.get_absolute_url()
    assert browser.post(f"{address}deactivate/").status_code == 409
    assert browser.post(f"{address}reactivate/").status_code == 409
    customer.refresh_from_db()
    assert customer.state == "active"
    assert ChangeBatch.objects.count() == 1


def test_who_may_deactivate(client_of, customer):
    address = f"{customer.get_absolute_url()}deactivate/"
    assert client_of("sales1").post(address, {"reason": "x"}).status_code == 403
    assert client_of("sales2").post(address, {"reason": "x"}).status_code == 404
    assert client_of("manager").get(address).status_code == 405


# --- cost ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["basic", "contacts", "invoice", "history"])
def test_queries_do_not_grow(client_of, customer, ledger, actor, tab, django_assert_max_num_queries):
    def grow(count):
        for index in range(count):
            rows = [PartEdit({"name": f"联系人{index}", "mobile": f"1390013{index:04}"})]
            change(ledger, actor("manager"), customer, {"contacts": rows}, remark=f"第 {index} 次")

    grow(5)
    url = f"{customer.get_absolute_url()}?tab={tab}"
    browser = client_of("supervisor")
    browser.get(url)
    with django_assert_max_num_queries(52) as few:
        browser.get(url)
    grow(14)
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get(url)
