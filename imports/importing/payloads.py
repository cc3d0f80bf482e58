"""Rows and findings as one sealed block of bytes: JSON, compressed, encrypted.

What lives here: packing and unpacking. What does not: what the rows mean. Everything that a file holds may be sensitive, so
nothing of it stands readable in the database.
"""

import json
import zlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import numpy as np

from erp_site.shared.crypto import decrypt_bytes, encrypt_bytes

from ..reading.cells import CellFault, Row, RowNote

ROWS, FINDINGS, INSPECTION = "import.rows", "import.findings", "import.inspection"

# Level 1: a fifth of the time of the default for nine tenths of its effect.
_LEVEL = 1


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, CellFault):
        return {"f": [value.code, value.raw, dict(value.params)]}
    raise TypeError(type(value).__name__)


def _typed(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if "d" in found:
            return date.fromisoformat(found["d"])
        if "t" in found:
            return datetime.fromisoformat(found["t"])
        if "f" in found:
            return CellFault(*found["f"])
    return found


def pack(content: Any, context: str) -> bytes:
    """Seal plain data, dates, moments and cell faults."""
    text = json.dumps(content, ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_plain)
    return encrypt_bytes(zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL), context)


def unpack(sealed: bytes, context: str) -> Any:
    """The inverse of ``pack``; raises UnreadableValue."""
    text = zlib.decompress(decrypt_bytes(sealed, context)).decode("utf-8", "surrogatepass")
    return json.loads(text, object_hook=_typed)


def pack_rows(rows: Iterable[Row]) -> bytes:
    """Seal rows of a sheet."""
    return pack([(row.number, row.cells, _note(row.note)) for row in rows], ROWS)


def unpack_rows(sealed: bytes) -> list[Row]:
    """The rows as they were read."""
    return [Row(number, cells, note and RowNote(*_tuples(note))) for number, cells, note in unpack(sealed, ROWS)]


def _note(note: RowNote | None) -> list[Any] | None:
    if note is None:
        return None
    return [note.is_total, note.is_hidden, note.is_heading, note.merged, note.formulas, note.faults]


def _tuples(values: list[Any]) -> list[Any]:
    return [tuple(value) if type(value) is list else value for value in values]


def pack_keys(keys: np.ndarray, rows: np.ndarray) -> bytes:
    """Keyed hashes and their row numbers; they tell nothing by themselves, so they are not encrypted."""
    return keys.astype("<u8").tobytes() + rows.astype("<u4").tobytes()


def unpack_keys(stored: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of ``pack_keys``."""
    count = len(stored) // 12
    block = bytes(stored)
    return np.frombuffer(block, "<u8", count), np.frombuffer(block, "<u4", count, offset=count * 8)
