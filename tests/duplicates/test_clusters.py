"""Pairs become groups; weak links do not chain."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from customers.duplicates import clusters


def grouped(pairs: dict[tuple[int, int], float], least: float = 0.5) -> list[list[int]]:
    left, right = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    return sorted(clusters.average_link(left, right, np.array(list(pairs.values())), least=least))


def test_who_is_like_all_the_others_belongs_to_them():
    assert grouped({(1, 2): 0.9, (2, 3): 0.9, (1, 3): 0.8}) == [[1, 2, 3]]


def test_a_link_between_two_groups_does_not_join_them():
    two = {(1, 2): 0.95, (3, 4): 0.95, (2, 3): 0.9}
    assert grouped(two) == [[1, 2], [3, 4]]


def test_a_vetoed_pair_keeps_a_third_from_both():
    # 2 is like 1 and like 3, but 1 and 3 are surely two: he goes where he is likelier.
    assert grouped({(1, 2): 0.9, (2, 3): 0.7, (1, 3): 0.0}) == [[1, 2]]


def test_unlikely_pairs_make_no_group():
    assert grouped({(1, 2): 0.4}) == []


@given(st.dictionaries(st.tuples(st.integers(0, 12), st.integers(13, 25)), st.floats(0, 1), max_size=40))
def test_groups_do_not_overlap_and_hold_together(pairs):
    found = grouped(pairs)
    members = [each for group in found for each in group]
    assert len(members) == len(set(members))
    for group in found:
        inside = [pairs.get((a, b), 0) for a, b in clusters.pairs_of([group])]
        assert max(inside) >= 0.5


def test_a_large_component_of_weak_links_ends_soon():
    at = np.arange(3000)
    assert clusters.average_link(at, at + 1, np.full(3000, 0.9), least=0.95) == []
    assert len(clusters.average_link(at, at + 1, np.full(3000, 0.9), least=0.5)) > 1000
