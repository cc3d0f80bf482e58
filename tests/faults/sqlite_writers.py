"""Many processes writing to one embedded database: does anyone fail, and how long does anyone wait?

    python -m tests.faults.sqlite_writers --clients 50 --rounds 2000 [--engine ours|unfair|stock]

Each transaction reads a counter, writes it back increased and adds a row, as a page that saves a customer does. A lost
update, a refused transaction or a wait beyond two seconds (p99) is a fault. ``unfair`` leaves out the queue and ``stock``
takes Django's own defaults, to show what they are worth.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

import erp_site  # noqa: F401  (swaps the SQLite library in)

OPTIONS = {
    "ours": ("erp_site.shared.sqlite", {}),
    "unfair": ("erp_site.shared.sqlite", {"fair_queue": False}),
    "stock": ("django.db.backends.sqlite3", {"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL"}),
}

ROUNDS = [
    (
        "B14",
        f"{clients} processes write {rounds} times to one embedded database",
        ["-m", "tests.faults.sqlite_writers", "--clients", str(clients), "--rounds", str(rounds)],
    )
    for clients, rounds in ((20, 2000), (50, 2000), (50, 20_000))
]


def configure(path: Path, engine: str) -> None:
    """Minimal settings: one database, no apps."""
    from django.conf import settings

    backend, options = OPTIONS[engine]
    databases = {"default": {"ENGINE": backend, "NAME": str(path), "OPTIONS": options}}
    settings.configure(DATABASES=databases, USE_TZ=True, DATA_DIR=str(path.parent))


def write(barrier, rounds: int, results) -> None:
    """One client: ``rounds`` transactions as fast as they go; puts (seconds of each, number refused)."""
    from django.db import DatabaseError, connection, transaction

    waits, refused = [], 0
    connection.ensure_connection()
    barrier.wait()
    for number in range(rounds):
        started = time.perf_counter()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT n FROM counter")
                (value,) = cursor.fetchone()
                cursor.execute("UPDATE counter SET n = %s", [value + 1])
                cursor.execute("INSERT INTO entry (n, client_round) VALUES (%s, %s)", [value + 1, number])
        except DatabaseError:
            refused += 1
        waits.append(time.perf_counter() - started)
    connection.close()
    results.put((waits, refused))


def measure(path: Path, engine: str, clients: int, rounds: int) -> dict:
    """Run ``clients`` processes over ``rounds`` transactions in all; figures in seconds. Settings must be configured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE counter (n integer)")
        cursor.execute("CREATE TABLE entry (id integer PRIMARY KEY, n integer, client_round integer)")
        cursor.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(clients + 1), fork.Queue()
    share = rounds // clients
    processes = [fork.Process(target=write, args=(barrier, share, results)) for _ in range(clients)]
    for process in processes:
        process.start()
    barrier.wait()
    started = time.perf_counter()
    answers = [results.get(timeout=600) for _ in processes]
    seconds = time.perf_counter() - started
    for process in processes:
        process.join()
    waits = sorted(wait for client_waits, _ in answers for wait in client_waits)
    refused = sum(count for _, count in answers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT n FROM counter), (SELECT count(*) FROM entry)")
        counter, entries = cursor.fetchone()
        cursor.execute("PRAGMA integrity_check")
        sound = cursor.fetchone()[0] == "ok"
    connection.close()
    return {
        "engine": engine,
        "clients": clients,
        "transactions": len(waits),
        "refused": refused,
        "lost": len(waits) - refused - counter,
        "sound": sound and counter == entries,
        "per_second": round(len(waits) / seconds),
        "p50": round(statistics.median(waits), 4),
        "p99": round(waits[int(len(waits) * 0.99)], 4),
        "max": round(waits[-1], 4),
    }


def main(argv: list[str] | None = None) -> int:
    """Print one JSON line; 1 when a transaction failed, an update was lost or the wait was too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--engine", choices=OPTIONS, default="ours")
    parser.add_argument("--directory", help="where to put the database (default: a temporary directory)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        path = Path(directory) / "writers.sqlite3"
        configure(path, options.engine)
        figures = measure(path, options.engine, options.clients, options.rounds)
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(bool(figures["refused"] or figures["lost"] or not figures["sound"] or figures["p99"] > 2))


if __name__ == "__main__":
    sys.exit(main())
