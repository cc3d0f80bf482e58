"""Rules and their versions: drafts, coming into force at once or on a day, ending, and what differs between two of them.

What lives here: the verbs. What does not: whether a rule is fit (``judging``), which one numbers whom (``services.number_rules``).
Existing numbers never change here.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import Category, NumberCounter, NumberGap, NumberingRule, NumberReservation
from ..rules.checked import ERROR
from . import judging
from .wording import describe, same_numbers, whom

State = NumberingRule.State
COLUMNS = (
    "name", "parts", "reset", "mode", "is_gapless", "allow_reuse", "conditions", "priority", "range_from", "range_to",
)  # fmt: skip


@transaction.atomic
def save_draft(
    ledger: Ledger,
    values: dict[str, Any],
    *,
    by: User | None,
    rule: NumberingRule | None = None,
    replaces: NumberingRule | None = None,
) -> NumberingRule:
    """Keep a draft: a new one, or ``rule`` changed; ``replaces`` is the rule of which it is the next version."""
    current = changeable(ledger)
    if rule is not None:
        rule = NumberingRule.objects.select_for_update().get(pk=rule.pk)
        if rule.state != State.DRAFT:
            raise BusinessError(
                _("只有草稿可以修改。"), code="numbering.not_draft", remedy=_("请为使用中的规则建立新版本。")
            )
    else:
        version = replaces.version + 1 if replaces else 1
        rule = NumberingRule(ledger=current, state=State.DRAFT, replaces=replaces, version=version, created_by=by)
    for column in COLUMNS:
        setattr(rule, column, values[column])
    rule.save()
    return rule


@transaction.atomic
def activate(rule: NumberingRule, *, by: User | None, starts_on: date | None = None) -> NumberingRule:
    """Put a draft into force, at once or from a day on. Raises BusinessError with everything that speaks against it.

    A version goes on with the counters, reserved ranges and gaps of the one that it replaces when both count the same serials.
    """
    ledger = changeable(rule.ledger)
    rule = NumberingRule.objects.select_for_update(of=("self",)).select_related("ledger", "replaces").get(pk=rule.pk)
    if rule.state != State.DRAFT:
        raise BusinessError(_("只有草稿可以启用。"), code="numbering.not_draft")
    today = timezone.localdate()
    if starts_on and starts_on < today:
        raise BusinessError(_("生效日期不能早于今天。"), code="numbering.starts_on", field="starts_on")
    faults = [problem for problem in judging.problems(rule) if problem.severity == ERROR]
    if faults:
        raise BusinessError(" ".join(fault.message for fault in faults), code=faults[0].code, field="parts")
    rule.state = State.ACTIVE
    rule.starts_on = starts_on if starts_on and starts_on > today else None
    rule.save(update_fields=["state", "starts_on"])
    if rule.starts_on is None:
        succeed(rule)
    detail = _("编码规则「%(name)s」第 %(version)s 版：%(rule)s")
    if rule.starts_on:
        detail = _("编码规则「%(name)s」第 %(version)s 版（%(day)s 起）：%(rule)s")
    about = {"name": rule.name, "version": rule.version, "day": rule.starts_on, "rule": describe(rule.parts)}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail % about)
    return rule


def succeed(rule: NumberingRule) -> None:
    """The day of a version has come: what it replaces ends, and it takes over categories and, where they fit, counters."""
    old = rule.replaces
    if old is None or old.state == State.RETIRED:
        return
    old.state = State.RETIRED
    old.save(update_fields=["state"])
    Category.objects.filter(numbering_rule=old).update(numbering_rule=rule)
    if same_numbers(rule, old):
        _hand_over_counters(old, rule)
        for model in (NumberReservation, NumberGap):
            model.objects.filter(rule=old).update(rule=rule)


def _hand_over_counters(old: NumberingRule, rule: NumberingRule) -> None:
    """The counters' rows are locked by whoever draws, so what is taken over is what was given."""
    have = dict(NumberCounter.objects.filter(rule=rule).values_list("scope", "pk"))
    for counter in NumberCounter.objects.select_for_update().filter(rule=old).order_by("scope"):
        if counter.scope in have:
            later = NumberCounter.objects.filter(pk=have[counter.scope], next_serial__lt=counter.next_serial)
            later.update(next_serial=counter.next_serial)
            counter.delete()
        else:
            counter.rule = rule
            counter.save(update_fields=["rule"])


def begin_due(ledger: Ledger | None = None, *, on: date | None = None) -> int:
    """End what versions have replaced whose day has come; returns how many. Choosing a rule does not wait for it."""
    day = on or timezone.localdate()
    due = NumberingRule.objects.filter(state=State.ACTIVE, starts_on__lte=day, replaces__state=State.ACTIVE)
    if ledger:
        due = due.filter(ledger=ledger)
    done = 0
    for rule in due.select_related("replaces", "ledger").order_by("starts_on", "pk"):
        with transaction.atomic():
            succeed(rule)
            done += 1
    return done


@transaction.atomic
def retire(rule: NumberingRule, *, by: User | None) -> None:
    """End a rule; its numbers stay. The last one of a set that numbers automatically cannot go."""
    ledger = changeable(rule.ledger)
    rule = NumberingRule.objects.select_for_update().get(pk=rule.pk)
    if rule.state != State.ACTIVE:
        raise BusinessError(_("只有启用的规则可以停用。"), code="numbering.not_active")
    others = NumberingRule.objects.filter(ledger=ledger, state=State.ACTIVE).exclude(pk=rule.pk)
    if not others.exists() and ledger.parameter("number_mode") != "manual":
        raise BusinessError(
            _("这是最后一条启用的规则，停用后新客户无法自动编号。"),
            code="numbering.last",
            remedy=_("请先启用另一条规则，或把编号方式改为手工。"),
        )
    rule.state = State.RETIRED
    rule.save(update_fields=["state"])
    Category.objects.filter(numbering_rule=rule).update(numbering_rule=None)
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("停用编码规则「%(name)s」") % {"name": rule.name})


@transaction.atomic
def discard(rule: NumberingRule) -> None:
    """Throw a draft away."""
    changeable(rule.ledger)
    rule = NumberingRule.objects.select_for_update().get(pk=rule.pk)
    if rule.state != State.DRAFT:
        raise BusinessError(_("只有草稿可以删除。"), code="numbering.not_draft")
    rule.delete()


def copied(rule: NumberingRule) -> dict[str, Any]:
    """What the next version of a rule begins with."""
    return {column: getattr(rule, column) for column in COLUMNS}


def versions_of(rule: NumberingRule) -> list[NumberingRule]:
    """Every version of the same rule, the newest first."""
    rows = {
        row.pk: row
        for row in NumberingRule.objects.filter(ledger=rule.ledger_id).select_related("ledger", "created_by")
    }
    first = rows[rule.pk]
    while first.replaces_id in rows:
        first = rows[first.replaces_id]
    family, waiting = [], [first.pk]
    while waiting:
        pk = waiting.pop()
        family.append(rows[pk])
        waiting += [row.pk for row in rows.values() if row.replaces_id == pk]
    return sorted(family, key=lambda row: (-row.version, -row.pk))


def differences(old: NumberingRule, new: NumberingRule) -> Iterator[tuple[str, str, str]]:
    """(what, before, now) of everything in which two versions differ, in words."""
    for label, before, now in zip(_labels(), _told(old), _told(new), strict=True):
        if before != now:
            yield label, before, now


def _labels() -> list[str]:
    return [
        _("规则名称"), _("组成"), _("流水号重置"), _("编号方式"), _("连续编号"), _("允许重用归档编号"), _("适用范围"),
        _("优先级"), _("号段"),
    ]  # fmt: skip


def _told(rule: NumberingRule) -> list[str]:
    bounds = [str(each) if each is not None else "" for each in (rule.range_from, rule.range_to)]
    return [
        rule.name,
        describe(rule.parts),
        rule.get_reset_display(),
        rule.get_mode_display() if rule.mode else _("按账套参数"),
        _("是") if rule.is_gapless else _("否"),
        _("是") if rule.allow_reuse else _("否"),
        whom(rule),
        str(rule.priority),
        "–".join(bounds) if any(bounds) else _("不限"),
    ]
