"""Making derived tables anew from the customers: match keys, claims, search text. Runs beside users, in small steps."""

from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from ..duplicates import storing
from ..models import Customer, IdentityClaim
from ..own.writing import OwnWriter
from ..search import index
from .bulk import insert_records, table
from .snapshots import load

STEP = 1_000
Progress = Callable[[int], None]


def rebuild(ledger, *, keys: bool, search: bool, progress: Progress = lambda done: None, outdated: bool = False) -> int:
    """Recompute what was asked for, a thousand customers a transaction; returns how many were done.

    ``outdated``: only of customers whose keys were made with older rules of the matcher, or never.
    """
    done, last, own = 0, 0, OwnWriter(ledger)
    wanted = Customer.objects.of(ledger.pk)
    if outdated:
        wanted = wanted.filter(~Exists(storing.up_to_date().filter(customer=OuterRef("pk"))))
    while True:
        with transaction.atomic():
            ids = list(
                wanted.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))
                .values_list("pk", flat=True)[:STEP]
            )  # fmt: skip
            if not ids:
                return done
            snapshots = list(load(ids).values())
            if keys:
                _keys(ledger, ids, snapshots)
            if search:
                index.remove(ids)
                index.add(
                    ledger.pk, [(row["id"], index.tokens_of(row, parts, own.searchable)) for row, parts in snapshots]
                )
        done, last = done + len(ids), ids[-1]
        progress(done)


def _keys(ledger, ids: list[int], snapshots: list) -> None:
    storing.remove(ids)
    storing.add(ledger.pk, snapshots)
    IdentityClaim.objects.filter(customer_id__in=ids).delete()
    if ledger.parameter("uscc_policy") == "block":
        columns = [table(IdentityClaim).columns[name] for name in ("ledger_id", "value", "customer_id")]
        claims = [(ledger.pk, row["uscc"].upper(), row["id"]) for row, _parts in snapshots if row["uscc"]]
        insert_records(IdentityClaim._meta.db_table, columns, claims, ignore=True)


def drop_strays() -> int:
    """Remove index rows whose customer is gone; returns how many."""
    column = "customer_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {index.TABLE} WHERE {column} IN (SELECT s.{column} FROM {index.TABLE} s "
            f"LEFT JOIN customers_customer c ON c.id = s.{column} WHERE c.id IS NULL)"
        )
        return max(cursor.rowcount, 0)
