"""The verbs behind wizard and command: codes, proposals, activation as one transaction, life cycle."""

import pytest

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.services import creating, finding, states
from permissions.models import Membership

pytestmark = pytest.mark.django_db


def test_activation_is_all_or_nothing(users, monkeypatch):
    def fails(ledger):
        raise RuntimeError("half way")

    ledger = creating.create_draft(code="HZ09", name="半途", by=users["manager"], fiscal_year=2026)
    monkeypatch.setattr(creating, "on_activation", [*creating.on_activation, fails])
    with pytest.raises(RuntimeError):
        creating.activate(ledger, by=users["manager"])
    fresh = Ledger.objects.get(pk=ledger.pk)
    assert fresh.state == Ledger.State.DRAFT
    assert not fresh.periods.exists()
    assert not fresh.roles.exists()
    assert not Membership.objects.filter(ledger=fresh).exists()


def test_activating_again_does_nothing(ledger, users):
    assert creating.activate(ledger, by=users["manager"]) is False
    assert ledger.periods.count() == 12


def test_a_set_without_a_year_is_not_activated(users):
    ledger = creating.create_draft(code="HZ09", name="无年度", by=users["manager"])
    with pytest.raises(BusinessError) as refused:
        creating.activate(ledger, by=users["manager"])
    assert refused.value.field == "fiscal_year"


def test_the_life_cycle(ledger, users):
    boss = users["manager"]
    with pytest.raises(BusinessError, match="不能直接变为归档"):
        states.change_state(ledger, "archived", by=boss, reason="试试")
    assert states.change_state(ledger, "suspended", by=boss) is True
    assert states.change_state(ledger, "suspended", by=boss) is False
    with pytest.raises(BusinessError, match="原因"):
        states.change_state(ledger, "archived", by=boss)
    assert states.change_state(ledger, "active", by=boss)
    assert states.change_state(ledger, "suspended", by=boss)
    assert states.change_state(ledger, "archived", by=boss, reason="业务结束")
    assert ledger.events.filter(kind="state").first().reason == "业务结束"
    for state in ("active", "suspended"):
        with pytest.raises(BusinessError, match="归档"):
            states.change_state(ledger, state, by=boss)
    with pytest.raises(BusinessError, match="归档"):
        creating.activate(ledger, by=boss)


def test_only_drafts_are_deleted(ledger):
    with pytest.raises(BusinessError, match="只有草稿"):
        creating.delete_draft(ledger)
    assert Ledger.objects.filter(pk=ledger.pk).exists()


def test_looking_up_by_code(ledger):
    assert finding.by_code("hz01") == ledger
    with pytest.raises(BusinessError) as unknown:
        finding.by_code("HZ0l")
    assert "HZ01" in unknown.value.remedy


def test_who_a_command_acts_as(ledger, users):
    assert finding.command_actor(ledger, None).is_system
    assert finding.command_actor(ledger, "sales1").user == users["sales1"]
    with pytest.raises(BusinessError, match="不是账套"):
        finding.command_actor(ledger, "outsider")
    with pytest.raises(BusinessError, match="没有用户"):
        finding.command_actor(ledger, "nobody")
