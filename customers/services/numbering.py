"""The next number: drawing serials under the counter's lock, and remembering numbers that were.

What lives here: counters, drawing, clashes, former numbers. What does not: which rule numbers whom (``number_rules``), judging a
number that somebody typed (``number_checks``), how a number is rendered or read (``customers.rules.numbering``).

Numbers are drawn last, inside the transaction that saves, so that a failure gives them back. A rule that allows gaps takes its block
in a transaction of its own where the database has such a thing (PostgreSQL), so that a long import keeps nobody waiting.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared import failpoints
from erp_site.shared.errors import BusinessError

from ..models import Customer, NumberAlias, NumberCounter, NumberGap, NumberingRule
from ..rules import identifiers
from ..rules.checked import ERROR
from ..rules.numbering import NumberContext, Plan
from ..rules.numbering_checks import validate
from .edits import Edit
from .number_rules import Ready, RuleSet, rows_in_force

DEFAULT_PARTS = [{"type": "literal", "text": "KH"}, {"type": "serial", "width": 6, "start": 1, "step": 1}]
NEARLY_USED = 0.9

Waiting = list[tuple[Edit, NumberContext]]


def number_key(number: str) -> str:
    """The form in which numbers are compared: case and width do not count."""
    return identifiers.number_key(number)


def rule_in_force(ledger) -> NumberingRule | None:
    """The rule that numbers customers for whom no other one is meant: the first choice of those without conditions."""
    rows = rows_in_force(NumberingRule.objects.filter(ledger=ledger), timezone.localdate())
    return next((row for row in rows if not any((row.conditions or {}).values())), rows[0] if rows else None)


def create_rule(ledger, *, name: str, parts: list[dict], reset: str, **values) -> NumberingRule:
    """The first rule of a set, at once in force; a rule without conditions that was there before is retired.

    Raises BusinessError with every fault of the parts. ``values``: other columns of NumberingRule.
    """
    faults = [fault for fault in validate(parts, reset) if fault.severity == ERROR]
    if faults:
        raise BusinessError(" ".join(str(fault.message) for fault in faults), code=faults[0].code, field="parts")
    active = NumberingRule.objects.filter(ledger=ledger, state=NumberingRule.State.ACTIVE)
    general = [row.pk for row in active if not any((row.conditions or {}).values())]
    if not any((values.get("conditions") or {}).values()):
        active.filter(pk__in=general).update(state=NumberingRule.State.RETIRED)
    return NumberingRule.objects.create(ledger=ledger, name=name, parts=parts, reset=reset, **values)


def taken(ledger_id: int, keys: Iterable[str]) -> dict[str, int | None]:
    """number key → id of the customer who bears it, or None for a reserved or retired number; two queries."""
    wanted = list(keys)
    held: dict[str, int | None] = dict(
        NumberAlias.objects.filter(ledger_id=ledger_id, number_key__in=wanted).values_list("number_key", "customer_id")
    )
    held |= dict(Customer.objects.of(ledger_id).filter(number_key__in=wanted).values_list("number_key", "pk"))
    return held


# --- giving numbers -----------------------------------------------------------------------------------------------------


def assign(ledger, edits: list[Edit], *, on: date | None = None) -> None:
    """Give each new customer its number; manual ones first, since they push the counter. Called under the write lock.

    Raises BusinessError when no rule numbers a customer, or the rule's serial has run out.
    """
    if not edits:
        return
    manual = [edit for edit in edits if edit.values.get("number")]
    automatic = [edit for edit in edits if not edit.values.get("number")]
    rules = RuleSet(ledger, on=on)
    for edit in manual:
        edit.values["number_key"] = number_key(edit.values["number"])
    if manual:
        push(rules, [edit.values["number"] for edit in manual])
        _take_back(rules, [edit.values["number_key"] for edit in manual])
    if automatic:
        for (ready, scope), waiting in _groups(rules, automatic):
            _draw(rules, ready, scope, waiting)
        failpoints.hit("numbering.drawn")


def _groups(rules: RuleSet, edits: list[Edit]) -> list[tuple[tuple[Ready, str], Waiting]]:
    """Edits by the counter that numbers them, in the one order in which everybody locks counters."""
    groups: dict[tuple[Ready, str], Waiting] = {}
    for edit in edits:
        ready = rules.choose(edit.values)
        if ready is None:
            raise no_rule()
        context = rules.context(edit.values)
        groups.setdefault((ready, ready.plan.scope(context)), []).append((edit, context))
    return sorted(groups.items(), key=lambda group: (group[0][0].rule.pk, group[0][1]))


def no_rule() -> BusinessError:
    return BusinessError(
        _("账套没有适用于该客户的编码规则，无法自动编号。"),
        code="number.no_rule",
        remedy=_("请先在账套设置中建立编码规则。"),
    )


def _draw(rules: RuleSet, ready: Ready, scope: str, waiting: Waiting) -> None:
    """Number everybody who waits for this counter. Raises BusinessError when it runs out."""
    plan, spans, ledger_id = ready.plan, rules.reserved_spans(ready.rule.pk, scope), rules.ledger.pk
    last = waiting[-1][0]
    with _counter(ready, scope) as counter:
        while waiting:
            serials = plan.serial.run(counter.next_serial, len(waiting), spans)
            if len(serials) < len(waiting):
                raise exhausted(ready.rule)
            counter.next_serial = plan.serial.after(serials[-1])
            waiting, before = _fill(ledger_id, plan, waiting, serials), len(waiting)
            if len(waiting) == before:
                _skip_taken(ledger_id, ready, counter, waiting[0][1], spans)
        used = (counter.next_serial - plan.serial.first) / max(1, plan.serial.last + 1 - plan.serial.first)
    if used >= NEARLY_USED:
        left = max(0, (plan.serial.last - counter.next_serial) // plan.serial.step + 1)
        message = _("编码规则「%(rule)s」的流水号已用 %(percent)s%%，还可用 %(left)s 个。")
        about = {"rule": ready.rule.name, "percent": int(used * 100), "left": left}
        last.problem("number", "number.nearly_used", message % about, "warning")


def _fill(ledger_id: int, plan: Plan, waiting: Waiting, serials: list[int]) -> Waiting:
    """Give the numbers of these serials; returns those whose number somebody already had."""
    numbers = list(plan.numbers([context for _edit, context in waiting], serials))
    keys = [number_key(number) for number in numbers]
    held = taken(ledger_id, keys)
    left = []
    for (edit, context), number, key in zip(waiting, numbers, keys, strict=True):
        if key in held:
            left.append((edit, context))
        else:
            edit.values["number"], edit.values["number_key"] = number, key
    return left


def _skip_taken(ledger_id: int, ready: Ready, counter: "_Counter", context: NumberContext, spans: list) -> None:
    """Move the counter to the next free serial, in growing strides: a new rule may begin where a million old numbers stand."""
    plan, size = ready.plan, 500
    while True:
        serials = plan.serial.run(counter.next_serial, size, spans)
        if not serials:
            raise exhausted(ready.rule)
        keys = [number_key(number) for number in plan.numbers([context] * len(serials), serials)]
        held = taken(ledger_id, keys)
        free = next((place for place, key in enumerate(keys) if key not in held), None)
        if free is not None:
            counter.next_serial = serials[free]
            return
        counter.next_serial = plan.serial.after(serials[-1])
        size = min(size * 4, 32_000)


def exhausted(rule: NumberingRule) -> BusinessError:
    return BusinessError(
        _("编码规则「%(rule)s」的流水号已用尽。") % {"rule": rule.name},
        code="number.exhausted",
        remedy=_("请在编码规则中建立新版本，增加流水号位数或号段。"),
    )


# --- counters -------------------------------------------------------------------------------------------------------------


class _Counter:
    """A counter in our hands."""

    def __init__(self, next_serial: int):
        self.next_serial = next_serial


@contextmanager
def _counter(ready: Ready, scope: str) -> Iterator[_Counter]:
    """The counter of a scope, nobody else's while the block lasts; made at its first use, kept as the block leaves it."""
    if not ready.rule.is_gapless and connection.vendor == "postgresql":
        with _by_itself(ready, scope) as counter:
            if counter is not None:
                yield counter
                return
    row = lock_counter(ready.rule, scope, ready.plan.serial.first)
    counter = _Counter(row.next_serial)
    yield counter
    if counter.next_serial != row.next_serial:
        row.next_serial = counter.next_serial
        row.save(update_fields=["next_serial"])


def lock_counter(rule: NumberingRule, scope: str, first: int) -> NumberCounter:
    """The row of a counter, locked until the transaction ends."""
    NumberCounter.objects.get_or_create(rule=rule, scope=scope, defaults={"next_serial": first})
    return NumberCounter.objects.select_for_update().get(rule=rule, scope=scope)


@contextmanager
def _by_itself(ready: Ready, scope: str) -> Iterator[_Counter | None]:
    """The counter through a connection of its own, committed when the block ends, whatever becomes of what surrounds it.

    None when the rule is not committed itself yet: then only the present transaction can count.
    """
    table, own = NumberCounter._meta.db_table, connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {NumberingRule._meta.db_table} WHERE id = %s", [ready.rule.pk])
            if cursor.fetchone() is None:
                yield None
                return
            first = ready.plan.serial.first
            cursor.execute("BEGIN")
            cursor.execute(
                f"INSERT INTO {table} (rule_id, scope, next_serial) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [ready.rule.pk, scope, first],
            )
            where = f"FROM {table} WHERE rule_id = %s AND scope = %s FOR UPDATE"
            cursor.execute(f"SELECT id, next_serial {where}", [ready.rule.pk, scope])
            pk, next_serial = cursor.fetchone()
            counter = _Counter(next_serial)
            yield counter
            cursor.execute(f"UPDATE {table} SET next_serial = %s WHERE id = %s", [counter.next_serial, pk])
            cursor.execute("COMMIT")
    finally:
        own.close()


def push(rules: RuleSet, numbers: Iterable[str]) -> None:
    """Pull the counters past numbers typed by hand that a rule could have made; what is skipped is written down.

    Numbers out of a reserved range leave the counter where it is.
    """
    typed: dict[tuple[Ready, str], set[int]] = {}
    for number in numbers:
        for ready in rules.ready:
            reading = ready.plan.read(number)
            if reading is None or not ready.plan.serial.first <= reading.serial <= ready.plan.serial.last:
                continue
            spans = rules.reserved_spans(ready.rule.pk, reading.scope)
            if not any(first <= reading.serial <= last for first, last in spans):
                typed.setdefault((ready, reading.scope), set()).add(reading.serial)
    gaps: list[NumberGap] = []
    for (ready, scope), serials in sorted(typed.items(), key=lambda item: (item[0][0].rule.pk, item[0][1])):
        with _counter(ready, scope) as counter:
            highest = max(serials)
            if counter.next_serial <= highest:
                gaps += _skipped(ready, scope, counter.next_serial, sorted(serials))
                counter.next_serial = ready.plan.serial.after(highest)
    NumberGap.objects.bulk_create(gaps)


def _skipped(ready: Ready, scope: str, first: int, serials: list[int]) -> list[NumberGap]:
    """The runs between the counter and the highest typed serial that nobody gets."""
    found = []
    for serial in serials:
        if serial > first:
            found.append(
                NumberGap(rule=ready.rule, scope=scope, first=first, last=serial - 1, cause=NumberGap.Cause.SKIPPED)
            )
        first = max(first, ready.plan.serial.after(serial))
    return found


# --- numbers that were ------------------------------------------------------------------------------------------------------


def _take_back(rules: RuleSet, keys: list[str]) -> None:
    """A retired number that a rule lets be used again is a number in use from now on."""
    if any(each.rule.allow_reuse for each in rules.ready):
        retired = NumberAlias.objects.filter(ledger=rules.ledger, kind=NumberAlias.Kind.RETIRED, customer=None)
        retired.filter(number_key__in=keys).delete()


class Renumbered(NamedTuple):
    """A customer whose number changes."""

    customer_id: int
    old: str
    new: str


def change(ledger, changes: list[Renumbered], *, reason: str = "") -> list[tuple[int, dict[str, str]]]:
    """What a change of numbers means beside the customers' rows; called by the writer in its transaction, before it saves them.

    Pulls the counters past the new numbers and keeps the old ones, so that they still find their customers. Returns the values by which
    customers lose their numbers for the moment because another one takes them in the same act: they begin with a blank, which no
    number can, and nobody sees them.
    """
    keys = [(each, number_key(each.old), number_key(each.new)) for each in changes]
    keys = [entry for entry in keys if entry[1] != entry[2]]
    if not keys:
        return []
    push(RuleSet(ledger), [each.new for each, _old, _new in keys])
    borne = {new for _each, _old, new in keys}
    # Among these are former numbers that their customers, or others in a renumbering, bear from now on.
    NumberAlias.objects.filter(ledger=ledger, number_key__in=borne).delete()
    NumberAlias.objects.bulk_create(
        [
            NumberAlias(
                ledger=ledger, customer_id=each.customer_id, number=each.old, number_key=old,
                kind=NumberAlias.Kind.FORMER, reason=reason[:200],
            )
            for each, old, _new in keys
            if old and old not in borne
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return [
        (each.customer_id, {"number": f" {each.customer_id}", "number_key": f" {each.customer_id}"})
        for each, old, _new in keys
        if old in borne
    ]
