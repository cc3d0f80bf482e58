"""Rows in pieces of about a thousand: from the file, or from the chunks that a check has staged.

What lives here: ``Piece`` and where pieces come from. What does not: what is done with them (``checking``, ``writing``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import reading
from ..models import ImportBatch, ImportChunk
from ..reading import Row
from . import findings, payloads, uploads
from .findings import Finding
from .planning import Plan


@dataclass
class Piece:
    """Some rows that are checked or written together; ``chunk`` is the pk of the chunk that holds them already, or None."""

    index: int
    rows: list[Row]
    chunk: int | None = None


def from_file(batch: ImportBatch, *, first: int = 0) -> Iterator[Piece]:
    """The pieces of the file from number ``first`` on; the same file gives the same pieces each time."""
    with uploads.plain(batch) as path:
        batches = reading.read(
            path,
            sheet=batch.sheet or None,
            heading_row=tuple(batch.heading_rows),
            encoding=batch.encoding or None,
            delimiter=batch.delimiter or None,
            batch_size=batch.batch_size,
            filename=batch.file_name,
        )
        try:
            for index, rows in enumerate(batches):
                if index >= first:
                    yield Piece(index, rows)
        finally:
            batches.close()


def from_chunks(batch: ImportBatch) -> Iterator[Piece]:
    """The staged pieces that are not written yet, one in memory at a time."""
    waiting = ImportChunk.objects.filter(batch=batch, status=ImportChunk.Status.CHECKED).order_by("index")
    for pk in list(waiting.values_list("pk", flat=True)):
        chunk = ImportChunk.objects.only("index", "payload").get(pk=pk)
        yield Piece(chunk.index, payloads.unpack_rows(chunk.payload), pk)


def remembered(batch: ImportBatch, status: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The keys of chunks that an earlier run has finished, in the order of the file."""
    chunks = ImportChunk.objects.filter(batch=batch, status=status, keys__isnull=False).order_by("index")
    for keys in chunks.values_list("keys", flat=True).iterator(chunk_size=50):
        yield payloads.unpack_keys(keys)


def save(
    batch: ImportBatch,
    piece: Piece,
    *,
    status: str,
    rows: list[Row],
    found: list[Finding],
    keys: tuple[np.ndarray, np.ndarray],
    counts: dict[str, Any],
) -> None:
    """Store a piece as a chunk, new or in place of what it was; ``rows`` are those that are kept with it."""
    values = {
        "status": status,
        "payload": payloads.pack_rows(rows),
        "findings": findings.pack(found),
        "keys": payloads.pack_keys(*keys),
        "counts": counts,
    }
    if piece.chunk is not None:
        ImportChunk.objects.filter(pk=piece.chunk).update(**values)
        return
    numbers = [row.number for row in piece.rows]
    ImportChunk.objects.create(
        batch=batch, index=piece.index, first_row=numbers[0], last_row=numbers[-1], rows=len(numbers), **values
    )


def rejected_rows(plans: list[Plan]) -> list[Row]:
    """The rows that were refused: they are kept, so that the user gets them back to mend them."""
    return [plan.row for plan in plans if plan.skipped is None and plan.edit.refused]
