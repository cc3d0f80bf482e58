"""One engine's figures, in a process of its own (see ``benchmarks.__main__``); DATABASE_URL and DATA_DIR say which database."""

import argparse
import csv
import gzip
import io
import json
import lzma
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp_site.settings")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from benchmarks import floor  # noqa: E402
from customers.generator import firms  # noqa: E402
from customers.models import Customer  # noqa: E402
from erp_site.shared.commands import FoundFaults  # noqa: E402
from ledgers.services import creating  # noqa: E402
from permissions.models import User  # noqa: E402

COLUMNS = (
    "name", "uscc", "registered_on", "capital", "province", "city", "address", "phone", "email", "contact", "mobile",
    "bank_account",
)  # fmt: skip


class Figures:
    def __init__(self, rows: int):
        self.data = {"rows": rows, "engine": connection.vendor, "python": sys.version.split()[0], "steps": {}}

    @contextmanager
    def step(self, name: str):
        values: dict = {}
        begun, cpu = time.perf_counter(), time.process_time()
        yield values
        values.setdefault("seconds", round(time.perf_counter() - begun, 2))
        values.setdefault("cpu", round(time.process_time() - cpu, 2))
        self.data["steps"][name] = values
        print(f"   {name}: {values}", file=sys.stderr, flush=True)


def source(path: str, count: int) -> Iterator[dict]:
    """Rows of twelve columns: real companies where a file is given, their phones and contacts made by the generator."""
    made = firms(count, seed=7)
    if not path:
        yield from ({**row, "capital": row.get("registered_capital")} for row in made)
        return
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(Path(path).suffix, open)
    with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
        pool = list(islice(made, 5_000))
        for index, row in enumerate(islice(csv.DictReader(handle), count)):
            extra = pool[index % len(pool)]
            unique = {"phone": f"0571-{80000000 + index:08d}", "mobile": f"139{index % 100_000_000:08d}"}
            unique |= {
                "email": f"c{index}@example.com",
                "bank_account": f"3301{index:012d}",
                "contact": extra["contact"],
            }
            yield {**row, **unique}


def write_files(path: str, count: int, folder: Path) -> tuple[Path, Path]:
    """The same rows as csv and as xlsx."""
    import xlsxwriter

    plain, sheet_path = folder / "rows.csv", folder / "rows.xlsx"
    book = xlsxwriter.Workbook(str(sheet_path), {"constant_memory": True, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, COLUMNS)
    with open(plain, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for index, row in enumerate(source(path, count), 1):
            values = [str(row.get(column) or "") for column in COLUMNS]
            writer.writerow(values)
            for column, value in enumerate(values):
                sheet.write_string(index, column, value)
    book.close()
    return plain, sheet_path


def timed(call: Callable[[], object], rounds: int = 30) -> dict:
    """Median and 95th percentile in milliseconds of several calls, the first one apart."""
    begun = time.perf_counter()
    call()
    first = (time.perf_counter() - begun) * 1000
    samples = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        samples.append((time.perf_counter() - begun) * 1000)
    samples.sort()
    return {
        "median_ms": round(statistics.median(samples), 1),
        "p95_ms": round(samples[int(len(samples) * 0.95) - 1], 1),
        "first_ms": round(first, 1),
    }


def new_ledger(code: str, manager: User):
    ledger = creating.create_draft(code=code, name=f"测速 {code}", by=manager, fiscal_year=2026)
    creating.activate(ledger, by=manager)
    ledger.refresh_from_db()
    return ledger


def import_file(figures: Figures, name: str, file: Path, ledger, rows: int) -> None:
    with figures.step(name) as values:
        begun = time.perf_counter()
        with suppress(FoundFaults):  # rows refused for good reason: the report counts them
            call_command(
                "import_customers", str(file), ledger=ledger.code, report=str(file.with_suffix(".json")), verbosity=0,
                stdout=io.StringIO(), stderr=io.StringIO(),
            )  # fmt: skip
        report = json.loads(file.with_suffix(".json").read_text())
        values["added"] = report["added"]
        values["rejected"] = report["rejected"]
        values["customers_per_s"] = round(report["added"] / (time.perf_counter() - begun))
        values["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        values["child_peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def pages(figures: Figures, ledger, user: User) -> None:
    browser = Client(HTTP_ACCEPT="text/html")
    browser.force_login(user)
    base = f"/l/{ledger.code}/customers/"
    sample = Customer.objects.of(ledger.pk).order_by("pk")[Customer.objects.of(ledger.pk).count() // 2]
    words = {"list first page": "", "search 2 chars rare": "?q=恒源", "search 2 chars common": "?q=科技",
             "search 4 chars": "?q=建筑工程", "search number": f"?q={sample.number}", "search name whole": f"?q={sample.name}",
             "search pinyin initials": f"?q={sample.mnemonic_code[:6].lower()}", "filter province": "?f-province=浙江省",
             "sorted by name": "?sort=name"}  # fmt: skip
    for name, query in words.items():
        with figures.step(f"page: {name}") as values, CaptureQueriesContext(connection) as queries:
            answer = browser.get(base + query)
            assert answer.status_code == 200, answer.status_code
            values["queries"] = len(queries)
            values.update(timed(lambda query=query: browser.get(base + query)))
    with figures.step("page: detail") as values, CaptureQueriesContext(connection) as queries:
        assert browser.get(f"{base}{sample.pk}/").status_code == 200
        values["queries"] = len(queries)
        values.update(timed(lambda: browser.get(f"{base}{sample.pk}/")))
    saves(figures, ledger, user, sample)


def saves(figures: Figures, ledger, user: User, sample: Customer) -> None:
    """One saved change through the pipeline, with history, keys, search and event: what a form does."""
    from customers.services import pipeline
    from customers.services.edits import Edit
    from permissions.actor import Actor, Door

    actor, count = Actor.of(user, ledger.pk, Door.WEB), iter(range(10_000))

    def save():
        edit = Edit(values={"remark": f"第 {next(count)} 次"}, customer_id=sample.pk, reason="测速")
        pipeline.submit([edit], ledger=ledger, by=actor, kind="edit", reason="测速")

    with figures.step("save: one change") as values:
        values.update(timed(save))


def exports(figures: Figures, ledger, folder: Path) -> None:
    for kind in ("csv", "xlsx"):
        with figures.step(f"export {kind}") as values:
            begun = time.perf_counter()
            out = folder / f"out.{kind}"
            call_command("export_customers", str(out), ledger=ledger.code, format=kind, stdout=io.StringIO(),
                         stderr=io.StringIO())  # fmt: skip
            values["rows_per_s"] = round(Customer.objects.of(ledger.pk).count() / (time.perf_counter() - begun))
            values["mb"] = round(out.stat().st_size / 1e6, 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--data", default="")
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", default="all")
    options = parser.parse_args()
    steps = (
        {"files", "floor", "csv", "xlsx", "pages", "export"}
        if options.steps == "all"
        else set(options.steps.split(","))
    )
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    manager = User.objects.create_user("bench", password=None, display_name="测速")
    figures, folder = Figures(options.rows), Path(settings.DATA_DIR)
    plain, sheet = write_files(options.data, options.rows, folder)
    ledger = new_ledger("BENCH1", manager)
    if "csv" in steps:
        import_file(figures, "import csv", plain, ledger, options.rows)
    if "pages" in steps:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        pages(figures, ledger, manager)
    if "export" in steps:
        exports(figures, ledger, folder)
    if "xlsx" in steps:
        import_file(figures, "import xlsx", sheet, new_ledger("BENCH2", manager), options.rows)
    if "floor" in steps:
        floor.measure(figures, ledger, plain, min(options.rows, 20_000))
    Path(options.out).write_text(json.dumps(figures.data, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
