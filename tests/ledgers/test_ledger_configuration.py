"""The configuration of a set as a document: copied, kept in a file, refused when it is broken, the same in every set."""

import json

import pytest

from customers.models import Category, CustomField, EntryTemplate, NumberingRule, SalesRegion, ValidationRule
from customers.services import numbering
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.services import configuration, copying, creating, templates
from ledgers.services.parameters import change_parameters
from permissions.models import FieldRule, Role, RowScope

pytestmark = pytest.mark.django_db

NAMES = ("trade", "manufacturing", "service", "export")


def made_from(name: str, by, code: str = "T01") -> Ledger:
    ledger = creating.create_draft(code=code, name=f"模板{code}", by=by, fiscal_year=2026)
    copying.lay_into(ledger, templates.read(name)["sections"], by=by, template=name)
    creating.activate(ledger, by=by)
    ledger.refresh_from_db()
    return ledger


def without_names(content):
    """A document without what a set is called."""
    return {key: value for key, value in content.items() if key != "name"}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_says_the_same_in_the_set_that_it_made(users, name):
    ledger = made_from(name, users["manager"])
    found = configuration.compare(templates.read(name)["sections"], configuration.read(ledger), ledger)
    assert [(row.section, row.name, row.lines) for rows in found.values() for row in rows if row.kind != "extra"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_worth_having(users, name):
    ledger = made_from(name, users["manager"])
    parents = dict(Category.objects.filter(ledger=ledger).values_list("pk", "parent_id"))
    deepest = max(sum(1 for _step in _line(parents, pk)) for pk in parents)
    assert deepest == 3
    assert SalesRegion.objects.filter(ledger=ledger).count() >= 7
    assert CustomField.objects.filter(ledger=ledger).count() >= 5
    assert EntryTemplate.objects.filter(ledger=ledger).exists()
    assert ValidationRule.objects.filter(ledger=ledger, required=["credit_limit"]).exists()
    assert ledger.events.filter(kind="settings").count() == 2  # chosen, and activated: one line each


def _line(parents, node):
    while node:
        yield node
        node = parents[node]


def test_two_sets_of_one_document_have_the_same_document(users):
    first = made_from("manufacturing", users["manager"])
    kept = configuration.parse(configuration.dump(configuration.document(first)), "a.json")
    second = creating.create_draft(code="T02", name="二", by=users["manager"], fiscal_year=2026)
    copying.lay_into(second, kept["sections"], by=users["manager"])
    creating.activate(second, by=users["manager"])
    second.refresh_from_db()
    assert without_names(configuration.document(second)) == without_names(configuration.document(first))
    assert configuration.compare(configuration.read(first), configuration.read(second), second) == {}


def test_references_travel_by_code(users, ledger, other_ledger):
    """A role's categories, a rule's conditions: other ids in the other set, the same codes."""
    here = Category.objects.get(ledger=ledger, code="ZD")
    role = Role.objects.get(ledger=ledger, code="viewer")
    role.scopes.all().delete()
    RowScope.objects.create(role=role, kind="categories", values=[here.pk])
    rule = NumberingRule.objects.get(ledger=ledger)
    rule.conditions = {"categories": [here.pk]}
    rule.save()
    here.numbering_rule = rule
    here.defaults = {"category": here.pk}
    here.save()

    wanted = configuration.read(ledger)
    assert wanted["roles"]["viewer"]["scopes"] == [{"kind": "categories", "values": ["ZD"]}]
    chosen = {key: wanted[key] for key in ("roles", "numbering")}
    configuration.apply(other_ledger, chosen, by=None)

    there = Category.objects.get(ledger=other_ledger, code="ZD")
    assert there.pk != here.pk
    assert Role.objects.get(ledger=other_ledger, code="viewer").scopes.get().values == [there.pk]
    in_force = numbering.rule_in_force(other_ledger)
    assert in_force.conditions == {"categories": [there.pk]}
    assert there.numbering_rule == in_force


def test_what_is_data_does_not_travel(users, ledger, add_customer):
    add_customer()
    text = configuration.dump(configuration.document(ledger))
    assert "杭州测试" not in text
    assert "base_currency" not in text


def test_parameters_and_roles_of_the_copied_set(users, ledger):
    change_parameters(ledger, {"name_policy": "block", "rate_rule": "fixed"}, by=None)
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="remark", level=0)
    copy = creating.create_draft(code="C01", name="副本", by=users["manager"], fiscal_year=2026)
    copying.copy_configuration(ledger, copy, by=users["manager"])
    assert copy.parameter("name_policy") == "block"  # the wizard's forms show it at once
    assert not copy.roles.exists()  # the rest is only chosen
    creating.activate(copy, by=users["manager"])
    assert copy.parameter("rate_rule") == "fixed"
    assert copy.roles.get(code="sales").field_rules.filter(field="remark", level=0).exists()


def test_only_a_draft_takes_a_document_as_its_beginning(ledger, other_ledger):
    with pytest.raises(BusinessError, match="草稿"):
        copying.copy_configuration(ledger, other_ledger)


def test_the_manager_keeps_the_keys(ledger):
    roles = configuration.read(ledger)["roles"]
    manager = {**roles["manager"], "rights": ["view"]}
    with pytest.raises(BusinessError, match="账套主管必须保有"):
        configuration.apply(ledger, {"roles": {"manager": manager}}, by=None)
    assert "configure" in ledger.roles.get(code="manager").rights


def test_all_or_nothing(ledger):
    content = configuration.filled({"tags": {"新标签": {}}, "categories": {"X": {"name": "甲", "parent": "没有"}}})
    with pytest.raises(BusinessError, match="客户分类「甲 X」：上级分类「没有」不存在"):
        configuration.apply(ledger, content, by=None)
    assert not ledger.tags.filter(name="新标签").exists()


GOOD = {"format": 1, "sections": {"categories": {"A": {"name": "甲"}}}}


def broken(**change) -> str:
    return json.dumps({**GOOD, **change}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["第 1 行第 1 列"]),
        ('{"format": 1,\n "sections": {"tags": }}', ["第 2 行"]),
        ("[]", ["键值对象"]),
        ('{"format": 1}', ["缺少「sections」"]),
        (broken(format=9), ["format", "1 到 1"]),
        (broken(colour="red"), ["colour", "没有「colour」这一项"]),
        (broken(sections={"farm": {}}), ["没有「farm」这一部分", "categories"]),
        ('{"format": 1, "sections": {"tags": {"甲": {}, "甲": {}}}}', ["「甲」出现了两次"]),
        (broken(sections={"categories": {"A": {}}}), ["客户分类 categories → A", "缺少「name」"]),
        (broken(sections={"categories": {"A": {"name": 3}}}), ["A → name", "应为文字"]),
        (broken(sections={"categories": {"A": {"name": "甲", "parnet": "B"}}}), ["没有「parnet」这一项"]),
        (
            broken(
                sections={
                    "categories": {
                        "A": {"name": "甲", "parent": "C"},
                        "B": {"name": "乙", "parent": "A"},
                        "C": {"name": "丙", "parent": "B"},
                    }
                }
            ),
            ["客户分类 categories → A", "绕成了一圈", "a → c → b → a"],
        ),
        (broken(sections={"categories": {"A": {"name": "甲"}, "a": {"name": "乙"}}}), ["编码重复"]),
        (broken(sections={"parameters": {"colour": 1}}), ["参数 parameters → colour", "没有这个参数"]),
        (broken(sections={"currencies": {"XXX": {}}}), ["ISO 4217"]),
        (broken(sections={"sales_regions": {"HD": {"name": "华东", "places": ["99"]}}}), ["GB/T 2260"]),
        (
            broken(
                sections={
                    "sales_regions": {"A": {"name": "甲", "places": ["33"]}, "B": {"name": "乙", "places": ["33"]}}
                }
            ),
            ["33", "已属于区域 A"],
        ),
        (broken(sections={"custom_fields": {"colour": {"label": "颜色", "type": "text"}}}), ["colour", "格式不对"]),
        (broken(sections={"custom_fields": {"x_a": {"label": "颜色", "type": "colour"}}}), ["type", "可选"]),
        (broken(sections={"custom_fields": {"x_a": {"label": "颜色", "type": "choice"}}}), ["选项集"]),
        (broken(sections={"numbering": {"规则": {"parts": [{"type": "literal", "text": "KH"}]}}}), ["流水号"]),
        (broken(sections={"roles": {"x": {"name": "甲", "rights": ["fly"]}}}), ["rights → 1", "fly"]),
        (broken(sections={"validation_rules": {"规则": {}}}), ["既没有必填字段"]),
        ('{"format": 1, "sections": ' + '{"a":' * 40 + "1" + "}" * 40 + "}", ["嵌套过深"]),
        ('{"format": 1, "sections": {"parameters": {"default_credit_days": NaN}}}', ["NaN"]),
        ("[" * 100_000, []),
    ],
)
def test_a_broken_file_is_refused_with_file_place_and_fault(text, words):
    with pytest.raises(BusinessError) as refused:
        configuration.parse(text, "mine.json")
    assert "mine.json" in refused.value.message
    for word in words:
        assert word in refused.value.message


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"parameters": {"default_credit_days": -5}}, ["参数「默认账期", "0 到"]),
        ({"parameters": {"name_policy": "perhaps"}}, ["客户名称重复", "之一"]),
        ({"parameters": {"currency_decimals": {"CNY": 9}}}, ["小数位"]),
        ({"custom_fields": {"x_a": {"label": "甲", "type": "choice", "choice_set": "none"}}}, ["没有选项集「none」"]),
        ({"field_settings": {"x_none": {"need": "required"}}}, ["没有字段「x_none」"]),
        ({"field_settings": {"remark@NONE": {"need": "required"}}}, ["没有客户分类「NONE」"]),
        ({"entry_templates": {"t": {"name": "甲", "sections": [{"label": "一", "fields": ["x_none"]}]}}}, ["x_none"]),
        ({"validation_rules": {"规则": {"when": "[没有的字段] = 1", "required": ["remark"]}}}, ["规则", "没有的字段"]),
        ({"custom_fields": {"x_f": {"label": "公式", "type": "formula", "formula": "[x_f] + 1"}}}, ["公式 x_f"]),
        (
            {
                "numbering": {
                    "规则": {"parts": [{"type": "serial", "width": 6}], "conditions": {"departments": ["D99"]}}
                }
            },
            ["D99"],
        ),
        (
            {"roles": {"x": {"name": "甲", "rights": [], "scopes": [{"kind": "departments", "values": ["D99"]}]}}},
            ["D99"],
        ),
    ],
)
def test_a_document_that_cannot_come_true_says_which_item(ledger, section, words):
    content = configuration.parse(json.dumps({"format": 1, "sections": section}), "mine.json")["sections"]
    before = configuration.read(ledger)
    with pytest.raises(BusinessError) as refused:
        configuration.apply(ledger, content, by=None)
    for word in words:
        assert word in refused.value.message
    assert configuration.read(ledger) == before


def test_a_field_keeps_its_type(ledger):
    field = {"custom_fields": {"x_a": {"label": "甲", "type": "text"}}}
    configuration.apply(ledger, configuration.filled(field), by=None)
    field["custom_fields"]["x_a"]["type"] = "integer"
    with pytest.raises(BusinessError, match="不能直接改为"):
        configuration.apply(ledger, configuration.filled(field), by=None)


def test_a_firm_keeps_templates_of_its_own(settings, tmp_path, users):
    settings.LEDGER_TEMPLATES = str(tmp_path)
    (tmp_path / "own.json").write_text(json.dumps({**GOOD, "name": "本公司"}), encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe\x00")
    assert templates.names()["own"] == "本公司"
    assert "文件有误" in templates.names()["broken"]
    with pytest.raises(BusinessError, match=r"broken\.json.*第 1 行"):
        templates.read("broken")
    with pytest.raises(BusinessError, match=r"latin\.json"):
        templates.read("latin")
