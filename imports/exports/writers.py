"""The two kinds of file. Both take rows of cells (None, text, int, Decimal, date) and hold no more than one row in memory.

What lives here: how a cell is stored so that no spreadsheet runs it and no digit is lost. What does not: what the cells say.

xlsx: text is a text cell, whatever it looks like; days are real days and amounts real numbers. csv: UTF-8 with the mark by which
Excel knows it; text that a spreadsheet would run gets an apostrophe, which an import takes off again.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from customers.fields import Field, Type
from erp_site.shared.errors import BusinessError

from ..columns import neutralise

XLSX_ROWS = 1_048_575  # below the heading
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class About:
    """What a file says of itself: (label, value) lines, and the line at the foot of each printed page."""

    title: str
    author: str
    notes: list[tuple[str, str]]

    @property
    def footer(self) -> str:
        # An ampersand begins a command in a footer.
        return f"&L{self.author.replace('&', '&&')} {_('导出')} &D &T&R&P / &N"


class Writer(Protocol):
    """What both kinds offer: rows one by one, then ``close``, or ``abandon`` when something went wrong."""

    def row(self, cells: Sequence[Any]) -> None: ...

    def close(self, about: About) -> None: ...

    def abandon(self) -> None: ...


class _PlainSheet(Worksheet):
    """A text that happens to begin with <r> and end with </r> is a text, not formatting to be passed through as XML."""

    def _xml_rich_inline_string(self, string, attributes=()):
        self._xml_inline_string(string, False, attributes)


class XlsxWriter:
    """Sheet 1 the customers, sheet 2 what this file is; temporary files lie beside the target, in a directory of its own."""

    def __init__(self, path: Path, fields: Sequence[Field], headings: Sequence[str]):
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_numbers": False,
                   "strings_to_formulas": False, "strings_to_urls": False}  # fmt: skip
        self.book = xlsxwriter.Workbook(str(path), options)
        self.book.use_zip64()
        self.text = self.book.add_format({"num_format": "@"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.amount = self.book.add_format({"num_format": "#,##0.00"})
        self.whole = self.book.add_format({"num_format": "0"})
        self.head = self.book.add_format({"bold": True, "bg_color": "#E8EDF5", "border": 1, "border_color": "#C5CEDC"})
        self.sheet = self.book.add_worksheet(_sheet_name(_("客户")), _PlainSheet)
        self.count = 0
        self._lay_out(fields, headings)

    def _lay_out(self, fields: Sequence[Field], headings: Sequence[str]) -> None:
        formats = {Type.DATE: self.day, Type.MONEY: self.amount, Type.INTEGER: self.whole}
        for index, (field, heading) in enumerate(zip(fields, headings, strict=True)):
            # The format of the column is for cells that are filled in later: a phone typed there stays a text.
            self.sheet.set_column(index, index, _width(field, heading), formats.get(field.type, self.text))
            self.sheet.write_string(0, index, heading, self.head)
        self.sheet.freeze_panes(1, 2 if len(fields) > 4 else 0)
        self.sheet.repeat_rows(0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.columns = len(fields)

    def row(self, cells: Sequence[Any]) -> None:
        self.count += 1
        if self.count > XLSX_ROWS:
            raise BusinessError(
                _("一张 Excel 工作表最多 %(count)s 行，本次导出超过了这个数。") % {"count": f"{XLSX_ROWS:,}"},
                code="export.too_many_rows",
                remedy=_("请改用 CSV 格式，或缩小筛选范围。"),
            )
        for column, value in enumerate(cells):
            if value is not None:
                self._cell(column, value)

    def _cell(self, column: int, value: Any) -> None:
        if isinstance(value, str):
            self.sheet.write_string(self.count, column, value, self.text)
        elif isinstance(value, date):
            self.sheet.write_datetime(self.count, column, value, self.day)
        elif isinstance(value, Decimal):
            self.sheet.write_number(self.count, column, value, self.amount)
        else:
            self.sheet.write_number(self.count, column, value, self.whole)

    def close(self, about: About) -> None:
        self.sheet.autofilter(0, 0, self.count, max(0, self.columns - 1))
        self.sheet.set_footer(about.footer)
        notes = self.book.add_worksheet(_sheet_name(_("导出说明")), _PlainSheet)
        notes.set_column(0, 0, 16)
        notes.set_column(1, 1, 80)
        for index, (label, value) in enumerate(about.notes):
            notes.write_string(index, 0, label, self.head)
            notes.write_string(index, 1, value, self.text)
        self.book.set_properties({"title": about.title, "author": about.author})
        self.book.close()

    def abandon(self) -> None:
        """Let go of the row files; the directory they lie in is the caller's to remove."""
        for sheet in self.book.worksheets():
            sheet.row_data_fh.close()


def _sheet_name(text: str) -> str:
    return _NOT_IN_SHEET_NAMES.sub("", text)[:31]


def _width(field: Field, heading: str) -> int:
    if field.wide:
        return 36
    by_key = {
        "name": 30,
        "english_name": 24,
        "uscc": 22,
        "bank_account": 24,
        "email": 24,
        "website": 24,
        "bank_name": 26,
    }
    return by_key.get(field.key) or max(12, len(heading) * 2 + 2)


class CsvWriter:
    """Headings and rows; what the file is stands in the export log."""

    def __init__(self, path: Path, fields: Sequence[Field], headings: Sequence[str]):
        self.handle = path.open("w", encoding="utf-8-sig", newline="")
        self.writer = csv.writer(self.handle, lineterminator="\r\n")
        self.count = 0
        self.writer.writerow([neutralise(heading) for heading in headings])

    def row(self, cells: Sequence[Any]) -> None:
        self.count += 1
        self.writer.writerow([_csv_cell(value) for value in cells])

    def close(self, about: About) -> None:
        self.handle.close()

    def abandon(self) -> None:
        self.handle.close()


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutralise(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


WRITERS: dict[str, type[Writer]] = {"xlsx": XlsxWriter, "csv": CsvWriter}
