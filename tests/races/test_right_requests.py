"""Several people about one request, one delegation, one review at the same moment: each comes true once; on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from erp_site.shared.errors import BusinessError
from ledgers.access.life import delegations, requests, reviews
from ledgers.services import members
from permissions.actor import Actor, Door
from permissions.models import Delegation, Override, Review, RightRequest

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

State = RightRequest.State


def at_once(*acts):
    """Every act in a thread and connection of its own, let go together; returns what each gave or raised."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait(timeout=30)
        try:
            return act()
        except BusinessError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


@pytest.fixture
def request_of(ledger, users):
    def submit():
        RightRequest.objects.all().delete()
        Override.objects.all().delete()
        by = Actor.of(users["sales1"], ledger.pk, Door.WEB)
        day = timezone.localdate() + timedelta(days=9)
        return requests.submit(ledger, by=by, kind="right", key="export", ends_on=day, reason="盘点")

    return submit


def test_two_approve_the_same_request(ledger, users, request_of):
    members.add_member(ledger, users["supervisor"], "manager")
    for _round in range(5):
        asked = request_of()
        acts = [
            lambda who=who: requests.approve(asked, by=Actor.of(users[who], ledger.pk, Door.WEB))
            for who in ("manager", "supervisor", "manager", "supervisor")
        ]
        given = [each for each in at_once(*acts) if not isinstance(each, BusinessError)]
        assert len(given) == 1 and Override.objects.count() == 1


def test_approved_while_the_applicant_withdraws(ledger, users, request_of):
    for _round in range(8):
        asked = request_of()
        found = at_once(
            lambda: requests.approve(asked, by=Actor.of(users["manager"], ledger.pk, Door.WEB)),
            lambda: requests.withdraw(asked, by=Actor.of(users["sales1"], ledger.pk, Door.WEB)),
            lambda: requests.reject(asked, by=Actor.of(users["manager"], ledger.pk, Door.WEB), answer="不"),
        )
        assert sum(not isinstance(each, BusinessError) for each in found) == 1
        asked.refresh_from_db()
        assert (asked.state == State.APPLIED) == Override.objects.exists()


def test_asked_twice_at_once_is_one_request(ledger, users):
    by = Actor.of(users["sales1"], ledger.pk, Door.WEB)
    day = timezone.localdate() + timedelta(days=9)
    ask = {"by": by, "kind": "right", "key": "export", "ends_on": day, "reason": "盘点"}
    at_once(*[lambda: requests.submit(ledger, **ask) for _index in range(6)])
    assert RightRequest.objects.count() == 1


def test_overlapping_delegations_at_once(ledger, users):
    today = timezone.localdate()
    days = {"rights": ["view"], "starts_on": today, "ends_on": today + timedelta(days=3), "reason": ""}

    def lend(delegate):
        by = Actor.of(users["sales1"], ledger.pk, Door.WEB)
        return delegations.delegate(ledger, users["sales1"], users[delegate], by=by, **days)

    at_once(*[lambda who=who: lend(who) for who in ("sales2", "viewer", "service", "finance")])
    assert Delegation.objects.count() == 1


def test_two_reviews_at_once_are_one(ledger, users):
    def begin():
        by = Actor.of(users["manager"], ledger.pk, Door.WEB)
        return reviews.begin(ledger, title="复核", due_on=timezone.localdate(), by=by)

    at_once(begin, begin, begin)
    assert Review.objects.count() == 1
