"""Which rule numbers a customer, and what stands in his number."""

import datetime

import pytest

from customers.models import Category, NumberingRule, SalesRegion
from customers.services.number_rules import RuleSet
from permissions.models import Company

from .conftest import serial, text

pytestmark = pytest.mark.django_db


def test_a_number_says_region_and_category(ledger, rule, add_customer):
    SalesRegion.objects.create(ledger=ledger, code="HD", name="华东", places=["33"])
    Category.objects.create(ledger=ledger, code="VIP", name="贵宾")
    parts = [{"type": "sales_region"}, text("-"), {"type": "category"}, text("-"), serial(5)]
    rule(parts, "prefix", replaces=True)
    given = [add_customer(category="VIP", sales_region="HD").number for _ in range(2)]
    assert given == ["HD-VIP-00001", "HD-VIP-00002"]
    assert add_customer(category="PT", sales_region="HD").number == "HD-PT-00001"


def test_a_number_says_the_level_of_the_tree(ledger, rule, add_customer):
    top = Category.objects.create(ledger=ledger, code="QY", name="企业")
    Category.objects.create(ledger=ledger, code="QY01", name="国企", parent=top)
    rule([{"type": "category", "level": 1, "counts": True}, serial(4)], "parts", replaces=True)
    assert add_customer(category="QY01").number == "QY0001"
    assert add_customer(category="QY").number == "QY0002"


def test_a_number_says_department_and_company(departments, rule, add_customer):
    firm = Company.objects.create(code="HZ", name="杭州公司")
    departments["D1"].company = firm
    departments["D1"].save()
    rule([{"type": "company"}, text("."), {"type": "department"}, text("."), serial(3)], "prefix", replaces=True)
    assert add_customer(owner="sales1").number == "HZ.D11.001"


def test_a_number_says_a_field_through_a_mapping(rule, add_customer):
    grades = {"type": "field", "key": "grade", "map": {"VIP": "V", "A": "A"}, "default": "P"}
    rule([grades, serial(5)], replaces=True)
    assert [add_customer(grade=grade).number for grade in ("VIP", "B", "")] == ["V00001", "P00002", "P00003"]


def test_the_counter_begins_anew_with_its_period_and_not_twice(ledger, rule):
    rule([text("KH"), {"type": "date", "format": "YYYYMMDD"}, serial(3)], "day", replaces=True)
    days = [datetime.date(2027, 12, 31), datetime.date(2028, 1, 1), datetime.date(2028, 2, 29)]
    scopes = [RuleSet(ledger, on=day).ready[0].plan.scope(RuleSet(ledger, on=day).context({})) for day in days]
    assert scopes == ["20271231", "20280101", "20280229"]


def test_conditions_and_priority_choose(ledger, rule, add_customer, departments):
    rule([text("GR"), serial(5)], conditions={"kinds": ["person"]})
    rule([text("ZH"), serial(5)], conditions={"sources": ["exhibition"]}, priority=5)
    rule([text("YB"), serial(5)], conditions={"departments": [departments["D1"].pk]})
    assert add_customer(kind="person", name="张三").number == "GR00001"
    assert add_customer(kind="person", name="李四", source="exhibition").number == "ZH00001"
    assert add_customer(owner="sales1").number == "YB00001"
    assert add_customer().number == "KH000001"


def test_a_category_names_its_own_rule_for_all_below_it(ledger, rule, add_customer):
    vip = Category.objects.create(ledger=ledger, code="VIP", name="贵宾")
    Category.objects.create(ledger=ledger, code="VIP1", name="贵宾一", parent=vip)
    own = rule([text("V"), serial(5)], conditions={"kinds": ["person"]}, priority=0)
    vip.numbering_rule = own
    vip.save()
    assert add_customer(category="VIP1").number == "V00001"


def test_an_unsound_rule_numbers_nobody(ledger, rule, save, codes):
    NumberingRule.objects.filter(ledger=ledger).update(parts=[{"type": "literal"}])
    edit = save("manager", {"name": "杭州甲公司"})
    assert codes(edit) == ["number.no_rule"]


def test_a_customer_that_lacks_what_the_rule_wants_is_refused_before_saving(rule, save, codes):
    rule([{"type": "sales_region"}, serial(5)], "prefix", replaces=True)
    edit = save("manager", {"name": "某某公司"})
    assert codes(edit) == ["number.missing_part"]
    assert "销售区域" in next(problem.message for problem in edit.problems if problem.field == "number")


def test_a_number_that_grew_too_long_is_refused_before_saving(ledger, rule, save, codes):
    rule([{"type": "category"}, serial(5)], "prefix", replaces=True)
    Category.objects.create(ledger=ledger, code="A" * 18, name="很长")
    assert codes(save("manager", {"name": "杭州甲公司", "category": "很长"})) == ["number.too_long"]
