"""A manager builds an account set in the browser, out of a template and out of nothing, until its first customer has a number.

The walks print how long they take; a person reads and thinks besides, and has two minutes for the one and half an hour for the other.
"""

import json
import re
import time

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from customers.models import Category, Customer, CustomField, EntryTemplate
from ledgers.models import Ledger

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

USCC = "91330100799655058B"


@pytest.fixture
def manager(users, open_as):
    """The manager's browser; he may make account sets."""
    users["manager"].user_permissions.add(Permission.objects.get(codename="add_ledger"))
    return open_as("manager")


@pytest.fixture
def clock():
    """clock(words): prints the seconds since the test began."""
    began = time.monotonic()
    return lambda words: print(f"\n{words}: {time.monotonic() - began:.1f} s")  # noqa: T201 - the figure is what is wanted


def walk_through(page, name: str, code: str, template: str) -> None:
    """The wizard from its first page to the active set, changing nothing that it proposes."""
    page.goto("/ledgers/")
    page.get_by_role("link", name="新建账套").first.click()
    page.fill("[name=name]", name)
    page.fill("[name=code]", code)
    page.select_option("[name=template]", template)
    for step in range(2, 6):
        page.locator(".wizard-next").click()
        page.wait_for_url(f"**/ledgers/{code}/setup/{step}/")
    page.get_by_role("button", name="启用账套").click()
    page.wait_for_url(f"**/l/{code}/")
    expect(page.locator("main")).to_contain_text("建账指引")


def required(page) -> set[str]:
    """The fields that are on the form, visible and marked."""
    return set(
        page.locator(".field-cell:visible, .field-cell:has(:visible)").evaluate_all(
            "cells => cells.filter(cell => cell.querySelector('.field-required')).map(cell => cell.dataset.field)"
        )
    )


def shown(page, key: str):
    return page.locator(f"[data-field={key}] .field").first


def test_from_a_template_to_the_first_number(manager, clock):
    page = manager
    walk_through(page, "制造客户账套", "MF01", "manufacturing")
    ledger = Ledger.objects.get(code="MF01")
    assert Category.objects.filter(ledger=ledger, code="ZJ0201", parent__parent__code="ZJ").exists()

    page.get_by_role("link", name="新增客户").first.click()
    page.get_by_role("link", name="整机与配套").click()
    page.fill("[name=name]", "杭州恒源机械有限公司")
    expect(page.locator("[name=x_supply_mode]")).to_have_value("order")
    expect(shown(page, "x_quality_deposit")).to_be_hidden()
    page.select_option("[name=category]", label="　业主")
    expect(shown(page, "x_quality_deposit")).to_be_visible()
    assert "x_drawing_code" not in required(page)
    page.select_option("[name=category]", label="　　挖掘机")
    expect(shown(page, "x_quality_deposit")).to_be_hidden()
    expect(page.locator("[data-field=x_drawing_code] .field-required")).to_be_visible()
    page.select_option("[name=grade]", "VIP")
    page.fill("[name=address]", "浙江省杭州市西湖区文三路 1 号")
    page.fill("[name=uscc]", USCC)
    page.fill("[name=contacts-0-name]", "赵敏")
    page.fill("[name=x_drawing_code]", "HY-01")
    page.fill("[name=credit_limit]", "50000")
    page.keyboard.press("Control+s")
    expect(page.locator(".page-header")).to_contain_text("HD-VIP-00001")
    made = Customer.objects.get(ledger=ledger)
    assert made.custom_values["x_supply_mode"] == "order"
    assert made.custom_values["x_warranty_months"] == 12
    clock("行业模板 → 第一位客户 HD-VIP-00001")


@pytest.mark.parametrize(
    ("template", "layout", "kind", "fields"),
    [
        ("trade", "批发客户", "sole_trader", {"category": "PF0101", "kind": "sole_trader"}),
        ("service", "个人客户", "person", {"category": "GR0101"}),
        ("export", "海外买家", "overseas", {"category": "JK0101", "english_name": "Blue Co", "x_country": "德国",
                                          "email": "a@blue.example", "x_incoterm": "FOB"}),
    ],
)  # fmt: skip
def test_every_template_takes_a_customer_through_its_layout(manager, template, layout, kind, fields):
    page = manager
    walk_through(page, "客户账套", "TP01", template)
    ledger = Ledger.objects.get(code="TP01")
    page.goto("/l/TP01/customers/new/")
    page.get_by_role("link", name=layout).click()
    page.fill("[name=name]", "蓝盛")
    for name, value in fields.items():
        control = page.locator(f"[name={name}]")
        if name == "category":
            control.select_option(str(Category.objects.get(ledger=ledger, code=value).pk))
        elif control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    page.fill("[name=contacts-0-name]", "周蓝")
    page.fill("[name=contacts-0-mobile]", "13800138000")
    page.keyboard.press("Control+s")
    expect(page.locator("h1")).to_contain_text("蓝盛")
    made = Customer.objects.get(ledger=ledger)
    assert made.kind == kind
    assert made.contacts.get().mobile == "13800138000"
    expect(page.locator(".page-header")).to_contain_text(made.number)
    assert made.custom_values  # what the layout fills in by itself


def test_a_changed_entry_template_changes_the_form(manager):
    page = manager
    walk_through(page, "商贸客户账套", "TR01", "trade")
    page.goto("/l/TR01/settings/entry-templates/")
    page.get_by_role("link", name="批发客户").click()
    page.select_option("[name=section-website]", label="结算")
    page.check("[name=required-website]")
    page.select_option("[name=section-short_name]", label="不显示")
    page.check("[name=required-bank_account]")
    expect(page.locator("#layout-preview")).to_contain_text("网址")
    page.fill("[name=default-x_annual_target]", "1000")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".messages, main")).to_contain_text("已保存录入模板")
    template = EntryTemplate.objects.get(ledger__code="TR01")
    assert {"website", "bank_account"} <= set(template.required)
    assert "contacts" in template.sections[1]["fields"]

    page.goto("/l/TR01/customers/new/?template=wholesale")
    expect(page.locator("[data-field=website] .field-required")).to_be_visible()
    expect(page.locator("[name=short_name]")).to_have_count(0)
    expect(page.locator("[name=x_annual_target]")).to_have_value("1000")
    expect(page.get_by_role("button", name="添加银行账户")).to_be_visible()


def test_a_broken_template_says_what_and_where(manager, settings, tmp_path):
    page = manager
    settings.LEDGER_TEMPLATES = str(tmp_path)
    layout = {"name": "零售", "sections": [{"label": "基本", "fields": ["name", "x_none"]}]}
    lost = {"format": 1, "name": "零售连锁", "sections": {"entry_templates": {"retail": layout}}}
    (tmp_path / "retail.json").write_text(json.dumps(lost), encoding="utf-8")
    (tmp_path / "cut.json").write_text('{"format": 1,\n "name": ', encoding="utf-8")
    page.goto("/ledgers/new/")
    page.fill("[name=name]", "零售客户账套")
    page.fill("[name=code]", "LS01")
    for template, words in (("cut", ["cut.json", "第 2 行"]), ("retail", ["retail.json", "录入模板「零售", "x_none"])):
        page.select_option("[name=template]", template)
        page.locator(".wizard-next").click()
        for word in words:
            expect(page.locator("main")).to_contain_text(word)
        expect(page.locator("[name=name]")).to_have_value("零售客户账套")
    assert not Ledger.objects.filter(code="LS01").exists()


def test_from_nothing_along_the_guide(manager, clock):
    page = manager
    walk_through(page, "杭州客户账套", "HZ02", "")
    step = guide_of(page, "HZ02")

    step("客户分类")
    for code, name, parent in (("XS", "销售客户", ""), ("XS01", "直销", "销售客户"), ("XS0101", "大客户部", "　直销")):
        page.fill("[name=code]", code)
        page.fill("[name=name]", name)
        if parent:
            page.select_option("[name=parent]", label=parent)
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.locator("[data-tree]")).to_contain_text(name)

    step("销售区域")
    page.get_by_role("button", name="一键建立七大区").click()
    expect(page.locator("main")).to_contain_text("华东")

    step("自己的字段")
    page.get_by_role("link", name="新增字段").click()
    page.locator(".type-card", has_text="单选").click()
    page.fill("[name=label]", "付款方式")
    page.fill("[name=lines]", "月结\n现结")
    page.get_by_role("button", name="保存并继续新增").click()
    page.locator(".type-card", has_text="金额").click()
    page.fill("[name=label]", "年采购额")
    page.locator("form.card").get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("main")).to_contain_text("年采购额")

    step("编码规则")
    page.get_by_role("link", name="新建规则").click()
    page.get_by_role("link", name="区域、分类加流水号").click()
    preview = page.locator("#numbering-preview")
    page.fill("[name=parts-4-start]", "17")
    expect(preview).to_contain_text(
        re.compile(r"HD-\w+-00017")
    )  # of whichever category the preview takes for an example
    for name, value in (("type", "field"), ("key", "grade")):
        # A preview that has to give way to the next one is a complaint of the browser's.
        with page.expect_response("**/numbering/preview/"):
            page.select_option(f"[name=parts-2-{name}]", value)
    expect(preview).to_contain_text("HD-VIP-00017")
    page.get_by_role("button", name="保存并启用").click()
    expect(page.locator("main")).to_contain_text("HD-VIP-00017")

    step("第一批客户")
    page.fill("[name=name]", "杭州恒源机械有限公司")
    page.select_option("[name=category]", label="　　大客户部")
    page.select_option("[name=grade]", "VIP")
    page.fill("[name=address]", "浙江省杭州市西湖区文三路 1 号")
    page.get_by_label("月结").check()
    page.fill("[name=x_niancaigoue]", "12000")
    page.fill("[name=contacts-0-name]", "赵敏")
    page.keyboard.press("Control+s")
    expect(page.locator(".page-header")).to_contain_text("HD-VIP-00017")
    page.goto("/l/HZ02/settings/guide/")
    expect(page.locator(".guide-steps .is-done")).to_have_count(6)  # colleagues come later
    assert set(CustomField.objects.values_list("label", flat=True)) == {"付款方式", "年采购额"}
    clock("建账指引 → 第一位客户 HD-VIP-00017")


def guide_of(page, code: str):
    """step(title): open that step of the guide."""

    def step(title: str) -> None:
        page.goto(f"/l/{code}/settings/guide/")
        page.locator(".guide-steps").get_by_role("link", name=title).click()

    return step
