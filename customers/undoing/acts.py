"""The verbs of undo: who may, what it would do, doing it.

What lives here: rights, previews, chunks. What does not: what goes back and what does not (``planning``), rows (``services.restoring``).

A small batch is undone at once, a large one in the background; a chunk commits together with its history, and a run that was broken off goes
on behind the last customer that its batch wrote.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor
from permissions.rights import Right

from ..fields import Catalogue
from ..models import ChangeBatch, Customer, Event
from ..rulebook.book import Rulebook
from ..search import index
from ..services import restoring, writing
from ..services.edits import Edit, accepted
from ..services.pipeline import Pipeline, Policy
from ..services.snapshots import load
from .planning import TAKEN, Obstacle, Plan, Planner, Step, referred

JOB = "customers.undo"
CHUNK = 500
AT_ONCE = 200  # customers that are undone within the request
SAMPLES = 100


@dataclass
class Tally:
    """What became of the steps so far; ``obstacles`` the first of them as [customer id, field, kind, message]."""

    customers: int = 0
    values: int = 0
    removed: int = 0
    returned: int = 0
    unseen: int = 0
    kept: Counter = field(default_factory=Counter)
    obstacles: list[Obstacle] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    before: dict[int, Any] = field(
        default_factory=dict
    )  # customer id → his row as it stood, for the steps that are kept

    def take(self, plan: Plan) -> None:
        self.customers += len(plan.customers)
        whole = [step for step in plan.steps if not step.key and not step.part]
        self.removed += sum(step.verb == "-" for step in whole)
        self.returned += sum(step.verb == "+" for step in whole)
        gone_or_back = {step.customer_id for step in whole}
        self.values += sum(step.customer_id not in gone_or_back for step in plan.steps)
        self.unseen += plan.unseen
        self.kept.update(obstacle.kind for obstacle in plan.obstacles)
        self.obstacles += plan.obstacles[: SAMPLES - len(self.obstacles)]
        kept = plan.steps[: SAMPLES - len(self.steps)]
        self.steps += kept
        shown = {each.customer_id for each in kept}
        self.before |= {pk: row for pk, row in plan.restoration.before.items() if pk in shown}

    @property
    def left(self) -> int:
        """Steps that are not done."""
        return sum(self.kept.values())

    def as_result(self, batch: ChangeBatch | None) -> dict[str, Any]:
        return {
            "batch": batch.pk if batch else None,
            "customers": self.customers,
            "values": self.values,
            "removed": self.removed,
            "returned": self.returned,
            "unseen": self.unseen,
            "kept": dict(self.kept),
            "obstacles": [
                [each.step.customer_id, each.step.part or each.step.key, each.kind, each.message]
                for each in self.obstacles
            ],
        }


# --- who may -------------------------------------------------------------------------------------------------------------


def can_undo(batch: ChangeBatch, by: Actor) -> bool:
    """Own batches with the right to change (or to add, for what one added), everybody's with the right to delete."""
    if batch.state == ChangeBatch.State.OPEN or batch.undone_by_id or not batch.ledger.is_active:
        return False
    return by.can(Right.DELETE) or (batch.by_id == by.user_id and (by.can(Right.EDIT) or by.can(Right.ADD)))


def require_undo(batch: ChangeBatch, by: Actor) -> None:
    """Raise NotAllowed or BusinessError unless the batch can be undone by this actor now."""
    if batch.state == ChangeBatch.State.OPEN:
        raise BusinessError(_("该批次还在进行中，不能撤销。"), code="undo.open", remedy=_("请等它完成后再试。"))
    if batch.undone_by_id:
        raise BusinessError(
            _("该批次已被 #%(batch)s 撤销。") % {"batch": batch.undone_by_id},
            code="undo.done",
            remedy=_("如需恢复，请撤销那一次撤销。"),
        )
    batch.ledger.require_writable()
    if not can_undo(batch, by):
        raise NotAllowed(
            _("您不能撤销这一批次。"),
            rule=_("自己的修改可自行撤销；撤销他人的修改需要「停用与删除」权限"),
            remedy=_("请联系账套主管。"),
        )


# --- looking ---------------------------------------------------------------------------------------------------------------


def chunks(batch: ChangeBatch, *, only: int | None = None, after: int = 0) -> Iterator[list[int]]:
    """Ids of the customers that a batch wrote, in order, ``CHUNK`` at a time; ``only`` one of them."""
    rows = Event.objects.filter(batch=batch).order_by("customer_id")
    if only is not None:
        rows = rows.filter(customer_id=only)
    while ids := list(rows.filter(customer_id__gt=after).values_list("customer_id", flat=True).distinct()[:CHUNK]):
        yield ids
        after = ids[-1]


def size_of(batch: ChangeBatch) -> int:
    """Customers that a batch wrote, as its own counters say."""
    return batch.customers_added + batch.customers_changed + batch.customers_removed


def preview(
    batch: ChangeBatch, by: Actor, *, only: int | None = None, overwrite: bool = False, most: int | None = None
) -> tuple[Tally, bool]:
    """What undoing would do, and whether all of it was looked at: the first ``most`` customers of a large batch stand for it."""
    most = AT_ONCE if most is None else most
    planner, tally, seen = Planner(batch, by, overwrite=overwrite), Tally(), 0
    for ids in chunks(batch, only=only):
        looked_at = ids[: most - seen]
        tally.take(planner.plan(looked_at))
        seen += len(looked_at)
        if seen >= most:
            return tally, len(looked_at) == len(ids) and size_of(batch) <= seen
    return tally, True


def listed(ledger, by: Actor) -> QuerySet[ChangeBatch]:
    """The batches that an actor may look at, newest first: his own, or with the right to delete everybody's."""
    rows = (
        ChangeBatch.objects.filter(ledger=ledger)
        .exclude(state=ChangeBatch.State.OPEN)
        .select_related("by", "undone_by")
    )
    return (rows if by.can(Right.DELETE) else rows.filter(by_id=by.user_id)).order_by("-pk")


# --- doing -----------------------------------------------------------------------------------------------------------------


def undo(
    batch: ChangeBatch,
    *,
    by: Actor,
    reason: str = "",
    only: int | None = None,
    overwrite: bool = False,
    request_id: str = "",
    progress: Callable[[int], None] | None = None,
    inside: Callable[[], Any] | None = None,
) -> Tally:
    """Put back what the batch did, as far as nothing stands in the way; ``only`` for one customer of it.

    The tally says what was left and why. Raises NotAllowed, BusinessError (``undo.*``), and ``undo.nothing`` when nothing can go back.
    A run with the same ``request_id`` goes on where one that was broken off had come to. ``inside`` runs in every chunk's transaction.
    """
    require_undo(batch, by)
    reason = (reason.strip() or _("撤销 #%(batch)s") % {"batch": batch.pk})[:200]
    run = _Run(batch, by, reason, overwrite, inside, request_id or by.request_id)
    started = run.found()
    for ids in chunks(batch, only=only, after=started):
        run.chunk(ids)
        if progress:
            progress(run.tally.customers)
    if run.into is None:
        raise BusinessError(
            _("没有可以撤销的内容。"),
            code="undo.nothing",
            remedy=run.tally.obstacles[0].message if run.tally.obstacles else _("这些修改可能已经被改回。"),
        )
    if only is None:
        ChangeBatch.objects.filter(pk=batch.pk, undone_by=None).update(undone_by=run.into)
    index.settle()
    return run.tally


class _Run:
    """One act of undoing."""

    def __init__(self, batch, by, reason, overwrite, inside, request_id):
        self.batch, self.by, self.reason, self.inside, self.request_id = batch, by, reason, inside, request_id
        self.ledger = batch.ledger
        self.planner = Planner(batch, by, overwrite=overwrite)
        self.tally = Tally()
        self.into: ChangeBatch | None = None
        self.has_formulas = bool(Rulebook(Catalogue.of(self.ledger)).formulas)

    def found(self) -> int:
        """The customer behind which a broken-off run goes on."""
        if not self.request_id.startswith("job:"):
            return 0
        same = ChangeBatch.objects.filter(ledger=self.ledger, request_id=self.request_id, kind=ChangeBatch.Kind.UNDO)
        self.into = same.order_by("pk").first()
        return (
            (Event.objects.filter(batch=self.into).aggregate(last=Max("customer_id"))["last"] or 0) if self.into else 0
        )

    def chunk(self, ids: list[int]) -> None:
        """Undo these customers; where something unique is in the way, the half without it still goes back."""
        try:
            with transaction.atomic():
                plan = self.planner.plan(ids, lock=True)
                if plan.steps:
                    batch = self.into or self._open()
                    restoring.restore(
                        plan.restoration,
                        ledger=self.ledger,
                        by=self.by,
                        batch=batch,
                        reason=self.reason,
                        inside=self.inside,
                    )
                    self._recompute(sorted(plan.restoration.customers.updates), batch)
        except IntegrityError as clash:
            if not writing.taken_meanwhile(clash):
                raise
            if len(ids) > 1:
                half = len(ids) // 2
                self.chunk(ids[:half])
                self.chunk(ids[half:])
                return
            message = _("信用代码、外部编号或其他不可重复的内容已被别的客户使用")
            plan = Plan(obstacles=[Obstacle(Step(ids[0]), TAKEN, message)])
        else:
            if plan.steps:
                self.into = batch
        self.tally.take(plan)

    def _open(self) -> ChangeBatch:
        batch = writing.open_batch(ledger=self.ledger, by=self.by, kind=ChangeBatch.Kind.UNDO, reason=self.reason)
        batch.request_id = self.request_id
        batch.save(update_fields=["request_id"])
        return batch

    def _recompute(self, ids: list[int], batch: ChangeBatch) -> None:
        """Computed fields follow what went back."""
        if not self.has_formulas or not ids:
            return
        system = Actor.system(self.ledger.pk, self.by.door, request_id=self.request_id)
        edits = [Edit(customer_id=pk, recompute=True) for pk in ids]
        Pipeline(self.ledger, system, Policy(report_duplicates=True)).prepare(edits)
        about = {"ledger": self.ledger, "by": self.by, "kind": ChangeBatch.Kind.UNDO, "reason": self.reason}
        writing.write(accepted(edits), **about, batch=batch)


def remove(customer: Customer, *, by: Actor, reason: str) -> ChangeBatch:
    """Put a customer into the recycle bin; history keeps all of him, his numbers go to nobody else.

    Raises NotAllowed without the right to delete, BusinessError without a reason or when something still refers to him.
    """
    by.require(Right.DELETE)
    if not reason.strip():
        raise BusinessError(_("请说明删除原因。"), code="customer.reason_missing", field="reason")
    with transaction.atomic():
        stands = load([customer.pk], lock=True).get(customer.pk)
        if stands is None:
            raise BusinessError(_("客户已不存在。"), code="customer.not_found")
        if referred([customer.pk]):
            raise BusinessError(
                _("其他资料还引用该客户，不能删除。"),
                code="customer.referred",
                remedy=_("可以改为停用：资料保留，不再参与日常业务。"),
            )
        about = {"ledger": customer.ledger, "by": by, "reason": reason.strip()[:200]}
        batch = writing.open_batch(kind=ChangeBatch.Kind.REMOVE, **about)
        plan = restoring.Restoration(before={customer.pk: stands[0]})
        plan.customers.removals.append(customer.pk)
        restoring.restore(plan, batch=batch, **about)
    return batch


def ask(batch: ChangeBatch, *, by: Actor, reason: str = "", overwrite: bool = False) -> Job:
    """Undo a large batch in the background; one that is under way already is returned."""
    require_undo(batch, by)
    about = {"batch": batch.pk, "reason": reason[:200], "overwrite": overwrite}
    return queue.enqueue(JOB, about, by=by.user, ledger_code=batch.ledger.code, unique_key=f"undo:{batch.pk}")
