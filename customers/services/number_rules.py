"""Which rule numbers a customer, and what the customer offers to it.

What lives here: ``RuleSet``, the rules of a set in force on a day with the tables by which they choose and render, loaded with a
constant number of queries. What does not: drawing (``numbering``), judging typed numbers (``number_checks``), keeping rules
(``customers.numbers``).

A customer's own category comes first, then the nearest one above it that names a rule; then the rules whose conditions fit, by
priority, the newest of equals. A version whose day has come takes the place of the one that it replaces.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone

from permissions.models import Company, Department

from ..models import Category, Customer, NumberingRule, NumberReservation, SalesRegion
from ..rules import numbering as patterns
from ..rules.checked import ERROR
from ..rules.numbering import NumberContext
from ..rules.numbering_checks import validate
from .categories import lineage

Facts = dict[str, Any]  # columns of a customer row as it will stand

KIND_CODES = {
    Customer.Kind.COMPANY: "QY",
    Customer.Kind.PERSON: "GR",
    Customer.Kind.SOLE_TRADER: "GT",
    Customer.Kind.PUBLIC: "ZF",
    Customer.Kind.OVERSEAS: "HW",
    Customer.Kind.PARTNER: "HZ",
}
# The columns by which a rule is chosen.
CHOSEN_BY = ("category_id", "department_id", "source", "kind", "sales_region_id")
# What a new row has where nothing is said.
_DEFAULTS = {"kind": Customer.Kind.COMPANY, "status": Customer.Status.PROSPECT}
AUTO, MANUAL, EDITABLE, EXTERNAL = (str(mode) for mode in NumberingRule.Mode)


@dataclass(frozen=True, eq=False)
class Ready:
    """A rule in force, made ready to draw and to read."""

    rule: NumberingRule
    plan: patterns.Plan
    mode: str
    categories: frozenset[int]
    departments: frozenset[int]
    sources: frozenset[str]
    kinds: frozenset[str]
    sales_regions: frozenset[int] = frozenset()

    def fits(self, facts: Facts) -> bool:
        """Whether the rule is for this customer; an empty condition is for everybody."""
        return (
            (not self.categories or facts.get("category_id") in self.categories)
            and (not self.sales_regions or facts.get("sales_region_id") in self.sales_regions)
            and (not self.departments or facts.get("department_id") in self.departments)
            and (not self.sources or (facts.get("source") or "") in self.sources)
            and (not self.kinds or (facts.get("kind") or _DEFAULTS["kind"]) in self.kinds)
        )


def rows_in_force(rows: Iterable[NumberingRule], on: date) -> list[NumberingRule]:
    """Of all rows of a set those that number customers on a day, the first choice first."""
    rows = list(rows)
    begun = [
        row for row in rows if row.state == NumberingRule.State.ACTIVE and (not row.starts_on or row.starts_on <= on)
    ]
    before = {row.pk: row.replaces_id for row in rows}
    replaced = {pk for row in begun for pk in _ancestors(row.pk, before)}
    return sorted((row for row in begun if row.pk not in replaced), key=lambda row: (-row.priority, -row.pk))


def _ancestors(pk: int, before: dict[int, int | None]) -> set[int]:
    """The versions that a rule has taken the place of, through all versions between."""
    found: set[int] = set()
    node = before.get(pk)
    while node is not None and node not in found:
        found.add(node)
        node = before.get(node)
    return found


class RuleSet:
    """The rules of one set on one day; look-up tables are read when a rule asks for them, once."""

    def __init__(self, ledger, *, on: date | None = None, extra: NumberingRule | None = None):
        """``extra``: a draft that is to be tried as if it were in force, in the place of what it replaces."""
        self.ledger = ledger
        self.on = on or timezone.localdate()
        self.codes = Codes(ledger)
        rows = list(NumberingRule.objects.filter(ledger=ledger).exclude(state=NumberingRule.State.DRAFT))
        if extra is not None:
            rows = [row for row in rows if row.pk != extra.pk]
        before = {row.pk: row.replaces_id for row in rows}
        in_force = rows_in_force(rows, self.on)
        if extra is not None:
            before[extra.pk] = extra.replaces_id
            gone = _ancestors(extra.pk, before)
            in_force = sorted(
                [extra, *(row for row in in_force if row.pk not in gone)],
                key=lambda row: (-row.priority, -(row.pk or 0)),
            )
        self.ready = [self._made_ready(row) for row in in_force if _is_sound(row)]
        # A category names a version; what stands in its place today numbers the category's customers.
        self._heir = {pk: each for each in self.ready for pk in (each.rule.pk, *_ancestors(each.rule.pk, before))}
        self._chosen: dict[tuple, Ready | None] = {}

    def _made_ready(self, row: NumberingRule) -> Ready:
        said = row.conditions or {}
        return Ready(
            row,
            plan_of(row, self.codes),
            row.mode or self.ledger.parameter("number_mode"),
            self._with_below(said.get("categories"), lambda: self._lines),
            self._with_below(said.get("departments"), lambda: self._department_lines),
            frozenset(said.get("sources") or ()),
            frozenset(said.get("kinds") or ()),
            frozenset(said.get("sales_regions") or ()),
        )

    @staticmethod
    def _with_below(wanted: list[int] | None, lines) -> frozenset[int]:
        """The chosen nodes of a tree and all below them."""
        if not wanted:
            return frozenset()
        chosen = set(wanted)
        return frozenset(chosen | {pk for pk, line in lines().items() if chosen & set(line)})

    # --- choosing -----------------------------------------------------------------------------------------------------

    def choose(self, facts: Facts) -> Ready | None:
        """The rule that numbers a customer, None when none does."""
        key = tuple(facts.get(name) for name in CHOSEN_BY)
        if key not in self._chosen:
            own = self._of_category(key[0])
            self._chosen[key] = own or next((each for each in self.ready if each.fits(facts)), None)
        return self._chosen[key]

    def _of_category(self, category_id: int | None) -> Ready | None:
        if not category_id:
            return None
        named = (self._category_rules.get(pk) for pk in self._lines.get(category_id, ()))
        return next((self._heir[pk] for pk in named if pk in self._heir), None)

    def by_id(self, rule_id: int) -> Ready | None:
        """The rule in force that is, or has taken the place of, this one."""
        return self._heir.get(rule_id)

    # --- rendering ------------------------------------------------------------------------------------------------------

    def context(self, facts: Facts) -> NumberContext:
        """What a customer offers to the rules of this set."""
        if self._same_for_all is not None:
            return self._same_for_all
        types, category_id = self._types, facts.get("category_id")
        path = self._category_path(category_id) if "category" in types and category_id else ()
        department, company = ("", "")
        if types & {"department", "company"}:
            department, company = self._department_codes.get(facts.get("department_id"), ("", ""))
        return NumberContext(
            category_code=path[-1] if path else "",
            region_code=facts.get("region_code") or "",
            kind_code=KIND_CODES.get(facts.get("kind") or _DEFAULTS["kind"], "QY"),
            ledger_code=self.ledger.code,
            initials=facts.get("mnemonic_code") or "",
            on=self.on,
            category_path=path,
            company_code=company,
            department_code=department,
            sales_region_code=self._regions.get(facts.get("sales_region_id"), "") if "sales_region" in types else "",
            fields=tuple((key, value_text(facts.get(key, _DEFAULTS.get(key)))) for key in self.field_keys),
        )

    @cached_property
    def _same_for_all(self) -> NumberContext | None:
        """The one context of a set whose numbers say nothing of their customers."""
        if self._types - {"literal", "serial", "date", "check", "ledger"}:
            return None
        return NumberContext(ledger_code=self.ledger.code, on=self.on)

    @cached_property
    def _types(self) -> frozenset[str]:
        return frozenset(part["type"] for each in self.ready for part in each.rule.parts)

    @cached_property
    def field_keys(self) -> tuple[str, ...]:
        """The catalogue fields that stand in numbers by their value."""
        keys = {part["key"] for each in self.ready for part in each.rule.parts if part["type"] == "field"}
        return tuple(sorted(keys))

    @cached_property
    def says_of_customer(self) -> bool:
        """Whether any rule wants something of a customer that may be missing."""
        return bool(self._types - {"literal", "serial", "date", "check", "ledger", "kind"})

    # --- tables ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _lines(self) -> dict[int, list[int]]:
        return lineage(self.ledger)

    @cached_property
    def _categories(self) -> dict[int, tuple[str, int | None]]:
        rows = Category.objects.filter(ledger=self.ledger).values_list("pk", "code", "numbering_rule_id")
        return {pk: (code, rule) for pk, code, rule in rows}

    @cached_property
    def _category_rules(self) -> dict[int, int]:
        return {pk: rule for pk, (_code, rule) in self._categories.items() if rule}

    def _category_path(self, category_id: int) -> tuple[str, ...]:
        return tuple(self._categories[pk][0] for pk in reversed(self._lines.get(category_id, ())))

    @cached_property
    def _departments(self) -> dict[int, tuple[str, int | None, str]]:
        rows = Department.objects.values_list("pk", "code", "parent_id", "company__code")
        return {pk: (code, parent, company or "") for pk, code, parent, company in rows}

    @cached_property
    def _department_lines(self) -> dict[int, list[int]]:
        lines: dict[int, list[int]] = {}
        for pk in self._departments:
            line, node = [], pk
            while node in self._departments and node not in line:
                line.append(node)
                node = self._departments[node][1]
            lines[pk] = line
        return lines

    @cached_property
    def _department_codes(self) -> dict[int, tuple[str, str]]:
        """department → (its code, the code of the company that it or the nearest department above it belongs to)."""
        return {
            pk: (
                self._departments[pk][0],
                next((self._departments[each][2] for each in line if self._departments[each][2]), ""),
            )
            for pk, line in self._department_lines.items()
        }

    @cached_property
    def _regions(self) -> dict[int, str]:
        return dict(SalesRegion.objects.filter(ledger=self.ledger).values_list("pk", "code"))

    @cached_property
    def reserved(self) -> dict[int, dict[str, list[NumberReservation]]]:
        """rule → counter → what is kept back today."""
        found: dict[int, dict[str, list[NumberReservation]]] = {}
        rows = NumberReservation.objects.filter(rule__in=[each.rule.pk for each in self.ready])
        for row in rows.filter(Q(ends_on=None) | Q(ends_on__gte=self.on)):
            found.setdefault(row.rule_id, {}).setdefault(row.scope, []).append(row)
        return found

    def reserved_spans(self, rule_id: int, scope: str) -> list[patterns.Span]:
        return [(row.first, row.last) for row in self.reserved.get(rule_id, {}).get(scope, ())]


class Codes:
    """The codes of a set that stand in its numbers, former ones of categories among them; each table is read once, if at all."""

    def __init__(self, ledger):
        self.ledger = ledger
        self._known: dict[str, list[str]] = {}

    def __call__(self, part_type: str) -> list[str]:
        if part_type not in self._known:
            self._known[part_type] = list(_CODES[part_type](self.ledger))
        return self._known[part_type]


def _category_codes(ledger) -> Iterable[str]:
    for code, former in Category.objects.filter(ledger=ledger).values_list("code", "former_codes"):
        yield from (code, *(former or ()))


_CODES: dict[str, Callable[[Any], Iterable[str]]] = {
    "category": _category_codes,
    "kind": lambda ledger: KIND_CODES.values(),
    "ledger": lambda ledger: [ledger.code],
    "company": lambda ledger: Company.objects.values_list("code", flat=True),
    "department": lambda ledger: Department.objects.values_list("code", flat=True),
    "sales_region": lambda ledger: SalesRegion.objects.filter(ledger=ledger).values_list("code", flat=True),
}


def plan_of(rule: NumberingRule, codes: Codes | None = None) -> patterns.Plan:
    """The rule with its range, made ready; its parts must be sound. ``codes``: shared by the rules of a set."""
    return patterns.Plan(rule.parts, rule.reset, rule.range_from, rule.range_to, codes or Codes(rule.ledger))


def _is_sound(rule: NumberingRule) -> bool:
    return not any(problem.severity == ERROR for problem in validate(rule.parts, rule.reset))


def value_text(value: Any) -> str:
    """A stored value as the mapping of a rule knows it."""
    if value is None or isinstance(value, list | dict):
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
