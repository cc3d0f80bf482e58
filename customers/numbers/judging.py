"""Whether a rule may come into force in its set, and how long it will last.

What lives here: checks that look at the set's other rules, codes and numbers, and the forecast. What does not: a rule by itself
(``rules.numbering_checks``), putting it into force (``versions``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledgers.models import Ledger
from permissions.models import Company, Department

from ..models import Category, Customer, NumberingRule, SalesRegion
from ..rules.checked import ERROR, WARNING, Problem
from ..rules.numbering import MissingPart
from ..rules.numbering_checks import validate
from ..rules.numbering_overlap import meeting, rows
from ..services.number_rules import KIND_CODES, RuleSet, plan_of
from ..services.numbering import NEARLY_USED, number_key, taken
from .wording import DOWNSTREAM, counters_of, example_context, longest, unmet_needs

RECENT = 2_000  # customers from whose dates the use per month is taken


def problems(rule: NumberingRule) -> list[Problem]:
    """Errors keep the rule from coming into force, warnings are told. ``rule`` may be unsaved."""
    found = validate(rule.parts, rule.reset)
    if any(problem.severity == ERROR for problem in found):
        return found
    return [*found, *_range(rule)] or [
        *_length(rule), *_overlap(rule), *_next_is_taken(rule), *_rank(rule), *_needs(rule), *_used_up(rule),
    ]  # fmt: skip


def _range(rule: NumberingRule) -> Iterator[Problem]:
    serial = plan_of(rule).serial
    if rule.range_from is not None and rule.range_to is not None and rule.range_from > rule.range_to:
        yield Problem("numbering.range", _("号段的止号小于起号。"), ERROR)
    elif max(rule.range_from or 0, rule.range_to or 0) >= serial.limit:
        yield Problem("numbering.range", _("号段超出了流水号的位数。"), ERROR)
    elif serial.at_or_after(serial.first) > serial.last:
        yield Problem("numbering.range", _("号段内没有可用的流水号。"), ERROR)


def _length(rule: NumberingRule) -> Iterator[Problem]:
    """The set's greatest length, and that of systems further down."""
    length, code = longest(rule.parts, codes_of(rule))
    most, least = rule.ledger.parameter("number_max_length"), rule.ledger.parameter("number_min_length")
    about = {"length": length, "most": most, "code": code, "least": least}
    if length > most:
        message = (
            _("编号最长会有 %(length)s 位（如编码“%(code)s”），超过了账套规定的 %(most)s 位。")
            if code
            else _("编号有 %(length)s 位，超过了账套规定的 %(most)s 位。")
        )
        yield Problem("numbering.too_long", message, ERROR, "", about)
    elif length < least:
        yield Problem("numbering.too_short", _("编号只有 %(length)s 位，账套规定至少 %(least)s 位。"), ERROR, "", about)
    for system, limit in DOWNSTREAM:
        if length > limit and length <= most:
            message = _("编号最长 %(length)s 位，传给 %(system)s 会超长（最多 %(limit)s 位）。")
            yield Problem("numbering.downstream", message, WARNING, "", about | {"system": system, "limit": limit})


def codes_of(rule: NumberingRule) -> dict[str, list[str]]:
    """Part type → the codes that it can give in this set, as far as the rule's conditions let them through."""
    ledger, types = rule.ledger, {part["type"] for part in rule.parts}
    said = rule.conditions or {}
    found: dict[str, list[str]] = {"ledger": [ledger.code], "kind": list(KIND_CODES.values())}
    if said.get("kinds"):
        found["kind"] = [KIND_CODES[kind] for kind in said["kinds"] if kind in KIND_CODES]
    if "category" in types:
        codes = Category.objects.filter(ledger=ledger)
        found["category"] = list(codes.values_list("code", flat=True)) or []
        if said.get("categories"):
            wanted = RuleSet(ledger, extra=rule).ready
            mine = next(each.categories for each in wanted if each.rule is rule)
            found["category"] = list(codes.filter(pk__in=mine).values_list("code", flat=True))
    if "sales_region" in types:
        regions = SalesRegion.objects.filter(ledger=ledger)
        if said.get("sales_regions"):
            regions = regions.filter(pk__in=said["sales_regions"])
        found["sales_region"] = list(regions.values_list("code", flat=True))
    if "department" in types:
        found["department"] = list(Department.objects.values_list("code", flat=True))
    if "company" in types:
        found["company"] = list(Company.objects.values_list("code", flat=True))
    return found


def _others(rule: NumberingRule) -> Iterator[NumberingRule]:
    """Active rules of the set that stay beside this one."""
    gone, node = {rule.pk}, rule.replaces
    while node is not None and node.pk not in gone:
        gone.add(node.pk)
        node = node.replaces
    active = NumberingRule.objects.filter(ledger=rule.ledger, state=NumberingRule.State.ACTIVE)
    for other in active.exclude(pk__in=[pk for pk in gone if pk]):
        if not any(problem.severity == ERROR for problem in validate(other.parts, other.reset)):
            yield other


def _overlap(rule: NumberingRule) -> Iterator[Problem]:
    """Another rule in force that could give the same number."""
    mine = rows(rule.parts, codes_of(rule), rule.range_from, rule.range_to)
    for other in _others(rule):
        found = meeting(mine, rows(other.parts, codes_of(other), other.range_from, other.range_to))
        if found:
            message = _(
                "与规则「%(other)s」会给出相同的编号，例如 %(number)s。请改用不同的固定文字，或给两条规则分开的号段。"
            )
            yield Problem("numbering.overlap", message, ERROR, "", {"other": other.name, "number": found})


def _next_is_taken(rule: NumberingRule) -> Iterator[Problem]:
    """The first numbers of the rule against those that are borne: a shorter width, an old prefix, a start that is too low."""
    plan, ledger = plan_of(rule), rule.ledger
    context = example_context(ledger, rule.parts)
    try:
        frame = plan.frame(context)
    except MissingPart:
        return
    first = _first_serial(rule, plan.scope(context))
    serials = plan.serial.run(first, 200)
    keys = {number_key(plan.number(frame, serial)): serial for serial in serials}
    held = taken(ledger.pk, keys)
    if not serials:
        yield Problem("numbering.used_up", _("流水号已用尽，请增加位数或放宽号段。"), ERROR)
    elif number_key(plan.number(frame, serials[0])) in held:
        free = _next_free(ledger, plan, frame, serials[0])
        about = {"number": plan.number(frame, serials[0]), "start": plan.serial.text(free) if free is not None else ""}
        message = (
            _("%(number)s 已被占用。请把起始值（或号段）改为 %(start)s 以上，或更换固定文字。")
            if about["start"]
            else _("%(number)s 及以后的编号都已被占用，请更换固定文字或增加位数。")
        )
        yield Problem("numbering.taken", message, ERROR, "", about)
    elif held:
        message = _("接下来 200 个编号中有 %(count)s 个已被占用，取号时会自动跳过。")
        yield Problem("numbering.some_taken", message, WARNING, "", {"count": len(held)})


def _first_serial(rule: NumberingRule, scope: str) -> int:
    """Where the rule would begin: at its counter, or that of the version whose numbers it goes on with."""
    plan, counter = plan_of(rule), counters_of(rule).filter(scope=scope).first()
    return max(counter.next_serial, plan.serial.first) if counter else plan.serial.first


def _next_free(ledger: Ledger, plan, frame: tuple[str, str], first: int) -> int | None:
    size = 1_000
    while serials := plan.serial.run(first, size):
        keys = [number_key(plan.number(frame, serial)) for serial in serials]
        held = taken(ledger.pk, keys)
        free = next((serial for serial, key in zip(serials, keys, strict=True) if key not in held), None)
        if free is not None:
            return free
        first, size = plan.serial.after(serials[-1]), min(size * 4, 32_000)
    return None


def _rank(rule: NumberingRule) -> Iterator[Problem]:
    """Two rules for the same customers with the same rank: the newer one hides the older."""
    for other in _others(rule):
        if other.priority == rule.priority and (other.conditions or {}) == (rule.conditions or {}):
            message = _("与规则「%(other)s」适用的客户和优先级都相同，新的一条优先，原来那条不再使用。")
            yield Problem("numbering.hides", message, WARNING, "", {"other": other.name})


def _needs(rule: NumberingRule) -> Iterator[Problem]:
    needs = unmet_needs(rule.ledger, rule.parts)
    if needs:
        message = _("规则用到%(fields)s，但它们不是必填字段，缺少时无法自动编号。")
        yield Problem("numbering.needs", message, WARNING, "", {"fields": "、".join(needs)})


def _used_up(rule: NumberingRule) -> Iterator[Problem]:
    forecast = forecast_of(rule)
    if forecast.left <= 0:
        yield Problem("numbering.used_up", _("流水号已用尽，请增加位数或放宽号段。"), ERROR)
    elif forecast.is_short:
        yield Problem("numbering.short", forecast.text, WARNING)


# --- how long it lasts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forecast:
    """What is left in the fullest counter of a rule, and in how many months it will be gone (None: nobody can tell)."""

    capacity: int
    left: int
    months: float | None
    scope: str = ""
    within: str = ""

    @property
    def is_short(self) -> bool:
        """Nearly used, or gone within half a year (for counters that begin anew: before they do)."""
        used = self.capacity - self.left
        return used >= NEARLY_USED * self.capacity or (self.months is not None and self.months < 6)

    @property
    def text(self) -> str:
        """还可用 9 412 个，约 3 年后用尽."""
        left = f"{max(0, self.left):,}".replace(",", " ")
        said = _("还可用 %(left)s 个") % {"left": left}
        if self.scope:
            said = _("“%(scope)s”%(said)s") % {"scope": self.scope.replace("*", "…"), "said": said}
        if self.months is None:
            return said
        if self.within:
            return _("%(said)s，按近期速度%(within)s内会用尽") % {"said": said, "within": self.within}
        return _("%(said)s，约%(when)s后用尽") % {"said": said, "when": _duration(self.months)}


_PERIOD_MONTHS = {"year": 12.0, "month": 1.0, "day": 1 / 30}


def forecast_of(rule: NumberingRule) -> Forecast:
    """How long the rule lasts at the speed of the newest customers; four queries at most."""
    plan, ledger = plan_of(rule), rule.ledger
    capacity = plan.serial.capacity
    counters = counters_of(rule)
    if rule.reset in _PERIOD_MONTHS:
        counters = counters.filter(scope=plan.scope(example_context(ledger, rule.parts)))
    fullest = counters.order_by("-next_serial").first()
    used = (fullest.next_serial - plan.serial.first) // plan.serial.step if fullest else 0
    left, per_month = capacity - max(0, used), _per_month(ledger, plan, fullest.scope if fullest else None)
    scope = fullest.scope if fullest and rule.reset in ("prefix", "parts") else ""
    period = _PERIOD_MONTHS.get(rule.reset)
    months = max(0, left) / per_month if per_month else None
    if period is None:
        return Forecast(capacity, left, months, scope)
    within = {"year": _("本年"), "month": _("本月"), "day": _("当日")}[rule.reset]
    if months is None or capacity / per_month > period:
        return Forecast(capacity, left, None)
    return Forecast(capacity, left, months, within=within)


def _per_month(ledger: Ledger, plan, scope: str | None) -> float:
    """How many numbers of a counter (of all counters for None) the newest customers took a month."""
    newest = list(Customer.objects.of(ledger.pk).order_by("-pk").values_list("number", "created_at")[:RECENT])
    if len(newest) < 2:
        return 0.0
    readings = [plan.read(number) for number, _at in newest]
    own = sum(1 for reading in readings if reading and scope in (None, reading.scope))
    return own / _months_since(newest[-1][1])


def _months_since(at: datetime) -> float:
    return max((timezone.now() - at).total_seconds() / 86_400 / 30.4, 0.25)


def _duration(months: float) -> str:
    if months >= 1200:
        return _(" 100 年以上")
    if months >= 18:
        years = round(months / 12)
        return ngettext(" %(count)s 年", " %(count)s 年", years) % {"count": years}
    count = max(1, round(months))
    return ngettext(" %(count)s 个月", " %(count)s 个月", count) % {"count": count}
