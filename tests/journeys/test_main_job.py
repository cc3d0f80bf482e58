"""The main job: from a spreadsheet to numbered, searchable customers that are changed, exported and imported again."""

import csv
import io

import pytest
from playwright.sync_api import expect

from customers.generator import firms
from customers.models import Customer
from customers.services import invariants
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

COLUMNS = (
    "name",
    "uscc",
    "registered_on",
    "registered_capital",
    "province",
    "city",
    "address",
    "phone",
    "contact",
    "mobile",
)


@pytest.fixture
def spreadsheet(tmp_path):
    """Thirty firms and one broken row, as a sales assistant would have them."""
    made = [firm for firm in firms(60, seed=11) if firm["uscc"] and firm["kind"] == "company"][:30]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(made)
    writer.writerow({"name": "坏行贸易有限公司", "phone": "1.38E+10"})
    path = tmp_path / "客户.csv"
    path.write_text(out.getvalue(), encoding="gb18030")
    return path, made


def import_file(page, path):
    page.goto("/l/HZ01/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/setup/")
    page.get_by_role("button", name="开始检查").click()
    expect(page.locator("form[action*='confirm'] button").first).to_be_visible(timeout=60_000)


def test_from_a_spreadsheet_and_back(open_as, ledger, worker, spreadsheet, tmp_path):
    path, made = spreadsheet
    page = open_as("manager")
    import_file(page, path)
    expect(page.locator("main")).to_contain_text("1.38E+10")
    page.locator("form[action*='confirm'] button").first.click()
    expect(page.locator("main")).to_contain_text("数据校验", timeout=60_000)
    assert Customer.objects.count() == 30

    # find one by half of its name, open it, change it with a reason
    wanted = made[4]
    page.goto("/l/HZ01/customers/")
    page.fill("main input[name=q]", wanted["name"][2:6])
    page.keyboard.press("Enter")
    page.locator("main table").get_by_text(wanted["name"]).click()
    expect(page.locator("h1")).to_contain_text(wanted["name"])
    page.get_by_role("link", name="编辑").click()
    page.fill("[name$=remark]", "重点跟进")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("h1")).to_contain_text(wanted["name"])
    customer = Customer.objects.get(name=wanted["name"])
    assert (customer.remark, customer.version) == ("重点跟进", 2)
    page.goto(f"/l/HZ01/customers/{customer.pk}/?tab=history")
    expect(page.locator("main")).to_contain_text("重点跟进")

    # take everything out, and bring it in again: nothing changes
    page.goto("/l/HZ01/exports/")
    with page.expect_download() as download:
        page.get_by_role("button", name="开始导出").click()
    exported = tmp_path / download.value.suggested_filename
    download.value.save_as(exported)
    import_file_as_update(page, exported)
    page.locator("form[action*='confirm'] button").first.click()
    expect(page.locator("main")).to_contain_text("数据校验", timeout=60_000)
    customer.refresh_from_db()
    assert customer.version == 2
    assert Customer.objects.count() == 30
    assert list(invariants.broken()) == []


def import_file_as_update(page, path):
    page.goto("/l/HZ01/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/setup/")
    page.check("input[name=mode][value=upsert]")
    page.get_by_role("button", name="开始检查").click()
    expect(page.locator("main")).to_contain_text("检查结果")
    expect(page.locator("form[action*='confirm'] button").first).to_be_visible(timeout=60_000)


def test_a_sales_clerk_adds_a_customer_on_the_phone(open_as, ledger):
    page = open_as("sales1", PHONE)
    page.goto("/l/HZ01/customers/new/")
    page.fill("[name$=name] >> nth=0", "")
    page.get_by_label("客户名称").first.fill("苏州金鸡湖电子有限公司")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("h1")).to_contain_text("苏州金鸡湖电子有限公司")
    customer = Customer.objects.get()
    assert customer.number == "KH000001"
    assert customer.owner.username == "sales1"
    assert customer.mnemonic_code == "SZJJHDZYXGS"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_viewer_reads_masked_and_cannot_edit(open_as, ledger, add_customer):
    firm = add_customer(name="无锡太湖包装有限公司", phone="13812345678")
    page = open_as("viewer")
    page.goto(f"/l/HZ01/customers/{firm.pk}/")
    expect(page.locator("main")).to_contain_text("138****5678")
    expect(page.locator("body")).not_to_contain_text("13812345678")
    expect(page.get_by_role("link", name="编辑")).to_have_count(0)
