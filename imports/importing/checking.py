"""The dry run: every row is read, prepared and judged, and nothing is written but what was found.

What lives here: one pass over the file into checked chunks. What does not: the rules. A check that was cut off goes on with the
next chunk.
"""

import numpy as np
from django.db import transaction

from ..models import ImportBatch, ImportChunk
from . import findings, staging
from .findings import ADDED, UPDATED, Finding, Recorder
from .judging import Judge
from .options import require_workable
from .planning import Planner
from .runs import Run

State = ImportBatch.State


def check(run: Run) -> None:
    """Stage and check the whole file; afterwards the batch is CHECKED with its counts. Raises BusinessError."""
    batch = run.batch
    require_workable(batch)
    run.claim([State.UPLOADED, State.CHECKING])
    planner = Planner(batch, run.pipeline.catalogue, lambda: run.by)
    judge, recorder = Judge(run, planner), Recorder(batch, run.pipeline.catalogue)
    for keys in staging.remembered(batch, ImportChunk.Status.CHECKED):
        judge.remember(*keys)
    first = ImportChunk.objects.filter(batch=batch).count()
    expected = batch.rows
    run.tell.report(batch.count("rows"), expected)
    for piece in staging.from_file(batch, first=first):
        run.refresh()
        plans = planner.plans(piece.rows)
        keys = judge.judge(plans)
        status = {plan.row.number: ADDED if plan.edit.is_add else UPDATED for plan in plans if plan.accepted}
        found = recorder.findings(plans, status)
        _commit(run, piece, found, keys, recorder.counts(plans, found, status))
        judge.done(*keys)
        run.tell.report(batch.count("rows"), max(expected, batch.count("rows")))
    with transaction.atomic():
        run.keep(state=State.CHECKED, is_staged=True, rows=batch.count("rows"), counts=batch.counts)
    batch.refresh_from_db()


def _commit(
    run: Run, piece: staging.Piece, found: list[Finding], keys: tuple[np.ndarray, np.ndarray], counts: dict[str, int]
) -> None:
    batch = run.batch
    total = findings.add_up(batch.counts, counts)
    with transaction.atomic():
        run.keep(counts=total)
        staging.save(
            batch, piece, status=ImportChunk.Status.CHECKED, rows=piece.rows, found=found, keys=keys, counts=counts
        )
    batch.counts = total
