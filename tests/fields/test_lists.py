"""Filter, order, search and columns by own fields; and that each is answered by an index, not by reading the table."""

import pytest
from django.db import connection

from customers import listing
from customers.fields import Catalogue
from customers.listing import ListQuery
from customers.models import Customer, CustomField
from customers.search import finding
from erp_site.shared.errors import BusinessError


@pytest.fixture
def find(ledger, actor):
    """find({"x_area__from": "10"}, by=…): numbers of the customers that the list shows."""

    def ask(filters=None, by="manager", **more):
        who = actor(by)
        page = listing.page(ListQuery(filters=filters or {}, **more), Catalogue.of(ledger), who)
        return [customer.name for customer in page.customers]

    return ask


@pytest.fixture
def people(own, add_customer, users):
    own("x_area", "decimal", label="面积")
    own("x_since", "date")
    own("x_level", "choice")
    own("x_goods", "multi_choice")
    own("x_listed", "boolean")
    own("x_code", "text")
    own("x_buddy", "user")
    own("x_parent", "customer")
    a = add_customer(name="甲公司", x_area="10", x_since="2024-01-05", x_level="甲级", x_goods="甲级,乙级", x_listed="是", x_code="Ab-1",
                     x_buddy="小陈")  # fmt: skip
    b = add_customer(name="乙公司", x_area="20.5", x_since="2025-06-30", x_level="乙级", x_goods="乙级", x_listed="否", x_code="zz",
                     x_parent=a.number)  # fmt: skip
    c = add_customer(name="丙公司", x_area="-3")
    d = add_customer(name="丁公司")
    return a, b, c, d


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"x_area": "20.5"}, "乙"),
        ({"x_area": "20.50"}, "乙"),
        ({"x_area__from": "10"}, "乙甲"),
        ({"x_area__from": "10", "x_area__to": "15"}, "甲"),
        ({"x_area__to": "0"}, "丙"),
        ({"x_area": "-"}, "丁"),
        ({"x_since__from": "2025年1月1日"}, "乙"),
        ({"x_since": "2024-01-05"}, "甲"),
        ({"x_level": "a"}, "甲"),
        ({"x_level": "a,b"}, "乙甲"),
        ({"x_level": "-"}, "丁丙"),
        ({"x_goods": "b"}, "乙甲"),
        ({"x_goods": "a"}, "甲"),
        ({"x_listed": "1"}, "甲"),
        ({"x_listed": "0"}, "乙"),
        ({"x_code": "AB-1"}, "甲"),
        ({"x_code": "ab"}, ""),
        ({"x_buddy": "小陈"}, "甲"),
        ({"x_area__from": "10", "x_level": "b"}, "乙"),
        ({"x_unknown": "1"}, "丁丙乙甲"),
    ],
)
def test_a_filter_finds_what_it_says(people, find, filters, names):
    assert [name[0] for name in find(filters)] == list(names)


def test_a_filter_by_another_customer(people, find):
    assert find({"x_parent": people[0].number}) == ["乙公司"]
    assert find({"x_parent": str(people[0].pk)}) == ["乙公司"]


def test_a_filter_that_means_nothing_is_said(people, find):
    for filters in ({"x_area": "很大"}, {"x_since__from": "昨天"}, {"x_level": "丙级"}):
        with pytest.raises(BusinessError):
            find(filters)


@pytest.mark.parametrize("order", ["x_area", "-x_area", "x_code", "-x_since", "x_listed", "x_level"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_order_of_a_field_is_walked_page_by_page_both_ways(people, ledger, actor, monkeypatch, order, step):
    who, catalogue = actor("manager"), Catalogue.of(ledger)
    whole = [each.pk for each in listing.page(ListQuery(order=order, size=50), catalogue, who).customers]
    assert len(whole) == 4
    forward, after = [], ""
    while True:
        page = listing.page(ListQuery(order=order, size=step, after=after), catalogue, who)
        forward += [each.pk for each in page.customers]
        after, last = page.next_key, page
        if not after:
            break
    assert forward == whole
    backward, before = [each.pk for each in last.customers], last.previous_key
    while before:
        page = listing.page(ListQuery(order=order, size=step, before=before), catalogue, who)
        backward = [each.pk for each in page.customers] + backward
        before = page.previous_key
    assert backward == whole


def test_values_come_up_or_down_and_blanks_stand_behind_either_way(people, find):
    assert [name[0] for name in find(order="x_area")] == list("丙甲乙丁")
    assert [name[0] for name in find(order="-x_area")] == list("乙甲丙丁")


def test_a_field_that_is_not_filterable_is_offered_for_neither(own, add_customer, find, ledger, actor):
    own("x_note", "text", is_filterable=False)
    add_customer(name="甲公司", x_note="有")
    add_customer(name="乙公司")
    assert listing.filter_field(Catalogue.of(ledger), actor("manager"), "x_note") is None
    assert find({"x_note": "有"}, order="x_note") == ["乙公司", "甲公司"]
    CustomField.objects.update(is_filterable=True, is_indexed=False)
    assert listing.filter_field(Catalogue.of(ledger), actor("manager"), "x_note") is None, "its copies are not made yet"


@pytest.mark.parametrize(
    ("type", "value"), [("phone", "13800138000"), ("money", "12.5"), ("date", "2024-01-05"), ("text", "密约甲")]
)
def test_a_sensitive_field_is_found_whole_and_by_those_who_read_it(
    own, add_customer, find, client_of, ledger, type, value
):
    own("x_secret", type, is_sensitive=True)
    add_customer(name="甲公司", x_secret=value)
    add_customer(name="乙公司")
    assert find({"x_secret": value}) == ["甲公司"]
    assert find({"x_secret": "-"}) == ["乙公司"]
    assert find({"x_secret": value}, by="viewer") == ["乙公司", "甲公司"]
    answer = client_of("manager").get(f"/l/{ledger.code}/customers/?f-x_secret={value}")
    assert answer.status_code == 302, "the value does not stay in the address"
    assert value not in answer["Location"]


def test_the_list_page_shows_sorts_and_filters(people, client_of, ledger):
    CustomField.objects.update(in_list=True)
    page = client_of("manager").get(f"/l/{ledger.code}/customers/?sort=-x_area&f-x_area__from=0").content.decode()
    assert "20.50" in page
    assert page.index("乙公司") < page.index("甲公司")
    assert "丙公司" not in page
    assert "小陈" in page
    assert "sort=x_area" in page, "the heading turns the order"


def test_search_finds_by_a_searchable_field(own, add_customer, actor):
    own("x_plate", "text", is_searchable=True)
    own("x_note", "text")
    one = add_customer(x_plate="浙A·12345", x_note="找不到我的")
    who = actor("manager")

    def found(text):
        return list(
            Customer.objects.visible_to(who).filter(finding.search(text, who).condition).values_list("pk", flat=True)
        )

    assert found("浙A12345") == [one.pk]
    assert found("a123") == [one.pk]
    assert found("找不到") == []


# --- plans -------------------------------------------------------------------------------------------------------------


def plan(queryset) -> str:
    sql, params = queryset.query.sql_with_params()
    prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(prefix + sql, params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.fixture
def many(people, ledger):
    """Enough customers and copies for the planner to mind, straight into the tables."""
    from customers.models import ChangeBatch

    area = CustomField.objects.get(key="x_area").pk
    level = CustomField.objects.get(key="x_level").pk
    batch = ChangeBatch.objects.filter(ledger=ledger).first().pk
    columns = ("name, name_key, kind, status, state, short_name, english_name, pinyin, mnemonic_code, uscc, id_number, legal_person, "
               "capital_currency, grade, industry, source, province, city, district, region_code, address, postal_code, phone, email, "
               "website, remark, custom_values, version, created_at, updated_at, created_batch_id, last_batch_id, ledger_id")  # fmt: skip
    required = ", ".join(columns.split(", "))
    with connection.cursor() as cursor:
        series = (
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000) "
            if connection.vendor == "sqlite" else "WITH s AS (SELECT n FROM generate_series(1, 20000) n) "
        )  # fmt: skip
        cast = "CAST(n AS TEXT)"
        cursor.execute(
            f"INSERT INTO customers_customer (number, number_key, {required}) {series}"
            f"SELECT 'P' || {cast}, 'P' || {cast}, {required} FROM s, (SELECT * FROM customers_customer ORDER BY id LIMIT 1) t"
            if connection.vendor == "postgresql" else
            f"INSERT INTO customers_customer (number, number_key, {required}) "
            f"SELECT 'P' || {cast}, 'P' || {cast}, {required} FROM ({series} SELECT n FROM s), "
            f"(SELECT * FROM customers_customer ORDER BY id LIMIT 1) t"
        )  # fmt: skip
        for field, column, value in (
            (area, "number", "id % 5000"),
            (level, "text", "CASE WHEN id % 2 = 0 THEN 'a' ELSE 'b' END"),
        ):
            cursor.execute(
                f"INSERT INTO customers_customvalue (field_id, customer_id, {column}) "
                f"SELECT {field}, id, {value} FROM customers_customer WHERE number LIKE 'P%%'"
            )
        cursor.execute("ANALYZE")
    return batch


def test_no_filter_and_no_order_reads_or_sorts_the_whole_table(many, ledger, actor, monkeypatch):
    from customers.own import lists as own_lists

    who, catalogue = actor("manager"), Catalogue.of(ledger)
    queries = {
        "rare": {"x_area": "77"},
        "range": {"x_area__from": "100", "x_area__to": "120"},
        "common": {"x_level": "a"},
        "common range": {"x_area__from": "5"},
        "blank": {"x_level": "-"},
    }
    for some in (own_lists.SOME, 1_000):
        monkeypatch.setattr(own_lists, "SOME", some)
        for name, filters in queries.items():
            rows = listing.rows(ListQuery(filters=filters), catalogue, who).order_by("-id")[:51]
            text = plan(rows)
            if name in ("common", "common range") and some > 10_000:
                continue  # gathered by the database: up to SOME rows may be sorted
            assert "TEMP B-TREE FOR ORDER BY" not in text, (name, text)
            assert "Seq Scan on customers_customvalue" not in text, (name, text)
            assert "SCAN customers_customvalue" not in text, (name, text)
    for order in ("x_area", "-x_area", "x_level"):
        own = own_lists.order(order, catalogue, who)
        for key in (None, ("2500", 5) if "area" in order else ("a", 5)):
            text = plan(own._part(listing.rows(ListQuery(), catalogue, who), False, key, False)[:51])
            assert "B-TREE" not in text, (order, text)
            assert "Sort" not in text, (order, text)
            assert "custom_value_" in text, (order, text)
