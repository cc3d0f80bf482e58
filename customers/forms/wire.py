"""Values as they travel between page and server.

What lives here: a stored value to the text of its control, and that text to the raw value that the pipeline takes. What does not:
judging a value (``services.cleaning``). A wire value is a text, True or False for a tick box, a list of texts for what is ticked
together. A yes-or-no field of the set's own has three answers: "1", "0" and nothing. A customer stands as number and name.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from ..fields import Field, Type

Wire = str | bool | list[str]

_CHOSEN_BY_PK = (Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION)
_TICKED = (Type.TAGS, Type.MULTI_CHOICE)
YES, NO = "1", "0"


def of_value(field: Field, value: Any, currency: str = "") -> Wire:
    """The wire value of a stored one; ``currency`` is that of an amount which is not in yuan."""
    if field.type == Type.BOOLEAN:
        return bool(value) if not field.is_own else {True: YES, False: NO}.get(value, "")
    if field.type in _TICKED:
        return sorted(str(each) for each in value or ())
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        amount = f"{value.normalize():f}"
        return f"{amount} {currency}" if currency not in ("", "CNY") else amount
    return str(value)


def of_post(field: Field, posted: Any) -> Wire:
    """The wire value of what a widget read from a request."""
    if field.type == Type.BOOLEAN and not field.is_own:
        return bool(posted)
    if field.type in _TICKED:
        return sorted(posted or ())
    return str(posted or "").replace("\r\n", "\n").strip()


def to_raw(field: Field, wire: Wire) -> Any:
    """What an Edit takes: pks of look-up tables as numbers, the rest as it was typed."""
    if field.type == Type.TAGS:
        return [_pk(each) for each in wire]
    if field.type in _CHOSEN_BY_PK:
        return _pk(wire)
    if field.type == Type.BOOLEAN and field.is_own:
        return {YES: True, NO: False}.get(wire)
    return wire


def _pk(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 19 else text
