"""Telephone numbers, Chinese ones by our own rules, foreign ones by libphonenumber.

Lives here: one written form for each number (`13800138000`, `010-12345678-802`, `400-810-8888`, `+14155552671`), so that
equal numbers are equal text. Not here: masking, and who may see a number.
"""

import re

from django.utils.translation import gettext_lazy as _

from .area_codes import is_area_code
from .checked import EMPTY, ERROR, WARNING, Checked, Problem, plain_code, scientific

LONGEST = 100  # characters of a cell that may still be telephone numbers

_is_mobile = re.compile("1[3-9][0-9]{9}").fullmatch
_is_landline = re.compile("(?:010|02[0-9]|0[3-9][0-9]{2})-[1-9][0-9]{6,7}").fullmatch
# Three digits that no operator has begun to give out (end of 2025).
_UNUSED_SEGMENTS = frozenset(str.split("142 143 154 160 161 163 164 168 169 179 194"))

# 010 and 02x have three digits, all other area codes four.
_area = re.compile("(010|02[0-9]|0[3-9][0-9]{2})([1-9][0-9]{6,7})").fullmatch
_mobiles_within = re.compile("(?<![0-9])1[3-9][0-9]{9}(?![0-9])").findall
_local = re.compile("[2-9][0-9]{6,7}").fullmatch
_toll_free = re.compile("([48]00)([0-9]{3})([0-9]{4})").fullmatch
_service = re.compile("(?:0[0-9]{2,3})?(1[0-9]{2}|1[0-9]{4}|9[56][0-9]{3,4})").fullmatch  # 110, 10086, 95588

_country = re.compile(r"(?:\+|00)86[-.]?|86-").match
_extension = re.compile(
    r"(.{5,}?)(?:-|,|#|\*|转|轉|分机号?|内线|ext\.?|x)+[:：]?([0-9]{1,6})[)）]?", re.IGNORECASE
).fullmatch
_label = re.compile(r"^(?:电话|手机号?|固话|座机|联系电话|tel|phone|mobile|mob|t|m)?[:.：]", re.IGNORECASE).sub
_separators = re.compile(r"[/、;；|\n]|,(?=[0+1])|或").split
_DASHES = str.maketrans("‐‑‒–—―−－~", "---------")
_BRACKETS = str.maketrans("（）[]【】", "()()()")
_not_digits = re.compile("[^0-9]+").sub


def phone(text: str) -> Checked:
    """Any telephone number in its one written form.

    `13800138000` · `010-12345678` · `010-12345678-802` · `400-810-8888` · `95588` · foreign `+14155552671`. Local
    numbers without area code, area codes and mobile segments that are not in use are kept, with a warning; several numbers
    in one cell are an error.
    """
    if _is_mobile(text) or _is_landline(text):
        return _in_use(text)
    # The blanks of a foreign number part its groups ("+1 415"): libphonenumber wants them as dashes, not run together.
    code = plain_code(text.replace(" ", "-") if text.lstrip().startswith("+") else text)
    if not code:
        return EMPTY
    if found := scientific(code, "phone.scientific"):
        return found
    if len(code) > LONGEST:
        return Checked(code, Problem("phone.invalid", _INVALID, ERROR))
    bare = _label("", code.removesuffix(".0").translate(_DASHES).translate(_BRACKETS))
    checked = _several(bare) or _one(bare)
    return Checked(code, checked.problem) if checked.problem and checked.problem.severity == ERROR else checked


def mobile(text: str) -> Checked:
    """A Chinese mobile number, or a foreign number; a landline is kept with a warning."""
    checked = phone(text)
    if checked.problem is None and checked.value and not (_is_mobile(checked.value) or checked.value[0] == "+"):
        return Checked(checked.value, Problem("phone.not_mobile", _NOT_MOBILE, WARNING, _NOT_MOBILE_HELP))
    return checked


def is_mobile(number: str) -> bool:
    """Whether an already normalised number is a Chinese mobile number."""
    return _is_mobile(number) is not None


def _several(code: str) -> Checked | None:
    pieces = [piece for piece in _separators(code) if len(_not_digits("", piece)) >= 7]
    if len(pieces) < 2:
        return None
    first = phone(pieces[0])
    suggestion = first.value if first.problem is None else ""
    return Checked(code, Problem("phone.several", _SEVERAL, ERROR, suggestion))


def _one(code: str) -> Checked:
    country = _country(code)
    rest = code[country.end() :] if country else code
    if not country and code.startswith(("+", "00")):
        return _foreign(code)
    number = _chinese(rest, abroad=bool(country)) or (_chinese(code[2:], True) if code.startswith("861") else None)
    if number is None:
        return Checked(code, Problem("phone.invalid", _INVALID, ERROR, _guess(code)))
    if _local(number.partition("-")[0]):
        return Checked(number, Problem("phone.no_area", _NO_AREA, WARNING, _NO_AREA_HELP))
    return _in_use(number)


def _in_use(number: str) -> Checked:
    """A warning for a well-formed number that nobody can have."""
    if _is_mobile(number):
        if number[:3] in _UNUSED_SEGMENTS:
            return Checked(number, Problem("phone.segment", _SEGMENT, WARNING, "", {"segment": number[:3]}))
    elif number[0] == "0" and not is_area_code(area := number.partition("-")[0]):
        return Checked(number, Problem("phone.area", _AREA, WARNING, "", {"area": area}))
    return Checked(number)


def _chinese(code: str, abroad: bool) -> str | None:
    """The written form of a Chinese number without country code, or None; from abroad the leading 0 is left out."""
    digits = _plain_digits(code)
    if digits:
        found = _whole(digits, abroad)
        if found:
            return found
    split = _extension(code)
    if split and (digits := _plain_digits(split[1])):
        found = _whole(digits, abroad)
        return found and f"{found}-{split[2]}"
    return None


def _plain_digits(code: str) -> str:
    """The digits of a number written with brackets and dashes; "" when other characters stand between them."""
    digits = code.replace("-", "").replace("(", "").replace(")", "").replace(".", "")
    return digits if digits.isdigit() and digits.isascii() else ""


def _whole(digits: str, abroad: bool) -> str | None:
    if _is_mobile(digits):
        return digits
    if digits[0] == "0" and _is_mobile(digits[1:]):  # 0 dialled before mobile numbers of other cities
        return digits[1:]
    if area := _area(digits) or (_area("0" + digits) if abroad else None):
        return f"{area[1]}-{area[2]}"
    if free := _toll_free(digits):
        return "-".join(free.groups())
    if _local(digits):
        return digits
    service = _service(digits)
    return service[1] if service else None


def _guess(code: str) -> str:
    """A number put right: one mobile number among other words, or a landline whose leading 0 a spreadsheet ate."""
    mobiles = _mobiles_within(code)
    if len(mobiles) == 1:
        return mobiles[0]
    digits = _plain_digits(code)
    area = _area("0" + digits) if digits else None
    return f"{area[1]}-{area[2]}" if area else ""


def _foreign(code: str) -> Checked:
    import phonenumbers  # 20 MB of tables, and needed by few

    dialled = "+" + code[2:] if code.startswith("00") else code
    try:
        number = phonenumbers.parse(dialled)
    except phonenumbers.NumberParseException:
        return Checked(code, Problem("phone.invalid", _INVALID, ERROR))
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        written += f"-{number.extension}"
    if phonenumbers.is_valid_number(number):
        return Checked(written)
    if phonenumbers.is_possible_number(number):
        return Checked(written, Problem("phone.unverified", _UNVERIFIED, WARNING))
    return Checked(code, Problem("phone.invalid", _INVALID, ERROR))


_INVALID = _("不是有效的电话号码：手机应为 11 位，固定电话应为“区号-号码”。")
_NO_AREA = _("固定电话缺少区号。")
_NO_AREA_HELP = _("请写成“区号-号码”，如 0571-88888888。")
_SEVERAL = _("一个单元格里有几个号码，只能填一个。")
_SEGMENT = _("%(segment)s 号段尚未启用，请核对手机号。")
_AREA = _("没有区号 %(area)s，请核对。")
_NOT_MOBILE = _("不是手机号码。")
_NOT_MOBILE_HELP = _("固定电话请填入“电话”。")
_UNVERIFIED = _("该国家或地区没有这种号码，请核对。")
