"""The one streaming pass over a sheet's XML that makes typed cells.

Rows written the way nearly all programs write them are lifted out by regular expressions that must account for every
character of the row; everything else (head, tail, formulas, rich text, entities, unusual writing) goes to the XML parser,
in order. Both ways end in the same few functions and must give the same rows. What a row means is ``tables``' business.
"""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from imports.reading.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TEXT,
    Cell,
    RawRow,
    Refused,
    checked_text,
    column_index,
    column_letters,
    fault,
)
from imports.reading.numberformats import Converter, iso_cell, plain_number
from imports.reading.xlsxstrings import SharedStrings, unescape
from imports.reading.zipsafety import SafeParser, segments

_DIGITS = "0123456789"
_ROW_END = "</row>"
_ROW_OPEN = re.compile(r'(?:<row [^<>]*/>)*<row r="([0-9]+)"([^<>/]*)>')
_TEXT = r"[^<&\x00-\x08\x0b-\x1f\ufffe\uffff]"
_CELL = re.compile(
    # Cells that only have a format come in long runs; they are stepped over at once.
    r'(?:<c r="[A-Z]{1,3}[0-9]+"(?: s="[0-9]+")?(?: t="[a-zA-Z]+")?/>)*'
    r'(?:<c r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?>'
    rf'(?:<v>({_TEXT}+)</v>|<is><t(?: xml:space="preserve")?>({_TEXT}*)</t></is>)?</c>'
    r"|\Z|([\s\S]))"
)

# People format whole columns, down to the last of a million rows. Of such a run of blank rows only the last is looked at;
# it must stay, because a row without a number of its own counts on from it.
_BLANK_ROW = r'<row r="[0-9]+"[^<>/]*>(?:<c r="[A-Z]{1,3}[0-9]+"(?: s="[0-9]+")?/>)*</row>'
_BLANK_RUN = re.compile(f"(?:{_BLANK_ROW})+(?={_BLANK_ROW})")
_FORMAT_LAST = "/></row>"


class Columns(dict[str, int]):
    """Column letters to index, each worked out once."""

    def __missing__(self, letters: str) -> int:
        try:
            self[letters] = index = column_index(letters)
        except ValueError as error:
            raise Refused("file.damaged") from error
        return index


def refuse_far(sheet: str, column: int, row: int | str) -> None:
    """Refuse a cell with content beyond the columns that are read."""
    if column >= MAX_COLUMNS:
        raise Refused("sheet.too_wide", name=sheet, cell=f"{column_letters(column)}{row}", limit=MAX_COLUMNS)


class SheetReader:
    """Reads the XML of one sheet; ``rows`` yields those that hold a cell with content."""

    #: Whether regular rows are lifted out; off, every byte goes through the XML parser, which must change nothing.
    lift = True

    def __init__(self, name: str, strings: SharedStrings, converters: dict[str, Converter], *, uncomputed: bool):
        """``uncomputed`` says that the workbook asks for its formulas to be worked out when it is opened."""
        self._name = name
        self._strings = strings
        self._converters = converters
        self._uncomputed = uncomputed
        self._columns = Columns()
        self._finished: list[RawRow] = []
        self._number = 0
        self._may_lift = False
        self._parser = SafeParser()
        self._parser.expat.StartElementHandler = self._root
        self._encoding = "utf-8"
        self._parser.expat.XmlDeclHandler = self._declared

    def rows(self, stream: BinaryIO) -> Iterator[RawRow]:
        """Yield the rows of the sheet whose XML comes from ``stream``; raises Refused and what ``reading`` catches."""
        finished = self._finished
        for segment in segments(stream, _ROW_END.encode()):
            if self._may_lift:
                self._take(segment.decode())
            else:
                self._parser.push(segment)
            yield from finished
            finished.clear()
        self._parser.finish()
        yield from finished

    def _take(self, segment: str) -> None:
        """Take a segment row by row: lift out what is regular, push the rest through the parser."""
        if _FORMAT_LAST in segment and "<!" not in segment:
            segment = _BLANK_RUN.sub("", segment)
        *pieces, rest = segment.split(_ROW_END)
        for piece in pieces:
            if not (self._may_lift and self._lifted(piece)):
                # A comment could hide what looks like rows, so after one nothing is lifted out any more.
                self._may_lift = self._may_lift and "<!" not in piece and "<?" not in piece
                self._parser.push((piece + _ROW_END).encode())
        if rest:  # the tail of the sheet, or a row that is too long to be waited for
            self._may_lift = False
            self._parser.push(rest.encode())

    def _lifted(self, piece: str) -> bool:
        """Take a row whose every character is accounted for; False, and nothing taken, for any other."""
        opening = _ROW_OPEN.match(piece)
        if opening is None:
            return False
        columns, strings, make = self._columns, self._strings, self._cell
        reference, attributes = opening.groups()
        row: list[Cell] = []
        weight = 0
        for letters, style, kind, value, text, junk in _CELL.findall(piece, opening.end()):
            if value:
                cell = strings[_whole(value)] if kind == "s" else make(kind or None, style or None, value, False)
            elif junk or (text and kind != "inlineStr"):
                return False
            elif text:
                cell = unescape(text)
            else:
                continue
            if type(cell) is str:
                weight += len(cell)
                if not cell or len(cell) > MAX_TEXT or "\x00" in cell or "\ufffd" in cell or "锟斤拷" in cell:
                    cell = checked_text(cell)
                    if cell is None:
                        continue
            column = columns[letters]
            if column == len(row):
                row.append(cell)
            else:
                self._place(row, column, cell, reference)
        self._number = _next_row(reference, self._number)
        hidden = 'hidden="1"' in attributes or 'hidden="true"' in attributes
        if row:
            self._finished.append(RawRow(self._number, row, {"hidden": True} if hidden else None, weight))
        return True

    # --- the XML parser's way ---

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._encoding = (encoding or "utf-8").lower()

    def _root(self, name: str, _attributes: dict[str, str]) -> None:
        prefix, colon, local = name.rpartition(":")
        if local != "worksheet":
            raise Refused("file.damaged")
        self._install(prefix + colon)

    def _install(self, prefix: str) -> None:
        """Set the handlers for a sheet whose elements carry ``prefix``.

        They are closures over local variables and not methods, because they run five times per cell.
        """
        row_tag, cell_tag, value_tag, data_tag = prefix + "row", prefix + "c", prefix + "v", prefix + "sheetData"
        text_tag, formula_tag, phonetic_tag = prefix + "t", prefix + "f", prefix + "rPh"
        text_holders = (value_tag, text_tag)
        columns, strings, make = self._columns, self._strings, self._cell
        text: list[str] = []
        row: list[Cell] = []
        formulas: list[int] = []
        attributes: dict[str, str] = {}
        value: str | None = None
        is_formula = phonetic = hidden = False
        position = weight = 0

        def start(name: str, found: dict[str, str]) -> None:
            nonlocal attributes, value, is_formula, phonetic, hidden, position, weight, row, formulas
            if name in text_holders:
                text.clear()
            elif name == cell_tag:
                attributes = found
                value = None
                is_formula = False
            elif name == row_tag:
                self._number = _next_row(found.get("r"), self._number)
                hidden = found.get("hidden") in ("1", "true")
                row, formulas = [], []
                position = weight = 0
            elif name == formula_tag:
                is_formula = True
            elif name == phonetic_tag:
                phonetic = True
            elif name == data_tag:
                self._may_lift = self.lift and not prefix and self._encoding == "utf-8"

        def end(name: str) -> None:
            nonlocal value, phonetic, position, weight
            if name == value_tag:
                value = text[0] if len(text) == 1 else "".join(text)
            elif name == cell_tag:
                reference = attributes.get("r")
                column = columns[reference.rstrip(_DIGITS)] if reference else position
                position = column + 1
                if not value and not is_formula:
                    return
                kind = attributes.get("t")
                if kind == "s" and value:
                    cell: Cell = strings[_whole(value)]
                else:
                    cell = make(kind, attributes.get("s"), value, is_formula)
                if type(cell) is str:
                    weight += len(cell)
                    cell = checked_text(cell)
                if is_formula:
                    formulas.append(column)
                if cell is not None:
                    self._place(row, column, cell, self._number)
            elif name == row_tag:
                if row:
                    extra = {"hidden": hidden, "formulas": formulas} if hidden or formulas else None
                    self._finished.append(RawRow(self._number, row, extra, weight))
            elif name == text_tag:
                if not phonetic:
                    value = (value or "") + "".join(text)
            elif name == phonetic_tag:
                phonetic = False
            elif name == data_tag:
                self._may_lift = False

        self._parser.expat.StartElementHandler = start
        self._parser.expat.EndElementHandler = end
        self._parser.expat.CharacterDataHandler = text.append

    # --- what both ways share ---

    def _place(self, row: list[Cell], column: int, cell: Cell, number: int | str) -> None:
        """Put a cell that is not simply the next one into its row."""
        if column >= len(row):
            refuse_far(self._name, column, number)
            row.extend([None] * (column - len(row)))
            row.append(cell)
        elif row[column] is None:
            row[column] = cell
        else:  # two cells claim the same place; neither can be believed
            raise Refused("file.damaged")

    def _cell(self, kind: str | None, style: str | None, value: str | None, is_formula: bool) -> Cell:
        """Make the cell of any kind but a shared string."""
        if kind == "str" and value is not None:  # an empty text is a result, too
            return unescape(value)
        if not value:
            return fault("cell.formula_uncached") if is_formula else None
        if kind is None or kind == "n":
            number = self._converters.get(style, plain_number)(value) if style else plain_number(value)
            if is_formula and self._uncomputed and number == 0:
                return fault("cell.formula_uncached", value)
            return number
        other = _OTHER_KINDS.get(kind)
        if other is None:
            raise Refused("file.damaged")
        return other(value)


def _next_row(reference: str | None, before: int) -> int:
    number = _whole(reference) if reference else before + 1
    if not before < number <= MAX_ROWS:
        raise Refused("file.damaged")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Refused("file.damaged") from error


def _boolean(value: str) -> Cell:
    return value.strip() in ("1", "true")


def _error(value: str) -> Cell:
    return fault("cell.error", value, error=value[:20])


_OTHER_KINDS: dict[str, Callable[[str], Cell]] = {
    "inlineStr": unescape,
    "b": _boolean,
    "e": _error,
    "d": iso_cell,
}
