"""The next number: drawing serials under the counter's lock, and checking numbers typed by hand.

What lives here: rules of a set, counters, clashes. What does not: how a pattern is rendered or read
(``customers.rules.numbering``). Numbers are drawn last, inside the transaction that saves, so that a failure gives them back.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from erp_site.shared.errors import BusinessError

from ..models import Category, Customer, NumberAlias, NumberCounter, NumberingRule
from ..rules import identifiers
from ..rules import numbering as patterns
from ..rules.numbering import NumberContext
from .edits import Edit

DEFAULT_PARTS = [{"type": "literal", "text": "KH"}, {"type": "serial", "width": 6, "start": 1, "step": 1}]


def rule_in_force(ledger) -> NumberingRule | None:
    """The newest active rule of the set."""
    return NumberingRule.objects.filter(ledger=ledger, is_active=True).first()


def create_rule(ledger, *, name: str, parts: list[dict], reset: str) -> NumberingRule:
    """Make a rule the one in force; older ones stay for reading. Raises BusinessError with every fault of the parts."""
    faults = [fault for fault in patterns.validate(parts, reset) if fault.severity == "error"]
    if faults:
        raise BusinessError(" ".join(str(fault.message) for fault in faults), code=faults[0].code, field="parts")
    NumberingRule.objects.filter(ledger=ledger, is_active=True).update(is_active=False)
    return NumberingRule.objects.create(ledger=ledger, name=name, parts=parts, reset=reset)


def contexts(ledger, edits: Iterable[Edit], *, on: date | None = None) -> list[NumberContext]:
    """What each edit offers to a pattern: category and region code, kind, initials, the day."""
    day = on or timezone.localdate()
    edits = list(edits)
    wanted = {edit.values.get("category_id") for edit in edits} - {None}
    codes = dict(Category.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}
    return [
        NumberContext(
            category_code=codes.get(edit.values.get("category_id"), ""),
            region_code=edit.values.get("region_code", ""),
            kind_code=KIND_CODES.get(edit.values.get("kind", ""), "QY"),
            ledger_code=ledger.code,
            initials=edit.values.get("mnemonic_code", ""),
            on=day,
        )
        for edit in edits
    ]


KIND_CODES = {
    Customer.Kind.COMPANY: "QY",
    Customer.Kind.PERSON: "GR",
    Customer.Kind.SOLE_TRADER: "GT",
    Customer.Kind.PUBLIC: "ZF",
    Customer.Kind.OVERSEAS: "HW",
    Customer.Kind.PARTNER: "HZ",
}


def assign(ledger, edits: list[Edit]) -> None:
    """Give each new customer its number; manual ones first, since they push the counter. Called under the write lock.

    Raises BusinessError when the set has no rule, or the rule's serial has run out.
    """
    manual = [edit for edit in edits if edit.values.get("number")]
    automatic = [edit for edit in edits if not edit.values.get("number")]
    for edit in manual:
        edit.values["number_key"] = number_key(edit.values["number"])
    if not edits:
        return
    rule = rule_in_force(ledger)
    if rule is None:
        if automatic:
            raise BusinessError(
                _("账套还没有编码规则，无法自动编号。"),
                code="number.no_rule",
                remedy=_("请先在账套设置中建立编码规则。"),
            )
        return
    if manual:
        _push(rule, manual, contexts(ledger, manual))
    if automatic:
        _draw(rule, automatic, contexts(ledger, automatic))


def cannot_number(ledger, edits: list[Edit]) -> Iterator[tuple[Edit, str]]:
    """New customers without a number for which the rule lacks something (a category, a region), with the sentence."""
    automatic = [edit for edit in edits if not edit.values.get("number")]
    rule = rule_in_force(ledger) if automatic else None
    if rule is None or not _FROM_CUSTOMER & {part["type"] for part in rule.parts}:
        return
    start, _step = _serial_part(rule)
    for edit, context in zip(automatic, contexts(ledger, automatic), strict=True):
        try:
            patterns.render(rule.parts, context, start)
        except patterns.MissingPart as missing:
            yield (
                edit,
                _("编码规则「%(rule)s」需要%(what)s，该客户没有填写。")
                % {
                    "rule": rule.name,
                    "what": _MISSING.get(missing.part_type, missing.part_type),
                },
            )


_FROM_CUSTOMER = {"category", "region", "kind", "initials"}
_MISSING = {
    "category": _lazy("客户分类"),
    "region": _lazy("省份或地址"),
    "initials": _lazy("客户名称"),
    "kind": _lazy("客户类型"),
}


def number_key(number: str) -> str:
    """The form in which numbers are compared: case and width do not count."""
    return identifiers.number_key(number)


def taken(ledger_id: int, keys: Iterable[str]) -> dict[str, int | None]:
    """number key → id of the customer who bears it, or None for a former, reserved or retired number; two queries."""
    wanted = list(keys)
    held: dict[str, int | None] = dict(
        NumberAlias.objects.filter(ledger_id=ledger_id, number_key__in=wanted).values_list("number_key", "customer_id")
    )
    held |= dict(Customer.objects.of(ledger_id).filter(number_key__in=wanted).values_list("number_key", "pk"))
    return held


def _scopes(rule: NumberingRule, contexts: list[NumberContext]) -> list[str]:
    return [patterns.counter_scope(rule.parts, rule.reset, context) for context in contexts]


def _serial_part(rule: NumberingRule) -> tuple[int, int]:
    part = next(part for part in rule.parts if part["type"] == "serial")
    return part.get("start", 1), part.get("step", 1)


def _counter(rule: NumberingRule, scope: str) -> NumberCounter:
    """The locked counter of a scope, made at its first use."""
    start, _step = _serial_part(rule)
    NumberCounter.objects.get_or_create(rule=rule, scope=scope, defaults={"next_serial": start})
    return NumberCounter.objects.select_for_update().get(rule=rule, scope=scope)


def _push(rule: NumberingRule, edits: list[Edit], contexts: list[NumberContext]) -> None:
    """Pull the counters past numbers typed by hand that follow the pattern."""
    highest: dict[str, int] = {}
    for edit, context, scope in zip(edits, contexts, _scopes(rule, contexts), strict=True):
        serial = patterns.serial_of(rule.parts, edit.values["number"])
        if serial is not None and patterns.render(rule.parts, context, serial) == edit.values["number"]:
            highest[scope] = max(serial, highest.get(scope, 0))
    _start, step = _serial_part(rule)
    for scope in sorted(highest):
        counter = _counter(rule, scope)
        if counter.next_serial <= highest[scope]:
            counter.next_serial = highest[scope] + step
            counter.save(update_fields=["next_serial"])


def _draw(rule: NumberingRule, edits: list[Edit], contexts: list[NumberContext]) -> None:
    groups: dict[str, list[tuple[Edit, NumberContext]]] = {}
    for edit, context, scope in zip(edits, contexts, _scopes(rule, contexts), strict=True):
        groups.setdefault(scope, []).append((edit, context))
    _start, step = _serial_part(rule)
    for scope in sorted(groups):
        counter = _counter(rule, scope)
        waiting = groups[scope]
        while waiting := _fill(rule, counter, waiting, step):
            _skip_taken(rule, counter, waiting[0][1], step)
        counter.save(update_fields=["next_serial"])


def _skip_taken(rule, counter, context: NumberContext, step: int) -> None:
    """Move the counter to the next free serial, in growing strides: a new rule may begin where a million old numbers stand."""
    size = 500
    while True:
        numbers = _render(rule, [context] * size, counter.next_serial, step, partly=True)
        keys = [number_key(number) for number in numbers]
        held = taken(rule.ledger_id, keys)
        free = next((place for place, key in enumerate(keys) if key not in held), None)
        if free is not None:
            counter.next_serial += step * free
            return
        counter.next_serial += step * len(keys)
        size = min(size * 4, 32_000)


def _render(rule, contexts: list[NumberContext], first: int, step: int, *, partly: bool = False) -> list[str]:
    """Numbers of consecutive serials. ``partly``: only as many as the serial's width still has, at least one."""
    if partly:
        width = next(part for part in rule.parts if part["type"] == "serial")["width"]
        contexts = contexts[: max(1, (10**width - 1 - first) // step + 1)]
    try:
        return patterns.render_many(rule.parts, contexts, first, step)
    except patterns.SerialOverflow as full:
        raise BusinessError(
            _("编码规则「%(rule)s」的流水号已用尽。") % {"rule": rule.name},
            code="number.exhausted",
            remedy=_("请在编码规则中增加流水号位数。"),
        ) from full


def _fill(rule, counter, waiting, step) -> list[tuple[Edit, NumberContext]]:
    """Number as many as are free in the next block; returns those whose number somebody already had."""
    numbers = _render(rule, [context for _edit, context in waiting], counter.next_serial, step)
    counter.next_serial += step * len(waiting)
    keys = [number_key(number) for number in numbers]
    held = taken(rule.ledger_id, keys)
    left = []
    for (edit, context), number, key in zip(waiting, numbers, keys, strict=True):
        if key in held:
            left.append((edit, context))
        else:
            edit.values["number"], edit.values["number_key"] = number, key
    return left
