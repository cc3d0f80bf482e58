"""移交单: beginning one, what its job writes, and how it ended.

What lives here: the verbs. What does not: running chunk by chunk, resuming and history (``services.mass_edits``), which customers are
meant (``selecting``), pages.

A hand-over is written with the rights of the manager who asked for it. What follows from a change of the organisation is written as the
system, because whoever keeps the organisation has no rights in the set; the reason names him.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.access.life import leaving
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.models import Department, Membership, User
from permissions.rights import Right

from ..models import ChangeBatch, Customer, Transfer
from ..services import mass_edits
from ..services.edits import Edit
from . import selecting

AS_ACTOR, AS_SYSTEM = "handover.asked", "handover.followed"
Kind, State = Transfer.Kind, Transfer.State


def successors(ledger: Ledger, besides: User | None = None) -> QuerySet[User]:
    """Who may take customers over: active members of the set today."""
    present = Membership.objects.in_force().filter(ledger=ledger).values("user")
    people = User.objects.filter(is_active=True, left_on=None, pk__in=present).select_related("department")
    return people.exclude(pk=besides.pk if besides else None).order_by("display_name", "username")


def can_hand_over(by: Actor) -> bool:
    return by.can(Right.CONFIGURE) and by.can(Right.EDIT) and by.may_edit("owner") and by.may_edit("department")


def require_hand_over(by: Actor) -> None:
    """Raise NotAllowed unless the actor may configure the set and change owner and department."""
    by.require(Right.CONFIGURE)
    by.require(Right.EDIT)
    if not can_hand_over(by):
        raise BusinessError(
            _("您没有修改客户负责人和部门的权限。"), code="permission.denied", remedy=_("请联系账套主管。")
        )


@transaction.atomic
def hand_over(
    ledger: Ledger,
    person: User,
    successor: User,
    *,
    by: Actor,
    with_department: bool,
    reason: str,
    categories: Iterable[int] = (),
    provinces: Iterable[str] = (),
) -> Transfer:
    """Give the customers of ``person`` to ``successor`` in the background: all, or those of categories and provinces.

    ``with_department``: they go to the successor's department as well. Raises BusinessError (``field``), NotAllowed.
    """
    require_hand_over(by)
    ledger = Ledger.objects.select_for_update().get(pk=ledger.pk)
    ledger.require_writable()
    reason = reason.strip()
    if not reason:
        raise BusinessError(_("请填写移交原因。"), code="transfer.reason", field="reason")
    if not successors(ledger, besides=person).filter(pk=successor.pk).exists():
        raise BusinessError(
            _("「%(user)s」不是本账套的在职成员，不能接收客户。") % {"user": successor},
            code="transfer.successor",
            field="successor",
        )
    if with_department and successor.department and not successor.department.is_active:
        raise BusinessError(
            _("「%(user)s」的部门「%(department)s」已停用。") % {"user": successor, "department": successor.department},
            code="transfer.department",
            field="with_department",
        )
    categories, provinces = sorted(set(categories)), sorted(set(provinces))
    _refuse_overlap(ledger, person)
    mine = Customer.objects.visible_to(by).filter(owner_id=person.pk)
    total = selecting.chosen(mine, categories=categories, provinces=provinces).count()
    if not total:
        raise BusinessError(_("没有符合条件的客户。"), code="transfer.nothing")
    slip = Transfer.objects.create(
        ledger=ledger,
        kind=Kind.LEAVER,
        from_user=person,
        to_user=successor,
        to_department=successor.department if with_department else None,
        categories=categories,
        provinces=provinces,
        reason=reason[:200],
        total=total,
        by=by.user,
    )
    leaving.end_with_hand_over(person, ledger, by=by.user)
    return _ask(slip, AS_ACTOR, by)


def _refuse_overlap(ledger: Ledger, person: User) -> None:
    """Two slips for the same customers would take turns; the first is finished first."""
    for running in Transfer.objects.filter(ledger=ledger, from_user=person, kind=Kind.LEAVER, state=State.RUNNING):
        if settle(running).is_running:
            raise BusinessError(
                _("「%(user)s」的客户正在移交（%(slip)s）。") % {"user": person, "slip": running},
                code="transfer.running",
                remedy=_("请等它完成后再继续。"),
            )


def follow(ledger: Ledger, person: User, origin: Department | None, *, by: User | None) -> Transfer | None:
    """The customers that ``person`` owns in ``origin`` go to the department that he is in now; None when there are none.

    The caller's transaction; the job starts when it commits.
    """
    slip = Transfer(
        ledger=ledger, kind=Kind.MOVE, from_user=person, from_department=origin, to_department=person.department, by=by
    )
    about = {"person": person, "from": origin or _("无部门"), "to": person.department}
    return _follow(slip, _("%(person)s由%(from)s调至%(to)s，客户随之变更") % about)


def merge(ledger: Ledger, origin: Department, target: Department, *, by: User | None) -> Transfer | None:
    """All customers of ``origin`` go to ``target``; None when there are none. The caller's transaction."""
    slip = Transfer(ledger=ledger, kind=Kind.DEPARTMENT, from_department=origin, to_department=target, by=by)
    return _follow(slip, _("部门「%(from)s」并入「%(to)s」") % {"from": origin, "to": target})


def _follow(slip: Transfer, reason: str) -> Transfer | None:
    slip.total = selecting.of_transfer(slip).count()
    if not slip.total or not slip.ledger.is_active:
        return None
    who = _("（%(user)s办理）") % {"user": slip.by} if slip.by else ""
    slip.reason = f"{reason}{who}"[:200]
    slip.save()
    return _ask(slip, AS_SYSTEM, Actor(slip.by, slip.ledger_id, Door.JOB))


def _ask(slip: Transfer, name: str, by: Actor) -> Transfer:
    slip.job = mass_edits.ask(name, slip.ledger, {"transfer": slip.pk}, by=by, reason=slip.reason)
    slip.save(update_fields=["job"])
    return slip


# --- what the job does --------------------------------------------------------------------------------------------------


def _slip(ledger: Ledger, params: dict[str, Any]) -> Transfer:
    return Transfer.objects.select_related("to_user", "from_user__department").get(ledger=ledger, pk=params["transfer"])


def _select(ledger: Ledger, params: dict[str, Any]) -> QuerySet:
    return selecting.of_transfer(_slip(ledger, params))


def _make(ledger: Ledger, params: dict[str, Any]) -> Callable[[list[int]], list[Edit]]:
    slip = _slip(ledger, params)
    values: dict[str, Any] = {}
    if slip.to_user_id:
        values["owner"] = slip.to_user_id
    if slip.kind == Kind.MOVE and slip.from_user.department_id != slip.to_department_id:
        # He moved on meanwhile: whichever slip runs last, his customers end where he is.
        slip.to_department = slip.from_user.department
        slip.save(update_fields=["to_department"])
    if slip.to_department_id:
        values["department"] = slip.to_department_id

    def make(pks: list[int]) -> list[Edit]:
        """Against the versions just read: whoever is given to somebody else meanwhile stays there."""
        return [
            Edit(dict(values), customer_id=pk, base_version=version, reason=slip.reason)
            for pk, version in selecting.edits_base(slip, pks)
        ]

    return make


def _finished(ledger: Ledger, params: dict[str, Any], result: dict[str, Any]) -> None:
    """Keep the figures: what is left of the selection is what was refused."""
    slip = _slip(ledger, params)
    slip.state, slip.finished_at = State.DONE, timezone.now()
    slip.batch_id, slip.moved = result["batch"], result["changed"]
    slip.refused, slip.faults = selecting.of_transfer(slip).count(), result["samples"]
    slip.save(update_fields=["state", "finished_at", "batch", "moved", "refused", "faults"])


for _name, _as_system in ((AS_ACTOR, False), (AS_SYSTEM, True)):
    mass_edits.register(
        _name,
        select=_select,
        make=_make,
        batch_kind=ChangeBatch.Kind.TRANSFER,
        as_system=_as_system,
        finished=_finished,
    )


# --- how it ended -------------------------------------------------------------------------------------------------------


def settle(slip: Transfer) -> Transfer:
    """Take over how the job ended when it did not end well; returns the slip, stored anew if it changed."""
    if not slip.is_running or (slip.job is not None and not slip.job.is_finished):
        return slip
    if slip.job is not None and slip.job.status == Job.Status.SUCCEEDED:
        slip.refresh_from_db()
        return slip
    stopped = slip.job is not None and slip.job.status == Job.Status.CANCELLED
    slip.state = State.STOPPED if stopped else State.FAILED
    slip.moved = max(slip.total - selecting.of_transfer(slip).count(), 0)
    slip.finished_at = timezone.now()
    slip.save(update_fields=["state", "moved", "finished_at"])
    return slip


def stop(slip: Transfer, *, by: Actor) -> None:
    """Stop a running slip; what has been moved stays moved. Raises NotAllowed, BusinessError when it is over."""
    require_hand_over(by)
    if slip.job is None or not slip.is_running:
        raise BusinessError(_("移交已经结束，不能停止。"), code="transfer.over")
    queue.cancel(slip.job)


@transaction.atomic
def resume(slip: Transfer, *, by: Actor) -> Transfer:
    """Go on with a slip that failed or was stopped, in its batch. Raises BusinessError, NotAllowed."""
    require_hand_over(by)
    slip = Transfer.objects.select_for_update(of=("self",)).select_related("job", "ledger").get(pk=slip.pk)
    slip.ledger.require_writable()
    if slip.state not in (State.FAILED, State.STOPPED):
        raise BusinessError(_("只有失败或已停止的移交可以继续。"), code="transfer.state")
    slip.state, slip.finished_at = State.RUNNING, None
    slip.save(update_fields=["state", "finished_at"])
    if slip.job is not None:
        queue.retry(slip.job)
        return slip
    return _ask(slip, AS_ACTOR if slip.kind == Kind.LEAVER else AS_SYSTEM, by)
