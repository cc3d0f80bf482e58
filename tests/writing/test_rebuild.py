"""Derived tables are made anew by command, and the oracle finds it when they have drifted."""

import io

import pytest
from django.core.management import call_command

from customers.models import MatchKey
from customers.search import index
from customers.services import invariants

pytestmark = pytest.mark.django_db


def test_lost_keys_and_search_text_are_found_and_come_back(ledger, add_customer):
    firm = add_customer(name="衢州造纸有限公司", mobile="13500001111")
    MatchKey.objects.filter(customer_id=firm.pk).delete()
    index.remove([firm.pk])
    assert "match keys" in next(invariants.broken(ledger.pk))
    call_command("rebuild_match_keys", ledger="HZ01", stdout=io.StringIO(), stderr=io.StringIO())
    assert "search text" in next(invariants.broken(ledger.pk))
    call_command("rebuild_search", ledger="HZ01", stdout=io.StringIO(), stderr=io.StringIO())
    assert list(invariants.broken(ledger.pk)) == []
