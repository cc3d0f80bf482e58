"""Reads a file in this process, without the child: the same parsers and tables, but faster and easier to look into."""

from pathlib import Path
from typing import Any

from imports.reading import tables, wire
from imports.reading.books import describe, open_book
from imports.reading.cells import Row
from imports.reading.results import Headings


def book(path: Path, **choice: Any) -> tables.Book:
    """Open a file as the child does."""
    return open_book(str(path), choice.get("filename") or str(path), choice.get("encoding"), choice.get("delimiter"))


def sheet(path: Path, sheet: str | None = None, heading_row: Any = None, **choice: Any) -> tuple[Headings, list[Row]]:
    """Return the heading and the rows of data of one sheet."""
    opened = book(path, **choice)
    index = tables.sheet_index(opened, sheet)
    headings = tables.heading_of(opened, index, heading_row)
    after = max([*headings.rows, *(heading_row or ())], default=0)
    return headings, [wire.row_from(found) for found, _weight in tables.data_rows(opened, index, headings, after)]


def rows(path: Path, **choice: Any) -> list[Row]:
    """Return the rows of data of one sheet."""
    return sheet(path, **choice)[1]


def cells(path: Path, **choice: Any) -> list[list[Any]]:
    """Return the cells of all rows, no row being taken for a heading."""
    return [found.cells for found in rows(path, heading_row=(), **choice)]


def description(path: Path, **choice: Any) -> dict[str, Any]:
    """Return what ``inspect`` is made of."""
    return describe(book(path, **choice), choice.get("filename") or str(path))
