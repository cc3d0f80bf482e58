"""Chinese names in Latin letters: full pinyin for searching, 助记码 (first letters) for typing.

Lives here: reading a name with the shipped table of characters and the phrases that are read otherwise (重庆, 银行).
Not here: how that table was made (`build_tables.py`); tones, which nobody types.
"""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from .text import fold

MNEMONIC_LENGTH = 32
PINYIN_LENGTH = 400


class _Tables(NamedTuple):
    syllables: dict[int, str]  # code point → syllable; ASCII letters and digits stand for themselves
    phrases: dict[str, tuple[str, ...]]
    openings: frozenset[str]  # the first two characters of every phrase


class _Readings(dict):
    def __missing__(self, point: int) -> None:
        return None  # what has no reading is left out


@cache
def _tables() -> _Tables:
    table = json.loads(Path(__file__).with_name("data").joinpath("pinyin.json").read_text("utf-8"))
    syllables = _Readings((ord(char), char) for char in "abcdefghijklmnopqrstuvwxyz0123456789")
    for syllable, chars in table["characters"].items():
        syllables.update(dict.fromkeys(map(ord, chars), syllable))
    phrases = {phrase: tuple(reading.split()) for phrase, reading in table["phrases"].items()}
    return _Tables(syllables, phrases, frozenset(phrase[:2] for phrase in phrases))


@lru_cache(maxsize=256)  # pinyin and mnemonic of one name are asked for one after the other
def syllables_of(name: str) -> tuple[str, ...]:
    """The name read aloud: one toneless syllable a character, Latin letters and digits one by one."""
    text = fold(name)
    readings, phrases, openings = _tables()
    found: list[str | None] = [readings[ord(char)] for char in text]
    for at in range(len(text) - 1):
        if text[at : at + 2] in openings:
            for size in (3, 2):
                reading = phrases.get(text[at : at + size])
                if reading is not None:
                    found[at : at + size] = reading
                    break
    return tuple(filter(None, found))


def pinyin_of(name: str, limit: int = PINYIN_LENGTH) -> str:
    """Full pinyin without tones and spaces, lower case: `重庆长安` → `chongqingchangan`; ü is written v."""
    return "".join(syllables_of(name))[:limit]


def mnemonic_of(name: str, limit: int = MNEMONIC_LENGTH) -> str:
    """助记码: first letters in capitals, Latin letters and digits as they are: `重庆长安3厂` → `CQCA3C`."""
    return "".join([syllable[0] for syllable in syllables_of(name)[:limit]]).upper()
