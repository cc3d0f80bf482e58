"""For whom somebody acts who stands in for a colleague: history names both.

What lives here: whether a write used what was lent. What does not: lending (``ledgers.access.life.delegations``), writing.
"""

from dataclasses import replace

from permissions.actor import Actor
from permissions.rights import Right

from ..models import Customer
from .edits import Edit


def for_whom(edits: list[Edit], by: Actor) -> int | None:
    """The user whose rights or rows this write needed; None when the actor's own were enough. Two queries for who stands in for somebody."""
    if not by.delegations:
        return None
    own = replace(by, delegations=())
    ids = [edit.customer_id for edit in edits if not edit.is_add]
    needed = {Right.EDIT} if ids else set()
    needed |= {Right.ADD} if len(ids) < len(edits) else set()
    for right in needed:
        if not own.can(right):
            return next(
                (each.actor.user_id for each in by.delegations if right in each.rights and each.actor.can(right)), None
            )
    if ids and not own.sees_all:
        mine = Customer.objects.changeable_by(own).filter(pk__in=ids).values_list("pk", flat=True)
        return _whose(set(ids) - set(mine), by)
    return None


def _whose(ids: set[int], by: Actor) -> int | None:
    """Of those he stands in for, the first who may change one of these customers."""
    for each in by.delegations if ids else ():
        if Customer.objects.changeable_by(each.actor).filter(pk__in=ids).exists():
            return each.actor.user_id
    return None
