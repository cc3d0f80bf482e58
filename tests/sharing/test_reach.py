"""Which rows each kind of scope gives, alone and together: what is asked as one predicate, and page by page, must be the same rows."""

import datetime

import pytest
from django.utils import timezone

from customers import listing
from customers.access import filters
from customers.fields import Catalogue
from customers.listing import ListQuery
from customers.models import Category, Customer, SalesRegion
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.models import Delegation, Membership, RowScope

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(add_customer, ledger, departments, users):
    """Customers of every kind; "blank" has no owner, department, category or sales region."""
    a, b = Category.objects.filter(ledger=ledger).order_by("pk")[:2]
    east = SalesRegion.objects.create(ledger=ledger, code="HD", name="华东")
    made = {
        "mine": {"owner": "sales1", "grade": "A"},
        "other": {"owner": "sales2", "grade": "B"},
        "cat": {"category": a.name, "province": "广东省"},
        "cat2": {"category": b.name, "province": "四川省", "grade": "A"},
        "east": {"province": "浙江省", "grade": "C"},
        "blank": {},
    }
    for at, (name, values) in enumerate(made.items()):
        made[name] = add_customer(name=f"第{at}号{name}公司", number=f"KH-{name:0>8}", **values)
    Customer.objects.filter(pk=made["east"].pk).update(sales_region=east)
    Customer.objects.filter(pk=made["blank"].pk).update(owner=None, department=None, category=None, sales_region=None)
    return made | {"a": a.pk, "b": b.pk, "region": east.pk}


@pytest.fixture
def seen(rows, ledger):
    """seen(user): names of the rows above, as the predicate says and as every order of the list says."""

    def look(user, actor=None):
        actor = actor or Actor.of(user, ledger.pk, Door.WEB)
        names = {each.pk: name for name, each in rows.items() if isinstance(each, Customer)}
        found = {names[pk] for pk in Customer.objects.visible_to(actor).values_list("pk", flat=True)}
        catalogue = Catalogue.of(ledger)
        for order in ("-id", "name", "-updated_at", "number"):
            page = listing.page(ListQuery(order=order), catalogue, actor)
            assert {names[row.pk] for row in page.customers} == found, order
            assert page.total == len(found), order
        searched = listing.page(ListQuery(text="公司"), catalogue, actor)
        assert {names[row.pk] for row in searched.customers} == found
        return found

    return look


EVERYTHING = {"mine", "other", "cat", "cat2", "east", "blank"}

KINDS = [
    ([("all", [])], EVERYTHING),
    ([("own", [])], {"mine"}),
    ([("department", [])], {"mine"}),
    ([("department_tree", [])], {"mine"}),
    ([("departments", ["D11", "D12"])], {"mine", "other"}),
    ([("departments", [])], set()),
    ([("provinces", ["广东省", "四川省"])], {"cat", "cat2"}),
    ([("categories", ["a"])], {"cat"}),
    ([("sales_regions", ["region"])], {"east"}),
    ([("filter", ["grade=A,C"])], {"mine", "cat2", "east"}),
    ([("filter", ["grade=A", "province=四川省"])], {"cat2"}),
    ([("filter", ["owner=me"])], {"mine"}),
    ([("filter", [])], set()),
    ([("filter", ["x_gone=1"])], set()),
    ([("own", []), ("categories", ["b"]), ("filter", ["grade=C"])], {"mine", "cat2", "east"}),
]


def _values(rows, departments, kind, values):
    """Names of the table above as what a scope holds."""
    if kind == "departments":
        return [departments[code].pk for code in values]
    return [
        rows.get(value, value) if isinstance(value, str) and value in ("a", "b", "region") else value
        for value in values
    ]


def _scopes(rows, departments, scopes):
    return [(kind, _values(rows, departments, kind, values)) for kind, values in scopes]


@pytest.mark.parametrize(("scopes", "expected"), KINDS)
def test_each_kind_of_scope(scopes, expected, rows, departments, users, ledger, member, seen):
    user = member("甲", scopes=_scopes(rows, departments, scopes), department="D11")
    if any(kind == "own" or values == ["owner=me"] for kind, values in scopes):
        Customer.objects.filter(owner=users["sales1"]).update(owner=user)
    assert seen(user) == expected


EXCLUDED = [
    ([("categories", ["a"])], EVERYTHING - {"cat"}),
    ([("departments", ["D11"])], EVERYTHING - {"mine"}),
    ([("sales_regions", ["region"])], EVERYTHING - {"east"}),
    ([("provinces", ["浙江省"])], None),
    ([("filter", ["grade=A"])], EVERYTHING - {"mine", "cat2"}),
    ([("filter", ["grade=-"])], {"mine", "other", "cat2", "east"}),
    ([("own", [])], EVERYTHING),
    ([("categories", [])], EVERYTHING),
    ([("filter", ["x_gone=1"])], set()),
    ([("filter", ["x_gone=1", "grade=A"])], EVERYTHING - {"mine", "cat2"}),
    ([("all", [])], set()),
    ([("categories", ["a"]), ("filter", ["grade=A"])], EVERYTHING - {"cat", "mine", "cat2"}),
]


@pytest.mark.parametrize(("without", "expected"), EXCLUDED)
def test_what_is_taken_away_goes_whoever_gives_it_and_rows_without_a_value_stay(
    without, expected, rows, departments, member, seen
):
    user = member("甲", scopes=[("all", [])], without=_scopes(rows, departments, without))
    if expected is None:
        expected = {name for name, row in rows.items() if isinstance(row, Customer) and row.province != "浙江省"}
    assert seen(user) == expected


def test_an_excluded_filter_on_a_field_of_ones_own_leaves_who_has_no_value(rows, ledger, member, seen, actor):
    from customers.own import designing, indexing  # noqa: F401
    from customers.services import pipeline
    from customers.services.edits import Edit

    by = actor("manager")
    designing.create(ledger, "boolean", {"label": "黑名单"}, by=by, key="x_black")
    from customers.models import CustomField

    CustomField.objects.filter(key="x_black").update(is_indexed=True)
    outcome = pipeline.submit(
        [Edit(values={"x_black": "是"}, customer_id=rows["mine"].pk)], ledger=ledger, by=by, kind="edit"
    )
    assert outcome.updated
    assert seen(member("甲", scopes=[("all", [])], without=[("filter", ["x_black=1"])])) == EVERYTHING - {"mine"}
    assert seen(member("乙", scopes=[("filter", ["x_black=1"])])) == {"mine"}


def test_several_roles_add_up_and_one_roles_exclusion_holds_for_all(rows, ledger, member, seen):
    user = member("甲", scopes=[("categories", [rows["a"], rows["b"]])])
    other = member("乙", scopes=[("filter", ["grade=C"])], without=[("categories", [rows["b"]])])
    Membership.objects.create(user=user, ledger=ledger, role=other.memberships.get().role)
    assert seen(user) == {"cat", "east"}


def test_who_stands_in_sees_the_others_rows_less_what_each_of_them_is_denied(rows, ledger, member, seen, until):
    away = member("甲", scopes=[("all", [])], without=[("filter", ["grade=C"])])
    user = member("乙", scopes=[("sales_regions", [rows["region"]])], without=[("categories", [rows["b"]])])
    given = Delegation.objects.create(
        ledger=ledger, delegator=away, delegate=user, rights=["view"], starts_on=timezone.localdate(), ends_on=until
    )
    assert seen(user) == EVERYTHING - {"cat2"}
    given.ends_on = timezone.localdate() - datetime.timedelta(days=1)
    given.starts_on = given.ends_on
    given.save()
    assert seen(user) == {"east"}


def test_who_looks_with_anothers_eyes_sees_what_both_see(rows, ledger, member, seen, share):
    from dataclasses import replace

    other = member("甲", scopes=[("filter", ["grade=A"])])
    viewer = member("乙", scopes=[("categories", [rows["b"]])])
    share(rows["other"], other, by="manager")
    other, viewer = (Actor.of(each, ledger.pk, Door.WEB) for each in (other, viewer))
    assert seen(None, other) == {"mine", "cat2", "other"}
    assert seen(None, replace(other, seen_by=viewer)) == {"cat2"}
    assert seen(None, replace(other, seen_by=Actor.system(ledger.pk))) == {"mine", "cat2", "other"}


def test_shares_come_on_top_of_scopes_and_under_exclusions(rows, member, seen, share):
    user = member("甲", scopes=[("categories", [rows["a"]])], without=[("filter", ["grade=C"])])
    for name in ("mine", "east", "blank"):
        share(rows[name], user, by="manager")
    assert seen(user) == {"cat", "mine", "blank"}


def test_pages_of_several_sources_hang_together(ledger, add_customer, member, share, users):
    """No row twice, none left out, both ways, for a customer that two sources open as well."""
    user = member("甲", scopes=[("filter", ["grade=A"]), ("provinces", ["广东省", "四川省"])])
    made = [
        add_customer(
            grade="AB"[n % 2], province=("广东省", "四川省", "浙江省")[n % 3], number=f"KH-{n:05}", owner="sales1"
        )
        for n in range(60)
    ]
    share(made[5], user, by="manager")
    actor, catalogue = Actor.of(user, ledger.pk, Door.WEB), Catalogue.of(ledger)
    expected = set(Customer.objects.visible_to(actor).values_list("pk", flat=True))
    for order in ("-id", "name", "-number"):
        found, query = [], ListQuery(order=order, size=25)
        while True:
            page = listing.page(query, catalogue, actor)
            found += [row.pk for row in page.customers]
            if not page.next_key:
                break
            query = ListQuery(order=order, size=25, after=page.next_key)
        assert len(found) == len(expected) > 25, order
        assert set(found) == expected, order
        back = listing.page(ListQuery(order=order, size=25, before=page.previous_key), catalogue, actor)
        assert [row.pk for row in back.customers] == found[:25] if len(found) <= 50 else True


@pytest.mark.parametrize("few", [0, 2_000])
@pytest.mark.parametrize("walked", [3, 20_000])
def test_every_way_of_a_sorted_page_gives_the_same(few, walked, rows, ledger, member, monkeypatch):
    """Those who reach few, the list walked in its order, and what is gathered and sorted."""
    from customers import reaching

    monkeypatch.setattr(reaching, "FEW", few)
    monkeypatch.setattr(reaching, "WALKED", walked)
    user = member("甲", scopes=[("filter", ["grade=A"]), ("sales_regions", [rows["region"]])])
    actor, catalogue = Actor.of(user, ledger.pk, Door.WEB), Catalogue.of(ledger)
    for order, expected in (("name", ["mine", "cat2", "east"]), ("-name", ["east", "cat2", "mine"])):
        page = listing.page(ListQuery(order=order), catalogue, actor)
        assert [row.pk for row in page.customers] == [rows[name].pk for name in expected]


# --- filters as text ------------------------------------------------------------------------------------------------------


def test_a_filter_is_written_and_read_in_the_words_of_the_list(ledger, rows):
    name = Category.objects.get(pk=rows["a"]).name
    values = filters.read(ledger, f"客户等级：A，B；省份：浙江\n客户分类：{name}；负责人：本人")
    assert values == ["grade=A,B", "province=浙江省", f"category={rows['a']}", "owner=me"]
    text = filters.write(ledger, values)
    assert filters.read(ledger, text) == values
    assert "本人" in text
    assert name in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "至少一个条件"),
        ("电话：13800138000", "敏感"),
        ("什么：1", "没有可以筛选的字段"),
        ("客户等级：Z", "没有「Z」"),
        ("客户等级：", "没有写值"),
        ("成立日期起：昨天", ""),
        ("；".join(["客户等级：A"] * 13), "最多"),
    ],
)
def test_a_filter_that_means_nothing_is_not_saved(text, told, ledger):
    with pytest.raises(BusinessError) as refused:
        filters.read(ledger, text)
    assert told in refused.value.message


def test_a_scope_by_filter_goes_to_another_set_by_names(ledger, rows):
    words = filters.as_words(ledger, [f"category={rows['a']}", "grade=A"])
    assert str(rows["a"]) not in "".join(words)
    assert filters.of_words(ledger, words) == [f"category={rows['a']}", "grade=A"]


def test_scopes_that_no_longer_name_anything_open_nothing(rows, member, sees):
    assert sees(member("甲", scopes=[("departments", [])])) == set()
    assert RowScope.objects.filter(kind="departments").exists()
