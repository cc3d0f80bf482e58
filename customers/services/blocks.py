"""冻结: stopping a process with a customer for a reason, until a day or until further notice.

What lives here: the verbs, which blocks are in force on a day, and the one answer to "may this process go on". What does not: 合作状态 and
停用, which a block leaves as they are. A block ends by its date without anybody doing anything: whoever asks, asks about a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.services import periods
from permissions.actor import Actor
from permissions.rights import Right

from ..models import Block, ChangeBatch, Customer
from ..rules.validity import in_force
from .acts import act
from .changing import is_view_only
from .edits import Edit, PartEdit

Process = Block.Process
COLUMNS = ("process", "reason", "starts_on", "ends_on")


# --- asking -----------------------------------------------------------------------------------------------------------


def open_on(on: date) -> Q:
    """The condition of blocks that are in force on a day."""
    return Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def of_customer(customer: Customer, on: date | None = None) -> list[Block]:
    """The blocks of a customer in force on a day (today); no query when his blocks are prefetched."""
    day = on or customer.ledger.today()
    return [each for each in customer.blocks.all() if in_force(each.starts_on, each.ends_on, day)]


def of_customers(ids: Iterable[int], on: date) -> dict[int, list[Block]]:
    """pk → blocks in force on a day, of those customers that have any; one query."""
    found: dict[int, list[Block]] = {}
    rows = Block.objects.filter(open_on(on), customer_id__in=list(ids))
    for block in rows.order_by("process", "pk"):
        found.setdefault(block.customer_id, []).append(block)
    return found


def may_process(customer: Customer, process: str, on: date | None = None) -> tuple[bool, str]:
    """(whether 下单, 发货 or 开票 may go on with the customer on a day, why not): the one answer for every door.

    ``process`` is a value of ``Block.Process``; ALL asks whether nothing at all is stopped.
    """
    if customer.state != Customer.State.ACTIVE:
        return False, _("客户档案已%(state)s。") % {"state": customer.get_state_display()}
    for block in of_customer(customer, on):
        if process in (Process.ALL, block.process) or block.process == Process.ALL:
            return False, said(block)
    return True, ""


def said(block: Block) -> str:
    """下单已冻结至 2026-12-31：逾期未付款"""
    what, reason = block.get_process_display(), block.reason
    if block.ends_on:
        until = block.ends_on.isoformat()
        return _("%(what)s已冻结至 %(until)s：%(reason)s") % {"what": what, "until": until, "reason": reason}
    return _("%(what)s已冻结：%(reason)s") % {"what": what, "reason": reason}


def may_block(customer: Customer, by: Actor) -> bool:
    may = by.can(Right.EDIT) and all(by.may_edit(f"blocks.{column}") for column in COLUMNS)
    return may and customer.ledger.is_active and not is_view_only(customer, by)


# --- doing ------------------------------------------------------------------------------------------------------------


def block(
    customer: Customer,
    processes: Iterable[str],
    *,
    reason: str,
    by: Actor,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> None:
    """冻结 one or more processes from a day (today) to a day. A process that is blocked already gets the new reason and days.

    Raises NotAllowed, and BusinessError without a process or a reason, for an end that has passed and a beginning in a closed period.
    """
    by.require(Right.EDIT)
    today = customer.ledger.today()
    wanted = list(dict.fromkeys(processes))
    if not wanted or set(wanted) - set(Process.values):
        raise BusinessError(_("请选择要冻结的业务。"), code="block.process", field="processes")
    if not reason.strip():
        raise BusinessError(_("请说明冻结原因。"), code="block.reason_missing", field="reason")
    if ends_on and ends_on < (starts_on or today):
        raise BusinessError(_("自动解冻日不能早于冻结开始日。"), code="block.ends", field="ends_on")
    if ends_on and ends_on < today:
        raise BusinessError(_("自动解冻日已经过去。"), code="block.ended", field="ends_on")
    values = {"reason": reason.strip(), "starts_on": starts_on or today, "ends_on": ends_on}
    stored = {each.process: each.pk for each in customer.blocks.all()}
    rows = [PartEdit({"process": process, **values}, pk=stored.get(process)) for process in wanted]
    _submit(customer, rows, by=by, reason=reason.strip())


def unblock(customer: Customer, process: str, *, reason: str = "", by: Actor) -> None:
    """解冻 one process today. Raises NotAllowed, BusinessError when it is not blocked or today lies in no open period."""
    by.require(Right.EDIT)
    row = next((each for each in customer.blocks.all() if each.process == process), None)
    if row is None:
        raise BusinessError(_("这项业务没有被冻结。"), code="block.none", remedy=_("请刷新页面查看最新状态。"))
    if not by.is_system:
        periods.require_open(customer.ledger, customer.ledger.today())
    _submit(customer, [PartEdit({}, pk=row.pk, remove=True)], by=by, reason=reason.strip())


def _submit(customer: Customer, rows: list[PartEdit], *, by: Actor, reason: str) -> None:
    edit = Edit(parts={"blocks": rows}, customer_id=customer.pk, reason=reason)
    act(edit, ledger=customer.ledger, by=by, kind=ChangeBatch.Kind.EDIT, reason=reason)


# --- what was -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spell:
    """One block from its beginning to its end; ``lifted_by`` is empty for one that ran out or still stands."""

    what: str
    reason: str
    starts_on: date
    ends_on: date | None
    by: str
    lifted_on: date | None = None
    lifted_by: str = ""
    lifted_why: str = ""


def history(customer: Customer, *, limit: int = 20) -> list[Spell]:
    """The blocks that no longer stand as they were set: lifted ones and ones that ran out, newest first; two queries."""
    rows = list(Block.history.filter(customer_id=customer.pk).order_by("-history_id").values()[: limit * 2])
    batches = ChangeBatch.objects.select_related("by").in_bulk({row["batch_id"] for row in rows})
    today = customer.ledger.today()
    spells: list[Spell] = []
    for at, row in enumerate(rows):
        if row["history_type"] == "-":
            continue
        later = next((other for other in reversed(rows[:at]) if other["id"] == row["id"]), None)
        lifted = later is not None and later["history_type"] == "-"
        if not lifted and in_force(None, row["ends_on"], today):
            continue  # stands, or was put in other words while it stood
        batch = batches[later["batch_id"]] if lifted else None
        spells.append(
            Spell(
                str(Process(row["process"]).label), row["reason"], row["starts_on"], row["ends_on"],
                _who(batches[row["batch_id"]]),
                customer.ledger.day_of(later["history_date"]) if lifted else None,
                _who(batch) if batch else "",
                batch.reason if batch else "",
            )
        )  # fmt: skip
    return spells[:limit]


def _who(batch: ChangeBatch) -> str:
    return str(batch.by) if batch.by else _("系统")
