"""Bank accounts and the numbers of bank branches.

Lives here: their form and check digits. Not here: encryption, masking, names of banks.
"""

import re

from django.utils.translation import gettext_lazy as _

from .check_digits import luhn_check, mod_11_10_check
from .checked import EMPTY, ERROR, WARNING, Checked, Problem, plain_code, scientific

_is_digits = re.compile("[0-9]{8,30}").fullmatch
_is_account = re.compile("[0-9A-Z]{8,30}").fullmatch
_is_mixed = re.compile("[0-9A-Z]+").fullmatch
_long_runs = re.compile("[0-9]{8,30}").findall  # 工行6222…: the bank's name in the same cell
_separators = str.maketrans("", "", "-‐‑–—－_.·•")


def bank_account(text: str) -> Checked:
    """An account or card number: 8–30 digits (letters in foreign ones), without blanks and dashes."""
    code = text if _is_digits(text) else plain_code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "bank.scientific"):
        return found
    account = code.translate(_separators).upper()
    if not _is_account(account):
        if not account.isascii() or not _is_mixed(account):
            runs = _long_runs(account)
            return Checked(code, Problem("bank.characters", _CHARACTERS, ERROR, runs[0] if len(runs) == 1 else ""))
        return Checked(account, Problem("bank.length", _LENGTH, ERROR, "", {"length": len(account)}))
    if _truncated(account):
        return Checked(account, Problem("bank.truncated", _TRUNCATED, WARNING, _TRUNCATED_HELP))
    return Checked(account)


def _truncated(account: str) -> bool:
    """Excel keeps 15 digits of a number: 18 digits and more that end in zeros from there have probably been cut."""
    return len(account) >= 18 and account.isdigit() and not account[15:].strip("0") and not bank_luhn_ok(account)


def bank_luhn_ok(account: str) -> bool:
    """Whether an already normalised number passes the Luhn test, as bank cards do and company accounts need not."""
    return account.isdigit() and len(account) > 1 and luhn_check(account[:-1]) == account[-1]


def cnaps(text: str) -> Checked:
    """联行号, the 12 digits of a bank branch, with its ISO 7064 mod 11,10 check digit."""
    code = plain_code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "cnaps.scientific"):
        return found
    digits = code.translate(_separators)
    if len(digits) != 12 or not (digits.isdigit() and digits.isascii()):
        return Checked(code, Problem("cnaps.length", _CNAPS_LENGTH, ERROR))
    if mod_11_10_check(digits[:11]) != digits[11]:
        return Checked(digits, Problem("cnaps.check_digit", _CNAPS_CHECK, WARNING))
    return Checked(digits)


_CHARACTERS = _("银行账号只含数字（境外账号可含字母）。")
_LENGTH = _("银行账号应为 8 至 30 位，这里是 %(length)s 位。")
_TRUNCATED = _("银行账号末尾全是 0，可能已被 Excel 截断。")
_TRUNCATED_HELP = _("请与原件核对；在表格中把该列设为“文本”格式后重新填写。")
_CNAPS_LENGTH = _("联行号应为 12 位数字。")
_CNAPS_CHECK = _("联行号的校验位不符，可能有一位写错。")
