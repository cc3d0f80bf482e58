"""Codes made comparable: credit codes with misread characters, telephones, mailboxes; and what is only a placeholder.

What lives here: folding. What does not: whether a code is right (``customers.rules.identifiers``).
"""

import re

_CODE_SIGNS = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5", "Q": "0", "L": "1"})
_digits = re.compile("\\D+")
_GENERIC_LOCALS = frozenset(
    [
        "info",
        "sales",
        "admin",
        "fp",
        "cw",
        "cwb",
        "office",
        "service",
        "contact",
        "mail",
        "email",
        "test",
        "no",
        "none",
        "abc",
        "kefu",
        "hr",
        "caiwu",
        "xiaoshou",
        "market",
        "support",
        "webmaster",
    ]
)


def folded_code(code: str) -> str:
    """A credit code for comparing: capitals, characters outside its alphabet read as the digits they look like; else ""."""
    code = "".join(code.split()).upper().replace("-", "")
    if not 15 <= len(code) <= 20 or not code.isalnum() or not code.isascii():
        return ""
    if len(set(code[8:])) < 4 or "XXXX" in code:
        return ""
    return code.translate(_CODE_SIGNS)


def is_placeholder(digits: str) -> bool:
    """Digits that nobody has as telephone or account: too few, all alike, counted up, 13800138000."""
    tail = digits[-8:]
    return len(digits) < 7 or len(set(tail)) < 3 or tail in "01234567890123456789" or digits[-11:] == "13800138000"


def digits_of(text: str) -> str:
    """The digits alone, without an extension behind the last hyphen of a landline."""
    return _digits.sub("", text)


def is_own_mailbox(email: str) -> bool:
    """Whether a mailbox can tell customers apart: no placeholder (test@test.com)."""
    local, _at, domain = email.partition("@")
    return bool(domain) and domain.partition(".")[0] not in (local, "test", "example", "no", "none")


def local_part(email: str) -> str:
    """What stands before the @, "" for words that everybody uses (info, sales)."""
    local = email.partition("@")[0].lower()
    return "" if local in _GENERIC_LOCALS or len(local) < 4 else local
