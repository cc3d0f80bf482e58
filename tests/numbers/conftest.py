"""What the tests about numbers share: rules in force, and saving through the pipeline as somebody."""

import pytest

from customers.models import ChangeBatch, Customer, NumberingRule
from customers.numbers import versions
from customers.services import pipeline
from customers.services.edits import Edit


def text(value):
    return {"type": "literal", "text": value}


def serial(width, **more):
    return {"type": "serial", "width": width, **more}


@pytest.fixture
def rule(ledger):
    """rule(parts, reset=…, replaces=True, **columns): a rule in force; with ``replaces`` in the place of the set's own."""

    def make(parts, reset="never", replaces=False, **values):
        columns = {
            "name": f"规则{NumberingRule.objects.count()}", "parts": parts, "reset": reset, "mode": "", "is_gapless": True,
            "allow_reuse": False, "conditions": {}, "priority": 0, "range_from": None, "range_to": None, **values,
        }  # fmt: skip
        before = NumberingRule.objects.get(ledger=ledger, state="active") if replaces else None
        draft = versions.save_draft(ledger, columns, by=None, replaces=before)
        return versions.activate(draft, by=None)

    return make


@pytest.fixture
def parameter(ledger):
    """parameter(number_mode="auto"): the set's parameters, changed."""

    def change(**values):
        ledger.parameters = {**ledger.parameters, **values}
        ledger.save()

    return change


@pytest.fixture
def save(ledger, actor):
    """save("sales1", {…}, customer=…, reason=…): one edit through the pipeline; returns it with its problems."""

    def submit(username, values, *, customer=None, reason=""):
        edit = Edit(values=values, customer_id=customer.pk if customer else None, reason=reason)
        pipeline.submit([edit], ledger=ledger, by=actor(username), kind=ChangeBatch.Kind.EDIT, reason=reason)
        return edit

    return submit


@pytest.fixture
def codes():
    return lambda edit: [problem.code for problem in edit.problems if problem.field == "number"]


@pytest.fixture
def number_of():
    return lambda edit: Customer.objects.get(pk=edit.customer_id).number


@pytest.fixture
def run_plan(actor):
    """run_plan(plan): a plan that is ready, confirmed and carried out, as the worker would."""
    from customers.numbers import renumbering
    from erp_site.jobs.models import Job

    def run(plan, username="manager", check=lambda: None):
        plan.refresh_from_db()
        plan = renumbering.start(plan, lambda each: Job.objects.create(kind="numbers.renumber"))
        renumbering.carry_out(plan, actor(username), lambda done, total: None, check)
        plan.refresh_from_db()
        return plan

    return run
