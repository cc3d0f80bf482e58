"""What an expression may refer to: kinds of values, and the fields by key and by label.

What does not live here: the catalogue that these names are made from (``customers.rulebook.book``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from ..text import fold


class Kind(StrEnum):
    """Kinds of values. PATH is a place in a tree, as the codes from the top down: ``=`` looks at the last, 包含 at all of them."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"
    LIST = "list"
    PATH = "path"
    REFERENCE = "reference"  # another record: only whether there is one can be asked
    EMPTY = "empty"


KIND_LABELS = {
    Kind.NUMBER: _("数字"),
    Kind.TEXT: _("文本"),
    Kind.DATE: _("日期"),
    Kind.BOOLEAN: _("是/否"),
    Kind.LIST: _("多个选项"),
    Kind.PATH: _("分类"),
    Kind.REFERENCE: _("引用"),
    Kind.EMPTY: _("空"),
}


@dataclass(frozen=True)
class Name:
    """One field that an expression may name. ``choices``: stored value → label; with them a mistyped option is found at once."""

    key: str
    label: str
    kind: Kind
    choices: dict[str, str] = field(default_factory=dict, compare=False)

    def choice_of(self, text: str) -> str | None:
        """The stored value that ``text`` means: the value itself, else the label, in any case and width."""
        if text in self.choices:
            return text
        folded = fold(text)
        return next(
            (value for value, label in self.choices.items() if folded and folded in (fold(value), fold(label))), None
        )


class Names:
    """The fields in reach, found by key, by label, and by label whatever its case, width and spaces.

    ``spoken`` names are for sentences: an expression rendered with them has no brackets and quotes, and cannot be read back.
    """

    def __init__(self, names: Iterable[Name], *, spoken: bool = False):
        self.is_spoken = spoken
        self._by_key: dict[str, Name] = {}
        self._by_label: dict[str, Name] = {}
        self._by_folded: dict[str, Name | None] = {}
        for name in names:
            self._by_key[name.key] = name
            self._by_label.setdefault(name.label, name)
            folded = fold(name.label)
            # Two labels that only differ in signs must be written exactly.
            self._by_folded[folded] = None if folded in self._by_folded else name

    def __iter__(self) -> Iterator[Name]:
        return iter(self._by_key.values())

    def spoken(self) -> "Names":
        return Names(self, spoken=True)

    def get(self, text: str) -> Name | None:
        return self._by_key.get(text) or self._by_label.get(text) or self._by_folded.get(fold(text))

    def label_of(self, key: str) -> str:
        """A label that leads back to the key; the key itself where the label would not."""
        name = self._by_key.get(key)
        if name is None or "]" in name.label or "[" in name.label or self.get(name.label) is not name:
            return key
        return name.label


def any_names(pairs: Iterable[tuple[str, Kind]]) -> Names:
    """Names that stand for themselves: for expressions in canonical form, which hold keys."""
    return Names(Name(key, key, kind) for key, kind in pairs)
