"""Which row of the file first bore an identifying value, for files of any length in bounded memory.

What lives here: ``KeyIndex``, sorted arrays of keyed hashes with their row numbers. What does not: which values identify
(``customers.duplicates.exact``) and what a repetition means (``judging``).
"""

import numpy as np


class KeyIndex:
    """A growing set of (63-bit key → first row). Twelve bytes per key: four million keys take some 50 MB.

    Keys come in by chunks; runs of like length are merged as they pile up, so there are never more runs than the logarithm
    of the number of chunks, and a look-up is one binary search in each.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, keys: np.ndarray, rows: np.ndarray) -> None:
        """Add the keys of a chunk; of one key the row added first stays."""
        if len(keys) == 0:
            return
        run = _sorted(keys.astype(np.uint64), rows.astype(np.uint32))
        while self._runs and len(self._runs[-1][0]) < 2 * len(run[0]):
            earlier = self._runs.pop()
            run = _sorted(np.concatenate([earlier[0], run[0]]), np.concatenate([earlier[1], run[1]]))
        self._runs.append(run)

    def find(self, keys: list[int]) -> dict[int, int]:
        """key → row, for those of the keys that are known."""
        if not keys or not self._runs:
            return {}
        wanted = np.unique(np.array(keys, dtype=np.uint64))
        found: dict[int, int] = {}
        for known, rows in reversed(self._runs):
            places = np.searchsorted(known, wanted)
            places[places == len(known)] = 0
            hits = known[places] == wanted
            found.update(zip(wanted[hits].tolist(), rows[places[hits]].tolist(), strict=True))
        return found

    def __len__(self) -> int:
        return sum(len(keys) for keys, _rows in self._runs)


def _sorted(keys: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending by key; the stable sort keeps the earlier of equal keys in front, and only that one is kept."""
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first], rows[first]
