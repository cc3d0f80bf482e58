"""Which heading means which field: by label, by synonym, by likeness, and by what stands in the column.

What lives here: the guess and how sure it is. What does not: the catalogue's labels and synonyms (``customers.fields``), and
what the user makes of the guess (``settings``).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from customers.fields import FOREIGN_PREFIX, Catalogue, Field
from customers.rules.text import fold

from ..reading.cells import CellFault

# How a guess was made, from sure to doubtful.
LABEL, SYNONYM, PARTLY, LIKENESS, CONTENT = 1.0, 0.95, 0.85, 0.7, 0.6

SURENESS = {
    LABEL: _("名称一致"),
    SYNONYM: _("同义名称"),
    PARTLY: _("部分一致"),
    LIKENESS: _("名称相近"),
    CONTENT: _("按内容推测"),
}


# What our own file of refused rows has behind the user's columns.
NOTE_HEADINGS = ("错误说明", "原行号")


@dataclass(frozen=True)
class Guess:
    """What one column probably holds; ``field`` is "" when nothing is known."""

    index: int
    heading: str
    field: str = ""
    sureness: float = 0.0

    @property
    def why(self) -> str:
        return str(SURENESS.get(self.sureness, ""))

    @property
    def is_sure(self) -> bool:
        return self.sureness >= SYNONYM


# --- headings as they are compared ----------------------------------------------------------------------------------

_BRACKETED = re.compile(r"[(（\[【〔<《][^)）\]】〕>》]*[)）\]】〕>》]")
_ORDINAL = re.compile(r"[\s_]*[0-9０-９一1]+$")
_UNIT = re.compile(r"[(（\[【]?\s*(?:单位\s*[:：]\s*)?(万元?|亿元?|千元)(?:人民币)?\s*[)）\]】]?\s*$")
_PREFIXES = ("客户", "公司", "企业", "单位")
_SUFFIXES = ("名称", "号码", "信息")


def unit_of(heading: str) -> str:
    """The unit that a heading gives to the amounts below it ("万元"), or ""."""
    found = _UNIT.search(heading)
    return found[1] if found else ""


def _forms(heading: str) -> list[tuple[str, float]]:
    """The folded forms under which a heading is looked up, with how much each of them weakens the guess."""
    bare = _BRACKETED.sub("", heading).rstrip("*＊").strip()
    last = re.split(r"[/／|·:：]", bare)[-1]
    forms = [
        (heading, LABEL),
        (bare, LABEL),
        (_UNIT.sub("", bare), LABEL),
        (_ORDINAL.sub("", bare), PARTLY),
        (last, PARTLY),
    ]
    for prefix in _PREFIXES:
        if bare.startswith(prefix):
            forms.append((bare.removeprefix(prefix), PARTLY))
    for suffix in _SUFFIXES:
        if bare.endswith(suffix):
            forms.append((bare.removesuffix(suffix), PARTLY))
    return [(fold(text), sureness) for text, sureness in forms if fold(text)]


class Guesser:
    """Knows the words of one set's catalogue; ``fields`` are those that may be chosen."""

    def __init__(self, catalogue: Catalogue, fields: Sequence[Field] | None = None):
        self.fields = [each for each in (fields or catalogue.fields) if each.is_importable]
        self._exact: dict[str, tuple[str, float]] = {}
        for field in self.fields:
            for word in (str(field.label), field.key):
                self._exact.setdefault(fold(word), (field.key, LABEL))
        for field in self.fields:
            for word in field.synonyms:
                self._exact.setdefault(fold(word), (field.key, SYNONYM))

    def guess(self, headings: Sequence[str], samples: Sequence[Sequence[Any]] = ()) -> list[Guess]:
        """One guess per heading; each field is given once, to the surest and then the leftmost column.

        ``samples`` are some rows of the sheet: cells in the order of the headings.
        """
        columns = [[row[index] for row in samples if index < len(row)] for index in range(len(headings))]
        offers = [
            (sureness - handicap, -index, index, key, sureness)
            for index, heading in enumerate(headings)
            for key, sureness, handicap in self._candidates(heading, columns[index])
        ]
        given: dict[int, tuple[str, float]] = {}
        used: set[str] = set()
        for _rank, _order, index, key, sureness in sorted(offers, reverse=True):
            if index not in given and key not in used:
                given[index] = (key, sureness)
                used.add(key)
        return [Guess(index, heading, *given.get(index, ("", 0.0))) for index, heading in enumerate(headings)]

    def _candidates(self, heading: str, cells: list[Any]) -> Iterable[tuple[str, float, float]]:
        """(field, how sure, handicap against columns that are as sure) of every field that a column may be."""
        if heading in NOTE_HEADINGS or not heading:
            return
        texts = [str(cell).strip() for cell in cells if cell is not None and not isinstance(cell, CellFault)]
        named = dict(self._by_name(heading))
        seen = by_content(texts)
        if seen == "uscc" and self._has("uscc") and {"tax_number", "number"} & named.keys():
            # 税号, or a bare 编码, over eighteen characters of the code's alphabet is the credit code itself,
            # unless another column is: then it is what its name says.
            yield "uscc", SYNONYM, 0.01
            yield from ((key, sureness, 0.2) for key, sureness in named.items())
            return
        yield from ((key, sureness, 0.0) for key, sureness in named.items())
        if not named and seen and self._has(seen):
            yield seen, CONTENT, 0.0

    def _has(self, key: str) -> bool:
        return any(field.key == key for field in self.fields)

    def _by_name(self, heading: str) -> Iterable[tuple[str, float]]:
        system = foreign_system(heading)
        if system:
            yield f"{FOREIGN_PREFIX}{system}", LABEL
            return
        best: dict[str, float] = {}
        for form, weakened in _forms(heading):
            if form in self._exact:
                key, sureness = self._exact[form]
                best[key] = max(best.get(key, 0), min(sureness, weakened))
        if not best:
            key = self._alike(heading)
            if key:
                best[key] = LIKENESS
        yield from best.items()

    def _alike(self, heading: str) -> str:
        """The field whose word is nearly this heading; words of one or two characters are never nearly anything."""
        wanted = fold(_BRACKETED.sub("", heading))
        if len(wanted) < 3:
            return ""
        scored = (
            (fuzz.ratio(wanted, word, score_cutoff=85), key) for word, (key, _s) in self._exact.items() if len(word) > 2
        )
        score, key = max(scored, default=(0, ""))
        return key if score else ""


_FOREIGN = re.compile(
    r"foreign:\s*([\w.-]{1,30})|(SAP|ORACLE|U8|K3|用友|金蝶|CRM|ERP)\s*(?:客户)?(?:编号|编码|代码|ID)", re.IGNORECASE
)


def foreign_system(heading: str) -> str:
    """The other system whose numbers stand under this heading ("foreign:SAP", "SAP客户编号"), or ""."""
    found = _FOREIGN.fullmatch(heading.strip())
    return (found[1] or found[2]).upper() if found else ""


# --- content ------------------------------------------------------------------------------------------------------

_USCC = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}", re.IGNORECASE)
_CONTENTS = (
    ("uscc", _USCC),
    ("mobile", re.compile(r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}")),
    ("phone", re.compile(r"\(?0\d{2,3}\)?[ -]?\d{7,8}(?:[ -转]\d{1,6})?|400[ -]?\d{3}[ -]?\d{4}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)),
    ("bank_account", re.compile(r"\d{4} ?\d{4} ?\d{4} ?\d{4,7}")),
    ("name", re.compile(r".{2,}(?:公司|集团|厂|商行|合作社|事务所|经营部|有限合伙\)|有限合伙）)")),
    ("address", re.compile(r".*(?:省|市|区|县).*(?:路|街|道|镇|村|号|园).*")),
)
_ENOUGH, _SHARE = 3, 0.8


def by_content(texts: Sequence[str]) -> str:
    """The field whose values look like these, when nearly all do and there are enough of them; else ""."""
    texts = [text for text in texts if text]
    if len(texts) < _ENOUGH:
        return "uscc" if texts and all(_USCC.fullmatch(text) for text in texts) else ""
    for key, pattern in _CONTENTS:
        if sum(1 for text in texts if pattern.fullmatch(text)) >= _SHARE * len(texts):
            return key
    return ""
