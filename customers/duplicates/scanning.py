"""A whole set against itself: read, block, compare, group; by processes, with progress, resumable, the second time only what changed.

What lives here: ``scan``. What does not: the steps (``scanning_steps``), words (``wording``), what people said of pairs (``dismissing``).

A scan works in a folder of its own under the data directory. Killed, it goes on at the next step when the set is still what it was. Of a
finished scan only ids, hashes and probabilities are kept: the next one compares only pairs of which a side has changed since.
Memory does not grow with the set but for some 60 bytes a customer and 8 a candidate pair: profiles stay on disk.
"""

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Count, Max, Sum

from ..models import Customer
from . import blocking, clusters, evidence, model, pairing, storing
from . import scanning_steps as steps
from .layout import VERSION

Progress = Callable[[str, int, int], None]  # step, done, of how many
_SMALL = 20_000  # customers below which processes cost more than they save


@dataclass
class Scan:
    """What a scan found: pairs of rows with probability, vetoes and features; ``ids[row]`` is the customer."""

    ids: np.ndarray
    prints: np.ndarray
    pairs: np.ndarray  # steps.SCORED, likeliest first
    candidates: int
    compared: int
    folder: Path

    def known(self, rows: np.ndarray) -> tuple[evidence.Known, dict[int, int]]:
        """The profiles of some rows, and row → place among them: for words and groups, after the scan."""
        wanted = np.unique(rows)
        profiles = np.array(steps.profiles_in(self.folder)[wanted])
        return evidence.Known.of(profiles), {int(row): at for at, row in enumerate(wanted)}

    def groups(self, *, least: float, without: np.ndarray | None = None) -> list[list[int]]:
        """Groups of customer ids; ``without`` marks pairs that were dismissed."""
        chance = np.where(without, 0, self.pairs["chance"]) if without is not None else self.pairs["chance"]
        found = clusters.average_link(self.pairs["left"], self.pairs["right"], chance, least=least)
        return [[int(self.ids[row]) for row in group] for group in found]

    def close(self) -> None:
        """Keep what the next scan needs and remove the rest, names and addresses first of all."""
        draft = self.folder.with_suffix(".part")
        with open(draft, "wb") as handle:
            np.savez(handle, ids=self.ids, prints=self.prints, pairs=self.pairs, made=np.array([_made_with()]))
        os.replace(draft, _last(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)


def scan(
    ledger, *, progress: Progress = lambda step, done, of: None, processes: int | None = None, fresh: bool = False
) -> Scan:
    """Compare all customers of a set with one another; call ``close`` on the result when it has been used.

    ``fresh``: as if there had been no scan before. Customers whose keys were made with older rules are left out
    (``storing.out_of_date``).
    """
    folder = _folder(ledger, fresh)
    ids, prints = _read(ledger, folder, progress)
    count = len(ids)
    with _Workers(count, processes) as workers:
        workers.do("keys", [(str(folder), ledger.pk, start) for start in range(0, count, steps.ROWS)], progress)
        # The largest kinds first, so that no process waits for the last one.
        kinds = sorted(blocking.KINDS, key=lambda kind: kind not in ("slip", "latin", "rare", "short"))
        workers.do("pairs", [(str(folder), kind, count) for kind in kinds] if count else [], progress)
        candidates, old = _merge(folder, count, None if fresh else _last(folder), ids, prints)
        pieces = range(-(-candidates[1] // steps.PAIRS))
        workers.do("score", [(str(folder), piece, count) for piece in pieces], progress)
    scored = [np.load(folder / f"scored-{piece}.npy") for piece in pieces]
    pairs = np.concatenate([*scored, old])
    pairs = pairs[np.argsort(-pairs["chance"], kind="stable")]
    return Scan(ids, prints, pairs, candidates[0], candidates[1], folder)


class _Workers:
    """Processes for the steps; for a small set none, everything is done here."""

    def __init__(self, count: int, processes: int | None):
        wanted = processes or min(os.cpu_count() or 1, 8)
        self.pool = None
        if count > _SMALL and wanted > 1:
            self.pool = ProcessPoolExecutor(wanted, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *failure: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def do(self, step: str, work: list[tuple], progress: Progress) -> None:
        progress(step, 0, len(work))
        for done, _each in enumerate(self._done(step, work), 1):
            progress(step, done, len(work))

    def _done(self, step: str, work: list[tuple]) -> Iterator[None]:
        if self.pool is None:
            for each in work:
                yield steps.run(step, *each)
            return
        for future in as_completed([self.pool.submit(steps.run, step, *each) for each in work]):
            yield future.result()


def _folder(ledger, fresh: bool) -> Path:
    """The folder of the scan that is under way for this state of the set, or a new one; leftovers of other states go."""
    place = Path(settings.DATA_DIR) / "scans"
    folder, state = place / str(ledger.pk), _state(ledger)
    if fresh or not (folder / "state.json").exists() or (folder / "state.json").read_text() != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        (folder / "state.json").write_text(state)
    return folder


def _state(ledger) -> str:
    found = Customer.objects.of(ledger.pk).aggregate(
        count=Count("pk"), last=Max("pk"), at=Max("updated_at"), changes=Sum("version")
    )
    return json.dumps([_made_with(), {name: str(value) for name, value in found.items()}])


def _made_with() -> str:
    return f"{VERSION}/{model.shipped().print}"


def _last(folder: Path) -> Path:
    return folder.with_suffix(".npz")


def _read(ledger, folder: Path, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """The profiles of the set into a file; returns ids and prints of the rows."""
    done = folder / "ids.npy"
    if not done.exists():
        ids, prints = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        with open(folder / "profiles.bin", "wb") as handle:
            for some, profiles in storing.all_profiles(ledger.pk):
                ids.append(some)
                prints.append(steps.prints_of(profiles))
                handle.write(profiles.tobytes())
                progress("read", sum(map(len, ids)), 0)
        steps.save(folder / "prints.npy", np.concatenate(prints))
        steps.save(done, np.concatenate(ids))
    return np.load(done), np.load(folder / "prints.npy")


def _merge(
    folder: Path, count: int, last: Path | None, ids: np.ndarray, prints: np.ndarray
) -> tuple[tuple[int, int], np.ndarray]:
    """((candidate pairs, of which are to be compared), what the last scan found of the others); writes the file of pairs."""
    numbers = range(len(blocking.KINDS)) if count else ()
    pairs = np.zeros(0, dtype=np.uint64)
    for some in _pieces(folder, numbers):
        pairs = np.unique(np.concatenate([pairs, some]))
    every, old = len(pairs), np.zeros(0, dtype=steps.SCORED)
    if last is not None and last.exists():
        with np.load(last) as kept:
            if kept["made"][0] == _made_with():
                same, old = _unchanged(kept, ids, prints)
                left, right = pairing.split(pairs)
                pairs = pairs[~(same[left] & same[right])]
    if not (folder / "pairs.npy").exists():
        steps.save(folder / "pairs.npy", pairs)
    return (every, len(pairs)), old


def _pieces(folder: Path, numbers: Iterable[int]) -> Iterator[np.ndarray]:
    for number in numbers:
        yield np.load(folder / f"pairs-{number}.npy")


def _unchanged(kept, ids: np.ndarray, prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows that are as they were at the last scan, its pairs of two such rows with the rows that they have now)."""
    old_ids, old_prints, pairs = kept["ids"], kept["prints"], kept["pairs"]
    if not len(old_ids) or not len(ids):
        return np.zeros(len(ids), dtype=bool), np.zeros(0, dtype=steps.SCORED)
    place = np.minimum(np.searchsorted(old_ids, ids), len(old_ids) - 1)
    same = (old_ids[place] == ids) & (old_prints[place] == prints)
    now = np.full(len(old_ids), -1, dtype=np.int64)
    now[place[same]] = np.flatnonzero(same)
    left, right = now[pairs["left"]], now[pairs["right"]]
    still = (left >= 0) & (right >= 0)
    found = np.zeros(int(still.sum()), dtype=steps.SCORED)
    for name in found.dtype.names:
        found[name] = pairs[name][still]
    found["left"], found["right"] = left[still], right[still]
    return same, found
