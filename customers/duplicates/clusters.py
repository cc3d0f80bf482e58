"""Groups of pairs: who belongs together when A is like B and B is like C.

What lives here: average-link agglomeration. What does not: the probability of a pair (``model``) and what forbids one (``deciding``).

Two groups are joined when the mean probability over all cross pairs is high enough; a cross pair that was never a candidate counts as
different. So a weak link between two firm groups does not chain them.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable

import numpy as np


def components(left: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """Places of the pairs of each connected component."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, other = root(a), root(b)
        if one != other:
            parent[max(one, other)] = min(one, other)
    roots = np.array([root(node) for node in left.tolist()], dtype=np.int64)
    order = np.argsort(roots, kind="stable")
    cuts = np.flatnonzero(np.diff(roots[order])) + 1
    return np.split(order, cuts) if len(order) else []


def average_link(left: np.ndarray, right: np.ndarray, chance: np.ndarray, *, least: float) -> list[list[int]]:
    """Groups of two and more, each sorted; ``chance`` is the probability of each pair, 0 for one that is vetoed."""
    groups: list[list[int]] = []
    for places in components(left, right):
        if len(places) == 1:
            if chance[places[0]] >= least:
                groups.append(sorted((int(left[places[0]]), int(right[places[0]]))))
            continue
        groups += _agglomerate(left[places].tolist(), right[places].tolist(), chance[places].tolist(), least)
    return groups


def _agglomerate(left: list[int], right: list[int], chance: list[float], least: float) -> list[list[int]]:
    members: dict[int, list[int]] = {node: [node] for node in {*left, *right}}
    links: dict[int, dict[int, float]] = defaultdict(dict)  # group → group → sum of probabilities of the cross pairs
    for a, b, p in zip(left, right, chance, strict=True):
        links[a][b] = links[b][a] = links[a].get(b, 0.0) + p
    heap = [(-p, a, b, 1) for a, b, p in zip(left, right, chance, strict=True) if p >= least]
    heapq.heapify(heap)
    fresh = max(members) + 1
    while heap:
        worth, a, b, size = heapq.heappop(heap)
        if a not in members or b not in members or len(members[a]) * len(members[b]) != size or -worth < least:
            continue
        members[fresh] = members.pop(a) + members.pop(b)
        mine: dict[int, float] = defaultdict(float)
        for old in (a, b):
            for other, total in links.pop(old).items():
                if other in members:
                    mine[other] += total
                    links[other].pop(old, None)
        for other, total in mine.items():
            links[fresh][other] = links[other][fresh] = total
            cross = len(members[fresh]) * len(members[other])
            if total / cross >= least:
                heapq.heappush(heap, (-total / cross, other, fresh, cross))
        fresh += 1
    return [sorted(group) for group in members.values() if len(group) > 1]


def pairs_of(groups: Iterable[list[int]]) -> set[tuple[int, int]]:
    """Every pair within the groups."""
    return {(a, b) for group in groups for at, a in enumerate(group) for b in group[at + 1 :]}
