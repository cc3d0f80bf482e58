"""What a category gives its customers, inherited down the tree, and the cycle of reviews."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.categorising import giving, wording
from customers.models import Customer, NumberingRule
from customers.services import categories as inheritance
from customers.services import pipeline, reviews
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def give(actor):
    """give(category, review_months=6, defaults={…}): what it gives from now on."""

    def save(category, **said):
        about = {"numbering_rule": None, "required_fields": [], "review_months": None, "defaults": {}, **said}
        return giving.save(category, **about, by=actor("manager"))

    return save


def today():
    return timezone.localdate()


def due(customer):
    return Customer.objects.get(pk=customer.pk).next_review_on


# --- inheritance ------------------------------------------------------------------------------------------------------


def test_everything_comes_down_and_the_nearest_wins(ledger, tree, give):
    rule = NumberingRule.objects.filter(ledger=ledger).first()
    give(tree["01"], numbering_rule=rule, review_months=12, required_fields=["contact"],
         defaults={"grade": "A", "credit_days": "60"})  # fmt: skip
    give(tree["0101"], review_months=6, required_fields=["uscc"], defaults={"grade": "VIP"})
    told = inheritance.inherited(ledger)
    below, beside = told[tree["010101"].pk], told[tree["0102"].pk]
    assert (below.numbering_rule_id, below.review_months) == (rule.pk, 6)
    assert set(below.required_fields) == {"contact", "uscc"}
    assert below.defaults == {"grade": "VIP", "credit_days": 60}
    assert below.origins["default:credit_days"] == tree["01"].pk
    assert (beside.review_months, beside.defaults["grade"]) == (12, "A")
    assert told[tree["02"].pk] == inheritance.CategoryDefaults()


def test_the_tree_takes_one_query_however_large(ledger, tree, django_assert_num_queries):
    with django_assert_num_queries(1):
        inheritance.inherited(ledger)
    with django_assert_num_queries(1):
        assert inheritance.lineage(ledger)[tree["010101"].pk] == [tree[code].pk for code in ("010101", "0101", "01")]


def test_zero_months_end_an_inherited_cycle(ledger, tree, give):
    give(tree["01"], review_months=12)
    give(tree["0101"], review_months=0)
    assert inheritance.inherited(ledger)[tree["010101"].pk].review_months == 0


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"review_months": 500}, "review_months"),
        ({"defaults": {"grade": "没有"}}, "grade"),
        ({"defaults": {"credit_days": "很久"}}, "credit_days"),
        ({"defaults": {"owner": "nobody"}}, "owner"),
    ],
)
def test_bad_values_are_refused_as_a_customers_would_be(tree, give, said, field):
    with pytest.raises(BusinessError) as refused:
        give(tree["01"], **said)
    assert refused.value.field == field


def test_a_rule_of_another_set_is_refused(other_ledger, tree, give):
    theirs = NumberingRule.objects.filter(ledger=other_ledger).first()
    with pytest.raises(BusinessError, match="不属于这个账套"):
        give(tree["01"], numbering_rule=theirs)


def test_the_page_says_where_each_comes_from(client_of, ledger, tree, give):
    give(tree["01"], defaults={"grade": "A"})
    page = client_of("manager").get(reverse("category_edit", args=[ledger.code, tree["0101"].pk])).content.decode()
    assert "继承自「国内」" in page
    assert "A 级" in page


def test_the_words_take_a_constant_number_of_queries(ledger, tree, give, actor, django_assert_max_num_queries):
    give(tree["01"], defaults={"grade": "A", "owner": "sales1"}, required_fields=["contact"])
    with django_assert_max_num_queries(13):
        told = wording.given(tree["010101"].__class__.objects.get(pk=tree["010101"].pk), actor("manager"))
    assert {each.value for each in told} >= {"A 级", "小陈", "联系人"}


def test_the_form_saves_what_was_chosen(client_of, ledger, tree, users, fresh):
    address = reverse("category_defaults", args=[ledger.code, tree["01"].pk])
    answer = client_of("manager").post(
        address,
        {"review_months": "6", "required_fields": ["contact"], "give-grade": "A", "give-owner": users["sales1"].pk},
    )
    assert answer.status_code == 302, answer.context["form"].errors
    saved = fresh(tree["01"])
    assert (saved.review_months, saved.required_fields) == (6, ["contact"])
    assert saved.defaults == {"grade": "A", "owner": users["sales1"].pk}


def test_what_is_wrong_stands_on_its_field(client_of, ledger, tree):
    address = reverse("category_defaults", args=[ledger.code, tree["01"].pk])
    answer = client_of("manager").post(address, {"give-credit_days": "很久"})
    assert "give-credit_days" in answer.context["form"].errors


# --- reviews -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 22), 6, date(2027, 5, 22)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_later(day, months, wanted):
    assert reviews.later(day, months) == wanted


def test_a_new_customer_is_to_be_reviewed_after_one_cycle(tree, give, add_customer):
    give(tree["01"], review_months=6)
    assert add_customer(category="010101").next_review_on == reviews.later(today(), 6)
    assert add_customer(category="02").next_review_on is None


def test_a_date_that_somebody_said_wins(tree, give, add_customer):
    give(tree["01"], review_months=6)
    assert add_customer(category="01", next_review_on="2030-01-01").next_review_on == date(2030, 1, 1)


def test_a_customer_who_comes_into_a_category_gets_its_cycle(ledger, tree, give, add_customer, system):
    give(tree["01"], review_months=6)
    customer = add_customer(category="02")
    pipeline.submit([Edit({"category": "01"}, customer_id=customer.pk)], ledger=ledger, by=system, kind="edit")
    assert due(customer) == reviews.later(today(), 6)


def test_confirming_begins_the_next_cycle_with_history(ledger, tree, give, add_customer, actor, client_of):
    give(tree["01"], review_months=6)
    customer = add_customer(category="01", next_review_on="2026-01-05", owner="sales1")
    browser = client_of("sales1")
    page = browser.get(customer.get_absolute_url())
    assert "待复核（2026-01-05 到期）" in page.content.decode()
    browser.post(reverse("customer_reviewed", args=[ledger.code, customer.pk]))
    assert due(customer) == reviews.later(today(), 6)
    row = Customer.history.filter(id=customer.pk).latest("history_id")
    assert (row.history_change_reason, row.history_user.username) == ("已复核", "sales1")


def test_where_the_cycle_ended_the_last_confirmation_takes_the_date_away(add_customer, tree, actor):
    customer = add_customer(category="01", next_review_on="2026-01-05")
    assert reviews.confirm(customer, by=actor("manager")) is None
    assert due(customer) is None


def test_who_may_not_edit_may_not_confirm(client_of, ledger, tree, add_customer, actor):
    customer = add_customer(category="01", next_review_on="2026-01-05", owner="sales1")
    address = reverse("customer_reviewed", args=[ledger.code, customer.pk])
    assert "已复核" not in client_of("viewer").get(customer.get_absolute_url()).content.decode()
    assert client_of("viewer").post(address).status_code == 403
    assert client_of("sales2").post(address).status_code == 404
    assert due(customer) == date(2026, 1, 5)
    with pytest.raises(NotAllowed):
        reviews.confirm(customer, by=actor("viewer"))


def test_a_hidden_date_is_neither_shown_nor_hinted_at(client_of, ledger, tree, add_customer):
    from permissions.models import FieldRule, Role
    from permissions.rights import Level

    customer = add_customer(category="01", next_review_on="2026-01-05", owner="sales1")
    role = Role.objects.get(ledger=ledger, code="sales")
    FieldRule.objects.create(role=role, field="next_review_on", level=Level.HIDDEN)
    browser = client_of("sales1")
    for address in (customer.get_absolute_url(), reverse("customer_list", args=[ledger.code])):
        page = browser.get(address).content.decode()
        assert "2026-01-05" not in page and "复核" not in page
    due_list = browser.get(reverse("customer_list", args=[ledger.code]), {"f-next_review_on": "due"})
    assert customer.name in due_list.content.decode()  # the filter is not his, so it filters nothing


def test_the_list_of_what_is_due(client_of, ledger, tree, add_customer):
    late = add_customer(name="迟到有限公司", next_review_on="2026-01-05")
    later = add_customer(name="更迟有限公司", next_review_on="2025-01-05")
    add_customer(name="未到有限公司", next_review_on="2099-01-05")
    add_customer(name="不复核有限公司")
    answer = client_of("manager").get(reverse("customer_list", args=[ledger.code]), {"f-next_review_on": "due"})
    assert [row.customer.pk for row in answer.context["rows"]] == [later.pk, late.pk]
    assert "待复核" in answer.content.decode()


def test_a_changed_cycle_moves_the_dates_in_the_background(tree, give, add_customer, work):
    give(tree["01"], review_months=12)
    far = add_customer(category="0101")
    never = add_customer(category="0102")
    other = add_customer(category="02", next_review_on="2031-01-01")
    assert give(tree["0102"], review_months=0) is not None
    work()
    assert due(never) is None
    assert give(tree["01"], review_months=18) is not None
    work()
    assert due(far) == reviews.later(reviews.later(today(), 12), 6)
    assert due(never) is None
    assert due(other) == date(2031, 1, 1)


def test_a_shorter_cycle_puts_nobody_into_the_past(tree, give, add_customer, work):
    give(tree["01"], review_months=24)
    soon = add_customer(category="01", next_review_on=reviews.later(today(), 1).isoformat())
    give(tree["01"], review_months=1)
    work()
    assert due(soon) == today()


def test_nothing_to_do_asks_for_no_work(tree, give):
    assert give(tree["01"], review_months=12) is None


# --- where it acts --------------------------------------------------------------------------------------------------------


def test_a_new_customer_begins_with_the_defaults_unless_somebody_says_otherwise(tree, give, add_customer, users):
    give(tree["01"], defaults={"grade": "A", "credit_days": "60", "owner": "sales1", "credit_limit": "50000"})
    plain = add_customer(category="010101")
    assert (plain.grade, plain.credit_days, plain.owner_id) == ("A", 60, users["sales1"].pk)
    assert plain.credit_limit == 50_000
    assert add_customer(category="010101", grade="B").grade == "B"
    assert add_customer(category="02").grade == ""


def test_required_fields_of_the_categories_above(ledger, tree, give, system):
    give(tree["01"], required_fields=["legal_person"])

    def complaints(category):
        edit = Edit({"name": "试一试有限公司", "category": category})
        pipeline.Pipeline(ledger, system).prepare([edit])
        return {problem.field for problem in edit.problems if problem.severity == "error"}

    assert "legal_person" in complaints("010101")
    assert "legal_person" not in complaints("02")


def test_the_categorys_rule_numbers_its_customers(ledger, tree, give, add_customer):
    parts = [{"type": "literal", "text": "GN"}, {"type": "serial", "width": 4, "start": 1, "step": 1}]
    rule = NumberingRule.objects.create(ledger=ledger, name="国内", parts=parts, state=NumberingRule.State.ACTIVE)
    NumberingRule.objects.filter(ledger=ledger).exclude(pk=rule.pk).update(priority=5)  # for everybody else
    give(tree["01"], numbering_rule=rule)
    assert add_customer(category="010101").number == "GN0001"
    assert add_customer(category="02").number.startswith("KH")
