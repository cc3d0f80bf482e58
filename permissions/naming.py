"""The fields of a set in its own words, for screens about rights: a list that the app which has the fields fills in.

What lives here: a registry and how it is asked. What does not: the fields (``customers.fields``) and who may do what with them (``actor``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class NamedField:
    """One field as screens about rights show it; ``key`` is what ``FieldRule.field`` and ``Override.key`` hold."""

    key: str
    label: str
    group: str
    is_sensitive: bool


# Asked with a set's id for its fields, in the order in which forms show them.
sources: list[Callable[[int], Iterable[NamedField]]] = []


def fields_of(ledger_id: int) -> list[NamedField]:
    """Every field of the set that rights can be given on."""
    return [each for source in sources for each in source(ledger_id)]


def labels_of(ledger_id: int) -> dict[str, str]:
    """key → label."""
    return {each.key: each.label for each in fields_of(ledger_id)}
