"""What a set of invoice particulars must hold, and how it is handed to a colleague as text.

Lives here: the rate of tax, what a special VAT invoice needs, the customary order of the particulars. Not here: tax numbers
(`tax_codes.py`), which profile is the default one, who may read what.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from .amounts import decimal, percent
from .checked import ERROR, WARNING, Checked, Problem

# Rates and levy rates of VAT in force since 2019, and those that relief gives.
USUAL_RATES = frozenset(map(Decimal, ("0", "0.5", "1", "1.5", "2", "3", "5", "6", "9", "13")))


def tax_rate(text: str) -> Checked:
    """A rate in percent as Decimal: `13`, `13%`; None for a blank. `0.13` is refused: 13 % or 0.13 %? Unusual rates are told."""
    bare = text.strip().removesuffix("%").removesuffix("％")
    checked = decimal(bare) if bare.strip() in ("1", "0.5") else percent(text)
    if checked.problem or checked.value is None:
        return checked
    if not 0 <= checked.value <= 100:
        return Checked(text.strip(), Problem("tax_rate.range", _RANGE, ERROR))
    if checked.value not in USUAL_RATES:
        return Checked(
            checked.value, Problem("tax_rate.unusual", _UNUSUAL, WARNING, "", {"rate": f"{checked.value:f}"})
        )
    return checked


def lacking_for_special(profile: dict[str, object]) -> list[str]:
    """Columns that a special VAT invoice is made out with and that the profile does not have."""
    return [column for column in ("tax_number", "address", "phone", "bank_name", "account") if not profile.get(column)]


def as_text(lines: Iterable[tuple[str, str]]) -> str:
    """(label, value) pairs as the block that is pasted into a message; lines without a value are left out."""
    return "\n".join(f"{label}：{value}" for label, value in lines if value)


_RANGE = _("税率应在 0 到 100 之间。")
_UNUSUAL = _("%(rate)s%% 不是常用的增值税税率，请核对。")
