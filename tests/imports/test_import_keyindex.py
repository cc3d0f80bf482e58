"""The index of identifying values: first row wins, whatever the order of chunks and merges."""

import random

import numpy as np

from imports.importing.keyindex import KeyIndex


def test_the_first_row_of_each_key_is_found_again():
    rng = random.Random(7)
    index, truth, row = KeyIndex(), {}, 0
    for _chunk in range(60):
        keys = [rng.randrange(5000) for _ in range(rng.randrange(1, 200))]
        fresh = {}
        for key in keys:
            row += 1
            fresh.setdefault(key, row)
        for key, first in fresh.items():
            truth.setdefault(key, first)
        index.add(np.array(list(fresh)), np.array(list(fresh.values())))
        asked = [rng.randrange(6000) for _ in range(50)]
        assert index.find(asked) == {key: truth[key] for key in asked if key in truth}
    assert len(index._runs) <= 8


def test_large_keys_and_empty_questions():
    index = KeyIndex()
    assert index.find([1]) == {}
    index.add(np.array([2**63 - 1], dtype=np.uint64), np.array([9]))
    index.add(np.array([]), np.array([]))
    assert index.find([2**63 - 1, 0]) == {2**63 - 1: 9}
    assert index.find([]) == {}
