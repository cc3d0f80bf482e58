"""Trains the model of the matcher from labelled pairs of our own dirt: ``python -m benchmarks.matcher.training REGISTRY.csv[.gz|.xz]``.

What lives here: gradient boosting of symmetric trees on bytes, in numpy. What does not: making dirt (``dirt``), comparing pairs
(``customers.duplicates``), measuring (``benchmarks.duplicates``). Rows of the registry that the figures are measured on are others than those trained on.
"""

import argparse
import json
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

BINS, DEPTH = 64, 6
OUT = Path(__file__).resolve().parents[2] / "customers" / "duplicates" / "data" / "model.json"


def labelled(rows: list[dict], seed: int, **shares: float) -> tuple[np.ndarray, np.ndarray, int]:
    """(features, labels, true pairs that were no candidates) of one made-up set."""
    from customers.duplicates import evidence, pairing

    from . import dirt, sets

    records, clusters, _kinds = dirt.make(rows, seed, **shares)
    known, pairs = sets.candidates(sets.profiles_of(records))
    clusters = np.array(clusters)
    left, right = pairing.split(pairs)
    labels = clusters[left] == clusters[right]
    counts = np.bincount(clusters)
    return evidence.compare(known, left, right), labels, int((counts * (counts - 1) // 2).sum() - labels.sum())


def boost(
    features: np.ndarray, labels: np.ndarray, *, trees: int, rate: float, seed: int, weights: np.ndarray
) -> tuple[float, list, list]:
    """(base, tests of each tree, leaves of each tree) by Newton steps on the logistic loss."""
    draw = np.random.default_rng(seed)
    columns = np.minimum(features, BINS - 1).T.copy()
    target = labels.astype(np.float64)
    base = float(np.log(np.average(target, weights=weights) / (1 - np.average(target, weights=weights))))
    margin = np.full(len(target), base)
    tests, leaves = [], []
    for number in range(trees):
        share = 1 / (1 + np.exp(-margin))
        gradient, curve = (share - target) * weights, share * (1 - share) * weights
        # Certain pairs teach nothing more: they are drawn rarely and weigh the more.
        weight = np.clip(np.abs(gradient) * 8, 0.08, 1)
        drawn = np.flatnonzero(draw.random(len(target)) < weight)
        gradient, curve = gradient[drawn] / weight[drawn], curve[drawn] / weight[drawn]
        chosen = draw.permutation(len(columns))[: int(len(columns) * 0.7)]
        tree, leaf = _tree(columns[:, drawn], gradient, curve, chosen)
        values = _values(leaf, gradient, curve, rate)
        whole = np.zeros(len(target), dtype=np.uint8)
        for bit, (feature, threshold) in enumerate(tree):
            whole |= (columns[feature] > threshold).astype(np.uint8) << bit
        margin += values[whole]
        tests.append(tree)
        leaves.append(values)
        if number % 25 == 24:
            share = np.clip(1 / (1 + np.exp(-margin)), 1e-7, 1 - 1e-7)
            loss = -np.average(np.where(labels, np.log(share), np.log(1 - share)), weights=weights)
            print(f"  {number + 1} trees, loss {loss:.5f}", file=sys.stderr)
    return base, tests, leaves


_DAMP = 3.0  # keeps leaves of few pairs small


def _tree(columns: np.ndarray, gradient: np.ndarray, curve: np.ndarray, chosen: np.ndarray) -> tuple[list, np.ndarray]:
    """The tests of one tree, the same for all leaves of a level, each the one that gains most."""
    leaf = np.zeros(columns.shape[1], dtype=np.int64)
    tests: list[tuple[int, int]] = []
    for level in range(DEPTH):
        count = 1 << level
        best = (0.0, 0, 0)
        for feature in chosen:
            place = leaf * BINS + columns[feature]
            sums = np.bincount(place, gradient, count * BINS).reshape(count, BINS).cumsum(axis=1)
            curves = np.bincount(place, curve, count * BINS).reshape(count, BINS).cumsum(axis=1)
            left, right = sums[:, :-1], sums[:, -1:] - sums[:, :-1]
            down, up = curves[:, :-1], curves[:, -1:] - curves[:, :-1]
            gain = (
                left**2 / (down + _DAMP) + right**2 / (up + _DAMP) - sums[:, -1:] ** 2 / (curves[:, -1:] + _DAMP)
            ).sum(axis=0)
            at = int(gain.argmax())
            if gain[at] > best[0]:
                best = (float(gain[at]), int(feature), at)
        tests.append(best[1:])
        leaf |= (columns[best[1]] > best[2]).astype(np.int64) << level
    return tests, leaf


def _values(leaf: np.ndarray, gradient: np.ndarray, curve: np.ndarray, rate: float) -> np.ndarray:
    sums = np.bincount(leaf, gradient, 1 << DEPTH)
    curves = np.bincount(leaf, curve, 1 << DEPTH)
    return np.clip(-rate * sums / (curves + _DAMP), -1.5, 1.5)


def document(base: float, tests: list, leaves: list, about: dict) -> dict:
    """The JSON form; leaves in thousandths."""
    from customers.duplicates.evidence import FEATURES

    used = sorted({feature for tree in tests for feature, _threshold in tree})
    trees = [
        {
            "tests": [[used.index(feature), threshold] for feature, threshold in tree],
            "leaves": [round(value * 1000) for value in values],
        }
        for tree, values in zip(tests, leaves, strict=True)
    ]
    return {"about": about, "base": round(base, 4), "features": [FEATURES[feature] for feature in used], "trees": trees}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("registry")
    parser.add_argument("--rows", default="20000,40000,100000", help="rows of each made-up set")
    parser.add_argument("--trees", type=int, default=160)
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=str(OUT))
    options = parser.parse_args()
    from . import files, sets

    sets.prepare()
    reader = files.rows_of(options.registry)
    begun = time.time()
    parts = []
    for number, size in enumerate(map(int, options.rows.split(","))):
        parts.append(labelled(list(islice(reader, size)), options.seed + number))
        print(f"set of {size}: {len(parts[-1][1])} pairs, {time.time() - begun:.0f} s", file=sys.stderr)
    features, labels = np.concatenate([each[0] for each in parts]), np.concatenate([each[1] for each in parts])
    base, tests, leaves = boost(
        features, labels, trees=options.trees, rate=options.rate, seed=options.seed, weights=np.ones(len(labels))
    )
    about = {
        "what": "probability that two customer records mean one customer; symmetric boosted trees on customers.duplicates.evidence.FEATURES",
        "from": f"{len(labels)} candidate pairs ({int(labels.sum())} true) of records that benchmarks.matcher.dirt made from {sum(map(int, options.rows.split(',')))} rows of a public dump of company registrations of mainland China (aggregates only)",
        "command": f"python -m benchmarks.matcher.training REGISTRY --rows {options.rows} --trees {options.trees} --rate {options.rate} --seed {options.seed}",
        "seconds": round(time.time() - begun),
    }
    Path(options.out).write_text(
        json.dumps(document(base, tests, leaves, about), separators=(",", ":")).replace('{"tests"', '\n{"tests"') + "\n"
    )
    print(f"written {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
