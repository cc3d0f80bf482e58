"""币种与汇率: the foreign currencies of a set, and what one unit is worth from a day on.

What lives here: the verbs. What does not: which currencies exist (``ledgers.currencies``), and what an amount is worth
(``converting``).
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from .. import currencies
from ..models import ExchangeRate, Ledger, LedgerCurrency, LedgerEvent
from .locking import changeable
from .logbook import note

MOST = Decimal(10) ** 9
MOST_ROWS = 5000
SHOWN = 10


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


# --- many at once -----------------------------------------------------------------------------------------------------

_CELLS = re.compile(r"[\t,，;；]+|\s{1,}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class RateImport:
    """How many rates were new, replaced an other one, or were there already."""

    added: int
    replaced: int
    unchanged: int


def read_rates(text: str) -> list[tuple[int, str, date, Decimal]]:
    """(row, currency, day, rate) of a pasted table or the text of a csv file: 币种, 生效日期, 汇率 in this order.

    A first row without a date is the heading. Raises BusinessError that names every row which cannot be read.
    """
    rows, faults = [], []
    lines = [
        (number, line.strip()) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()
    ]
    if lines and not _DATE.search(lines[0][1]):
        lines = lines[1:]
    if not lines:
        faults.append(_("没有可以读取的行。"))
    if len(lines) > MOST_ROWS:
        faults.append(_("一次最多导入 %(most)s 行。") % {"most": MOST_ROWS})
        lines = []
    for number, line in lines:
        try:
            rows.append((number, *_rate_row(line)))
        except ValueError as fault:
            faults.append(_("第 %(row)s 行：%(fault)s") % {"row": number, "fault": fault})
    if faults:
        more = _("另有 %(count)s 处。") % {"count": len(faults) - SHOWN} if len(faults) > SHOWN else ""
        raise BusinessError("".join([*faults[:SHOWN], more]), code="rate.rows", field="table")
    return rows


def _rate_row(line: str) -> tuple[str, date, Decimal]:
    """ValueError, in the user's words, for what is no rate."""
    cells = [cell.strip().strip('"') for cell in _CELLS.split(line) if cell.strip()]
    if len(cells) < 3:
        raise ValueError(_("应有币种、生效日期、汇率三列。"))
    code, day = cells[0].upper(), _DATE.fullmatch(cells[1])
    if code not in currencies.codes():
        raise ValueError(_("「%(code)s」不是 ISO 4217 币种代码。") % {"code": cells[0][:20]})
    try:
        on = date(*map(int, day.groups()))
    except (AttributeError, ValueError):
        raise ValueError(_("「%(text)s」不是日期，应为 2026-01-31。") % {"text": cells[1][:20]}) from None
    try:
        rate = Decimal(cells[2])
    except InvalidOperation:
        raise ValueError(_("「%(text)s」不是数字。") % {"text": cells[2][:20]}) from None
    if not rate.is_finite() or not 0 < rate < MOST or rate != round(rate, 8):
        raise ValueError(_("汇率必须大于零，且小于十亿，最多 8 位小数。"))
    return code, on, rate


@transaction.atomic
def import_rates(ledger: Ledger, text: str, *, by: User | None, replace: bool = False) -> RateImport:
    """Take over a table of rates, all or none. A day that has another rate is refused by row, unless ``replace``."""
    rows = read_rates(text)
    current = changeable(ledger)
    used = set(current.currencies.values_list("code", flat=True))
    have = {(row.currency, row.on): row for row in current.rates.filter(currency__in={row[1] for row in rows})}
    faults, new, changed, seen = [], {}, {}, {}
    unchanged = 0
    for number, code, on, rate in rows:
        old, twice = have.get((code, on)), seen.setdefault((code, on), rate)
        if code not in used:
            faults.append(_("第 %(row)s 行：账套没有使用币种 %(code)s。") % {"row": number, "code": code})
        elif twice != rate:
            about = {"row": number, "code": code, "date": on.isoformat()}
            faults.append(_("第 %(row)s 行：%(code)s 在 %(date)s 的汇率在表中出现两次，且不相同。") % about)
        elif old is None:
            new[code, on] = ExchangeRate(ledger=current, currency=code, on=on, rate=rate)
        elif old.rate == rate:
            unchanged += 1
        elif replace:
            old.rate = rate
            changed[code, on] = old
        else:
            about = {"row": number, "code": code, "date": on.isoformat(), "rate": f"{old.rate.normalize():f}"}
            faults.append(_("第 %(row)s 行：%(code)s 在 %(date)s 已有汇率 %(rate)s。") % about)
    if faults:
        more = _("另有 %(count)s 处。") % {"count": len(faults) - SHOWN} if len(faults) > SHOWN else ""
        raise BusinessError(
            "".join([*faults[:SHOWN], more]),
            code="rate.rows",
            field="table",
            remedy=_("没有导入任何一行。要用表中的汇率替换已有的，请勾选“替换”。"),
        )
    ExchangeRate.objects.bulk_create(new.values())
    ExchangeRate.objects.bulk_update(changed.values(), ["rate"])
    done = RateImport(len(new), len(changed), unchanged)
    if new or changed:
        detail = _("导入汇率：新增 %(added)s，替换 %(replaced)s") % {"added": done.added, "replaced": done.replaced}
        note(current, LedgerEvent.Kind.CURRENCY, by=by, detail=detail)
    return done


def _facts(rate: ExchangeRate) -> dict[str, str]:
    return {"code": rate.currency, "date": rate.on.isoformat(), "rate": f"{rate.rate.normalize():f}"}
