"""A fair queue in front of SQLite's single writer, across threads and processes of one machine.

What lives here: tickets and turns. What does not: when a turn is needed (``base.py``).

Why: SQLite lets waiting writers retry at random moments, so under load some wait many seconds while others pass twice.
Here each writer draws a ticket from ``<database>.queue`` and has its turn when no earlier ticket is held any more. A
ticket is a lock on one byte of that file, belonging to the open file (an OFD lock): the kernel drops it when the holder
dies, so a killed process never blocks the queue. Integrity never depends on this file; it only decides the order, and
deleting it does no harm.
"""

import contextlib
import fcntl
import os
import struct
import time

_COUNTERS = struct.Struct("<QQ")  # next ticket to hand out, ticket last seen having its turn
_COUNTER = struct.Struct("<Q")
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of 64-bit Linux: type, whence, start, length, pid
_FIRST_BYTE = _COUNTERS.size  # ticket n is the lock on byte _FIRST_BYTE + n
_POLL = 0.0005  # seconds; the next in line looks this often, later ones proportionally less often
_POLL_LONGEST = 0.02

AVAILABLE = hasattr(fcntl, "F_OFD_SETLK")
"""Whether this system has locks that belong to an open file; without them SQLite's own busy handler has to do."""


class QueueTimeout(Exception):
    """The turn did not come in time: somebody holds the writer for very long."""


class WriterQueue:
    """One connection's place in the queue. Not thread-safe, like the connection that it belongs to."""

    def __init__(self, path: str, wait: float):
        """``path``: the queue file, made when missing; ``wait``: seconds after which ``enter`` gives up."""
        self.path = path
        self.wait = wait
        self._file = None
        self._owner = 0  # process that opened the file
        self._ticket: int | None = None

    @property
    def held(self) -> bool:
        """Whether this connection has its turn now."""
        return self._ticket is not None

    def enter(self) -> None:
        """Wait for the turn; at once when it is already held. Raises QueueTimeout, or OSError for an unusable file."""
        if self.held:
            return
        if self._file is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._file, self._owner = os.fdopen(descriptor, "r+b", buffering=0), os.getpid()
        started = time.monotonic()
        ticket = self._draw(started + self.wait)
        try:
            self._await_turn(ticket, started)
        except BaseException:
            self._lock(fcntl.F_UNLCK, ticket)
            raise
        self._ticket = ticket

    def leave(self) -> None:
        """Give the turn to the next in line; nothing happens when it is not held."""
        if self._ticket is not None:
            ticket, self._ticket = self._ticket, None
            self._lock(fcntl.F_UNLCK, ticket)

    def close(self) -> None:
        """Leave and close the file; the next ``enter`` opens it again."""
        if self._file is None:
            return
        if self._owner == os.getpid():  # a forked child shares the open file: it must not give away its parent's turn
            self.leave()
        self._file.close()
        self._file, self._ticket = None, None

    def __enter__(self) -> "WriterQueue":
        self.enter()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.leave()

    def _draw(self, deadline: float) -> int:
        """A new ticket, locked. The short lock around the counter is polled, so that even a stopped process cannot
        make us wait for ever."""
        descriptor = self._file.fileno()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise QueueTimeout from None
                time.sleep(_POLL / 5)
        try:
            ticket = self._counters()[0]
            os.pwrite(descriptor, _COUNTER.pack(ticket + 1), 0)
            self._lock(fcntl.F_WRLCK, ticket)
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        return ticket

    def _await_turn(self, ticket: int, started: float) -> None:
        serving, since = -1, started
        while self._somebody_before(ticket):
            now = time.monotonic()
            if now - started > self.wait:
                raise QueueTimeout
            latest = self._counters()[1]
            if latest != serving:
                serving, since = latest, now
            # Near the head look often; behind somebody who takes long (an import's chunk) less and less so.
            time.sleep(min(max(_POLL * (ticket - serving), (now - since) / 50), _POLL_LONGEST))
        # Only whoever has the turn writes this counter, so no lock is needed.
        os.pwrite(self._file.fileno(), _COUNTER.pack(ticket), _COUNTER.size)

    def _counters(self) -> tuple[int, int]:
        data = os.pread(self._file.fileno(), _COUNTERS.size, 0)
        return _COUNTERS.unpack(data.ljust(_COUNTERS.size, b"\0"))

    def _somebody_before(self, ticket: int) -> bool:
        if ticket == 0:
            return False  # a length of 0 would mean "to the end of the file"
        probe = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _FIRST_BYTE, ticket, 0)
        answer = fcntl.fcntl(self._file.fileno(), fcntl.F_OFD_GETLK, probe)
        return _FLOCK.unpack(answer)[0] != fcntl.F_UNLCK

    def _lock(self, kind: int, ticket: int) -> None:
        fcntl.fcntl(
            self._file.fileno(),
            fcntl.F_OFD_SETLK,
            _FLOCK.pack(kind, os.SEEK_SET, _FIRST_BYTE + ticket, 1, 0),
        )


def forget(path: str) -> None:
    """Remove the queue file of a database that is being removed."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
