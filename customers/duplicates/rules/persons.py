"""Names of persons: without the title, and whether a customer's name is a person's.

What lives here: reading one written name. What does not: word lists (``words``), comparing (``customers.duplicates.evidence``).
"""

from typing import NamedTuple

from customers.rules.text import fold

from .words import COMPOUND_SURNAMES, SURNAMES, title_at_end


class Person(NamedTuple):
    """``given`` is "" where only a surname and a title were written (王总, 李女士)."""

    surname: str = ""
    given: str = ""

    @property
    def full(self) -> str:
        """Surname and given name; "" when either is unknown."""
        return self.surname + self.given if self.given else ""


NOBODY = Person()
_PLACEHOLDERS = frozenset(("无", "na", "null", "none", "联系人", "测试", "test", "未知", "暂无", "不详"))


def person(text: str) -> Person:
    """The person that was written: `王小明 经理` → 王|小明, `王总` → 王|, placeholders → nobody."""
    name = fold(text)
    if not name or name in _PLACEHOLDERS:
        return NOBODY
    bare = title_at_end.sub("", name)
    if not bare or (len(name) <= 3 and bare == name and len(name) < 2):
        return Person(name[:1], "")
    if bare != name and len(bare) <= 1:
        return Person(bare, "")
    if bare != name and len(bare) == 2 and bare in COMPOUND_SURNAMES:
        return Person(bare, "")
    size = 2 if bare[:2] in COMPOUND_SURNAMES and len(bare) > 2 else 1
    return Person(bare[:size], bare[size:])


def is_person(name: str) -> bool:
    """Whether a folded customer name reads as a person's: two to four characters beginning with a surname, no word of trade."""
    if not 2 <= len(name) <= 4 or name.isascii():
        return False
    if name[:2] in COMPOUND_SURNAMES:
        return len(name) > 2
    return len(name) <= 3 and name[0] in SURNAMES
