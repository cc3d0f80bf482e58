"""The matcher of duplicates: how right it is, and how fast at size.

    python -m benchmarks.duplicates --labelled duplicates_dev.csv.gz --registry registry.csv.xz [--sizes 100000,300000,1000000]
                                    [--engines sqlite,postgresql] [--steps accuracy,speed]

``--labelled`` is a file of records with its companions …_labels and …_hardneg beside it. Accuracy is also measured on sets of our own dirt made
from rows of the registry that the model was not trained on. Speed is measured on such a set in a fresh database of each engine:
rows by the bulk insert, keys and profiles by the writer's own verb, then the scan, an import's batch and a typed name.
Results go to ``benchmarks/results/duplicates-*.json``.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from benchmarks.__main__ import HERE, RESULTS, _psql

UNSEEN = 400_000  # rows of the registry that training may have used
CHUNK = 2_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labelled", default="")
    parser.add_argument("--registry", default="")
    parser.add_argument("--sizes", default="100000")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--steps", default="accuracy,speed")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)  # set in the process that measures an engine
    options = parser.parse_args()
    if options.here:
        return speed(options)
    RESULTS.mkdir(exist_ok=True)
    if "accuracy" in options.steps:
        accuracy(options)
    codes = [0]
    if "speed" in options.steps:
        codes += [
            _in_own_process(e, size, options) for e in options.engines.split(",") for size in options.sizes.split(",")
        ]
    return max(codes)


# --- accuracy ---------------------------------------------------------------------------------------------------------


def accuracy(options: argparse.Namespace) -> None:
    from benchmarks.matcher import accuracy as measured
    from benchmarks.matcher import files, sets

    sets.prepare()
    from customers.duplicates import deciding

    found = {}
    if options.labelled:
        rows, labels = measured.of_file(options.labelled)
        found["labelled file"] = _measured(measured, sets.profiles_of(rows), labels, deciding.GROUP)
    for seed in (11, 12) if options.registry else ():
        rows = list(islice(files.rows_of(options.registry), UNSEEN + seed * 20_000, UNSEEN + seed * 20_000 + 16_000))
        made, labels = measured.made(rows, seed)
        found[f"own dirt, seed {seed}"] = _measured(measured, sets.profiles_of(made), labels, deciding.GROUP)
    (RESULTS / "duplicates-accuracy.json").write_text(json.dumps(found, ensure_ascii=False, indent=2))
    for name, values in found.items():
        print(f"\n== {name}: {values['records']} records")
        for key, value in values.items():
            if isinstance(value, dict):
                print(f"  {key}\n    " + "  ".join(f"{kind} {share}" for kind, share in value.items()))
            else:
                print(f"  {key} {value}")


def _measured(measured, profiles, labels, least: float) -> dict:
    begun = time.process_time()
    left, right, chance, _features = measured.judged(profiles)
    values = measured.figures(labels, left, right, chance, least=least)
    return {"records": len(profiles), "candidates": len(left), "cpu": round(time.process_time() - begun, 1), **values}


# --- speed --------------------------------------------------------------------------------------------------------------


def _in_own_process(engine: str, size: str, options: argparse.Namespace) -> int:
    out = RESULTS / f"duplicates-{engine}-{size}.json"
    database = f"bench_duplicates_{os.getpid()}" if engine == "postgresql" else ""
    server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
    command = [
        sys.executable,
        "-m",
        "benchmarks.duplicates",
        "--here",
        str(out),
        "--sizes",
        size,
        "--registry",
        options.registry,
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "LOG_LEVEL": "ERROR",
            "DEMO": "0",
            "PYTHONPATH": str(HERE.parent),
        }
        environment.pop("DATABASE_URL", None)
        if database:
            _psql(server, f"CREATE DATABASE {database}")
            environment["DATABASE_URL"] = f"{server}/{database}"
        try:
            return subprocess.run(command, env=environment, cwd=HERE.parent, check=False).returncode
        finally:
            if database:
                _psql(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


class _Figures:
    def __init__(self, **about):
        self.data = about | {"steps": {}}

    def keep(self, name: str, **values) -> None:
        self.data["steps"][name] = values
        print(f"  {name:28} " + "  ".join(f"{key} {value}" for key, value in values.items()), flush=True)


def _cpu() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def speed(options: argparse.Namespace) -> int:
    """One engine, one size, in this process: DATABASE_URL and DATA_DIR say where."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp_site.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    size = int(options.sizes)
    figures = _Figures(engine=connection.vendor, customers=size)
    print(f"\n== {connection.vendor}, {size:,} customers", flush=True)
    ledger, records = _load(figures, options.registry, size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _scan(figures, ledger)
    _batch(figures, ledger, records)
    _typed(figures, ledger, records)
    Path(options.here).write_text(json.dumps(figures.data, ensure_ascii=False, indent=2))
    return 0


def _load(figures: _Figures, registry: str, size: int):
    """A set of ``size`` customers, (place, record) of some of them, and records that are not in it; keys by the writer's verb."""
    from django.db import transaction
    from django.utils import timezone

    from customers.duplicates import storing
    from customers.models import ChangeBatch, Customer, MatchKey
    from customers.services.bulk import table
    from ledgers.models import Ledger

    ledger = Ledger.objects.create(code="BENCH", name="BENCH", state=Ledger.State.ACTIVE, fiscal_year=2026)
    batch = ChangeBatch.objects.create(ledger=ledger, kind=ChangeBatch.Kind.COMMAND, door="command")
    now, keeping, begun, start = timezone.now(), 0.0, time.perf_counter(), 0
    samples: list[tuple[int, dict]] = []
    source = _records(registry, size)
    while start < size and (records := list(islice(source, min(CHUNK, size - start)))):
        samples += [(start + at, records[at]) for at in range(0, len(records), max(1, size // 300))]
        with transaction.atomic():
            rows = [_row(row, start + at, ledger, batch, now) for at, row in enumerate(records)]
            snapshots = [(row, _parts(row)) for row in rows]
            table(Customer).insert(
                [{key: value for key, value in row.items() if key[0] != "_"} for row, _ in snapshots]
            )
            for at, (row, _each) in enumerate(snapshots):
                row["id"] = start + at + 1
            mark = time.perf_counter()
            storing.add(ledger.pk, snapshots)
            keeping += time.perf_counter() - mark
        start += len(records)
    keys = MatchKey.objects.count()
    figures.keep(
        "keys and profiles", seconds=round(keeping, 1), us_per_customer=round(keeping / size * 1e6), keys_per_customer=round(keys / size, 1),
        whole_load=round(time.perf_counter() - begun, 1),
    )  # fmt: skip
    return ledger, (samples[:300], list(islice(source, 10_000)))


def _records(registry: str, size: int) -> Iterator[dict]:
    """Dirty records without end, made piece by piece; duplicates are rarer here than in a set made for training."""
    from benchmarks.matcher import dirt, files
    from customers.generator import firms

    if registry:
        source = files.rows_of(registry)
    else:
        source = ({key: str(value or "") for key, value in row.items()} for row in firms(2 * size + 40_000, seed=7))
    for seed in count(5):
        rows = list(islice(source, 20_000))
        if not rows:
            return
        records, _clusters, _kinds = dirt.make(rows, seed, share=0.06, strangers=0.04)
        random.Random(seed).shuffle(records)
        yield from records


def _row(record: dict, number: int, ledger, batch, now) -> dict:
    from customers.rules import identifiers, names

    phones = [identifiers.phone(each).value for each in record["phone"].split("/")] if record["phone"] else []
    return {
        "ledger_id": ledger.pk, "number": f"B{number:07d}", "number_key": f"B{number:07d}", "name": record["name"][:200],
        "name_key": names.name_key(record["name"]), "short_name": record["short_name"][:60], "uscc": identifiers.uscc(record["uscc"]).value[:20],
        "province": record["province"], "city": record["city"][:30], "address": record["address"][:255], "phone": phones[0] if phones else "",
        "email": record["email"], "created_at": now, "updated_at": now, "created_batch_id": batch.pk, "last_batch_id": batch.pk,
        "version": 1, "_contact": record["contact"], "_account": record["bank_account"].replace(" ", ""), "_mobile": (phones[1:] or [""])[0],
    }  # fmt: skip


def _parts(row: dict) -> dict:
    return {
        "contacts": [{"name": row["_contact"], "mobile": row["_mobile"]}] if row["_contact"] or row["_mobile"] else [],
        "bank_accounts": [{"account": row["_account"]}] if row["_account"] else [],
    }


def _scan(figures: _Figures, ledger) -> None:
    from customers.duplicates import deciding, scanning

    peak = _Peak()
    for name, fresh in (("scan", True), ("scan again, nothing new", False)):
        begun, cpu = time.perf_counter(), _cpu()
        with peak:
            found = scanning.scan(ledger, fresh=fresh)
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        groups = found.groups(least=deciding.GROUP)
        grouping = time.perf_counter() - begun
        found.close()
        figures.keep(
            name, seconds=round(seconds, 1), grouping=round(grouping, 1), cpu=round(_cpu() - cpu, 1), mb=peak.mb, candidates=found.candidates,
            compared=found.compared, duplicates=int((found.pairs["chance"] >= deciding.DUPLICATE).sum()), groups=len(groups),
        )  # fmt: skip


class _Peak:
    """The most memory that this process and its children held at once, in MB: what only one of them owns, and shared pages once."""

    mb = 0

    def __enter__(self):
        import threading

        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.mb = 0
        self.thread.start()

    def __exit__(self, *failure):
        self.stop.set()
        self.thread.join()

    def _watch(self):
        while not self.stop.wait(0.2):
            family = [os.getpid(), *_children(os.getpid())]
            self.mb = max(self.mb, sum(map(_proportional, family)))


def _children(pid: int) -> list[int]:
    try:
        listed = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*listed, *(grand for child in listed for grand in _children(child))]


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("Pss:")), 0)


def _batch(figures: _Figures, ledger, records) -> None:
    from benchmarks.matcher import files
    from customers.duplicates import finding

    _inside, more = records
    batch = [files.record(row) for row in more[:10_000]]
    begun, cpu = time.perf_counter(), _cpu()
    found = [
        like
        for start in range(0, len(batch), 1000)
        for like in finding.match_batch(ledger.pk, batch[start : start + 1000])
    ]
    figures.keep(
        f"{len(batch)} new against the set",
        seconds=round(time.perf_counter() - begun, 1),
        cpu=round(_cpu() - cpu, 1),
        with_hits=sum(map(bool, found)),
    )


def _typed(figures: _Figures, ledger, records) -> None:
    from benchmarks.matcher import dirt
    from customers.duplicates import finding, profiles

    inside, _more = records
    made = dirt.Dirt(3)
    for kind, typed in (
        ("a name", lambda row: row["name"]),
        ("a dirty name", lambda row: made.dirty_name(row["name"])),
    ):
        times, first, some = [], 0, 0
        for at, row in inside:
            record = profiles.Record(typed(row) or row["name"], province=row["province"], city=row["city"])
            begun = time.perf_counter()
            found = finding.similar(ledger.pk, record, least=0.01)
            times.append((time.perf_counter() - begun) * 1000)
            first += bool(found) and found[0].customer_id == at + 1
            some += any(like.customer_id == at + 1 for like in found)
        times.sort()
        figures.keep(
            f"{kind} against the set", p50_ms=round(times[len(times) // 2], 1), p95_ms=round(times[int(len(times) * 0.95)], 1),
            first=round(first / len(inside), 3), among_eight=round(some / len(inside), 3),
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
