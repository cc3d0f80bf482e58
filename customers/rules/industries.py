"""Industries by GB/T 4754-2017: 20 sections 门类 (A–T) and 97 divisions 大类 (01–97).

Lives here: the two levels with their codes and names, and finding one by code or name. Not here: the finer levels.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .text import fold


class _Index(NamedTuple):
    sections: dict[str, str]  # A → 农、林、牧、渔业
    divisions: dict[str, str]  # 01 → 农业
    section_of: dict[str, str]  # 01 → A
    by_name: dict[str, str]  # folded code or name → code; a division before a section of the same name


@cache
def _index() -> _Index:
    data = json.loads(Path(__file__).with_name("data").joinpath("industries.json").read_text("utf-8"))
    sections = data["sections"]
    divisions = {code: name for code, (_section, name) in data["divisions"].items()}
    section_of = {code: section for code, (section, _name) in data["divisions"].items()}
    by_name = {}
    for code, name in (*sections.items(), *divisions.items()):
        by_name |= {fold(code): code, fold(name): code, fold(f"{section_of.get(code, '')}{code}{name}"): code}
        by_name[fold(f"{section_of.get(code, '')}{code}")] = code
    return _Index(sections, divisions, section_of, by_name)


def sections() -> dict[str, str]:
    """Code → name of the 20 sections."""
    return dict(_index().sections)


def divisions(section: str = "") -> dict[str, str]:
    """Code → name of the divisions, of one section or of all."""
    index = _index()
    return {code: name for code, name in index.divisions.items() if section in ("", index.section_of[code])}


def section_of(division: str) -> str:
    """The section a division belongs to: `34` → `C`; "" for what is no division."""
    return _index().section_of.get(division, "")


def industry_name(code: str) -> str:
    """The name of a section or division, "" for an unknown code."""
    index = _index()
    return index.sections.get(code) or index.divisions.get(code, "")


def industry_code(text: str) -> str:
    """The code for what somebody wrote: `34`, `C34`, `通用设备制造业`, `C34 通用设备制造业`; "" when it is none."""
    return _index().by_name.get(fold(text), "")


def industry_choices() -> list[tuple[str, str]]:
    """(code, name) of every section, each followed by its divisions, for a list to choose from."""
    return [
        choice
        for code, name in _index().sections.items()
        for choice in ((code, name), *((division, title) for division, title in divisions(code).items()))
    ]


def with_divisions(codes: Iterable[str]) -> list[str]:
    """The codes, and for each section among them its divisions: whoever asks for 制造业 means everything within."""
    return [each for code in codes for each in (code, *(divisions(code) if code in _index().sections else ()))]
