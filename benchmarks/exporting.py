"""How fast a set goes to a file, and how much memory that takes: ``python -m benchmarks.exporting --ledger DEMO``.

What lives here: one export after another, each in a process of its own so that its peak is its own. What does not: filling a
database, except with ``--fill``, which adds made-up customers until there are so many. DATABASE_URL and DATA_DIR say where.
"""

import argparse
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp_site.settings")
MEMORY_LIMIT_MB = 200
CHUNK = 1_000


def fill(ledger_code: str, wanted: int) -> None:
    """Add made-up customers, a thousand at a time, until the set has ``wanted``."""
    from customers.generator import firms
    from customers.models import Customer
    from customers.services import pipeline
    from customers.services.edits import Edit
    from ledgers.models import Ledger
    from permissions.actor import Actor

    ledger = Ledger.objects.get(code=ledger_code)
    by, missing = Actor.system(ledger.pk), wanted - Customer.objects.of(ledger.pk).count()
    made = firms(max(missing, 0), seed=wanted)
    while chunk := list(islice(made, CHUNK)):
        edits = [Edit(values=firm | {"uscc": ""}, reason="benchmark") for firm in chunk]
        pipeline.submit(edits, ledger=ledger, by=by, kind="demo", reason="benchmark")
        missing -= len(chunk)
        print(f"   {missing} to add", file=sys.stderr, end="\r", flush=True)


def measure(ledger_code: str, format: str, answer) -> None:
    """Export the whole set as the system, all fields; puts the figures into ``answer``. Runs in a fresh process."""
    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from customers.fields import Catalogue
    from imports.exports import selecting, services
    from imports.exports.cells import exportable
    from ledgers.models import Ledger
    from permissions.actor import Actor

    ledger = Ledger.objects.get(code=ledger_code)
    by, catalogue = Actor.system(ledger.pk), Catalogue.of(ledger)
    keys = [field.key for field in exportable(catalogue, by)]
    before, queries = _peak_mb(), []

    def tell(done: int, total: int) -> None:
        queries.append(len(connection.queries_log))
        connection.queries_log.clear()

    with tempfile.TemporaryDirectory() as place, CaptureQueriesContext(connection):
        begun = time.perf_counter()
        export = services.write_out(
            Path(place) / f"all.{format}", ledger=ledger, by=by, format=format, keys=keys,
            selection=selecting.parse("", by), tell=tell,
        )  # fmt: skip
        seconds = time.perf_counter() - begun
    peak = _peak_mb()
    answer.put(
        {
            "format": format,
            "rows": export.rows,
            "fields": len(keys),
            "seconds": round(seconds, 1),
            "rows_per_second": round(export.rows / seconds),
            "file_mb": round(export.size / 2**20, 1),
            "peak_mb": peak,
            "before_mb": before,
            "queries_per_chunk": max(queries[2:], default=0),
            "within_limit": peak <= MEMORY_LIMIT_MB,
        }
    )


def _peak_mb() -> int:
    """Peak of this process alone; ru_maxrss would begin with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ledger", default="DEMO")
    parser.add_argument("--fill", type=int, default=0, metavar="ROWS")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "exporting.json")
    arguments = parser.parse_args()
    if arguments.fill:
        django.setup()
        fill(arguments.ledger, arguments.fill)
    fresh = multiprocessing.get_context("spawn")
    results: list[dict[str, Any]] = []
    for format in ("csv", "xlsx"):
        answer = fresh.Queue()
        process = fresh.Process(target=measure, args=(arguments.ledger, format, answer))
        process.start()
        results.append(answer.get())
        process.join()
        print(f"   {results[-1]}", file=sys.stderr)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n")
    if not all(result["within_limit"] for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
