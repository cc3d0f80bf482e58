"""How rare a character is in names of companies.

What lives here: the shipped table as an array. What does not: how it is counted (``benchmarks.matcher``). Keys depend on it: a new table
means a new ``layout.VERSION``.
"""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np


@cache
def rarities() -> np.ndarray:
    """Code point → rarity (natural logarithm of one over its share of names), float32; rare ones alike, 0 for "no character"."""
    data = json.loads(Path(__file__).with_name("data").joinpath("characters.json").read_text("utf-8"))
    table = np.full(65536, math.log(data["names"]), dtype=np.float32)
    for count, characters in data["characters"].items():
        table[[ord(character) for character in characters]] = math.log(data["names"] / int(count))
    table[0] = 0
    return table
