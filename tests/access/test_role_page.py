"""A manager sets up a role: new from a template, a copy, or nothing; what he chose holds at the next request; nonsense is refused."""

import pytest

from permissions.models import FieldRule, RightChange, Role, RowScope
from permissions.rights import Level, Right

pytestmark = pytest.mark.django_db


def test_the_list_says_in_words_what_each_role_is(client_of, address):
    page = client_of("manager").get(address("role_list")).text
    assert "查看、新增、编辑、打印" in page
    assert "本部门及下级" in page
    assert "全部权限" in page


def test_the_list_needs_a_constant_number_of_queries(client_of, ledger, address, django_assert_max_num_queries):
    for number in range(30):
        made = Role.objects.create(ledger=ledger, code=f"r{number}", name=f"角色{number}", rights=["view"])
        RowScope.objects.create(role=made, kind="provinces", values=["浙江省"])
    browser = client_of("manager")
    with django_assert_max_num_queries(32):
        browser.get(address("role_list"))


def test_new_from_a_template(client_of, ledger, address):
    browser = client_of("manager")
    assert "从模板开始" in browser.get(address("role_new")).text
    form = browser.get(address("role_new") + "?from=template:sales").context["form"]
    assert (form["name"].value(), form["code"].value()) == ("销售（2）", "sales_2")
    data = {"name": "电话销售", "code": "tele", "sensitive_level": "1", "right-view": "allow", "scope": ["own"]}
    assert browser.post(address("role_new") + "?from=template:sales", data).status_code == 302
    made = ledger.roles.get(code="tele")
    assert (made.name, made.rights, made.sensitive_level) == ("电话销售", ["view"], Level.MASKED)
    assert RightChange.objects.filter(kind="role_added", role_name="电话销售").count() == 1


def test_a_copy_has_everything_but_the_name(client_of, ledger, address, role, sheet):
    FieldRule.objects.create(role=role("sales"), field="credit_limit", level=Level.HIDDEN)
    browser = client_of("manager")
    url = address("role_new") + f"?from=role:{role('sales').pk}"
    page = browser.get(url)
    assert page.context["form"]["code"].value() == "sales_copy"
    browser.post(url, sheet(role("sales"), name="销售二", code="sales_copy", seen=None))
    made = ledger.roles.get(name="销售二")
    assert made.rights == role("sales").rights
    assert list(made.field_rules.values_list("field", "level")) == [("credit_limit", Level.HIDDEN)]


def test_three_states_of_a_right(client_of, address, role, sheet, users, now):
    data = sheet(role("sales"), **{"right-export": "deny", "right-print": ""})
    client_of("manager").post(address("role_edit", role("sales").pk), data)
    saved = role("sales")
    assert Right.EXPORT in saved.denied and Right.PRINT not in saved.rights
    assert "明确禁止" in now(users["sales1"]).decide("export").rule


def test_every_kind_of_scope_has_its_choices(client_of, ledger, address, role, sheet, departments, add_customer, users):
    from customers.models import Category

    category = Category.objects.create(ledger=ledger, code="Z9", name="特别类")
    scopes = ["departments", "provinces", "categories"]
    values = {
        "scope-departments": [departments["D12"].pk],
        "scope-provinces": ["浙江省"],
        "scope-categories": [category.pk],
    }
    client_of("manager").post(address("role_edit", role("reader").pk), sheet(role("reader"), scope=scopes, **values))
    assert set(role("reader").scopes.values_list("kind", flat=True)) == set(scopes)
    assert role("reader").scopes.get(kind="categories").values == [category.pk]
    page = client_of("manager").get(address("role_list")).text
    assert "指定部门：销售二部" in page and "指定类别：特别类" in page


def test_excluded_customers_are_gone_at_the_next_request(
    client_of, address, role, sheet, users, now, add_customer, departments
):
    from customers.models import Customer

    near = add_customer(name="杭州近处机械有限公司", department=departments["D11"].code)
    far = add_customer(name="杭州远处机械有限公司", department=departments["D12"].code)
    data = sheet(role("viewer"), excluded=["departments"], **{"excluded-departments": [departments["D12"].pk]})
    client_of("manager").post(address("role_edit", role("viewer").pk), data)
    seen = set(Customer.objects.visible_to(now(users["viewer"])).values_list("pk", flat=True))
    assert near.pk in seen and far.pk not in seen


def test_field_rights_on_the_grid(client_of, address, role, sheet, users, now):
    browser = client_of("manager")
    browser.post(
        address("role_edit", role("sales").pk),
        sheet(role("sales"), **{"level-mobile": None, "level-contacts.mobile": "1"}),
    )
    assert now(users["sales1"]).field_level("contacts.mobile") == Level.MASKED
    browser.post(address("role_edit", role("sales").pk), sheet(role("sales"), **{"level-contacts.mobile": ""}))
    assert now(users["sales1"]).field_level("contacts.mobile") == Level.EDIT


def test_the_grid_shows_what_comes_from_the_superior_role(client_of, address, role, ledger):
    above = role("supervisor")
    FieldRule.objects.create(role=above, field="credit_limit", level=Level.READ)
    ledger.roles.filter(code="sales").update(parent=above)
    page = client_of("manager").get(address("role_edit", role("sales").pk))
    cell = next(
        each for group in page.context["groups"] for each in group["fields"] if each["field"].key == "credit_limit"
    )
    assert (cell["own"], str(cell["default"]), cell["source"]) == ("", "只读", "销售主管")


def test_one_field_over_all_roles(client_of, address, role, ledger, users, now):
    browser = client_of("manager")
    url = address("role_field") + "?field=remark"
    assert browser.get(url).context["chosen"].label == "备注"
    data = {f"level-{role('sales').pk}": "0", f"seen-{role('sales').pk}": ""}
    browser.post(url, data)
    assert now(users["sales1"]).field_level("remark") == Level.HIDDEN
    assert now(users["supervisor"]).field_level("remark") == Level.EDIT


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "财务"}, "已有角色"),
        ({"parent": "999999"}, "parent"),
        ({"sensitive_level": "9"}, "sensitive_level"),
        ({"scope": ["departments"]}, "还没有选择"),
        ({"scope": ["departments"], "scope-departments": ["999999"]}, "不存在的选项"),
        ({"scope": ["provinces"], "scope-provinces": ["火星省"]}, "不存在的选项"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client_of, address, role, sheet, changes, words):
    data = sheet(role("sales"), **({"description": "打电话的", "right-export": "allow"} | changes))
    answer = client_of("manager").post(address("role_edit", role("sales").pk), data)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors)
    assert "打电话的" in answer.text
    assert next(r for g in answer.context["rights"] for r in g["rights"] if r["right"] == "export")["state"] == "allow"
    assert not role("sales").description


def test_unknown_keys_do_nothing(client_of, address, role, sheet):
    data = sheet(
        role("sales"), **{"right-king": "allow", "right-export": "maybe", "scope": ["own", "galaxy"], "level-soul": "3"}
    )
    data["level-remark"] = "77"
    client_of("manager").post(address("role_edit", role("sales").pk), data)
    assert Right.EXPORT not in role("sales").rights and "king" not in role("sales").rights
    assert not role("sales").field_rules.filter(field__in=("soul", "remark")).exists()
    assert list(role("sales").scopes.values_list("kind", flat=True)) == ["own"]


def test_the_role_of_another_set_is_out_of_reach(client_of, address, other_ledger):
    theirs = other_ledger.roles.get(code="sales")
    browser = client_of("manager")
    assert browser.get(address("role_edit", theirs.pk)).status_code == 404
    for name in ("role_state", "role_remove"):
        assert browser.post(address(name, theirs.pk)).status_code == 404


def test_a_role_that_opens_nothing_is_warned_about(client_of, address, role, sheet):
    answer = client_of("manager").post(
        address("role_edit", role("reader").pk), sheet(role("reader"), scope=[]), follow=True
    )
    assert "没有数据范围" in answer.text
    answer = client_of("manager").post(
        address("role_edit", role("reader").pk), sheet(role("reader"), **{"right-view": ""}), follow=True
    )
    assert "没有允许任何功能" in answer.text


def test_many_fields_make_no_more_queries(client_of, ledger, address, role, django_assert_max_num_queries):
    from customers.models import CustomField

    CustomField.objects.bulk_create(
        CustomField(ledger=ledger, key=f"x_f{number}", label=f"字段{number}", type="text") for number in range(200)
    )
    browser = client_of("manager")
    with django_assert_max_num_queries(40):
        page = browser.get(address("role_edit", role("sales").pk))
    assert sum(len(group["fields"]) for group in page.context["groups"]) > 250
