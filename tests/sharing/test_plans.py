"""What the database does for the page of a source: it neither reads nor sorts the whole table, on either engine."""

import pytest
from django.db import connection

from customers import reaching
from customers.models import Customer
from customers.querysets import reach_of
from permissions.actor import Actor, Door

pytestmark = pytest.mark.django_db

ROWS = 20_000


@pytest.fixture
def many(add_customer, ledger, users, departments):
    """One customer, and many of his like, straight into the table; nearly all belong to somebody else."""
    one = add_customer(name="杭州范例有限公司", owner="sales1", province="浙江省")
    columns = [f'"{field.column}"' for field in Customer._meta.concrete_fields if field.column != "id"]
    new = {
        '"number"': "'P' || n",
        '"number_key"': "'P' || n",
        '"owner_id"': f"CASE n % 100 WHEN 0 THEN {users['sales1'].pk} ELSE {users['sales2'].pk} END",
    }
    said = ", ".join(new.get(column, f"t.{column}") for column in columns)
    series = (
        f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n FROM s)"
        if connection.vendor == "sqlite"
        else f"(SELECT n FROM generate_series(1, {ROWS}) n)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO customers_customer ({', '.join(columns)}) SELECT {said} FROM {series} AS s, "
            f"(SELECT * FROM customers_customer WHERE id = {one.pk}) AS t"
        )
        cursor.execute("ANALYZE")
    return one


def plan(sql, params) -> str:
    prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(prefix + sql, params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("kind", ["own", "department", "provinces", "categories", "sales_regions", "share"])
def test_a_source_gives_its_first_rows_out_of_an_index(kind, many, member, users, ledger, departments, share):
    values = {"provinces": ["浙江省"], "categories": [1], "sales_regions": [1]}.get(kind, [])
    user = (
        users["sales1"]
        if kind == "own"
        else member("甲", scopes=[(kind, values)] if kind != "share" else (), department="D11")
    )
    if kind == "share":
        share(many, user)
    actor = Actor.of(user, ledger.pk, Door.WEB)
    for source in reach_of(actor).sources:
        everybody = Customer.objects.visible_to(actor).unscoped(ledger.pk)
        for descending in (True, False):
            text = plan(*reaching._slice(source, everybody.filter(source.joined()), 51, descending))
            assert "TEMP B-TREE" not in text, text
            assert "SCAN customers_customer" not in text, text
            assert "Seq Scan on customers_customer " not in text, text
            if kind != "share":  # one shared row: sorting it is what the planner may as well do
                assert "Sort" not in text, text
