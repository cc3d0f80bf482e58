"""From evidence to a probability: boosted trees of equal tests on each level, shipped as data.

What lives here: reading the file and evaluating it. What does not: how it is trained (``benchmarks.matcher.training``), what a probability
means to anybody (``deciding``). ``data/model.json`` says from what it was made and with which figures.
"""

import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .evidence import AT


@dataclass(frozen=True)
class Model:
    """Each tree asks ``depth`` tests (feature > threshold); their answers are the bits of the leaf's number."""

    base: float
    tests: list[list[tuple[int, int]]]
    leaves: np.ndarray  # trees × 2^depth, float32
    about: dict

    @property
    def print(self) -> str:
        """Tells one model from another."""
        return f"{zlib.crc32(self.leaves.tobytes()):08x}{zlib.crc32(repr((self.base, self.tests)).encode()):08x}"

    def probability(self, features: np.ndarray) -> np.ndarray:
        """float32 probability of each row of features (``evidence.compare``)."""
        columns = np.ascontiguousarray(features.T)
        margin = np.full(features.shape[0], self.base, dtype=np.float32)
        answers: dict[tuple[int, int], np.ndarray] = {}
        for tests, leaves in zip(self.tests, self.leaves, strict=True):
            leaf = np.zeros(features.shape[0], dtype=np.uint8)
            for bit, test in enumerate(tests):
                answer = answers.get(test)
                if answer is None:  # the trees ask much the same
                    answer = answers[test] = (columns[test[0]] > test[1]).view(np.uint8)
                leaf |= answer << np.uint8(bit)
            margin += leaves[leaf]
        return 1 / (1 + np.exp(-margin))


@cache
def shipped() -> Model:
    """The model that the product ships with."""
    return of_data(json.loads(Path(__file__).with_name("data").joinpath("model.json").read_text("utf-8")))


def of_data(data: dict) -> Model:
    """A model of its JSON form; features go by name, so that a new feature does not move the others."""
    tests = [
        [(AT[data["features"][feature]], threshold) for feature, threshold in tree["tests"]] for tree in data["trees"]
    ]
    leaves = np.array([tree["leaves"] for tree in data["trees"]], dtype=np.float32) / 1000
    return Model(data["base"], tests, leaves, data["about"])
