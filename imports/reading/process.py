"""The parent's side of reading: starts the limited child, takes its frames, and tells its end from its failure.

Used through ``imports.reading``. A file can end the child, never this process.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from erp_site.shared.errors import BusinessError
from imports.reading import wire
from imports.reading.cells import Row
from imports.reading.messages import TEXTS, sentence
from imports.reading.results import FileInfo, Headings, Notice, SheetInfo

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_MEGABYTE = 1024 * 1024
#: What the interpreter, its parsers and their buffers need before any file.
_MEMORY_BASE = 320 * _MEGABYTE
_MEMORY_MOST = 1_280 * _MEGABYTE
_SECONDS_BASE, _SECONDS_MOST = 20, 900
#: What a child may take from this process's environment: where programs and libraries are, and nothing else.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TZ")


class UnreadableFile(BusinessError):
    """The file cannot be read, or no further; ``message`` says why and ``remedy`` what to do, ``code`` is stable."""

    code = "file.unreadable"

    def __init__(self, code: str, params: dict[str, Any] | None = None):
        message, remedy = sentence(code, params)
        super().__init__(message, code=code, remedy=remedy)


def inspect(
    path: str | os.PathLike[str],
    filename: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> FileInfo:
    """Look at a file: what it is, its sheets, their guessed headings and first rows.

    ``filename`` is the name that the user gave the file, where ``path`` is a temporary one; ``encoding`` and ``delimiter`` are
    the user's choice for a text file. Raises UnreadableFile.
    """
    return _info_from(_ask("inspect", path, filename, encoding=encoding, delimiter=delimiter))


def headings(
    path: str | os.PathLike[str],
    sheet: str | None = None,
    heading_row: int | Sequence[int] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    filename: str | None = None,
) -> Headings:
    """Return the labels in ``heading_row`` (one or two row numbers; guessed when None). Raises UnreadableFile."""
    rows = _row_numbers(heading_row)
    found = _ask("headings", path, filename, sheet=sheet, heading_row=rows, encoding=encoding, delimiter=delimiter)
    with _trusting():
        return _headings_from(found)


def read(
    path: str | os.PathLike[str],
    sheet: str | None = None,
    heading_row: int | Sequence[int] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    batch_size: int = 1000,
    filename: str | None = None,
) -> Generator[list[Row], None, None]:
    """Yield the rows below the heading in batches of at most ``batch_size``; blank rows are left out.

    ``sheet`` None is the first visible one; ``heading_row`` is one or two row numbers, ``()`` for a sheet without heading,
    None to guess. Every row has at least as many cells as the heading has labels. Total rows come with a note, rows that
    cannot be split reliably with ``note.faults``. Closing the generator ends the child. Raises UnreadableFile, also in
    the middle.
    """
    rows = _row_numbers(heading_row)
    ask = {"sheet": sheet, "heading_row": rows, "encoding": encoding, "delimiter": delimiter, "batch_size": batch_size}
    with _child("read", path, filename, **ask) as stream:
        for tag, content in _frames(stream):
            with _trusting():
                if tag != wire.ROWS:
                    raise wire.BrokenFrame
                batch = [wire.row_from(row) for row in content]
            yield batch


def _row_numbers(heading_row: int | Sequence[int] | None) -> list[int] | None:
    if heading_row is None:
        return None
    return [heading_row] if isinstance(heading_row, int) else sorted(heading_row)


def _ask(ask: str, path: str | os.PathLike[str], filename: str | None, **more: Any) -> Any:
    """Return the one answer to a request that has one."""
    with _child(ask, path, filename, **more) as stream:
        answers = [content for tag, content in _frames(stream) if tag == wire.INFO]
    if len(answers) != 1:
        raise UnreadableFile("child.crashed")
    return answers[0]


@contextmanager
def _child(ask: str, path: str | os.PathLike[str], filename: str | None, **more: Any) -> Iterator[BinaryIO]:
    """Run a child for one request and give its output; it is gone, however the block is left.

    A pipe that ends too early is explained by how the child ended.
    """
    path = os.path.abspath(path)
    if not os.path.isfile(path):
        raise UnreadableFile("file.missing")
    request = {"ask": ask, "path": path, "filename": filename or path, **limits(path)}
    for name in ("sheet", "heading_row", "encoding", "delimiter", "batch_size"):
        request[name] = more.get(name)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-E", "-s", "-m", "imports.reading.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    try:
        with process.stdin as pipe:
            pipe.write(json.dumps(request).encode())
        yield process.stdout
    except (wire.BrokenFrame, BrokenPipeError):
        process.stdout.close()
        code = _exit_code(process)
        logger.warning("reading a file ended the child", extra={"exit_code": code, "ask": ask})
        raise UnreadableFile(_reason(code)) from None
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def limits(path: str) -> dict[str, int]:
    """Return the memory (bytes of address space) and processor time (seconds) that a file of this size may take."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        packed = file.read(2) in (b"PK", b"\xd0\xcf")
    megabytes = size // _MEGABYTE
    return {
        "memory": min(_MEMORY_BASE + (8 * size if packed else 0), _MEMORY_MOST),
        "seconds": min(_SECONDS_BASE + megabytes * (8 if packed else 1), _SECONDS_MOST),
    }


def _exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """Return how the child ended; None for one that sent nonsense and still runs."""
    try:
        return process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return None


def _reason(exit_code: int | None) -> str:
    """Tell from its exit code why a child stopped in the middle: a signal is negative."""
    if exit_code == -signal.SIGXCPU:
        return "child.time"
    # Out of memory: a Rust parser aborts, the kernel kills.
    return "child.memory" if exit_code in (-signal.SIGKILL, -signal.SIGABRT) else "child.crashed"


def _frames(stream: BinaryIO) -> Iterator[tuple[bytes, Any]]:
    """Yield the frames up to the end; raises UnreadableFile for a refusal, BrokenFrame where the child stopped short."""
    while True:
        frame = wire.receive(stream)
        if frame is None:
            raise wire.BrokenFrame
        tag, content = frame
        if tag == wire.END:
            return
        if tag == wire.ERROR:
            with _trusting():
                code, params = content
                if code not in TEXTS:
                    raise wire.BrokenFrame
                refusal = UnreadableFile(code, params)
            raise refusal
        yield tag, content


@contextmanager
def _trusting() -> Iterator[None]:
    """Treat an answer of the wrong shape as a broken frame: the child may have been talked into anything."""
    try:
        yield
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise wire.BrokenFrame from error


def _info_from(found: dict[str, Any]) -> FileInfo:
    try:
        return FileInfo(
            kind=found["kind"],
            encoding=found["encoding"],
            delimiter=found["delimiter"],
            warnings=tuple(Notice(code, params) for code, params in found["warnings"]),
            sheets=tuple(_sheet_from(sheet) for sheet in found["sheets"]),
        )
    except (TypeError, ValueError, KeyError) as error:
        raise UnreadableFile("child.crashed") from error


def _sheet_from(found: dict[str, Any]) -> SheetInfo:
    plain = {name: value for name, value in found.items() if name not in ("headings", "preview")}
    preview = tuple(wire.row_from(row) for row in found["preview"])
    return SheetInfo(**plain, headings=_headings_from(found["headings"]), preview=preview)


def _headings_from(found: list[Any]) -> Headings:
    rows, labels, duplicates = found
    return Headings(tuple(rows), tuple(labels), {label: tuple(places) for label, places in duplicates.items()})
