"""One edit for many customers: chunks through the pipeline and the writer, in the background, in one batch.

What lives here: the kinds of mass edit (each registered by the module whose rule it is), asking for one, and running it so that a kill
loses nothing and does nothing twice. What does not: which customers and what change (the kinds say), and progress pages.

A chunk commits together with its history; a job that is run again goes on behind the last customer that its batch changed.
Whoever asked is asked for his rights again when the job runs; a customer that he may no longer change is counted as refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.jobs.running import JobFailed, RunningJob
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.models import User

from ..models import ChangeBatch, Customer, Event
from . import writing
from .edits import Edit, accepted
from .pipeline import Pipeline, Policy

JOB = "customers.mass_edit"
CHUNK = 1000
SAMPLES = 20

# (set, parameters) → the customers concerned, unordered; asked again after a kill, so it may leave out those that are done.
Select = Callable[[Ledger, dict[str, Any]], QuerySet]
# (set, parameters) → a function that makes the edits of a chunk, given pks in order; called once per run.
Make = Callable[[Ledger, dict[str, Any]], Callable[[list[int]], list[Edit]]]
# (set, parameters, result) → what the kind keeps of the end of a run.
Finished = Callable[[Ledger, dict[str, Any], dict[str, Any]], None]

# Somebody else changed the same customers between reading and writing: the chunk is made anew from what stands there now.
_RETRIED = {"version.stale", "customer.not_found", "write.clash"}
_ATTEMPTS = 5


@dataclass(frozen=True)
class MassEdit:
    """A kind of mass edit. ``batch_kind``: how history names it. ``as_system``: a consequence of a setting, not of somebody's rights."""

    name: str
    select: Select
    make: Make
    batch_kind: str
    as_system: bool
    finished: Finished | None = None


_kinds: dict[str, MassEdit] = {}


def register(
    name: str,
    *,
    select: Select,
    make: Make,
    batch_kind: str = ChangeBatch.Kind.SETTINGS,
    as_system: bool = False,
    finished: Finished | None = None,
) -> MassEdit:
    """Make a kind known under ``name`` ("category.move"); called at import time by a module that ``customers.jobs`` imports."""
    _kinds[name] = MassEdit(name, select, make, batch_kind, as_system, finished)
    return _kinds[name]


def ask(name: str, ledger: Ledger, params: dict[str, Any], *, by: Actor, reason: str) -> Job:
    """Put a mass edit into the queue; the same one (name and parameters) that waits or runs already is returned.

    Raises BusinessError when the set takes no data, KeyError for a name that nobody registered.
    """
    ledger.require_writable()
    kind = _kinds[name]
    about = {"name": kind.name, "ledger": ledger.pk, "params": params, "reason": reason[:200]}
    same = f"mass:{name}:{ledger.pk}:{sorted(params.items())!r}"[:120]
    return queue.enqueue(JOB, about, by=by.user, ledger_code=ledger.code, unique_key=same)


@dataclass
class Tally:
    """What became of the customers so far."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    samples: list[dict[str, str]] = field(default_factory=list)

    def as_result(self, batch: ChangeBatch | None) -> dict[str, Any]:
        return {
            "batch": batch.pk if batch else None,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "samples": self.samples,
        }


def run(running: RunningJob) -> dict[str, Any]:
    """The handler: {"batch", "changed", "unchanged", "refused", "samples": [{"customer", "message"}]}.

    Raises JobFailed when the set is gone or nobody registered the kind.
    """
    ledger = Ledger.objects.filter(pk=running.params["ledger"]).first()
    kind = _kinds.get(running.params["name"])
    if ledger is None or kind is None:
        raise JobFailed(_("账套或任务类型已不存在。"))
    by = _actor(running, ledger, kind)
    params = running.params["params"]
    rows, make = kind.select(ledger, params), kind.make(ledger, params)
    batch = _batch_so_far(running, ledger)
    done_to = _last_changed(batch)
    tally = Tally(changed=batch.customers_changed if batch else 0)
    total = rows.filter(pk__gt=done_to).count() + tally.changed
    pipeline = Pipeline(ledger, by, Policy(report_duplicates=True))
    while ids := list(rows.filter(pk__gt=done_to).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        pipeline = _with_present_rights(pipeline)
        batch = _chunk(running, pipeline, kind, lambda ids=ids: make(ids), batch, tally)
        done_to = ids[-1]
        running.report(tally.changed + tally.unchanged + tally.refused, total)
    result = tally.as_result(batch)
    if kind.finished:
        kind.finished(ledger, params, result)
    return result


def _chunk(
    running: RunningJob,
    pipeline: Pipeline,
    kind: MassEdit,
    make: Callable[[], list[Edit]],
    batch: ChangeBatch | None,
    tally: Tally,
) -> ChangeBatch | None:
    """Prepare and write one chunk, again when somebody else was quicker; returns the batch, made with the first row."""
    about = {"ledger": pipeline.ledger, "by": pipeline.by, "kind": kind.batch_kind, "reason": running.params["reason"]}
    for attempt in range(1, _ATTEMPTS + 1):
        edits = make()
        pipeline.prepare(edits)
        wanted = accepted(edits)
        if not wanted:
            break
        batch = batch or writing.open_batch(**about)
        try:
            outcome = writing.write(wanted, **about, batch=batch, inside=running.check)
        except BusinessError as clash:
            if clash.code not in _RETRIED or attempt == _ATTEMPTS:
                raise
            continue
        tally.changed += len(outcome.updated)
        tally.unchanged += len(outcome.unchanged)
        break
    _count_refused(tally, edits, pipeline.by)
    return batch


def _with_present_rights(pipeline: Pipeline) -> Pipeline:
    """The pipeline, a fresh one when its actor's rights changed since the last chunk."""
    by = pipeline.by.again()
    return pipeline if by.given == pipeline.by.given else Pipeline(pipeline.ledger, by, pipeline.policy)


def _actor(running: RunningJob, ledger: Ledger, kind: MassEdit) -> Actor:
    user = User.objects.filter(pk=running.job.created_by_id).first()
    if kind.as_system or user is None:
        return Actor.system(ledger.pk, Door.JOB, request_id=_mark(running))
    return Actor.of(user, ledger.pk, Door.JOB, request_id=_mark(running))


def _mark(running: RunningJob) -> str:
    """What ties a batch to its job, whichever run of it wrote."""
    return f"job:{running.job.pk}"


def _batch_so_far(running: RunningJob, ledger: Ledger) -> ChangeBatch | None:
    return ChangeBatch.objects.filter(ledger=ledger, request_id=_mark(running)).order_by("pk").first()


def _last_changed(batch: ChangeBatch | None) -> int:
    """Chunks go by pk: everything up to the last customer with an event in the batch is done."""
    if batch is None:
        return 0
    return Event.objects.filter(batch=batch).aggregate(last=Max("customer_id"))["last"] or 0


def _count_refused(tally: Tally, edits: list[Edit], by: Actor) -> None:
    """Count what was refused; the first ones are named, by a number that the asker may see."""
    for edit in edits:
        if not edit.refused:
            continue
        tally.refused += 1
        if len(tally.samples) < SAMPLES:
            seen = Customer.objects.visible_to(by) if by.may_read("number") else Customer.objects.none()
            number = seen.filter(pk=edit.customer_id).values_list("number", flat=True).first() or ""
            message = next(problem.message for problem in edit.problems if problem.severity != "warning")
            tally.samples.append({"customer": number, "message": message})
