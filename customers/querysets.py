"""Which customers an actor sees or may change, as indexed column predicates.

What lives here: sets of customers, and the sources that they come from (``Reach``). What does not: who may (``permissions.actor``), what a row
shows (``presenting``), and how a page of a large set is fetched (``reaching``).

A scope is a predicate on one indexed column, a filter scope is what the list makes of the same conditions, a share is a probe by the
customer's key: beside a search term, a key or a walk it costs one look-up a row. Lists that hold many shares walk the shares themselves
(``reaching``).
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.lookups import Exact
from django.utils import timezone

from permissions.actor import Actor
from permissions.rights import Right, Scope

VIEW, CHANGE = "view_customer", "change_customer"


class CustomerQuerySet(models.QuerySet):
    def of(self, ledger_id: int) -> "CustomerQuerySet":
        """Every row of a set, asked by rules that must see all of them (uniqueness, duplicates), never by pages."""
        return self.filter(ledger_id=ledger_id)

    def unscoped(self, ledger_id: int) -> "CustomerQuerySet":
        """The rows of a set without those of an unfinished import, for ``reaching``, which puts the scope in its own way."""
        return self.model.objects.settled(ledger_id)

    def settled(self, ledger_id: int) -> "CustomerQuerySet":
        """The rows of a set without those of an unfinished import; who sees them is another question."""
        rows = self.filter(ledger_id=ledger_id)
        hidden = _open_batches(ledger_id)
        return rows.exclude(created_batch_id__in=hidden) if hidden else rows

    def visible_to(self, actor: Actor, reach: "Reach | None" = None) -> "CustomerQuerySet":
        """The rows that ``actor`` may see: his scopes or a share, in his set, and not of an unfinished import.

        ``reach``: what ``reach_of`` said of him, where that is known already.
        """
        return self.within(reach or reach_of(actor), actor.ledger_id)

    def awaited_by(self, actor: Actor) -> "CustomerQuerySet":
        """The rows of unfinished imports that ``actor`` will see when these are done: only to explain why nobody sees them yet."""
        condition = condition_of(actor)
        rows = self.filter(ledger_id=actor.ledger_id, created_batch_id__in=_open_batches(actor.ledger_id))
        return self.none() if condition is None else rows.filter(condition)

    def changeable_by(self, actor: Actor) -> "CustomerQuerySet":
        """Of the rows that he sees those that he may change, if he may change any: not what is shared with him for viewing only,
        nor what he sees for a colleague who did not pass on the right to edit."""
        return self.within(reach_of(actor, Right.EDIT), actor.ledger_id)

    def within(self, reach: "Reach", ledger_id: int | None) -> "CustomerQuerySet":
        """The rows of the set that a reach opens."""
        condition = reach.condition
        return self.none() if condition is None else self.settled(ledger_id).filter(condition)


def _open_batches(ledger_id: int) -> list[int]:
    """Batches whose last chunk is not in yet; their customers are nobody's business. Nearly always none."""
    from .models import ChangeBatch

    return list(
        ChangeBatch.objects.filter(ledger_id=ledger_id, state=ChangeBatch.State.OPEN).values_list("pk", flat=True)
    )


def condition_of(actor: Actor, right: str = Right.VIEW) -> Q | None:
    """What the actor may see (or change) of his set: an empty Q for all rows, None for no rows."""
    return reach_of(actor, right).condition


# --- sources of rows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One thing that opens rows: a condition, one of ``values`` in an indexed ``column``, or the shares of one of ``values``.

    ``share``: the relation to the shares ("user_shares") of which ``column`` names the holder and ``permission`` what is shared, on a day.
    ``within`` narrows what this source gives.
    """

    rows: Q = field(default_factory=Q)
    column: str = ""
    values: tuple[Any, ...] = ()
    share: str = ""
    permission: int = 0
    on: date | None = None
    within: Q = field(default_factory=Q)

    @property
    def is_everything(self) -> bool:
        return not (self.column or self.rows or self.within)

    @property
    def condition(self) -> Q:
        if self.share:
            return Q(self._probe()) & self.within
        return self.joined() & self.within

    def joined(self, value: Any = None) -> Q:
        """The rows of one of the values, by a join with the shares where it has some; of all of them when none is named."""
        if not self.column:
            return self.rows
        values = self.values if value is None else (value,)
        wanted = Q(**{self._path: values[0]} if len(values) == 1 else {f"{self._path}__in": values})
        return wanted & self._open(f"{self.share}__") if self.share else wanted

    @property
    def _path(self) -> str:
        return f"{self.share}__{self.column}" if self.share else self.column

    def _open(self, prefix: str) -> Q:
        unended = Q(**{f"{prefix}ends_on": None}) | Q(**{f"{prefix}ends_on__gte": self.on})
        return Q(**{f"{prefix}permission_id": self.permission}) & unended

    def keys(self) -> models.QuerySet:
        """The keys of the customers of these shares."""
        return self._shares().values_list("content_object_id", flat=True)

    def _probe(self) -> Exists:
        return Exists(self._shares().filter(content_object_id=OuterRef("pk")))

    def _shares(self) -> models.QuerySet:
        from .models import Customer

        shares = Customer._meta.get_field(self.share).related_model.objects.filter(self._open(""))
        return shares.filter(**{f"{self.column}__in": self.values})


@dataclass(frozen=True)
class Reach:
    """What opens rows to somebody, and what narrows all of them (exclusions, the eyes of whoever simulates)."""

    sources: tuple[Source, ...] = ()
    within: Q = field(default_factory=Q)

    @property
    def is_everything(self) -> bool:
        """Whether some source opens every row, so that only ``within`` is left to be asked."""
        return any(each.is_everything for each in self.sources)

    @property
    def condition(self) -> Q | None:
        """An empty Q for all rows, None for no rows."""
        if not self.sources:
            return None
        return (
            self.within if self.is_everything else reduce(or_, (each.condition for each in self.sources)) & self.within
        )


def reach_of(actor: Actor, right: str = Right.VIEW) -> Reach:
    """Where the rows come from that an actor may see, or change when ``right`` is EDIT; one query about shares and one about filters."""
    if actor.is_system:
        return Reach((Source(),))
    reach = _given(actor, right)
    if actor.seen_by is None or not reach.sources:
        return reach
    limit = condition_of(actor.seen_by, right)
    return Reach() if limit is None else replace(reach, within=reach.within & limit)


def _given(actor: Actor, right: str) -> Reach:
    """Scopes, shares and the rows of those he stands in for, less what is expressly taken away."""
    if any(kind == Scope.ALL for kind, _values in actor.denied_scopes):
        return Reach()
    sources = [_SCOPES[kind](actor, values) for kind, values in actor.row_scopes]
    if actor.can(Right.VIEW) and not any(each.is_everything for each in sources):
        sources += share_sources(actor, right)
    for lent in _lenders(actor, right):
        theirs = _given(lent, right)
        sources += [replace(each, within=each.within & theirs.within) for each in theirs.sources]
    within = Q()
    for kind, values in actor.denied_scopes:
        within &= _without(actor, kind, values)
    return Reach(tuple(_unless_empty(sources)), within)


def scope_condition(actor: Actor, kind: str, values: tuple) -> Q:
    """The rows that one scope means for this actor, whatever else gives or takes them."""
    found = _unless_empty([_SCOPES[kind](actor, values)])
    return found[0].condition if found else Q(pk__in=())


def _unless_empty(sources: list[Source]) -> list[Source]:
    """A scope that names nothing opens nothing."""
    return [each for each in sources if each.values or not each.column]


def _lenders(actor: Actor, right: str) -> tuple[Actor, ...]:
    """Those in whose place he sees rows; to change these, the right to edit must have been passed on as well."""
    if right == Right.VIEW or not actor.can(Right.VIEW):
        return actor.lent_rows
    return tuple(each.actor for each in actor.delegations if {Right.VIEW, Right.EDIT} <= each.rights)


def _without(actor: Actor, kind: str, values: tuple) -> Q:
    """Every row that a scope does not give. A row without the value that is asked for (NULL) is not one that it gives."""
    if kind == Scope.FILTER:
        from .access import filters

        rows = filters.condition(actor, values, excluding=True)
        if not rows:
            return Q(pk__in=[])
        # A filter may hold a look into another table, where "not found" is NULL and its contrary NULL again.
        return Q(Exact(Case(When(rows, then=Value(1)), default=Value(0)), 0))
    source = _SCOPES[kind](actor, values)
    return ~source.condition if source.values else Q()


def share_sources(actor: Actor, right: str = Right.VIEW) -> list[Source]:
    """The shares of the user and of his roles' groups, where there are any."""
    from django.contrib.auth.models import Permission

    from .models import CustomerGroupShare, CustomerUserShare

    today = timezone.localdate()
    open_ = Q(ends_on=None) | Q(ends_on__gte=today)
    groups = tuple(sorted(role.group_id for role in actor.roles if role.group_id))
    by_user = CustomerUserShare.objects.filter(open_, permission_id=OuterRef("pk"), user_id=actor.user_id)
    by_group = CustomerGroupShare.objects.filter(open_, permission_id=OuterRef("pk"), group_id__in=groups)
    asked = Permission.objects.filter(
        codename=CHANGE if right == Right.EDIT else VIEW, content_type__app_label="customers"
    ).values_list("pk", Exists(by_user), Exists(by_group) if groups else Value(False))
    found = []
    for permission, to_user, to_group in asked:
        about = {"permission": permission, "on": today}
        if to_user:
            found.append(Source(column="user_id", values=(actor.user_id,), share="user_shares", **about))
        if to_group:
            found.append(Source(column="group_id", values=groups, share="group_shares", **about))
    return found


def _filtered(actor: Actor, values: tuple) -> Source:
    from .access import filters

    return Source(rows=filters.condition(actor, values))


_SCOPES = {
    Scope.ALL: lambda actor, values: Source(),
    Scope.OWN: lambda actor, values: Source(column="owner_id", values=(actor.user_id,)),
    Scope.DEPARTMENT: lambda actor, values: Source(
        column="department_id", values=(actor.user.department_id,) if actor.user.department_id else ()
    ),
    Scope.DEPARTMENT_TREE: lambda actor, values: Source(
        column="department_id", values=tuple(sorted(actor.department_ids))
    ),
    Scope.DEPARTMENTS: lambda actor, values: Source(column="department_id", values=tuple(values)),
    Scope.PROVINCES: lambda actor, values: Source(column="province", values=tuple(values)),
    Scope.CATEGORIES: lambda actor, values: Source(column="category_id", values=tuple(values)),
    Scope.SALES_REGIONS: lambda actor, values: Source(column="sales_region_id", values=tuple(values)),
    Scope.FILTER: _filtered,
}
