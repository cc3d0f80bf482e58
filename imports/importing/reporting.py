"""The report of an import, as machines read it: REPORT.json, streamed so that a million findings need no memory.

What lives here: its shape, which stays fixed. What does not: pages, and the user's own file with marked cells (``errorfile``).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..models import ImportBatch
from . import findings
from .findings import Finding


def head(batch: ImportBatch, *, dry_run: bool = False) -> dict[str, Any]:
    """Everything of the report but the lists."""
    return {
        "batch": batch.pk,
        "state": batch.state,
        "dry_run": dry_run,
        "file": batch.file_name,
        "sha256": batch.sha256,
        "ledger": batch.ledger.code,
        "mode": batch.mode,
        "match": batch.match if batch.mode != batch.Mode.ADD else None,
        "duplicates_policy": batch.duplicates,
        "mapping": {column["heading"]: column["field"] for column in batch.columns if column["field"]},
        "rows": batch.count("rows"),
        "added": batch.count("added"),
        "updated": batch.count("updated"),
        "unchanged": batch.count("unchanged"),
        "skipped": batch.count("skipped"),
        "duplicates": batch.count("duplicates"),
        "rejected": batch.count("rejected"),
        "warned": batch.count("warnings"),
        "requests": 0,
        "seconds": batch.seconds,
        "checks": batch.checks,
    }


def text(batch: ImportBatch, *, dry_run: bool = False, masked=None) -> Iterator[str]:
    """The report as pieces of JSON; ``masked`` is applied to findings before they are told (for other readers)."""
    opening = json.dumps(head(batch, dry_run=dry_run), ensure_ascii=False, indent=1, default=str)
    yield opening[: opening.rindex("\n}")]
    lists = {"errors": ("errors", _errors), "warnings": ("warnings", _warnings), "duplicate_pairs": ("duplicates", _pairs),
             "skipped_rows": (None, _skipped)}  # fmt: skip
    for name, (kind, entries) in lists.items():
        yield f',\n "{name}": ['
        separator = "\n  "
        for finding in _shown(findings.walk(batch, kind), masked):
            for entry in entries(finding):
                yield separator + json.dumps(entry, ensure_ascii=False)
                separator = ",\n  "
        yield "]"
    yield "\n}\n"


def _shown(found: Iterable[Finding], masked) -> Iterator[Finding]:
    for finding in found:
        yield masked(finding) if masked else finding


def _problem(finding: Finding, problem: dict[str, Any]) -> dict[str, Any]:
    keys = ("column", "field", "value", "code", "message", "suggestion")
    return {"row": finding.row, **{key: problem[key] for key in keys}}


def _errors(finding: Finding) -> Iterator[dict[str, Any]]:
    return (_problem(finding, problem) for problem in finding.errors)


def _warnings(finding: Finding) -> Iterator[dict[str, Any]]:
    return (_problem(finding, problem) for problem in finding.warnings)


def _pairs(finding: Finding) -> Iterator[dict[str, Any]]:
    for hit in finding.hits:
        yield {
            "row": finding.row,
            "with": hit["number"],
            "with_row": hit["row"],
            "score": hit["score"],
            "evidence": hit["kinds"],
        }


def _skipped(finding: Finding) -> Iterator[dict[str, Any]]:
    if finding.status == findings.SKIPPED:
        yield {"row": finding.row, "reason": finding.note}
