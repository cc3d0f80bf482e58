"""Opening a zip container without trusting it: limits on parts, names, sizes and ratio before anything is inflated.

``zipfile`` never hands out more of a part than the directory declares and checks its sum at the end, so a directory that
lies about a size ends as a damaged file, and the declared sizes checked here are real bounds. What the parts mean is
``xlsxparts``' business.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.parsers import expat

from imports.reading.cells import Refused

MEGABYTE = 1024 * 1024
MAX_FILE = 256 * MEGABYTE
MAX_ENTRIES = 2_000
MAX_UNPACKED = 2_000 * MEGABYTE
MAX_RATIO = 100
#: Below this a high ratio does no harm, and small sheets of equal cells do compress that well.
RATIO_MATTERS = 20 * MEGABYTE
CHUNK = 256 * 1024
#: A segment grows to this while its closing tag is looked for, then goes on as it is.
MAX_CARRY = 8 * MEGABYTE

_END = struct.Struct("<4s4H2LH")
_END_TAIL = 65_535 + _END.size
#: Bytes of directory per entry beyond which names or comments are not what a spreadsheet writes.
_DIRECTORY_SHARE = 1_024

#: What reading a broken container may raise; all of it means that the file is damaged.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, NotImplementedError, UnicodeDecodeError)


def open_archive(path: str) -> zipfile.ZipFile:
    """Open the container at ``path`` after all checks; raises Refused."""
    size = os.path.getsize(path)
    if size > MAX_FILE:
        raise Refused("file.too_big", size=size // MEGABYTE, limit=MAX_FILE // MEGABYTE)
    _check_directory_size(path, size)
    with reading():
        archive = zipfile.ZipFile(path)
    _check_entries(archive.infolist())
    return archive


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever a broken container or broken XML raises into ``Refused("file.damaged")``."""
    try:
        yield
    except expat.ExpatError as error:
        raise Refused("file.damaged") from error
    except DAMAGE as error:
        raise Refused("file.damaged") from error


def _check_directory_size(path: str, size: int) -> None:
    """Refuse a directory too long to be read in good time, before ``zipfile`` reads it whole."""
    with open(path, "rb") as file:
        file.seek(max(0, size - _END_TAIL))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Refused("file.damaged")
    count, directory_bytes = _END.unpack_from(tail, at)[4:6]
    if count > MAX_ENTRIES:  # 65535 stands for "see the zip64 record", which means more than that
        raise Refused("zip.entries", count=count, limit=MAX_ENTRIES)
    if directory_bytes > MAX_ENTRIES * _DIRECTORY_SHARE:
        raise Refused("zip.entries", count=directory_bytes // 46, limit=MAX_ENTRIES)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Refused("zip.entries", count=len(entries), limit=MAX_ENTRIES)
    seen = set()
    total = 0
    for entry in entries:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\x00" in entry.orig_filename:
            raise Refused("zip.names")
        if name.lower() in seen:
            raise Refused("zip.names")
        seen.add(name.lower())
        if entry.flag_bits & 0x1:
            raise Refused("file.encrypted")
        total += entry.file_size
        if entry.file_size > RATIO_MATTERS and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Refused("zip.ratio", ratio=entry.file_size // max(entry.compress_size, 1))
    if total > MAX_UNPACKED:
        raise Refused("zip.unpacked", size=total // MEGABYTE, limit=MAX_UNPACKED // MEGABYTE)


class SafeParser:
    """An XML parser that refuses a DOCTYPE, and with it every entity of the document's own, and endless tags.

    ``expat`` takes the handlers; ``push`` takes the bytes. What a push completes has been handled when it returns.
    """

    def __init__(self) -> None:
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.buffer_size = 64 * 1024
        self.expat.StartDoctypeDeclHandler = self._refuse
        if hasattr(self.expat, "SetReparseDeferralEnabled"):  # newer versions of expat may hold back what is complete
            self.expat.SetReparseDeferralEnabled(False)
        self._pushed = 0

    @staticmethod
    def _refuse(*_declaration: object) -> None:
        raise Refused("xml.doctype")

    def push(self, data: bytes) -> None:
        """Parse some more; refuses a single tag longer than a megabyte, whose end would be looked for again and again."""
        try:
            self.expat.Parse(data, False)
        except LookupError as error:  # this is how expat reports an encoding that it does not know
            if type(error) is not LookupError:
                raise
            raise Refused("file.damaged") from error
        self._pushed += len(data)
        if self._pushed - self.expat.CurrentByteIndex > MEGABYTE + len(data):
            raise Refused("file.damaged")

    def finish(self) -> None:
        """Say that the document ends here; raises ExpatError when it is not complete."""
        self.expat.Parse(b"", True)


def segments(stream: BinaryIO, closing: bytes) -> Iterator[bytes]:
    """Yield the stream in segments that end with the tag ``closing`` where it occurs, the rest as the last segment."""
    carry = b""
    while chunk := stream.read(CHUNK):
        carry += chunk
        at = carry.rfind(closing)
        if at >= 0:
            at += len(closing)
            yield carry[:at]
            carry = carry[at:]
        elif len(carry) > MAX_CARRY:
            yield carry
            carry = b""
    yield carry
