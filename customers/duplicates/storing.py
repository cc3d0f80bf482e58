"""The tables of the matcher: keys and profiles, kept by the writer beside the customers they are made from.

What lives here: writing them in bulk, looking keys up, reading profiles. What does not: what goes into them (``exact``, ``profiles``, ``blocking``).

One customer has some thirty keys: those of his identifying values, by which the pipeline refuses and warns, and those by which he may be
found though nothing is equal. The kind is folded into the key, so both stand in one table.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from ..models import MatchKey, MatchProfile
from ..services.bulk import insert_records
from . import blocking, exact, profiles
from .columns import derive
from .layout import PROFILE, VERSION

_KEYS, _PROFILES = MatchKey._meta.db_table, MatchProfile._meta.db_table
_READ = 20_000


def add(ledger_id: int, snapshots: Sequence[exact.Snapshot]) -> None:
    """Keys and profiles of customers that have none yet, from their rows and parts."""
    if not snapshots:
        return
    ids = np.array([row["id"] for row, _parts in snapshots], dtype=np.int64)
    made = profiles.build(ledger_id, [profiles.record_of(row, parts) for row, parts in snapshots])
    keys, holders = _all_keys(ledger_id, ids, made, snapshots)
    # Ascending, because the table is ordered by key.
    insert_records(_KEYS, ("key", "customer_id"), zip(keys.tolist(), holders.tolist(), strict=True))
    data = made.tobytes()
    size = PROFILE.itemsize
    records = ((pk, ledger_id, VERSION, data[at * size : (at + 1) * size]) for at, pk in enumerate(ids.tolist()))
    insert_records(_PROFILES, ("customer_id", "ledger_id", "version", "data"), records)


def _all_keys(ledger_id: int, ids: np.ndarray, made: np.ndarray, snapshots: Sequence[exact.Snapshot]):
    """(keys, customer ids), ascending, each pair once."""
    found = list(blocking.keys_of(ledger_id, made, derive(made)))
    equal = [(key, row["id"]) for row, parts in snapshots for key in exact.keys_of(ledger_id, row, parts)]
    pairs = np.array(equal, dtype=np.int64).reshape(-1, 2)
    keys = np.concatenate([each.keys for each in found] + [pairs[:, 0].astype(np.uint64)])
    holders = np.concatenate([ids[each.rows] for each in found] + [pairs[:, 1]])
    order = np.lexsort((holders, keys))
    keys, holders = keys[order], holders[order]
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (holders[1:] != holders[:-1])
    return keys[fresh], holders[fresh]


def first_wrong(snapshots: Sequence[exact.Snapshot]) -> int | None:
    """The first of these customers whose keys or profile are not what their rows give; None when all is well."""
    for ledger_id in {row["ledger_id"] for row, _parts in snapshots}:
        mine = [(row, parts) for row, parts in snapshots if row["ledger_id"] == ledger_id]
        ids = np.array([row["id"] for row, _parts in mine], dtype=np.int64)
        made = profiles.build(ledger_id, [profiles.record_of(row, parts) for row, parts in mine])
        keys, bearers = _all_keys(ledger_id, ids, made, mine)
        stored = MatchKey.objects.filter(customer_id__in=ids.tolist()).values_list("customer_id", "key")
        wrong = set(stored) ^ set(zip(bearers.tolist(), keys.tolist(), strict=True))
        if wrong:
            return min(wrong)[0]
        found, kept = profiles_of(ledger_id, ids.tolist())
        if len(found) != len(ids) or kept.tobytes() != made[np.argsort(ids)].tobytes():
            return int(ids.min())
    return None


def remove(ids: Sequence[int]) -> None:
    """Take keys and profiles of customers out, before they are made anew."""
    MatchKey.objects.filter(customer_id__in=ids).delete()
    MatchProfile.objects.filter(customer_id__in=ids).delete()


def profiles_of(ledger_id: int, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(ids, profiles) of those of the customers that have a profile of this version in the set, ascending by id."""
    wanted = sorted(set(ids))
    found: list[tuple[int, bytes]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), 2000):
            some = wanted[start : start + 2000]
            if connection.vendor == "postgresql":
                condition, params = "customer_id = ANY(%s)", [some]
            else:
                condition, params = "customer_id IN (SELECT value FROM json_each(%s))", [str(some)]
            cursor.execute(
                f"SELECT customer_id, data FROM {_PROFILES} WHERE {condition} AND ledger_id = %s AND version = %s",
                [*params, ledger_id, VERSION],
            )
            found += cursor.fetchall()
    return _arrays(sorted(found, key=lambda each: each[0]))


def all_profiles(ledger_id: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(ids, profiles) of a whole set by pieces, ascending by id."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT customer_id, data FROM {_PROFILES} WHERE ledger_id = %s AND customer_id > %s AND version = %s "
                f"ORDER BY customer_id LIMIT {_READ}",
                [ledger_id, last, VERSION],
            )
            found = cursor.fetchall()
        if not found:
            return
        yield _arrays(found)
        last = found[-1][0]


def up_to_date() -> QuerySet[MatchProfile]:
    """Profiles made with the present rules."""
    return MatchProfile.objects.filter(version=VERSION)


def out_of_date(ledger_id: int) -> int:
    """How many customers of a set have no profile of this version: they are not compared until keys are made anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM customers_customer WHERE ledger_id = %s) - "
            f"(SELECT count(*) FROM {_PROFILES} WHERE ledger_id = %s AND version = %s)",
            [ledger_id, ledger_id, VERSION],
        )
        return cursor.fetchone()[0]


def _arrays(found: Sequence[tuple[int, bytes]]) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([each[0] for each in found], dtype=np.int64)
    return ids, np.frombuffer(b"".join([each[1] for each in found]), dtype=PROFILE)
