"""Currencies of ISO 4217 that are legal tender somewhere today, with their Chinese names.

What lives here: the list (from the Unicode CLDR data in babel) and questions about a code. What does not: which ones a set
uses, and rates (``models``, ``services.rates``).
"""

from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

COMMON = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP", "AUD", "CAD", "SGD", "KRW", "TWD", "MOP", "THB", "VND", "RUB")


@cache
def codes() -> tuple[str, ...]:
    """All codes: the common ones first, then by alphabet."""
    tender = {code for territory in get_global("territory_currencies") for code in get_territory_currencies(territory)}
    return (*COMMON, *sorted(tender - set(COMMON)))


def name(code: str) -> str:
    """人民币 for CNY, in the language that is active; the code itself for one that does not exist."""
    return get_currency_name(code, locale=_locale())


def label(code: str) -> str:
    """What stands on the screen: "CNY 人民币"."""
    return f"{code} {name(code)}"


def choices(*, besides: str = "") -> list:
    """Grouped choices for a form: 常用 and 其他, without the code ``besides``."""
    groups = ((_("常用币种"), COMMON), (_("其他币种"), codes()[len(COMMON) :]))
    return [(title, [(code, label(code)) for code in group if code != besides]) for title, group in groups]


def require(code: str, *, field: str = "currency") -> None:
    """Raise BusinessError unless the code is a currency."""
    if code not in codes():
        raise BusinessError(
            _("「%(code)s」不是 ISO 4217 币种代码。") % {"code": code},
            code="currency.unknown",
            field=field,
            remedy=_("请填写三位大写字母的代码，如 CNY、USD。"),
        )


def _locale() -> Locale:
    return Locale("en") if (get_language() or "").startswith("en") else Locale("zh", script="Hans")
