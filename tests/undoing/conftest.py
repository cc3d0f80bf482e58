"""Acts that can be undone, and the whole of a customer in one comparable value."""

import pytest

from customers.models import Customer, CustomValue, MatchKey
from customers.services import invariants, pipeline
from customers.services.edits import Edit
from customers.services.snapshots import load
from customers.undoing import acts

STAMPS = {"version", "updated_at", "last_batch_id"}


@pytest.fixture
def change(ledger, system):
    """change(customer, by=actor, parts={…}, remark="…"): one act; returns its batch."""

    def submit(customer, *, by=None, parts=None, foreign=None, **values):
        edit = Edit(values=values, parts=parts or {}, foreign=foreign or {}, customer_id=customer.pk, reason="改")
        outcome = pipeline.submit([edit], ledger=ledger, by=by or system, kind="edit", reason="改")
        assert not outcome.refused, [problem.message for problem in edit.problems]
        return outcome.batch

    return submit


@pytest.fixture
def whole(ledger):
    """whole(): everything that is stored of the set's customers but stamps: rows, parts, own values' copies, keys."""

    def of():
        ids = list(Customer.objects.of(ledger.pk).values_list("pk", flat=True))
        rows = {
            pk: ({name: value for name, value in row.items() if name not in STAMPS}, parts)
            for pk, (row, parts) in load(ids).items()
        }
        copies = sorted(CustomValue.objects.values_list("field_id", "customer_id", "text", "number"), key=repr)
        keys = sorted(MatchKey.objects.filter(customer_id__in=ids).values_list("key", "customer_id"))
        return rows, copies, keys

    return of


@pytest.fixture
def undo(system):
    return lambda batch, by=None, **more: acts.undo(batch, by=by or system, **more)


@pytest.fixture(autouse=True)
def _nothing_is_broken(ledger):
    yield
    assert list(invariants.broken()) == []
