"""A rule that allows gaps: two long savings do not wait for each other's counter, and still no number is given twice."""

import threading

import pytest
from django.db import connection, connections, transaction

from customers.models import Customer, NumberCounter, NumberingRule
from customers.services import pipeline
from customers.services.edits import Edit
from permissions.actor import Actor

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _with_gaps(ledger):
    NumberingRule.objects.filter(ledger=ledger).update(is_gapless=False)


def add(ledger, name, **values):
    edit = Edit(values={"name": name, **values}, reason="测试")
    pipeline.submit([edit], ledger=ledger, by=Actor.system(ledger.pk), kind="edit", reason="测试")
    return Customer.objects.get(pk=edit.customer_id).number


def test_a_number_drawn_by_a_saving_that_fails_is_not_given_again(ledger):
    with transaction.atomic():
        assert add(ledger, "杭州甲公司") == "KH000001"
        transaction.set_rollback(True)
    # The embedded database has one writer, so there the counter goes back with the rest.
    assert add(ledger, "杭州乙公司") == ("KH000002" if connection.vendor == "postgresql" else "KH000001")


def test_a_typed_number_pulls_the_counter_and_nothing_locks_itself_out(ledger):
    with transaction.atomic():
        add(ledger, "杭州甲公司", number="KH000005")
        assert add(ledger, "杭州乙公司") == "KH000006"
    assert NumberCounter.objects.get().next_serial == 7


def test_a_second_saving_does_not_wait_for_the_first(ledger):
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    given, drawn, may_end = {}, threading.Event(), threading.Event()

    def long():
        try:
            with transaction.atomic():
                given["long"] = add(ledger, "杭州甲公司")
                drawn.set()
                may_end.wait(timeout=20)
        finally:
            connections.close_all()

    worker = threading.Thread(target=long)
    worker.start()
    assert drawn.wait(timeout=20)
    given["short"] = add(ledger, "杭州乙公司")  # the first one is still open
    may_end.set()
    worker.join()
    assert given == {"long": "KH000001", "short": "KH000002"}
