"""归档编号: numbers that nobody bears any more or that nobody may get, why and since when; and making one free again.

What lives here: the list's verbs. What does not: how a former number comes about (``services.numbering.change``).
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import NumberAlias, NumberingRule
from ..rules.identifiers import number_text
from ..services.number_rules import RuleSet
from ..services.numbering import lock_counter, number_key, taken

MOST_AT_ONCE = 500


@transaction.atomic
def retire(ledger: Ledger, numbers: list[str], *, reason: str, by: User | None) -> int:
    """Keep numbers from ever being given; returns how many. Raises BusinessError for one that is in use or malformed."""
    ledger = changeable(ledger)
    if not reason.strip():
        raise BusinessError(_("请写明原因。"), code="retire.reason", field="reason")
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise BusinessError(
            _("请填写 1 至 %(most)s 个编号，每行一个。") % {"most": MOST_AT_ONCE}, code="retire.count", field="numbers"
        )
    clean: dict[str, str] = {}
    for number in numbers:
        checked = number_text(number)
        if checked.problem is not None or not checked.value:
            message = checked.problem.message if checked.problem else _("编号是空的。")
            raise BusinessError(f"{number}：{message}", code="retire.malformed", field="numbers")
        clean[number_key(checked.value)] = checked.value
    _hold_counters(ledger, clean.values())
    held = taken(ledger.pk, clean)
    if held:
        number = clean[next(iter(held))]
        raise BusinessError(
            _("「%(number)s」正在使用或已经归档。") % {"number": number}, code="retire.taken", field="numbers"
        )
    kind = NumberAlias.Kind.RETIRED
    try:
        with transaction.atomic():
            NumberAlias.objects.bulk_create(
                NumberAlias(ledger=ledger, number=number, number_key=key, kind=kind, reason=reason.strip()[:200])
                for key, number in clean.items()
            )
    except IntegrityError as clash:
        raise BusinessError(_("刚刚有人使用了其中的编号。"), code="retire.taken", field="numbers") from clash
    about = {"count": len(clean), "reason": reason.strip()[:100]}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("归档 %(count)s 个编号：%(reason)s") % about)
    return len(clean)


def _hold_counters(ledger: Ledger, numbers: Iterable[str]) -> None:
    """Nobody draws one of these numbers until the transaction ends."""
    rules = RuleSet(ledger)
    read = ((ready, ready.plan.read(number)) for number in numbers for ready in rules.ready)
    counters = {(ready.rule.pk, reading.scope): ready for ready, reading in read if reading}
    for (_rule, scope), ready in sorted(counters.items(), key=lambda each: each[0]):
        lock_counter(ready.rule, scope, ready.plan.serial.first)


def may_free(ledger: Ledger) -> bool:
    """Whether a rule in force lets numbers be used again."""
    active = NumberingRule.objects.filter(ledger=ledger, state=NumberingRule.State.ACTIVE, allow_reuse=True)
    return active.exists()


@transaction.atomic
def free(alias: NumberAlias, *, by: User | None) -> None:
    """Let a number be used again; its old bearer is no longer found by it. Raises BusinessError where no rule allows it."""
    ledger = changeable(alias.ledger)
    if not may_free(ledger):
        raise BusinessError(
            _("没有规则允许重用归档编号。"),
            code="alias.kept",
            remedy=_("请先在编码规则中勾选“允许重用归档编号”。"),
        )
    detail = _("释放编号 %(number)s（%(kind)s）") % {"number": alias.number, "kind": alias.get_kind_display()}
    alias.delete()
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)
