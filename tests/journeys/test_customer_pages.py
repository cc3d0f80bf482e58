"""What the scripts of the customer pages do: filters without a reload, helpers while typing, keyboard, two people at once."""

import pytest
from playwright.sync_api import expect

from customers.models import Customer
from customers.services import pipeline
from customers.services.edits import Edit
from permissions.actor import Actor
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def firms(add_customer, ledger):
    return [
        add_customer(name="杭州恒源机械有限公司", owner="sales1", grade="A", phone="0571-88880001"),
        add_customer(name="宁波蓝盛贸易有限公司", owner="sales1", grade="B"),
        add_customer(name="温州恒力机械有限公司", owner="sales1", grade="B"),
    ]


def rows(page):
    return page.locator(".customer-table tbody tr")


def test_the_list_follows_the_keyboard_and_the_filters(open_as, firms):
    page = open_as("sales1")
    page.goto("/l/HZ01/customers/")
    page.evaluate("window.stays = true")
    page.keyboard.press("/")
    page.keyboard.type("机械", delay=40)
    expect(rows(page)).to_have_count(2)
    page.keyboard.type("设备", delay=40)
    expect(rows(page)).to_have_count(0)
    for _index in range(2):
        page.keyboard.press("Backspace")
    expect(rows(page)).to_have_count(2)
    assert page.evaluate("document.activeElement.id") == "list-search"
    page.select_option("[name=f-grade]", "B")
    expect(rows(page)).to_have_count(1)
    assert "f-grade=B" in page.url
    page.get_by_role("link", name="客户名称").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("客户名称")
    assert page.evaluate("window.stays")
    page.evaluate("history.back()")  # go_back waits for a load that a page kept in history does not have
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(0)
    page.evaluate("history.back()")
    expect(rows(page)).to_have_count(2)
    page.locator(".chips").get_by_role("link", name="清除全部条件").click()
    expect(rows(page)).to_have_count(3)
    page.locator(".customer-table tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("宁波蓝盛贸易有限公司")


def test_a_telephone_never_stands_in_the_address(open_as, firms):
    page = open_as("sales1")
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto("/l/HZ01/customers/")
    page.fill("#list-search", "0571-88880001")
    expect(rows(page)).to_have_count(1)
    assert "t=" in page.url
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#list-search")).to_have_value("0571-88880001")
    assert not [url for url in addresses if "88880001" in url]


def test_a_name_brings_its_helpers_and_its_twin(open_as, firms):
    page = open_as("sales1")
    page.goto("/l/HZ01/")
    page.keyboard.press("n")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type("杭州恒源机械有限公司", delay=10)
    expect(page.locator("[name=mnemonic_code]")).to_have_value("HZHYJXYXGS")
    expect(page.locator("#derived")).to_contain_text("KH000001")
    page.fill("[name=mnemonic_code]", "HY")
    page.fill("[name=name]", "杭州恒源电机有限公司")
    expect(page.locator("#derived")).not_to_contain_text("KH000001")
    expect(page.locator("[name=mnemonic_code]")).to_have_value("HY")
    page.fill("[name=contacts-0-name]", "赵敏")
    page.get_by_role("button", name="添加联系人").click()
    page.fill("[name=contacts-1-name]", "钱伟")
    page.get_by_role("button", name="添加银行账户").click()
    page.fill("[name=bank_accounts-0-account]", "6222021202014567896")
    page.keyboard.press("Control+s")
    expect(page.locator("h1")).to_contain_text("杭州恒源电机有限公司")
    made = Customer.objects.get(name="杭州恒源电机有限公司")
    assert made.mnemonic_code == "HY"
    assert [contact.name for contact in made.contacts.all()] == ["赵敏", "钱伟"]
    assert made.bank_accounts.count() == 1


def test_enter_goes_to_the_next_control(open_as, ledger):
    page = open_as("sales1")
    page.goto("/l/HZ01/customers/new/")
    page.fill("[name=name]", "杭州恒源机械有限公司")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "short_name"
    assert not Customer.objects.exists()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_top_search_suggests(open_as, firms, viewport):
    page = open_as("sales1", viewport) if viewport else open_as("sales1")
    page.goto("/l/HZ01/")
    page.focus("#global-search")
    page.keyboard.type("恒源", delay=40)
    expect(page.locator("#suggest-box")).to_contain_text("杭州恒源机械有限公司")
    box = page.locator("#suggest-box").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("杭州恒源机械有限公司")


def test_tabs_come_without_a_reload(open_as, firms):
    page = open_as("sales1")
    page.goto(firms[0].get_absolute_url())
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="变更与历史").click()
    expect(page.locator("#customer-tab")).to_contain_text("新增客户")
    assert page.url.endswith("?tab=history")
    assert page.evaluate("window.stays")


def test_a_removed_row_can_be_taken_back(open_as, firms, ledger):
    edit = Edit(values={"contact": "赵敏"}, customer_id=firms[0].pk)
    pipeline.submit([edit], ledger=ledger, by=Actor.system(ledger.pk), kind="edit")
    page = open_as("sales1")
    page.goto(f"{firms[0].get_absolute_url()}edit/")
    row = page.locator("[data-formset=contacts] [data-formset-row]").first
    row.locator("[data-formset-remove]").click()
    expect(row).to_contain_text("已标记删除")
    row.locator("[data-formset-undo]").click()
    page.fill("[name=contacts-0-title]", "经理")
    page.keyboard.press("Control+s")
    expect(page.locator(".page-header")).to_contain_text("KH000001")
    assert firms[0].contacts.get().title == "经理"


@pytest.mark.parametrize(
    "path",
    ["", "customers/", "customers/new/", "customers/{pk}/", "customers/{pk}/edit/", "customers/{pk}/?tab=history"],
)
def test_nothing_is_wider_than_a_phone(open_as, firms, path):
    page = open_as("sales1", PHONE)
    page.goto("/l/HZ01/" + path.format(pk=firms[0].pk))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
