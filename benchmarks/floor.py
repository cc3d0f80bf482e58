"""What the same machine does with less: raw inserts into the same tables and indexes, and django-import-export's bulk mode.

Both run on rows of the set just imported, so that our figure can be read beside them. Neither validates, matches or indexes for
search; import-export writes the customer row and its history alone.
"""

import csv
import re
import time
from itertools import islice
from pathlib import Path

import tablib
from django.db import connection, transaction
from django.utils import timezone
from import_export import resources
from import_export.instance_loaders import CachedInstanceLoader
from simple_history.utils import bulk_create_with_history

from customers.models import ChangeBatch, Customer
from customers.services.bulk import insert_records
from ledgers.models import Ledger

TABLES = {
    "customers_customer": "id",
    "customers_historicalcustomer": "id",
    "customers_contact": "customer_id",
    "customers_historicalcontact": "customer_id",
    "customers_bankaccount": "customer_id",
    "customers_historicalbankaccount": "customer_id",
    "customers_matchkey": "customer_id",
    "customers_event": "customer_id",
}


def measure(figures, ledger: Ledger, plain: Path, rows: int) -> None:
    with figures.step(f"floor: raw insert, {rows}") as values:
        seconds = _raw(ledger, rows)
        values["customers_per_s"] = round(rows / seconds)
    with figures.step(f"floor: import-export bulk, {rows}") as values:
        begun = time.perf_counter()
        _import_export(plain, rows)
        values["customers_per_s"] = round(rows / (time.perf_counter() - begun))
    ours = figures.data["steps"].get("import csv", {}).get("customers_per_s")
    if ours:
        theirs = figures.data["steps"][f"floor: import-export bulk, {rows}"]["customers_per_s"]
        figures.data["steps"]["ratio: ours / import-export"] = {"times": round(ours / theirs, 2)}


def _raw(ledger: Ledger, rows: int) -> float:
    """Seconds to insert the rows of ``rows`` customers into copies of their tables, a thousand a transaction."""
    last = list(Customer.objects.of(ledger.pk).order_by("pk").values_list("pk", flat=True)[:rows])[-1]
    total = 0.0
    with connection.cursor() as cursor:
        for table, column in TABLES.items():
            cursor.execute(f"SELECT * FROM {table} WHERE {column} <= %s", [last])
            columns = [each[0] for each in cursor.description]
            records = cursor.fetchall()
            copy = _clone(cursor, table)
            begun = time.perf_counter()
            for start in range(0, len(records), 1_000):
                with transaction.atomic():
                    insert_records(copy, columns, (_plain(row) for row in records[start : start + 1_000]))
            total += time.perf_counter() - begun
            cursor.execute(f"DROP TABLE {copy}")
    return total


def _plain(row: tuple) -> tuple:
    import json

    return tuple(json.dumps(value) if isinstance(value, dict | list) else value for value in row)


def _clone(cursor, table: str) -> str:
    copy = f"bench_{table}"
    if connection.vendor == "postgresql":
        cursor.execute(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)")
        return copy
    cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL ORDER BY type DESC", [table])
    for (sql,) in cursor.fetchall():
        cloned = re.sub(rf'"?\b{table}\b"?', f'"{copy}"', sql)
        cursor.execute(re.sub(r'(INDEX )"?(\w+)"?', r'\1"bench_\2"', cloned, count=1))
    return copy


class _Resource(resources.ModelResource):
    class Meta:
        model = Customer
        import_id_fields = ["number"]
        fields = ["number", "name", "uscc", "province", "city", "address", "email"]
        use_bulk = True
        batch_size = 1_000
        skip_diff = True
        skip_unchanged = False
        report_skipped = False
        instance_loader_class = CachedInstanceLoader

    def __init__(self, batch: ChangeBatch):
        super().__init__()
        self.batch = batch

    def init_instance(self, row=None):
        now = timezone.now()
        return Customer(ledger_id=self.batch.ledger_id, created_at=now, updated_at=now, created_batch=self.batch,
                        last_batch=self.batch)  # fmt: skip

    def before_save_instance(self, instance, row, **kwargs):
        instance.number_key = instance.number
        instance.name_key = instance.name

    def bulk_create(self, using_transactions, dry_run, raise_errors, batch_size=None, result=None):
        if self.create_instances:
            bulk_create_with_history(self.create_instances, Customer, batch_size=batch_size,
                                     custom_historical_attrs={"batch": self.batch})  # fmt: skip
        self.create_instances.clear()

    def get_queryset(self):
        return Customer.objects.of(self.batch.ledger_id)


def _import_export(plain: Path, rows: int) -> None:
    """The library's fastest way: one data set in memory, cached loader, bulk rows, history by simple-history's bulk helper."""
    ledger = Ledger.objects.create(code="FLOOR", name="FLOOR", state=Ledger.State.ACTIVE, fiscal_year=2026)
    batch = ChangeBatch.objects.create(ledger=ledger, kind=ChangeBatch.Kind.COMMAND, door="command")
    with open(plain, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        data = tablib.Dataset(headers=["number", "name", "uscc", "province", "city", "address", "email"])
        for index, row in enumerate(islice(reader, rows)):
            data.append([f"F{index:07d}", *(row[column] for column in data.headers[1:])])
    result = _Resource(batch).import_data(data, dry_run=False, raise_errors=True, use_transactions=True)
    if result.has_errors():
        raise RuntimeError("import-export refused rows")
