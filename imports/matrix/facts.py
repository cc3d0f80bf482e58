"""What everybody in a set may do, as values: people × rights × scope in words × levels of fields, as of today.

What lives here: asking ``permissions.everybody`` and putting the answers into words. What does not: how a document looks (templates, ``files``).
No customer is named: scopes are told as they were set, shares are counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import CustomerGroupShare, CustomerUserShare
from ledgers.access.scoping import Words
from ledgers.models import Ledger
from permissions import everybody, naming
from permissions.actor import Actor
from permissions.grants import Tier
from permissions.models import User
from permissions.naming import NamedField
from permissions.rights import Level, Right

YES, DENIED, NO = "yes", "denied", ""


@dataclass(frozen=True)
class Person:
    """One member. ``rights``: right → YES, DENIED (expressly) or NO; ``levels``: key of a field → Level."""

    user: User
    roles: list[str]
    rights: dict[str, str]
    scope: str
    levels: dict[str, int]
    labels: dict[str, str]

    @property
    def marks(self) -> list[tuple[str, str]]:
        """(label of a right, its mark) in the order of ``Right``."""
        return [(str(right.label), self.rights[right]) for right in Right]

    @property
    def usual(self) -> str:
        """The level that most fields have."""
        return str(Level(self._usual).label)

    @property
    def _usual(self) -> int:
        counted = Counter(self.levels.values())
        return max(counted, key=lambda level: (counted[level], -level)) if counted else Level.HIDDEN

    @property
    def unusual(self) -> list[tuple[str, list[str]]]:
        """(level, labels of its fields) for the fields that have another level than most."""
        levels = [level for level in Level if level != self._usual]
        found = [
            (str(level.label), [self.labels[key] for key, mine in self.levels.items() if mine == level])
            for level in levels
        ]
        return [(label, fields) for label, fields in found if fields]


@dataclass(frozen=True)
class Matrix:
    """The whole document."""

    ledger: Ledger
    people: list[Person]
    fields: list[NamedField]
    on: date
    printed_at: datetime
    printed_by: User

    @property
    def rights(self) -> list[str]:
        return [str(right.label) for right in Right]


def of_ledger(ledger: Ledger, *, by: User) -> Matrix:
    """The matrix of a set, as of today; a constant number of queries, and a few more for each different set of grants."""
    fields = naming.fields_of(ledger.pk)
    told = _Told(ledger, fields)
    people = [told.person(actor) for actor in everybody.actors_of(ledger.pk)]
    return Matrix(ledger, people, fields, timezone.localdate(), timezone.localtime(), by)


class _Told:
    """Puts actors into words; people to whom the same was given share one answer about the fields."""

    def __init__(self, ledger: Ledger, fields: list[NamedField]):
        self.words = Words(ledger)
        self.fields = fields
        self.labels = {each.key: each.label for each in fields}
        self.shares, self.group_shares = _shares(ledger)
        self._levels: dict[tuple, dict[str, int]] = {}

    def person(self, actor: Actor) -> Person:
        return Person(
            user=actor.user,
            roles=[*map(_titled, actor.roles), *(each.rule for each in actor.delegations)],
            rights={right: _mark(actor, right) for right in Right},
            scope=self._scope(actor),
            levels=self._of_fields(actor),
            labels=self.labels,
        )

    def _of_fields(self, actor: Actor) -> dict[str, int]:
        given = tuple((each.pk, each.department) for each in actor.roles)
        key = (given, actor.personal, tuple((each.actor.user_id, each.rights) for each in actor.delegations))
        if key not in self._levels:
            self._levels[key] = {each.key: actor.field_level(each.key) for each in self.fields}
        return self._levels[key]

    def _scope(self, actor: Actor) -> str:
        if not actor.can(Right.VIEW):
            return _("看不到任何客户（没有“查看”）")
        told = [self.words.text(actor.row_scopes, actor.denied_scopes)]
        told += [_("代理%(name)s：%(scope)s") % {"name": each.user, "scope": self.words.text(each.row_scopes, each.denied_scopes)}
                 for each in actor.lent_rows]  # fmt: skip
        shared = self.shares.get(actor.user_id, 0) + sum(
            self.group_shares.get(role.group_id, 0) for role in actor.roles
        )
        if shared:
            told.append(_("另有共享 %(count)s 项") % {"count": f"{shared:,}"})
        return "；".join(told)


def _titled(role) -> str:
    return (
        _("%(role)s（部门：%(department)s）") % {"role": role.name, "department": role.department}
        if role.department
        else role.name
    )


def _mark(actor: Actor, right: str) -> str:
    first = next(iter(actor.statements(right)), None)
    if first is None:
        return NO
    return YES if first.allows else DENIED if first.tier in (Tier.PERSONAL_DENY, Tier.ROLE_DENY) else NO


def _shares(ledger: Ledger) -> tuple[dict[int, int], dict[int, int]]:
    """(user → shares in force, group → shares in force); two queries."""

    def counted(model, whom: str) -> dict[int, int]:
        live = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
        rows = model.objects.filter(live, content_object__ledger=ledger).order_by().values_list(whom)
        return dict(rows.annotate(Count("pk")))

    return counted(CustomerUserShare, "user_id"), counted(CustomerGroupShare, "group_id")


def level_rows(matrix: Matrix) -> Iterable[list[str]]:
    """One row per field: its group, its label, and the level of everybody."""
    names = {level.value: str(level.label) for level in Level}
    for each in matrix.fields:
        yield [each.group, each.label, *(names[person.levels[each.key]] for person in matrix.people)]
