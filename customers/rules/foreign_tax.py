"""Tax and VAT numbers of other countries, for customers of the kind 海外.

Lives here: which country a number belongs to, and asking python-stdnum whether it follows that country's rules.
Not here: Chinese tax numbers (`tax_codes.py`). The modules of a country are loaded when its first number comes.
"""

import re
from functools import cache

from django.utils.translation import gettext_lazy as _

from .checked import EMPTY, ERROR, REASON, WARNING, Checked, Problem, plain_code, scientific

LENGTH = 20  # characters of the column
_EU = frozenset(str.split("AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"))
_separators = str.maketrans("", "", "-‐‑–—－_./ ")
_is_number = re.compile("[0-9A-Z]{4,20}").fullmatch
_prefix = re.compile("([A-Z]{2,3})(?=.*[0-9])").match


def vat_number(text: str) -> Checked:
    """A VAT or tax number abroad, upper case, without blanks, points and dashes: `DE136695976`, `GB980780684`.

    The two letters in front name the country; where its rules are known and the number breaks them, the problem has severity
    "reason". A number without them is kept as it is, with a warning, since nothing can be checked.
    """
    code = plain_code(text)
    if not code:
        return EMPTY
    if found := scientific(code, "vat.scientific"):
        return found
    number = code.upper().translate(_separators)
    if not _is_number(number):
        return Checked(code, Problem("vat.characters", _CHARACTERS, ERROR, "", {"most": LENGTH}))
    prefix = _prefix(number)
    rules = _rules_of(prefix[1][:2]) if prefix else None
    if rules is None:
        return Checked(number) if prefix else Checked(number, Problem("vat.no_country", _NO_COUNTRY, WARNING, _PREFIX))
    body = number if rules.__name__ in _WHOLE else number[2:]
    if not (rules.is_valid(number) or rules.is_valid(body)):
        return Checked(number, Problem("vat.check_digit", _WRONG, REASON, "", {"country": prefix[1][:2]}))
    return Checked(number)


_WHOLE = ("stdnum.eu.vat",)


@cache
def _rules_of(country: str):
    """The stdnum module that judges the numbers of a country (ISO 3166, or EL and XI as VAT uses them), or None."""
    from stdnum.eu import vat
    from stdnum.util import get_cc_module

    if country in _EU:
        return vat
    for name in ("vat", "tin"):
        found = get_cc_module(country, name)
        if found is not None:
            return found
    return None


_CHARACTERS = _("境外税号只含数字和字母，最多 %(most)s 位。")
_NO_COUNTRY = _("境外税号前没有国家代码，无法校验。")
_PREFIX = _("可在前面加上两位国家代码，如 DE136695976。")
_WRONG = _("税号不符合 %(country)s 的编码规则，可能有一位写错。")
