"""What is in an uploaded file: its sheets, the heading, the first rows, and the guessed mapping.

What lives here: asking the parser and keeping its answer with the batch, sealed. What does not: parsing (``imports.reading``) and
deciding (``options``).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from customers.fields import Catalogue
from erp_site.shared.errors import BusinessError

from .. import reading
from ..models import ImportBatch, ImportMapping
from ..reading import Row
from . import payloads, uploads
from .guessing import Guess, Guesser

SAMPLE_ROWS = 60
PREVIEW_ROWS = 15
# Files up to this size are looked at while the user waits; larger ones by a job.
AT_ONCE = 3 * 1024 * 1024


@dataclass(frozen=True)
class Sheet:
    """One sheet as it is offered to the user; rows are estimates until the file has been checked."""

    name: str
    hidden: bool
    rows: int
    hidden_rows: int
    hidden_columns: int
    merged: int
    heading_rows: tuple[int, ...]


@dataclass(frozen=True)
class Inspection:
    """What was found, for the layout (sheet, heading, encoding, delimiter) that the batch has now.

    ``preview`` are the sheet's first rows, heading included; ``samples`` rows of data; ``notices`` are (message, remedy).
    """

    sheets: tuple[Sheet, ...]
    notices: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    preview: tuple[tuple[int, list[Any]], ...]
    samples: tuple[list[Any], ...]
    guesses: tuple[Guess, ...]


@dataclass(frozen=True)
class Layout:
    """Where the data stands in the file; None and "" mean: find out. ``headings`` are known to stand in the heading row."""

    sheet: str = ""
    heading_rows: tuple[int, ...] | None = None
    encoding: str = ""
    delimiter: str = ""
    headings: tuple[str, ...] = ()


def inspect(batch: ImportBatch, layout: Layout | None = None) -> Inspection:
    """Look into the file, settle the layout, guess the mapping, and keep all of it with the batch. Raises BusinessError."""
    layout = layout or Layout()
    with uploads.plain(batch) as path:
        info = reading.inspect(path, batch.file_name, layout.encoding or None)
        sheet = _chosen(info.sheets, layout.sheet)
        where = {
            "sheet": sheet.name,
            "encoding": layout.encoding or info.encoding,
            "delimiter": layout.delimiter or info.delimiter,
            "filename": batch.file_name,
        }
        heading_rows = layout.heading_rows or _known_heading(batch, layout, sheet)
        labels, preview, samples = _look(path, where, heading_rows, sheet)
    batch.kind, batch.sheet = info.kind, sheet.name
    batch.encoding, batch.delimiter = where["encoding"] or "", where["delimiter"] or ""
    batch.heading_rows = list(labels.rows)
    guesses = suggest(batch, labels.labels, [row.cells for row in samples])
    batch.columns = [{"heading": guess.heading, "field": guess.field} for guess in guesses]
    batch.rows = max(0, sheet.rows_estimate - max(labels.rows, default=0))
    found = Inspection(
        sheets=tuple(_sheet(each) for each in info.sheets),
        notices=tuple((notice.message, notice.remedy) for notice in info.warnings),
        labels=labels.labels,
        preview=tuple((row.number, row.cells) for row in preview),
        samples=tuple(row.cells for row in samples),
        guesses=tuple(guesses),
    )
    batch.inspection = payloads.pack(_plain(found), payloads.INSPECTION)
    batch.error = ""
    batch.save()
    return found


def _plain(found: Inspection) -> dict[str, Any]:
    """Lists and dicts, except that cells stay as they are."""
    nested = {"sheets": [asdict(each) for each in found.sheets], "guesses": [asdict(each) for each in found.guesses]}
    return vars(found) | nested


def inspection(batch: ImportBatch) -> Inspection | None:
    """What was found when the file was looked at, or None while it has not been."""
    if not batch.inspection:
        return None
    kept = payloads.unpack(batch.inspection, payloads.INSPECTION)
    return Inspection(
        sheets=tuple(Sheet(**{**each, "heading_rows": tuple(each["heading_rows"])}) for each in kept["sheets"]),
        notices=tuple(map(tuple, kept["notices"])),
        labels=tuple(kept["labels"]),
        preview=tuple(map(tuple, kept["preview"])),
        samples=tuple(kept["samples"]),
        guesses=tuple(Guess(**each) for each in kept["guesses"]),
    )


def _chosen(sheets: Sequence[reading.SheetInfo], name: str) -> reading.SheetInfo:
    """The sheet called so, else the first visible one that holds anything."""
    if name:
        found = next((sheet for sheet in sheets if sheet.name == name), None)
        if found is None:
            names = "、".join(sheet.name for sheet in sheets)
            raise BusinessError(
                _("文件里没有名为“%(name)s”的工作表。") % {"name": name},
                code="sheet.missing",
                field="sheet",
                remedy=_("现有的工作表：%(names)s") % {"names": names},
            )
        return found
    visible = [sheet for sheet in sheets if not sheet.hidden] or list(sheets)
    return next((sheet for sheet in visible if sheet.rows_estimate), visible[0])


def _known_heading(batch: ImportBatch, layout: Layout, sheet: reading.SheetInfo) -> tuple[int, ...] | None:
    """The first row that holds all headings of a mapping which is given or saved, however odd their names are."""
    saved = ImportMapping.objects.filter(ledger=batch.ledger).order_by("-updated_at").values_list("columns", flat=True)
    wanted = [set(layout.headings), *(set(columns) for columns in saved[:50])]
    for row in sheet.preview:
        texts = {cell.strip() for cell in row.cells if isinstance(cell, str)}
        if any(headings and headings <= texts for headings in wanted):
            return (row.number,)
    return None


def _look(path: str, where: dict[str, Any], heading_rows: tuple[int, ...] | None, sheet: reading.SheetInfo):
    """(headings, first rows with the heading, first rows of data) of the sheet under the wanted heading.

    Where no row looks like a heading the first one counts as it: every sheet that we read has one, and the user sees
    which row was taken.
    """
    labels = reading.headings(path, heading_row=heading_rows, **where)
    if not labels.labels and heading_rows is None and sheet.preview:
        labels = reading.headings(path, heading_row=sheet.preview[0].number, **where)
    samples = _first(path, SAMPLE_ROWS, heading_row=labels.rows, **where) if labels.labels else []
    preview = (
        _first(path, PREVIEW_ROWS, heading_row=(), **where) if where["delimiter"] else sheet.preview[:PREVIEW_ROWS]
    )
    return labels, preview, samples


def _first(path: str, count: int, **where: Any) -> list[Row]:
    batches = reading.read(path, batch_size=count, **where)
    try:
        return next(batches, [])
    finally:
        batches.close()


def _sheet(info: reading.SheetInfo) -> Sheet:
    return Sheet(
        name=info.name,
        hidden=info.hidden,
        rows=info.rows_estimate,
        hidden_rows=info.hidden_rows,
        hidden_columns=info.hidden_columns,
        merged=info.merged_ranges_count,
        heading_rows=info.heading_row,
    )


def suggest(batch: ImportBatch, labels: Sequence[str], samples: Sequence[Sequence[Any]]) -> list[Guess]:
    """The mapping to begin with: the newest saved one that knows every heading, else a guess per column."""
    headings = {label for label in labels if label}
    for saved in ImportMapping.objects.filter(ledger=batch.ledger).order_by("-updated_at")[:50]:
        if headings and headings <= saved.columns.keys():
            return [Guess(index, label, saved.columns.get(label, ""), 1.0) for index, label in enumerate(labels)]
    return Guesser(Catalogue.of(batch.ledger)).guess(labels, samples)
