"""How right the matcher is on a labelled set: pairs, corruptions, look-alikes.

What lives here: figures from groups and labels. What does not: making either (``sets``, ``dirt``), speed (``benchmarks.duplicates``).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from customers.duplicates import clusters, deciding, evidence, model, pairing

from . import sets


@dataclass
class Labels:
    """cluster of each record; by kind of slip the true pairs that it befell; by kind of look-alike the pairs that are none."""

    clusters: np.ndarray
    slips: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    strangers: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def judged(profiles: np.ndarray, with_model: model.Model | None = None):
    """(left, right, probability) of all candidate pairs of a set."""
    known, pairs = sets.candidates(profiles)
    left, right = pairing.split(pairs)
    features = evidence.compare(known, left, right)
    return left, right, deciding.chances(features, with_model), features


def figures(labels: Labels, left: np.ndarray, right: np.ndarray, chance: np.ndarray, *, least: float) -> dict:
    """Pairwise precision, recall and F1 of the groups; recall by slip, share taken by look-alike."""
    groups = clusters.average_link(left, right, chance, least=least)
    found = clusters.pairs_of(groups)
    held = defaultdict(list)
    for at, cluster in enumerate(labels.clusters.tolist()):
        held[cluster].append(at)
    true = clusters.pairs_of(held.values())
    right_ones = len(found & true)
    precision, recall = right_ones / max(1, len(found)), right_ones / max(1, len(true))
    taken = {
        kind: sum((min(p), max(p)) in found for p in pairs) / len(pairs) for kind, pairs in labels.strangers.items()
    }
    many = sum(map(len, labels.strangers.values()))
    return {
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "strangers": round(sum(taken[kind] * len(pairs) for kind, pairs in labels.strangers.items()) / max(1, many), 4),
        "recall_by_slip": {
            kind: round(sum((min(p), max(p)) in found for p in pairs) / len(pairs), 3)
            for kind, pairs in sorted(labels.slips.items())
        },
        "strangers_by_kind": {kind: round(share, 4) for kind, share in sorted(taken.items())},
    }


def of_file(path: str) -> tuple[list[dict], Labels]:
    """Rows and labels of a development file and its two companions (…_labels, …_hardneg)."""
    from . import files

    stem, dot, ending = path.partition(".csv")
    rows = list(files.rows_of(path))
    at = {row["record_id"]: place for place, row in enumerate(rows)}
    cluster, slips = np.zeros(len(rows), dtype=np.int64), defaultdict(list)
    for row in files.rows_of(f"{stem}_labels{dot}{ending}"):
        cluster[at[row["record_id"]]] = int(row["cluster_id"])
        if row["parent_id"] and row["kind"] == "dup":
            for slip in row["corruptions"].split("|"):
                slips[slip].append((at[row["parent_id"]], at[row["record_id"]]))
    strangers = defaultdict(list)
    for row in files.rows_of(f"{stem}_hardneg{dot}{ending}"):
        strangers[row["type"]].append((at[row["id1"]], at[row["id2"]]))
    return rows, Labels(cluster, dict(slips), dict(strangers))


def made(rows: list[dict], seed: int, **shares: float) -> tuple[list[dict], Labels]:
    """A set of our own dirt with its labels; look-alikes are the pairs of a stranger with the record before it."""
    from . import dirt

    records, cluster, kinds = dirt.make(rows, seed, **shares)
    strangers = defaultdict(list)
    base = 0
    for at, kind in enumerate(kinds):
        if kind == "base":
            base = at
        elif kind.startswith("hn_"):
            strangers[kind].append((base, at))
    return records, Labels(np.array(cluster), {}, dict(strangers))


def counts(labels: Labels) -> Counter:
    return Counter(np.bincount(labels.clusters).tolist())
