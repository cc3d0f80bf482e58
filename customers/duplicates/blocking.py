"""Match keys: which customers are worth comparing at all. Two customers that share a key are a candidate pair.

What lives here: the kinds of keys with their caps, and ``keys_of``, which makes all keys of many profiles at once. What does not: the
table of keys (``storing``), comparison (``evidence``). A key is 63 bits; set and kind are folded in.

A key that more customers share than its cap says nothing of any of them (科技, 测试, an agent's telephone): its block is left out.
Nobody is lost by that who agrees in something else, because every coarse kind has finer ones beside it that are always kept: core →
core and city; brand → brand and city → brand and contact; address → its numbers and the contact.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from . import frequency, hashing
from .layout import IS_PERSON
from .rules.sounds import sound_of

# kind → most customers that may share one key. The order is the kind's number, folded into its keys.
CAPS = {
    "code": 25, "phone": 16, "email": 12, "bank": 16, "identity": 25,
    "core": 25, "core city": 25, "short": 12, "brand city": 12, "brand contact": 12,
    "opening city": 8, "ending": 8, "slip": 12, "ends": 8, "bag": 16, "rare": 8,
    "address": 8, "address contact": 8, "contact city": 6, "latin": 8,
}  # fmt: skip
KINDS = tuple(CAPS)
MOST = max(CAPS.values())
_SLIP_LENGTHS = (3, 9)  # longer cores are caught by their ends


class Keys(NamedTuple):
    """Keys of one kind: ``rows`` are places in the array of profiles."""

    kind: str
    rows: np.ndarray
    keys: np.ndarray


def keys_of(ledger_id: int, profiles: np.ndarray, derived: np.ndarray) -> Iterator[Keys]:
    """All keys of the profiles, kind by kind; a pair (row, key) may come twice."""
    make = _Maker(ledger_id, len(profiles))
    city = derived["city"].astype(np.uint64)
    # Branches and numbered sisters are customers of their own: a core stands for the main name with both.
    core = hashing.together(derived["core_sound"], derived["branch_sound"], profiles["numbers"])
    named = derived["length"] > 0
    is_person = (profiles["flags"] & IS_PERSON) > 0
    firm = named & ~is_person
    contact, brand = profiles["contacts"][:, 0], derived["brand_sound"]
    yield make("code", hashing.of_points(_bytes(profiles["code"], 18)))
    for kind, column in (("phone", "phones"), ("email", "emails"), ("bank", "banks")):
        for at in range(profiles[column].shape[1]):
            yield make(kind, profiles[column][:, at], as_it_is=True)
    yield make("identity", profiles["identity"], as_it_is=True)
    yield make("core", core, named)
    yield make("core city", hashing.together(core, city), named & (city > 0))
    yield from _short(make, profiles, derived, firm)
    yield make("brand city", hashing.together(brand, city, derived["branch_sound"]), firm & (city > 0))
    yield make("brand contact", hashing.together(brand, contact), firm & (contact > 0))
    yield from _openings(make, profiles, derived, firm, city)
    yield from _slips(make, profiles, derived, named)
    both = np.concatenate([profiles["core"], profiles["branch"]], axis=1)
    yield make("bag", hashing.of_bag(both), named & (derived["length"] > 2))
    yield from _rare(make, both, firm)
    yield from _places(make, profiles, derived, contact, city)
    for at in range(profiles["latin_words"].shape[1]):
        yield make("latin", profiles["latin_words"][:, at].astype(np.uint64))


class _Maker:
    """Folds set and kind into hashes and leaves out what is nothing."""

    def __init__(self, ledger_id: int, count: int):
        self.ledger_id = ledger_id
        self.all = np.arange(count, dtype=np.uint32)

    def __call__(
        self, kind: str, hashes: np.ndarray, where: np.ndarray | None = None, *, as_it_is: bool = False,
        rows: np.ndarray | None = None,
    ) -> Keys:  # fmt: skip
        """``rows`` are those that the hashes are of, where they are not of all."""
        keep = hashes != 0 if where is None else where & (hashes != 0)
        rows, hashes = (self.all if rows is None else rows)[keep], hashes[keep]
        keys = hashes if as_it_is else hashing.together(self.ledger_id, KINDS.index(kind), hashes) >> np.uint64(1)
        return Keys(kind, rows, keys)


def _bytes(column: np.ndarray, width: int) -> np.ndarray:
    return np.ascontiguousarray(column).view(np.uint8).reshape(len(column), width)


def _short(make: _Maker, profiles: np.ndarray, derived: np.ndarray, firm: np.ndarray) -> Iterator[Keys]:
    """A short or former name against cores and brands; the cores come first, then the brands (``pairing`` counts on it)."""
    unbranched = firm & (derived["branch_length"] == 0)
    yield make("short", derived["core_sound"], unbranched)
    yield make("short", derived["brand_sound"], unbranched & (derived["brand_sound"] != derived["core_sound"]))
    for at in range(profiles["aliases"].shape[1]):
        yield make("short", profiles["aliases"][:, at], firm)


def _openings(
    make: _Maker, profiles: np.ndarray, derived: np.ndarray, firm: np.ndarray, city: np.ndarray
) -> Iterator[Keys]:
    """How the core begins (three characters within the city) and ends (four, anywhere)."""
    sounds = sound_of(profiles["core"])
    opening = hashing.together(hashing.of_points(sounds[:, :3]), city, profiles["numbers"])
    yield make("opening city", opening, firm & (derived["length"] > 3) & (city > 0))
    last = hashing.tail(sounds, np.maximum(derived["length"].astype(np.int64) - 4, 0))
    yield make("ending", hashing.together(hashing.of_points(last), profiles["numbers"]), firm & (derived["length"] > 3))


def _slips(make: _Maker, profiles: np.ndarray, derived: np.ndarray, named: np.ndarray) -> Iterator[Keys]:
    """The core with any one character taken out (a character wrong, missing, added or swapped); of long ones the two ends."""
    length, rest = derived["length"], hashing.together(derived["branch_sound"], profiles["numbers"])
    short = named & (length >= _SLIP_LENGTHS[0]) & (length <= _SLIP_LENGTHS[1])
    rows = make.all[short]
    codes = sound_of(profiles["core"][short])
    shorter = hashing.without_one(codes)
    # The core itself stands in too: it is what another one is with a character too many taken out.
    yield make("slip", hashing.together(derived["core_sound"], rest), short)
    for at in range(_SLIP_LENGTHS[1]):
        held = length[short] > at
        yield make("slip", hashing.together(shorter[held, at], rest[short][held]), rows=rows[held])
    total = length.astype(np.int64) + derived["branch_length"]
    longer = named & (total > 6) & ((length > _SLIP_LENGTHS[1]) | (derived["branch_length"] > 0))
    joined = _joined(profiles["core"], profiles["branch"], length)
    opening = hashing.of_points(hashing.head(joined, np.minimum(total // 2, 8)))
    ending = hashing.of_points(hashing.tail(joined, np.maximum(total - 7, 0)))
    yield make("ends", hashing.together(opening, total // 2, 1), longer)
    yield make("ends", hashing.together(ending, 2), longer)


def _joined(core: np.ndarray, branch: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Core and branch without a gap between them, by sound."""
    width = core.shape[1] + branch.shape[1]
    joined = np.zeros((len(core), width), dtype=np.uint16)
    joined[:, : core.shape[1]] = core
    places = length[:, None].astype(np.int64) + np.arange(branch.shape[1])
    np.put_along_axis(joined, np.minimum(places, width - 1), np.where(branch > 0, branch, 0), axis=1)
    return sound_of(joined)


def _rare(make: _Maker, both: np.ndarray, firm: np.ndarray) -> Iterator[Keys]:
    """Pairs of the three rarest neighbourhoods of the name: the net below all the others."""
    rarity = frequency.rarities()[both]
    pairs = (both[:, :-1] > 0) & (both[:, 1:] > 0)
    score = np.where(pairs, rarity[:, :-1] + rarity[:, 1:], -1).astype(np.float32)
    best = np.argpartition(-score, 3, axis=1)[:, :3]
    chosen = np.take_along_axis(score, best, axis=1) > 0
    bigrams = both[:, :-1].astype(np.uint64) << np.uint64(16) | both[:, 1:]
    hashes = np.sort(np.where(chosen, np.take_along_axis(bigrams, best, axis=1), 0), axis=1)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        yield make("rare", hashing.together(hashes[:, a], hashes[:, b]), firm & (hashes[:, a] > 0) & (hashes[:, b] > 0))


def _places(
    make: _Maker, profiles: np.ndarray, derived: np.ndarray, contact: np.ndarray, city: np.ndarray
) -> Iterator[Keys]:
    """Where it is and who is there."""
    address, numbers = derived["address"], profiles["address_numbers"]
    placed = derived["address_length"] > 4
    yield make("address", address, placed)
    yield make("address contact", hashing.together(numbers, contact, derived["city"]), (numbers > 0) & (contact > 0))
    yield make("contact city", hashing.together(contact, city), (contact > 0) & (city > 0))
