"""What a read cell may be, and what a row of them carries: the contract between every parser and the rest of the product.

A cell is a plain value (``None``, ``str``, ``int``, ``float``, ``bool``, ``date``, ``datetime``) or a ``CellFault``: content
that must not be taken silently. Here also stand the checks that every parser shares. Number formats stand in
``numberformats``; what a value means for a field is decided by the importer's rules, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from imports.reading.messages import sentence

#: Excel's own limit of characters in one cell.
MAX_TEXT = 32_767
#: Excel's own limit of rows, for numbers found in a file.
MAX_ROWS = 1_048_576
#: Columns that are read; a cell with content beyond is refused, because no customer list is that wide.
MAX_COLUMNS = 1_000
#: How much of a bad value is kept to be shown.
RAW_SHOWN = 200


class Refused(Exception):
    """A parser will not go on with this file; ``code`` and ``params`` find their sentence in ``messages``."""

    def __init__(self, code: str, **params: Any):
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class CellFault:
    """A cell whose content is known to be wrong or lost; ``raw`` is what stood in the file, cut to 200 characters."""

    code: str
    raw: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """What is wrong with the cell, in the active language."""
        return sentence(self.code, self.params)[0]

    @property
    def suggestion(self) -> str:
        """What the user can do about it, in the active language."""
        return sentence(self.code, self.params)[1]

    def __str__(self) -> str:
        return self.message


Cell = None | str | int | float | bool | date | datetime | CellFault


@dataclass(frozen=True)
class RowNote:
    """What is special about a row. Columns are 0-based indexes into the row's cells."""

    is_total: bool = False
    is_hidden: bool = False
    is_heading: bool = False
    merged: tuple[int, ...] = ()
    formulas: tuple[int, ...] = ()
    faults: tuple[CellFault, ...] = ()


class Row(NamedTuple):
    """One row of data: the sheet's own 1-based row number, its cells, and a note where something is special."""

    number: int
    cells: list[Cell]
    note: RowNote | None = None


class RawRow(NamedTuple):
    """A row as a parser found it, before headings, totals and merges are considered.

    ``extra`` holds ``hidden`` (bool), ``formulas`` (column indexes), ``faults`` (list of CellFault) where they apply;
    ``weight`` is the number of characters in it, so that a batch can be kept small.
    """

    number: int
    cells: list[Cell]
    extra: dict[str, Any] | None
    weight: int


def fault(code: str, raw: str = "", **params: Any) -> CellFault:
    """Make a CellFault with ``raw`` cut to what is shown."""
    return CellFault(code, raw[:RAW_SHOWN], params)


def checked_text(text: str) -> Cell:
    """Return ``text``, ``None`` when it is empty, or the fault of a text that is too long or was damaged before."""
    if not text:
        return None
    if len(text) > MAX_TEXT:
        return fault("cell.too_long", text, length=len(text))
    if "\x00" in text:
        return fault("cell.nul", text.replace("\x00", "␀"), position=text.index("\x00") + 1)
    for sign in DAMAGE:
        if sign in text:
            return fault("cell.damaged_text", text, sign=sign)
    return text


#: What is left when text went through a wrong encoding: the replacement character, and its UTF-8 bytes read as GBK.
DAMAGE = ("\ufffd", "锟斤拷")


def is_blank(cells: list[Cell]) -> bool:
    """Say whether no cell of the row holds anything but white space."""
    return all(cell is None or (type(cell) is str and not cell.strip()) for cell in cells)


def column_letters(index: int) -> str:
    """Return Excel's name of the 0-based column ``index``: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the 0-based index of Excel's column name; raises ValueError for what is none."""
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise ValueError(letters)
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
