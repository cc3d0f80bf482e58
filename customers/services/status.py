"""合作状态: which step from one status to the next is allowed, to whom, from which day on.

What lives here: the set's steps (parameter ``status_steps``), two stages of the pipeline, the verb and what the card shows of it. What does
not: freezing a process (``blocks``), 停用 of the record (``lifecycle``).

A step is asked for by its roles; a step that names none is open to whoever may edit the status. The system itself (migrations,
commands without a user) takes any step on any day, and new customers of an import begin where they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import Lag
from django.utils.translation import gettext as _

from ledgers.models import Ledger
from ledgers.services import periods
from permissions.actor import Actor, Door
from permissions.models import Role
from permissions.rights import Right

from ..models import ChangeBatch, Customer
from .acts import act
from .changing import is_view_only
from .edits import Edit

Status = Customer.Status
NEW = ""  # where a new customer comes from
Before = Mapping[int | None, Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """A status that could come next; ``why`` says what stands against it, in words."""

    to: str
    label: str
    allowed: bool
    why: str = ""


class Steps:
    """The steps of one set; names of roles are read when the first refusal needs them."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.table: dict[str, dict[str, list[str]]] = ledger.parameter("status_steps")

    def refusal(self, origin: str, to: str, by: Actor) -> tuple[str, str]:
        """(what stands against the step, what could be done instead); empty when it may be taken."""
        if by.is_system or origin == to:
            return "", ""
        targets = self.table.get(origin, {})
        if to not in targets:
            return self._not_a_step(origin, to, targets), self._instead(targets)
        roles = targets[to]
        if roles and not by.role_codes & set(roles):
            return _("改为“%(to)s”要由 %(roles)s 来做。") % {"to": Status(to).label, "roles": self._names(roles)}, ""
        return "", ""

    @staticmethod
    def _not_a_step(origin: str, to: str, targets: Iterable[str]) -> str:
        if origin == NEW:
            return _("新客户不能直接是“%(to)s”。") % {"to": Status(to).label}
        return _("不能从“%(from)s”直接改为“%(to)s”。") % {"from": Status(origin).label, "to": Status(to).label}

    @staticmethod
    def _instead(targets: Iterable[str]) -> str:
        labels = "、".join(str(Status(each).label) for each in targets if each in Status.values)
        return _("可以改为：%(labels)s。") % {"labels": labels} if labels else _("这个状态不能再改。")

    def _names(self, codes: Iterable[str]) -> str:
        return "、".join(self._roles.get(code, code) for code in codes)

    @cached_property
    def _roles(self) -> dict[str, str]:
        return dict(Role.objects.filter(ledger=self.ledger).values_list("code", "name"))


# --- stages of the pipeline -----------------------------------------------------------------------------------------------


def _is_changed(edit: Edit, before: Before) -> bool:
    """Whether the edit gives the customer another status than he has."""
    to = edit.values.get("status")
    return to in Status.values and to != before.get(edit.customer_id, {}).get("status")


def derive(edits: list[Edit], before: Before, ledger: Ledger, by: Actor) -> None:
    """A status that changes begins today, unless a day is given; the history that an import brings has no day of its own."""
    today = ledger.today()
    for edit in edits:
        if edit.values.get("status_since"):
            continue
        if edit.is_add:
            if by.door == Door.WEB:
                edit.values["status_since"] = today
        elif _is_changed(edit, before):
            edit.values["status_since"] = today


def judge(edits: list[Edit], before: Before, ledger: Ledger, by: Actor) -> None:
    """A changed status must be a step that this actor may take, on a day in an open period; one query at most."""
    if by.is_system:
        return
    steps = Steps(ledger)
    for edit in edits:
        if _is_changed(edit, before) and not (edit.is_add and by.door == Door.IMPORT):
            origin = NEW if edit.is_add else before.get(edit.customer_id, {}).get("status", NEW)
            message, instead = steps.refusal(origin, edit.values["status"], by)
            if message:
                edit.problem("status", "status.step", message, suggestion=instead, value=edit.values["status"])
    _judge_days([edit for edit in edits if isinstance(edit.values.get("status_since"), date)], before, ledger)


def _judge_days(edits: list[Edit], before: Before, ledger: Ledger) -> None:
    today = ledger.today()
    changed = [
        edit
        for edit in edits
        if not edit.is_add and edit.values["status_since"] != before.get(edit.customer_id, {}).get("status_since")
    ]
    closed = periods.refusals(ledger, {edit.values["status_since"] for edit in changed})
    for edit in edits:
        since, stored = edit.values["status_since"], before.get(edit.customer_id, {})
        if since > today:
            edit.problem("status_since", "status.future", _("状态起始日期不能晚于今天。"), value=since.isoformat())
        elif _is_changed(edit, before) and stored.get("status_since") and since < stored["status_since"]:
            text = _("状态起始日期不能早于上一状态的起始日期 %(date)s。") % {"date": stored["status_since"].isoformat()}
            edit.problem("status_since", "status.before_last", text, value=since.isoformat())
    for edit in changed:
        if refusal := closed.get(edit.values["status_since"]):
            edit.problem("status_since", refusal.code, refusal.message, suggestion=refusal.remedy)


# --- the verb, and what the card shows ---------------------------------------------------------------------------------------


def change_status(customer: Customer, to: str, *, by: Actor, on: date | None = None, reason: str = "") -> None:
    """Take one step, from ``on`` (today) on. Raises NotAllowed without the right, BusinessError for a step that is none."""
    by.require(Right.EDIT)
    values = {"status": to} | ({"status_since": on} if on else {})
    edit = Edit(values=values, customer_id=customer.pk, base_version=customer.version, reason=reason)
    act(edit, ledger=customer.ledger, by=by, kind=ChangeBatch.Kind.EDIT, reason=reason)


def may_change(customer: Customer, by: Actor) -> bool:
    """Whether the actor may change the status of the customer at all, whatever the step."""
    may = by.can(Right.EDIT) and by.may_edit("status") and customer.ledger.is_active
    return may and not is_view_only(customer, by)


def next_steps(customer: Customer, by: Actor) -> list[Step]:
    """Every other status, allowed ones first in the order of the chain, then the refused ones with the reason."""
    steps = Steps(customer.ledger)
    found = []
    for to, label in Status.choices:
        if to != customer.status:
            why, _instead = steps.refusal(customer.status, to, by)
            found.append(Step(to, str(label), not why, why))
    return sorted(found, key=lambda step: not step.allowed)


@dataclass(frozen=True)
class Stay:
    """How long a customer was of one status; ``until`` None is today."""

    label: str
    since: date
    until: date | None
    who: str
    reason: str


def history(customer: Customer, *, limit: int = 20) -> list[Stay]:
    """The statuses of a customer, newest first; two queries."""
    rows = list(
        Customer.history.filter(id=customer.pk)
        .annotate(last=Window(Lag("status"), order_by=F("history_id").asc()))
        .filter(Q(last=None) | ~Q(last=F("status")))
        .order_by("-history_id")
        .values("history_id", "status", "status_since", "history_date", "batch_id")[:limit]
    )
    # A day that was put right afterwards stands in a later row; that of the present status is on the customer himself.
    batches = ChangeBatch.objects.select_related("by").in_bulk({row["batch_id"] for row in rows})
    stays, until = [], None
    for at, row in enumerate(rows):
        since = row["status_since"] or customer.ledger.day_of(row["history_date"])
        if at == 0 and customer.status_since:
            since = customer.status_since
        batch = batches[row["batch_id"]]
        who = str(batch.by) if batch.by else _("系统")
        stays.append(Stay(str(Status(row["status"]).label), since, until, who, batch.reason))
        until = since
    return stays
