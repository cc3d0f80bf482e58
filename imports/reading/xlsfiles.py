"""Reading the old .xls: texts by calamine, everything that calamine does not tell by a walk over the sheet's records.

The walk finds numbers with their formats (so 051000 keeps its zero), error values, formulas, hidden rows and columns and
merged ranges; the cells then obey the same contract as those of xlsx. Only BIFF8 (Excel 97 and later) is read.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from imports.reading.cells import Cell, RawRow, Refused, checked_text, fault
from imports.reading.numberformats import Converter, converter, plain_number
from imports.reading.surveys import Survey
from imports.reading.zipsafety import MEGABYTE

MAX_FILE = 100 * MEGABYTE

_BOF, _EOF, _SHEET, _DATE_SYSTEM, _FORMAT, _XF = 0x0809, 0x000A, 0x0085, 0x0022, 0x041E, 0x00E0
_ROW, _COLUMNS, _MERGED = 0x0208, 0x007D, 0x00E5
_NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006
_PASSWORD, _LABEL, _LABEL_SST, _RICH = 0x002F, 0x0204, 0x00FD, 0x00D6
_CELLS = {_NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA, _LABEL, _LABEL_SST, _RICH}
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
#: Streams that give away what else a container may be.
_FOREIGN = {"WordDocument": "Word", "PowerPoint Document": "PowerPoint", "Book": "Excel 5.0/95"}


@dataclass(frozen=True)
class XlsSheet:
    """One worksheet: its name, whether it is hidden, where its records begin, its place among all sheets."""

    name: str
    hidden: bool
    offset: int
    place: int


@dataclass
class _Walked:
    """What the records of a sheet say beside its texts: cells by row and column, hidden rows, formulas."""

    survey: Survey = field(default_factory=Survey)
    cells: dict[int, dict[int, Cell]] = field(default_factory=lambda: defaultdict(dict))
    formulas: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    hidden: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)


class XlsBook:
    """An .xls file. Raises Refused for an encrypted, older, foreign or broken one."""

    kind = "xls"
    encoding = delimiter = None
    ragged_is_fault = False

    def __init__(self, path: str):
        self._path = path
        self.warnings: list[tuple[str, dict[str, Any]]] = []
        self._records = _Records(self._stream())
        self._date1904 = False
        self._converters: list[Converter] = []
        self.sheets: list[XlsSheet] = []
        self._read_globals()
        self._walked: dict[int, _Walked] = {}

    def survey(self, index: int) -> Survey:
        """Return the counts and merged ranges of sheet ``index``."""
        return self._walk(index).survey

    def rows(self, index: int) -> Iterator[RawRow]:
        """Yield the rows of sheet ``index`` that hold a cell with content."""
        walked = self._walk(index)
        for number, texts in self._texts(index):
            found = walked.cells.get(number - 1, {})
            row: list[Cell] = [found.get(column, cell) for column, cell in enumerate(texts)]
            row.extend([None] * (max(found, default=-1) + 1 - len(row)))
            for column, cell in found.items():
                row[column] = cell
            while row and row[-1] is None:
                row.pop()
            if not row:
                continue
            yield RawRow(number, row, _extra(walked, number - 1), sum(len(cell) for cell in row if type(cell) is str))

    def _stream(self) -> bytes:
        """Return the workbook's stream out of the container."""
        import olefile

        try:
            with olefile.OleFileIO(self._path) as container:
                if container.exists("EncryptedPackage"):
                    raise Refused("file.encrypted")
                if not container.exists("Workbook"):
                    _refuse_foreign(container)
                size = container.get_size("Workbook")
                if size > MAX_FILE:
                    raise Refused("file.too_big", size=size // MEGABYTE, limit=MAX_FILE // MEGABYTE)
                if container.exists("_VBA_PROJECT_CUR"):
                    self.warnings.append(("warn.macros", {}))
                return container.openstream("Workbook").read()
        except (OSError, struct.error, ValueError, IndexError, TypeError) as error:
            raise Refused("file.damaged") from error

    def _read_globals(self) -> None:
        codes: dict[int, str] = {}
        formats: list[int] = []
        place = 0
        with _whole_records():
            for kind, data in self._records.substream(0):
                if kind == _PASSWORD:
                    raise Refused("file.encrypted")
                if kind == _DATE_SYSTEM:
                    self._date1904 = data[:2] == b"\x01\x00"
                elif kind == _FORMAT:
                    codes[_u16(data, 0)] = _text(data[2:], "<H")
                elif kind == _XF:
                    formats.append(_u16(data, 2))
                elif kind == _SHEET:
                    offset, state, sort = struct.unpack_from("<IBB", data)
                    if sort == 0:
                        self.sheets.append(XlsSheet(_text(data[6:], "<B"), bool(state & 3), offset, place))
                    place += 1
        if not self.sheets:
            raise Refused("sheet.none")
        made = {each: converter(each, codes.get(each), date1904=self._date1904) for each in set(formats)}
        self._converters = [made[each] for each in formats]

    def _texts(self, index: int) -> Iterator[tuple[int, list[Cell]]]:
        """Yield ``(row number, texts)`` as calamine reads them; what is no text is left to the walk."""
        import python_calamine

        try:
            with python_calamine.CalamineWorkbook.from_path(self._path) as workbook:
                sheet = workbook.get_sheet_by_index(self.sheets[index].place)
                if sheet.start is None:
                    return
                # Rows come from the first of the sheet, columns from the first that is used.
                left: list[Cell] = [None] * sheet.start[1]
                for number, cells in enumerate(sheet.iter_rows(), 1):
                    yield number, left + [checked_text(cell) if type(cell) is str else None for cell in cells]
        except python_calamine.CalamineError as error:
            raise Refused("file.damaged") from error
        except BaseException as error:  # noqa: BLE001 - a panic of the Rust parser is no Exception
            if type(error).__name__ != "PanicException":
                raise
            raise Refused("file.damaged") from None

    def _walk(self, index: int) -> _Walked:
        if index not in self._walked:
            walked = _Walked()
            with _whole_records():
                for kind, data in self._records.substream(self.sheets[index].offset):
                    self._take(walked, kind, data)
            walked.survey.rows = len(walked.rows)
            walked.survey.hidden_rows = len(walked.hidden & walked.rows)
            self._walked[index] = walked
        return self._walked[index]

    def _take(self, walked: _Walked, kind: int, data: bytes) -> None:
        if kind in _CELLS:
            row, column, style = struct.unpack_from("<3H", data)
            walked.rows.add(row)
            if kind == _NUMBER:
                walked.cells[row][column] = self._number(style, struct.unpack_from("<d", data, 6)[0])
            elif kind == _RK:
                walked.cells[row][column] = self._number(style, _rk(data, 6))
            elif kind == _MULRK:
                for step in range((len(data) - 6) // 6):
                    at = 4 + 6 * step
                    walked.cells[row][column + step] = self._number(_u16(data, at), _rk(data, at + 2))
            elif kind == _BOOLERR:
                walked.cells[row][column] = _bool_or_error(data[6], is_error=data[7])
            elif kind == _FORMULA:
                walked.formulas[row].append(column)
                self._take_formula(walked.cells[row], column, style, data[6:14])
        elif kind == _ROW:
            if data[12] & 0x20:
                walked.hidden.add(_u16(data, 0))
        elif kind == _COLUMNS:
            if data[8] & 1:
                walked.survey.hidden_columns.append((_u16(data, 0), _u16(data, 2)))
        elif kind == _MERGED:
            for step in range(_u16(data, 0)):
                top, bottom, left, right = struct.unpack_from("<4H", data, 2 + 8 * step)
                walked.survey.merged.append((top + 1, left, bottom + 1, right))
                walked.survey.merged_count += 1

    def _take_formula(self, cells: dict[int, Cell], column: int, style: int, result: bytes) -> None:
        """Take the stored result of a formula; a text result is left to calamine."""
        if result[6:8] != b"\xff\xff":
            cells[column] = self._number(style, struct.unpack("<d", result)[0])
        elif result[0] in (1, 2):
            cells[column] = _bool_or_error(result[2], is_error=result[0] == 2)

    def _number(self, style: int, value: float) -> Cell:
        read = self._converters[style] if style < len(self._converters) else plain_number
        return read(str(int(value)) if value.is_integer() and abs(value) < 1e17 else repr(value))


class _Records:
    """The records of a BIFF8 stream."""

    def __init__(self, stream: bytes):
        self._stream = stream

    def substream(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Yield ``(kind, data)`` of the records from the BOF at ``offset`` to its EOF; nested ones (charts) are left out."""
        stream, size, depth = self._stream, len(self._stream), 0
        while offset + 4 <= size:
            kind, length = struct.unpack_from("<HH", stream, offset)
            data = stream[offset + 4 : offset + 4 + length]
            offset += 4 + length
            if not depth and (kind != _BOF or len(data) < 4):
                break
            if kind == _BOF:
                if not depth and _u16(data, 0) != 0x0600:
                    raise Refused("file.unsupported", kind="Excel 5.0/95")
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if not depth:
                    return
            elif depth == 1:
                yield kind, data
        raise Refused("file.damaged")


@contextmanager
def _whole_records() -> Iterator[None]:
    """Turn what a record that is too short raises into ``Refused("file.damaged")``."""
    try:
        yield
    except (struct.error, IndexError) as error:
        raise Refused("file.damaged") from error


def _refuse_foreign(container: Any) -> None:
    for stream, kind in _FOREIGN.items():
        if container.exists(stream):
            raise Refused("file.unsupported", kind=kind)
    raise Refused("file.not_excel")


def _extra(walked: _Walked, row: int) -> dict[str, Any] | None:
    formulas = walked.formulas.get(row)
    if not formulas and row not in walked.hidden:
        return None
    return {"hidden": row in walked.hidden, "formulas": formulas or []}


def _u16(data: bytes, at: int) -> int:
    return struct.unpack_from("<H", data, at)[0]


def _text(data: bytes, count_format: str) -> str:
    """Read a string that begins with its count of characters and a flag that tells one byte each from two."""
    size = struct.calcsize(count_format)
    count = struct.unpack_from(count_format, data)[0]
    wide = data[size] & 1
    body = data[size + 1 : size + 1 + count * (2 if wide else 1)]
    return body.decode("utf-16-le" if wide else "latin-1", "replace")


def _rk(data: bytes, at: int) -> float:
    """Read the packed form of a number: 30 bits of an integer or of a double, perhaps times a hundred."""
    packed = struct.unpack_from("<i", data, at)[0]
    if packed & 2:
        value = float(packed >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value


def _bool_or_error(value: int, *, is_error: int | bool) -> Cell:
    if not is_error:
        return bool(value)
    name = _ERRORS.get(value, "#?")
    return fault("cell.error", name, error=name)
