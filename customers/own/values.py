"""Values of a set's own fields in their three forms: as the row's JSON keeps them, as Python reads them, as an index finds them.

What lives here: pure conversions. What does not: judging a value (``services.cleaning``) and any table (``services.writing`` keeps
the copies, ``own_lists`` asks them).

JSON form: text str · integer int · decimal and money str ("12.50") · date ISO str · boolean bool · choice str · multi_choice
list[str] · user and customer int · file token str · formula as its result. A blank is absent. A sensitive value stands encrypted.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from erp_site.shared import crypto

from ..fields import Field, Type
from ..rules.text import fold

LONGEST_COPY = 100
_SEALED = f"{crypto.VERSION}."


@dataclass(frozen=True, slots=True)
class Copy:
    """What one row of the side table holds of a value."""

    text: str | None = None
    number: Decimal | None = None
    claim: str | None = None


def is_blank(value: Any) -> bool:
    """Whether a clean value says nothing; False and 0 say something."""
    return value is None or value == "" or value == []


# --- JSON form ---------------------------------------------------------------------------------------------------------


def stored(field: Field, clean: Any) -> Any:
    """What goes into the JSON for a clean value that is not blank."""
    return crypto.encrypt(json.dumps(clean, ensure_ascii=False), _context(field)) if field.sensitive else clean


def unsealed(field: Field, value: Any) -> Any:
    """The clean value of what stands in the JSON; None for nothing."""
    if isinstance(value, str) and value.startswith(_SEALED) and field.sensitive:
        return json.loads(crypto.decrypt(value, _context(field)))
    return value


def _context(field: Field) -> str:
    return f"customer.own.{field.custom.pk}"


def same(field: Field, left: Any, right: Any) -> bool:
    """Whether two clean values are one: "12.5" and "12.50" are, and blank is blank however it is written."""
    if is_blank(left) or is_blank(right):
        return is_blank(left) and is_blank(right)
    return left == right or (type(left) is type(right) and typed(field, left) == typed(field, right))


# --- Python form -------------------------------------------------------------------------------------------------------


def typed(field: Field, value: Any) -> Any:
    """The Python value of a clean one: Decimal, date, or the value itself. What does not fit the type comes back as it is."""
    if not isinstance(value, str):
        return value
    try:
        if field.value_type in (Type.DECIMAL, Type.MONEY):
            return Decimal(value)
        if field.value_type == Type.DATE:
            return date.fromisoformat(value)
    except (InvalidOperation, ValueError):
        return value
    return value


def read(field: Field, values: dict[str, Any]) -> Any:
    """The Python value of a field in a row's JSON; None when it is blank."""
    value = values.get(field.key)
    return None if value is None else typed(field, unsealed(field, value))


# --- copies for the index ------------------------------------------------------------------------------------------------


def is_copied(field: Field) -> bool:
    """Whether values of the field stand in the side table; files always do, for it says whose they are."""
    return bool(field.custom.is_filterable or field.custom.is_unique or field.type == Type.FILE)


def copies(field: Field, clean: Any) -> Iterator[Copy]:
    """The rows of the side table for a clean value: one, or one for each option of several, none for a blank."""
    if is_blank(clean):
        return
    for each in clean if isinstance(clean, list) else (clean,):
        claim = claim_of(field, each) if field.custom.is_unique else None
        if field.sensitive:
            yield Copy(text=hashed(field, each), claim=claim)
            continue
        number = number_of(field, each)
        yield Copy(text=text_of(field, each) if number is None else None, number=number, claim=claim)


def number_of(field: Field, value: Any) -> Decimal | None:
    """The number by which a value is compared; None for values that are texts or references."""
    if field.value_type in (Type.USER, Type.CUSTOMER):
        return None
    if isinstance(value, bool | int):
        return Decimal(int(value))
    found = typed(field, value)
    if isinstance(found, date):
        return Decimal(found.toordinal())
    return found if isinstance(found, Decimal) else None


def text_of(field: Field, value: Any) -> str:
    """The comparison form of a text, cut to what the index holds; an option or reference as it is."""
    text = str(value)
    if field.value_type in (Type.TEXT, Type.LONG_TEXT):
        text = _compared(text)
    return text[:LONGEST_COPY]


def hashed(field: Field, value: Any) -> str:
    """What stands in the place of a sensitive value: equal for equal values, and useless without the installation's key."""
    return f"{crypto.keyed_hash('own', str(field.custom.pk), _whole(field, value)):x}"


def claim_of(field: Field, value: Any) -> str:
    """What may exist once in the set: a keyed hash of the whole comparison form, 126 bits long."""
    whole = _whole(field, value)
    return "".join(f"{crypto.keyed_hash(f'claim{half}', str(field.custom.pk), whole):016x}" for half in "ab")


def _whole(field: Field, value: Any) -> str:
    number = number_of(field, value)
    if number is not None:
        return f"{number.normalize():f}"
    return _compared(str(value)) if field.value_type in (Type.TEXT, Type.LONG_TEXT) else str(value)


def _compared(text: str) -> str:
    """In one width and case; every sign counts, for HT-2024-1 and HT-20241 are two contracts."""
    return unicodedata.normalize("NFKC", text).casefold()


# --- search ----------------------------------------------------------------------------------------------------------------


def searched_text(field: Field, values: dict[str, Any]) -> str:
    """The folded text by which a row is found through this field."""
    value = values.get(field.key)
    return fold(str(value)) if isinstance(value, str) else ""
