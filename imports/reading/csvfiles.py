"""Reading delimited text: which delimiter it uses, its records, and what is wrong with a record.

Streams: a block of a megabyte at a time, whatever the size of the file. Encodings stand in ``encodings``; headings, blank
rows and ragged rows against the heading are ``tables``' business.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import mode
from typing import Any

from imports.reading.cells import MAX_TEXT, Cell, CellFault, RawRow, Refused, checked_text, fault
from imports.reading.encodings import BAD, BLOCK, MAX_LINE, Detected, detect, likely_text, text_blocks
from imports.reading.surveys import Survey

#: In the order in which a tie is settled.
DELIMITERS = (",", "\t", ";", "|", "，")

#: Longer than any cell may be, so that a too long cell is told from an endless one.
_FIELD_LIMIT = 1_000_000
_MAX_BROKEN = 1_000
_SAMPLE_RECORDS = 60
#: Content for which cells are looked at one by one; most files hold none of it.
_SUSPECT = ("\x00", "\ufffd", '="', "锟斤拷")
_AS_TEXT = re.compile(r'="([^"]*)"')
_DIRECTIVE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True)
class TextSheet:
    """The only sheet of a text file."""

    name: str = "CSV"
    hidden: bool = False


class _Lines:
    """The lines of a text file one by one, with those of the current record remembered and able to be given back."""

    def __init__(self, blocks: Iterator[tuple[str, bool]]):
        self._lines = _split(blocks, self)
        self._given_back: list[str] = []
        self.suspect = False
        self.record: list[str] = []
        self.before = 0
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._given_back:
            line = self._given_back.pop()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.record.append(line)
        return line

    def begin(self) -> None:
        """Begin a new record; ``before`` counts the lines of the file above it."""
        self.before += len(self.record)
        self.record.clear()

    def give_back(self) -> None:
        """Give back all lines of the record but the first."""
        self._given_back.extend(reversed(self.record[1:]))
        del self.record[1:]
        self.ended = False


def _split(blocks: Iterator[tuple[str, bool]], lines: _Lines) -> Iterator[str]:
    """Split blocks of text at the line ends that the file uses: LF with or without CR, or CR alone.

    In a file of LF lines a lone CR ends no line; the csv module then objects, and the row is reported.
    """
    carry = ""
    newline = None
    for block, clean in blocks:
        lines.suspect = lines.suspect or not clean or any(sign in block for sign in _SUSPECT)
        text = carry + block
        if newline is None:
            newline = "\n" if "\n" in text or "\r" not in text else ""
        end = text.rfind("\n") if newline else max(text.rfind("\r", 0, -1), text.rfind("\n"))
        carry = text[end + 1 :]
        if len(carry) > MAX_LINE:  # blocks of UTF-16 need not end with a line
            raise Refused("csv.line_too_long", line=lines.before + 1, limit=MAX_LINE // BLOCK)
        if end >= 0:
            yield from io.StringIO(text[: end + 1], newline=newline)
    if carry:
        yield from io.StringIO(carry, newline=newline)


class CsvBook:
    """A delimited text file. ``encoding`` and ``delimiter`` are the user's choice where given, detected otherwise."""

    kind = "csv"
    ragged_is_fault = True

    def __init__(self, path: str, encoding: str | None = None, delimiter: str | None = None):
        self._path = path
        self._detected: Detected = detect(path, encoding)
        self.encoding = self._detected.encoding
        self.sheets = [TextSheet()]
        self.warnings: list[tuple[str, dict[str, Any]]] = []
        if self._detected.doubt:
            self.warnings.append((self._detected.doubt, {"encoding": self.encoding}))
        csv.field_size_limit(_FIELD_LIMIT)
        self.delimiter = _checked_delimiter(delimiter) if delimiter else self._guess_delimiter()

    def survey(self, _index: int) -> Survey:
        """Count the line ends of the file: more than its rows where cells hold line breaks."""
        feeds = returns = 0
        with open(self._path, "rb") as file:
            while block := file.read(BLOCK):
                feeds += block.count(b"\n")
                returns += block.count(b"\r")
        return Survey(rows=(feeds or returns) + 1)

    def rows(self, _index: int) -> Iterator[RawRow]:
        """Yield every record that is not empty, numbered as a spreadsheet would number its row."""
        lines = _Lines(text_blocks(self._path, self._detected))
        number = 0
        broken = 0
        for cells, found in _records(lines, self.delimiter):
            if not number and not found and _DIRECTIVE.fullmatch(lines.record[0]):
                continue
            number += 1
            if found:
                broken += found.code == "row.unclosed_quote"
                if broken > _MAX_BROKEN:
                    raise Refused("csv.quotes")
            elif not cells:
                continue
            yield self._row(number, cells, found, lines)

    def _row(self, number: int, cells: list[str], found: CellFault | None, lines: _Lines) -> RawRow:
        weight = sum(map(len, lines.record))
        if lines.suspect or weight > MAX_TEXT:
            values: list[Cell] = [_cell(cell, self.encoding) for cell in cells]
        else:
            values = [cell or None for cell in cells]
        return RawRow(number, values, {"faults": [found]} if found else None, weight)

    def _guess_delimiter(self) -> str:
        sample = []
        for line in islice(_Lines(text_blocks(self._path, self._detected)), _SAMPLE_RECORDS * 3):
            directive = None if sample else _DIRECTIVE.fullmatch(line)
            if directive:
                return directive.group(1)
            sample.append(line[:_FIELD_LIMIT])
        scores = {delimiter: _consistency(sample, delimiter) for delimiter in DELIMITERS}
        best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])  # the first of equals
        return best if scores[best] > (0, 0) else ","


def _checked_delimiter(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '"\r\n\x00':
        raise Refused("csv.delimiter_unknown")
    return delimiter


def _consistency(sample: list[str], delimiter: str) -> tuple[float, int]:
    """Judge a delimiter by the share of records that have the commonest number of columns, then by that number."""
    try:
        records = list(islice(csv.reader(sample, delimiter=delimiter), _SAMPLE_RECORDS))
    except csv.Error:
        return (0, 0)
    widths = [len(record) for record in records if any(record)]
    wide = [width for width in widths if width > 1]
    if not wide:
        return (0, 0)
    usual = mode(wide)
    share = sum(width == usual for width in widths) / len(widths)
    return (round(share, 1), usual)


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[list[str], CellFault | None]]:
    """Yield each record with the fault that the whole of it has, if any."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _broken(lines, delimiter)
            continue
        if len(lines.record) > 1:
            found = _run_together(lines, cells, delimiter)
            if found and lines.ended:
                lines.give_back()
            yield cells if not (found and lines.ended) else [lines.record[0]], found
        else:
            yield cells, None


def _broken(lines: _Lines, delimiter: str) -> tuple[list[str], CellFault]:
    """Answer for a record that the csv module gave up on: a lone CR, or a quote that never closes."""
    if len(lines.record) > 1 or len(lines.record[0]) > _FIELD_LIMIT:
        found = _unclosed(lines)
        lines.give_back()
        return [lines.record[0].rstrip("\r\n")[:MAX_TEXT]], found
    text = lines.record[0].rstrip("\r\n").replace("\r", " ")
    return next(csv.reader([text], delimiter=delimiter), []), fault("row.lone_cr", text)


def _unclosed(lines: _Lines) -> CellFault:
    first = lines.before + 1
    return fault("row.unclosed_quote", lines.record[0], first=first, last=lines.before + len(lines.record))


def _run_together(lines: _Lines, cells: list[str], delimiter: str) -> CellFault | None:
    """Find the fault of a record over several lines whose quote was not meant to span them.

    At the end of the file an odd number of quotes gives it away; before, a cell that holds as many delimiters in one of
    its lines as a record has.
    """
    if lines.ended and sum(line.count('"') for line in lines.record) % 2:
        return _unclosed(lines)
    separators = max(len(cells) - 1, 2)
    for cell in cells:
        if "\n" in cell and any(line.count(delimiter) >= separators for line in cell.split("\n")):
            return _unclosed(lines)
    return None


def _cell(text: str, encoding: str) -> Cell:
    """Make the cell of a text that may hold something bad; ``="051000"`` is how exports keep Excel from counting."""
    bad = BAD.search(text)
    if bad:
        params: dict[str, Any] = {"position": bad.start() + 1, "encoding": encoding}
        guess = likely_text(text, encoding)
        shown = BAD.sub("\ufffd", text)
        if guess:
            return fault("cell.undecodable_guess", shown, guess=guess[:60], **params)
        return fault("cell.undecodable", shown, **params)
    as_text = _AS_TEXT.fullmatch(text)
    return checked_text(as_text.group(1) if as_text else text)
