"""One change of the organisation at a time: two moves that are each right could together make a circle.

SQLite's transactions come one after the other anyway; PostgreSQL gets an advisory lock that lasts until the end of the transaction. It
is taken before anything is read that the change depends on.
"""

from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Model

Row = TypeVar("Row", bound=Model)
_KEY = 0x6F7267  # any number that nothing else uses


def hold() -> None:
    """Wait for one's turn; call it first thing inside a transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the organisation is changed inside a transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_KEY])


def fresh(row: Row | None) -> Row | None:
    """``row`` as it is now that nobody else changes the organisation: what the caller read before may be out of date."""
    return None if row is None else type(row).objects.get(pk=row.pk)
