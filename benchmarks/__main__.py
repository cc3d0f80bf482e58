"""``make bench``: import, search, pages and export at size, on both engines, beside the machine's own limits.

    python -m benchmarks [--rows 100000] [--data companies.csv[.gz|.xz]] [--engines sqlite,postgresql]

Each engine gets a fresh database and a process of its own; results go to ``benchmarks/results/<engine>-<rows>.json`` and a table
is printed. Without ``--data`` the rows come from the project's own generator. The page figures are medians and 95th
percentiles of server time, without the network; the machine's limits are measured in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or 100_000))
    parser.add_argument("--data", default=os.environ.get("DATA") or "")
    parser.add_argument("--engines", default=os.environ.get("ENGINES") or "sqlite,postgresql")
    parser.add_argument("--steps", default=os.environ.get("STEPS") or "all")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    worst = 0
    for engine in options.engines.split(","):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            worst = max(worst, _measure(engine, folder, options))
    return worst


def _measure(engine: str, folder: str, options: argparse.Namespace) -> int:
    out = RESULTS / f"{engine}-{options.rows}.json"
    environment = os.environ | {"DATA_DIR": folder, "LOG_LEVEL": "ERROR", "PYTHONPATH": str(HERE.parent), "DEMO": "0"}
    database = ""
    if engine == "postgresql":
        server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
        database = f"bench_{os.getpid()}"
        _psql(server, f"CREATE DATABASE {database}")
        environment["DATABASE_URL"] = f"{server}/{database}"
    else:
        environment.pop("DATABASE_URL", None)
    try:
        command = [sys.executable, "-m", "benchmarks.engine", "--rows", str(options.rows), "--out", str(out)]
        command += ["--data", options.data, "--steps", options.steps]
        code = subprocess.run(command, env=environment, cwd=HERE.parent, check=False).returncode
    finally:
        if database:
            _psql(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    if code == 0:
        _print(engine, json.loads(out.read_text()))
    return code


def _psql(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


def _print(engine: str, figures: dict) -> None:
    print(f"\n== {engine}, {figures['rows']:,} customers")
    for step, values in figures["steps"].items():
        print(f"  {step:34} " + "  ".join(f"{key} {_short(value)}" for key, value in values.items()))


def _short(value) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
