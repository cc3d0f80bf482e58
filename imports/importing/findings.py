"""What is told of single rows: problems, duplicates, what became of them; kept per chunk and read back page by page.

What lives here: making findings of judged plans, counting them, and reading them for a page or a report. What does not: wording
(the rules, ``judging``) and files made of them (``reporting``, ``errorfile``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from customers.fields import Catalogue
from customers.services.edits import Problem
from permissions.actor import Actor

from ..models import ImportBatch, ImportChunk
from . import payloads
from .planning import Plan

REJECTED, SKIPPED, ADDED, UPDATED, UNCHANGED = "rejected", "skipped", "added", "updated", "unchanged"
COUNTS = ("rows", ADDED, UPDATED, UNCHANGED, SKIPPED, REJECTED, "duplicates", "warnings", "hidden")
# What a page may ask for, and under which name a chunk counts such rows.
KINDS = {"errors": REJECTED, "warnings": "warnings", "duplicates": "duplicates", "skipped": SKIPPED}


@dataclass
class Finding:
    """One row that has something to tell. ``problems`` and ``hits`` are plain dictionaries."""

    row: int
    status: str
    label: str = ""
    problems: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [problem for problem in self.problems if problem["severity"] == "error"]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        return [problem for problem in self.problems if problem["severity"] != "error"]

    def is_of(self, kind: str) -> bool:
        """Whether a page of that kind shows the row."""
        if kind == "errors":
            return self.status == REJECTED
        if kind == "skipped":
            return self.status == SKIPPED
        return bool(self.hits if kind == "duplicates" else self.warnings)


class Recorder:
    """Turns judged plans into findings and counts; knows the headings under which the user knows the columns."""

    def __init__(self, batch: ImportBatch, catalogue: Catalogue):
        self.headings = {column["field"]: column["heading"] for column in batch.columns if column["field"]}
        self.catalogue = catalogue

    def findings(self, plans: Iterable[Plan], status: dict[int, str]) -> list[Finding]:
        """A finding per row that has problems, duplicates or was left out; ``status`` says what became of accepted rows."""
        found = []
        for plan in plans:
            edit = plan.edit
            if not (edit.problems or plan.hits or plan.skipped):
                continue
            fate = SKIPPED if plan.skipped else REJECTED if edit.refused else status.get(plan.row.number, "")
            found.append(
                Finding(
                    row=plan.row.number,
                    status=fate,
                    label=str(edit.values.get("name") or "")[:60],
                    problems=[] if plan.skipped else [self._problem(problem, edit.reason) for problem in edit.problems],
                    hits=plan.hits,
                    note=plan.skipped[1] if plan.skipped else "",
                )
            )
        return found

    def _problem(self, problem: Problem, reason: str) -> dict[str, Any]:
        refuses = problem.severity == "error" or (problem.severity == "reason" and not reason)
        key = problem.field
        if key not in self.headings and _TWINS.get(key) in self.headings:
            key = _TWINS[key]
        return {
            "field": key,
            "column": self.headings.get(key) or self._label(key),
            "code": problem.code,
            "message": problem.message,
            "severity": "error" if refuses else "warning",
            "suggestion": problem.suggestion,
            "value": problem.value,
        }

    def _label(self, key: str) -> str:
        field_ = self.catalogue.get(key) if key else None
        return str(field_.label) if field_ else ""

    @staticmethod
    def counts(plans: list[Plan], found: list[Finding], status: dict[int, str]) -> dict[str, int]:
        """How many rows there are and what became of them."""
        counts = dict.fromkeys(COUNTS, 0)
        counts["rows"] = len(plans)
        for fate in status.values():
            counts[fate] += 1
        for finding in found:
            if finding.status in (SKIPPED, REJECTED):
                counts[finding.status] += 1
            counts["duplicates"] += bool(finding.hits)
            counts["warnings"] += bool(finding.warnings)
        counts["hidden"] = sum(1 for plan in plans if plan.row.note is not None and plan.row.note.is_hidden)
        return counts


def add_up(total: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Counts of several chunks together."""
    return {key: total.get(key, 0) + more.get(key, 0) for key in total.keys() | more.keys()}


def pack(found: list[Finding]) -> bytes | None:
    """The findings of a chunk, sealed; None when there are none."""
    return payloads.pack([vars(finding) for finding in found], payloads.FINDINGS) if found else None


def of_chunk(chunk: ImportChunk) -> list[Finding]:
    """The findings of a chunk."""
    return [Finding(**kept) for kept in payloads.unpack(chunk.findings, payloads.FINDINGS)] if chunk.findings else []


# A tax number may turn out to be the credit code: its problems then bear a name that the file does not know.
_TWINS = {"uscc": "tax_number", "tax_number": "uscc"}


# --- reading them back ----------------------------------------------------------------------------------------------------


def walk(batch: ImportBatch, kind: str | None = None) -> Iterator[Finding]:
    """Every finding of the batch in the order of the file, one chunk in memory at a time; all kinds, or one."""
    chunks = ImportChunk.objects.filter(batch=batch, findings__isnull=False).order_by("index")
    for chunk in chunks.only("findings").iterator(chunk_size=4):
        yield from (finding for finding in of_chunk(chunk) if kind is None or finding.is_of(kind))


def totals(batch: ImportBatch) -> dict[str, int]:
    """kind → how many rows of the whole file a page of that kind shows."""
    counted = dict.fromkeys(KINDS, 0)
    for counts in ImportChunk.objects.filter(batch=batch, findings__isnull=False).values_list("counts", flat=True):
        for kind, name in KINDS.items():
            counted[kind] += counts.get(name, 0)
    return counted


def page(batch: ImportBatch, kind: str, offset: int, size: int) -> tuple[list[Finding], int]:
    """(findings from ``offset`` on, how many there are); opens only the chunks that the page touches, in one query."""
    chunks = ImportChunk.objects.filter(batch=batch, findings__isnull=False).order_by("index")
    touched: dict[int, int] = {}  # chunk → place of its first finding among all of this kind
    total = 0
    for pk, counts in chunks.values_list("pk", "counts"):
        start, total = total, total + counts.get(KINDS[kind], 0)
        if start < offset + size and total > max(offset, start):
            touched[pk] = start
    found: list[Finding] = []
    for chunk in chunks.filter(pk__in=touched).only("findings"):
        mine = [finding for finding in of_chunk(chunk) if finding.is_of(kind)]
        start = touched[chunk.pk]
        found.extend(mine[max(0, offset - start) : offset + size - start])
    return found, total


def for_reader(found: list[Finding], batch: ImportBatch, catalogue: Catalogue, actor: Actor) -> list[Finding]:
    """The findings as somebody else than the importer may read them: values of fields that are not his to read are masked."""
    if actor.is_system or batch.created_by_id == actor.user_id:
        return found
    return [_masked(finding, catalogue, actor) for finding in found]


_FIELD_OF_KIND = {"phone": "phone", "email": "email", "bank": "bank_account", "id": "id_number", "tax": "uscc", "name": "name",
                  "number": "number", "foreign": "number"}  # fmt: skip


def _masked(finding: Finding, catalogue: Catalogue, actor: Actor) -> Finding:
    def shown(key: str, value: str) -> str:
        field_ = catalogue.get(key)
        return str(actor.shown(field_.right_key, value) or "") if field_ and value else value

    problems = [problem | {"value": shown(problem["field"], problem["value"])} for problem in finding.problems]
    hits = [hit | {"kinds": {kind: shown(_FIELD_OF_KIND[kind], value) for kind, value in hit["kinds"].items()}}
            for hit in finding.hits]  # fmt: skip
    return Finding(finding.row, finding.status, finding.label, problems, hits, finding.note)
