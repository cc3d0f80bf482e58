"""Own fields at size: a set with 200 of them, customers with 20 filled in, then list, filters, orders, a save and the form.

    python -m benchmarks.fields [--rows 100000] [--fields 200] [--filled 20] [--engines sqlite,postgresql]

Each engine gets a fresh database and a process of its own; results go to ``benchmarks/results/fields-<engine>-<rows>.json``. Page figures
are medians and 95th percentiles of server time. What is measured is the product's own pages and verbs, nothing beside them.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.__main__ import HERE, RESULTS, _print, _psql

CHUNK = 1_000
# Which types the fields have, over and over; what is filled in goes with the customer's place.
TYPES = ("text", "integer", "decimal", "money", "date", "boolean", "choice", "multi_choice", "text", "user")
OPTIONS = [{"value": f"v{n}", "label": f"选项{n}", "colour": "", "is_active": True} for n in range(20)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--fields", type=int, default=200)
    parser.add_argument("--filled", type=int, default=20)
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)  # set in the process that measures
    options = parser.parse_args()
    if options.here:
        return measure(options)
    RESULTS.mkdir(exist_ok=True)
    return max(_in_own_process(engine, options) for engine in options.engines.split(","))


def _in_own_process(engine: str, options: argparse.Namespace) -> int:
    out = RESULTS / f"fields-{engine}-{options.rows}.json"
    server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
    database = f"bench_fields_{os.getpid()}" if engine == "postgresql" else ""
    command = [sys.executable, "-m", "benchmarks.fields", "--here", str(out), "--rows", str(options.rows)]
    command += ["--fields", str(options.fields), "--filled", str(options.filled)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(HERE.parent),
            "DEMO": "0",
        }
        environment.pop("DATABASE_URL", None)
        if database:
            _psql(server, f"CREATE DATABASE {database}")
            environment["DATABASE_URL"] = f"{server}/{database}"
        try:
            code = subprocess.run(command, env=environment, cwd=HERE.parent, check=False).returncode
        finally:
            if database:
                _psql(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    if code == 0:
        _print(engine, json.loads(out.read_text()))
    return code


def measure(options: argparse.Namespace) -> int:
    """Everything, in this process, on the database that the environment names."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.engine import Figures, new_ledger
    from permissions.models import User

    figures = Figures(options.rows)
    figures.data |= {"fields": options.fields, "filled": options.filled}
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    manager = User.objects.create_user("bench", password="bench-pass-2026", display_name="测速")
    ledger = new_ledger("BENCH", manager)
    fields = _fields(ledger, manager, options.fields)
    _customers(figures, ledger, fields, manager, options)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _pages(figures, ledger, fields, manager)
    _verbs(figures, ledger, fields, manager)
    with open(options.here, "w", encoding="utf-8") as file:
        json.dump(figures.data, file, ensure_ascii=False, indent=1)
    return 0


def _fields(ledger, manager, count: int) -> list:
    from customers.own import designing as custom_fields
    from permissions.actor import Actor, Door

    by = Actor.of(manager, ledger.pk, Door.WEB)
    choices = custom_fields.save_choice_set(ledger, OPTIONS, by=by, name="测速选项")
    made = []
    for n in range(count):
        type_ = TYPES[n % len(TYPES)]
        values = {
            "label": f"字段{n}",
            "group": f"分组{n // 20}",
            "in_list": n < 3,
            "is_unique": n == 8,
            "is_searchable": n == 0,
        }
        if type_ in ("choice", "multi_choice"):
            values["choice_set"] = choices
        made.append(custom_fields.create(ledger, type_, values, by=by, key=f"x_f{n}"))
    return made


def _values(fields: list, place: int, filled: int, user_id: int) -> dict:
    """What a customer says: the first ten fields always, the others in turn, so that every field is used by some."""
    rest = range(10, len(fields))
    start = place * 7 % max(1, len(rest))
    chosen = [
        *range(min(10, len(fields))),
        *(rest[(start + n) % len(rest)] for n in range(max(0, filled - 10)) if rest),
    ]
    draw = random.Random(place)
    return {fields[n].key: _value(fields[n], n, place, draw, user_id) for n in chosen}


def _value(field, n: int, place: int, draw: random.Random, user_id: int):
    if n == 8:
        return f"HT-{place:08d}"
    return {
        "text": lambda: f"内容{draw.randrange(5_000)}",
        "integer": lambda: draw.randrange(100_000),
        "decimal": lambda: f"{draw.randrange(10_000_000) / 100:.2f}",
        "money": lambda: f"{draw.randrange(100_000_000) / 100:.2f}",
        "date": lambda: (date(2000, 1, 1) + timedelta(days=draw.randrange(9_000))).isoformat(),
        "boolean": lambda: draw.random() < 0.5,
        "choice": lambda: f"v{draw.randrange(20)}",
        "multi_choice": lambda: [f"v{draw.randrange(20)}", f"v{draw.randrange(20)}"],
        "user": lambda: user_id,
    }[field.type]()


def _chunks(rows: int, fields: list, filled: int, user_id: int) -> Iterator[list]:
    from customers.generator import firms
    from customers.services.edits import Edit

    edits = []
    for place, firm in enumerate(firms(rows, seed=11)):
        values = {key: firm[key] for key in ("name", "province", "city", "address") if firm.get(key)}
        edits.append(Edit(values=values | _values(fields, place, filled, user_id), reason="测速"))
        if len(edits) == CHUNK:
            yield edits
            edits = []
    if edits:
        yield edits


def _customers(figures, ledger, fields: list, manager, options: argparse.Namespace) -> None:
    from customers.models import ChangeBatch, CustomValue
    from customers.services import writing
    from customers.services.edits import accepted
    from customers.services.pipeline import Pipeline, Policy
    from permissions.actor import Actor, Door

    by = Actor.of(manager, ledger.pk, Door.IMPORT)
    about = {"ledger": ledger, "by": by, "kind": ChangeBatch.Kind.IMPORT}
    pipeline = Pipeline(ledger, by, Policy(report_duplicates=True))
    with figures.step("add customers") as values:
        begun, added = time.perf_counter(), 0
        batch = writing.open_batch(**about, state=ChangeBatch.State.OPEN)
        for edits in _chunks(options.rows, fields, options.filled, manager.pk):
            pipeline.prepare(edits)
            added += len(writing.write(accepted(edits), **about, batch=batch).added)
        writing.close_batch(batch)
        values["added"] = added
        values["copies"] = CustomValue.objects.count()
        values["customers_per_s"] = round(added / (time.perf_counter() - begun))


def _pages(figures, ledger, fields: list, manager) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.engine import timed
    from customers.models import Customer

    browser = Client(HTTP_ACCEPT="text/html")
    browser.force_login(manager)
    base = f"/l/{ledger.code}/customers/"
    sample = Customer.objects.of(ledger.pk).order_by("pk").last()
    middle = Customer.objects.of(ledger.pk).order_by("pk")[len(fields)]
    addresses = {
        "list": base,
        "filter unique text": f"{base}?f-x_f8={middle.custom_values['x_f8']}",
        "filter text, 1 in 5,000": f"{base}?f-x_f0={middle.custom_values['x_f0']}",
        "filter option, 1 in 20": f"{base}?f-x_f6=v3",
        "filter yes, 1 in 2": f"{base}?f-x_f5=1",
        "filter range, 1 in 1,000": f"{base}?f-x_f1__from=50000&f-x_f1__to=50100",
        "filter range, 1 in 2": f"{base}?f-x_f1__from=50000",
        "filter range of days": f"{base}?f-x_f4__from=2010-01-01&f-x_f4__to=2010-01-31",
        "filter two fields": f"{base}?f-x_f6=v3&f-x_f5=1",
        "filter blank, most": f"{base}?f-x_f15=-",
        "filter blank, none": f"{base}?f-x_f1=-",
        "sort by number": f"{base}?sort=x_f2",
        "sort by day, down": f"{base}?sort=-x_f4",
        "sort by text": f"{base}?sort=x_f0",
        "sort by rarely filled": f"{base}?sort=x_f15",
        "filter and sort": f"{base}?f-x_f5=1&sort=x_f3",
        "search": f"{base}?q=内容1234",
        "detail": f"{base}{sample.pk}/",
        "form": f"{base}{sample.pk}/edit/",
    }
    for name, address in addresses.items():
        with figures.step(f"page: {name}") as values, CaptureQueriesContext(connection) as queries:
            answer = browser.get(address)
            assert answer.status_code == 200, (name, answer.status_code)
            values["queries"], values["kb"] = len(queries), len(answer.content) // 1024
            values.update(timed(lambda address=address: browser.get(address), rounds=15))


def _verbs(figures, ledger, fields: list, manager) -> None:
    from benchmarks.engine import timed
    from customers.models import Customer
    from customers.own import converting as own_converting
    from customers.own import designing as custom_fields
    from customers.services import pipeline
    from customers.services.edits import Edit
    from permissions.actor import Actor, Door

    by = Actor.of(manager, ledger.pk, Door.WEB)
    sample, count = Customer.objects.of(ledger.pk).order_by("pk").first(), iter(range(10_000))

    def save() -> None:
        edit = Edit(values={"x_f1": next(count), "x_f0": "改了"}, customer_id=sample.pk, reason="测速")
        assert pipeline.submit([edit], ledger=ledger, by=by, kind="edit").updated

    with figures.step("save two own fields") as values:
        values.update(timed(save))
    with figures.step("preview: shorter text"):
        custom_fields.unfit(fields[0], {"max_length": 5}, by=by)
    with figures.step("preview: text to number"):
        own_converting.preview(fields[0], "integer", {}, by=by)
    with figures.step("preview: values that repeat"):
        custom_fields.duplicates(fields[1], by=by)


if __name__ == "__main__":
    sys.exit(main())
