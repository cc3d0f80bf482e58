"""A set with own fields, and the ways in which customers come and go through them."""

import pytest

from customers.fields import Catalogue
from customers.models import ChoiceSet, Customer, CustomField
from customers.own import designing as custom_fields
from customers.presenting import Presenter
from customers.services import invariants, pipeline
from customers.services.edits import Edit
from erp_site.jobs import runner
from erp_site.jobs.models import Job

LEVELS = [
    {"value": "a", "label": "甲级", "colour": "success", "is_active": True},
    {"value": "b", "label": "乙级", "colour": "", "is_active": True},
    {"value": "old", "label": "旧级", "colour": "", "is_active": False},
]


@pytest.fixture
def own(ledger):
    """own("x_area", "decimal", label="营业面积", …): a field of the set's own, as if it had been there for long."""

    def make(key, type, *, label="", ledger=ledger, **more):
        if type in ("choice", "multi_choice"):
            more.setdefault("choice_set", ChoiceSet.objects.get_or_create(
                ledger=ledger, code="levels", defaults={"name": "级别", "options": LEVELS})[0])  # fmt: skip
        return CustomField.objects.create(ledger=ledger, key=key, type=type, label=label or f"字段{key[2:]}", **more)

    return make


@pytest.fixture
def save(ledger, actor):
    """save({"x_area": "12"}, of=customer, by="manager"): one edit through the pipeline; returns it, whatever became of it."""

    def submit(values, of=None, by="manager", base_version=None):
        edit = Edit(values=dict(values), customer_id=of.pk if of else None, base_version=base_version, reason="测试")
        pipeline.submit([edit], ledger=ledger, by=actor(by), kind="edit", reason="测试")
        return edit

    return submit


@pytest.fixture
def stored():
    """stored(customer): the JSON of his own fields as it stands in the table."""
    return lambda customer: Customer.objects.get(pk=customer.pk).custom_values


@pytest.fixture
def shown(ledger, actor):
    """shown(customer, "x_area", by="viewer"): the text that this persona gets."""

    def show(customer, key, by="manager"):
        catalogue = Catalogue.of(ledger)
        customer = Customer.objects.get(pk=customer.pk)
        field = catalogue.get(key)
        return Presenter(catalogue, actor(by)).row(customer, [field])[0].text

    return show


@pytest.fixture
def sound():
    """Asserts that all invariants hold."""

    def check():
        assert list(invariants.broken()) == []

    return check


@pytest.fixture
def boss(actor):
    return actor("manager")


@pytest.fixture
def create(ledger, boss):
    """create("营业面积", "decimal", decimals=1): a field through the verb."""
    return lambda label, type="text", **values: custom_fields.create(ledger, type, {"label": label, **values}, by=boss)


@pytest.fixture
def run_jobs():
    """Runs the background work that is waiting, and asserts that none of it failed."""

    def run():
        runner.run_pending()
        failed = Job.objects.exclude(status=Job.Status.SUCCEEDED).values_list("kind", "status", "error")
        assert list(failed) == []

    return run
