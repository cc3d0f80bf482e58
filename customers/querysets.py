"""Which customers an actor sees, as indexed column predicates.

What lives here: sets of customers. What does not: who may (``permissions.actor``) and what a row shows (``presenting``).
"""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.utils import timezone

from permissions.actor import Actor
from permissions.rights import Right, Scope


class CustomerQuerySet(models.QuerySet):
    def of(self, ledger_id: int) -> "CustomerQuerySet":
        """Every row of a set, asked by rules that must see all of them (uniqueness, duplicates), never by pages."""
        return self.filter(ledger_id=ledger_id)

    def visible_to(self, actor: Actor) -> "CustomerQuerySet":
        """The rows that ``actor`` may see: his scopes or a share, in his set, and not of an unfinished import."""
        rows = self.filter(ledger_id=actor.ledger_id)
        condition = condition_of(actor)
        if condition is None:
            return rows.none()
        hidden = _open_batches(actor.ledger_id)
        if hidden:
            rows = rows.exclude(created_batch_id__in=hidden)
        return rows.filter(condition)


def _open_batches(ledger_id: int) -> list[int]:
    """Batches whose last chunk is not in yet; their customers are nobody's business. Nearly always none."""
    from .models import ChangeBatch

    return list(
        ChangeBatch.objects.filter(ledger_id=ledger_id, state=ChangeBatch.State.OPEN).values_list("pk", flat=True)
    )


def condition_of(actor: Actor) -> Q | None:
    """What the actor may see of his set: an empty Q for all rows, None for no rows."""
    condition = _given(actor)
    if condition is None or actor.seen_by is None:
        return condition
    limit = condition_of(actor.seen_by)
    return None if limit is None else condition & limit


def _given(actor: Actor) -> Q | None:
    """Scopes, shares and the rows of those he stands in for, less what is expressly taken away."""
    if actor.sees_all:
        return Q()
    parts = [_scope(actor, kind, values) for kind, values in actor.row_scopes]
    if actor.can(Right.VIEW):
        # Nearly nobody has shares, and an OR over another table would keep the scope's index from being used.
        shared = _shared_with(actor)
        if shared.exists():
            parts.append(Q(pk__in=shared))
    lent = [found for each in actor.lent_rows if (found := _given(each)) is not None]
    if not parts and not lent:
        return None
    condition = Q() if Q() in (*parts, *lent) else reduce(or_, (*parts, *lent))
    for kind, values in actor.denied_scopes:
        if kind == Scope.ALL:
            return None
        condition &= ~_scope(actor, kind, values)
    return condition


def _scope(actor: Actor, kind: str, values: tuple) -> Q:
    return _SCOPES[kind](actor, values)


def _shared_with(actor: Actor) -> models.QuerySet:
    from .models import CustomerUserShare

    today = timezone.localdate()
    return (
        CustomerUserShare.objects.filter(user_id=actor.user_id, permission__codename="view_customer")
        .filter(Q(ends_on=None) | Q(ends_on__gte=today))
        .values("content_object_id")
    )


_SCOPES = {
    Scope.ALL: lambda actor, values: Q(),
    Scope.OWN: lambda actor, values: Q(owner_id=actor.user_id),
    Scope.DEPARTMENT: lambda actor, values: Q(department_id=actor.user.department_id or 0),
    Scope.DEPARTMENT_TREE: lambda actor, values: Q(department_id__in=actor.department_ids),
    Scope.DEPARTMENTS: lambda actor, values: Q(department_id__in=values),
    Scope.PROVINCES: lambda actor, values: Q(province__in=values),
    Scope.CATEGORIES: lambda actor, values: Q(category_id__in=values),
    Scope.SALES_REGIONS: lambda actor, values: Q(sales_region_id__in=values),
}
