"""New records against a set: one that is being typed, or the rows of an import.

What lives here: ``similar`` and ``match_batch``. What does not: a set against itself (``scanning``), what may be told of a hit (``knowing``).

A key that more customers bear than its kind allows is passed over, so a query costs some hundred comparisons at most, however
large the set and however many are called 测试.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from . import blocking, deciding, evidence, exact, pairing, profiles, storing, wording
from .blocking import Keys
from .columns import derive

_MOST_PAIRS = 100_000  # compared at once


@dataclass(frozen=True)
class Likeness:
    """How like a customer of the set (``customer_id``) or an earlier row of the batch (``row``) a record is, and why."""

    chance: float
    customer_id: int | None = None
    row: int | None = None
    veto: int = 0
    reasons: list[wording.Reason] = field(default_factory=list)


def similar(
    ledger_id: int,
    record: profiles.Record,
    *,
    least: float = deciding.POSSIBLE,
    most: int = 8,
    besides: int | None = None,
) -> list[Likeness]:
    """The customers of the set that the record may be, likeliest first."""
    found = match_batch(ledger_id, [record], least=least, most=most, besides=[besides])
    return found[0]


def match_batch(
    ledger_id: int, records: Sequence[profiles.Record], *, least: float = deciding.POSSIBLE, most: int = 5,
    besides: Sequence[int | None] | None = None,
) -> list[list[Likeness]]:  # fmt: skip
    """For each record the customers of the set and the earlier records of the list that it may be, likeliest first.

    ``besides``: ids of the customers that the records themselves are (changes), else None.
    """
    made = profiles.build(ledger_id, records)
    derived = derive(made)
    keys = list(blocking.keys_of(ledger_id, made, derived))
    own = np.array([each or 0 for each in besides or [None] * len(records)], dtype=np.int64)
    rows, ids, bearers = _held(made, keys)
    keep = ids != own[rows]
    rows, ids = rows[keep], ids[keep]
    known_ids, known = storing.profiles_of(ledger_id, np.unique(ids).tolist())
    # A set's keys may name customers of an older version of the rules; they are left out until their keys are made anew.
    place = np.minimum(np.searchsorted(known_ids, ids), max(len(known_ids) - 1, 0))
    there = known_ids[place] == ids if len(known_ids) else np.zeros(len(ids), dtype=bool)
    left, right = rows[there], len(made) + place[there]
    if len(records) > 1:
        within = pairing.candidates(made, keys)
        left, right = np.concatenate([left, within[1]]), np.concatenate([right, within[0]])
    everything = evidence.Known.of(np.concatenate([made, known]), np.concatenate([bearers, _silent(len(known))]))
    return _judged(everything, left, right, known_ids, len(made), least=least, most=most)


def _held(made: np.ndarray, keys: list[Keys]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, ids of customers that share a key with them, bearers of the rows' own keys)."""
    wanted: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for each in keys:
        for key, row in zip(each.keys.tolist(), each.rows.tolist(), strict=True):
            wanted[key].append((row, each.kind))
    found = exact.holders(wanted, blocking.MOST + 1)
    pairs: set[tuple[int, int]] = set()
    for key, ids in found.items():
        for row, kind in wanted[key]:
            if len(ids) < blocking.CAPS[kind] + 1:
                pairs.update((row, pk) for pk in ids)
    counted = {key: len(ids) for key, ids in found.items()}
    both = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1], pairing.bearers(len(made), keys, counted)


def _silent(count: int) -> np.ndarray:
    """Bearers of customers of whom only the record's own are known: those of the record decide."""
    found = np.zeros((count, len(evidence.BEARERS)), dtype=np.uint8)
    found[:, 2:] = 255  # of telephones, mailboxes and addresses the smaller number counts, of names the larger
    return found


def _judged(known, left, right, ids, count, *, least: float, most: int) -> list[list[Likeness]]:
    kept: list[list[Likeness]] = [[] for _ in range(count)]
    for start in range(0, len(left), _MOST_PAIRS):
        a, b = left[start : start + _MOST_PAIRS], right[start : start + _MOST_PAIRS]
        features = evidence.compare(known, a, b)
        chance, veto = deciding.chances(features), deciding.vetoes(features)
        likely = np.flatnonzero(chance >= least)
        reasons = wording.reasons(known, a[likely], b[likely], features[likely])
        for at, why in zip(likely.tolist(), reasons, strict=True):
            other = int(b[at])
            customer, row = (int(ids[other - count]), None) if other >= count else (None, other)
            kept[a[at]].append(Likeness(round(float(chance[at]), 4), customer, row, int(veto[at]), why))
    return [sorted(each, key=lambda like: (-like.chance, like.customer_id or 0))[:most] for each in kept]
