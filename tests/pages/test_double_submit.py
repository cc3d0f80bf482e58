"""The same form sent by many requests at once: one customer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from customers.models import Customer

from .test_new import NEW, sheet, token_of

REQUESTS = 20


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one(client_of, ledger):
    browser = client_of("sales1")
    token = token_of(browser.get(NEW))
    cookies = browser.cookies
    gate = threading.Barrier(REQUESTS)

    def send(_index):
        other = type(browser)()
        other.cookies = cookies
        gate.wait(timeout=30)
        try:
            return other.post(NEW, sheet(token=token))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(send, range(REQUESTS)))
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.url for answer in answers}) == 1
    assert Customer.objects.count() == 1
