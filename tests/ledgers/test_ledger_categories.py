"""客户分类 and 标签: tree without cycles, order, retiring; tags in use stay."""

import pytest
from django.urls import reverse

from customers.models import Category, Tag
from customers.settings import categories, tags
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(ledger):
    """A → B → C, and D beside A; the categories that every set begins with are taken away."""
    Category.objects.filter(ledger=ledger).delete()
    made = {}
    for code, parent in (("A", None), ("B", "A"), ("C", "B"), ("D", None)):
        made[code] = categories.save(ledger, code=code, name=f"分类{code}", parent=made.get(parent), by=None)
    return made


def change(category, **values):
    now = {"code": category.code, "name": category.name, "parent": category.parent}
    return categories.save(category.ledger, **{**now, **values}, by=None, category=category)


def order(ledger):
    return [(node.category.code, node.depth) for node in categories.tree(ledger)]


def test_the_order_of_the_tree(ledger, tree):
    assert order(ledger) == [("A", 0), ("B", 1), ("C", 2), ("D", 0)]


@pytest.mark.parametrize("parent", ["A", "B", "C"])
def test_no_category_stands_below_itself(tree, parent):
    with pytest.raises(BusinessError) as refused:
        change(tree["A"], parent=tree[parent])
    assert refused.value.field == "parent"
    assert Category.objects.get(pk=tree["A"].pk).parent is None


def test_the_form_does_not_offer_what_makes_a_cycle(client_of, ledger, tree):
    page = client_of("manager").get(reverse("category_edit", args=[ledger.code, tree["A"].pk]))
    offered = {str(value) for value, _label in page.context["form"].fields["parent"].choices}
    assert offered == {"", str(tree["D"].pk)}
    address = reverse("category_edit", args=[ledger.code, tree["A"].pk])
    answer = client_of("manager").post(address, {"code": "A", "name": "分类A", "parent": tree["C"].pk})
    assert "parent" in answer.context["form"].errors


def test_a_branch_moves_with_what_is_below(ledger, tree):
    change(tree["B"], parent=tree["D"])
    assert order(ledger) == [("A", 0), ("D", 0), ("B", 1), ("C", 2)]


def test_not_deeper_than_six(ledger, tree):
    deepest = tree["C"]
    for code in ("E", "F", "G"):
        deepest = categories.save(ledger, code=code, name=code, parent=deepest, by=None)
    with pytest.raises(BusinessError, match="最多 6 级"):
        categories.save(ledger, code="H", name="H", parent=deepest, by=None)
    with pytest.raises(BusinessError, match="最多 6 级"):
        change(tree["A"], parent=tree["D"])


def test_up_and_down(client_of, ledger, tree):
    address = reverse("category_move", args=[ledger.code, tree["D"].pk])
    browser = client_of("manager")
    browser.post(address, {"direction": "up"})
    assert order(ledger)[0] == ("D", 0)
    browser.post(address, {"direction": "up"})  # at the top already
    assert order(ledger)[0] == ("D", 0)
    browser.post(address, {"direction": "down"})
    assert order(ledger)[0] == ("A", 0)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"code": "a"}, "code", "已存在"),
        ({"code": "A B"}, "code", "字母、数字"),
        ({"code": "A/B"}, "code", "字母、数字"),
        ({"code": "重点"}, "code", "字母、数字"),
        ({"code": "X" * 21}, "code", "20"),
        ({"name": "分类a"}, "name", "同一级中已有"),
        ({"name": ""}, "name", ""),
    ],
)
def test_what_is_wrong_stands_on_its_field(client_of, ledger, tree, values, field, words):
    data = {"code": "NEW", "name": "新分类", "parent": "", **values}
    answer = client_of("manager").post(reverse("category_list", args=[ledger.code]), data)
    assert words in str(answer.context["form"].errors[field])
    assert Category.objects.filter(ledger=ledger).count() == 4


def test_retired_from_below_and_taken_up_from_above(ledger, tree):
    with pytest.raises(BusinessError, match="下级"):
        categories.set_active(tree["A"], False, by=None)
    categories.set_active(tree["C"], False, by=None)
    categories.set_active(tree["B"], False, by=None)
    with pytest.raises(BusinessError, match="上级"):
        categories.set_active(Category.objects.get(pk=tree["C"].pk), True, by=None)
    offered = [name.strip("　") for _pk, name in categories.choices(ledger)]
    assert offered == ["分类A", "分类D"]


def test_the_page_retires_once_however_often_pressed(client_of, ledger, tree):
    for _press in range(2):
        client_of("manager").post(reverse("category_toggle", args=[ledger.code, tree["D"].pk]), {"active": "0"})
    assert not Category.objects.get(pk=tree["D"].pk).is_active
    assert ledger.events.filter(detail="停用分类「分类D」").count() == 1


def test_categories_of_another_set_are_no_parents(ledger, other_ledger, tree):
    theirs = Category.objects.filter(ledger=other_ledger).first()
    with pytest.raises(BusinessError, match="不属于这个账套"):
        categories.save(ledger, code="X", name="X", parent=theirs, by=None)


def test_a_strange_parent_in_the_address_does_no_harm(client_of, ledger):
    assert client_of("manager").get(reverse("category_list", args=[ledger.code]), {"parent": "x"}).status_code == 200


def test_tags(client_of, ledger):
    browser, page = client_of("manager"), reverse("tag_list", args=[ledger.code])
    browser.post(page, {"name": "  展会  客户 "})
    tag = Tag.objects.get(ledger=ledger)
    assert tag.name == "展会 客户"
    assert "已存在" in str(browser.post(page, {"name": "展会 客户"}).context["form"].errors["name"])
    too_long = browser.post(page, {"name": "甲，" + "乙" * 31})
    assert "30 个字" in str(too_long.context["form"].errors["name"])
    assert Tag.objects.filter(ledger=ledger).count() == 1  # all of them or none
    browser.post(reverse("tag_edit", args=[ledger.code, tag.pk]), {"name": "展会"})
    assert Tag.objects.get(ledger=ledger).name == "展会"
    browser.post(reverse("tag_remove", args=[ledger.code, tag.pk]))
    assert not Tag.objects.filter(ledger=ledger).exists()


def test_a_tag_that_customers_bear_is_not_deleted(ledger, add_customer):
    tag = tags.save(ledger, "展会")
    add_customer(tags="展会")
    with pytest.raises(BusinessError, match="已用于客户"):
        tags.remove(tag)
    assert Tag.objects.filter(pk=tag.pk).exists()
