"""What looking at a file answers: its kind, its sheets, their headings and first rows. Plain data, no reading here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imports.reading.cells import Row
from imports.reading.messages import sentence


@dataclass(frozen=True)
class Notice:
    """Something the user should know about a file that can be read all the same."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The notice in the active language."""
        return sentence(self.code, self.params)[0]

    @property
    def remedy(self) -> str:
        """What the user can do about it; may be empty."""
        return sentence(self.code, self.params)[1]


@dataclass(frozen=True)
class Headings:
    """The heading of a sheet: its row numbers (none, one or two) and one label per column, ``""`` where there is none.

    ``duplicates`` maps a label that stands over several columns to their 0-based indexes.
    """

    rows: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    duplicates: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class SheetInfo:
    """One sheet as the user chooses it. ``rows_estimate`` counts all rows with content, title and heading included."""

    name: str
    hidden: bool
    rows_estimate: int
    columns: int
    hidden_rows: int
    hidden_columns: int
    merged_ranges_count: int
    headings: Headings
    preview: tuple[Row, ...]

    @property
    def heading_row(self) -> tuple[int, ...]:
        """The guessed heading row numbers, as ``read`` takes them."""
        return self.headings.rows


@dataclass(frozen=True)
class FileInfo:
    """A file as it was recognised. ``kind`` is xlsx, xlsm, xls or csv; encoding and delimiter are set for csv only."""

    kind: str
    encoding: str | None
    delimiter: str | None
    warnings: tuple[Notice, ...]
    sheets: tuple[SheetInfo, ...]
