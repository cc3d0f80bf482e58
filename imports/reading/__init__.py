"""Reading spreadsheet files safely and truthfully: every file is parsed in a limited child process.

``inspect`` looks at a file, ``headings`` reads its heading, ``read`` yields its rows in batches; all raise
``UnreadableFile``. What a cell may be stands in ``cells``. Nothing here knows customers, fields or the database.

The names are looked up when they are asked for, because the child imports this package too and must start without Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imports.reading.cells import Cell, CellFault, Row, RowNote
    from imports.reading.encodings import ENCODINGS
    from imports.reading.process import UnreadableFile, headings, inspect, read
    from imports.reading.results import FileInfo, Headings, Notice, SheetInfo

__all__ = [
    "ENCODINGS",
    "Cell",
    "CellFault",
    "FileInfo",
    "Headings",
    "Notice",
    "Row",
    "RowNote",
    "SheetInfo",
    "UnreadableFile",
    "headings",
    "inspect",
    "read",
]

_HOMES = {
    "imports.reading.cells": ("Cell", "CellFault", "Row", "RowNote"),
    "imports.reading.encodings": ("ENCODINGS",),
    "imports.reading.process": ("UnreadableFile", "headings", "inspect", "read"),
    "imports.reading.results": ("FileInfo", "Headings", "Notice", "SheetInfo"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(name)
