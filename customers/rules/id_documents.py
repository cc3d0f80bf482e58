"""Papers by which a person is known: 居民身份证 and what people without one carry.

Lives here: telling the kinds of papers apart by the form of their numbers, and the check digits of those that have one.
Not here: GB 11643 itself (`tax_codes.id_card`), codes of firms.
"""

import re

from django.utils.translation import gettext_lazy as _

from .check_digits import id_card_check
from .checked import EMPTY, REASON, WARNING, Checked, Problem, plain_code
from .tax_codes import id_card

RESIDENT, RESIDENCE_PERMIT, FOREIGN_RESIDENT = _("居民身份证"), _("港澳台居民居住证"), _("外国人永久居留身份证")
PASSPORT, FOREIGN_PASSPORT = _("护照"), _("外国护照")
HK_MACAO, TAIWAN = _("港澳居民来往内地通行证"), _("台湾居民来往大陆通行证")

_separators = str.maketrans("", "", "-‐‑–—－_.·() （）")
_is_eighteen = re.compile("[1-9][0-9]{16}[0-9X]").fullmatch
# Own ones (E, and E with a letter from the second series on; G, D, S, P and the older ones).
_is_passport = re.compile("E[0-9A-HJ-NP-Z][0-9]{7}|[DGSP][0-9]{8}|[DSP]E[0-9]{7}|1[45][0-9]{7}").fullmatch
_is_hk_macao = re.compile("[HM](?:[0-9]{8}|[0-9]{10})").fullmatch
_is_taiwan = re.compile("[0-9]{8}|[0-9]{10}[A-Z]?").fullmatch
_is_old_foreign_resident = re.compile("[A-Z]{3}[0-9]{12}").fullmatch
_is_foreign_passport = re.compile("(?=.*[0-9].*[0-9].*[0-9])(?=.*[A-Z])[A-Z0-9]{6,10}").fullmatch


def id_document(text: str) -> Checked:
    """The number of a person's paper, upper case: identity card, passport, permit of Hong Kong, Macao and Taiwan residents …

    Numbers with a check digit are checked (severity "reason"); a foreign passport is kept with a warning, because every country
    numbers as it likes. What is none of these is judged as an identity card.
    """
    code = plain_code(text).upper().translate(_separators)
    if not code:
        return EMPTY
    if code.isascii() and code.isalnum() and len(code) != 15:
        if code[0] == "9" and _is_eighteen(code):
            return _checked(code)
        if _is_passport(code) or _is_hk_macao(code) or _is_taiwan(code):
            return Checked(code)
        if _is_foreign_passport(code):
            return Checked(code, Problem("id.foreign_passport", _FOREIGN, WARNING))
    if _is_old_foreign_resident(code):
        return Checked(code)
    return id_card(text)


def document_kind(number: str):
    """What paper an already normalised number belongs to, in words; "" when it cannot be told."""
    if _is_eighteen(number):
        if number[0] == "9":
            return FOREIGN_RESIDENT
        return RESIDENCE_PERMIT if number[:2] in ("81", "82", "83") else RESIDENT
    kinds = (
        (_is_passport, PASSPORT),
        (_is_hk_macao, HK_MACAO),
        (_is_taiwan, TAIWAN),
        (_is_old_foreign_resident, FOREIGN_RESIDENT),
        (_is_foreign_passport, FOREIGN_PASSPORT),
    )
    return next((kind for is_of_kind, kind in kinds if is_of_kind(number)), "")


def _checked(code: str) -> Checked:
    if id_card_check(code[:17]) == code[17]:
        return Checked(code)
    return Checked(code, Problem("id.check_digit", _CHECK, REASON))


_FOREIGN = _("看起来是外国护照，无法校验，请与原件核对。")
_CHECK = _("证件号码的校验码不符，可能有一位写错。")
