"""Bank accounts and the numbers of bank branches.

Lives here: their form and check digits, and which bank a branch number names. Not here: encryption, masking.
"""

import re

from django.utils.translation import gettext_lazy as _

from .check_digits import luhn_check, mod_11_10_check
from .checked import EMPTY, ERROR, REASON, WARNING, Checked, Problem, plain_code, scientific

_is_digits = re.compile("[0-9]{8,30}").fullmatch
_is_account = re.compile("[0-9A-Z]{8,30}").fullmatch
_is_mixed = re.compile("[0-9A-Z]+").fullmatch
_long_runs = re.compile("[0-9]{8,30}").findall  # 工行6222…: the bank's name in the same cell
_separators = str.maketrans("", "", "-‐‑–—－_.·•")
# UnionPay; accounts of firms begin with the number of a region or branch.
_is_card = re.compile("62[0-9]{14,17}").fullmatch
_looks_like_iban = re.compile("[A-Z]{2}[0-9]{2}[0-9A-Z]{11,26}").fullmatch
_is_swift = re.compile("[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?").fullmatch
_is_institution = re.compile("[A-Z][0-9]{13}").fullmatch


def bank_account(text: str) -> Checked:
    """An account or card number: 8–30 digits (letters in foreign ones), without blanks and dashes.

    What can be checked is, with severity "reason": bank cards (62…, 16 to 19 digits) by Luhn, an IBAN by its own two digits. Accounts of
    firms have no common check digit.
    """
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
    if _is_card(account) and not bank_luhn_ok(account):
        return Checked(account, Problem("bank.check_digit", _CARD_CHECK, REASON))
    if _looks_like_iban(account) and not _iban_ok(account):
        return Checked(account, Problem("bank.iban_check_digit", _IBAN_CHECK, REASON))
    return Checked(account)


def _iban_ok(account: str) -> bool:
    from stdnum import iban  # reads a table of all countries, needed by few

    return iban.is_valid(account)


def _truncated(account: str) -> bool:
    """Excel keeps 15 digits of a number: 18 digits and more that end in zeros from there have probably been cut."""
    return len(account) >= 18 and account.isdigit() and not account[15:].strip("0") and not bank_luhn_ok(account)


def bank_luhn_ok(account: str) -> bool:
    """Whether an already normalised number passes the Luhn test, as bank cards do and company accounts need not."""
    return account.isdigit() and len(account) > 1 and luhn_check(account[:-1]) == account[-1]


def cnaps(text: str) -> Checked:
    """联行号, the 12 digits of a bank branch, with its ISO 7064 mod 11,10 check digit.

    A bank abroad has a SWIFT code (8 or 11 characters) in its place. The 14 characters of 金融机构编码 are another number of the same
    branch: kept, with a warning.
    """
    code = plain_code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "cnaps.scientific"):
        return found
    digits = code.translate(_separators).upper()
    if _is_swift(digits):
        return Checked(digits)
    if _is_institution(digits):
        return Checked(digits, Problem("cnaps.institution", _INSTITUTION, WARNING))
    if len(digits) != 12 or not (digits.isdigit() and digits.isascii()):
        return Checked(code, Problem("cnaps.length", _CNAPS_LENGTH, ERROR))
    if mod_11_10_check(digits[:11]) != digits[11]:
        return Checked(digits, Problem("cnaps.check_digit", _CNAPS_CHECK, WARNING))
    return Checked(digits)


def bank_of_cnaps(code: str) -> str:
    """The bank that an already normalised 联行号 belongs to, by its first three digits; "" for one we do not know."""
    return str(_BANKS.get(code[:3], "")) if len(code) == 12 else ""


def same_bank(name: str, bank: str) -> bool:
    """Whether the name of a branch (`工行杭州分行`, `中国工商银行…`) speaks of the bank: by its core, as people shorten it."""
    core = bank.removeprefix("中国").removesuffix("银行")
    return not core or core in name or any(short in name for short in _SHORT_NAMES.get(bank, ()))


_BANKS = {
    "001": "中国人民银行", "102": "中国工商银行", "103": "中国农业银行", "104": "中国银行", "105": "中国建设银行",
    "201": "国家开发银行", "202": "中国进出口银行", "203": "中国农业发展银行", "301": "交通银行", "302": "中信银行",
    "303": "中国光大银行", "304": "华夏银行", "305": "中国民生银行", "306": "广发银行", "307": "平安银行", "308": "招商银行",
    "309": "兴业银行", "310": "浦发银行", "315": "恒丰银行", "316": "浙商银行", "318": "渤海银行", "403": "中国邮政储蓄银行",
    "501": "汇丰银行", "502": "东亚银行", "503": "南洋商业银行", "504": "恒生银行", "671": "渣打银行",
}  # fmt: skip
# How else the name of the bank is written in the name of a branch.
_SHORT_NAMES = {
    "中国工商银行": ("工行",), "中国农业银行": ("农行",), "中国银行": ("中行", "中国银行"), "中国建设银行": ("建行",),
    "交通银行": ("交行",), "招商银行": ("招行",), "浦发银行": ("浦东发展",), "中国邮政储蓄银行": ("邮储", "邮政"), "广发银行": ("广东发展",),
    "平安银行": ("深圳发展",), "中国农业发展银行": ("农发行",), "国家开发银行": ("国开",),
}  # fmt: skip

_CARD_CHECK = _("银行卡号的校验位不符，可能有一位写错。")
_IBAN_CHECK = _("国际账号（IBAN）的校验位不符，可能有一位写错。")
_INSTITUTION = _("这是 14 位的金融机构编码，转账要用 12 位的联行号。")
_CHARACTERS = _("银行账号只含数字（境外账号可含字母）。")
_LENGTH = _("银行账号应为 8 至 30 位，这里是 %(length)s 位。")
_TRUNCATED = _("银行账号末尾全是 0，可能已被 Excel 截断。")
_TRUNCATED_HELP = _("请与原件核对；在表格中把该列设为“文本”格式后重新填写。")
_CNAPS_LENGTH = _("联行号应为 12 位数字；境外银行填 8 或 11 位的 SWIFT 代码。")
_CNAPS_CHECK = _("联行号的校验位不符，可能有一位写错。")
