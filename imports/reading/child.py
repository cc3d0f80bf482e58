"""The child process that opens foreign files: ``python -m imports.reading.child``, a request on stdin, frames on stdout.

It limits itself before it imports a parser, so that a hostile or enormous file ends this process and nothing else. It
has no settings, no database, no secrets. The other end is ``process``.
"""

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from imports.reading import wire
from imports.reading.cells import Refused

#: Characters after which a frame of rows is sent although it is not full.
FRAME_WEIGHT = 2_000_000
MEGABYTE = 1024 * 1024


def main() -> int:
    """Answer one request; returns the exit code."""
    request = json.load(sys.stdin)
    limit(request["memory"], request["seconds"])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    try:
        answer(request, out)
        wire.send(out, wire.END, None)
    except Refused as refusal:
        wire.send(out, wire.ERROR, [refusal.code, refusal.params])
    except MemoryError:
        wire.send(out, wire.ERROR, ["child.memory", {}])
    except BrokenPipeError:
        # The parent has gone; there is nobody to tell, and closing the pipe at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    return 0


def limit(memory: int, seconds: int) -> None:
    """Bound this process: address space in bytes, processor time in seconds, no core dump, no file beyond a megabyte.

    Files may be written at all only for the interpreter's own cache, without which every start would compile the parsers.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The soft limit names the reason when it ends the process; at the hard one the kernel kills without a word.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, MEGABYTE))


def answer(request: dict[str, Any], out: BinaryIO) -> None:
    """Do what the request asks and send the frames of the answer."""
    from imports.reading import tables
    from imports.reading.books import describe, open_book

    book = open_book(request["path"], request["filename"], request["encoding"], request["delimiter"])
    if request["ask"] == "inspect":
        wire.send(out, wire.INFO, describe(book, request["filename"]))
        return
    index = tables.sheet_index(book, request["sheet"])
    wanted = request["heading_row"]
    headings = tables.heading_of(book, index, wanted)
    if request["ask"] == "headings":
        wire.send(out, wire.INFO, [headings.rows, headings.labels, headings.duplicates])
        return
    after = max([*headings.rows, *(wanted or ())], default=0)
    send_rows(tables.data_rows(book, index, headings, after), request["batch_size"], out)


def send_rows(rows: Any, batch_size: int, out: BinaryIO) -> None:
    """Send ``rows`` in frames of at most ``batch_size`` rows and about ``FRAME_WEIGHT`` characters."""
    batch: list[Any] = []
    total = 0
    for row, weight in rows:
        batch.append(row)
        total += weight
        if len(batch) >= batch_size or total > FRAME_WEIGHT:
            wire.send(out, wire.ROWS, batch)
            batch, total = [], 0
    if batch:
        wire.send(out, wire.ROWS, batch)


if __name__ == "__main__":
    sys.exit(main())
