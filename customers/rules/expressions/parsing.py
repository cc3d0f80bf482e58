"""Tokens to a checked expression: a Pratt parser of a closed grammar. No text is ever run.

    or < and < not < comparison, 包含, 属于, 为空 < & < + - < * / % < sign < literal, [field], function(…), (…)

Kinds are checked while parsing, because every field's kind is known: a rule that compares a name with 100 is refused when it is
written, not when it first meets a customer.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from .faults import EvaluationError, ExpressionError
from .functions import BY_WORD, CHINESE, FUNCTIONS, TODAY, Function
from .lexing import Token, tokens_of
from .naming import KIND_LABELS, Kind, Names
from .nodes import (
    AND,
    BINDING,
    COMPARE,
    JOIN,
    MULTIPLY,
    NOT,
    OR,
    SIGN,
    WRITTEN,
    Binary,
    Blank,
    Call,
    In,
    Literal,
    Node,
    Ref,
    Sign,
    walk,
)

DEEPEST = 50  # parentheses, functions and signs within one another

_INFIX = {**BINDING, "in": COMPARE, "not in": COMPARE, "empty": COMPARE, "filled": COMPARE}
_ORDERED = (Kind.NUMBER, Kind.TEXT, Kind.DATE)


@dataclass(frozen=True)
class Expression:
    """A checked expression. Two are equal when they mean the same parts in the same order, however they were written."""

    root: Node

    @property
    def kind(self) -> Kind:
        return self.root.kind

    @cached_property
    def mentions(self) -> tuple[str, ...]:
        """Keys of the fields that it reads, in the order in which they are written."""
        return tuple(dict.fromkeys(part.key for part in walk(self.root) if isinstance(part, Ref)))

    @cached_property
    def fields(self) -> frozenset[str]:
        """Keys of the fields that it reads."""
        return frozenset(self.mentions)

    @cached_property
    def uses_today(self) -> bool:
        return any(isinstance(part, Call) and part.name == "TODAY" for part in walk(self.root))

    @cached_property
    def _is_condition(self) -> bool:
        return self.root.kind == Kind.BOOLEAN

    @cached_property
    def _run(self):
        return self.root.compile()

    def evaluate(self, values: dict[str, Any], *, today: date | None = None) -> Any:
        """The result for a row (key → clean value; what is missing is blank): Decimal, str, date, bool, tuple or None.

        Raises EvaluationError when there is none. A condition gives True or False, never None.
        """
        if self.uses_today:
            values = {**values, TODAY: today or timezone.localdate()}
        try:
            result = self._run(values)
        except (ArithmeticError, TypeError) as fault:  # a value that is not of its field's kind
            raise EvaluationError(_("字段的值与类型不符，无法计算")) from fault
        return bool(result) if self._is_condition else result

    @cached_property
    def canonical(self) -> str:
        """The text that is stored: fields by key, options by value, so that renaming breaks nothing."""
        return self.root.render(None)

    def render(self, names: Names) -> str:
        """The text that a person reads and edits: fields and options by label."""
        return self.root.render(names)


def parse(text: str, names: Names, expect: Kind | None = None) -> Expression:
    """Read an expression. ``expect`` is the kind that its result must have; Kind.BOOLEAN for a condition.

    Raises ExpressionError with the place and a sentence for the user.
    """
    return Expression(_Parser(text, names).whole(expect))


def parse_condition(text: str, names: Names) -> Expression:
    """Read an expression that is true or false of a customer."""
    return parse(text, names, Kind.BOOLEAN)


class _Parser:
    def __init__(self, text: str, names: Names):
        self.names = names
        self.tokens = tokens_of(text, CHINESE)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.tokens[self.place]
        self.place += token.sort != "end"
        return token

    def is_sign(self, sign: str) -> bool:
        return self.token.sort == "op" and self.token.value == sign

    def whole(self, expect: Kind | None) -> Node:
        if self.token.sort == "end":
            raise ExpressionError(_("请写出条件或公式。"))
        node = self.expression(0)
        if self.token.sort != "end":
            raise self.unexpected(self.token)
        if expect is not None and node.kind != expect:
            if expect == Kind.BOOLEAN:
                raise ExpressionError(
                    _("这里要写一个条件，例如：%(example)s。现在的结果是%(kind)s。")
                    % {"example": '[客户等级] = "VIP"', "kind": KIND_LABELS[node.kind]}
                )
            raise ExpressionError(
                _("结果应是%(wanted)s，现在是%(kind)s。")
                % {"wanted": KIND_LABELS[expect], "kind": KIND_LABELS[node.kind]}
            )
        return node

    def unexpected(self, token: Token) -> ExpressionError:
        if token.sort == "end":
            return ExpressionError(_("内容没有写完，这里还缺一个值。"), token.at)
        if token.value == ")":
            return ExpressionError(_("多出一个右括号。"), token.at)
        if token.sort == "word":
            return self.unknown_word(token)
        return ExpressionError(_("「%(text)s」不应出现在这里。") % {"text": token.text[:20]}, token.at)

    def unknown_word(self, token: Token) -> ExpressionError:
        if self.names.get(token.text):
            return ExpressionError(
                _("「%(text)s」是字段，请写在方括号里：[%(text)s]。") % {"text": token.text}, token.at
            )
        if token.value in BY_WORD:
            return ExpressionError(
                _("函数要带括号：%(signature)s。") % {"signature": BY_WORD[token.value].signature}, token.at
            )
        return ExpressionError(
            _("不认识「%(text)s」；字段写在方括号里，文本写在引号里。") % {"text": token.text[:20]}, token.at
        )

    # --- the grammar -----------------------------------------------------------------------------------------

    def expression(self, binding: int) -> Node:
        """A part whose operators all bind at least as tightly as ``binding``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(_("括号或函数套得太深（最多 %(limit)s 层）。") % {"limit": DEEPEST}, self.token.at)
        left = self.prefix()
        while self.token.sort == "op" and (tight := _INFIX.get(self.token.value, -1)) >= max(binding, OR):
            token = self.next()
            left = self.infix(left, token, tight)
            if tight == COMPARE and self.token.sort == "op" and _INFIX.get(self.token.value) == COMPARE:
                raise ExpressionError(_("比较不能连写，请用「且」分成两个条件。"), self.token.at)
        self.depth -= 1
        return left

    def prefix(self) -> Node:
        token = self.next()
        match token.sort:
            case "number":
                return Literal(token.value, Kind.NUMBER)
            case "text":
                return Literal(token.value, Kind.TEXT)
            case "date":
                return Literal(token.value, Kind.DATE)
            case "constant":
                return Literal(token.value, Kind.EMPTY if token.value is None else Kind.BOOLEAN)
            case "field":
                return self.field(token)
            case "word" if token.value in BY_WORD:
                return self.call(token, BY_WORD[token.value])
        if token.sort == "op" and token.value == "(":
            node = self.expression(0)
            self.close(token)
            return node
        if token.sort == "op" and token.value in ("-", "+"):
            operand = self.expression(SIGN)
            self.want(operand, Kind.NUMBER, token)
            return operand if token.value == "+" else _negative(operand)
        if token.sort == "op" and token.value == "not":
            operand = self.expression(NOT)
            self.want(operand, Kind.BOOLEAN, token)
            return Sign("not", operand)
        if token.sort == "op" and token.value == "contains" and self.is_sign("("):
            return self.contains_call(token)
        raise self.unexpected(token)

    def close(self, opened: Token) -> None:
        if not self.is_sign(")"):
            if self.token.sort == "end":
                raise ExpressionError(_("缺少右括号。"), self.token.at)
            raise (
                ExpressionError(
                    _("这里应是右括号，而不是「%(text)s」。") % {"text": self.token.text[:20]}, self.token.at
                )
                if self.token.sort != "word"
                else self.unknown_word(self.token)
            )
        self.next()

    def field(self, token: Token) -> Ref:
        name = self.names.get(token.value)
        if name is None:
            raise ExpressionError(_("没有名为「%(name)s」的字段。") % {"name": token.value[:40]}, token.at)
        return Ref(name.key, name.kind, name.choices)

    def arguments(self, opened: Token) -> list[Node]:
        """What stands between parentheses, parted by commas."""
        self.next()
        found: list[Node] = []
        if self.is_sign(")"):
            self.next()
            return found
        while True:
            found.append(self.expression(0))
            if not self.is_sign(","):
                break
            self.next()
        self.close(opened)
        return found

    def call(self, token: Token, function: Function) -> Node:
        if not self.is_sign("("):
            raise self.unknown_word(token)
        arguments = self.arguments(token)
        most = None if function.more else len(function.takes)
        if len(arguments) < function.fewest or (most is not None and len(arguments) > most):
            raise ExpressionError(
                _("函数「%(name)s」写作 %(signature)s。") % {"name": token.text, "signature": function.signature},
                token.at,
            )
        for place, argument in enumerate(arguments):
            wanted = function.takes[min(place, len(function.takes) - 1)]
            if wanted is not None:
                self.want(argument, wanted, token)
        return Call(function.name, tuple(arguments), self.kind_of_call(token, function, arguments))

    def kind_of_call(self, token: Token, function: Function, arguments: list[Node]) -> Kind:
        if function.gives is not None:
            if function.name == "CONCAT" and any(each.kind == Kind.REFERENCE for each in arguments):
                raise ExpressionError(_("引用字段只能判断是否为空。"), token.at)
            return function.gives
        results = arguments[1:] if function.name == "IF" else arguments
        kinds = {each.kind for each in results} - {Kind.EMPTY}
        if len(kinds) > 1:
            raise ExpressionError(
                _("函数「%(name)s」的几个值类型不同：%(kinds)s。")
                % {"name": token.text, "kinds": "、".join(sorted(str(KIND_LABELS[kind]) for kind in kinds))},
                token.at,
            )
        kind = kinds.pop() if kinds else Kind.EMPTY
        if function.name in ("MIN", "MAX") and kind not in (Kind.NUMBER, Kind.DATE, Kind.EMPTY):
            raise ExpressionError(_("函数「%(name)s」只用于数字或日期。") % {"name": token.text}, token.at)
        if kind in (Kind.LIST, Kind.PATH, Kind.REFERENCE):
            raise ExpressionError(
                _("%(kind)s不能用在函数「%(name)s」里。") % {"kind": KIND_LABELS[kind], "name": token.text}, token.at
            )
        return kind

    def contains_call(self, token: Token) -> Node:
        arguments = self.arguments(token)
        if len(arguments) != 2:
            raise ExpressionError(_('「包含」写作 [字段] 包含 "文本"。'), token.at)
        return self.containment(arguments[0], token, arguments[1])

    def infix(self, left: Node, token: Token, tight: int) -> Node:
        sign = token.value
        if sign in ("empty", "filled"):
            return Blank(left, sign == "filled")
        if sign in ("in", "not in"):
            return self.membership(left, token)
        right = self.expression(tight + 1)
        if tight in (AND, OR):
            self.want(left, Kind.BOOLEAN, token)
            self.want(right, Kind.BOOLEAN, token)
            return Binary(sign, left, right, Kind.BOOLEAN)
        if sign in ("contains", "lacks"):
            return self.containment(left, token, right)
        if tight == COMPARE:
            return self.comparison(left, token, right)
        if tight == JOIN:
            if Kind.REFERENCE in (left.kind, right.kind):
                raise ExpressionError(_("引用字段只能判断是否为空。"), token.at)
            return Binary("&", left, right, Kind.TEXT)
        return Binary(sign, left, right, self.kind_of_arithmetic(left, token, right, tight))

    def comparison(self, left: Node, token: Token, right: Node) -> Node:
        if isinstance(left, Literal) and isinstance(right, Ref):  # "VIP" = [客户等级]: the field first
            left, right = right, left
            token = token._replace(value=_TURNED.get(token.value, token.value))
        right = self.option(left, right, token)
        kinds = {_comparable(left.kind), _comparable(right.kind)}
        if kinds & {Kind.LIST}:
            raise ExpressionError(_("多选字段请用「包含」判断，例如：[%(example)s] 包含 \"选项\"。")
                                  % {"example": _("标签")}, token.at)  # fmt: skip
        if Kind.REFERENCE in kinds and Kind.EMPTY not in kinds:
            raise ExpressionError(_("引用字段只能判断是否为空。"), token.at)
        if len(kinds - {Kind.EMPTY}) > 1:
            raise self.different(left, token, right)
        if token.value not in ("=", "<>") and not kinds <= {*_ORDERED, Kind.EMPTY}:
            raise ExpressionError(
                _("%(kind)s没有大小之分。") % {"kind": KIND_LABELS[left.kind if left.kind not in _ORDERED else right.kind]},
                token.at,
            )  # fmt: skip
        return Binary(token.value, left, right, Kind.BOOLEAN)

    def membership(self, left: Node, token: Token) -> Node:
        if not self.is_sign("("):
            raise ExpressionError(_('「属于」后面写括号：属于 ("甲", "乙")。'), self.token.at)
        opened = self.token
        items = [self.option(left, item, token) for item in self.arguments(opened)]
        if not items:
            raise ExpressionError(_("括号里至少写一个值。"), opened.at)
        if left.kind == Kind.LIST:
            raise ExpressionError(_("多选字段请用「包含」判断。"), token.at)
        if left.kind == Kind.REFERENCE:
            raise ExpressionError(_("引用字段只能判断是否为空。"), token.at)
        for item in items:
            if _comparable(item.kind) not in (_comparable(left.kind), Kind.EMPTY):
                raise self.different(left, token, item)
        return In(left, tuple(items), token.value == "not in")

    def containment(self, left: Node, token: Token, right: Node) -> Node:
        if left.kind not in (Kind.TEXT, Kind.LIST, Kind.PATH, Kind.EMPTY):
            raise ExpressionError(
                _("「包含」用于文本、多选和分类，这里是%(kind)s。") % {"kind": KIND_LABELS[left.kind]}, token.at
            )
        if left.kind != Kind.TEXT:
            right = self.option(left, right, token)
        self.want(right, Kind.TEXT, token)
        return Binary("lacks" if token.value == "lacks" else "contains", left, right, Kind.BOOLEAN)

    def option(self, left: Node, right: Node, token: Token) -> Node:
        """A text beside a choice field must be one of its options; it is kept as the stored value."""
        if not (isinstance(left, Ref) and left.choices and isinstance(right, Literal) and right.value):
            return right
        if not isinstance(right.value, str):
            return right
        name = self.names.get(left.key)
        value = name.choice_of(right.value) if name else right.value
        if value is None:
            options = "、".join(list(dict.fromkeys(left.choices.values()))[:12])
            raise ExpressionError(
                _("「%(field)s」没有选项「%(value)s」，可选：%(options)s。")
                % {"field": name.label, "value": right.value[:40], "options": options},
                token.at,
            )
        return Literal(value, Kind.TEXT)

    def kind_of_arithmetic(self, left: Node, token: Token, right: Node, tight: int) -> Kind:
        kinds = (left.kind, right.kind)
        if tight != MULTIPLY and Kind.DATE in kinds:
            if token.value == "-" and kinds == (Kind.DATE, Kind.DATE):
                return Kind.NUMBER
            if kinds in ((Kind.DATE, Kind.NUMBER), (Kind.DATE, Kind.EMPTY)) or (
                token.value == "+" and kinds == (Kind.NUMBER, Kind.DATE)
            ):
                return Kind.DATE
            raise ExpressionError(_("日期只能加减天数，或与另一个日期相减。"), token.at)
        for side in (left, right):
            if side.kind == Kind.TEXT and token.value == "+":
                raise ExpressionError(_("「+」用于数字，这里是文本；连接文本请用 &。"), token.at)
            self.want(side, Kind.NUMBER, token)
        return Kind.NUMBER

    # --- kinds -----------------------------------------------------------------------------------------------

    def want(self, node: Node, kind: Kind, token: Token) -> None:
        if node.kind in (kind, Kind.EMPTY) and not (kind == Kind.BOOLEAN and node.kind == Kind.EMPTY):
            return
        written = WRITTEN.get(token.value, token.text) if token.sort == "op" else token.text
        raise ExpressionError(
            _("「%(sign)s」需要%(wanted)s，这里是%(found)s。")
            % {"sign": written, "wanted": _CONDITION if kind == Kind.BOOLEAN else KIND_LABELS[kind],
               "found": KIND_LABELS[node.kind]},
            token.at,
        )  # fmt: skip

    @staticmethod
    def different(left: Node, token: Token, right: Node) -> ExpressionError:
        return ExpressionError(
            _("不能拿%(left)s与%(right)s比较。") % {"left": KIND_LABELS[left.kind], "right": KIND_LABELS[right.kind]},
            token.at,
        )


_CONDITION = "条件"
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _comparable(kind: Kind) -> Kind:
    return Kind.TEXT if kind == Kind.PATH else kind


def _negative(operand: Node) -> Node:
    return Sign("-", operand)


__all__ = ["FUNCTIONS", "Expression", "parse", "parse_condition"]
