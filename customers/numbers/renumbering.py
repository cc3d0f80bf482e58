"""改号: old numbers to new ones for many customers: a plan that is looked at first, then carried out in one batch.

What lives here: asking for a plan, carrying it out chunk by chunk, giving it up, showing it. What does not: what stands in it
(``planning``), pages, and how one customer's number is saved and his old one kept (``services.writing``, ``services.numbering``).

Whoever carries a plan out again goes on behind the last chunk that was committed.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from permissions.actor import Actor

from ..models import ChangeBatch, NumberReservation, Renumbering, RenumberingChunk
from ..services import writing
from ..services.edits import Edit, accepted
from ..services.numbering import lock_counter, number_key
from ..services.pipeline import Pipeline, Policy
from .facts import everybody
from .planning import MOST_PROBLEMS, Progress, prepare

__all__ = ["ask", "cancel", "carry_out", "prepare", "shown", "start", "stopped", "table"]

State = Renumbering.State


def ask(ledger: Ledger, params: dict[str, Any], *, reason: str, by: Actor) -> Renumbering:
    """A new plan, to be prepared. Raises BusinessError without a reason, or for a set that takes no data."""
    ledger.require_writable()
    if not reason.strip():
        raise BusinessError(_("请写明改号的原因。"), code="renumber.reason", field="reason")
    return Renumbering.objects.create(ledger=ledger, params=params, reason=reason.strip()[:200], by=by.user)


# --- carrying it out --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start(plan: Renumbering, job_of: Callable[[Renumbering], Job]) -> Renumbering:
    """The plan was confirmed; ``job_of`` asks for the work. Raises BusinessError unless it is ready."""
    plan = Renumbering.objects.select_for_update().select_related("ledger").get(pk=plan.pk)
    plan.ledger.require_writable()
    if plan.state != State.READY:
        raise BusinessError(_("这个改号方案不能执行。"), code="renumber.state")
    if not plan.counts.get("changes"):
        raise BusinessError(_("没有需要改的编号。"), code="renumber.nothing")
    plan.state = State.RUNNING
    plan.job = job_of(plan)
    plan.save(update_fields=["state", "job"])
    return plan


def carry_out(plan: Renumbering, by: Actor, progress: Progress, check: Callable[[], None]) -> None:
    """Write what is not written yet and close the batch. ``check`` is called in every chunk's transaction."""
    if plan.state != State.RUNNING:
        return
    if plan.batch is None:
        plan.batch = writing.open_batch(
            ledger=plan.ledger, by=by, kind=ChangeBatch.Kind.RENUMBER, reason=plan.reason, state=ChangeBatch.State.OPEN
        )
        plan.save(update_fields=["batch"])
    pipeline_of = _pipelines(plan.ledger, by)
    done = plan.counts["done"] + plan.counts["refused"]
    for chunk in plan.chunks.filter(is_done=False).iterator(chunk_size=1):
        _write(plan, chunk, by, pipeline_of, check)
        done += len(chunk.rows)
        progress(done, plan.counts["changes"])
    _finish(plan, State.DONE)


def _pipelines(ledger: Ledger, by: Actor) -> Callable[[frozenset[str]], Pipeline]:
    """One pipeline for all chunks: only the keys that are free differ."""
    pipeline = Pipeline(ledger, by, Policy(report_duplicates=True, renumbering=frozenset()))

    def with_free(keys: frozenset[str]) -> Pipeline:
        pipeline.policy.renumbering = keys
        return pipeline

    return with_free


def _write(plan: Renumbering, chunk: RenumberingChunk, by: Actor, pipeline_of, check: Callable[[], None]) -> None:
    """A chunk at one stroke; when somebody was quicker, row by row, so that only the row concerned is refused."""
    try:
        _write_rows(plan, chunk, chunk.rows, by, pipeline_of, check, last=True)
    except BusinessError as clash:
        if clash.code not in ("write.clash", "customer.not_found"):
            raise
        for at, row in enumerate(chunk.rows):
            is_last = at == len(chunk.rows) - 1
            try:
                _write_rows(plan, chunk, [row], by, pipeline_of, check, last=is_last)
            except BusinessError as refusal:
                _count(plan, chunk, refused=[[row[0], row[1], refusal.message]], done=0, last=is_last)


def _write_rows(plan, chunk, rows: list[list[Any]], by: Actor, pipeline_of, check, *, last: bool) -> None:
    now = dict(everybody(plan.ledger).filter(pk__in=[row[0] for row in rows]).values_list("pk", "number"))
    refused = [[pk, old, _("编号在此期间已被修改。")] for pk, old, _new, _freed in rows if now.get(pk) != old]
    edits = [
        Edit(values={"number": new}, customer_id=pk, reason=plan.reason)
        for pk, old, new, _freed in rows
        if now.get(pk) == old
    ]
    freed = frozenset(number_key(new) for _pk, _old, new, is_freed in rows if is_freed)
    pipeline_of(freed).prepare(edits)
    wanted = accepted(edits)
    for edit in edits:
        if edit.refused:
            message = next(problem.message for problem in edit.problems if problem.severity != "warning")
            refused.append([edit.customer_id, now[edit.customer_id], message])

    def inside() -> None:
        check()
        _count(plan, chunk, refused=refused, done=len(wanted), last=last)

    if not wanted:
        with transaction.atomic():
            inside()
        return
    writing.write(
        wanted, ledger=plan.ledger, by=by, kind=ChangeBatch.Kind.RENUMBER, reason=plan.reason, batch=plan.batch,
        inside=inside,
    )  # fmt: skip


def _count(plan: Renumbering, chunk: RenumberingChunk, *, refused: list[list[Any]], done: int, last: bool) -> None:
    """Add to the plan's figures as they stand, in the transaction of what they tell."""
    fresh = Renumbering.objects.select_for_update().get(pk=plan.pk)
    fresh.counts["done"] += done
    fresh.counts["refused"] += len(refused)
    fresh.problems = [*fresh.problems, *refused][:MOST_PROBLEMS]
    fresh.save(update_fields=["counts", "problems"])
    if last:
        RenumberingChunk.objects.filter(pk=chunk.pk).update(is_done=True)


def _finish(plan: Renumbering, state: str) -> None:
    """End a plan: its serials count as given, and what was kept back is free."""
    with transaction.atomic():
        for row in (
            NumberReservation.objects.filter(renumbering=plan).select_related("rule").order_by("rule_id", "scope")
        ):
            if state == State.DONE or plan.batch is not None:
                counter = lock_counter(row.rule, row.scope, row.first)
                if counter.next_serial <= row.last:
                    counter.next_serial = row.last + 1
                    counter.save(update_fields=["next_serial"])
            row.delete()
        if plan.batch is not None and plan.batch.state == ChangeBatch.State.OPEN:
            writing.close_batch(plan.batch)
        Renumbering.objects.filter(pk=plan.pk).update(state=state)
    plan.refresh_from_db()


@transaction.atomic
def cancel(plan: Renumbering) -> None:
    """Give a plan up that nobody has begun to carry out."""
    plan = Renumbering.objects.select_for_update().get(pk=plan.pk)
    if plan.state not in (State.READY, State.PREPARING, State.FAILED):
        raise BusinessError(_("这个改号方案已经执行，不能取消。"), code="renumber.state")
    NumberReservation.objects.filter(renumbering=plan).delete()
    Renumbering.objects.filter(pk=plan.pk).update(state=State.CANCELLED)


def stopped(plan: Renumbering) -> None:
    """Somebody stopped the work: what is changed stays changed, the rest stays as it is."""
    plan.refresh_from_db()
    _finish(plan, State.CANCELLED)


def table(plan: Renumbering, *, limit: int | None = None) -> Iterator[tuple[int, str, str]]:
    """(customer, old, new) of a plan in its order, chunk by chunk."""
    given = 0
    for rows in plan.chunks.values_list("rows", flat=True).iterator(chunk_size=5):
        for pk, old, new, _freed in rows:
            if limit is not None and given >= limit:
                return
            yield pk, old, new
            given += 1


def shown(rows: Iterable[tuple[int, str, str]], by: Actor) -> list[dict[str, Any]]:
    """Rows of a plan about customers that their reader sees, with their names; none for whoever may not read numbers."""
    if not by.may_read("number"):
        return []
    rows = list(rows)
    from ..models import Customer

    seen = Customer.objects.visible_to(by).filter(pk__in=[pk for pk, _old, _new in rows])
    names = {pk: by.shown("name", name) or "" for pk, name in seen.values_list("pk", "name")}
    return [{"pk": pk, "old": old, "new": new, "name": names[pk]} for pk, old, new in rows if pk in names]
