"""How a sensitive value looks to somebody who may not read it whole.

What lives here: pure text functions, one per kind of value, and ``mask`` choosing among them. What does not: who
gets which level (``actor``). A masked value always holds an asterisk; imports rely on that to know it is no value.
"""

import re

STAR = "*"
WHOLE = "whole"  # the kind of masking of which nothing is left; other kinds are called like the fields below
MASKED = re.compile(r"^[^*]{0,8}\*{3,}[^*]{0,24}$")


def phone(value: str) -> str:
    """138****8000 · 010-****5678 (the last four stay, the subscriber's middle goes)."""
    if "-" in value:
        area, _, rest = value.partition("-")
        return f"{area}-****{rest.split('-')[0][-2:]}"
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 9 else "****" + value[-2:]


def bank(value: str) -> str:
    """Only the last four characters stay."""
    return "****" + value[-4:] if len(value) > 4 else "****"


def identity(value: str) -> str:
    """110***********1234: first three, last four."""
    return f"{value[:3]}{STAR * max(3, len(value) - 7)}{value[-4:]}" if len(value) > 7 else "****"


def email(value: str) -> str:
    """z***@example.com: the first letter and the domain stay."""
    local, at, domain = value.partition("@")
    return f"{local[:1]}***{at}{domain}"


def other(value: str) -> str:
    """The first character stays, unless it is the whole value."""
    return value[:1] + STAR * 3 if len(value) > 1 else STAR * 3


def whole(value: str) -> str:
    """Nothing of it: a digit of an amount or a word of an option would tell too much."""
    return STAR * 3


_BY_FIELD = {
    "phone": phone,
    "mobile": phone,
    "bank_account": bank,
    "account": bank,
    "id_number": identity,
    "email": email,
    WHOLE: whole,
}


def mask(field: str, value: object) -> str:
    """``value`` of the catalogue field ``field`` (its last dotted part decides) as a masked text; blank stays blank."""
    if value in (None, ""):
        return ""
    return _BY_FIELD.get(field.rpartition(".")[2], other)(str(value))


def looks_masked(value: object) -> bool:
    """True for a text that ``mask`` could have made: in an import it means "unchanged", never a value."""
    return isinstance(value, str) and bool(MASKED.match(value.strip()))
