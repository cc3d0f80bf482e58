"""From the rows of a parser to rows of data: heading found, blank rows left out, totals, merges and ragged rows noted.

The same for every format. Runs in the child process; what it yields goes over the wire as plain lists.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from imports.reading.cells import Cell, CellFault, RawRow, Refused, fault, is_blank
from imports.reading.headingrows import LOOKED_AT, combine, guess, is_total, label
from imports.reading.results import Headings
from imports.reading.surveys import Range, Survey

PREVIEW_ROWS = 20
#: A row of data on the wire: number, cells, note.
WireRow = list[Any]


class Sheet(Protocol):
    """What a book says of a sheet."""

    name: str
    hidden: bool


class Book(Protocol):
    """What every parser offers. ``ragged_is_fault``: a value beyond the heading means that others have shifted."""

    kind: str
    encoding: str | None
    delimiter: str | None
    warnings: list[tuple[str, dict[str, Any]]]
    ragged_is_fault: bool
    sheets: Sequence[Sheet]

    def survey(self, index: int) -> Survey:
        """Return counts and merged ranges of a sheet."""

    def rows(self, index: int) -> Iterator[RawRow]:
        """Yield the rows of a sheet that are not empty."""


def sheet_index(book: Book, name: str | None) -> int:
    """Return the place of the sheet called ``name``, or of the first that is visible; raises Refused."""
    if name is None:
        return next((place for place, sheet in enumerate(book.sheets) if not sheet.hidden), 0)
    for place, sheet in enumerate(book.sheets):
        if sheet.name == name:
            return place
    raise Refused("sheet.missing", name=name, names="、".join(sheet.name for sheet in book.sheets)[:500])


def heading_of(book: Book, index: int, wanted: Sequence[int] | None) -> Headings:
    """Return the heading in the rows ``wanted``, or the guessed one; raises Refused for an empty sheet."""
    merged = book.survey(index).merged
    if wanted is None:
        rows = _first_rows(book, index)
        if not rows:
            raise Refused("sheet.empty", name=book.sheets[index].name)
        wanted = guess(rows, merged)
    else:
        rows = [row for row in _rows_until(book, index, max(wanted, default=0)) if row.number in wanted]
    return combine([row for row in rows if row.number in wanted], merged)


def _first_rows(book: Book, index: int) -> list[RawRow]:
    return list(islice((row for row in book.rows(index) if not is_blank(row.cells)), LOOKED_AT))


def _rows_until(book: Book, index: int, last: int) -> Iterator[RawRow]:
    for row in book.rows(index):
        if row.number > last:
            return
        yield row


def data_rows(book: Book, index: int, headings: Headings, after: int) -> Iterator[tuple[WireRow, int]]:
    """Yield every row below row ``after`` with its weight in characters; blank rows are left out."""
    width = len(headings.labels)
    ragged = book.ragged_is_fault and width > 0
    merges = _Merges(book.survey(index).merged)
    for number, cells, extra, weight in book.rows(index):
        if number <= after:
            continue
        note = dict(extra) if extra else {}
        if len(cells) > width:
            _trim(cells, width)
            if ragged and len(cells) > width:
                found = fault("row.ragged", _shown(cells), found=len(cells), expected=width)
                note["faults"] = [*note.get("faults", ()), found]
        if len(cells) < width:
            cells.extend([None] * (width - len(cells)))
        if _is_empty(cells, note):
            continue
        if is_total(cells):
            note["total"] = True
        if _repeats(cells, headings):
            note["heading"] = True
        if merges:
            followers = merges.followers(number, cells)
            if followers:
                note["merged"] = followers
        yield [number, cells, note or None], weight


def _is_empty(cells: list[Cell], note: dict[str, Any]) -> bool:
    """Say whether a row holds nothing at all, not even a fault of the whole row."""
    first = cells[0] if cells else None
    if first is not None and (type(first) is not str or first.strip()):
        return False
    return "faults" not in note and is_blank(cells)


def _trim(cells: list[Cell], width: int) -> None:
    """Take empty cells off the end, down to the width of the heading."""
    while len(cells) > width and (cells[-1] is None or (type(cells[-1]) is str and not cells[-1].strip())):
        cells.pop()


def _shown(cells: list[Cell]) -> str:
    texts = (cell.raw if isinstance(cell, CellFault) else cell for cell in cells[:50])
    return " | ".join("" if each is None else str(each) for each in texts)


def _repeats(cells: list[Cell], headings: Headings) -> bool:
    """Say whether a row is the heading once more, as printed reports have it on every page."""
    labels = headings.labels
    if len(labels) < 2 or type(cells[0]) is not str and cells[0] is not None:
        return False
    return label(cells[0]) == labels[0] and all(map(_same_label, cells, labels))


def _same_label(cell: Cell, text: str) -> bool:
    return label(cell) == text


class _Merges:
    """The merged ranges of a sheet, asked row by row downwards."""

    def __init__(self, merged: Sequence[Range]):
        self._waiting = sorted(merged, reverse=True)
        self._open: list[Range] = []

    def __bool__(self) -> bool:
        return bool(self._waiting or self._open)

    def followers(self, number: int, cells: list[Cell]) -> list[int]:
        """Return the columns of this row that lie in a merged range but are not its first cell; their cells become None."""
        while self._waiting and self._waiting[-1][0] <= number:
            self._open.append(self._waiting.pop())
        self._open = [found for found in self._open if found[2] >= number]
        columns = set()
        for top, left, _bottom, right in self._open:
            columns.update(range(left + 1 if top == number else left, min(right + 1, len(cells))))
        for column in columns:
            cells[column] = None
        return sorted(columns)
