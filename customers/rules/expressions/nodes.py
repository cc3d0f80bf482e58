"""The parts of a parsed expression: each knows its kind, how it is written, and the function that evaluates it.

Nothing here runs text: evaluation is closures made from these few classes, each visited once per row.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from django.utils.translation import gettext as _

from . import values
from .faults import EvaluationError
from .functions import FUNCTIONS, TODAY
from .naming import Kind, Names
from .values import NUMBERS, Getter, bounded

# How tightly operators bind; a part that binds less than its place asks for is written in parentheses.
OR, AND, NOT, COMPARE, JOIN, ADD, MULTIPLY, SIGN, ATOM = range(1, 10)
BINDING = {
    "or": OR, "and": AND, "=": COMPARE, "<>": COMPARE, "<": COMPARE, "<=": COMPARE, ">": COMPARE, ">=": COMPARE,
    "contains": COMPARE, "lacks": COMPARE, "&": JOIN, "+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "%": MULTIPLY,
}  # fmt: skip
WRITTEN = {"or": "或", "and": "且", "contains": "包含", "lacks": "不包含"}


@dataclass(frozen=True)
class Literal:
    value: Any
    kind: Kind
    binding = ATOM

    def render(self, names: Names | None) -> str:
        match self.value:
            case None:
                return "空"
            case bool():
                return "真" if self.value else "假"
            case Decimal():
                return format(self.value, "f")
            case date():
                day = self.value.isoformat()
                return day if names is not None and names.is_spoken else f"#{day}#"
        if names is not None and names.is_spoken:
            return f"“{self.value}”" if not self.value or self.value != self.value.strip() else self.value
        return '"' + self.value.replace('"', '""') + '"'

    def compile(self) -> Getter:
        value = self.value if self.value != "" else None
        return lambda _row: value

    def parts(self) -> tuple:
        return ()


@dataclass(frozen=True)
class Ref:
    key: str
    kind: Kind
    choices: Mapping[str, str] = field(default_factory=dict, compare=False)
    binding = ATOM

    def render(self, names: Names | None) -> str:
        if names is not None and names.is_spoken:
            name = names.get(self.key)
            return name.label if name else self.key
        return f"[{names.label_of(self.key) if names else self.key}]"

    def compile(self) -> Getter:
        return values.reader(self.key, self.kind)

    def parts(self) -> tuple:
        return ()


@dataclass(frozen=True)
class Sign:
    """A minus before a number, or 非 before a condition."""

    sign: str
    operand: Any

    @property
    def kind(self) -> Kind:
        return Kind.NUMBER if self.sign == "-" else Kind.BOOLEAN

    @property
    def binding(self) -> int:
        return SIGN if self.sign == "-" else NOT

    def render(self, names: Names | None) -> str:
        written = "-" if self.sign == "-" else "非 "
        return written + _within(self.operand, self.binding, names)

    def compile(self) -> Getter:
        operand = self.operand.compile()
        if self.sign == "not":
            return lambda row: not operand(row)

        def negative(row: Mapping[str, Any]) -> Decimal | None:
            number = operand(row)
            return None if number is None else NUMBERS.minus(number)

        return negative

    def parts(self) -> tuple:
        return (self.operand,)


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Any
    right: Any
    kind: Kind

    @property
    def binding(self) -> int:
        return BINDING[self.operator]

    def render(self, names: Names | None) -> str:
        # Comparisons do not chain: both sides bind more tightly. The others lean to the left.
        left = _within(self.left, self.binding + (self.binding == COMPARE), names, self.right)
        right = _within(self.right, self.binding + 1, names, self.left)
        return f"{left} {WRITTEN.get(self.operator, self.operator)} {right}"

    def compile(self) -> Getter:
        left, right = self.left.compile(), self.right.compile()
        match self.operator:
            case "and":
                return lambda row: bool(left(row) and right(row))
            case "or":
                return lambda row: bool(left(row) or right(row))
            case "&":
                return lambda row: values.checked_text(
                    (values.text_of(left(row)) or "") + (values.text_of(right(row)) or "")
                )
            case "contains":
                return lambda row: _contains(left(row), right(row))
            case "lacks":
                return lambda row: not _contains(left(row), right(row))
            case "=" | "<>":
                return self._equality(left, right)
            case "<" | "<=" | ">" | ">=":
                return _ordering(_COMPARISONS[self.operator], left, right)
        if Kind.DATE in (self.left.kind, self.right.kind):
            return _dates(self.operator, self.left.kind, self.right.kind, left, right)
        return _arithmetic(_ARITHMETIC[self.operator], left, right)

    def _equality(self, left: Getter, right: Getter) -> Getter:
        wanted = self.operator == "="
        left = _leaf(left) if self.left.kind == Kind.PATH else left
        right = _leaf(right) if self.right.kind == Kind.PATH else right
        if Kind.BOOLEAN in (self.left.kind, self.right.kind) and Kind.EMPTY not in (self.left.kind, self.right.kind):
            # A yes/no that nobody answered counts as no.
            return lambda row: (bool(left(row)) == bool(right(row))) is wanted
        if isinstance(self.right, Literal):
            fixed = right({})
            return (lambda row: left(row) == fixed) if wanted else (lambda row: left(row) != fixed)
        return (lambda row: left(row) == right(row)) if wanted else (lambda row: left(row) != right(row))

    def parts(self) -> tuple:
        return (self.left, self.right)


@dataclass(frozen=True)
class In:
    left: Any
    items: tuple
    negated: bool
    kind = Kind.BOOLEAN
    binding = COMPARE

    def render(self, names: Names | None) -> str:
        items = ", ".join(_within(item, OR, names, self.left) for item in self.items)
        return f"{_within(self.left, JOIN, names)} {'不属于' if self.negated else '属于'} ({items})"

    def compile(self) -> Getter:
        left = self.left.compile()
        left = _leaf(left) if self.left.kind == Kind.PATH else left
        items = [item.compile() for item in self.items]
        negated = self.negated
        if all(isinstance(item, Literal) for item in self.items):
            fixed = frozenset(item({}) for item in items)
            return lambda row: (left(row) in fixed) is not negated

        def within(row: Mapping[str, Any]) -> bool:
            value = left(row)
            return any(value == item(row) for item in items) is not negated

        return within

    def parts(self) -> tuple:
        return (self.left, *self.items)


@dataclass(frozen=True)
class Blank:
    """为空 or 不为空."""

    operand: Any
    negated: bool
    kind = Kind.BOOLEAN
    binding = COMPARE

    def render(self, names: Names | None) -> str:
        return f"{_within(self.operand, JOIN, names)} {'不为空' if self.negated else '为空'}"

    def compile(self) -> Getter:
        operand, negated = self.operand.compile(), self.negated
        return lambda row: (operand(row) is None) is not negated

    def parts(self) -> tuple:
        return (self.operand,)


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple
    kind: Kind
    binding = ATOM

    def render(self, names: Names | None) -> str:
        return f"{FUNCTIONS[self.name].chinese}({', '.join(each.render(names) for each in self.arguments)})"

    def compile(self) -> Getter:
        if self.name == "TODAY":
            return lambda row: row[TODAY]
        arguments = [each.compile() for each in self.arguments]
        if self.name == "IF":
            condition, then = arguments[:2]
            otherwise = arguments[2] if len(arguments) > 2 else _nothing
            return lambda row: then(row) if condition(row) else otherwise(row)
        function = FUNCTIONS[self.name]
        return _called(function.do, arguments, blanks=function.blanks)

    def parts(self) -> tuple:
        return self.arguments


Node = Literal | Ref | Sign | Binary | In | Blank | Call


def walk(node: Node) -> Iterator[Node]:
    """Every part of an expression, itself first, then as they are written."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.parts()))


def _within(node: Node, binding: int, names: Names | None, beside: Node | None = None) -> str:
    """How a part is written where ``binding`` is asked for; an option of the field ``beside`` it by its label."""
    if names and isinstance(node, Literal) and isinstance(node.value, str) and isinstance(beside, Ref):
        name = names.get(beside.key)
        label = name.choices.get(node.value) if name else None
        if label and name.choice_of(label) == node.value:
            return Literal(label, Kind.TEXT).render(names)
    text = node.render(names)
    return text if node.binding >= binding else f"({text})"


def _nothing(_row: Mapping[str, Any]) -> None:
    return None


def _leaf(get: Getter) -> Getter:
    """The last code of a path; a plain text as it is."""

    def last(row: Mapping[str, Any]) -> Any:
        value = get(row)
        return value[-1] if isinstance(value, tuple) and value else value

    return last


def _contains(whole: Any, part: Any) -> bool:
    return whole is not None and part is not None and part in whole


_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _ordering(compare: Callable[[Any, Any], bool], left: Getter, right: Getter) -> Getter:
    """What is blank is neither smaller nor greater than anything."""

    def compared(row: Mapping[str, Any]) -> bool:
        first, second = left(row), right(row)
        return first is not None and second is not None and compare(first, second)

    return compared


def _divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    if not divisor:
        raise EvaluationError(_("除数为零"))
    return NUMBERS.divide(dividend, divisor)


def _remainder(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The remainder has the sign of the divisor, as in a spreadsheet."""
    if not divisor:
        raise EvaluationError(_("除数为零"))
    rest = NUMBERS.remainder(dividend, divisor)
    return NUMBERS.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


_ARITHMETIC = {"+": NUMBERS.add, "-": NUMBERS.subtract, "*": NUMBERS.multiply, "/": _divide, "%": _remainder}


def _arithmetic(compute: Callable[[Decimal, Decimal], Decimal], left: Getter, right: Getter) -> Getter:
    """Reckoning with a blank gives a blank."""

    def computed(row: Mapping[str, Any]) -> Decimal | None:
        first, second = left(row), right(row)
        if first is None or second is None:
            return None
        try:
            return bounded(compute(first, second))
        except (InvalidOperation, Overflow, DivisionByZero):
            raise EvaluationError(_("数字过大，无法计算")) from None

    return computed


def _dates(sign: str, first: Kind, second: Kind, left: Getter, right: Getter) -> Getter:
    """Days between two dates, or a date some days later or earlier."""
    if first == second == Kind.DATE:

        def between(row: Mapping[str, Any]) -> Decimal | None:
            end, start = left(row), right(row)
            return None if end is None or start is None else Decimal((end - start).days)

        return between
    if second == Kind.DATE:
        left, right = right, left

    def moved(row: Mapping[str, Any]) -> date | None:
        day, number = left(row), right(row)
        if day is None or number is None:
            return None
        days = values.whole(number, lowest=-4_000_000, highest=4_000_000)
        return values.add_days(day, days if sign == "+" else -days)

    return moved


def _called(do: Callable[..., Any], arguments: list[Getter], *, blanks: bool) -> Getter:
    def called(row: Mapping[str, Any]) -> Any:
        given = [argument(row) for argument in arguments]
        if not blanks and None in given:
            return None
        try:
            return do(*given)
        except (InvalidOperation, Overflow):
            raise EvaluationError(_("数字过大，无法计算")) from None

    return called
