"""The door to every rule about identifiers, and those too small for a module of their own.

Each function takes text as somebody wrote it and answers `Checked(value, problem)`; none raises, each is idempotent.
Lives here: customer numbers and postal codes. Elsewhere: tax and identity codes (`tax_codes.py`), papers of persons
(`id_documents.py`), tax numbers abroad (`foreign_tax.py`), telephones
(`phones.py`), bank numbers (`banking.py`), e-mail and web (`internet.py`), numbers made by a rule (`numbering.py`).
"""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from .banking import bank_account, bank_luhn_ok, cnaps
from .checked import EMPTY, ERROR, WARNING, Checked, Problem, half_width, plain_code, scientific
from .foreign_tax import vat_number
from .id_documents import id_document
from .internet import email, email_key, website
from .phones import is_mobile, mobile, phone
from .tax_codes import id_card, tax_number, uscc, uscc_of_person, valid_uscc

__all__ = [
    "Checked", "Problem", "bank_account", "bank_luhn_ok", "cnaps", "email", "email_key", "id_card", "id_document", "is_mobile",
    "mobile", "number_key", "number_text", "phone", "postal_code", "tax_number", "uscc", "uscc_of_person",
    "valid_uscc", "vat_number", "website",
]  # fmt: skip

NUMBER_LENGTH = 30
FORBIDDEN_IN_NUMBERS = frozenset("/:?#% ")  # they would not survive in an address line

_is_plain_number = re.compile("[0-9A-Za-z_-]{1,30}").fullmatch
_is_postal_code = re.compile("[0-9]{6}").fullmatch
_is_foreign_postal_code = re.compile("(?=.*[0-9])[0-9A-Z]{2,5}[- ]?[0-9A-Z]{2,5}").fullmatch


def number_text(text: str, min_length: int = 1, max_length: int = NUMBER_LENGTH) -> Checked:
    """A customer number as it is kept: half width, case as typed, without `/ : ? # %`, blanks and invisible characters.

    Lengths count characters. Two numbers are the same when `number_key` says so.
    """
    if not _is_plain_number(text):
        stripped = text.strip()
        if any(char.isspace() for char in stripped):
            value = " ".join(unicodedata.normalize("NFKC", stripped).split())
            return Checked(value, Problem("number.characters", _NUMBER_BLANKS, ERROR, half_width(text)))
        text = half_width(text)
        if not text:
            return EMPTY
        if found := scientific(text, "number.scientific"):
            return found
        bad = sorted(char for char in set(text) if char in FORBIDDEN_IN_NUMBERS or not char.isprintable())
        if bad or text in (".", ".."):
            problem = Problem("number.characters", _NUMBER_CHARACTERS, ERROR, "", {"characters": " ".join(bad) or text})
            return Checked(text, problem)
    if not min_length <= len(text) <= max_length:
        params = {"min": min_length, "max": max_length, "length": len(text)}
        return Checked(text, Problem("number.length", _NUMBER_LENGTH, ERROR, "", params))
    return Checked(text)


def number_key(number: str) -> str:
    """What makes two customer numbers the same: half width, upper case, no blanks and invisible characters."""
    return half_width(number).upper()


def postal_code(text: str) -> Checked:
    """邮政编码, six digits; foreign ones are kept with a warning."""
    code = plain_code(text).removesuffix(".0").upper()
    if not code or _is_postal_code(code):
        return Checked(code)
    if found := scientific(code, "postal.scientific"):
        return found
    if len(code) == 5 and code.isdigit() and code.isascii():
        return Checked(code, Problem("postal.lost_zero", _LOST_ZERO, ERROR, "0" + code))
    if _is_foreign_postal_code(code) and not code.isdigit():
        code = " ".join(text.upper().split())
        return Checked(code, Problem("postal.foreign", _POSTAL, WARNING))
    return Checked(code, Problem("postal.invalid", _POSTAL, ERROR))


_NUMBER_BLANKS = _("客户编号中不能有空格。")
_NUMBER_CHARACTERS = _("客户编号中不能有这些字符：%(characters)s")
_NUMBER_LENGTH = _("客户编号长度应为 %(min)s 至 %(max)s 个字符，这里是 %(length)s 个。")
_LOST_ZERO = _("邮政编码应为 6 位，开头的 0 可能已被表格软件去掉。")
_POSTAL = _("邮政编码应为 6 位数字。")
