"""What speaks for and against two customers being one, field by field, for many pairs at once.

What lives here: ``Known`` (profiles with all that is derived from them) and ``compare``, which fills one byte per feature and pair. What does not:
what follows from it (``model``, ``deciding``), and words (``wording``).

Relations of a field are ordered from against to for: CONFLICT, UNKNOWN, NEAR, SAME. Nothing here knows the database.
"""

from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, LCSseq

from . import frequency, hashing
from .columns import derive
from .layout import CODE_VALID, IS_GROUP, IS_LATIN, IS_PERSON
from .rules.sounds import look_alike, sound_of
from .rules.words import EXTENDING

CONFLICT, UNKNOWN, NEAR, SAME = 0, 1, 2, 3
# How two names stand to one another in something that one of them may lack.
NEITHER, EQUAL, ALIKE, ONE_SIDED, DIFFERENT = 0, 1, 2, 3, 4
# Kinds of a single slip between two cores.
NO_SLIP, SOUND_SLIP, LOOK_SLIP, SWAPPED, DOUBLED, ADDED, ADDED_WORD, REPLACED, MANY = 0, 1, 2, 3, 4, 5, 6, 7, 8
CODE_UNKNOWN, CODE_SAME, CODE_ONE_OFF, CODE_FEW_OFF, CODE_OTHER, CODE_BOTH_VALID = 0, 1, 2, 3, 4, 5
HOME_UNKNOWN, HOME_SAME_CITY, HOME_SAME_PROVINCE, HOME_OTHER_CITY, HOME_ELSEWHERE = 0, 1, 2, 3, 4

FEATURES = (
    "whole", "core", "sound", "brand", "brand_sound", "trade", "contained", "opening", "ending", "in_brand", "slip", "slip_place", "slip_rarity", "slip_common",
    "shorter", "longer", "rarity", "brand_rarity", "core_bearers", "brand_bearers", "form", "group", "numbers", "branch", "branch_alike",
    "branch_place", "name_place", "home", "cross_place", "alias", "latin", "latin_alike", "persons", "code", "phone", "phone_bearers",
    "email", "email_bearers", "bank", "identity", "contact", "address", "address_alike", "address_numbers", "address_bearers",
    "agreeing", "conflicting", "fields",
)  # fmt: skip
AT = {name: place for place, name in enumerate(FEATURES)}
BEARERS = ("core", "brand", "phone", "email", "bank", "address")  # whose commonness is counted
_EXTENDING = np.array(sorted(map(ord, EXTENDING)), dtype=np.uint16)


@dataclass
class Known:
    """Profiles with their derived columns; ``bearers[row, i]`` is how many customers share that row's BEARERS[i] key (cap + 1 at most)."""

    profiles: np.ndarray
    derived: np.ndarray
    bearers: np.ndarray

    @classmethod
    def of(cls, profiles: np.ndarray, bearers: np.ndarray | None = None) -> "Known":
        counted = np.ones((len(profiles), len(BEARERS)), np.uint8) if bearers is None else bearers
        return cls(profiles, derive(profiles), counted)


def compare(known: Known, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """uint8 features (pairs × FEATURES) of the pairs of rows; symmetric in left and right."""
    pair = _Pairs(known, left, right)
    pair.names()
    pair.parts_of_names()
    pair.places()
    pair.foreign()
    pair.fields()
    return pair.found


class _Pairs:
    """The pairs of one call: both sides' columns and the features filled so far."""

    def __init__(self, known: Known, left: np.ndarray, right: np.ndarray):
        self.a, self.b = known.profiles[left], known.profiles[right]
        self.da, self.db = known.derived[left], known.derived[right]
        self.ba, self.bb = known.bearers[left], known.bearers[right]
        self.count = len(left)
        self.found = np.zeros((self.count, len(FEATURES)), dtype=np.uint8)

    def put(self, name: str, values: np.ndarray) -> None:
        self.found[:, AT[name]] = values

    def equal(self, column: str) -> np.ndarray:
        return self.da[column] == self.db[column]

    # --- names ---------------------------------------------------------------------------------------------------------

    def names(self) -> None:
        a, b = self.a["core"], self.b["core"]
        la, lb = self.da["length"].astype(np.int16), self.db["length"].astype(np.int16)
        same, named = self.equal("core") & (la > 0), (la > 0) & (lb > 0)
        self.put("whole", (self.a["whole"] == self.b["whole"]) & (self.a["whole"] != 0))
        opening, ending = _common(a, b, la, lb)
        shorter, longer = np.minimum(la, lb), np.maximum(la, lb)
        self.put("opening", opening)
        self.put("ending", ending)
        self.put("shorter", shorter)
        self.put("longer", longer)
        likeness = np.where(same, 20, 0).astype(np.uint8)
        contained = np.where(same, 20, 0).astype(np.uint8)
        sound = np.where(self.equal("core_sound") & named, 20, 0).astype(np.uint8)
        brand = np.where(self.equal("brand") & named, 0, 5).astype(np.uint8)
        rest = np.flatnonzero(named & ~same)
        if len(rest):
            texts = hashing.strings(a[rest]), hashing.strings(b[rest])
            likeness[rest] = _likeness(*texts, OSA.normalized_similarity)
            length = process.cpdist(*texts, scorer=LCSseq.similarity, dtype=np.int16, workers=1)
            contained[rest] = 20 * length // np.maximum(shorter[rest], 1)
            unlike = rest[sound[rest] == 0]
            heard = [hashing.strings(sound_of(side[unlike])) for side in (a, b)]
            sound[unlike] = _likeness(*heard, OSA.normalized_similarity) if len(unlike) else 0
            other = rest[brand[rest] > 0]
            brands = [
                hashing.strings(hashing.head(side["core"][other], side["brand_length"][other]))
                for side in (self.a, self.b)
            ]
            if len(other):
                brand[other] = process.cpdist(*brands, scorer=OSA.distance, score_cutoff=4, dtype=np.uint8, workers=1)
        self.put("core", likeness)
        self.put("sound", sound)
        self.put("brand", brand)
        self.put("contained", contained)
        self.put("brand_sound", self.equal("brand_sound") & named)
        self._slip(a, b, la, lb, opening, ending, shorter, longer, same & named)
        self._rarities(la, lb)

    def _slip(self, a, b, la, lb, opening, ending, shorter, longer, same) -> None:
        """What kind of slip parts two cores that differ in one place, and where."""
        slip = np.full(self.count, MANY, dtype=np.uint8)
        differ = shorter - np.minimum(opening + ending, shorter)  # characters of the shorter one that do not agree
        at = np.minimum(opening, a.shape[1] - 1).astype(np.int64)[:, None]
        after = np.minimum(at + 1, a.shape[1] - 1)
        xa, xb = np.take_along_axis(a, at, 1)[:, 0], np.take_along_axis(b, at, 1)[:, 0]
        ya, yb = np.take_along_axis(a, after, 1)[:, 0], np.take_along_axis(b, after, 1)[:, 0]
        level = la == lb
        one = level & (differ == 1)
        slip[one] = REPLACED
        slip[one & look_alike(xa, xb)] = LOOK_SLIP
        slip[one & (sound_of(xa) == sound_of(xb))] = SOUND_SLIP
        slip[level & (differ == 2) & (xa == yb) & (xb == ya)] = SWAPPED
        added = (longer - shorter == 1) & (differ == 0)
        # The longer one's extra character stands where the two part; a doubled one agrees with its neighbour before.
        extra = np.where(la > lb, xa, xb)
        before = np.take_along_axis(a, np.maximum(at - 1, 0), 1)[:, 0]
        slip[added] = ADDED
        slip[added & np.isin(extra, _EXTENDING)] = ADDED_WORD
        slip[added & (extra == before) & (opening > 0)] = DOUBLED
        slip[same] = NO_SLIP
        self.put("slip", slip)
        self.put("slip_place", np.minimum(opening, 7))
        # Strangers differ in characters that brands are made of (信 for 龙), slips of the pen in any.
        rare = frequency.rarities()
        single = one | added
        pair = rare[xa], rare[xb]
        self.put("slip_rarity", np.where(single, np.where(added, rare[extra], np.maximum(*pair)) * 4, 63).clip(0, 63))
        self.put("slip_common", np.where(one, np.minimum(*pair) * 4, 63).clip(0, 63))
        brand_length = np.minimum(self.a["brand_length"], self.b["brand_length"])
        self.put("in_brand", np.where(same, 0, np.where(opening == 0, 3, np.where(opening < brand_length, 2, 1))))
        trade = np.where(self.equal("trade"), np.where(self.da["trade"] == 0, UNKNOWN, SAME), CONFLICT)
        trade[(self.da["trade"] != self.db["trade"]) & ((self.da["trade"] == 0) | (self.db["trade"] == 0))] = UNKNOWN
        trade[(trade == CONFLICT) & (ending >= 2)] = NEAR
        self.put("trade", trade)

    def _rarities(self, la: np.ndarray, lb: np.ndarray) -> None:
        table = frequency.rarities()
        sums = [table[side["core"]].sum(axis=1) for side in (self.a, self.b)]
        self.put("rarity", np.minimum(np.minimum(*sums), 60))
        brands = [table[hashing.head(side["core"], side["brand_length"])].sum(axis=1) for side in (self.a, self.b)]
        self.put("brand_rarity", np.minimum(np.minimum(*brands), 40))
        for name, place in (("core_bearers", 0), ("brand_bearers", 1)):
            self.put(name, np.maximum(self.ba[:, place], self.bb[:, place]))

    def parts_of_names(self) -> None:
        a, b = self.a, self.b
        form = np.where(a["form"] == b["form"], SAME, CONFLICT)
        form[(a["form"] != b["form"]) & ((a["form"] == 0) | (b["form"] == 0))] = UNKNOWN
        self.put("form", form)
        self.put("group", (a["flags"] ^ b["flags"]) & IS_GROUP > 0)
        self.put("persons", ((a["flags"] & IS_PERSON) > 0).astype(np.uint8) + ((b["flags"] & IS_PERSON) > 0))
        self.put("numbers", _sided(a["numbers"], b["numbers"]))
        branch = _sided(self.da["branch_sound"], self.db["branch_sound"])
        alike = np.where(branch == EQUAL, 20, 0).astype(np.uint8)
        rest = np.flatnonzero(branch == DIFFERENT)
        if len(rest):
            texts = [hashing.strings(sound_of(side["branch"][rest])) for side in (a, b)]
            alike[rest] = _likeness(*texts, OSA.normalized_similarity)
            branch[rest] = np.where(alike[rest] >= 13, ALIKE, DIFFERENT)
        self.put("branch", branch)
        self.put("branch_alike", alike)
        self.put("branch_place", _sided(a["branch_place"], b["branch_place"]))

    # --- places ----------------------------------------------------------------------------------------------------------

    def places(self) -> None:
        da, db = self.da, self.db
        self.put("name_place", _where(da["name_city"], db["name_city"], da["name_province"], db["name_province"]))
        self.put("home", _where(da["city"], db["city"], da["province"], db["province"]))
        cross = [_where(x["name_city"], y["city"], x["name_province"], y["province"]) for x, y in ((da, db), (db, da))]
        self.put("cross_place", np.maximum(*cross))

    def foreign(self) -> None:
        """Short and former names, and Latin names against pinyin."""
        alias = np.zeros(self.count, dtype=np.uint8)
        for x, dy, y in ((self.a, self.db, self.b), (self.b, self.da, self.a)):
            for at in range(x["aliases"].shape[1]):
                mine = x["aliases"][:, at]
                said = mine != 0
                alias = np.maximum(alias, np.where(said & (mine == dy["brand_sound"]), 1, 0))
                alias = np.maximum(alias, np.where(said & (mine[:, None] == y["aliases"]).any(axis=1), 2, 0))
                alias = np.maximum(alias, np.where(said & (mine == dy["core_sound"]), 3, 0)).astype(np.uint8)
        self.put("alias", alias)
        latin = (self.a["flags"] & IS_LATIN > 0).astype(np.uint8) + (self.b["flags"] & IS_LATIN > 0)
        self.put("latin", latin)
        shared = (self.a["latin_words"][:, :, None] == self.b["latin_words"][:, None, :]) & (
            self.a["latin_words"] != 0
        )[:, :, None]
        alike = np.where(shared.any(axis=(1, 2)), 12, 0).astype(np.uint8)
        rest = np.flatnonzero(latin > 0)
        if len(rest):
            sides = [[text.decode("ascii") for text in side["latin"][rest].tolist()] for side in (self.a, self.b)]
            length = process.cpdist(*sides, scorer=LCSseq.similarity, dtype=np.int16, workers=1)
            smaller = np.array([max(1, min(map(len, pair))) for pair in zip(*sides, strict=True)])
            alike[rest] = np.maximum(alike[rest], 20 * length // smaller)
        self.put("latin_alike", alike)

    # --- the other fields ---------------------------------------------------------------------------------------------------

    def fields(self) -> None:
        a, b = self.a, self.b
        self.put("code", self._code())
        phone, sharing = _any_equal(a["phones"], b["phones"])
        pieces = (a["phone_pieces"][:, :, None] == b["phone_pieces"][:, None]) & (a["phone_pieces"] != 0)[:, :, None]
        near = (pieces.sum(axis=3) >= 2).any(axis=(1, 2))
        phone[near & (phone == CONFLICT)] = NEAR
        email, _ = _any_equal(a["emails"], b["emails"])
        email[(email == CONFLICT) & (a["email_local"] == b["email_local"]) & (a["email_local"] != 0)] = NEAR
        bank, _ = _any_equal(a["banks"], b["banks"])
        close = ((a["bank_pieces"] == b["bank_pieces"]) & (a["bank_pieces"] != 0)).sum(axis=1) >= 3
        bank[close & (bank == CONFLICT)] = NEAR
        identity, _ = _any_equal(a["identity"][:, None], b["identity"][:, None])
        contact = self._contact()
        address, address_numbers = self._address()
        for name, values in (
            ("phone", phone), ("email", email), ("bank", bank), ("identity", identity), ("contact", contact), ("address", address),
        ):  # fmt: skip
            self.put(name, values)
        self.put("address_numbers", address_numbers)
        for name, place in (("phone_bearers", 2), ("email_bearers", 3), ("address_bearers", 5)):
            self.put(name, np.minimum(self.ba[:, place], self.bb[:, place]))
        code = self.found[:, AT["code"]]
        each = np.stack([phone, email, bank, identity, contact, address], axis=1)
        self.put("agreeing", (each == SAME).sum(axis=1) + (code == CODE_SAME))
        self.put("conflicting", (each == CONFLICT).sum(axis=1) + (code >= CODE_OTHER))
        self.put("fields", (each != UNKNOWN).sum(axis=1) + (code != CODE_UNKNOWN))

    def _code(self) -> np.ndarray:
        a, b = (np.ascontiguousarray(side["code"]).view(np.uint8).reshape(-1, 18) for side in (self.a, self.b))
        known = (a[:, 0] != 0) & (b[:, 0] != 0)
        off = (a != b).sum(axis=1)
        # One character too many or too few moves all that follow.
        la, lb = (np.count_nonzero(side, axis=1).astype(np.int16) for side in (a, b))
        opening, ending = _common(a, b, la, lb)
        off = np.where((np.abs(la - lb) == 1) & (opening + ending >= np.minimum(la, lb)), 1, off)
        code = np.select([off == 0, off == 1, off <= 3], [CODE_SAME, CODE_ONE_OFF, CODE_FEW_OFF], CODE_OTHER)
        valid = (self.a["flags"] & self.b["flags"] & CODE_VALID) > 0
        code[valid & (code != CODE_SAME)] = CODE_BOTH_VALID
        return np.where(known, code, CODE_UNKNOWN)

    def _contact(self) -> np.ndarray:
        contact, _ = _any_equal(self.a["contacts"], self.b["contacts"])
        a, b = self.a["surnames"], self.b["surnames"]
        said = (a[:, 0] != 0) & (b[:, 0] != 0)
        surname = ((a[:, :, None] == b[:, None, :]) & (a != 0)[:, :, None]).any(axis=(1, 2))
        # 王总 against 王小明: the surname is all that one side says.
        contact[(contact == UNKNOWN) & said] = CONFLICT
        contact[
            (contact == CONFLICT) & surname & ((self.a["contacts"][:, 0] == 0) | (self.b["contacts"][:, 0] == 0))
        ] = NEAR
        return contact

    def _address(self) -> tuple[np.ndarray, np.ndarray]:
        la, lb = self.da["address_length"].astype(np.int16), self.db["address_length"].astype(np.int16)
        known = (la > 0) & (lb > 0)
        same = self.equal("address") & known
        opening, ending = _common(self.a["address"], self.b["address"], la, lb)
        shorter = np.maximum(np.minimum(la, lb), 1)
        alike = np.where(same, 20, 20 * np.maximum(opening, ending) // shorter).astype(np.uint8)
        rest = np.flatnonzero(known & ~same & (alike < 18))
        if len(rest):
            texts = [hashing.strings(side["address"][rest]) for side in (self.a, self.b)]
            length = process.cpdist(*texts, scorer=LCSseq.similarity, dtype=np.int16, workers=1)
            alike[rest] = np.maximum(alike[rest], (20 * length // shorter[rest]).astype(np.uint8))
        alike[~known] = 0
        self.put("address_alike", alike)
        relation = np.where(alike >= 18, SAME, np.where(alike >= 13, NEAR, CONFLICT))
        numbers = _sided(self.a["address_numbers"], self.b["address_numbers"])
        return np.where(known, relation, UNKNOWN), np.where(known, numbers, NEITHER)


def _common(a: np.ndarray, b: np.ndarray, la: np.ndarray, lb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many characters agree at the beginning and at the end of each pair of rows."""
    shorter = np.minimum(la, lb)
    agree = (a == b) & (np.arange(a.shape[1]) < shorter[:, None])
    opening = np.where(agree.all(axis=1), a.shape[1], agree.argmin(axis=1))
    width = a.shape[1]
    places = np.arange(width)
    back = [
        np.take_along_axis(side, np.maximum(length[:, None].astype(np.int64) - 1 - places, 0), axis=1)
        for side, length in ((a, la), (b, lb))
    ]
    agree = (back[0] == back[1]) & (places < shorter[:, None])
    ending = np.where(agree.all(axis=1), width, agree.argmin(axis=1))
    return np.minimum(opening, shorter).astype(np.int16), np.minimum(ending, shorter).astype(np.int16)


def _likeness(a: list[str], b: list[str], scorer) -> np.ndarray:
    """Likeness of texts in twentieths."""
    return (process.cpdist(a, b, scorer=scorer, dtype=np.float32, workers=1) * 20 + 0.001).astype(np.uint8)


def _sided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    relation = np.where(a == b, EQUAL, DIFFERENT).astype(np.uint8)
    relation[(a == 0) != (b == 0)] = ONE_SIDED
    relation[(a == 0) & (b == 0)] = NEITHER
    return relation


def _where(city_a, city_b, province_a, province_b) -> np.ndarray:
    known = (province_a > 0) & (province_b > 0)
    cities = (city_a > 0) & (city_b > 0)
    found = np.full(len(city_a), HOME_UNKNOWN, dtype=np.uint8)
    found[known & (province_a == province_b)] = HOME_SAME_PROVINCE
    found[known & cities & (city_a == city_b)] = HOME_SAME_CITY
    found[known & cities & (city_a != city_b) & (province_a == province_b)] = HOME_OTHER_CITY
    found[known & (province_a != province_b)] = HOME_ELSEWHERE
    return found


def _any_equal(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(relation, whether anything is shared) of two rows of hashes, 0 meaning nothing."""
    shared = ((a[:, :, None] == b[:, None, :]) & (a != 0)[:, :, None]).any(axis=(1, 2))
    known = (a != 0).any(axis=1) & (b != 0).any(axis=1)
    return np.where(shared, SAME, np.where(known, CONFLICT, UNKNOWN)).astype(np.uint8), shared
