"""The language of formulas and conditions: a closed grammar of numbers, texts, dates and yes/no over the fields of a customer.

    naming     kinds of values; the fields by key and by label
    lexing     text to tokens
    parsing    tokens to a checked Expression: parse, parse_condition
    nodes      the parts of an expression, how each is written and evaluated
    functions  the functions and what they do
    values     exact bounded numbers, and stored values turned into what is computed with
    ordering   formulas that build on one another

Pure: no ORM, no settings, and nothing that runs text. What a set does with its expressions: ``customers.rulebook.book``.
"""

from .faults import EvaluationError, ExpressionError
from .functions import FUNCTIONS
from .naming import KIND_LABELS, Kind, Name, Names, any_names
from .ordering import order
from .parsing import Expression, parse, parse_condition

__all__ = [
    "FUNCTIONS",
    "KIND_LABELS",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "Kind",
    "Name",
    "Names",
    "any_names",
    "order",
    "parse",
    "parse_condition",
]
