"""Formula fields: computed for every edit that touches what they read, stored like any value, recomputed when the formula changes."""

import pytest

from customers.fields import Catalogue
from customers.models import Customer
from customers.rulebook import book as rulebook
from customers.rulebook.book import Rulebook
from customers.services import pipeline, writing
from customers.services.edits import Edit
from customers.services.pipeline import Pipeline
from erp_site.jobs import runner
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(own):
    """收入, 成本, 毛利 = 收入 - 成本, 毛利率 = 毛利 / 收入 × 100."""
    own("x_income", "money", label="收入")
    own("x_cost", "money", label="成本")
    rate = own(
        "x_rate", "formula", label="毛利率", formula="[x_profit] / [x_income] * 100", formula_kind="number", decimals=1
    )
    own("x_profit", "formula", label="毛利", formula="[x_income] - [x_cost]", formula_kind="number")
    return rate


def values_of(customer):
    customer.refresh_from_db()
    return customer.custom_values


def test_formulas_are_computed_one_from_another_and_stored(save, fields):
    customer = Customer.objects.get(pk=save({"name": "甲", "x_income": "1000", "x_cost": "666.66"}).customer_id)
    assert customer.custom_values == {"x_income": "1000.00", "x_cost": "666.66", "x_profit": "333.34", "x_rate": "33.3"}


def test_a_change_of_an_input_changes_the_result(save, fields, add_customer):
    customer = add_customer(x_income=100, x_cost=40)
    edit = save({"x_cost": 50}, of=customer)
    assert edit.changed == ["x_cost", "x_profit", "x_rate"]
    assert values_of(customer)["x_profit"] == "50.00"
    assert save({"remark": "改"}, of=customer).changed == ["remark"]


def test_a_division_by_zero_is_blank_and_told(save, fields, add_customer):
    edit = save({"name": "甲", "x_income": 0, "x_cost": 5})
    assert [(each.field, each.severity, each.message) for each in edit.problems] == [
        ("x_rate", "warning", "「毛利率」没有结果：除数为零。")
    ]
    customer = Customer.objects.get(pk=edit.customer_id)
    assert "x_rate" not in customer.custom_values
    assert customer.custom_values["x_profit"] == "-5.00"
    save({"x_income": 10}, of=customer)
    assert values_of(customer)["x_rate"] == "50.0"
    save({"x_income": 0}, of=customer)
    assert "x_rate" not in values_of(customer)


def test_blank_inputs_give_a_blank_without_complaint(save, fields):
    edit = save({"name": "甲", "x_income": 5})
    assert not edit.problems
    assert Customer.objects.get(pk=edit.customer_id).custom_values == {"x_income": "5.00"}


def test_a_formula_cannot_be_written_from_outside(save, fields, add_customer):
    customer = add_customer(x_income=100, x_cost=40)
    save({"x_profit": "999", "remark": "改"}, of=customer)
    assert values_of(customer)["x_profit"] == "60.00"


@pytest.mark.parametrize(
    ("formula", "kind", "values", "result"),
    [
        ('[grade] & "-" & [credit_days]', "text", {"grade": "A", "credit_days": 30}, "A-30"),
        ("[registered_on] + 365", "date", {"registered_on": "2025-01-01"}, "2026-01-01"),
        ("[credit_limit] > 1000", "boolean", {"credit_limit": "5000"}, True),
        ("个数([tags])", "number", {}, "0.00"),
        ("[credit_limit] * 0 - 0", "number", {"credit_limit": "-5"}, "0.00"),  # no minus nought
        ('如果([category] 包含 "JX", "经销", "直客")', "text", {}, "直客"),
    ],
)
def test_results_of_every_kind(own, save, formula, kind, values, result):
    own("x_f", "formula", formula=formula, formula_kind=kind)
    assert Customer.objects.get(pk=save({"name": "甲"} | values).customer_id).custom_values == {"x_f": result}


def test_a_number_too_large_to_keep_is_no_result(own, save):
    own("x_f", "formula", label="平方", formula="[credit_limit] * [credit_limit]", formula_kind="number")
    edit = save({"name": "甲", "credit_limit": "999999999999"})
    assert [each.message for each in edit.problems] == ["「平方」没有结果：结果超过 18 位数字。"]
    assert not edit.refused


def test_rules_may_read_formulas(fields, save, ledger, add_customer):
    from customers.models import ValidationRule

    ValidationRule.objects.create(ledger=ledger, name="毛利", when="[x_rate] < 10", required=["remark"])
    edit = save({"name": "甲", "x_income": 100, "x_cost": 95})
    assert [each.message for each in edit.problems] == ["当 毛利率 < 10 时，备注必须填写。"]
    customer = add_customer(x_income=100, x_cost=50)
    assert save({"x_cost": 99}, of=customer).refused


def test_formulas_that_need_each_other_are_left_out_and_listed(own, save, ledger):
    own("x_a", "formula", label="甲", formula="[x_b] + 1", formula_kind="number")
    own("x_b", "formula", label="乙", formula="[x_a] + 1", formula_kind="number")
    assert not save({"name": "甲"}).problems
    assert Rulebook(Catalogue.of(ledger)).broken == [("公式字段", "公式绕成了一圈：甲 → 乙 → 甲。")]


def test_two_people_who_change_different_inputs_get_the_result_of_both(fields, ledger, system, add_customer):
    customer = add_customer(x_income=100, x_cost=40)
    edits = [Edit(values={key: value}, customer_id=customer.pk, base_version=customer.version)
             for key, value in (("x_income", 200), ("x_cost", 50))]  # fmt: skip
    for edit in edits:  # both looked before either wrote
        Pipeline(ledger, system).prepare([edit])
    for edit in edits:
        writing.write([edit], ledger=ledger, by=system, kind="edit")
    assert values_of(customer) == {"x_income": "200.00", "x_cost": "50.00", "x_profit": "150.00", "x_rate": "75.0"}


def test_a_changed_formula_is_recomputed_for_all_in_the_background(fields, ledger, actor, add_customer, system):
    customers = [add_customer(x_income=100, x_cost=cost) for cost in (10, 20)]
    fields.formula = "[x_cost] / [x_income]"
    fields.decimals = 2
    fields.save()
    job = rulebook.recompute(ledger, fields, by=actor("manager"))
    runner.run_pending()
    job.refresh_from_db()
    assert job.result["changed"] == 2, job.error
    assert [values_of(each)["x_rate"] for each in customers] == ["0.10", "0.20"]
    history = Customer.history.filter(id=customers[0].pk).order_by("-history_id").first()
    assert history.batch.reason == "公式「毛利率」已修改，重新计算"


def test_a_recomputation_refuses_nobody_though_a_rule_is_now_broken(fields, ledger, actor, add_customer):
    from customers.models import ValidationRule

    customer = add_customer(x_income=100, x_cost=10)
    ValidationRule.objects.create(ledger=ledger, name="毛利", must_hold="[x_rate] > 50")
    fields.formula = "0 - [x_cost]"
    fields.save()
    rulebook.recompute(ledger, fields, by=actor("manager"))
    runner.run_pending()
    assert values_of(customer)["x_rate"] == "-10.0"


def test_only_formulas_are_recomputed(own, ledger, actor):
    with pytest.raises(BusinessError, match="不是公式字段"):
        rulebook.recompute(ledger, own("x_a", "text", label="甲"), by=actor("manager"))


def test_results_are_filtered_and_sorted_as_what_they_are(fields, ledger, add_customer):
    from customers.models import CustomValue

    for cost in (1, 95, 50):
        add_customer(x_income=100, x_cost=cost)
    copies = CustomValue.objects.filter(field=fields).order_by("number").values_list("number", flat=True)
    assert [float(each) for each in copies] == [5, 50, 99]


def test_a_formula_among_unprepared_edits_is_computed_at_the_import_door(fields, ledger, system):
    edits = [Edit(values={"name": f"第{n}家", "x_income": 10 * n, "x_cost": n}) for n in range(1, 40)]
    outcome = pipeline.submit(
        edits, ledger=ledger, by=system, kind="import", policy=pipeline.Policy(report_duplicates=True)
    )
    assert len(outcome.added) == 39
    assert {each["x_rate"] for each in Customer.objects.values_list("custom_values", flat=True)} == {"90.0"}
