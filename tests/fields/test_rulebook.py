"""What a set asks of its customers, at the one door that page, import and command share: required, hidden, prefilled, cross-checked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.fields import Catalogue
from customers.models import Category, Customer, EntryTemplate, FieldSetting, ValidationRule
from customers.rulebook.book import Rulebook
from customers.services import pipeline
from customers.services.edits import Edit, PartEdit
from customers.services.pipeline import Pipeline, Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(ledger):
    """经销商 → 一级经销商, and 零售."""
    dealer = Category.objects.create(ledger=ledger, code="JX", name="经销商")
    return {
        "dealer": dealer,
        "first": Category.objects.create(ledger=ledger, code="JX1", name="一级经销商", parent=dealer),
        "retail": Category.objects.create(ledger=ledger, code="LS", name="零售"),
    }


@pytest.fixture
def setting(ledger):
    def make(field, category=None, **values):
        return FieldSetting.objects.create(ledger=ledger, field=field, category=category, **values)

    return make


@pytest.fixture
def rule(ledger):
    def make(name="规则", **values):
        return ValidationRule.objects.create(ledger=ledger, name=name, **values)

    return make


@pytest.fixture
def submit(ledger, system):
    """submit(grade="VIP", …): one edit through the pipeline as the system; ``of`` makes it a change."""

    def send(*, of=None, parts=None, template="", reason="", door=Policy(), by=system, **values):
        if of is None:
            values.setdefault("name", f"测试{Customer.objects.count() + 1}号商行")
        edit = Edit(values=values, customer_id=of.pk if of else None, template=template, reason=reason)
        edit.parts.update(parts or {})
        pipeline.submit([edit], ledger=ledger, by=by, kind="edit", reason=reason, policy=door)
        return edit

    return send


def told(edit, severity="error"):
    return {problem.field: problem.message for problem in edit.problems if problem.severity == severity}


# --- required ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [Policy(), Policy(report_duplicates=True)], ids=["page", "import"])
def test_a_field_that_the_set_requires(submit, setting, door):
    setting("legal_person", need="required")
    assert told(submit(door=door)) == {"legal_person": "法定代表人必须填写。"}
    assert not submit(door=door, legal_person="王芳").problems


def test_the_nearest_category_decides_value_by_value(submit, setting, tree):
    setting("legal_person", need="required", label="老板")
    setting("legal_person", tree["dealer"], need="optional")
    setting("legal_person", tree["first"], label="签约人")
    assert told(submit(category="零售")) == {"legal_person": "老板必须填写。"}
    assert not submit(category="JX").problems
    # The label comes from the category itself, the need from the one above.
    assert not submit(category="JX1").problems


def test_a_requirement_of_a_category_holds_below_it(submit, tree):
    tree["dealer"].required_fields = ["legal_person"]
    tree["dealer"].save()
    assert told(submit(category="一级经销商")) == {"legal_person": "客户分类为「经销商」时，法定代表人必须填写。"}
    assert not submit(category="零售").problems


def test_a_category_can_free_its_customers_from_what_the_set_requires(ledger, submit, setting, tree):
    ledger.parameters = {"required_fields": ["name", "legal_person"]}
    ledger.save()
    setting("legal_person", tree["retail"], need="optional")
    assert told(submit()) == {"legal_person": "法定代表人必须填写。"}
    assert not submit(category="零售").problems


def test_the_name_is_always_required(submit, setting):
    setting("name", need="optional")
    assert "name" in told(submit(name=""))


@pytest.mark.parametrize(
    ("status", "asked"),
    [("", False), ("prospect", False), ("interested", False), ("cooperating", True), ("paused", True), ("ended", True)],
)
def test_required_by_stage(ledger, setting, status, asked):
    setting("uscc", required_from="cooperating")
    needed = Rulebook(Catalogue.of(ledger)).required({"name": "甲", "status": status})
    assert ("uscc" in needed) is asked
    if asked:
        assert needed["uscc"] == "合作状态到「合作中」后"


def test_required_when_a_condition_is_met(submit, setting):
    setting("credit_limit", required_when='[grade] = "VIP" 且 [kind] = "company"')
    assert not submit(grade="A").problems
    sentence = "当 客户等级 = VIP 且 客户类型 = 企业 时，信用额度必须填写。"
    assert told(submit(grade="VIP", kind="company")) == {"credit_limit": sentence}
    assert not submit(grade="VIP", kind="company", credit_limit="1000").problems


def test_required_by_the_kind_of_customer(ledger, submit):
    ledger.parameters = {"required_by_kind": {"company": ["uscc"], "person": ["id_number"]}}
    ledger.save()
    assert told(submit(kind="company")) == {"uscc": "客户类型为「企业」时，统一社会信用代码必须填写。"}
    assert told(submit(kind="个人")) == {"id_number": "客户类型为「个人」时，证件号码必须填写。"}
    assert not submit(kind="overseas").problems
    assert "uscc" in told(submit())  # a customer without a kind is a company


def test_fields_of_parts(ledger, submit, setting):
    setting("mobile", need="required")
    assert told(submit()) == {"mobile": "手机必须填写。"}
    assert not submit(mobile="13800138000").problems
    assert not submit(
        parts={"contacts": [PartEdit({"name": "甲"}), PartEdit({"name": "乙", "mobile": "13800138001"})]}
    ).problems


def test_the_credit_code_is_a_tax_number(submit, setting):
    setting("tax_number", need="required")
    assert "tax_number" in told(submit())
    assert not submit(uscc="91330100799655058B").problems


def test_a_column_of_a_part_is_required_of_every_row(submit, setting):
    setting("contacts.title", need="required")
    assert not submit().problems
    edit = submit(parts={"contacts": [PartEdit({"name": "甲", "title": "经理"}), PartEdit({"name": "乙"})]})
    assert told(edit) == {"contacts.1.title": "联系人·职务必须填写。"}


def test_an_entry_template_requires_and_fills_in(ledger, submit):
    EntryTemplate.objects.create(
        ledger=ledger,
        code="fast",
        name="快速录入",
        required=["legal_person"],
        defaults={"grade": "B", "credit_days": 15},
    )
    edit = submit(template="fast")
    assert told(edit) == {"legal_person": "录入模板「快速录入」中，法定代表人必须填写。"}
    edit = submit(template="fast", legal_person="王芳", credit_days=None)
    customer = Customer.objects.get(pk=edit.customer_id)
    assert (customer.grade, customer.credit_days) == ("B", None)  # a default that was cleared stays clear


# --- not used, not shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [Policy(), Policy(report_duplicates=True)], ids=["page", "import"])
def test_a_field_that_is_not_used(submit, setting, door):
    setting("english_name", need="hidden")
    assert told(submit(english_name="Hengyuan", door=door)) == {
        "english_name": "本账套或该分类的客户不使用「英文名称」。"
    }
    assert not submit(english_name="", door=door).problems


def test_a_field_of_one_category_only(ledger, submit, own, setting, tree):
    own("x_area", "integer", label="门店面积")
    setting("x_area", need="hidden")
    setting("x_area", tree["retail"], need="required")
    assert told(submit(category="零售")) == {"x_area": "客户分类为「零售」时，门店面积必须填写。"}
    assert told(submit(category="经销商", x_area=80)) == {"x_area": "本账套或该分类的客户不使用「门店面积」。"}
    assert not submit(category="零售", x_area=80).problems
    catalogue = Catalogue.of(ledger)
    assert "x_area" in {each.key for each in catalogue.fields}  # some category uses it: it is on lists


def test_what_is_stored_in_a_field_no_longer_used_stays(submit, setting, add_customer):
    customer = add_customer(english_name="Hengyuan")
    setting("english_name", need="hidden")
    assert not submit(of=customer, english_name="Hengyuan", remark="改").problems
    assert told(submit(of=customer, english_name="Other"))
    customer.refresh_from_db()
    assert (customer.english_name, customer.remark) == ("Hengyuan", "改")


def test_an_unused_field_leaves_lists_forms_and_exports_but_is_known(ledger, setting):
    setting("english_name", need="hidden")
    catalogue = Catalogue.of(ledger)
    assert "english_name" not in {each.key for each in catalogue.fields}
    assert catalogue.get("english_name") is not None


def test_a_field_whose_condition_is_not_met_is_not_asked_for_and_keeps_its_value(ledger, submit, setting, add_customer):
    setting("legal_person", need="required", visible_when='[kind] <> "person"')
    assert told(submit(kind="company")) == {"legal_person": "法定代表人必须填写。"}
    assert not submit(kind="person").problems
    customer = add_customer(kind="company", legal_person="王芳")
    assert not submit(of=customer, kind="person").problems
    customer.refresh_from_db()
    assert customer.legal_person == "王芳"
    assert Rulebook(Catalogue.of(ledger)).hidden({"kind": "person"}) == {"legal_person"}


# --- customers from before -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [Policy(), Policy(report_duplicates=True)], ids=["page", "import"])
def test_a_customer_from_before_a_stricter_rule_can_be_edited_and_the_user_is_told(submit, setting, add_customer, door):
    customer = add_customer()
    setting("legal_person", need="required")
    edit = submit(of=customer, remark="改", door=door)
    assert not edit.refused
    assert told(edit, "warning") == {"legal_person": "法定代表人必须填写。"}
    assert told(submit(of=customer, legal_person="王芳", door=door)) == {}


def test_what_was_filled_in_cannot_be_emptied(submit, setting, add_customer):
    customer = add_customer(legal_person="王芳")
    setting("legal_person", need="required")
    assert told(submit(of=customer, legal_person="")) == {"legal_person": "法定代表人必须填写。"}


def test_a_blank_that_was_blank_is_no_change(submit, setting, add_customer):
    customer = add_customer()
    setting("legal_person", need="required")
    assert not submit(of=customer, legal_person="", remark="改").refused


def test_an_edit_that_makes_a_field_required_must_fill_it_in(submit, setting, add_customer):
    customer = add_customer()
    setting("uscc", required_when='[grade] = "VIP"')
    assert told(submit(of=customer, grade="VIP")) == {"uscc": "当 客户等级 = VIP 时，统一社会信用代码必须填写。"}
    assert not submit(of=customer, grade="VIP", uscc="91330100799655058B").problems


def test_a_change_of_category_brings_its_requirements(submit, tree, add_customer):
    customer = add_customer(category="LS")
    tree["dealer"].required_fields = ["legal_person"]
    tree["dealer"].save()
    assert told(submit(of=customer, category="JX1"))


def test_a_required_contact_that_is_stored_counts(submit, setting, add_customer):
    customer = add_customer(contact="王芳", mobile="13800138000")
    setting("mobile", need="required")
    assert not submit(of=customer, remark="改").problems
    row = customer.contacts.get()
    assert told(submit(of=customer, parts={"contacts": [PartEdit({}, pk=row.pk, remove=True)]})) == {
        "mobile": "手机必须填写。"
    }
    assert told(submit(of=customer, parts={"contacts": [PartEdit({"mobile": ""}, pk=row.pk)]})) == {
        "mobile": "手机必须填写。"
    }
    more = [PartEdit({}, pk=row.pk, remove=True), PartEdit({"name": "乙", "mobile": "13900139000"})]
    assert not submit(of=customer, parts={"contacts": more}).problems


# --- rules between fields -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [Policy(), Policy(report_duplicates=True)], ids=["page", "import"])
def test_if_vip_then_a_credit_limit(submit, rule, door):
    rule(when='[grade] = "VIP"', required=["credit_limit"])
    edit = submit(grade="VIP", door=door)
    assert told(edit) == {"credit_limit": "当 客户等级 = VIP 时，信用额度必须填写。"}
    assert edit.problems[0].suggestion == "（校验规则「规则」）"
    assert not submit(grade="VIP", credit_limit="10万", door=door).problems
    assert not submit(grade="A", door=door).problems


def test_what_must_hold(submit, rule):
    rule(must_hold="[credit_days] <= 90")
    rule(
        "大客户",
        when="[credit_limit] > 100000",
        must_hold="[credit_days] <= 30",
        message="大额客户账期不得超过 30 天。",
    )
    assert told(submit(credit_days=120)) == {"credit_days": "应满足：信用期（天） <= 90。"}
    assert told(submit(credit_days=60, credit_limit=200000)) == {"credit_days": "大额客户账期不得超过 30 天。"}
    assert not submit(credit_days=30, credit_limit=200000).problems


def test_blank_does_not_hold_unless_the_rule_says_so(submit, rule):
    rule(must_hold="[credit_days] 为空 或 [credit_days] <= 90")
    assert not submit().problems


@pytest.mark.parametrize(("severity", "saved"), [("error", False), ("reason", False), ("warning", True)])
def test_severity(submit, rule, severity, saved):
    rule(when='[grade] = "VIP"', required=["credit_limit"], severity=severity)
    assert (submit(grade="VIP").customer_id is not None) is saved
    assert (submit(grade="VIP", reason="老板同意").customer_id is not None) is (severity != "error")


def test_a_rule_broken_before_it_was_made_only_warns_of_other_edits(submit, rule, add_customer):
    customer = add_customer(grade="VIP")
    rule(when='[grade] = "VIP"', required=["credit_limit"])
    edit = submit(of=customer, remark="改")
    assert not edit.refused
    assert "credit_limit" in told(edit, "warning")
    assert told(submit(of=customer, grade="VIP", credit_limit=None)) == {}
    assert told(submit(of=add_customer(), grade="VIP"))


def test_a_rule_over_categories_tags_and_people(ledger, submit, rule, tree, users):
    from customers.models import Tag

    Tag.objects.create(ledger=ledger, name="重点")
    rule("分类", when='[category] 包含 "JX"', required=["legal_person"])
    rule("标签", when='[tags] 包含 "重点"', required=["remark"])
    rule("人", when='[owner] = "sales1"', required=["source"])
    assert told(submit(category="JX1")) == {"legal_person": "当 客户分类 包含 经销商 时，法定代表人必须填写。"}
    assert told(submit(tags="重点")) == {"remark": "当 标签 包含 重点 时，备注必须填写。"}
    assert told(submit(owner="小陈")) == {"source": "当 负责人 = 小陈 时，来源必须填写。"}


def test_a_rule_that_cannot_be_decided_refuses_nobody(submit, rule):
    rule("比例", must_hold="[credit_limit] / [credit_days] > 1")
    edit = submit(credit_limit=100, credit_days=0)
    assert not edit.refused
    assert told(edit, "warning") == {"": "校验规则「比例」无法判断：除数为零。"}


def test_a_rule_about_a_field_that_is_gone_is_listed_and_refuses_nobody(ledger, submit, rule):
    rule("旧规则", must_hold="[x_gone] > 1")
    assert not submit().problems
    assert Rulebook(Catalogue.of(ledger)).broken == [("校验规则「旧规则」", "第 1 个字符：没有名为「x_gone」的字段。")]


def test_a_disabled_rule_says_nothing(submit, rule):
    rule(required=["legal_person"], is_active=False)
    assert not submit().problems


# --- defaults ------------------------------------------------------------------------------------------------------------------


def test_defaults_come_from_category_then_template_then_set_then_field(ledger, submit, setting, own, tree):
    own("x_note", "text", label="附言", default="字段")
    setting("grade", default="C")
    tree["dealer"].defaults = {"credit_days": 60, "grade": "A"}
    tree["dealer"].save()
    EntryTemplate.objects.create(ledger=ledger, code="t", name="模板", defaults={"grade": "B", "source": "phone"})

    def saved(**values):
        customer = Customer.objects.get(pk=submit(**values).customer_id)
        return customer.grade, customer.credit_days, customer.source, customer.custom_values.get("x_note")

    assert saved() == ("C", None, "", "字段")
    assert saved(template="t") == ("B", None, "phone", "字段")
    assert saved(category="一级经销商", template="t") == ("A", 60, "phone", "字段")
    assert saved(category="JX", grade="VIP", x_note="自己写") == ("VIP", 60, "", "自己写")


def test_a_default_category_brings_its_own_defaults(ledger, submit, setting, tree):
    setting("category", default=tree["retail"].pk)
    tree["retail"].defaults = {"credit_days": 0}
    tree["retail"].save()
    customer = Customer.objects.get(pk=submit().customer_id)
    assert (customer.category, customer.credit_days) == (tree["retail"], 0)


def test_a_default_that_is_no_value_any_more_is_left_out(submit, setting):
    setting("grade", default="GONE")
    edit = submit()
    assert not edit.problems
    assert Customer.objects.get(pk=edit.customer_id).grade == ""


def test_defaults_are_for_new_customers_only(submit, setting, add_customer):
    customer = add_customer()
    setting("grade", default="C")
    submit(of=customer, remark="改")
    customer.refresh_from_db()
    assert customer.grade == ""


# --- names ---------------------------------------------------------------------------------------------------------------------


def test_a_renamed_field_is_called_so_everywhere(ledger, submit, setting, tree):
    setting("credit_limit", label="授信", help_text="万元", group="钱", position=1)
    setting("credit_limit", tree["dealer"], label="铺货额度")
    catalogue = Catalogue.of(ledger)
    field = catalogue.get("credit_limit")
    assert (field.label, field.help, field.group) == ("授信", "万元", "钱")
    assert catalogue.fields[0] is field
    assert catalogue.groups["钱"] == "钱"
    assert "信用额度" in field.synonyms  # a file with the old heading still finds it
    book = Rulebook(catalogue)
    assert [book.label(field, each) for each in (None, tree["retail"].pk, tree["first"].pk)] == [
        "授信",
        "授信",
        "铺货额度",
    ]
    setting("legal_person", need="required", label="老板")
    assert told(submit()) == {"legal_person": "老板必须填写。"}


def test_a_renamed_field_in_a_category_is_called_so_in_messages(submit, setting, tree):
    setting("credit_limit", tree["dealer"], label="铺货额度", need="required")
    assert told(submit(category="JX1")) == {"credit_limit": "客户分类为「经销商」时，铺货额度必须填写。"}


# --- cost ---------------------------------------------------------------------------------------------------------------------------


def test_a_thousand_edits_take_as_many_queries_as_one(ledger, system, setting, rule, add_customer):
    setting("mobile", need="required")
    setting("legal_person", required_when='[grade] = "VIP"')
    rule(when='[tags] 包含 "重点"', required=["remark"])
    customers = [add_customer(mobile="13800138000") for _number in range(12)]

    def prepare(some):
        edits = [Edit(values={"remark": "改"}, customer_id=each.pk) for each in some]
        edits += [Edit(values={"name": f"新{each.pk}", "mobile": "13800138001"}) for each in some]
        with CaptureQueriesContext(connection) as queries:
            Pipeline(ledger, system).prepare(edits)
        return len(queries)

    assert prepare(customers[:2]) == prepare(customers)


def test_loading_takes_few_queries_however_much_there_is(ledger, setting, rule, own, tree):
    for number in range(20):
        own(f"x_{number}", "text")
        setting(f"x_{number}", tree["dealer"], required_when='[grade] = "VIP"')
        rule(f"规则{number}", when=f'[x_{number}] = "甲"', required=["remark"])
    with CaptureQueriesContext(connection) as queries:
        book = Rulebook(Catalogue.of(ledger))
        book.required({"category": tree["first"].pk, "grade": "VIP"})
        book.problems({"x_1": "甲"})
    assert len(queries) <= 6
