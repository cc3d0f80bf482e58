"""Days and short ways to ask, approve, lend."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from ledgers.access.life import delegations, requests


@pytest.fixture
def in_days():
    """in_days(7): the day a week from now."""

    def day(count: int) -> date:
        return timezone.localdate() + timedelta(days=count)

    return day


@pytest.fixture
def ask(ledger, actor, in_days):
    """ask("sales1", kind="right", key="export"): that persona's waiting request."""

    def submit(who, **wanted):
        wanted = {"ends_on": in_days(30), "reason": "季度盘点", **wanted}
        return requests.submit(ledger, by=actor(who), **wanted)

    return submit


@pytest.fixture
def lend(ledger, users, actor, in_days):
    """lend("sales1", "sales2"): sales2 stands in for sales1 this week."""

    def make(person, delegate, by=None, **wanted):
        wanted = {
            "rights": ["view", "edit"],
            "starts_on": in_days(0),
            "ends_on": in_days(7),
            "reason": "休假",
            **wanted,
        }
        return delegations.delegate(ledger, users[person], users[delegate], by=actor(by or person), **wanted)

    return make
