"""What a set asks of a customer: which fields are used, required, prefilled, computed, and which rules hold between them.

What lives here: ``Rulebook`` – field settings, categories, entry templates, validation rules and formulas of one set, loaded with a constant
number of queries and compiled once – and ``recompute``. What does not: the language (``rules.expressions``), how edits and stored rows become
``values`` and what is refused (``rule_stage``), saving settings (``rule_settings``).

``values`` is a flat dict, catalogue key → clean value, of the customer as he would stand after the edit; what is missing is blank. Of
settings the nearest wins, value by value: the customer's category, the categories above it, the set, the field itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..models import Category, Customer, CustomField, EntryTemplate, FieldSetting, ValidationRule
from ..rules.expressions import EvaluationError, Expression, ExpressionError, Kind, Names, order, parse
from ..rules.expressions.values import NUMBERS, plain
from ..services import categories
from ..services.edits import Problem
from . import names as rule_names

Values = Mapping[str, Any]

STAGES = tuple(Customer.Status.values)  # in the order in which customers go through them
MOST_DIGITS = 18  # of a computed number before its point, as every amount in the product
LONGEST_RESULT = 500
NEED = FieldSetting.Need


class Computed(NamedTuple):
    """``values``: formula key → result in the form that is stored, None for none; ``faults``: key → why there is none."""

    values: dict[str, Any]
    faults: dict[str, str]


@dataclass(frozen=True)
class Rule:
    """A validation rule, compiled. ``reads``: every field that it looks at."""

    row: ValidationRule
    when: Expression | None
    must_hold: Expression | None
    reads: frozenset[str]


@dataclass
class Book:
    """What holds in one category (or without one)."""

    unused: frozenset[str] = frozenset()
    required: dict[str, str] = field(default_factory=dict)  # key → the clause that says why, "" for the set's own word
    stages: list[tuple[int, str]] = field(default_factory=list)  # (index of the status, key)
    required_when: list[tuple[str, Expression]] = field(default_factory=list)
    visible_when: list[tuple[str, Expression]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    in_parts: dict[str, str] = field(default_factory=dict)  # dotted keys of rows of parts → need


class Rulebook:
    """The rules of the set of a catalogue; ``broken`` lists (what, why) of stored expressions that cannot be read any more."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self.ledger = catalogue.ledger
        self.broken: list[tuple[str, str]] = []
        self._expressions: dict[str, Expression | None] = {}
        self._books: dict[int | None, Book] = {}
        self._needed: dict[tuple, dict[str, str]] = {}
        self._words: dict[str, str] = {}
        self._settings: dict[int | None, dict[str, FieldSetting]] = {}
        for setting in catalogue.settings:
            self._settings.setdefault(setting.category_id, {})[setting.field] = setting
        self.rules = self._rules()
        self.formulas = self._formulas()

    # --- loading ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _keys(self) -> Names:
        return rule_names.keys_only(self.catalogue)

    def _expression(self, text: str, what: Callable[[], str], kind: Kind | None = Kind.BOOLEAN) -> Expression | None:
        """A stored expression; one that cannot be read (its field is gone) says nothing and is listed as broken."""
        if not text:
            return None
        if text not in self._expressions:
            try:
                self._expressions[text] = parse(text, self._keys, kind)
            except ExpressionError as fault:
                self._expressions[text] = None
                self.broken.append((what(), fault.message))
        return self._expressions[text]

    def _rules(self) -> list[Rule]:
        rows = ValidationRule.objects.filter(ledger=self.ledger, is_active=True)
        return [rule for row in rows if (rule := self.compiled(row)) is not None]

    def compiled(self, row: ValidationRule) -> Rule | None:
        """A validation rule that can be judged; None, and an entry in ``broken``, when an expression of it cannot be read."""

        def told() -> str:
            return _("校验规则「%(name)s」") % {"name": row.name}

        when, must_hold = self._expression(row.when, told), self._expression(row.must_hold, told)
        if (row.when and when is None) or (row.must_hold and must_hold is None):
            return None
        required = {key for key in row.required if self.catalogue.get(key) is not None}
        return Rule(
            row, when, must_hold, frozenset(required).union(*(each.fields for each in (when, must_hold) if each))
        )

    def _formulas(self) -> dict[str, Expression]:
        """key → formula, in an order in which each comes after those that it needs."""
        found = {}
        for each in self.catalogue.own:
            if each.type != Type.FORMULA:
                continue
            what = lambda each=each: _("公式字段「%(label)s」") % {"label": each.label}  # noqa: E731
            formula = self._expression(each.custom.formula, what, None)
            if formula is not None:
                found[each.key] = formula
        try:
            return {key: found[key] for key in order({key: each.fields for key, each in found.items()}, self.label_of)}
        except ExpressionError as circle:
            self.broken.append((_("公式字段"), circle.message))
            return {}

    @cached_property
    def _categories(self) -> dict[int, Category]:
        columns = ("code", "name", "parent_id", "required_fields", "defaults", "ledger_id")
        return {row.pk: row for row in Category.objects.filter(ledger=self.ledger).only(*columns)}

    @cached_property
    def _lines(self) -> dict[int, list[int]]:
        return categories.lines_of({pk: row.parent_id for pk, row in self._categories.items()})

    @cached_property
    def templates(self) -> dict[str, EntryTemplate]:
        """The active entry templates by their codes."""
        return {row.code: row for row in EntryTemplate.objects.filter(ledger=self.ledger, is_active=True)}

    @cached_property
    def _coder(self) -> rule_names.Coder:
        codes = {pk: row.code for pk, row in self._categories.items()}
        return rule_names.Coder(
            self.catalogue, {pk: tuple(codes[each] for each in reversed(line)) for pk, line in self._lines.items()}
        )

    # --- what it depends on ----------------------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> list[Expression]:
        """Every condition of every setting."""
        texts = {text for each in self.catalogue.settings for text in (each.visible_when, each.required_when) if text}
        found = (self._expression(text, lambda: _("字段设置的条件")) for text in sorted(texts))
        return [each for each in found if each is not None]

    @cached_property
    def has_category_needs(self) -> bool:
        """Whether any category asks for fields of its own."""
        if any(each.category_id and each.need for each in self.catalogue.settings):
            return True
        return any(row.required_fields for row in self._categories.values())

    @cached_property
    def has_defaults(self) -> bool:
        if any(each.default is not None for each in self.catalogue.settings):
            return True
        if any(each.custom.default is not None for each in self.catalogue.own):
            return True
        return any(row.defaults for row in self._categories.values())

    @cached_property
    def by_kind(self) -> dict[str, list[str]]:
        return self.ledger.parameter("required_by_kind")

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every field that a judgement looks at, beside those asked for by category, stage, kind and template."""
        read: set[str] = set(self.catalogue.required) | {"category", "kind", "status"}
        for expression in (*self.conditions, *self.formulas.values()):
            read |= expression.fields
        for rule in self.rules:
            read |= rule.reads
        read |= self.formulas.keys()
        read |= {each.field for each in self.catalogue.settings if "." not in each.field}
        read |= {key for keys in self.by_kind.values() for key in keys}
        read |= {key for row in self._categories.values() for key in row.required_fields}
        return frozenset(key for key in read if self.catalogue.get(key) is not None)

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every field that some customer may have to have: by set, category, kind, stage, condition or rule."""
        found = set(self.catalogue.required)
        found |= {
            each.field
            for each in self.catalogue.settings
            if each.need == NEED.REQUIRED or each.required_from or each.required_when
        }
        found |= {key for keys in self.by_kind.values() for key in keys}
        found |= {key for row in self._categories.values() for key in row.required_fields}
        found |= {key for rule in self.rules for key in rule.row.required}
        return frozenset(key for key in found if "." not in key and self._is_asked(key))

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Fields that a formula reads."""
        return frozenset().union(*(each.fields for each in self.formulas.values()))

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing is asked but a name: no settings, rules, formulas, and no category or kind with wishes."""
        return (
            not self.rules
            and not self.formulas
            and not self.catalogue.settings
            and self.catalogue.required == {"name"}
            and not any(self.by_kind.values())
            and not self.has_category_needs
        )

    # --- one category ----------------------------------------------------------------------------------------------------

    def book(self, category_id: int | None) -> Book:
        """What holds in a category; made once."""
        if category_id not in self._books:
            self._books[category_id] = self._made(category_id)
        return self._books[category_id]

    def _made(self, category_id: int | None) -> Book:
        line: list[int | None] = [*self._lines.get(category_id, ())] if category_id is not None else []
        line.append(None)
        book = Book()
        fields = {key for each in line for key in self._settings.get(each, ())}
        fields |= {key for each in line if each is not None for key in self._categories[each].required_fields}
        fields |= self.catalogue.required
        unused = set()
        for key in sorted(fields):
            if self.catalogue.get(key) is None:
                continue
            settings = [found for each in line if (found := self._settings.get(each, {}).get(key))]
            need, why = self._need(key, line)
            if need == NEED.HIDDEN:
                unused.add(key)
            self._take(book, key, need, why, settings)
        book.unused = frozenset(unused - {"name"})
        book.defaults = self._defaults(line)
        return book

    def _need(self, key: str, line: list[int | None]) -> tuple[str, str]:
        """(need, the clause that says why) of the nearest that says anything."""
        if key == "name":
            return NEED.REQUIRED, ""
        for each in line:
            setting = self._settings.get(each, {}).get(key)
            why = _("客户分类为「%(name)s」时") % {"name": self._categories[each].name} if each is not None else ""
            if setting is not None and setting.need:
                return setting.need, why
            if each is not None and key in self._categories[each].required_fields:
                return NEED.REQUIRED, why
        return (NEED.REQUIRED, "") if key in self.catalogue.required else ("", "")

    def _take(self, book: Book, key: str, need: str, why: str, settings: list[FieldSetting]) -> None:
        """Put what is said of one field into the book; of each thing the first (nearest) setting that says it counts."""

        def said(name: str) -> str:
            return next((value for each in settings if (value := getattr(each, name))), "")

        if label := said("label"):
            book.labels[key] = label
        if help := said("help_text"):
            book.help[key] = help
        if "." in key:
            if need in (NEED.REQUIRED, NEED.HIDDEN):
                book.in_parts[key] = need
            return
        if need == NEED.HIDDEN or not self._is_filled_by_hand(key):
            return
        if need == NEED.REQUIRED:
            book.required[key] = why
        if (stage := said("required_from")) in STAGES:
            book.stages.append((STAGES.index(stage), key))
        what = lambda: _("字段「%(label)s」的条件") % {"label": self.label_of(key)}  # noqa: E731
        if condition := self._expression(said("required_when"), what):
            book.required_when.append((key, condition))
        if key != "name" and (condition := self._expression(said("visible_when"), what)):
            book.visible_when.append((key, condition))

    def _is_filled_by_hand(self, key: str) -> bool:
        """Whether anybody can be asked to fill the field in; a number has its own mode and its own judge."""
        return key != "number" and not self.catalogue.get(key).read_only

    def _defaults(self, line: list[int | None]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in line:
            for key, setting in self._settings.get(each, {}).items():
                if setting.default is not None:
                    found.setdefault(key, setting.default)
            for key, value in self._categories[each].defaults.items() if each is not None else ():
                found.setdefault(key, value)
        return found

    # --- answers -----------------------------------------------------------------------------------------------------------

    def label_of(self, key: str) -> str:
        """The name of a field in this set."""
        each = self.catalogue.get(key)
        return str(each.label) if each else key

    def label(self, field: Field, category_id: int | None = None) -> str:
        """The name of a field for customers of a category."""
        if category_id is not None and any(each for each in self._settings if each is not None):
            return self.book(category_id).labels.get(field.key) or str(field.label)
        return str(field.label)

    def help(self, field: Field, category_id: int | None = None) -> str:
        """What is written under a field for customers of a category."""
        if category_id is not None and any(each for each in self._settings if each is not None):
            return self.book(category_id).help.get(field.key) or str(field.help)
        return str(field.help)

    def template(self, template: EntryTemplate | str | None) -> EntryTemplate | None:
        """An entry template by its code."""
        return self.templates.get(template) if isinstance(template, str) else template

    def unused(self, category_id: int | None = None) -> frozenset[str]:
        """Fields that customers of a category do not have."""
        return self.book(category_id).unused

    def invisible(self, values: Values) -> set[str]:
        """Fields whose condition is not met: not shown, not required, and what they hold stays."""
        book = self.book(values.get("category"))
        if not book.visible_when:
            return set()
        row = self._row(values)
        return {key for key, condition in book.visible_when if not self._holds(condition, row)}

    def hidden(self, values: Values) -> set[str]:
        """Fields that are not to be on the form: not used, or their condition is not met."""
        return self.invisible(values) | self.unused(values.get("category"))

    def required(self, values: Values, template: EntryTemplate | str | None = None) -> dict[str, str]:
        """key → the clause that says why, "" where the set simply asks for it; ``needed`` makes the sentence."""
        category = values.get("category")
        book = self.book(category)
        needed = self._static(book, category, values.get("kind") or "", values.get("status") or "", template)
        if book.required_when or book.visible_when:
            row = self._row(values)
            needed = dict(needed)
            for key, condition in book.required_when:
                if key not in needed and self._holds(condition, row):
                    needed[key] = self._when(condition)
            for key, condition in book.visible_when:
                if key in needed and not self._holds(condition, row):
                    del needed[key]
        return needed

    def _static(
        self, book: Book, category: int | None, kind: str, status: str, template: EntryTemplate | str | None
    ) -> dict[str, str]:
        """What follows from category, kind, status and template alone; shared, never to be changed."""
        chosen = self.template(template) if template else None
        key = (category, kind, status, chosen.pk if chosen else None)
        if key in self._needed:
            return self._needed[key]
        needed = dict(book.required)
        # A new customer without a status begins at the first stage.
        reached = STAGES.index(status) if status in STAGES else 0
        for stage, each in book.stages:
            if reached >= stage and each not in needed:
                name = Customer.Status(STAGES[stage]).label
                needed[each] = _("合作状态到「%(status)s」后") % {"status": name} if stage else ""
        kind = kind or Customer.Kind.COMPANY
        for each in self.by_kind.get(kind, ()):
            if each not in needed and self._may_need(each, book):
                needed[each] = _("客户类型为「%(kind)s」时") % {"kind": Customer.Kind(kind).label}
        for each in chosen.required if chosen else ():
            if each not in needed and self._may_need(each, book):
                needed[each] = _("录入模板「%(name)s」中") % {"name": chosen.name}
        self._needed[key] = needed
        return needed

    def _may_need(self, key: str, book: Book) -> bool:
        return self.catalogue.get(key) is not None and key not in book.unused and self._is_filled_by_hand(key)

    def needed(self, key: str, why: str, category_id: int | None = None) -> str:
        """The sentence that asks for a field: "客户等级 = VIP 时，信用额度必须填写。\""""
        each = self.catalogue.get(key)
        label = self.label(each, category_id)
        if not why:
            return _("%(field)s必须填写。") % {"field": label}
        return _("%(why)s，%(field)s必须填写。") % {"why": why, "field": label}

    def demanded(self, values: Values) -> dict[str, str]:
        """key → the clause that says why, of fields for which a validation rule asks and does more than warn."""
        rules = [each for each in self.rules if each.row.required and each.row.severity != "warning"]
        if not rules:
            return {}
        row, hidden = self._row(values), self.hidden(values)
        found: dict[str, str] = {}
        for rule in rules:
            if rule.when is None or self._holds(rule.when, row):
                why = self._when(rule.when) if rule.when else ""
                found |= {key: why for key in rule.row.required if key not in hidden and self._is_asked(key)}
        return found

    def defaults(
        self, *, category_id: int | None = None, kind: str = "", template: EntryTemplate | str | None = None
    ) -> dict[str, Any]:
        """key → what a new customer begins with, as a door would hand it in: from category, template, set, field, in this order."""
        book = self.book(category_id)
        chosen = self.template(template)
        found = {}
        if category_id is not None:
            found.update(self._defaults([*self._lines.get(category_id, ())]))
        if chosen is not None:
            found = {**chosen.defaults, **found}
        own = {each.key: each.custom.default for each in self.catalogue.own if each.custom.default is not None}
        found = {**own, **book.defaults, **found}
        if "kind" not in found and chosen is not None and chosen.kinds:
            found["kind"] = kind if kind in chosen.kinds else chosen.kinds[0]
        return {
            key: value
            for key, value in found.items()
            if value not in (None, "", [])
            and key not in book.unused
            and (each := self.catalogue.get(key)) is not None
            and not each.read_only
        }

    def computed(self, values: Values) -> dict[str, Any]:
        """key → result of every formula, in the form that is stored; None where there is none."""
        return self.compute(values).values

    def compute(self, values: Values) -> Computed:
        """Results of every formula, and why some have none."""
        results: dict[str, Any] = {}
        faults: dict[str, str] = {}
        if not self.formulas:
            return Computed(results, faults)
        row = dict(self._row(values))
        for key, formula in self.formulas.items():
            try:
                results[key] = self._stored(key, formula.evaluate(row))
            except EvaluationError as fault:
                results[key], faults[key] = None, fault.message
            row[key] = results[key]
        return Computed(results, faults)

    def _stored(self, key: str, result: Any) -> Any:
        if result is None or result == "":
            return None
        if isinstance(result, Decimal):
            places = self.catalogue.get(key).custom.decimals
            rounded = NUMBERS.quantize(result, Decimal(1).scaleb(-places))
            if rounded and rounded.adjusted() >= MOST_DIGITS:
                raise EvaluationError(_("结果超过 %(digits)s 位数字") % {"digits": MOST_DIGITS})
            return f"{rounded if rounded else abs(rounded):f}"
        if isinstance(result, date):
            return result.isoformat()
        if isinstance(result, str) and len(result) > LONGEST_RESULT:
            raise EvaluationError(_("结果文本超过 %(limit)s 个字符") % {"limit": LONGEST_RESULT})
        return result

    def problems(self, values: Values, among: Iterable[str] | None = None) -> list[Problem]:
        """What the validation rules have against a customer. ``among``: only rules that read one of these fields."""
        wanted = None if among is None else frozenset(among)
        rules = [rule for rule in self.rules if wanted is None or rule.reads & wanted]
        return [problem for _rule, found in self.violations(values, rules) for problem in found]

    def violations(self, values: Values, rules: Iterable[Rule] | None = None) -> list[tuple[Rule, list[Problem]]]:
        """(rule, its problems) of every rule that is not kept."""
        rules = self.rules if rules is None else rules
        found = []
        row = hidden = None
        for rule in rules:
            row = self._row(values) if row is None else row
            try:
                if rule.when is not None and not rule.when.evaluate(row):
                    continue
                broken = rule.must_hold is not None and not rule.must_hold.evaluate(row)
            except EvaluationError as fault:
                found.append((rule, [self._undecided(rule, fault)]))
                continue
            missing = [key for key in rule.row.required if is_blank(values.get(key))]
            if missing:
                hidden = self.hidden(values) if hidden is None else hidden
                missing = [key for key in missing if key not in hidden and self._is_asked(key)]
            problems = [self._missing(rule, key, values) for key in missing]
            if broken:
                problems.append(self._broken(rule))
            if problems:
                found.append((rule, problems))
        return found

    def _is_asked(self, key: str) -> bool:
        return self.catalogue.get(key) is not None and self._is_filled_by_hand(key)

    def _missing(self, rule: Rule, key: str, values: Values) -> Problem:
        why = self._when(rule.when) if rule.when else ""
        message = rule.row.message or self.needed(key, why, values.get("category"))
        return Problem(key, "rule.required", message, rule.row.severity, suggestion=self._named(rule))

    def _broken(self, rule: Rule) -> Problem:
        held = self.words(rule.must_hold)
        if rule.row.message:
            message = rule.row.message
        elif rule.when is not None:
            message = _("%(when)s，应满足：%(held)s。") % {"when": self._when(rule.when), "held": held}
        else:
            message = _("应满足：%(held)s。") % {"held": held}
        mentioned = rule.must_hold.mentions
        return Problem(mentioned[0] if mentioned else "", "rule.broken", message, rule.row.severity,
                       suggestion=self._named(rule))  # fmt: skip

    def _undecided(self, rule: Rule, fault: EvaluationError) -> Problem:
        told = {"name": rule.row.name, "why": fault.message}
        return Problem("", "rule.undecided", _("校验规则「%(name)s」无法判断：%(why)s。") % told, "warning")

    @staticmethod
    def _named(rule: Rule) -> str:
        return _("（校验规则「%(name)s」）") % {"name": rule.row.name}

    def describe(self, rule: ValidationRule) -> list[str]:
        """The sentences of a rule as its violation would tell them, whether or not it has a message of its own."""
        when = self._expression(rule.when, str)
        must_hold = self._expression(rule.must_hold, str)
        why = self._when(when) if when else ""
        told = [self.needed(key, why) for key in rule.required if self.catalogue.get(key) is not None]
        if must_hold is not None:
            bare = ValidationRule(name=rule.name, severity=rule.severity)
            told.append(self._broken(Rule(bare, when, must_hold, frozenset())).message)
        return told

    # --- words and rows ------------------------------------------------------------------------------------------------------

    @cached_property
    def _spoken(self) -> Names:
        return rule_names.names_of(self.catalogue, self._read).spoken()

    @cached_property
    def _read(self) -> set[str]:
        """Every field that some expression reads."""
        known = [*self.conditions, *(each for each in self._expressions.values() if each is not None)]
        return {key for each in known for key in each.fields}

    def words(self, expression: Expression) -> str:
        """An expression in a sentence: fields and options by name, without brackets and quotes."""
        text = expression.canonical
        if text not in self._words:
            self._words[text] = expression.render(self._spoken)
        return self._words[text]

    def _when(self, condition: Expression) -> str:
        return _("当 %(condition)s 时") % {"condition": self.words(condition)}

    def _holds(self, condition: Expression, row: Values) -> bool:
        """Whether a condition is met; one that cannot be decided is not."""
        try:
            return condition.evaluate(row)
        except EvaluationError:
            return False

    @cached_property
    def _coded(self) -> list[tuple[str, str]]:
        """(key, type) of fields whose ids must become codes for some expression."""
        found = ((key, self.catalogue.get(key)) for key in sorted(self._read))
        return [(key, each.type) for key, each in found if each is not None and each.type in rule_names.CODED]

    def _row(self, values: Values) -> Values:
        """The values as expressions see them."""
        if not self._coded:
            return values
        row = dict(values)
        for key, type in self._coded:
            if key in row:
                row[key] = self._coder.code(type, row[key])
        return row


def is_blank(value: Any) -> bool:
    """Whether a clean value says nothing; no and 0 say something."""
    return value is None or value == "" or value == [] or value == ()


def shown_result(value: Any) -> str:
    """A formula's stored result in words, for previews."""
    return "" if value is None else plain(value) if isinstance(value, Decimal) else str(value)


RECOMPUTE = "formula.recompute"


def recompute(ledger, field: CustomField, *, by: Actor):
    """Compute a formula of every customer anew, in the background; returns the job. One that waits or runs already is returned.

    Raises BusinessError when the field is no formula or the set takes no data.
    """
    from ..services import mass_edits

    if field.type != CustomField.Type.FORMULA:
        raise BusinessError(_("「%(label)s」不是公式字段。") % {"label": field.label}, code="formula.none")
    reason = _("公式「%(label)s」已修改，重新计算") % {"label": field.label}
    about = {"field": field.key, "formula": field.formula, "at": timezone.now().isoformat()}
    return mass_edits.ask(RECOMPUTE, ledger, about, by=by, reason=reason)
