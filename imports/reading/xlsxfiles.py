"""Reading xlsx and xlsm files: one quick survey of a sheet's raw bytes, then the streaming pass of ``xlsxsheet``.

Measured beside calamine plus a second pass for formats, hidden rows and errors, one pass of our own costs no more and
keeps memory flat, because no sheet is ever held whole. Headings and blank rows are ``tables``' business.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from imports.reading.cells import RawRow, column_index
from imports.reading.surveys import Survey
from imports.reading.xlsxparts import SheetPart, Workbook, read_converters, read_workbook
from imports.reading.xlsxsheet import SheetReader, refuse_far
from imports.reading.xlsxstrings import SharedStrings
from imports.reading.zipsafety import open_archive, reading, segments

_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\shidden=[\"'](?:1|true)[\"']")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_COLUMN_RANGE = re.compile(rb"\b(min|max)=[\"'](\d{1,7})[\"']")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\sref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")
_FAR_CELL = re.compile(rb"r=\"([A-Z]{3})(\d{1,7})\"(?:[^>]*[^/>])?>(?!</)")
_CONTENT = re.compile(rb"<(?:\w+:)?(?:v|t|f)[ >/]")
#: Merged ranges that are remembered; more are counted only.
_MERGES_KEPT = 100_000


class XlsxBook:
    """An xlsx or xlsm file, opened safely. Raises Refused wherever it cannot be trusted."""

    encoding = delimiter = None
    ragged_is_fault = False

    def __init__(self, path: str):
        self._archive = open_archive(path)
        self._workbook: Workbook = read_workbook(self._archive)
        self.warnings = self._workbook.notices
        self.kind = "xlsm" if any(code == "warn.macros" for code, _params in self.warnings) else "xlsx"
        self._converters = read_converters(self._archive, self._workbook)
        self._strings = SharedStrings(self._archive, self._workbook.strings_part)
        self._surveys: dict[int, Survey] = {}

    @property
    def sheets(self) -> list[SheetPart]:
        """The worksheets in the workbook's order."""
        return self._workbook.sheets

    def survey(self, index: int) -> Survey:
        """Look once through the bytes of sheet ``index``; its sum is checked, so a damaged sheet is refused here."""
        if index not in self._surveys:
            sheet = self.sheets[index]
            with reading(), self._archive.open(sheet.part) as stream:
                self._surveys[index] = _survey(stream, sheet.name)
        return self._surveys[index]

    def rows(self, index: int) -> Iterator[RawRow]:
        """Yield the rows of sheet ``index`` that hold a cell with content."""
        sheet = self.sheets[index]
        with reading(), self._archive.open(sheet.part) as stream:
            uncomputed = self._workbook.uncomputed
            yield from SheetReader(sheet.name, self._strings, self._converters, uncomputed=uncomputed).rows(stream)


def _survey(stream: BinaryIO, name: str) -> Survey:
    survey = Survey()
    for piece in segments(stream, b"row>"):
        survey.rows += sum(1 for row in piece.split(b"row>") if _CONTENT.search(row))
        if b"hidden=" in piece:
            survey.hidden_rows += len(_HIDDEN_ROW.findall(piece))
            survey.hidden_columns += _hidden_columns(piece)
        if b"mergeCell" in piece:
            _add_merges(survey, piece)
        for match in _FAR_CELL.finditer(piece):
            refuse_far(name, column_index(match.group(1).decode()), int(match.group(2)))
    return survey


def _hidden_columns(piece: bytes) -> list[tuple[int, int]]:
    found = []
    for match in _COLUMN.finditer(piece):
        attributes = match.group(1)
        if re.search(rb"\shidden=[\"'](?:1|true)[\"']", attributes):
            ends = {key: int(value) for key, value in _COLUMN_RANGE.findall(attributes)}
            if b"min" in ends and b"max" in ends:
                found.append((ends[b"min"] - 1, ends[b"max"] - 1))
    return found


def _add_merges(survey: Survey, piece: bytes) -> None:
    for first, top, last, bottom in _MERGE.findall(piece):
        survey.merged_count += 1
        if len(survey.merged) < _MERGES_KEPT:
            survey.merged.append((int(top), column_index(first.decode()), int(bottom), column_index(last.decode())))
