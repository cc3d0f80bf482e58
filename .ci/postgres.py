"""A PostgreSQL server for the tests: one that answers, else a throw-away cluster of our own.

What lives here: finding, starting, stopping, and removing test databases. What does not: running tests (``suite.py``).
"""

import contextlib
import getpass
import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql


def usable(url: str) -> str:
    """Version of the server when we may create databases there, else an empty string."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version') FROM pg_roles"
                " WHERE rolname = current_user AND (rolcreatedb OR rolsuper)"
            ).fetchone()
    except psycopg.Error:
        return ""
    return row[0].split()[0] if row else ""


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str]]:
    """(URL of a database to connect to first, version); an empty URL when no server can be had."""
    for url in candidates():
        if version := usable(url):
            yield url, version
            return
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(own_cluster())
        yield url, usable(url) if url else ""


def candidates() -> list[str]:
    """Where to look: TEST_DATABASE_URL alone when it is given, else the standard port of this machine."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return [given]
    names = dict.fromkeys([getpass.getuser(), "postgres"])
    return [f"postgres://{name}@127.0.0.1:5432/postgres" for name in names]


@contextlib.contextmanager
def own_cluster() -> Iterator[str]:
    """Start a cluster in a temporary directory, without durability; an empty URL when PostgreSQL is not installed."""
    initdb = _newest("initdb")
    if not initdb or os.environ.get("TEST_DATABASE_URL"):
        yield ""
        return
    # PostgreSQL refuses to run as root.
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="test-postgres-") as directory:
        if as_owner:
            shutil.chown(directory, "postgres")
        data, port = Path(directory) / "data", _free_port()
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory} -c fsync=off"
        settings += " -c synchronous_commit=off -c full_page_writes=off -c max_connections=100"
        control = [*as_owner, str(Path(initdb).with_name("pg_ctl")), "-D", str(data)]
        initialise = [*as_owner, initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
        log = str(Path(directory) / "log")
        try:
            subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, cwd=directory)
            start = [*control, "-w", "-l", log, "-o", settings, "start"]
            subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd=directory)
        except (OSError, subprocess.CalledProcessError) as failure:
            sys.stderr.write(f"PostgreSQL did not start: {failure}\n")
            yield ""
            return
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=False, stdout=subprocess.DEVNULL, cwd=directory)


def remove_databases(url: str, prefix: str) -> None:
    """Drop the databases whose names begin with ``prefix``, left by workers of an interrupted run."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        ).fetchall()
        for (name,) in names:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _newest(program: str) -> str:
    found = glob.glob(f"/usr/lib/postgresql/*/bin/{program}")
    found.sort(key=lambda path: int(Path(path).parts[4]) if Path(path).parts[4].isdigit() else 0)
    return found[-1] if found else shutil.which(program) or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
