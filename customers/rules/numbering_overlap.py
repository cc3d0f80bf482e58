"""Whether two rules could make the same number, and which: each rule as the set of texts that it can give.

A rule becomes alternatives, each a row of places; a place is the characters that may stand there, and whether they may repeat.
Two rules meet when some text runs through an alternative of each. Codes that are known (the categories of the set) are spelt out as
long as they are few; otherwise any code is taken to be possible. Ranges of serials count, so rules that share a form and not a range
do not meet. Check digits and the limits of dates (no month 13) are taken as any digit.

Lives here: ``meeting``. Not here: which rules have to be compared (``customers.numbers.judging``).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice, product
from string import ascii_uppercase, digits

from .identifiers import number_key
from .numbering import Part, Parts, Serial, mapped_texts

MOST_ALTERNATIVES = 400

Place = tuple[frozenset[str] | None, bool]  # characters (None: any), may it repeat
Row = tuple[Place, ...]

_DIGITS, _LETTERS = frozenset(digits), frozenset(digits + ascii_uppercase)
_ANY_CODE: Row = ((None, True),)
_CHECKS = {"luhn": (1, _DIGITS), "mod97": (2, _DIGITS), "mod11_2": (1, _DIGITS | {"X"}), "mod37_36": (1, _LETTERS)}


def meeting(one: Iterable[Row], other: Iterable[Row]) -> str:
    """A text that both could give, "" when there is none."""
    others = list(other)
    return next((text for left in one for right in others if (text := _common(left, right)) is not None), "")


def rows(
    parts: Parts, codes: Mapping[str, Iterable[str]], first: int | None = None, last: int | None = None
) -> list[Row]:
    """The alternatives of a rule. ``codes``: part type → the codes that it can give; a type that is missing may give any."""
    choices = [_choices(part, codes, first, last) for part in parts]
    found = [sum(combined, ()) for combined in islice(product(*choices), MOST_ALTERNATIVES + 1)]
    if len(found) <= MOST_ALTERNATIVES:
        return found
    # Too many to spell out: codes may then be anything, which finds more meetings than there are, never fewer.
    choices = [_choices(part, {}, first, last) for part in parts]
    return [sum(combined, ()) for combined in islice(product(*choices), MOST_ALTERNATIVES)]


def _fixed(text: str) -> Row:
    return tuple((frozenset({char}), False) for char in number_key(text))


def _choices(part: Part, codes: Mapping[str, Iterable[str]], first: int | None, last: int | None) -> list[Row]:
    match part["type"]:
        case "literal":
            return [_fixed(part["text"])]
        case "region":
            return [((_DIGITS, False),) * part["digits"]]
        case "initials":
            return [((_LETTERS, False),) * part["length"]]
        case "date":
            return [((_DIGITS, False),) * len(part["format"])]
        case "serial":
            return _serials(Serial(part, first, last))
        case "check":
            length, characters = _CHECKS[part["algorithm"]]
            return [((characters, False),) * length]
        case "field":
            return [_fixed(text) for text in mapped_texts(part)] or [_ANY_CODE]
    known = codes.get(part["type"])
    return [_ANY_CODE] if known is None else [_fixed(code) for code in sorted(set(known)) if code]


def _serials(serial: Serial) -> list[Row]:
    """Texts of the serials from first to last: rows with a fixed beginning, one open digit, and any rest."""
    if serial.first > serial.last:
        return []
    low, high = serial.text(serial.first), serial.text(serial.last)
    order = serial.digits
    return [
        tuple((frozenset(order[start : end + 1]), False) for start, end in places)
        for places in _between([order.index(c) for c in low], [order.index(c) for c in high], len(order) - 1)
    ]


def _between(low: list[int], high: list[int], top: int) -> list[list[tuple[int, int]]]:
    """Rows of (least, greatest) digit that together are all numbers from low to high, digit by digit."""
    if not low:
        return [[]]
    rest = len(low) - 1
    if not any(low) and all(digit == top for digit in high):
        return [[(0, top)] * len(low)]
    if low[0] == high[0]:
        return [[(low[0], low[0]), *row] for row in _between(low[1:], high[1:], top)]
    found = [[(low[0], low[0]), *row] for row in _between(low[1:], [top] * rest, top)]
    if high[0] - low[0] > 1:
        found.append([(low[0] + 1, high[0] - 1), *[(0, top)] * rest])
    return found + [[(high[0], high[0]), *row] for row in _between([0] * rest, high[1:], top)]


def _common(one: Row, other: Row) -> str | None:
    """A text that runs through both rows; walks pairs of places, each at most once."""

    @cache
    def walk(left: int, right: int) -> str | None:
        if left == len(one) and right == len(other):
            return ""
        if left == len(one) or right == len(other):
            return None
        (mine, again), (theirs, twice) = one[left], other[right]
        char = _shared(mine, theirs)
        if not char:
            return None
        ways = [(left + 1, right + 1)]
        ways += [(left, right + 1)] if again else []
        ways += [(left + 1, right)] if twice else []
        for way in ways:
            rest = walk(*way)
            if rest is not None:
                return char + rest
        return None

    return walk(0, 0)


def _shared(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> str:
    """A character that both places allow."""
    if mine is None or theirs is None:
        return min(mine or theirs or {"A"})
    return min(mine & theirs, default="")
