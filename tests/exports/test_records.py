"""Records hold what the pages would show, whatever the customers have, at the same number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.fields import Catalogue
from customers.models import Customer
from customers.presenting import Presenter, with_parts
from imports.exports.cells import exportable
from imports.exports.records import RecordPresenter, records

pytestmark = pytest.mark.django_db


def test_values_are_those_of_the_presenter(awkward, canary, ledger, system):
    catalogue = Catalogue.of(ledger)
    fields = exportable(catalogue, system)
    assert {"foreign:SAP", "foreign:U8", "tags", "bank_account", "tax_number"} <= {field.key for field in fields}
    presenter, ours = Presenter(catalogue, system), RecordPresenter(catalogue, system)
    customers = {customer.pk: customer for customer in with_parts(Customer.objects.of(ledger.pk), fields)}
    found = list(records(sorted(customers), system, fields))
    assert len(found) == len(customers)
    for record, pk in zip(found, sorted(customers), strict=True):
        assert {field.key: ours.value(record, field) for field in fields} == {
            field.key: presenter.value(customers[pk], field) for field in fields
        }
        assert record.capital_currency == customers[pk].capital_currency


def test_the_number_of_queries_is_the_same_for_one_and_for_many(awkward, ledger, system):
    fields = exportable(Catalogue.of(ledger), system)
    counts = []
    for pks in ([awkward[0].pk], [customer.pk for customer in awkward]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list(records(pks, system, fields))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_a_customer_that_went_out_of_sight_is_left_out(awkward, ledger, actor, users):
    fields = exportable(Catalogue.of(ledger), actor("sales1"))
    mine = [customer.pk for customer in awkward if customer.owner_id == users["sales1"].pk]
    assert mine
    everybody = [customer.pk for customer in awkward]
    assert [record.values["name"] for record in records(everybody, actor("sales1"), fields)] == ["分类甲公司"]


def test_a_column_that_is_not_exported_is_not_read(canary, ledger, system):
    name = [Catalogue.of(ledger).get("name")]
    with CaptureQueriesContext(connection) as queries:
        list(records([canary.pk], system, name))
    assert not any("id_number" in query["sql"] or "contact" in query["sql"] for query in queries.captured_queries)
