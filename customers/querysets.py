"""Which customers an actor sees, as indexed column predicates.

What lives here: sets of customers. What does not: who may (``permissions.actor``) and what a row shows (``presenting``).
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from permissions.actor import Actor
from permissions.rights import Scope


class CustomerQuerySet(models.QuerySet):
    def of(self, ledger_id: int) -> "CustomerQuerySet":
        """Every row of a set, asked by rules that must see all of them (uniqueness, duplicates), never by pages."""
        return self.filter(ledger_id=ledger_id)

    def visible_to(self, actor: Actor) -> "CustomerQuerySet":
        """The rows that ``actor`` may see: his scopes or a share, in his set, and not of an unfinished import."""
        rows = self.filter(ledger_id=actor.ledger_id)
        condition = _scopes(actor)
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


def _scopes(actor: Actor) -> Q | None:
    """The disjunction of the actor's scopes and shares; an empty Q for all rows, None for no rows."""
    if actor.sees_all:
        return Q()
    scopes = actor.row_scopes
    if not scopes:
        return None
    condition = Q()
    for kind, values in scopes:
        condition |= _SCOPES[kind](actor, values)
    # Nearly nobody has shares, and an OR over another table would keep the scope's index from being used.
    shared = _shared_with(actor)
    return condition | Q(pk__in=shared) if shared.exists() else condition


def _shared_with(actor: Actor) -> models.QuerySet:
    from .models import CustomerUserShare

    today = timezone.localdate()
    return (
        CustomerUserShare.objects.filter(user_id=actor.user_id, permission__codename="view_customer")
        .filter(Q(ends_on=None) | Q(ends_on__gte=today))
        .values("content_object_id")
    )


_SCOPES = {
    Scope.OWN: lambda actor, values: Q(owner_id=actor.user_id),
    Scope.DEPARTMENT: lambda actor, values: Q(department_id=actor.user.department_id or 0),
    Scope.DEPARTMENT_TREE: lambda actor, values: Q(department_id__in=actor.department_ids),
    Scope.DEPARTMENTS: lambda actor, values: Q(department_id__in=values),
    Scope.PROVINCES: lambda actor, values: Q(province__in=values),
    Scope.CATEGORIES: lambda actor, values: Q(category_id__in=values),
    Scope.SALES_REGIONS: lambda actor, values: Q(sales_region_id__in=values),
}
