"""A manager adds a field, a formula and a rule on pages; a seller enters a customer with them and finds him again by them."""

import pytest
from playwright.sync_api import expect

from customers.models import Customer, CustomField, ValidationRule

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_own_fields_from_the_design_to_the_list(open_as, ledger):
    manager = open_as("manager")
    manager.goto("/l/HZ01/settings/fields/")
    manager.get_by_role("link", name="新增字段").click()
    manager.locator(".type-card", has_text="单选").click()
    manager.fill("[name=label]", "付款方式")
    manager.fill("[name=lines]", "月结\n现结\n预付")
    expect(manager.locator("#field-preview")).to_contain_text("预付")
    manager.check("[name=in_list]")
    manager.get_by_role("button", name="保存并继续新增").click()

    manager.locator(".type-card", has_text="金额").click()
    manager.fill("[name=label]", "年采购额")
    manager.get_by_role("button", name="保存并继续新增").click()

    manager.locator(".type-card", has_text="公式").click()
    manager.fill("[name=label]", "预计返利")
    manager.locator("[name=formula]").press_sequentially("[年采购额] * * 3%")
    expect(manager.locator(".expression-verdict")).to_contain_text("第")
    manager.fill("[name=formula]", "[年采购额] * 0.03")
    expect(manager.locator(".expression-verdict")).to_contain_text("公式可以使用")
    manager.locator("form.card").get_by_role("button", name="保存", exact=True).click()
    expect(manager.locator("#row-x_yujifanli")).to_have_count(1)
    assert set(CustomField.objects.values_list("label", flat=True)) == {"付款方式", "年采购额", "预计返利"}

    manager.get_by_role("link", name="校验规则").click()
    manager.get_by_role("link", name="新增规则").first.click()
    manager.fill("[name=name]", "月结客户要有采购额")
    builder = manager.locator("[data-builder]").first
    builder.locator("[data-builder-add]").click()
    builder.locator("[data-builder-field]").select_option("付款方式")
    builder.locator("[data-builder-value] select").select_option("月结")
    expect(manager.locator("[name=when]")).to_have_value('[付款方式] = "月结"')
    manager.locator(".rule-required .option", has_text="年采购额").click()
    manager.get_by_role("button", name="保存", exact=True).click()
    expect(manager.locator(".data-table")).to_contain_text("年采购额必须填写")
    assert ValidationRule.objects.get(ledger=ledger).severity == "error"

    sales = open_as("sales1")
    sales.goto("/l/HZ01/customers/new/")
    sales.fill("[name=name]", "杭州恒源机械有限公司")
    sales.locator(".option", has_text="月结").click()
    sales.fill("[name=x_niancaigoue]", "10000")
    expect(sales.locator("[data-field=x_yujifanli] output")).to_have_text("300.00")
    sales.keyboard.press("Control+s")
    expect(sales.locator("h1")).to_contain_text("杭州恒源机械有限公司")
    expect(sales.locator(".group-grid")).to_contain_text("月结")
    expect(sales.locator(".group-grid")).to_contain_text("300")
    sales.get_by_role("link", name="变更与历史").click()
    expect(sales.locator(".timeline-list")).to_contain_text("付款方式")
    sales.goto("/l/HZ01/customers/")
    expect(sales.locator(".customer-table .option-tag")).to_have_text("月结")
    sales.locator(".more-filters > summary").click()
    sales.select_option("[name=f-x_fukuanfangshi]", label="现结")
    sales.get_by_role("button", name="应用筛选").click()
    expect(sales.locator(".customer-table tbody tr")).to_have_count(0)
    sales.select_option("[name=f-x_fukuanfangshi]", label="月结")
    sales.get_by_role("button", name="应用筛选").click()
    expect(sales.locator(".customer-table tbody tr")).to_have_count(1)
    customer = Customer.objects.get()
    assert customer.custom_values["x_yujifanli"] == "300.00"

    manager.get_by_role("link", name="月结客户要有采购额").click()
    manager.fill("[name=number]", customer.number)
    manager.get_by_role("button", name="检查这位客户").click()
    expect(manager.locator("#rule-verdict")).to_contain_text("符合这条规则")
    manager.get_by_role("button", name="哪些客户不符合").click()
    expect(manager.locator("#rule-verdict")).to_contain_text("0 个不符合")


def test_conditions_follow_the_hand(open_as, ledger, add_customer, actor):
    from customers.own import designing as custom_fields
    from customers.rulebook import settings as rule_settings

    by = actor("manager")
    custom_fields.create(ledger, "integer", {"label": "账期"}, by=by, key="x_days")
    custom_fields.create(ledger, "customer", {"label": "上级集团"}, by=by, key="x_ref")
    rule_settings.save_setting(ledger, "x_days", {"visible_when": '[客户等级] = "VIP"'}, by=by)
    rule_settings.save_setting(ledger, "legal_person", {"required_when": '[客户等级] = "VIP"'}, by=by)
    group = add_customer(name="恒源集团有限公司", owner="sales1")

    page = open_as("sales1")
    page.goto("/l/HZ01/customers/new/")
    expect(page.locator("[name=x_days]")).to_be_hidden()
    page.select_option("[name=grade]", "VIP")
    expect(page.locator("[name=x_days]")).to_be_visible()
    expect(page.locator("[data-field=legal_person] .field-required")).to_have_count(1)
    page.select_option("[name=grade]", "A")
    expect(page.locator("[name=x_days]")).to_be_hidden()
    expect(page.locator("[data-field=legal_person] .field-required")).to_have_count(0)

    page.fill("[name=name]", "杭州恒源机械有限公司")
    page.locator("[name=x_ref]").press_sequentially("集团", delay=30)
    expect(page.locator("[data-pick]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[name=x_ref]")).to_have_value(f"{group.number} 恒源集团有限公司")
    page.keyboard.press("Control+s")
    expect(page.locator("h1")).to_contain_text("杭州恒源机械有限公司")
    page.get_by_role("link", name=f"{group.number} 恒源集团有限公司").click()
    expect(page.locator("h1")).to_contain_text("恒源集团有限公司")


def test_a_field_is_moved_by_the_keyboard(open_as, ledger):
    page = open_as("manager")
    page.goto("/l/HZ01/settings/fields/")

    def keys():
        return page.eval_on_selector_all(
            "tbody[data-group=basic] tr[data-key]", "rows => rows.map((row) => row.dataset.key)"
        )

    at = keys().index("short_name")
    page.locator("#label-short_name").focus()
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowDown")
    assert keys().index("short_name") == at + 1
    page.fill("#label-short_name", "常用名")
    page.keyboard.press("Tab")
    expect(page.locator("#row-short_name.is-saved")).to_have_count(1)
