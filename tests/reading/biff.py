"""A small writer of .xls files: BIFF8 records in an OLE container, enough to write every cell that the reader must tell."""

import struct
from collections.abc import Iterable
from pathlib import Path

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SECTOR = 512


def record(kind: int, data: bytes = b"") -> bytes:
    """One record."""
    return struct.pack("<HH", kind, len(data)) + data


def _wide(value: str, count: str = "<H") -> bytes:
    return struct.pack(count, len(value)) + b"\x01" + value.encode("utf-16-le")


def begin(kind: int) -> bytes:
    """The BOF of a globals (5) or sheet (0x10) part."""
    return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0x06))


def label(row: int, column: int, index: int) -> bytes:
    """A cell that points to a shared string."""
    return record(0x00FD, struct.pack("<HHHI", row, column, 0, index))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A number as a double."""
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def packed(row: int, column: int, value: int, style: int = 0) -> bytes:
    """A whole number in the packed form."""
    return record(0x027E, struct.pack("<HHHi", row, column, style, value << 2 | 2))


def packed_run(row: int, column: int, values: Iterable[int]) -> bytes:
    """Several packed hundredths side by side."""
    body = b"".join(struct.pack("<Hi", 0, value << 2 | 3) for value in values)
    last = column + len(body) // 6 - 1
    return record(0x00BD, struct.pack("<HH", row, column) + body + struct.pack("<H", last))


def error(row: int, column: int, code: int) -> bytes:
    """An error value."""
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def boolean(row: int, column: int, value: bool) -> bytes:
    """A truth value."""
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, value, 0))


def formula(row: int, column: int, result: bytes) -> bytes:
    """A formula with its stored result of eight bytes."""
    return record(0x0006, struct.pack("<HHH", row, column, 0) + result + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00")


def row_record(row: int, hidden: bool) -> bytes:
    """The properties of a row."""
    return record(0x0208, struct.pack("<HHHHHHI", row, 0, 3, 255, 0, 0, 0x100 | (0x20 if hidden else 0)))


def hidden_column(column: int) -> bytes:
    """A hidden column."""
    return record(0x007D, struct.pack("<HHHHHH", column, column, 2048, 0, 1, 0))


def merged(*ranges: tuple[int, int, int, int]) -> bytes:
    """Merged ranges as (top, bottom, left, right), all 0-based."""
    return record(0x00E5, struct.pack("<H", len(ranges)) + b"".join(struct.pack("<4H", *each) for each in ranges))


def workbook(
    sheets: dict[str, bytes],
    strings: list[str],
    formats: Iterable[int | str] = (),
    *,
    date1904: bool = False,
    hidden: Iterable[str] = (),
    password: bool = False,
) -> bytes:
    """The stream of a workbook: sheets by name, shared strings, and styles 1, 2, … with these number formats."""
    head = begin(5)
    if password:
        head += record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    head += record(0x0042, struct.pack("<H", 1200)) + record(0x0022, struct.pack("<H", date1904))
    codes, styles = b"", record(0x00E0, struct.pack("<HH", 0, 0) + bytes(16))
    for place, each in enumerate(formats):
        if isinstance(each, str):
            codes += record(0x041E, struct.pack("<H", 164 + place) + _wide(each))
        format_id = each if isinstance(each, int) else 164 + place
        styles += record(0x00E0, struct.pack("<HH", 0, format_id) + bytes(16))
    head += codes + styles
    table = struct.pack("<II", len(strings), len(strings)) + b"".join(_wide(each) for each in strings)
    tail = record(0x00FC, table) + record(0x000A)
    bodies = [begin(0x10) + body + record(0x000A) for body in sheets.values()]
    names = [_wide(name, "<B") for name in sheets]
    offset = len(head) + sum(len(name) + 10 for name in names) + len(tail)
    listed = b""
    for name, key, body in zip(names, sheets, bodies, strict=True):
        listed += record(0x0085, struct.pack("<IBB", offset, key in set(hidden), 0) + name)
        offset += len(body)
    return head + listed + tail + b"".join(bodies)


def ole(path: Path, streams: dict[str, bytes]) -> Path:
    """An OLE container of up to some 100 kB with these streams."""
    contents = {name: data.ljust(max(4096, -(-len(data) // SECTOR) * SECTOR), b"\0") for name, data in streams.items()}
    table, sectors, starts = [FAT], b"", {}
    for name, data in contents.items():
        starts[name] = len(table)
        count = len(data) // SECTOR
        table += [*range(len(table) + 1, len(table) + count), END]
        sectors += data
    directory = _entry("Root Entry", 5, END, 0, child=1)
    for place, (name, data) in enumerate(contents.items(), 1):
        following = place + 1 if place < len(contents) else FREE
        directory += _entry(name, 2, starts[name], len(data), right=following)
    directory = directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0")
    first = len(table)
    table += [*range(first + 1, first + len(directory) // SECTOR), END]
    if len(table) > SECTOR // 4:
        raise ValueError("more than one sector of table is not written here")
    table += [FREE] * (SECTOR // 4 - len(table))
    header = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
                         0, 1, first, 0, 4096, END, 0, END, 0)  # fmt: skip
    header += struct.pack("<109I", 0, *[FREE] * 108)
    path.write_bytes(header + struct.pack(f"<{SECTOR // 4}I", *table) + sectors + directory)
    return path


def _entry(name: str, kind: int, start: int, size: int, right: int = FREE, child: int = FREE) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII16xI8x8xIQ", raw, len(raw), kind, 1, FREE, right, child, 0, start, size)


def xls(
    path: Path, sheets: dict[str, bytes], strings: list[str], formats: Iterable[int | str] = (), **more: object
) -> Path:
    """An .xls file."""
    return ole(path, {"Workbook": workbook(sheets, strings, formats, **more)})
