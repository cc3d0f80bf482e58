"""What upper apps keep of people and departments, and what they do when those change.

What lives here: the shape of the answers and the lists that the upper apps fill in ``AppConfig.ready``, since nobody imports upward.
What does not: customers. Only numbers come through here: whoever keeps the organisation does not read business data.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ..models import Department, User


@dataclass(frozen=True)
class Holding:
    """How many customers of one account set belong to a person or department. ``is_moving``: a transfer of them is under way.

    ``is_writable`` is False for a set that takes no data now (suspended, archived): what is in it stays as it is.
    """

    ledger_id: int
    code: str
    name: str
    count: int
    is_writable: bool
    is_moving: bool = False


class Holder(Protocol):
    """An app that keeps something under people and departments."""

    def of_person(self, person: User) -> list[Holding]:
        """Per set, what ``person`` owns."""

    def of_person_in(self, person: User, department: Department | None) -> list[Holding]:
        """Per set, what ``person`` owns in that department: what may follow when he moves out of it."""

    def of_department(self, department: Department) -> list[Holding]:
        """Per set, what is in the department itself (not below it)."""

    def follow_person(
        self, person: User, origin: Department | None, ledger_ids: Iterable[int], *, by: User | None
    ) -> int:
        """Let what he owns in ``origin`` follow him to his department, in the background; returns how many sets."""

    def move_department(self, origin: Department, target: Department, *, by: User | None) -> int:
        """Move everything of ``origin`` to ``target``, in the background; returns how many sets."""


# Filled by upper apps.
holders: list[Holder] = []
# Department → ids of the sets that use it.
department_uses: list[Callable[[], dict[int, set[int]]]] = []
# Sentences that say why somebody cannot leave yet (he is the last manager of a set).
objections_to_leaving: list[Callable[[User], list[str]]] = []
# What will end with a leaver besides his memberships, in sentences for the preview.
also_ends: list[Callable[[User], list[str]]] = []
# What ends with a leaver: his memberships, with a line in each set's log. Called inside the transaction.
on_leaving: list[Callable[[User, date, User | None], None]] = []
# What names departments and follows when one is taken in by another (全部移到): (taken in, by which one, whoever does it).
on_absorbing: list[Callable[[Department, Department, User | None], None]] = []


def of_person(person: User) -> list[Holding]:
    return [holding for holder in holders for holding in holder.of_person(person)]


def of_person_in(person: User, department: Department | None) -> list[Holding]:
    return [holding for holder in holders for holding in holder.of_person_in(person, department)]


def of_department(department: Department) -> list[Holding]:
    return [holding for holder in holders for holding in holder.of_department(department)]


def sets_of_departments() -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for uses in department_uses:
        for department, ledgers in uses().items():
            found.setdefault(department, set()).update(ledgers)
    return found


def to_move(holdings: Iterable[Holding]) -> list[Holding]:
    """Those that must be moved before their department can be disabled."""
    return [each for each in holdings if each.count and each.is_writable and not each.is_moving]
