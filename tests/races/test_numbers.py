"""Many people saving at once: no number twice, no hole, and one bearer of a credit code; on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from customers.models import Customer
from customers.services import invariants, pipeline
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CLIENTS = 12


@pytest.fixture
def at_once(ledger):
    """at_once(work, items): every item in a thread and connection of its own, all let go together."""

    def run(work, items):
        gate = threading.Barrier(CLIENTS)

        def one(index_item):
            index, item = index_item
            if index < CLIENTS:
                gate.wait(timeout=30)
            try:
                return work(item)
            except BusinessError as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(one, enumerate(items)))

    return run


def submit(ledger, **values):
    return pipeline.submit(
        [Edit(values=values, reason="并发")], ledger=ledger, by=Actor.system(ledger.pk), kind="edit", reason="并发"
    )


def test_numbers_drawn_at_once_are_distinct_and_without_a_hole(ledger, at_once):
    def work(index):
        if index % 10 == 3:  # a tenth fail on purpose, and give their number back
            return submit(ledger, name="")
        return submit(ledger, name=f"并发{index}号贸易行")

    results = at_once(work, range(72))
    assert not [each for each in results if isinstance(each, BusinessError)]
    numbers = sorted(Customer.objects.values_list("number", flat=True))
    assert numbers == [f"KH{serial:06d}" for serial in range(1, len(numbers) + 1)]
    assert len(numbers) == 72 - 7
    assert list(invariants.broken()) == []


def test_one_of_many_gets_a_credit_code(ledger, at_once):
    results = at_once(lambda index: submit(ledger, name=f"抢码{index}号", uscc="91330100799655058B"), range(CLIENTS))
    assert Customer.objects.filter(uscc="91330100799655058B").count() == 1
    assert sum(1 for each in results if not isinstance(each, BusinessError) and each.added) == 1


def test_one_of_many_gets_a_typed_number(ledger, at_once):
    at_once(lambda index: submit(ledger, name=f"抢号{index}号", number="vip-001"), range(CLIENTS))
    assert Customer.objects.count() == 1


def test_two_people_changing_one_customer_lose_nothing(ledger, at_once, add_customer):
    firm = add_customer(name="台州模具厂")

    def work(index):
        edit = Edit(values={"website" if index % 2 else "remark": f"https://example.com/{index}"}, customer_id=firm.pk)
        return pipeline.submit([edit], ledger=ledger, by=Actor.system(ledger.pk), kind="edit")

    at_once(work, range(CLIENTS * 2))
    firm.refresh_from_db()
    assert firm.version == 1 + CLIENTS * 2
    assert firm.history.count() == firm.version
    assert list(invariants.broken()) == []
