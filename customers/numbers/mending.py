"""Mending what 编号体检 found: counters, gaps without a cause, expired ranges.

What lives here: the verbs. What does not: finding (``scanning``) and new numbers for customers (``renumbering``).
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import Customer, NumberAlias, NumberGap, NumberingRule, NumberReservation
from ..services.number_rules import plan_of
from ..services.numbering import lock_counter
from .facts import everybody


def rule_of(ledger: Ledger, pk: Any) -> NumberingRule:
    """A rule of the set, whatever its state. Raises BusinessError when it is none."""
    rule = NumberingRule.objects.filter(ledger=ledger, pk=pk).first() if str(pk).isdecimal() else None
    if rule is None:
        raise BusinessError(_("没有这条编码规则。"), code="numbering.unknown")
    return rule


@transaction.atomic
def set_counter(ledger: Ledger, rule: NumberingRule, scope: str, *, by: User | None) -> str:
    """Put a counter right behind the highest serial that is or was borne; returns its next serial as written.

    Numbers in history count, so that nothing that was ever given is given again.
    """
    ledger = changeable(ledger)
    plan = plan_of(rule)
    counter = lock_counter(rule, scope, plan.serial.first)
    spans = [(row.first, row.last) for row in NumberReservation.objects.filter(rule=rule, scope=scope)]
    highest = plan.serial.first - plan.serial.step
    for number in _ever_borne(ledger):
        reading = plan.read(number)
        if reading is None or reading.scope != scope or not plan.serial.first <= reading.serial <= plan.serial.last:
            continue
        if reading.serial > highest and not any(first <= reading.serial <= last for first, last in spans):
            highest = reading.serial
    before, counter.next_serial = counter.next_serial, plan.serial.after(highest)
    counter.save(update_fields=["next_serial"])
    about = {
        "rule": rule.name,
        "before": plan.serial.text(min(before, plan.serial.limit - 1)),
        "now": plan.serial.text(min(counter.next_serial, plan.serial.limit - 1)),
    }
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("修正流水号「%(rule)s」：%(before)s → %(now)s") % about)
    return about["now"]


def _ever_borne(ledger: Ledger):
    """Numbers of customers, of their history, and numbers kept back; each engine streams them."""
    yield from everybody(ledger).values_list("number", flat=True).iterator(chunk_size=20_000)
    yield from NumberAlias.objects.filter(ledger=ledger).values_list("number", flat=True).iterator(chunk_size=20_000)
    history = Customer.history.filter(ledger_id=ledger.pk).order_by().values_list("number", flat=True).distinct()
    yield from history.iterator(chunk_size=20_000)


@transaction.atomic
def explain_gap(
    ledger: Ledger, rule: NumberingRule, *, scope: str, first: int, last: int, cause: str, text: str, by: User | None
) -> NumberGap:
    """Write down why nobody bears these serials. Raises BusinessError for an empty explanation."""
    changeable(ledger)
    text = text.strip()
    if cause not in NumberGap.Cause.values or last < first:
        raise BusinessError(_("断号范围或原因无效。"), code="gap.invalid")
    if cause == NumberGap.Cause.UNKNOWN and not text:
        raise BusinessError(_("请选择原因，或写明说明。"), code="gap.no_reason", field="note")
    overlapping = NumberGap.objects.filter(rule=rule, scope=scope, first__gte=first, last__lte=last)
    overlapping.delete()
    return NumberGap.objects.create(rule=rule, scope=scope, first=first, last=last, cause=cause, note=text[:200], by=by)
