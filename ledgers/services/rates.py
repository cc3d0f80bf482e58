"""币种与汇率: the foreign currencies of a set, and what one unit is worth from a day on.

What lives here: the verbs. What does not: which currencies exist (``ledgers.currencies``).
"""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from .. import currencies
from ..models import ExchangeRate, Ledger, LedgerCurrency, LedgerEvent
from .locking import changeable
from .logbook import note

MOST = Decimal(10) ** 9


@transaction.atomic
def add_currency(ledger: Ledger, code: str, *, by: User | None) -> LedgerCurrency:
    """Use a further currency; nothing happens when the set has it. BusinessError for the base currency or an unknown code."""
    currencies.require(code, field="code")
    current = changeable(ledger)
    if code == current.base_currency:
        raise BusinessError(_("%(code)s 是本位币，不需要再添加。") % {"code": code}, code="currency.base", field="code")
    row, added = LedgerCurrency.objects.get_or_create(ledger=current, code=code)
    if added:
        note(current, LedgerEvent.Kind.CURRENCY, by=by, detail=_("增加币种 %(code)s") % {"code": code})
    return row


@transaction.atomic
def remove_currency(ledger: Ledger, code: str, *, by: User | None) -> None:
    """Stop using a currency; refused while it has rates."""
    current = changeable(ledger)
    if current.rates.filter(currency=code).exists():
        raise BusinessError(
            _("%(code)s 已有汇率，不能移除。") % {"code": code},
            code="currency.in_use",
            remedy=_("请先删除它的汇率。"),
        )
    deleted, _rows = current.currencies.filter(code=code).delete()
    if deleted:
        note(current, LedgerEvent.Kind.CURRENCY, by=by, detail=_("移除币种 %(code)s") % {"code": code})


@transaction.atomic
def add_rate(ledger: Ledger, code: str, on: date, rate: Decimal, *, by: User | None) -> ExchangeRate:
    """One unit of ``code`` is worth ``rate`` units of base currency from ``on``; one rate per currency and day."""
    current = changeable(ledger)
    if not current.currencies.filter(code=code).exists():
        raise BusinessError(_("账套没有使用币种 %(code)s。") % {"code": code}, code="currency.unused", field="currency")
    if not 0 < rate < MOST:
        raise BusinessError(_("汇率必须大于零，且小于十亿。"), code="rate.value", field="rate")
    if current.rates.filter(currency=code, on=on).exists():
        raise BusinessError(
            _("%(code)s 在 %(date)s 已有汇率。") % {"code": code, "date": on.isoformat()},
            code="rate.exists",
            field="on",
            remedy=_("要修改请先删除原来的汇率。"),
        )
    row = ExchangeRate.objects.create(ledger=current, currency=code, on=on, rate=rate)
    note(current, LedgerEvent.Kind.CURRENCY, by=by, detail=_("汇率 %(code)s %(date)s：%(rate)s") % _facts(row))
    return row


@transaction.atomic
def remove_rate(rate: ExchangeRate, *, by: User | None) -> None:
    """Delete one dated rate."""
    current = changeable(rate.ledger)
    facts = _facts(rate)
    deleted, _rows = ExchangeRate.objects.filter(pk=rate.pk).delete()
    if deleted:
        note(current, LedgerEvent.Kind.CURRENCY, by=by, detail=_("删除汇率 %(code)s %(date)s：%(rate)s") % facts)


def _facts(rate: ExchangeRate) -> dict[str, str]:
    return {"code": rate.currency, "date": rate.on.isoformat(), "rate": f"{rate.rate.normalize():f}"}
