"""The rows into the set: piece by piece, each committed together with the chunk that says so.

What lives here: one pass over the unwritten pieces of a batch, what happens when somebody else was quicker, and the variant that
takes all rows or none. What does not: saving customers (``customers.services.writing``) and the end of a batch (``finishing``).

New customers carry the batch's open ``ChangeBatch``, so nobody sees them before the last piece is in. A process that is killed
loses at most the piece it was at; the next run goes on behind the last committed chunk.
"""

import random
import time
from collections.abc import Callable, Iterable
from decimal import Decimal

import numpy as np
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from customers.models import ChangeBatch
from customers.services import writing
from customers.services.edits import Outcome
from erp_site.shared import failpoints
from erp_site.shared.errors import BusinessError

from ..models import ImportBatch, ImportChunk
from . import findings, finishing, options, staging
from .findings import ADDED, UNCHANGED, UPDATED, Recorder
from .judging import Judge
from .planning import Plan, Planner
from .runs import Run

State = ImportBatch.State
Keys = tuple[np.ndarray, np.ndarray]

# Somebody else was quicker: the piece is prepared again, and then row by row, so that only the guilty row is refused.
_RETRIED = {"write.clash", "customer.not_found", "version.stale"}
_ATTEMPTS = 2
# Two imports took the same rows in opposite order, and the database ended one of them: nothing is wrong with either.
_DEADLOCK = {"40P01", "40001"}
SUMMED = ("credit_limit", "registered_capital")


def write(run: Run) -> None:
    """Write what is not written yet and close the batch. Raises BusinessError; what is committed stays for the next run."""
    batch = run.batch
    options.require_workable(batch)
    if batch.all_or_nothing:
        require_all_good(batch)
    run.claim([State.UPLOADED, State.CHECKED, State.WRITING, State.INTERRUPTED])
    writer = _Writer(run)
    run.tell.report(batch.count("rows") if not batch.is_staged else writer.written, batch.rows)
    if batch.all_or_nothing:
        writer.write_all()
    else:
        writer.write_pieces()
        finishing.done(run)


def require_all_good(batch: ImportBatch) -> None:
    """Raise BusinessError unless the checked batch may be written in one transaction."""
    if batch.rows > options.MOST_AT_ONCE:
        raise BusinessError(
            _("“全部成功才导入”最多 %(most)s 行，文件有 %(rows)s 行。")
            % {"most": options.MOST_AT_ONCE, "rows": batch.rows},
            code="import.too_many_at_once",
            field="all_or_nothing",
            remedy=_("请分批导入，或拆分文件。"),
        )
    if batch.is_staged and batch.count("rejected"):
        raise BusinessError(
            _("有 %(count)s 行有错误，因为选择了“全部成功才导入”，一行也没有导入。")
            % {"count": batch.count("rejected")},
            code="import.not_all_good",
            remedy=_("请改正错误后重新上传，或改为只导入正确的行。"),
        )


class _Writer:
    """One pass of writing."""

    def __init__(self, run: Run):
        self.run = run
        self.batch = batch = run.batch
        self.planner = Planner(batch, run.pipeline.catalogue, lambda: run.by)
        self.judge = Judge(run, self.planner)
        self.recorder = Recorder(batch, run.pipeline.catalogue)
        for keys in staging.remembered(batch, ImportChunk.Status.WRITTEN):
            self.judge.remember(*keys)
        done = ImportChunk.objects.filter(batch=batch, status=ImportChunk.Status.WRITTEN)
        self.first = done.count()
        self.counts: dict[str, int] = {}
        for counts in done.values_list("counts", flat=True).iterator():
            self.counts = findings.add_up(self.counts, _plain(counts))

    @property
    def written(self) -> int:
        return self.counts.get("rows", 0)

    def _pieces(self) -> Iterable[staging.Piece]:
        if self.batch.is_staged:
            return staging.from_chunks(self.batch)
        return staging.from_file(self.batch, first=self.first)

    def write_pieces(self) -> None:
        """Every piece in a transaction of its own."""
        for piece in self._pieces():
            self.run.refresh()
            self._write(piece)
            failpoints.hit("import.after_chunk")
            self.run.tell.report(self.written, max(self.batch.rows, self.written))

    def write_all(self) -> None:
        """All pieces in one transaction, or none; a row that is refused after all ends it. Raises BusinessError."""
        self.run.refresh()
        try:
            with transaction.atomic():
                for piece in self._pieces():
                    plans, keys = self._judged(piece)
                    self._together(piece, plans, keys)
                    if self.counts.get("rejected"):
                        raise _NotAllGood(piece, plans, keys)
                finishing.done(self.run)
        except _NotAllGood as refused:
            self.batch.change_batch = None
            self._tell_refusal(refused)
            require_all_good(self.batch)

    def _tell_refusal(self, refused: "_NotAllGood") -> None:
        """Keep why nothing was written: what the check had passed was refused when it came to writing."""
        found = self.recorder.findings(refused.plans, {})
        counts = self.recorder.counts(refused.plans, found, {})
        self.batch.counts = self.batch.counts | {"rejected": counts["rejected"]}
        with transaction.atomic():
            self.run.keep(counts=self.batch.counts)
            staging.save(self.batch, refused.piece, status=ImportChunk.Status.CHECKED, rows=refused.piece.rows,
                         found=found, keys=refused.keys, counts=counts)  # fmt: skip

    # --- one piece ------------------------------------------------------------------------------------------------------

    def _judged(self, piece: staging.Piece) -> tuple[list[Plan], Keys]:
        plans = self.planner.plans(piece.rows)
        return plans, self.judge.judge(plans)

    def _write(self, piece: staging.Piece) -> None:
        for attempt in range(_ATTEMPTS):
            plans, keys = self._judged(piece)
            try:
                self._together(piece, plans, keys)
            except BusinessError as clash:
                if clash.code not in _RETRIED:
                    raise
            except OperationalError as broken:
                if not _is_deadlock(broken):
                    raise
                time.sleep(random.uniform(0.05, 0.2) * (attempt + 1))
            else:
                return
        self._one_by_one(piece)

    def _together(self, piece: staging.Piece, plans: list[Plan], keys: Keys) -> None:
        """All accepted rows of the piece in one call of the writer."""
        edits = [plan.edit for plan in plans if plan.accepted]
        outcome = Outcome()
        counted: dict[str, int] = {}

        def inside() -> None:
            status = {edit.row: ADDED for edit in outcome.added}
            status |= {edit.row: UPDATED for edit in outcome.updated} | {
                edit.row: UNCHANGED for edit in outcome.unchanged
            }
            counted.update(self._record(piece, plans, keys, status))

        if edits:
            self._save(edits, outcome, inside)
        else:
            with transaction.atomic():
                inside()
        self._committed(counted, keys)

    def _one_by_one(self, piece: staging.Piece) -> None:
        """Row by row within one transaction: whoever clashes even now is refused, the others go in."""
        plans, keys = self._judged(piece)
        status: dict[int, str] = {}
        with transaction.atomic():
            for plan in plans:
                if plan.accepted:
                    fate = self._alone(plan)
                    if fate:
                        status[plan.row.number] = fate
            kept = np.isin(keys[1], np.fromiter(status, dtype=np.uint32, count=len(status)))
            keys = (keys[0][kept], keys[1][kept])
            counted = self._record(piece, plans, keys, status)
        self._committed(counted, keys)

    def _alone(self, plan: Plan) -> str | None:
        outcome = Outcome()
        try:
            self._save([plan.edit], outcome, None)
        except BusinessError as clash:
            if clash.code not in _RETRIED:
                raise
            plan.edit.problem("", clash.code, clash.message, suggestion=clash.remedy)
            return None
        return ADDED if outcome.added else UPDATED if outcome.updated else UNCHANGED

    def _save(self, edits: list, outcome: Outcome, inside: Callable[[], None] | None) -> None:
        writing.write(
            edits,
            ledger=self.batch.ledger,
            by=self.run.by,
            kind=ChangeBatch.Kind.IMPORT,
            reason=self.planner.reason,
            batch=self._change_batch(),
            outcome=outcome,
            inside=inside,
        )

    def _change_batch(self) -> ChangeBatch:
        """The open batch that hides new customers until the end; made at the first row that is written."""
        if self.batch.change_batch is None:
            with transaction.atomic():
                made = writing.open_batch(
                    ledger=self.batch.ledger,
                    by=self.run.by,
                    kind=ChangeBatch.Kind.IMPORT,
                    reason=self.planner.reason,
                    state=ChangeBatch.State.OPEN,
                )
                self.run.keep(ask=not self.batch.all_or_nothing, change_batch=made)
            self.batch.change_batch = made
        return self.batch.change_batch

    def _record(self, piece: staging.Piece, plans: list[Plan], keys: Keys, status: dict[int, str]) -> dict[str, int]:
        """Inside the transaction: the chunk with its findings, the counts, and the fence. Returns the piece's counts."""
        _number_hits(plans)
        found = self.recorder.findings(plans, status)
        counts = self.recorder.counts(plans, found, status)
        self.run.keep(ask=not self.batch.all_or_nothing, counts=findings.add_up(self.counts, counts))
        staging.save(
            self.batch,
            piece,
            status=ImportChunk.Status.WRITTEN,
            rows=staging.rejected_rows(plans),
            found=found,
            keys=keys,
            counts=counts | {"sums": _sums(plans, status)},
        )
        failpoints.hit("import.before_chunk_commit")
        return counts

    def _committed(self, counts: dict[str, int], keys: Keys) -> None:
        self.counts = self.batch.counts = findings.add_up(self.counts, counts)
        self.judge.done(*keys)


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in _DEADLOCK


class _NotAllGood(Exception):
    """Rolls the transaction of an all-or-nothing import back; carries the piece that held a refused row."""

    def __init__(self, piece: staging.Piece, plans: list[Plan], keys: Keys):
        super().__init__()
        self.piece, self.plans, self.keys = piece, plans, keys


def _plain(counts: dict) -> dict[str, int]:
    return {key: value for key, value in counts.items() if key != "sums"}


def _number_hits(plans: list[Plan]) -> None:
    """A row that repeats another row of the same piece: that one has a number by now."""
    numbers = {plan.row.number: plan.edit.values.get("number", "") for plan in plans if plan.edit.customer_id}
    for plan in plans:
        for hit in plan.hits:
            if hit["row"] and not hit["number"]:
                hit["number"] = numbers.get(hit["row"], "")


def _sums(plans: list[Plan], status: dict[int, str]) -> dict[str, str]:
    """Sums over the added rows, as text: compared with the database at the end."""
    totals = dict.fromkeys(SUMMED, Decimal(0))
    for plan in plans:
        if status.get(plan.row.number) == ADDED:
            for key in SUMMED:
                totals[key] += plan.edit.values.get(key) or 0
    return {key: str(total) for key, total in totals.items()}
