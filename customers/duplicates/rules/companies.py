"""A company's name taken apart: place, brand, trade, legal form, branch, numbers, group, note, Latin part.

What lives here: ``take_apart``. What does not: the words (``words``), places (``customers.rules.regions``), comparing
(``customers.duplicates.evidence``).
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from customers.rules import text
from customers.rules.regions import read_place, short_region

from . import persons, words


class Company(NamedTuple):
    """Parts of one name, folded. ``core`` is brand and trade; ``whole`` everything but note and Latin part."""

    whole: str
    core: str
    brand: str
    place: str = ""  # six-digit code of the place in front or in brackets
    form: int = 0  # words.COMPANY …; 0 where none is written
    branch: str = ""  # what follows the main name: 岳阳第二分公司
    branch_place: str = ""
    numbers: tuple[str, ...] = ()
    is_group: bool = False
    note: str = ""
    latin: str = ""  # Latin words without legal form, in small letters, one blank between
    is_person: bool = False


_has_bracket = re.compile("[(（\\[【〔{<《「]").search
_brackets = re.compile("[(（\\[【〔{]([^)）\\]】〕}]*)(?:[)）\\]】〕}]|$)")
_latin_run = re.compile("[A-Za-z][A-Za-z .,&'’`\\-]*")
_has_han = re.compile("[\u3400-\u9fff\U00020000-\U000323af]").search
_place_ending = re.compile("^[省市县区州]")
_group = re.compile("集团(?:总公司|公司)?$|集团(?=股份|有限|总公司|公司|$)")
_GROUP_AT_END = re.compile("集团$")


@lru_cache(maxsize=4096)  # a page asks for the same name again and again, a bulk never
def take_apart(name: str) -> Company:
    """The parts of a company's name as anybody may have written it; never raises, "" gives an empty core."""
    name = unicodedata.normalize("NFKC", name)[:300]
    note = ""
    for pattern in (words.note_in_front, words.note_behind):
        stripped = pattern.sub("", name)
        if stripped != name and _has_han(stripped):
            name, note = stripped, "note"
    name, latin = _without_latin(name)
    place = branch_place = ""
    if _has_bracket(name):
        name, inside, in_branch, noted = _without_brackets(name)
        place, branch_place, note = inside, in_branch, noted or note
    whole = text.fold(name)
    if not whole:
        return Company(text.fold(latin), "", "", latin=latin, note=note)
    if persons.is_person(whole):
        return Company(whole, whole, whole, note=note, latin=latin, is_person=True)
    main, branch = _split_branch(whole)
    found, main = _without_place(main)
    place = found or place or branch_place
    if branch:
        region, _end = read_place(branch)
        branch_place = region.code or branch_place
    core, form, is_group = _without_form(main)
    brand = _brand(core)
    if not brand and place:  # 杭州汽车贸易公司: what tells it from others is its place
        brand = short_region(place)
        core = brand + core
    numbers = _numbers(whole)
    return Company(whole, core, brand or core, place, form, branch, branch_place, numbers, is_group, note, latin)


def _without_latin(name: str) -> tuple[str, str]:
    """A Chinese name without the foreign one written beside it, and the words of that; abbreviations (ABC科技) stay."""
    if name.isascii():
        return ("", _latin_words(name)) if any(char.isalpha() for char in name) else (name, "")
    found = [run for run in _latin_run.findall(name) if len(run) > 4 and " " in run.strip() or len(run) > 7]
    if not found:
        return name, ""
    rest = name
    for run in found:
        rest = rest.replace(run, " ")
    if not _has_han(rest):
        return "", _latin_words(" ".join(found))
    return rest, _latin_words(" ".join(found))


def _latin_words(run: str) -> str:
    found = re.findall("[a-z0-9]+", run.lower().replace(".", ""))
    return " ".join(word for word in found if word not in words.LATIN_FILLING) or " ".join(found)


def _without_brackets(name: str) -> tuple[str, str, str, str]:
    """(name, place in brackets, place in brackets of the branch, note): what brackets hold is put where it belongs."""
    place = branch_place = note = ""

    def put(match: re.Match) -> str:
        nonlocal place, branch_place, note
        inside = text.fold(match[1])
        if not inside or words.bracketed_form.search(inside):
            return ""
        region, end = read_place(inside)
        if region.code and end >= len(inside) - 1:
            if words.first_form.search(name, 0, match.start()) and match.start() > 4:
                branch_place = region.code
            else:
                place = region.code
            return ""
        at_end = match.end() >= len(name.rstrip(" .,。，、*"))
        if match.start() > 1 and (
            words.is_note(inside) or (at_end and not words.branch_at_end.search(inside) and inside != "集团")
        ):
            note = inside
            return ""
        return inside

    rest = _brackets.sub(put, name)
    return rest, place, branch_place, note


def _split_branch(whole: str) -> tuple[str, str]:
    """Main name and branch: 恒源机械有限公司|杭州第二分公司; a name that only ends like a branch is a main name."""
    first = words.first_form.search(whole, 2)
    if not first or first.end() >= len(whole):
        return whole, ""
    main, tail = whole[: first.end()], whole[first.end() :]
    if words.only_form.search(tail):  # 同州电器修配厂有限公司: two legal forms, no branch
        return main, ""
    tail = words.branch_ending.sub("", tail) or tail
    if words.branch_at_end.search(whole):
        return main, tail
    if words.numbered.search(tail) or (len(tail) >= 2 and read_place(tail)[0].code):
        return main, tail
    if words.first_form.search(tail) or len(tail) > 4:
        return main, tail
    if main[-2:] != "公司":
        return whole, ""
    # 恒源机械有限公司张伟 has a note without brackets, 恒源机械有限公司经销 a branch.
    is_note = words.is_note(tail) or (persons.is_person(tail) and tail[-1] not in "支分经营门")
    return main, "" if is_note else tail


def _without_place(main: str) -> tuple[str, str]:
    """(code of the finest place, rest) of a main name; a place is left in where nothing would remain."""
    code, rest = "", main
    for _again in range(3):
        region, end = read_place(rest)
        if not region.code:
            break
        shorter = _place_ending.sub("", rest[end:]) if rest[end - 1] not in "省市县区" else rest[end:]
        if len(words_only(shorter)) < 2:
            break
        code, rest = (region.code if region.code > code[:2] else code), shorter
    return code, rest


def words_only(main: str) -> str:
    """A main name without its legal form, as far as one is written properly."""
    for pattern, _form in words.forms_at_end:
        found = pattern.search(main)
        if found:
            return main[: found.start()]
    return main


def _without_form(main: str) -> tuple[str, int, bool]:
    """(core, form, group?) of a main name without its place."""
    form, core = 0, main
    damaged = None if words.whole_form.search(main) else words.damaged_form.search(main)
    forms = ((words.damaged_form, words.COMPANY),) if damaged and damaged.start() > 1 else words.forms_at_end
    for pattern, kind in forms:
        found = pattern.search(core)
        if found and found.start() > 0:
            core, form = core[: found.start()], kind
            break
    bare = core.replace("集团", "")
    is_group = bare != core and len(bare) > 1
    if is_group:
        core = bare
    unnumbered = words.number_mark.sub("", core)
    if form == words.FACTORY:
        unnumbered = re.sub("[一二三四五六七八九十0-9]+$", "", unnumbered)
    return (unnumbered if len(unnumbered) > 1 else core), form, is_group


def _numbers(whole: str) -> tuple[str, ...]:
    """Ordinals and plain digits, sorted: 第三, 三厂 and 3号 are all 3."""
    found = [_digits(match[1] or match[2]) for match in words.numbered.finditer(whole)]
    if any(char.isdigit() and char.isascii() for char in whole):
        found += [str(int(each)) for each in words.plain_digits.findall(whole)]
    return tuple(sorted(set(found)))


def _digits(numeral: str) -> str:
    """十二 → 12, 二十 → 20, 3 → 3."""
    if numeral.isascii():
        return str(int(numeral))
    if "百" in numeral or numeral.count("十") > 1:
        return numeral
    if "十" in numeral:
        tens, ones = numeral.split("十")
        return (words.DIGITS.get(tens, "1") if tens else "1") + (words.DIGITS.get(ones, "0") if ones else "0")
    return "".join(words.DIGITS.get(char, char) for char in numeral)


def _brand(core: str) -> str:
    """字号: the core without the words of trade behind it; "" where it is made of nothing else."""
    end = len(core)
    while end > 1:
        for size in range(min(words.LONGEST_TRADE, end), 1, -1):
            if core[end - size : end] in words.TRADES and end - size != 1:
                end -= size
                break
        else:
            break
    return core if core[:end] == "中国" else core[:end]
