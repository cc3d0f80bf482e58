"""The steps of a scan that processes share out: each reads files of the scan's folder and writes one.

What lives here: pure work on arrays in files. What does not: the order of the steps, the database, what is done with the result
(``scanning``). Nothing here knows Django, so a process starts in a blink. A step whose file is there already has been done: that is how a
scan goes on where another one ended.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from . import blocking, deciding, evidence, hashing, pairing
from .blocking import CAPS, KINDS, Keys
from .columns import DERIVED, derive
from .layout import PROFILE

ROWS, PAIRS = 50_000, 200_000  # of one step
_AT_ONCE = 20_000  # pairs whose profiles are copied at once: they fit the processor's cache
KEPT = 0.05  # pairs below are forgotten

_KEY = np.dtype([("key", "<u8"), ("row", "<u4"), ("nth", "u1")])
SCORED = np.dtype(
    [("left", "<u4"), ("right", "<u4"), ("chance", "<f4"), ("veto", "u1"), ("features", "u1", len(evidence.FEATURES))]
)


def save(path: Path, array: np.ndarray) -> None:
    """Write an array so that it is there whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}.part")
    with open(draft, "wb") as handle:
        np.save(handle, array)
    os.replace(draft, path)


def profiles_in(folder: Path) -> np.ndarray:
    """The profiles of the set, read from disk as they are needed."""
    path = folder / "profiles.bin"
    return np.memmap(path, dtype=PROFILE, mode="r") if path.stat().st_size else np.zeros(0, dtype=PROFILE)


def keys_of_rows(folder: Path, ledger_id: int, start: int) -> None:
    """Derived columns and keys of ``ROWS`` rows, one file a kind."""
    done = folder / f"derived-{start}.npy"
    if done.exists():
        return
    profiles = np.array(profiles_in(folder)[start : start + ROWS])
    derived = derive(profiles)
    by_kind: dict[str, list[Keys]] = {kind: [] for kind in KINDS}
    for each in blocking.keys_of(ledger_id, profiles, derived):
        by_kind[each.kind].append(each)
    for number, kind in enumerate(KINDS):
        found = np.zeros(sum(len(each.keys) for each in by_kind[kind]), dtype=_KEY)
        at = 0
        for nth, each in enumerate(by_kind[kind]):
            part = found[at : at + len(each.keys)]
            part["key"], part["row"], part["nth"] = each.keys, each.rows + np.uint32(start), nth
            at += len(each.keys)
        save(folder / f"keys-{number}-{start}.npy", found)
    save(done, derived)


def pairs_of_kind(folder: Path, kind: str, count: int) -> None:
    """Candidate pairs of one kind of key, and the bearers that evidence counts by it."""
    number = KINDS.index(kind)
    done = folder / f"pairs-{number}.npy"
    if done.exists():
        return
    held = [np.load(folder / f"keys-{number}-{start}.npy", mmap_mode="r") for start in range(0, count, ROWS)]
    keys, rows, nth = (np.concatenate([each[name] for each in held]) for name in ("key", "row", "nth"))
    order = np.argsort(keys, kind="stable")
    keys, rows, nth = keys[order], rows[order], nth[order]
    for name, (counted, place) in pairing.COUNTED.items():
        if counted == kind:
            # Who bears a key twice (by his name and by his short name) is counted once or twice: it is a measure, no sum.
            size = np.minimum(pairing.sizes(keys), CAPS[kind] + 1).astype(np.uint8)
            bearers = np.ones(count, dtype=np.uint8)
            mine = nth == place
            bearers[rows[mine]] = size[mine]
            save(folder / f"bearers-{name}.npy", bearers)
    found = pairing.pairs_within(kind, *pairing.distinct(keys, rows), profiles_in(folder))
    save(done, found)


def score(folder: Path, number: int, count: int) -> None:
    """Evidence and probability of ``PAIRS`` pairs; those that may be one are kept."""
    done = folder / f"scored-{number}.npy"
    if done.exists():
        return
    pairs = np.load(folder / "pairs.npy", mmap_mode="r")[number * PAIRS : (number + 1) * PAIRS]
    known = _known(folder, count)
    kept = []
    for start in range(0, len(pairs), _AT_ONCE):
        left, right = pairing.split(np.array(pairs[start : start + _AT_ONCE]))
        features = evidence.compare(known, left, right)
        chance = deciding.chances(features)
        likely = np.flatnonzero(chance >= KEPT)
        found = np.zeros(len(likely), dtype=SCORED)
        found["left"], found["right"], found["chance"] = left[likely], right[likely], chance[likely]
        found["veto"], found["features"] = deciding.vetoes(features[likely]), features[likely]
        kept.append(found)
    save(done, np.concatenate(kept) if kept else np.zeros(0, dtype=SCORED))


_loaded: dict[tuple[Path, int], evidence.Known] = {}


def _known(folder: Path, count: int) -> evidence.Known:
    """Everything known of the set, mapped from the files; kept by the process from one step to the next of the same scan."""
    scan = (folder, (folder / "pairs.npy").stat().st_mtime_ns)
    if scan not in _loaded:
        _loaded.clear()
        derived = np.concatenate(
            [np.load(folder / f"derived-{start}.npy") for start in range(0, count, ROWS)] or [np.zeros(0, DERIVED)]
        )
        bearers = np.stack([np.load(folder / f"bearers-{name}.npy") for name in evidence.BEARERS], axis=1)
        _loaded[scan] = evidence.Known(profiles_in(folder), derived, bearers)
    return _loaded[scan]


def prints_of(profiles: np.ndarray) -> np.ndarray:
    """int64 hash of each profile: changes with anything that is compared."""
    words = np.ascontiguousarray(profiles).view(np.uint8).reshape(len(profiles), -1)
    padded = np.zeros((len(profiles), -(-words.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : words.shape[1]] = words
    return (hashing.of_points(padded.view(np.uint64)) >> np.uint64(1)).astype(np.int64)


STEPS: dict[str, Callable[..., None]] = {"keys": keys_of_rows, "pairs": pairs_of_kind, "score": score}


def run(step: str, folder: str, *arguments) -> None:
    """What a process is sent: the name of a step and its arguments."""
    STEPS[step](Path(folder), *arguments)
