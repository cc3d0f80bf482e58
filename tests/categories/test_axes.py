"""等级, 来源, 行业 and 标签 as axes: colours, retired entries, merging, counting."""

import pytest
from django.urls import reverse

from customers.categorising import counting, merging
from customers.fields import Catalogue
from customers.models import Customer, Tag
from customers.services import pipeline
from customers.services.edits import Edit
from customers.settings import parameters, tags
from erp_site.shared.errors import BusinessError
from ledgers.parameters import choices_in

pytestmark = pytest.mark.django_db

GRADES = [["VIP", "贵宾", "danger"], ["A", "A 级"], ["C", "C 级", "", False]]


@pytest.fixture
def grades(ledger):
    parameters.save(ledger, {"grades": GRADES}, by=None)


def complaint(ledger, system, **values):
    edit = Edit({"name": "试一试有限公司", **values})
    pipeline.Pipeline(ledger, system).prepare([edit])
    return " ".join(problem.message for problem in edit.problems)


def test_the_old_pairs_are_still_read(ledger):
    assert [each.code for each in choices_in(ledger.parameter("grades"))] == ["VIP", "A", "B", "C"]


def test_a_retired_grade_is_shown_but_not_given(ledger, system, grades, add_customer):
    field = Catalogue.of(ledger).get("grade")
    assert dict(field.choices).keys() == {"VIP", "A"}
    assert dict(field.old_choices) == {"C": "C 级"}
    assert "不在可选范围" in complaint(ledger, system, grade="C")


def test_who_bears_a_retired_grade_keeps_it(client_of, ledger, system, add_customer):
    customer = add_customer(grade="C")
    parameters.save(ledger, {"grades": GRADES}, by=None)
    page = client_of("manager").get(customer.get_absolute_url()).content.decode()
    assert "C 级" in page
    pipeline.submit([Edit({"remark": "x"}, customer_id=customer.pk)], ledger=ledger, by=system, kind="edit")
    assert Customer.objects.get(pk=customer.pk).grade == "C"


@pytest.mark.parametrize(
    "value",
    [
        [["A", "甲", "pink"]],
        [["A", "甲", "", "yes"]],
        [["A", "甲", "", False]],  # none left to choose
        [["A", "甲", "", True, 1]],
        "A",
    ],
)
def test_bad_lists_are_refused(ledger, value):
    with pytest.raises(BusinessError):
        parameters.save(ledger, {"grades": value}, by=None)


def test_in_use_stays_with_the_way_out(ledger, add_customer):
    add_customer(grade="C")
    with pytest.raises(BusinessError, match="已用于客户") as refused:
        parameters.save(ledger, {"grades": GRADES[:2]}, by=None)
    assert "停用" in refused.value.remedy


def test_a_large_set_is_not_read_through(ledger, add_customer, monkeypatch):
    monkeypatch.setattr(parameters, "LOOKED_AT", 1)
    add_customer(grade="C")
    add_customer()
    add_customer()
    with pytest.raises(BusinessError, match="客户较多"):
        parameters.save(ledger, {"grades": GRADES[:2]}, by=None)


def test_the_colour_is_on_the_card_and_in_the_list(client_of, ledger, grades, add_customer):
    customer = add_customer(grade="VIP")
    badge = 'data-tone="danger"'
    browser = client_of("manager")
    assert badge in browser.get(customer.get_absolute_url()).content.decode()
    assert badge in browser.get(reverse("customer_list", args=[ledger.code])).content.decode()


# --- industry ---------------------------------------------------------------------------------------------------------------


def test_an_industry_by_code_name_or_both(add_customer):
    for text in ("34", "C34", "通用设备制造业", "C34 通用设备制造业"):
        assert add_customer(industry=text).industry == "34"


def test_a_section_finds_its_divisions(client_of, ledger, add_customer):
    made = [add_customer(industry="34"), add_customer(industry="C")]
    add_customer(industry="01")
    answer = client_of("manager").get(reverse("customer_list", args=[ledger.code]), {"f-industry": "C"})
    assert {row.customer.pk for row in answer.context["rows"]} == {each.pk for each in made}


# --- tags ---------------------------------------------------------------------------------------------------------------------


def test_several_at_once(client_of, ledger):
    browser, page = client_of("manager"), reverse("tag_list", args=[ledger.code])
    browser.post(page, {"name": "展会，月结\n年度  框架、展会"})
    assert set(Tag.objects.values_list("name", flat=True)) == {"展会", "月结", "年度 框架"}


def test_counts_and_colour(client_of, ledger, add_customer):
    tag = tags.save(ledger, "展会")
    add_customer(tags="展会")
    client_of("manager").post(reverse("tag_edit", args=[ledger.code, tag.pk]), {"name": "展会", "colour": "info"})
    page = client_of("manager").get(reverse("tag_list", args=[ledger.code]))
    assert [(row["tag"].colour, row["customers"]) for row in page.context["rows"]] == [("info", 1)]


def test_one_tag_of_two(client_of, ledger, add_customer, work):
    old, new = tags.save(ledger, "展览"), tags.save(ledger, "展会")
    one, both = add_customer(tags="展览"), add_customer(tags="展览,展会")
    client_of("manager").post(reverse("tag_merge", args=[ledger.code, old.pk]), {"to": new.pk})
    work()
    for customer in (one, both):
        assert list(customer.customer_tags.values_list("tag_id", flat=True)) == [new.pk]
    assert counting.per_tag(ledger).of == {new.pk: 2}


def test_its_name_goes_on_meaning_the_other(ledger, add_customer, actor):
    old, new = tags.save(ledger, "展览"), tags.save(ledger, "展会")
    assert merging.merge_tags(old, into=new, by=actor("manager")) is None
    customer = add_customer(tags="展览,展会")
    assert list(customer.customer_tags.values_list("tag_id", flat=True)) == [new.pk]
    with pytest.raises(BusinessError, match="已并入「展会」"):
        tags.save(ledger, "展览")


def test_a_form_opened_while_tags_merge_takes_nothing_off(ledger, add_customer, actor, system):
    old, new = tags.save(ledger, "展览"), tags.save(ledger, "展会")
    customer = add_customer(tags="展览")
    merging.merge_tags(old, into=new, by=actor("manager"))
    pipeline.submit([Edit({"tags": [old.pk]}, customer_id=customer.pk)], ledger=ledger, by=system, kind="edit")
    assert list(customer.customer_tags.values_list("tag_id", flat=True)) == [new.pk]


@pytest.mark.parametrize("target", ["self", "other", ""])
def test_a_tag_that_cannot_take_it_in(client_of, ledger, other_ledger, target):
    tag = tags.save(ledger, "展会")
    other = tags.save(other_ledger, "别家")
    to = {"self": tag.pk, "other": other.pk, "": ""}[target]
    client_of("manager").post(reverse("tag_merge", args=[ledger.code, tag.pk]), {"to": to})
    assert Tag.objects.get(pk=tag.pk).merged_into_id is None


# --- counting -------------------------------------------------------------------------------------------------------------------


def test_counts_come_down_to_one_query_and_add_up(ledger, add_customer, django_assert_num_queries):
    from customers.settings import categories

    top = categories.save(ledger, code="X", name="X", parent=None, by=None)
    below = categories.save(ledger, code="X1", name="X1", parent=top, by=None)
    for code in ("X", "X1", "X1"):
        add_customer(category=code)
    with django_assert_num_queries(1):
        counts = counting.per_category(ledger)
    nodes = [node.category for node in categories.tree(ledger)]
    totals = counting.with_those_below(counts, nodes)
    assert (counts.get(top.pk), totals[top.pk], totals[below.pk]) == (1, 3, 2)


def test_a_dear_count_is_kept_and_says_of_when_it_is(ledger, add_customer, monkeypatch):
    monkeypatch.setattr(counting, "_CHEAP", -1)
    monkeypatch.setattr(counting, "PATIENCE", 10_000)
    counting.per_category(ledger)
    add_customer(category="ZD")
    again = counting.per_category(ledger)
    assert again.at is not None
    assert sum(again.of.values()) == 0
    from django.core.cache import cache

    cache.clear()
