"""Check-digit arithmetic: Luhn, ISO 7064 (97-10, 11-2, 11-10, 37-36), GB 32100, GB 11714, GB 11643.

Lives here: pure arithmetic on strings that already hold only allowed characters.
Not here: what a number looks like, how it is cleaned, and what to tell the user (`tax_codes.py`, `banking.py`,
`numbering.py`).
"""

from operator import mul

USCC_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
_USCC_VALUE = {char: value for value, char in enumerate(USCC_CHARS)}
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE36 = {char: value for value, char in enumerate(BASE36)}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_ID_CHECKS = "10X98765432"
_LUHN_DOUBLED = str.maketrans("0123456789", "0246813579")


def uscc_check(first17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015)."""
    total = sum(map(mul, map(_USCC_VALUE.__getitem__, first17), _USCC_WEIGHTS))
    return USCC_CHARS[-total % 31]


def organisation_check(first8: str) -> str:
    """The 9th character of an organisation code (GB 11714), which is the 17th of a credit code."""
    total = sum(map(mul, map(_BASE36.__getitem__, first8), _ORGANISATION_WEIGHTS))
    return "0123456789X"[-total % 11]


def id_card_check(first17: str) -> str:
    """The 18th character of a resident identity number (GB 11643)."""
    return _ID_CHECKS[sum(map(mul, map(int, first17), _ID_WEIGHTS)) % 11]


def luhn_check(digits: str) -> str:
    """The digit that makes `digits` + digit pass the Luhn test."""
    doubled = digits[::-2].translate(_LUHN_DOUBLED)
    return str(-sum(map(int, doubled + digits[-2::-2])) % 10)


def mod_11_10_check(digits: str) -> str:
    """ISO 7064 mod 11,10, the last digit of a CNAPS bank number."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def mod_11_2_check(text: str) -> str:
    """ISO 7064 mod 11-2 over digits and capital letters (A = 10 … Z = 35): "0"–"9" or "X"."""
    total = 0
    for char in text:
        total = (total + _BASE36[char]) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


def mod_97_10_check(text: str) -> str:
    """ISO 7064 mod 97-10 over digits and capital letters (A = 10 … Z = 35, as in an IBAN): two digits."""
    return f"{98 - int(base_ten(text) + '00') % 97:02d}"


def mod_37_36_check(text: str) -> str:
    """ISO 7064 mod 37,36 over digits and capital letters: one digit or letter."""
    product = 36
    for char in text:
        product = ((product + _BASE36[char]) % 36 or 36) * 2 % 37
    return BASE36[(37 - product) % 36]


def base_ten(text: str) -> str:
    """Capital letters written as the two digits of their value: `A1` → `101`."""
    return text if text.isdigit() else "".join(str(_BASE36[char]) for char in text)
