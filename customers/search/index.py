"""The search index of both engines: FTS5 on SQLite, a GIN index over hashed grams on PostgreSQL.

What lives here: making rows, replacing them in bulk, and the SQL condition of a query. What does not: cutting texts
(``grams``) and ranking (``listing``). Every token carries its ledger, so a set's index behaves as if it stood alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

from django.db import connection, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from erp_site.shared.crypto import keyed_hash

from ..fields import Field
from ..own import values as own_values
from ..rules.text import fold
from ..services.bulk import insert_records
from . import grams

TABLE = "customers_search"


def texts_of(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    """(kind, folded text) of everything a customer is searched by, phones apart."""
    texts = [(grams.NAME, row["name_key"]), (grams.NUMBER, row["number_key"])]
    texts.extend((grams.NAME, former["name_key"]) for former in parts.get("former_names", ()) if former.get("name_key"))
    if row.get("short_name"):
        texts.append((grams.NAME, fold(row["short_name"])))
    if row.get("english_name"):
        texts.append((grams.NAME, fold(row["english_name"])))
    if row.get("mnemonic_code"):
        texts.append((grams.PINYIN, fold(row["mnemonic_code"])))
    if row.get("uscc"):
        texts.append((grams.NUMBER, row["uscc"]))
    if row.get("address"):
        texts.append((grams.ADDRESS, fold(row["address"])))
    texts.extend((grams.CONTACT, fold(contact["name"])) for contact in parts.get("contacts", ()) if contact.get("name"))
    return texts


def phone_tails(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Keyed hashes of the last four and last eight digits of every phone: found, but not readable, in the index."""
    phones = [row.get("phone")]
    for contact in parts.get("contacts", ()):
        phones += [contact.get("mobile"), contact.get("phone")]
    return {tail_token(phone[-length:]) for value in phones if value for phone in [_digits(value)] for length in (4, 8)}


def tail_token(digits: str) -> str:
    return f"{grams.PHONE}{keyed_hash('tail', digits):x}"


def _digits(phone: str) -> str:
    main = phone.split("-")
    # An extension is not how anybody remembers a number: 010-12345678-802 ends in 5678.
    return "".join(character for character in "".join(main[:2]) if character.isdigit())


def tokens_of(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]], own: Iterable[Field] = ()) -> set[str]:
    """Every token of a customer; ``own`` are the set's own fields that are searched."""
    return grams.document([*texts_of(row, parts), *_own_texts(row, own)]) | phone_tails(row, parts)


def _own_texts(row: dict[str, Any], own: Iterable[Field]) -> Iterator[tuple[str, str]]:
    """Each own field is a kind by itself, so that nobody finds through one that he may not read."""
    values = row.get("custom_values")
    if values:
        for field in own:
            if text := own_values.searched_text(field, values):
                yield grams.own_kind(field.custom.pk), text


def add(ledger_id: int, documents: Iterable[tuple[int, set[str]]]) -> None:
    """Index (customer id, tokens) pairs that are not in the index yet."""
    if connection.vendor == "postgresql":
        # The array as text: made here it costs a quarter of what the driver's general list dumper takes.
        records = ((pk, "{" + ",".join(map(str, hashed(ledger_id, tokens))) + "}") for pk, tokens in documents)
        insert_records(TABLE, ("customer_id", "grams"), records)
        return
    # One translation of the whole document instead of one a token: this runs for every row of an import.
    between = f"\n{ledger_id}"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE}(rowid, grams) VALUES (%s, %s)",
            [(pk, (between + between.join(tokens)).translate(_SIGNS)) for pk, tokens in documents],
        )


def remove(customer_ids: Sequence[int]) -> None:
    column = "customer_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {TABLE} WHERE {column} = %s", [(pk,) for pk in customer_ids])


def hashed(ledger_id: int, tokens: Iterable[str]) -> list[int]:
    """Signed 32-bit hashes of tokens; a rare collision shows one row too many, which the name check takes out."""
    return [crc32(f"{ledger_id}{token}".encode()) - 0x80000000 for token in tokens]


# The tokenizer keeps every ASCII sign but these, which stand for look-alikes in the index and in queries alike.
_SIGNS = str.maketrans({'"': "\u02ee", "'": "\u02bc", " ": "\u2423"})


def _escaped(ledger_id: int, token: str) -> str:
    return f"{ledger_id}{token}".translate(_SIGNS)


def candidates(ledger_id: int, alternatives: Sequence[set[str]], limit: int) -> list[int] | None:
    """Ids of the customers whose text has all tokens of one of the sets; None when there are more than ``limit``."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            condition, params = _arrays("grams", ledger_id, alternatives)
            with transaction.atomic():
                # The statistics of rare tokens are guesses; a guess must never make this a scan of the whole table.
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"SELECT customer_id FROM {TABLE} WHERE {condition} LIMIT %s", [*params, limit + 1])
                found = [row[0] for row in cursor.fetchall()]
                cursor.execute("SET LOCAL enable_seqscan = on")
        else:
            sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s"
            cursor.execute(sql, [_expression(ledger_id, alternatives), limit + 1])
            found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= limit else None


def row_has(ledger_id: int, alternatives: Sequence[set[str]]) -> RawSQL:
    """The same as a test of one customer row, for words so common that walking the list in its order finds them soon."""
    if connection.vendor == "postgresql":
        condition, params = _arrays("s.grams", ledger_id, alternatives)
        # A scalar sub-query, which the planner never turns into a join over all hits.
        sql = f"(SELECT {condition} FROM {TABLE} s WHERE s.customer_id = customers_customer.id)"
        return RawSQL(sql, params, output_field=BooleanField())
    # FTS5 gives all rowids of a common word in a few milliseconds; asked row by row it would begin anew each time.
    sql = f"(customers_customer.id IN (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s))"
    return RawSQL(sql, [_expression(ledger_id, alternatives)], output_field=BooleanField())


def _arrays(column: str, ledger_id: int, alternatives: Sequence[set[str]]) -> tuple[str, list[list[int]]]:
    return " OR ".join([f"{column} @> %s::int[]"] * len(alternatives)), [
        hashed(ledger_id, each) for each in alternatives
    ]


def _expression(ledger_id: int, alternatives: Sequence[set[str]]) -> str:
    return " OR ".join(
        "(" + " AND ".join(f'"{_escaped(ledger_id, token)}"' for token in sorted(tokens)) + ")"
        for tokens in alternatives
    )


def settle() -> None:
    """After a bulk of rows: fold PostgreSQL's list of pending tokens into the index, which every search would walk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('customers_search_grams'::regclass)")


def holds(ledger_id: int, customer_id: int, tokens: set[str]) -> bool:
    """Whether the index row of a customer has exactly these tokens (SQLite can only tell: at least these)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT grams FROM {TABLE} WHERE customer_id = %s", [customer_id])
            row = cursor.fetchone()
            return row is not None and set(row[0]) == set(hashed(ledger_id, tokens))
        expression = " AND ".join(f'"{_escaped(ledger_id, token)}"' for token in sorted(tokens))
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid = %s", [expression, customer_id])
        return cursor.fetchone() is not None
