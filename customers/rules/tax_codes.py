"""Codes that the state gives: 统一社会信用代码, old tax numbers, resident identity numbers.

Lives here: their form, dates and check digits, and what may be a slip of the pen.
Not here: the arithmetic (`check_digits.py`); whether a wrong check digit is an error, which an account set decides.
"""

import re
from datetime import date

from django.utils.translation import gettext_lazy as _

from .check_digits import USCC_CHARS, id_card_check, organisation_check, uscc_check
from .checked import EMPTY, ERROR, REASON, WARNING, Checked, Problem, plain_code, scientific

PROVINCE_CODES = frozenset(
    str.split(
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
    )
)

# GB 32100: the office that keeps the register, and the kinds of bodies that it registers.
REGISTERS = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19", "9": "123", "A": "19",
    "N": "1239", "Y": "1",
}  # fmt: skip
_NATIONAL = "10"  # firms that a national office registered have 100000 where others have their place

# What a reader or a typist takes one character for; the first choice for letters that no code holds comes first.
_LOOK_ALIKES = {
    "O": "0DQ", "I": "1L", "S": "5", "Z": "2", "V": "UY", "0": "DQ", "D": "0", "Q": "0", "1": "L7", "L": "1", "7": "1",
    "8": "B", "B": "8", "5": "6", "6": "G5", "G": "6", "2": "7", "U": "W", "W": "U", "X": "Y", "Y": "X",
}  # fmt: skip
_DASHES = str.maketrans("", "", "-‐‑–—－_·.")

_is_uscc = re.compile(f"[{USCC_CHARS}]{{2}}[0-9]{{6}}[{USCC_CHARS}]{{10}}").fullmatch
_letters_and_digits = re.compile("[0-9A-Z]*").fullmatch


def uscc(text: str) -> Checked:
    """统一社会信用代码 (GB 32100-2015): 18 characters, upper case, with both check digits.

    A wrong check digit has severity "reason": one in some hundred real codes in old books fails. Where exactly one
    look-alike (O/0, I/1, B/8 …) put right makes the code valid, that is the suggestion.
    """
    code = _code(text)
    if len(code) == 18 and _is_uscc(code):
        if _uscc_checks(code):
            return Checked(code, _implausible(code))
        if _truncated(code):
            return _wrong(code, "uscc.truncated", _TRUNCATED, ERROR, _AS_TEXT)
        return _wrong(code, "uscc.check_digit", _USCC_CHECK, REASON, _repaired(code))
    if not code:
        return EMPTY
    if found := scientific(code, "uscc.scientific"):
        return found
    if len(code) != 18:
        return Checked(code, Problem("uscc.length", _USCC_LENGTH, ERROR, _length_help(code), {"length": len(code)}))
    if not _letters_and_digits(code) or not code[2:8].isdigit():
        return _wrong(code, "uscc.characters", _USCC_CHARACTERS, ERROR, _repaired(code))
    return _wrong(code, "uscc.letters", _USCC_LETTERS, ERROR, _repaired(code))


def _implausible(code: str) -> Problem | None:
    """A warning for a code that is right in itself and yet names a register or a province that does not exist."""
    if code[1] not in REGISTERS.get(code[0], ""):
        return Problem("uscc.register", _USCC_REGISTER, WARNING, "", {"start": code[:2]})
    if code[2:4] not in PROVINCE_CODES and code[2:4] != _NATIONAL:
        return Problem("uscc.region", _USCC_REGION, WARNING, "", {"region": code[2:8]})
    return None


def uscc_of_person(text: str) -> Checked:
    """The same for a customer who is a person: an identity number in its place is sent to its own field."""
    code = _code(text)
    if len(code) in (15, 18) and not valid_uscc(code) and id_card(code).problem is None:
        return _wrong(code, "uscc.is_id_number", _USCC_IS_ID, ERROR, _USCC_IS_ID_HELP)
    return uscc(text)


def uscc_province(code: str) -> str:
    """The first two digits of the region in which an already normalised code was given; "" for a national office."""
    return code[2:4] if len(code) == 18 and code[2:4] in PROVINCE_CODES else ""


def valid_uscc(code: str) -> bool:
    """Whether an already normalised code is right in form and both check digits."""
    return len(code) == 18 and _is_uscc(code) is not None and _uscc_checks(code)


def _uscc_checks(code: str) -> bool:
    return uscc_check(code[:17]) == code[17] and organisation_check(code[8:16]) == code[16]


def _truncated(code: str) -> bool:
    """Excel keeps 15 digits of a number and fills up with zeros; asked only where a check digit fails."""
    return code.isdigit() and code.endswith("000")


def _repaired(code: str) -> str:
    """The only valid code made by replacing the letters no code may hold, or else one look-alike; "" without one."""
    bad = [place for place, char in enumerate(code) if char not in USCC_CHARS]
    if len(bad) > 3:
        return ""
    candidates = [code]
    for place in bad:
        candidates = [each for known in candidates for each in _swaps(known, place)]
    if not bad:
        candidates = [each for place in range(18) for each in _swaps(code, place)]
    valid = [each for each in candidates if valid_uscc(each)]
    return valid[0] if len(valid) == 1 else ""


def _swaps(code: str, place: int) -> list[str]:
    return [code[:place] + other + code[place + 1 :] for other in _LOOK_ALIKES.get(code[place], "")]


def tax_number(text: str) -> Checked:
    """纳税人识别号: a credit code or identity number (18), or the old forms of 15, 17 and 20 characters.

    15 = region + organisation code, or an old identity number; 17 and 20 = an identity number of 15 or 18 digits and two
    digits more. An old number whose check digit is wrong gets a warning: not all offices formed them by the rule.
    """
    code = _code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "tax.scientific"):
        return found
    if not _letters_and_digits(code):
        return _wrong(code, "tax.characters", _TAX_CHARACTERS, ERROR)
    if len(code) == 18:
        return _tax_number_18(code)
    if len(code) == 15 and code[:6].isdigit():
        return Checked(code, _old_number(code))
    if len(code) in (17, 20) and code[-2:].isdigit():
        problem = id_card(code[:-2]).problem
        if problem is None or problem.severity != ERROR:
            return Checked(code, problem and Problem("tax.check_digit", _TAX_CHECK, REASON))
    return Checked(code, Problem("tax.length", _TAX_LENGTH, ERROR, _TAX_LENGTH_HELP, {"length": len(code)}))


def _old_number(code: str) -> Problem | None:
    """What is odd about a tax number of 15 characters."""
    if _is_old_id_card(code) and id_card(code).problem is None:
        return None
    if code[:2] not in PROVINCE_CODES:
        return Problem("tax.region", _TAX_REGION, WARNING)
    if organisation_check(code[6:14]) != code[14]:
        return Problem("tax.old_check_digit", _TAX_OLD_CHECK, WARNING)
    return None


def _tax_number_18(code: str) -> Checked:
    if valid_uscc(code) or id_card(code).problem is None:
        return Checked(code)
    if _truncated(code):
        return _wrong(code, "tax.truncated", _TRUNCATED, ERROR, _AS_TEXT)
    return _wrong(code, "tax.check_digit", _TAX_CHECK, REASON, _repaired(code))


_is_id_card = re.compile("[1-9][0-9]{16}[0-9X]").fullmatch
_is_old_id_card = re.compile("[1-9][0-9]{14}").fullmatch


def id_card(text: str) -> Checked:
    """居民身份证号 (GB 11643): 18 characters; the old 15 digits are brought to 18."""
    code = _code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "id.scientific"):
        return found
    if _is_old_id_card(code):
        code = code[:6] + "19" + code[6:]
        code += id_card_check(code)
    if not _is_id_card(code):
        wrong_length = len(code) != 18
        template = _ID_LENGTH if wrong_length else _ID_CHARACTERS
        problem = Problem("id.length" if wrong_length else "id.characters", template, ERROR, "", {"length": len(code)})
        return Checked(code, problem)
    if code[:2] not in PROVINCE_CODES:
        return _wrong(code, "id.region", _ID_REGION, REASON)
    if not _is_date(code[6:14]):
        return _wrong(code, "id.date", _ID_DATE, ERROR)
    if id_card_check(code[:17]) != code[17]:
        if _truncated(code):
            return _wrong(code, "id.truncated", _TRUNCATED, ERROR, _AS_TEXT)
        return _wrong(code, "id.check_digit", _ID_CHECK, REASON)
    return Checked(code)


def _is_date(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1850
    except ValueError:
        return False


def _code(text: str) -> str:
    """Upper case without dashes and points; text that is no code at all, or 1.1E+17, stays as it is."""
    code = plain_code(text)
    bare = code if code.isalnum() else code.translate(_DASHES)
    return bare.upper() if bare.isascii() and bare.isalnum() and not ("." in code and "+" in code) else code


def _wrong(code: str, name: str, template, severity: str, suggestion="") -> Checked:
    return Checked(code, Problem(name, template, severity, suggestion))


def _length_help(code: str):
    if len(code) == 15:
        return _FIFTEEN_HELP
    return _NINE_HELP if len(code) == 9 else ""


_USCC_LENGTH = _("统一社会信用代码应为 18 位，这里是 %(length)s 位。")
_USCC_CHARACTERS = _("统一社会信用代码只含数字和大写字母，第 3 至 8 位应为数字。")
_USCC_LETTERS = _("统一社会信用代码不使用字母 I、O、S、V、Z，请检查是否把 1、0、5、2 写成了字母。")
_USCC_CHECK = _("统一社会信用代码的校验码不符，可能有一位写错。")
_USCC_IS_ID = _("这是身份证号，不是统一社会信用代码。")
_USCC_IS_ID_HELP = _("请填入“证件号码”。")
_USCC_REGISTER = _("没有以 %(start)s 开头的登记管理部门和机构类别，请核对统一社会信用代码的前两位。")
_USCC_REGION = _("统一社会信用代码第 3 至 8 位 %(region)s 不是行政区划代码，请核对。")
_TAX_REGION = _("15 位税号的前两位不是省份代码，请核对。")
_TAX_OLD_CHECK = _("15 位税号后 9 位应是组织机构代码，其校验码不符，请核对。")
_FIFTEEN_HELP = _("15 位是旧的注册号或税号，请改填营业执照上的 18 位代码。")
_NINE_HELP = _("9 位是旧的组织机构代码，请改填营业执照上的 18 位代码。")
_TAX_CHARACTERS = _("税号只含数字和字母。")
_TAX_LENGTH = _("税号应为 18 位，旧税号为 15、17 或 20 位，这里是 %(length)s 位或格式不符。")
_TAX_LENGTH_HELP = _("请与营业执照或开票资料核对。")
_TAX_CHECK = _("税号的校验码不符，可能有一位写错。")
_ID_LENGTH = _("身份证号应为 18 位或 15 位，这里是 %(length)s 位。")
_ID_CHARACTERS = _("身份证号应为数字，只有最后一位可以是 X。")
_ID_REGION = _("身份证号的前两位不是省份代码。")
_ID_DATE = _("身份证号中的出生日期不存在。")
_ID_CHECK = _("身份证号的校验码不符，可能有一位写错。")
_TRUNCATED = _("号码末尾的数字可能已被 Excel 截断为 0。")
_AS_TEXT = _("请在表格中把该列设为“文本”格式，重新填写完整号码。")
