"""Which customers a slip means, and how many belong to a person or department in each set.

What lives here: querysets over whole sets, asked by rules and for numbers only; what a reader is shown goes through ``visible_to``
(``views``). What does not: changing anything (``transfers``).
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value

from ledgers.models import Ledger
from permissions.models import Department, Membership, User

from ..models import Customer, Transfer

# Sets of other states hold no customers yet, or take no changes and stay as they are.
_WITH_DATA = (Ledger.State.ACTIVE, Ledger.State.SUSPENDED, Ledger.State.ARCHIVED)
_AT_ONCE = 100  # sets asked in one statement: the embedded database takes no more than 500 parts of a UNION


def chosen(customers: QuerySet, *, categories: Iterable[int] = (), provinces: Iterable[str] = ()) -> QuerySet:
    """Those of the categories and provinces; an empty list means all, 0 and "" those without one."""
    categories, provinces = list(categories), list(provinces)
    if categories:
        condition = Q(category_id__in=[pk for pk in categories if pk])
        customers = customers.filter(condition | Q(category_id=None) if 0 in categories else condition)
    if provinces:
        customers = customers.filter(province__in=provinces)
    return customers


def of_transfer(transfer: Transfer) -> QuerySet:
    """The customers that a slip still has to move."""
    customers = Customer.objects.of(transfer.ledger_id)
    if transfer.kind != Transfer.Kind.DEPARTMENT:
        customers = customers.filter(owner_id=transfer.from_user_id)
    if transfer.kind != Transfer.Kind.LEAVER:
        customers = customers.filter(department_id=transfer.from_department_id)
    return chosen(customers, categories=transfer.categories, provinces=transfer.provinces)


def edits_base(transfer: Transfer, pks: list[int]) -> list[tuple[int, int]]:
    """(pk, version) of those among ``pks`` that the slip still means."""
    return list(of_transfer(transfer).filter(pk__in=pks).order_by("pk").values_list("pk", "version"))


def ledgers_with_data() -> list[Ledger]:
    return list(Ledger.objects.filter(state__in=_WITH_DATA).order_by("code"))


def counts_of_person(person: User, department: Department | None | str = "any") -> dict[int, int]:
    """Set → how many customers ``person`` owns there; with ``department`` (None: without one) only those in it."""
    conditions: dict[str, Any] = {"owner_id": person.pk}
    if department != "any":
        conditions["department_id"] = department.pk if department else None
    return _counts(conditions)


def counts_of_department(department: Department) -> dict[int, int]:
    """Set → how many customers are in the department itself."""
    return _counts({"department_id": department.pk})


def _counts(conditions: dict[str, Any]) -> dict[int, int]:
    """Through the indexes (set, owner) and (set, department): every set is named, so none is scanned."""
    ledgers = [ledger.pk for ledger in ledgers_with_data()]
    rows = Customer.objects.filter(ledger_id__in=ledgers, **conditions).order_by().values_list("ledger_id")
    return dict(rows.annotate(count=Count("pk")))


def sets_of_departments() -> dict[int, set[int]]:
    """Department → sets in which some customer stands in it: one look into an index for each pair, no counting."""
    found: dict[int, set[int]] = {}
    ledgers = ledgers_with_data()
    for start in range(0, len(ledgers), _AT_ONCE):
        parts = [_departments_used(ledger) for ledger in ledgers[start : start + _AT_ONCE]]
        rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        for department, ledger in rows:
            found.setdefault(department, set()).add(ledger)
    return found


def _departments_used(ledger: Ledger) -> QuerySet:
    used = Customer.objects.filter(ledger_id=ledger.pk, department_id=OuterRef("pk"))
    rows = Department.objects.order_by().filter(Exists(used))
    return rows.annotate(in_set=Value(ledger.pk, IntegerField())).values_list("pk", "in_set")


def leavers(customers: QuerySet, ledger: Ledger) -> QuerySet[User]:
    """Who owns some of ``customers`` and no longer works in the set: leaving, disabled, or without a membership today."""
    present = (
        Membership.objects.in_force().filter(ledger=ledger, user__is_active=True, user__left_on=None).values("user")
    )
    owned = customers.filter(owner_id=OuterRef("pk"))
    return User.objects.exclude(pk__in=present).filter(Exists(owned)).select_related("department").order_by("username")
