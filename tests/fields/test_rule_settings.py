"""Saving what a set asks: what is refused and where, what is stored, and who would no longer fit."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.fields import Catalogue
from customers.models import Category, EntryTemplate, FieldSetting, ValidationRule
from customers.own import designing as custom_fields
from customers.rulebook import settings as rule_settings
from customers.rulebook.settings import judged_rule, judged_setting, misfits, save_rule, save_setting, save_template
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.models import LedgerEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(actor):
    return actor("manager")


@pytest.fixture
def dealers(ledger):
    return Category.objects.create(ledger=ledger, code="JX", name="经销商")


# --- field settings ------------------------------------------------------------------------------------------------------------


def test_a_setting_is_stored_with_keys_and_logged(ledger, boss):
    row = save_setting(
        ledger,
        "credit_limit",
        {"label": "授信", "required_when": "【客户等级】＝“A级”", "required_from": "cooperating"},
        by=boss,
    )
    assert FieldSetting.objects.get() == row
    assert (row.label, row.required_when) == ("授信", '[grade] = "A"')
    assert LedgerEvent.objects.filter(ledger=ledger).first().detail == "修改字段「信用额度」的设置"
    shown = rule_settings.written(Catalogue.of(ledger), row.required_when)
    assert shown == '[客户等级] = "A 级"'


def test_what_is_not_named_stays_and_a_setting_that_says_nothing_goes(ledger, boss, dealers):
    save_setting(ledger, "remark", {"label": "说明文字", "need": "required"}, by=boss, category=dealers)
    row = save_setting(ledger, "remark", {"need": ""}, by=boss, category=dealers)
    assert (row.label, row.need, row.category) == ("说明文字", "", dealers)
    assert save_setting(ledger, "remark", {"label": ""}, by=boss, category=dealers) is None
    assert not FieldSetting.objects.exists()


@pytest.mark.parametrize(
    ("key", "values", "field", "message"),
    [
        ("x_none", {"need": "required"}, "field", "没有字段「x_none」"),
        ("name", {"need": "hidden"}, "need", "「客户名称」不能设为不使用"),
        ("name", {"need": "optional"}, "need", "客户名称始终必填"),
        ("number", {"need": "hidden"}, "need", "「客户编号」不能设为不使用"),
        ("updated_at", {"need": "required"}, "need", "由系统填写"),
        ("remark", {"need": "perhaps"}, "need", "没有「perhaps」"),
        ("remark", {"required_from": "later"}, "required_from", "没有合作状态"),
        ("remark", {"required_when": "[额度] > 1"}, "required_when", "第 1 个字符：没有名为「额度」的字段。"),
        ("remark", {"required_when": "[信用额度]"}, "required_when", "这里要写一个条件"),
        ("remark", {"visible_when": "[备注] 为空"}, "visible_when", "不能引用字段自己"),
        ("remark", {"label": "客户等级"}, "label", "已有名为「客户等级」的字段"),
        ("remark", {"label": "甲[乙]"}, "label", "不能有方括号"),
        ("remark", {"label": "长" * 41}, "label", "最多 40 个字"),
        ("grade", {"default": "不存在"}, "default", "默认值：客户等级「不存在」不在可选范围内"),
        ("contacts.mobile", {"required_when": "[信用额度] > 1"}, "", "只能改名称"),
        ("remark", {"position": -1}, "position", "顺序应为"),
        ("remark", {"odd": 1}, "", "没有设置项"),
    ],
)
def test_what_is_refused_and_where(ledger, boss, key, values, field, message):
    with pytest.raises(BusinessError, match=message) as refused:
        save_setting(ledger, key, values, by=boss)
    assert refused.value.field == field
    assert not FieldSetting.objects.exists()


def test_a_default_is_stored_as_a_door_would_hand_it_in(ledger, boss):
    assert save_setting(ledger, "grade", {"default": "a级"}, by=boss).default == "A"
    assert save_setting(ledger, "credit_limit", {"default": "10万"}, by=boss).default == "100000"
    assert save_setting(ledger, "credit_days", {"default": "30"}, by=boss).default == 30
    assert save_setting(ledger, "registered_on", {"default": "2026年1月2日"}, by=boss).default == "2026-01-02"


def test_only_who_may_configure_and_only_a_living_set(ledger, actor, boss):
    with pytest.raises(NotAllowed):
        save_setting(ledger, "remark", {"need": "required"}, by=actor("sales1"))
    with pytest.raises(NotAllowed):
        save_rule(ledger, {"name": "甲", "required": ["remark"]}, by=actor("finance"))
    ledger.state = "archived"
    ledger.save()
    for act in (
        lambda: save_setting(ledger, "remark", {"need": "required"}, by=boss),
        lambda: save_rule(ledger, {"name": "甲", "required": ["remark"]}, by=boss),
        lambda: save_template(ledger, {"code": "a", "name": "甲"}, by=boss),
        lambda: rule_settings.place(ledger, ["remark"], by=boss),
    ):
        with pytest.raises(BusinessError, match="归档"):
            act()


def test_a_category_of_another_set_is_refused(ledger, other_ledger, boss):
    theirs = Category.objects.filter(ledger=other_ledger).first()
    with pytest.raises(BusinessError, match="不属于本账套"):
        save_setting(ledger, "remark", {"need": "required"}, by=boss, category=theirs)


def test_fields_are_put_in_order_and_into_groups(ledger, boss):
    rule_settings.place(ledger, ["remark", "grade"], by=boss, group="要紧")
    catalogue = Catalogue.of(ledger)
    assert [each.key for each in catalogue.fields[:3]] == ["remark", "grade", "number"]
    assert {each.group for each in catalogue.fields[:2]} == {"要紧"}


# --- rules -----------------------------------------------------------------------------------------------------------------------


def test_a_rule_is_stored_with_keys(ledger, boss):
    values = {
        "name": "大客户",
        "when": '[客户等级] = "vip"',
        "required": ["credit_limit"],
        "must_hold": "[信用期（天）] <= 60",
    }
    rule = save_rule(ledger, values, by=boss)
    assert (rule.when, rule.must_hold) == ('[grade] = "VIP"', "[credit_days] <= 60")
    save_rule(ledger, {"severity": "warning"}, by=boss, rule=rule)
    rule.refresh_from_db()
    assert (rule.severity, rule.name, rule.required) == ("warning", "大客户", ["credit_limit"])
    rule_settings.remove_rule(rule, by=boss)
    assert not ValidationRule.objects.exists()


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"name": "", "required": ["remark"]}, "name", "请填写规则名称"),
        ({"name": "甲"}, "must_hold", "请选择必填字段"),
        ({"name": "甲", "required": ["x_none"]}, "required", "没有字段「x_none」"),
        ({"name": "甲", "required": ["number"]}, "required", "由系统填写"),
        ({"name": "甲", "must_hold": "[信用额度] >"}, "must_hold", "第 9 个字符：内容没有写完"),
        ({"name": "甲", "when": '[客户等级] = "钻石"', "required": ["remark"]}, "when", "没有选项「钻石」"),
        ({"name": "甲", "required": ["remark"], "severity": "odd"}, "severity", "请选择程度"),
    ],
)
def test_a_rule_that_makes_no_sense(ledger, boss, values, field, message):
    with pytest.raises(BusinessError, match=message) as refused:
        save_rule(ledger, values, by=boss)
    assert refused.value.field == field


def test_two_rules_cannot_bear_one_name(ledger, boss):
    save_rule(ledger, {"name": "甲", "required": ["remark"]}, by=boss)
    with pytest.raises(BusinessError, match="已有名为"):
        save_rule(ledger, {"name": "甲", "required": ["remark"]}, by=boss)


# --- templates -------------------------------------------------------------------------------------------------------------------


def test_a_template(ledger, boss):
    made = save_template(
        ledger,
        {
            "code": "fast",
            "name": "快速",
            "kinds": ["person"],
            "required": ["legal_person"],
            "defaults": {"grade": "a级"},
        },
        by=boss,
    )
    assert made.defaults == {"grade": "A"}
    with pytest.raises(BusinessError, match="模板编码已存在"):
        save_template(ledger, {"code": "FAST", "name": "又一个"}, by=boss)
    with pytest.raises(BusinessError, match="没有客户类型"):
        save_template(ledger, {"kinds": ["ghost"]}, by=boss, template=made)
    with pytest.raises(BusinessError, match="不能设为必填"):
        save_template(ledger, {"required": ["x_none"]}, by=boss, template=made)
    rule_settings.remove_template(made, by=boss)
    assert not EntryTemplate.objects.exists()


# --- formulas and what names a field ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("[毛利率] + 1", "公式绕成了一圈：毛利率 → 毛利率。"),
        ("[毛利] * 2", "公式绕成了一圈：毛利率 → 毛利 → 毛利率。"),
        ("天数差(今天(), [成立日期])", "不能使用「今天」"),
        ("[电话] & 1", "不能引用敏感字段「电话」"),
        ("[标签]", "公式的结果应是"),
    ],
)
def test_a_formula_that_cannot_be(ledger, boss, own, formula, message):
    rate = own("x_rate", "formula", label="毛利率", formula="1", formula_kind="number")
    own("x_profit", "formula", label="毛利", formula="[x_rate] + 1", formula_kind="number")
    with pytest.raises(BusinessError, match=message) as refused:
        custom_fields.change(rate, {"formula": formula}, by=boss)
    assert refused.value.field == "formula"


def test_a_new_formula_that_refers_to_itself_is_told_so(ledger, boss):
    with pytest.raises(BusinessError, match="毛利率 → 毛利率"):
        custom_fields.create(ledger, "formula", {"label": "毛利率", "formula": "[毛利率] + 1"}, by=boss)


def test_a_field_that_is_named_somewhere_cannot_be_deleted(ledger, boss, own):
    cost = own("x_cost", "money", label="成本")
    own("x_double", "formula", label="双倍", formula="[x_cost] * 2", formula_kind="number")
    save_rule(ledger, {"name": "成本上限", "must_hold": "[成本] < 100"}, by=boss)
    save_setting(ledger, "remark", {"required_when": "[成本] > 50"}, by=boss)
    save_template(ledger, {"code": "t", "name": "模板甲", "required": ["x_cost"]}, by=boss)
    assert rule_settings.where_used(cost) == [
        "公式字段「双倍」",
        "字段「备注」的条件",
        "校验规则「成本上限」",
        "录入模板「模板甲」",
    ]
    with pytest.raises(BusinessError, match="公式字段「双倍」"):
        custom_fields.delete(cost, by=boss)


def test_who_may_not_read_an_input_may_not_read_the_result(ledger, users, actor, own):
    """A margin tells the cost; a role that names the margin expressly gets it all the same."""
    from permissions.models import FieldRule, Membership

    own("x_cost", "money", label="成本")
    own("x_double", "formula", label="双倍", formula="[x_cost] * 2", formula_kind="number")
    own("x_four", "formula", label="四倍", formula="[x_double] * 2", formula_kind="number")
    role = Membership.objects.get(user=users["sales1"], ledger=ledger).role
    assert actor("sales1").may_read("x_four")
    FieldRule.objects.create(role=role, field="x_cost", level=0)
    assert not actor("sales1").may_read("x_double")
    assert not actor("sales1").may_read("x_four")
    FieldRule.objects.create(role=role, field="x_four", level=2)
    assert actor("sales1").may_read("x_four")


# --- who would no longer fit -----------------------------------------------------------------------------------------------------------


def test_misfits_of_a_rule_before_it_is_saved(ledger, boss, add_customer):
    bad = [add_customer(grade="VIP") for _number in range(3)]
    add_customer(grade="VIP", credit_limit=5)
    add_customer(grade="A")
    rule = judged_rule(ledger, {"name": "甲", "when": '[客户等级] = "VIP"', "required": ["credit_limit"]})
    found = misfits(ledger, rule, by=boss)
    assert (found.checked, found.count, found.is_complete) == (5, 3, True)
    assert found.samples == [each.pk for each in reversed(bad)]
    assert found.told == "已检查全部 5 个客户，其中 3 个不符合。"
    assert not ValidationRule.objects.exists()


def test_misfits_over_categories(ledger, boss, add_customer, dealers):
    below = Category.objects.create(ledger=ledger, code="JX1", name="一级", parent=dealers)
    bad = add_customer(category=below.pk)
    add_customer()
    rule = judged_rule(ledger, {"name": "甲", "when": '[客户分类] 包含 "经销商"', "required": ["remark"]})
    assert misfits(ledger, rule, by=boss).samples == [bad.pk]


@pytest.mark.parametrize(
    ("values", "wanting"),
    [
        ({"need": "required"}, {"blank", "person"}),
        ({"need": "required", "visible_when": '[客户类型] <> "个人"'}, {"blank"}),
        ({"required_when": '[客户类型] = "个人"'}, {"person"}),
        ({"required_from": "cooperating"}, set()),
        ({"need": "hidden"}, {"filled"}),
        ({"label": "老板"}, set()),
    ],
)
def test_misfits_of_a_setting_before_it_is_saved(ledger, boss, add_customer, values, wanting):
    people = {
        "blank": add_customer(kind="company"),
        "person": add_customer(kind="person"),
        "filled": add_customer(legal_person="王芳"),
    }
    row = judged_setting(ledger, "legal_person", None, values)
    found = misfits(ledger, row, by=boss)
    assert set(found.samples) == {people[each].pk for each in wanting}
    assert found.count == len(wanting)
    assert not FieldSetting.objects.exists()


def test_misfits_of_a_required_contact(ledger, boss, add_customer):
    bad = add_customer(contact="王芳")
    add_customer(mobile="13800138000")
    assert misfits(ledger, judged_setting(ledger, "mobile", None, {"need": "required"}), by=boss).samples == [bad.pk]


def test_samples_are_of_customers_whom_the_asker_sees(ledger, boss, actor, add_customer):
    add_customer(department="D12")
    row = judged_setting(ledger, "legal_person", None, {"need": "required"})
    found = misfits(ledger, row, by=actor("sales1"))
    assert (found.count, found.samples) == (1, [])


def test_a_large_set_is_looked_at_for_a_few_seconds_only(ledger, boss, add_customer, monkeypatch):
    monkeypatch.setattr(rule_settings, "STEP", 2)
    for _number in range(5):
        add_customer()
    row = judged_setting(ledger, "legal_person", None, {"need": "required"})
    found = misfits(ledger, row, by=boss, seconds=0)
    assert (found.checked, found.count, found.is_complete) == (2, 2, False)
    assert found.told == "已检查最近的 2 个客户，其中 2 个不符合；其余未检查。"


def test_a_step_takes_a_constant_number_of_queries(ledger, boss, add_customer):
    row = judged_setting(ledger, "mobile", None, {"need": "required"})

    def queries():
        with CaptureQueriesContext(connection) as seen:
            misfits(ledger, row, by=boss)
        return len(seen)

    add_customer()
    few = queries()
    for _number in range(8):
        add_customer()
    assert queries() == few


def test_a_layout_names_only_what_is_there(ledger, actor):
    by = actor("manager")
    known = [{"label": "要点", "fields": ["name", "contacts", "mobile"]}]
    rule_settings.save_template(ledger, {"code": "a", "name": "甲", "sections": known}, by=by)
    lost = [{"label": "要点", "fields": ["name", "x_none"]}]
    with pytest.raises(BusinessError, match="x_none"):
        rule_settings.save_template(ledger, {"code": "b", "name": "乙", "sections": lost}, by=by)
