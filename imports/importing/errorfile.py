"""The user's own rows that were refused, in a file that he can mend and upload again: bad cells marked and explained.

What lives here: the workbook. What does not: what is wrong (``findings``). The headings are those of the file, so that the same
mapping takes it; the two columns behind them are known to the importer as its own and left out.
"""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from ..models import ImportBatch, ImportChunk
from ..reading import CellFault, Row
from . import findings, payloads
from .findings import Finding
from .guessing import NOTE_HEADINGS

MOST_ROWS = 20_000
_WIDEST_EXACT = 10**15


def workbook(batch: ImportBatch) -> bytes:
    """An .xlsx file of the refused rows and, of a cancelled import, those that were not reached."""
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(_("待改正"))
        writer = _Sheet(book, sheet, batch)
        for row, finding in rows(batch):
            if writer.used > MOST_ROWS:
                writer.rest()
                break
            writer.add(row, finding)
    return target.getvalue()


def rows(batch: ImportBatch) -> Iterator[tuple[Row, Finding | None]]:
    """(row, its finding) of every row that is not in and could be."""
    chunks = ImportChunk.objects.filter(batch=batch).order_by("index")
    unwritten = batch.state == batch.State.CANCELLED
    for chunk in chunks.iterator(chunk_size=2):
        waiting = chunk.status == ImportChunk.Status.CHECKED
        if not chunk.counts.get(findings.REJECTED) and not (unwritten and waiting):
            continue
        found = {finding.row: finding for finding in findings.of_chunk(chunk)}
        for row in payloads.unpack_rows(chunk.payload):
            finding = found.get(row.number)
            refused = finding is not None and finding.status == findings.REJECTED
            if refused or (unwritten and waiting and not (finding and finding.status == findings.SKIPPED)):
                yield row, finding


class _Sheet:
    """The one sheet: headings first, then a row at a time."""

    def __init__(self, book, sheet, batch: ImportBatch):
        self.sheet = sheet
        self.used = 1
        self.columns = {column["field"]: index for index, column in enumerate(batch.columns) if column["field"]}
        self.width = len(batch.columns)
        heading = book.add_format({"bold": True, "bg_color": "#E8EEFC", "bottom": 1})
        self.bad = book.add_format({"bg_color": "#FFE9A8", "border": 1, "border_color": "#D9434E"})
        self.bad_day = book.add_format({"bg_color": "#FFE9A8", "num_format": "yyyy-mm-dd"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.note = book.add_format({"font_color": "#B92732", "text_wrap": True})
        for index, column in enumerate(batch.columns):
            sheet.write_string(0, index, column["heading"], heading)
            sheet.set_column(index, index, max(12, min(40, 2 * len(column["heading"]) + 4)))
        for offset, title in enumerate(NOTE_HEADINGS):
            sheet.write_string(0, self.width + offset, title, heading)
        sheet.set_column(self.width, self.width, 60)
        sheet.freeze_panes(1, 0)

    def add(self, row: Row, finding: Finding | None) -> None:
        problems = finding.errors if finding else []
        marked = {self.columns[problem["field"]]: problem for problem in problems if problem["field"] in self.columns}
        for index, cell in enumerate(row.cells[: self.width]):
            self._write(index, cell, index in marked)
        for index, problem in marked.items():
            comment = "\n".join(part for part in (problem["message"], problem["suggestion"]) if part)
            self.sheet.write_comment(self.used, index, comment[:500], {"x_scale": 1.8})
            if index >= len(row.cells) or row.cells[index] is None:
                self.sheet.write_blank(self.used, index, None, self.bad)
        self.sheet.write_string(self.used, self.width, _sentence(problems)[:2000], self.note)
        self.sheet.write_number(self.used, self.width + 1, row.number)
        self.used += 1

    def _write(self, index: int, cell: Any, is_bad: bool) -> None:
        style = self.bad if is_bad else None
        if cell is None:
            return
        if isinstance(cell, CellFault):
            self.sheet.write_string(self.used, index, cell.raw, style)
        elif isinstance(cell, bool):
            self.sheet.write_boolean(self.used, index, cell, style)
        elif isinstance(cell, int | float) and abs(cell) < _WIDEST_EXACT:
            self.sheet.write_number(self.used, index, cell, style)
        elif isinstance(cell, date) and cell.year >= 1900:
            day = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a sheet knows no time zone
            self.sheet.write_datetime(self.used, index, day, self.bad_day if is_bad else self.day)
        else:
            self.sheet.write_string(self.used, index, str(cell), style)

    def rest(self) -> None:
        self.sheet.write_string(
            self.used, 0, _("（只列出前 %(most)s 行，请改正后分次上传）") % {"most": MOST_ROWS}, self.note
        )


def _sentence(problems: list[dict[str, Any]]) -> str:
    return "；".join(
        (f"{problem['column']}：" if problem["column"] else "") + problem["message"] + problem["suggestion"]
        for problem in problems
    )
