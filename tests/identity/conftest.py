"""A customer with parts, and the ways in which tests change him."""

import datetime

import pytest
from django.utils import timezone

from customers.models import Customer
from customers.services import pipeline
from customers.services.edits import Edit
from permissions.models import FieldRule


@pytest.fixture
def firm(add_customer) -> Customer:
    return add_customer(
        name="杭州恒源机械有限公司", owner="sales1", department="D11", status="意向",
        uscc="91330100799655058B", phone="0571-88880001", contact="赵敏", mobile="13800138000",
    )  # fmt: skip


@pytest.fixture
def submit(ledger, system):
    """submit(customer, by=…, parts=…, name="…"): one edit through the pipeline; the edit with its problems."""

    def one(customer=None, *, by=None, parts=None, reason="", **values) -> Edit:
        edit = Edit(values=values, parts=parts or {}, customer_id=customer and customer.pk, reason=reason)
        pipeline.submit([edit], ledger=ledger, by=by or system, kind="edit", reason=reason)
        return edit

    return one


@pytest.fixture
def codes():
    """codes(edit): codes of the problems by severity."""
    return lambda edit, severity="error": {each.code for each in edit.problems if each.severity == severity}


@pytest.fixture
def now() -> datetime.date:
    """The day of the test: it lies in an open period of the set's year."""
    return timezone.localdate()


@pytest.fixture
def ledger(ledger, now):
    """HZ01 with the periods of the year in which the test runs."""
    from ledgers.services import periods

    for year in range(2027, now.year + 1):
        periods.create_year(ledger, year)
    return ledger


@pytest.fixture
def rule(ledger):
    """rule("sales", "name", 0): a field rule of a role."""

    def make(role, field, level):
        FieldRule.objects.update_or_create(role=ledger.roles.get(code=role), field=field, defaults={"level": level})

    return make


@pytest.fixture
def page(client_of):
    """page("sales1", customer, "invoice"): the text of a tab."""

    def read(username, customer, tab="", **params) -> str:
        query = {"tab": tab} if tab else {}
        return client_of(username).get(customer.get_absolute_url(), query | params).content.decode()

    return read
