"""What Django loads as ``ENGINE = "erp_site.shared.sqlite"``.

What lives here: connection settings (WAL, FULL, IMMEDIATE …) and the moments at which a writer queues. What does not:
the queue itself (``queue.py``), system checks (``validation.py``).

``OPTIONS`` of our own, beside Django's: ``pragmas`` (a dict laid over ``PRAGMAS``), ``queue_wait`` (seconds a writer waits
for its turn, default as ``timeout``), ``fair_queue`` (False leaves the order to SQLite; for measurements).

``trusted_schema=OFF`` has one consequence for migrations: constraints, indexes and triggers may use SQLite's built-in
functions and FTS5, but not the Python functions that Django adds (``REGEXP``, ``MD5`` …).

Never ``open()`` the database file in a process that has a connection to it: closing it again drops SQLite's own locks
(POSIX locks belong to the process). Copy with ``VACUUM INTO``.
"""

import contextlib
import os
import re
from collections.abc import Iterator

from django.db.backends.sqlite3 import base as django_sqlite
from django.db.backends.sqlite3.creation import DatabaseCreation as DjangoCreation

from erp_site.shared.startup import sqlite_problem

from . import queue
from .driver import SOUND_WAL
from .validation import NETWORK_FILE_SYSTEMS, DatabaseValidation, file_system_of

Database = django_sqlite.Database

PRAGMAS = {
    "synchronous": "FULL",  # NORMAL loses acknowledged commits in a power cut
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
    "mmap_size": "0",
    "cache_size": "-32768",  # 32 MB for each connection
    "wal_autocheckpoint": "4000",  # pages: bulk imports sync the main file less often
    "journal_size_limit": str(64 * 2**20),
}
BUSY_SECONDS = 20

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|REINDEX)\b", re.IGNORECASE)
_NO_TURN_NEEDED = contextlib.nullcontext()


class QueuedCursor(django_sqlite.SQLiteCursorWrapper):
    """Lets single writing statements outside a transaction queue too.

    With RETURNING the statement may end a moment after the turn; the next writer then waits those microseconds in SQLite.
    """

    wrapper: "DatabaseWrapper | None" = None

    def execute(self, query, params=None):
        with self._turn(query):
            return super().execute(query, params)

    def executemany(self, query, param_list):
        with self._turn(query):
            return super().executemany(query, param_list)

    def _turn(self, query: str):
        if self.connection.in_transaction or _WRITES.match(query) is None:
            return _NO_TURN_NEEDED
        return self.wrapper.turn_to_write()


class DatabaseCreation(DjangoCreation):
    """Test databases leave nothing behind."""

    def _destroy_test_db(self, test_database_name, verbosity):
        super()._destroy_test_db(test_database_name, verbosity)
        if test_database_name and not self.is_in_memory_db(test_database_name):
            queue.forget(f"{os.path.realpath(test_database_name)}.queue")


class DatabaseWrapper(django_sqlite.DatabaseWrapper):
    """Django's SQLite connection with safe settings; every write transaction waits for its turn."""

    creation_class = DatabaseCreation
    validation_class = DatabaseValidation
    _queue: queue.WriterQueue | None = None

    @property
    def file_path(self) -> str:
        """Absolute path of the database file; empty for a database in memory."""
        name = str(self.settings_dict["NAME"] or "")
        if not name or self.is_in_memory_db():
            return ""
        return os.path.realpath(name.removeprefix("file:").partition("?")[0] if name.startswith("file:") else name)

    def get_connection_params(self):
        params = super().get_connection_params()
        params.setdefault("timeout", BUSY_SECONDS)
        if "transaction_mode" not in self.settings_dict["OPTIONS"]:
            self.transaction_mode = "IMMEDIATE"
        pragmas = PRAGMAS | params.pop("pragmas", {})
        self.init_commands = [f"PRAGMA {name}={value}" for name, value in pragmas.items()] + self.init_commands
        wait = params.pop("queue_wait", params["timeout"])
        if params.pop("fair_queue", True) and queue.AVAILABLE and self.file_path:
            self._queue = queue.WriterQueue(f"{self.file_path}.queue", wait)
        return params

    def get_new_connection(self, conn_params):
        path = self.file_path
        try:
            connection = super().get_new_connection(conn_params)
            if path:
                self._choose_journal(connection, path)
        except Database.OperationalError as failure:
            if path and (problem := sqlite_problem(path)):
                raise Database.OperationalError(problem) from failure
            raise
        return connection

    def _choose_journal(self, connection, path: str) -> None:
        """WAL where it is safe, else DELETE. The mode is kept in the file, so mostly there is nothing to do."""
        sound = Database.sqlite_version_info >= SOUND_WAL and file_system_of(path) not in NETWORK_FILE_SYSTEMS
        wanted = "wal" if sound else "delete"
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == wanted:
            return
        with self.turn_to_write():  # two processes changing the mode at once would see "database is locked"
            connection.execute(f"PRAGMA journal_mode={wanted}")

    def create_cursor(self, name=None):
        cursor = self.connection.cursor(factory=QueuedCursor)
        cursor.wrapper = self
        return cursor

    @contextlib.contextmanager
    def turn_to_write(self) -> Iterator[None]:
        """Hold the writer's turn for the block; a turn that is held already is left as it is."""
        if self._queue is None or self._queue.held:
            yield
            return
        self._enter_queue()
        try:
            yield
        finally:
            self._leave_queue()

    def _start_transaction_under_autocommit(self):
        self._enter_queue()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self):
        super()._commit()
        self._leave_queue()  # after a failed commit Django rolls back, which leaves too

    def _rollback(self):
        try:
            super()._rollback()
        finally:
            self._leave_queue()

    def _close(self):
        try:
            super()._close()
        finally:
            if self._queue is not None:
                self._queue.close()

    def _enter_queue(self) -> None:
        if self._queue is None:
            return
        with self.wrap_database_errors:
            try:
                self._queue.enter()
            except queue.QueueTimeout:
                message = f"database is locked: no turn to write within {self._queue.wait:g} s"
                raise Database.OperationalError(message) from None
            except OSError as failure:
                problem = sqlite_problem(self.file_path) or f"{self._queue.path}: {failure.strerror}"
                raise Database.OperationalError(problem) from failure

    def _leave_queue(self) -> None:
        if self._queue is not None:
            self._queue.leave()
