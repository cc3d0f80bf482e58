"""What keys and evidence need of profiles beyond their own fields: lengths, hashes of parts, folded by sound; many at once.

What lives here: ``derive``. What does not: the profiles (``profiles``), keys (``blocking``), comparison (``evidence``). Nothing here knows
the database, so the processes of a scan can import it alone.
"""

import numpy as np

from . import hashing
from .rules.sounds import sound_of

DERIVED = np.dtype(
    [
        ("length", "u1"),  # of the core
        ("branch_length", "u1"),
        ("address_length", "u1"),
        ("core", "<u8"),
        ("core_sound", "<u8"),
        ("brand", "<u8"),
        ("brand_sound", "<u8"),
        ("trade", "<u8"),
        ("branch_sound", "<u8"),
        ("address", "<u8"),
        ("city", "<u2"),  # first four digits of home, 0 when only the province is known
        ("province", "u1"),
        ("name_city", "<u2"),  # the same of the place in the name
        ("name_province", "u1"),
    ]
)
_MUNICIPALITIES = (11, 12, 31, 50)


def derive(profiles: np.ndarray) -> np.ndarray:
    """The derived record of each profile."""
    found = np.zeros(len(profiles), dtype=DERIVED)
    core, branch, brand_length = profiles["core"], profiles["branch"], profiles["brand_length"]
    sounds = sound_of(core)
    brand = hashing.head(core, brand_length)
    found["length"] = np.count_nonzero(core, axis=1)
    found["branch_length"] = np.count_nonzero(branch, axis=1)
    found["address_length"] = np.count_nonzero(profiles["address"], axis=1)
    found["core"] = hashing.of_points(core)
    found["core_sound"] = hashing.of_points(sounds)
    found["brand"] = hashing.of_points(brand)
    found["brand_sound"] = hashing.of_points(sound_of(brand))
    found["trade"] = hashing.of_points(hashing.tail(core, brand_length))
    found["branch_sound"] = hashing.of_points(sound_of(branch))
    found["address"] = hashing.of_points(profiles["address"])
    found["city"], found["province"] = _places(profiles["home"])
    found["name_city"], found["name_province"] = _places(profiles["place"])
    return found


def _places(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    province = codes // 10000
    city = np.where(np.isin(province, _MUNICIPALITIES), province * 100, codes // 100)
    city = np.where((codes % 10000 == 0) & ~np.isin(province, _MUNICIPALITIES), 0, city)
    return city.astype(np.uint16), province.astype(np.uint8)
