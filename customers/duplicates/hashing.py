"""Texts as arrays of code points, and 64-bit hashes of them, many at once.

What lives here: pure numpy. What does not: what is hashed (``profiles``, ``blocking``). The hashes are no secret: what must not be
guessed (telephones, accounts) comes in as keyed hash already.
"""

from collections.abc import Sequence

import numpy as np

_P = np.uint64(0x9E3779B97F4A7C15)  # odd, so it has an inverse modulo 2^64
_P_INVERSE = np.uint64(pow(int(_P), -1, 1 << 64))
_POWERS = np.array([pow(int(_P), at, 1 << 64) for at in range(128)], dtype=np.uint64)


def points(texts: Sequence[str], width: int) -> np.ndarray:
    """uint16 code points, one row a text, cut at ``width`` and filled with 0; what lies beyond the first plane is folded in."""
    wide = np.array(texts, dtype=f"U{width}").view(np.uint32).reshape(len(texts), width)
    if wide.size and wide.max() > 0xFFFF:
        wide = np.where(wide > 0xFFFF, 0x3400 + (wide & 0x3FFF), wide)
    return wide.astype(np.uint16)


def strings(codes: np.ndarray) -> list[str]:
    """The inverse of ``points``."""
    rows, width = codes.shape
    return np.ascontiguousarray(codes, dtype=np.uint32).view(f"U{width}").ravel().tolist()


def mixed(values: np.ndarray) -> np.ndarray:
    """uint64 values scattered (splitmix64); 0 stays 0, so that "nothing" stays nothing."""
    z = values * np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(31)
    return z


def together(*columns: np.ndarray | int) -> np.ndarray:
    """One hash of several hashes in their order; nothing among them counts as a value."""
    found = np.uint64(0)
    with np.errstate(over="ignore"):
        for column in columns:
            found = mixed((np.asarray(found, dtype=np.uint64) + np.asarray(column, dtype=np.uint64) + _P) * _P)
    return found


def of_points(codes: np.ndarray) -> np.ndarray:
    """uint64 hash of each row of code points; 0 for an empty one."""
    return mixed((codes.astype(np.uint64) * _POWERS[: codes.shape[1]]).sum(axis=1, dtype=np.uint64))


def without_one(codes: np.ndarray) -> np.ndarray:
    """(rows, width) hashes of each row with the character at that place taken out: equal to ``of_points`` of the shorter text."""
    parts = codes.astype(np.uint64) * _POWERS[: codes.shape[1]]
    before = np.cumsum(parts, axis=1, dtype=np.uint64)
    whole = before[:, -1:]
    return mixed((before - parts) + (whole - before) * _P_INVERSE)


def of_bag(codes: np.ndarray) -> np.ndarray:
    """uint64 hash of the characters of each row whatever their order."""
    return mixed(mixed(codes.astype(np.uint64)).sum(axis=1, dtype=np.uint64))


def head(codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The rows with all but their first ``lengths`` characters blanked."""
    return np.where(np.arange(codes.shape[1]) < lengths[:, None], codes, 0).astype(codes.dtype)


def tail(codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The rows without their first ``starts`` characters, moved to the front."""
    width = codes.shape[1]
    places = np.arange(width) + starts[:, None].astype(np.int64)
    return np.where(places < width, np.take_along_axis(codes, np.minimum(places, width - 1), axis=1), 0).astype(
        codes.dtype
    )
