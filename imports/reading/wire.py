"""How the child process tells the parent what it read: frames of a tag, a length and JSON.

JSON and not pickle or marshal, because the child handles hostile files: whatever it has been talked into sending, the
parent can only get numbers, texts and the few types below. Knows nothing of processes or files' formats.
"""

import json
import struct
from datetime import date, datetime
from typing import Any, BinaryIO

from imports.reading.cells import CellFault, Row, RowNote

ROWS, INFO, ERROR, END = b"R", b"I", b"E", b"Z"

#: A frame that claims more is not ours; a frame of rows is cut at about a fiftieth of this.
MAX_FRAME = 256 * 1024 * 1024
_HEADER = struct.Struct(">cI")


class BrokenFrame(Exception):
    """The other side closed the pipe in the middle of a frame, or sent something that is none."""


def _freeze(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, CellFault):
        return {"f": [value.code, value.raw, dict(value.params)]}
    raise TypeError(type(value).__name__)


def _thaw(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if "d" in found:
            return date.fromisoformat(found["d"])
        if "t" in found:
            return datetime.fromisoformat(found["t"])
        if "f" in found:
            code, raw, params = found["f"]
            return CellFault(code, raw, params)
    return found


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_freeze).encode


def send(stream: BinaryIO, tag: bytes, content: Any) -> None:
    """Write one frame and flush it."""
    body = _encode(content).encode()
    stream.write(_HEADER.pack(tag, len(body)))
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[bytes, Any] | None:
    """Read one frame as ``(tag, content)``; None at the end of the stream. Raises BrokenFrame."""
    header = stream.read(_HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise BrokenFrame
    tag, length = _HEADER.unpack(header)
    if length > MAX_FRAME:
        raise BrokenFrame
    body = stream.read(length)
    if len(body) < length:
        raise BrokenFrame
    try:
        return tag, json.loads(body, object_hook=_thaw)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenFrame from error


def row_from(content: list[Any]) -> Row:
    """Build a Row from ``[number, cells, note]`` as it came over the wire."""
    number, cells, note = content
    return Row(number, cells, None if note is None else _note_from(note))


def _note_from(note: dict[str, Any]) -> RowNote:
    return RowNote(
        is_total=bool(note.get("total")),
        is_hidden=bool(note.get("hidden")),
        is_heading=bool(note.get("heading")),
        merged=tuple(note.get("merged", ())),
        formulas=tuple(note.get("formulas", ())),
        faults=tuple(note.get("faults", ())),
    )
