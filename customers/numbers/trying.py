"""A draft tried on all customers of its set: what numbers they would get, what would be in the way, how full the counters would be.

What lives here: the trial. What does not: changing anybody's number (``renumbering``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ..fields import Catalogue
from ..models import NumberingRule
from ..rules.numbering import MissingPart
from ..services.number_checks import missing_label
from ..services.number_rules import Facts, RuleSet
from ..services.numbering import number_key, taken
from .facts import chunks, everybody

SAMPLES = 20
Progress = Callable[[int], None]


@dataclass
class Trial:
    """What a trial found; counts are of customers."""

    customers: int = 0
    matched: int = 0
    fitting: int = 0  # their present number has the rule's form already
    too_long: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    clashes: int = 0
    overflowed: int = 0
    scopes: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[str, str, str]] = field(default_factory=list)  # name, present number, would be
    clash_examples: list[tuple[str, str]] = field(default_factory=list)  # name, number that somebody has
    missing_examples: list[tuple[str, str, str]] = field(default_factory=list)  # name, number, what is missing

    def as_result(self, capacity: int) -> dict[str, Any]:
        """As JSON, the fullest counters only."""
        fullest = sorted(self.scopes.items(), key=lambda item: -item[1])[:SAMPLES]
        plain = {name: value for name, value in vars(self).items() if name != "scopes"}
        return plain | {"scopes": fullest, "counters": len(self.scopes), "capacity": capacity}


def run(rule: NumberingRule, progress: Progress = lambda done: None) -> dict[str, Any]:
    """Number everybody whom the rule would number, on paper, in the order in which they were entered."""
    ledger = rule.ledger
    rules = RuleSet(ledger, extra=rule)
    ready = next(each for each in rules.ready if each.rule is rule)
    trial, catalogue = Trial(), Catalogue.of(ledger)
    following: dict[str, int] = {}
    most = ledger.parameter("number_max_length")
    for found in chunks(everybody(ledger), rules.field_keys):
        wanted = [facts for facts in found if rules.choose(facts) is ready]
        trial.customers += len(found)
        trial.matched += len(wanted)
        numbers: dict[str, tuple[Facts, str]] = {}
        for facts in wanted:
            trial.fitting += ready.plan.read(facts["number"]) is not None
            number = _number(rules, ready, facts, following, trial, catalogue)
            if number:
                trial.too_long += len(number) > most
                numbers[number_key(number)] = (facts, number)
                if len(trial.examples) < SAMPLES:
                    trial.examples.append((facts["name"], facts["number"], number))
        _clashes(rules, ready, numbers, trial)
        progress(trial.customers)
    trial.scopes = {scope: _used(ready, serial) for scope, serial in following.items()}
    return trial.as_result(ready.plan.serial.capacity)


def _number(rules, ready, facts: Facts, following: dict[str, int], trial: Trial, catalogue) -> str:
    """The number that the customer would get; "" when he lacks something or the counter is full."""
    plan = ready.plan
    context = rules.context(facts)
    try:
        frame, scope = plan.frame(context), plan.scope(context)
    except MissingPart as missing:
        label = missing_label(missing, catalogue)
        trial.missing[label] = trial.missing.get(label, 0) + 1
        if len(trial.missing_examples) < SAMPLES:
            trial.missing_examples.append((facts["name"], facts["number"], label))
        return ""
    serial = following.get(scope, plan.serial.at_or_after(plan.serial.first))
    if serial > plan.serial.last:
        trial.overflowed += 1
        following[scope] = serial + 1
        return ""
    following[scope] = plan.serial.after(serial)
    return plan.number(frame, serial)


def _used(ready, serial: int) -> int:
    return (serial - ready.plan.serial.first) // ready.plan.serial.step


def _clashes(rules, ready, numbers: dict[str, tuple[Facts, str]], trial: Trial) -> None:
    """Numbers that a customer whom the rule does not number bears, or that are kept back."""
    held = taken(rules.ledger.pk, numbers)
    own = {pk for pk in held.values() if pk}
    others = own - {facts["id"] for facts, _number in numbers.values()}
    if others:
        rows = everybody(rules.ledger).filter(pk__in=others)
        outside = {
            facts["id"]
            for found in chunks(rows, rules.field_keys)
            for facts in found
            if rules.choose(facts) is not ready
        }
    else:
        outside = set()
    for key, holder in held.items():
        if holder is None or holder in outside:
            trial.clashes += 1
            if len(trial.clash_examples) < SAMPLES:
                facts, number = numbers[key]
                trial.clash_examples.append((facts["name"], number))


def verdict(result: dict[str, Any]) -> list[tuple[str, str]]:
    """(tone, sentence) about a trial, the worst first."""
    about = {key: value for key, value in result.items() if isinstance(value, int)}
    found = []
    if result["overflowed"]:
        found.append(("danger", _("流水号不够：有 %(overflowed)s 位客户得不到编号，请增加位数。") % about))
    if result["too_long"]:
        found.append(("danger", _("有 %(too_long)s 个编号超过账套规定的长度。") % about))
    if result["clashes"]:
        found.append(("danger", _("有 %(clashes)s 个编号已被其他客户占用或保留。") % about))
    for label, count in result["missing"].items():
        text = _("有 %(count)s 位客户没有填写%(what)s，无法编号。")
        found.append(("warning", text % {"count": count, "what": label}))
    if not found:
        found.append(("success", _("%(matched)s 位客户都能按这条规则编号，没有冲突。") % about))
    return found
