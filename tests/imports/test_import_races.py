"""Imports side by side: the same rows go in once, and one batch is never worked on twice with effect; on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from customers.models import ChangeBatch, Customer
from customers.services import invariants
from erp_site.shared.errors import BusinessError
from imports.importing import writing
from imports.importing.runs import Run
from imports.models import ImportBatch
from permissions.actor import Actor
from tests.imports.files import Quiet, report

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

State = ImportBatch.State
ROWS = 60


def firms(count=ROWS):
    rows = [["客户编号", "客户名称", "手机"]]
    rows += [[f"R{index:04d}", f"并发{index}号贸易行", f"138{index:08d}"] for index in range(count)]
    return rows


def at_once(work, items):
    gate = threading.Barrier(len(items))

    def one(item):
        gate.wait(timeout=30)
        try:
            return work(item)
        except BusinessError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(one, items))


def write(pk) -> ImportBatch:
    batch = ImportBatch.objects.select_related("ledger", "change_batch").get(pk=pk)
    writing.write(Run(batch, by=Actor.system(batch.ledger_id), state=State.WRITING, tell=Quiet()))
    return batch


def test_two_imports_of_the_same_numbers(prepare, ledger):
    rows = firms()
    # The second file has the same customers in opposite order, so that both would like to lock what the other one has.
    batches = [prepare(rows, batch_size=20), prepare([rows[0], *rows[:0:-1]], name="倒序.csv", batch_size=20)]
    results = at_once(write, [batch.pk for batch in batches])
    assert not [each for each in results if isinstance(each, BusinessError)]
    assert Customer.objects.count() == ROWS
    found = [report(batch) for batch in batches]
    assert sum(each["added"] for each in found) == ROWS
    assert sum(each["rejected"] for each in found) == ROWS
    assert {error["code"] for each in found for error in each["errors"]} == {"number.taken"}
    assert not ChangeBatch.objects.filter(state="open").exists()
    assert list(invariants.broken(ledger.pk)) == []


def test_one_batch_by_two_processes(prepare, check, ledger):
    batch = check(prepare(firms(), batch_size=5))
    results = at_once(write, [batch.pk] * 3)
    assert sum(1 for each in results if not isinstance(each, BusinessError)) == 1
    assert Customer.objects.count() == ROWS
    batch.refresh_from_db()
    assert (batch.state, batch.count("added")) == (State.DONE, ROWS)
    assert list(invariants.broken(ledger.pk)) == []
