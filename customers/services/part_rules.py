"""Rules that look at the rows of a part together: dates in order, names that do not overlap, invoices that can be made out.

What lives here: two stages of the pipeline over former names, licences, invoice profiles, bank accounts and blocks, with one query for
each part that changed customers touch. What does not: single values (``cleaning``) and which row is the primary one (``writing``).
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from ledgers.models import Ledger
from ledgers.services import periods
from permissions.actor import Actor

from ..models import PARTS, InvoiceProfile
from ..rules import banking, invoicing, names
from ..rules.validity import in_force
from .edits import Edit, PartEdit

Row = dict[str, Any]
# (place in the edit or None for a row that it leaves alone, the row as it will stand)
Rows = list[tuple[int | None, Row]]

_DATED = {
    "licences": ("starts_on", "ends_on"),
    "invoice_profiles": ("starts_on", "ends_on"),
    "former_names": ("from_on", "until_on"),
    "blocks": ("starts_on", "ends_on"),
}
ONE_DAY = timedelta(days=1)


# --- what follows -----------------------------------------------------------------------------------------------------------


def derive(edits: list[Edit]) -> None:
    """Comparison keys of former names; the bank of a new account by its 联行号."""
    for edit in edits:
        for row in edit.parts.get("former_names", ()):
            name = row.values.get("name")
            if name and isinstance(name, str):
                row.values["name_key"] = names.name_key(name)
        for row in edit.parts.get("bank_accounts", ()):
            bank = banking.bank_of_cnaps(str(row.values.get("cnaps") or ""))
            if bank and row.pk is None and not row.primary and not row.values.get("bank_name"):
                row.values["bank_name"] = bank


# --- what is wrong or odd ---------------------------------------------------------------------------------------------------


def judge(edits: list[Edit], ledger: Ledger, by: Actor) -> None:
    """Problems and warnings of rows as they will stand once the edits are written."""
    touched = [edit for edit in edits if edit.parts.keys() & _JUDGES.keys()]
    if not touched:
        return
    stored = _stored(touched)
    today = ledger.today()
    for edit in touched:
        for part in edit.parts.keys() & _JUDGES.keys():
            rows = _as_they_will_stand(edit.parts[part], stored.get((part, edit.customer_id), {}))
            if part in _DATED:
                _judge_dates(edit, part, rows)
            _JUDGES[part](edit, rows, today)
    if not by.is_system:
        _judge_open(touched, ledger)


def _stored(edits: list[Edit]) -> dict[tuple[str, int | None], dict[int, Row]]:
    """(part, customer) → pk → stored row; one query for each part."""
    found: dict[tuple[str, int | None], dict[int, Row]] = {}
    for part in _JUDGES:
        ids = [edit.customer_id for edit in edits if part in edit.parts and not edit.is_add]
        for row in PARTS[part].objects.filter(customer_id__in=ids).order_by("pk").values() if ids else ():
            found.setdefault((part, row["customer_id"]), {})[row["id"]] = row
    return found


def _as_they_will_stand(edits: list[PartEdit], stored: dict[int, Row]) -> Rows:
    rows: dict[int, tuple[int | None, Row]] = {pk: (None, row) for pk, row in stored.items()}
    new: Rows = []
    for at, edit in enumerate(edits):
        if edit.remove:
            rows.pop(edit.pk or 0, None)
        elif edit.pk in rows:
            rows[edit.pk] = (at, rows[edit.pk][1] | edit.values)
        elif not edit.primary:
            new.append((at, edit.values))
    return [*rows.values(), *new]


def _judge_dates(edit: Edit, part: str, rows: Rows) -> None:
    first, last = _DATED[part]
    for at, row in rows:
        begins, ends = _day(row, first), _day(row, last)
        if at is not None and begins and ends and ends < begins:
            edit.problem(f"{part}.{at}.{last}", "dates.order", _("结束日期不能早于开始日期。"), value=ends.isoformat())


def _day(row: Row, column: str) -> date | None:
    value = row.get(column)
    return value if isinstance(value, date) else None


def _nothing(edit: Edit, rows: Rows, today: date) -> None:
    """Licences and blocks: their dates are all that can be wrong between their columns."""


def _judge_names(edit: Edit, rows: Rows, today: date) -> None:
    """A former name is over, and no two were borne on one day."""
    spans = []
    for at, row in rows:
        until = _day(row, "until_on")
        if until and until >= today and at is not None:
            text = _("曾用名的使用至日期应早于今天。")
            edit.problem(f"former_names.{at}.until_on", "former_name.not_over", text, value=until.isoformat())
        if until:
            spans.append((until, _day(row, "from_on"), at, row.get("name") or ""))
    spans.sort(key=lambda span: span[0])
    for earlier, later in zip(spans, spans[1:], strict=False):
        clash = later[1] is not None and later[1] <= earlier[0] or later[0] == earlier[0]
        at = later[2] if later[2] is not None else earlier[2]
        if clash and at is not None:
            text = _("与曾用名「%(name)s」的使用日期重叠。") % {"name": earlier[3] if at == later[2] else later[3]}
            edit.problem(f"former_names.{at}.from_on", "former_name.overlap", text)


def _judge_profiles(edit: Edit, rows: Rows, today: date) -> None:
    """The default profile is one in force; what a special invoice lacks is told."""
    uscc = edit.values.get("uscc")
    for at, row in rows:
        if at is None:
            continue
        place = f"invoice_profiles.{at}"
        if row.get("is_default") and _is_over(row, today):
            text = _("这份开票资料今天不在启用期内，不能作为默认。")
            edit.problem(f"{place}.is_default", "invoice.default_not_in_force", text)
        if row.get("invoice_kind") != InvoiceProfile.InvoiceKind.SPECIAL:
            continue
        if row.get("taxpayer_kind") not in ("", None, InvoiceProfile.TaxpayerKind.GENERAL):
            text = _("增值税专用发票一般只开给一般纳税人，请核对纳税人类型。")
            edit.problem(f"{place}.invoice_kind", "invoice.special_taxpayer", text, "warning")
        # A stored customer's credit code stands for the number that his profile leaves out.
        without = {"tax_number"} if uscc or not edit.is_add else set()
        lacking = [column for column in invoicing.lacking_for_special(row) if column not in without]
        if lacking:
            labels = "、".join(str(InvoiceProfile._meta.get_field(column).verbose_name) for column in lacking)
            text = _("开增值税专用发票还需要：%(labels)s。") % {"labels": labels}
            edit.problem(f"{place}.invoice_kind", "invoice.special_lacks", text, "warning")


def _is_over(row: Row, today: date) -> bool:
    return not in_force(_day(row, "starts_on"), _day(row, "ends_on"), today)


def _judge_accounts(edit: Edit, rows: Rows, today: date) -> None:
    """联行号 and the name of the bank speak of the same bank."""
    for at, row in rows:
        bank = banking.bank_of_cnaps(str(row.get("cnaps") or ""))
        name = str(row.get("bank_name") or "")
        if at is not None and bank and name and not banking.same_bank(name, bank):
            text = _("联行号属于%(bank)s，与开户行“%(name)s”不符。") % {"bank": bank, "name": name}
            edit.problem(f"bank_accounts.{at}.cnaps", "cnaps.other_bank", text, "warning", suggestion=_("请核对。"))


def _judge_open(edits: Iterable[Edit], ledger: Ledger) -> None:
    """The day from which something is frozen is a business date: its period is open. One query."""
    begun = [
        (edit, at, row.values["starts_on"])
        for edit in edits
        for at, row in enumerate(edit.parts.get("blocks", ()))
        if not row.remove and isinstance(row.values.get("starts_on"), date)
    ]
    closed = periods.refusals(ledger, {day for _edit, _at, day in begun})
    for edit, at, day in begun:
        if refusal := closed.get(day):
            edit.problem(f"blocks.{at}.starts_on", refusal.code, refusal.message, suggestion=refusal.remedy)


_JUDGES: dict[str, Callable[[Edit, Rows, date], None]] = {
    "licences": _nothing,
    "blocks": _nothing,
    "former_names": _judge_names,
    "invoice_profiles": _judge_profiles,
    "bank_accounts": _judge_accounts,
}
