"""A log as a file: csv of any length, xlsx of what a sheet is good for.

What lives here: cells and files. What does not: which rows (``reading``). Text that a spreadsheet would run gets an apostrophe in csv and
is a text cell in xlsx.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from .reading import CHANGES, Log, differences, walk

XLSX_ROWS = 100_000
_RUNS = "=+-@\t\r\n＝＋－＠'"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def headings(log: Log) -> list[str]:
    """The first row."""
    more = [_("变更前"), _("变更后")] if log is CHANGES else []
    return [str(column.label) for column in log.columns] + more + [_("请求编号")]


def cells(log: Log, row: Any) -> list[str]:
    """One row, as text."""
    found = [str(column.text(row)) for column in log.columns]
    if log is CHANGES:
        sides = differences(row)
        found += ["\n".join(f"{what} {side}".strip() for what, side in pairs) for pairs in (
            [(what, before) for what, before, _after in sides], [(what, after) for what, _before, after in sides])]  # fmt: skip
    return [*found, row.request_id]


def as_csv(log: Log, found: QuerySet) -> Iterator[bytes]:
    """UTF-8 with the mark by which Excel knows it, row by row."""
    line = csv.writer(_Echo())
    yield b"\xef\xbb\xbf" + line.writerow(headings(log)).encode()
    for row in walk(log, found):
        yield line.writerow([_harmless(cell) for cell in cells(log, row)]).encode()


def as_xlsx(log: Log, found: QuerySet) -> Iterable[bytes]:
    """The sheet as a temporary file that goes when it is closed. Raises BusinessError when there is more than a sheet should hold."""
    if found.order_by()[XLSX_ROWS : XLSX_ROWS + 1].exists():
        raise BusinessError(
            _("超过 %(count)s 行，Excel 文件装不下。") % {"count": f"{XLSX_ROWS:,}"},
            code="log.too_many_rows",
            remedy=_("请缩小日期范围，或导出 CSV。"),
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer that sends it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(str(log.label))
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for column, heading in enumerate(headings(log)):
        sheet.set_column(column, column, 22, text)
        sheet.write_string(0, column, heading, bold)
    for index, row in enumerate(walk(log, found), start=1):
        for column, cell in enumerate(cells(log, row)):
            sheet.write_string(index, column, cell, text)
    sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    return file


def _harmless(text: str) -> str:
    return "'" + text if text[:1] and text[0] in _RUNS else text


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
