"""Circles, depth, size: what is refused, with what is wrong and where; nothing breaks."""

import pytest
from django.urls import reverse

from customers.models import Category
from customers.settings import categories
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


def test_a_circle_is_refused_with_its_chain(tree):
    top = tree["01"]
    with pytest.raises(BusinessError) as refused:
        categories.save(top.ledger, code=top.code, name=top.name, parent=tree["010101"], by=None, category=top)
    assert "「国内」 → 「杭州」 → 「华东分公司」 → 「国内」" in refused.value.message
    with pytest.raises(BusinessError, match="→"):
        categories.place(top, tree["0101"], categories.INSIDE, by=None)


def test_a_circle_that_somebody_made_in_the_database_breaks_no_page(client_of, ledger, tree):
    Category.objects.filter(pk=tree["01"].pk).update(parent=tree["010101"])
    assert client_of("manager").get(reverse("category_list", args=[ledger.code])).status_code == 200
    assert client_of("manager").get(reverse("customer_list", args=[ledger.code])).status_code == 200
    from customers.services.categories import inherited

    assert len(inherited(ledger)) == 5


def test_a_taken_code_names_its_bearer(ledger, tree):
    with pytest.raises(BusinessError, match="华东分公司"):
        categories.save(ledger, code="0101", name="新", parent=None, by=None)


@pytest.mark.parametrize("where", ["before", "after", "inside", "sideways", ""])
def test_dragging_anything_anywhere_never_breaks(client_of, ledger, tree, where):
    browser, address = client_of("manager"), reverse("category_place", args=[ledger.code])
    for category, target in ((tree["01"], tree["010101"]), (tree["01"], tree["01"]), (tree["02"], tree["0101"])):
        answer = browser.post(address, {"category": category.pk, "target": target.pk, "where": where})
        assert answer.status_code == 302
    assert browser.post(address, {"category": "x", "target": "", "where": where}).status_code == 302
    assert browser.post(address, {"category": 999_999, "target": tree["02"].pk}).status_code == 404


def test_dragging_orders_and_moves(client_of, ledger, tree):
    browser, address = client_of("manager"), reverse("category_place", args=[ledger.code])

    def drag(code, target, where):
        browser.post(address, {"category": tree[code].pk, "target": tree[target].pk, "where": where})
        return [(node.category.code, node.depth) for node in categories.tree(ledger)]

    assert drag("02", "01", "before")[0] == ("02", 0)
    assert drag("0102", "0101", "before")[1:] == [("01", 0), ("0102", 1), ("0101", 1), ("010101", 2)]
    assert drag("0101", "02", "inside")[:3] == [("02", 0), ("0101", 1), ("010101", 2)]


def test_a_category_of_another_set_is_not_to_be_dragged(client_of, ledger, other_ledger, tree):
    theirs = Category.objects.filter(ledger=other_ledger).first()
    address = reverse("category_place", args=[ledger.code])
    answer = client_of("manager").post(address, {"category": tree["02"].pk, "target": theirs.pk, "where": "inside"})
    assert answer.status_code == 404


def test_searching_the_tree(client_of, ledger, tree):
    page = client_of("manager").get(reverse("category_list", args=[ledger.code]), {"q": "华"})
    assert {row.node.category.code for row in page.context["rows"]} == {"0101", "0102"}


def test_two_thousand_categories_stay_quick(client_of, ledger, tree, django_assert_max_num_queries):
    rows = [
        Category(ledger=ledger, code=f"T{n:04}", name=f"分类{n}", parent=tree["02"], position=n) for n in range(2000)
    ]
    Category.objects.bulk_create(rows)
    with django_assert_max_num_queries(40):
        page = client_of("manager").get(reverse("category_list", args=[ledger.code]))
    assert page.context["is_folded"]
    assert len(page.content) < 2_000_000


def test_pages_are_the_configurers_alone(client_of, ledger, tree):
    addresses = [
        reverse("category_list", args=[ledger.code]),
        reverse("category_codes", args=[ledger.code]),
        *(reverse(name, args=[ledger.code, tree["01"].pk]) for name in
          ("category_edit", "category_defaults", "category_customers")),
        reverse("region_list", args=[ledger.code]),
        reverse("tag_list", args=[ledger.code]),
    ]  # fmt: skip
    for address in addresses:
        assert client_of("manager").get(address).status_code == 200, address
        assert client_of("sales1").get(address).status_code == 403, address
        assert client_of("sales1").post(address, {}).status_code == 403, address
        assert client_of("outsider").get(address).status_code == 404, address
