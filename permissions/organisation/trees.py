"""Chains of parents as plain mappings: circles, depth, what lies below, the order in which a tree is shown.

Pure: keys may be primary keys or codes of a file. What does not live here: rows and messages.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Key = TypeVar("Key")
Parents = Mapping[Key, Key | None]


def chain(parents: Parents, start: Key) -> list[Key]:
    """``start`` and everything above it; in a circle it ends with the key that comes a second time."""
    found, node = [], start
    while node is not None:
        found.append(node)
        if node in found[:-1]:
            break
        node = parents.get(node)
    return found


def circle(parents: Parents, start: Key) -> list[Key]:
    """The circle that ``start`` stands in, from it and back to it ("a", "b", "a"); empty when there is none."""
    found = chain(parents, start)
    return found if len(found) > 1 and found[-1] == start else []


def circles(parents: Parents) -> list[list[Key]]:
    """Every circle once, each from its first member in the mapping's order and back to it."""
    found: list[list[Key]] = []
    settled: set[Key] = set()
    for start in parents:
        path: dict[Key, None] = {}
        node = start
        while node is not None and node not in settled and node not in path:
            path[node] = None
            node = parents.get(node)
        if node is not None and node in path:
            first = next(key for key in parents if key in path and circle(parents, key))
            found.append(circle(parents, first))
        settled.update(path)
    return found


def children(parents: Parents) -> dict[Key | None, list[Key]]:
    """Parent (None: the top) → its children in the mapping's order; who names an unknown parent counts as top."""
    found: dict[Key | None, list[Key]] = {}
    for key, parent in parents.items():
        found.setdefault(parent if parent in parents else None, []).append(key)
    return found


def below(parents: Parents, root: Key) -> set[Key]:
    """``root`` and everything below it."""
    lower = children(parents)
    found, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(lower.get(node, ()))
    return found


def height(parents: Parents, root: Key) -> int:
    """Levels of the tree under ``root``, itself included."""
    lower = children(parents)
    level, count, seen = [root], 0, set()
    while level:
        seen.update(level)
        count += 1
        level = [key for node in level for key in lower.get(node, ()) if key not in seen]
    return count


def too_deep(parents: Parents, deepest: int) -> list[Key]:
    """Keys that stand deeper than ``deepest`` levels, circles left out."""
    depths: dict[Key, int] = {}
    for start in parents:
        path: list[Key] = []
        node: Key | None = start
        while node is not None and node not in depths and node not in path:
            path.append(node)
            node = parents.get(node)
        if node is not None and node not in depths:
            continue  # a circle: reported as such
        depth = depths.get(node, 0) if node is not None else 0
        for key in reversed(path):
            depth += 1
            depths[key] = depth
    return [key for key in parents if depths.get(key, 0) > deepest]


def ordered(parents: Parents) -> list[tuple[Key, int]]:
    """(key, depth) from the top down, children right after their parent, siblings in the mapping's order."""
    lower = children(parents)
    found: list[tuple[Key, int]] = []
    waiting: list[tuple[Key, int]] = [(key, 0) for key in reversed(lower.get(None, []))]
    while waiting:
        key, depth = waiting.pop()
        found.append((key, depth))
        waiting.extend((child, depth + 1) for child in reversed(lower.get(key, ())))
    return found


def parents_of(rows: Iterable[Any], attribute: str = "parent_id") -> dict[int, int | None]:
    """pk → pk above, of model rows."""
    return {row.pk: getattr(row, attribute) for row in rows}
