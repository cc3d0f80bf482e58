"""A field that somebody may not read whole is found nowhere: not in pages, filters, orders, searches, files, history or errors."""

import pytest
from django.urls import reverse

from customers import listing
from customers.fields import Catalogue
from customers.listing import ListQuery
from customers.models import Customer, CustomField
from customers.search import finding
from imports.exports.cells import Row, exportable
from imports.exports.records import records
from permissions.models import FieldRule, Role
from permissions.rights import Level

SECRET = "绝密词语甲乙丙"


@pytest.fixture
def hide(ledger):
    def rule(role, level, key="x_secret"):
        FieldRule.objects.create(role=Role.objects.get(ledger=ledger, code=role), field=key, level=level)

    return rule


@pytest.fixture(params=["hidden", "masked", "sensitive"])
def case(request, own, hide, add_customer):
    """(customer, what the reader may see of the value); the reader is 查看员."""
    own("x_secret", "text", label="密约", in_list=True, is_searchable=request.param != "sensitive",
        is_sensitive=request.param == "sensitive")  # fmt: skip
    if request.param != "sensitive":
        hide("viewer", Level.HIDDEN if request.param == "hidden" else Level.MASKED)
    customer = add_customer(name="保密机械有限公司", x_secret=SECRET)
    return customer, request.param


def test_no_page_shows_it(case, client_of, ledger):
    customer, kind = case
    browser = client_of("viewer")
    detail = reverse("customer_detail", args=[ledger.code, customer.pk])
    for address in (
        reverse("customer_list", args=[ledger.code]),
        detail,
        *(f"{detail}?tab={tab}" for tab in ("basic", "history")),
        f"{reverse('customer_list', args=[ledger.code])}?sort=x_secret&f-x_secret={SECRET}",
    ):
        text = browser.get(address, follow=True).content.decode()
        assert SECRET not in text.replace(f'value="{SECRET}"', "")
        if kind == "hidden" and "f-x_secret" not in address:
            assert "密约" not in text
    assert SECRET in client_of("manager").get(detail).content.decode()


def test_neither_filter_order_nor_search_tells_it(case, ledger, actor, add_customer):
    customer, _kind = case
    add_customer(name="另一家公司")
    who, catalogue = actor("viewer"), Catalogue.of(ledger)
    assert listing.filter_field(catalogue, who, "x_secret") is None
    both = listing.page(ListQuery(), catalogue, who).customers
    assert listing.page(ListQuery(filters={"x_secret": SECRET}), catalogue, who).customers == both
    assert listing.page(ListQuery(filters={"x_secret": "-"}), catalogue, who).customers == both
    for order in ("x_secret", "-x_secret"):
        assert listing.page(ListQuery(order=order), catalogue, who).customers == both
    found = Customer.objects.visible_to(who).filter(finding.search("绝密词语", who).condition)
    assert list(found) == []


def test_no_file_holds_it(case, ledger, actor):
    customer, kind = case
    who, catalogue = actor("viewer"), Catalogue.of(ledger)
    fields = exportable(catalogue, who)
    assert ("x_secret" in {each.key for each in fields}) == (kind != "hidden")
    row = Row(catalogue, who, fields)
    cells = [cell for record in records([customer.pk], who, fields) for cell in row.cells(record)]
    assert SECRET not in str(cells)


def test_nobody_writes_what_he_may_not_edit_and_a_mask_is_no_value(own, add_customer, save, stored):
    own("x_secret", "text", is_sensitive=True)
    customer = add_customer(x_secret=SECRET)
    before = stored(customer)
    edit = save({"x_secret": "改掉"}, of=customer, by="service")
    assert [each.code for each in edit.problems] == ["field.not_allowed"]
    masked = save({"x_secret": "绝密词****乙丙", "remark": "改"}, of=customer, by="service")
    assert (masked.problems, masked.changed, stored(customer)) == ([], ["remark"], before)


@pytest.mark.parametrize(
    ("type", "raw", "shown_as"),
    [
        ("phone", "13800138000", "138****8000"),
        ("email", "zhang@example.com", "z***@example.com"),
        ("text", "330106199001011234", "330***********1234"),
        ("money", "98765.43", "***"),
        ("date", "2024-01-05", "***"),
        ("integer", "42", "***"),
    ],
)
def test_each_type_is_masked_in_its_way(own, add_customer, shown, type, raw, shown_as):
    own("x_secret", type, is_sensitive=True)
    customer = add_customer(x_secret=raw)
    assert shown(customer, "x_secret", by="viewer") == shown_as
    assert shown(customer, "x_secret", by="manager") not in ("", shown_as)


def test_a_rule_for_the_field_goes_before_the_sensitive_level(own, hide, add_customer, shown):
    own("x_secret", "text", is_sensitive=True)
    hide("viewer", Level.READ)
    assert shown(add_customer(x_secret=SECRET), "x_secret", by="viewer") == SECRET


def test_an_old_value_stays_protected_when_the_field_is_out_of_use(case, client_of, ledger):
    customer, kind = case
    CustomField.objects.update(state=CustomField.State.DISABLED)
    page = client_of("viewer").get(f"{reverse('customer_detail', args=[ledger.code, customer.pk])}?tab=history")
    assert SECRET not in page.content.decode()


def test_a_clash_tells_the_word_but_not_whose_it_is(own, save, add_customer, users):
    own("x_once", "text", is_unique=True)
    add_customer(name="别人的公司", x_once="甲乙", owner=users["sales2"].pk)
    mine = add_customer(owner=users["sales1"].pk)
    edit = save({"x_once": "甲乙"}, of=mine, by="sales1")
    assert "别人的公司" not in " ".join(each.message + each.suggestion for each in edit.problems)
