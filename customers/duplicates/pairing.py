"""From keys to candidate pairs, and how many customers bear the same: all in arrays.

What lives here: pairs within the blocks of one kind of key, and commonness for evidence. What does not: the keys (``blocking``).
"""

import numpy as np

from . import blocking, evidence
from .blocking import Keys
from .layout import IS_LATIN

# BEARERS → (kind of key, which of the arrays of that kind).
COUNTED = {"core": ("short", 0), "brand": ("short", 1), "phone": ("phone", 0), "email": ("email", 0), "bank": ("bank", 0),
            "address": ("address", 0)}  # fmt: skip


def by_kind(keys: list[Keys]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """kind → (keys, rows), sorted by key; a row stands once under a key."""
    found = {}
    for kind in dict.fromkeys(each.kind for each in keys):
        mine = [each for each in keys if each.kind == kind]
        found[kind] = ordered(
            np.concatenate([each.keys for each in mine]), np.concatenate([each.rows for each in mine])
        )
    return found


def ordered(keys: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted by key, then row, without repetitions."""
    order = np.lexsort((rows, keys)) if len(keys) < 1000 else np.argsort(keys, kind="stable")
    return distinct(keys[order], rows[order])


def distinct(keys: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted keys without the same row twice under one, as far as the repetitions stand side by side."""
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    return keys[fresh], rows[fresh]


def sizes(keys: np.ndarray) -> np.ndarray:
    """For each of the sorted keys, how many there are of it."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    counts = np.diff(np.append(starts, len(keys)))
    return np.repeat(counts, counts)


def pairs_within(kind: str, keys: np.ndarray, rows: np.ndarray, profiles: np.ndarray) -> np.ndarray:
    """Candidate pairs (smaller row << 32 | larger row) of the blocks of a kind that are not over its cap; unsorted, no repetitions."""
    cap = blocking.CAPS[kind]
    size = sizes(keys)
    keep = (size > 1) & (size <= cap)
    keys, rows = keys[keep], rows[keep].astype(np.uint64)
    found = []
    for apart in range(1, cap):
        together = keys[apart:] == keys[:-apart]
        if not together.any():
            break
        a, b = rows[:-apart][together], rows[apart:][together]
        found.append(np.minimum(a, b) << np.uint64(32) | np.maximum(a, b))
    pairs = np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)
    left, right = split(pairs)
    keep = left != right
    if kind == "latin":  # two Chinese names that are read alike meet under their sound
        keep &= (profiles["flags"][left] | profiles["flags"][right]) & IS_LATIN > 0
    return np.unique(pairs[keep])


def split(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def candidates(profiles: np.ndarray, keys: list[Keys]) -> tuple[np.ndarray, np.ndarray]:
    """(smaller rows, larger rows) of all candidate pairs among the profiles."""
    found = [pairs_within(kind, *held, profiles) for kind, held in by_kind(keys).items()]
    return split(np.unique(np.concatenate(found)))


def bearers(count: int, keys: list[Keys], counted: dict[int, int] | None = None) -> np.ndarray:
    """uint8 (rows × evidence.BEARERS): how many customers bear the row's key of that kind, at most its cap and one.

    ``counted``: how many of a stored set bear a key; the row itself comes on top. Without it the rows are the whole set.
    """
    found = np.ones((count, len(evidence.BEARERS)), dtype=np.uint8)
    whole: dict[str, np.ndarray] = {}
    for place, name in enumerate(evidence.BEARERS):
        kind, nth = COUNTED[name]
        mine = [each for each in keys if each.kind == kind]
        each = mine[nth]
        if counted is not None:
            number = np.array([counted.get(key, 0) + 1 for key in each.keys.tolist()], dtype=np.int64)
        else:
            if kind not in whole:
                joined = ordered(np.concatenate([e.keys for e in mine]), np.concatenate([e.rows for e in mine]))
                whole[kind] = joined[0]
            number = np.searchsorted(whole[kind], each.keys, "right") - np.searchsorted(whole[kind], each.keys, "left")
        found[each.rows, place] = np.minimum(number, blocking.CAPS[kind] + 1)
    return found
