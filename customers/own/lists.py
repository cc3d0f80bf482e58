"""Filter and order of a list by a set's own fields, answered by the side table's indexes on both engines.

What lives here: conditions and pages by key over ``CustomValue``. What does not: what a URL means (``listing``), how values stand in the
side table (``own_values``).

A condition that few customers meet is answered by their ids, one that many meet is tested row by row while the list is walked in its
order, which ends after a page: neither costs what the table is large.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact, IsNull

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..models import CustomValue
from . import scanning as own_scanning
from . import values as own_values
from .cleaning import FORGIVEN, OwnCleaner

FEW = 2_000  # so many ids are handed to the list as they are
SOME = 50_000  # so many are gathered by the database, which sorts them

RANGED = (Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.DATE)
_EDGES = {"from": "gte", "to": "lte"}


def is_ranged(field: Field) -> bool:
    """Whether the field is filtered by a lowest and a highest value."""
    return field.value_type in RANGED and not field.sensitive


# --- conditions --------------------------------------------------------------------------------------------------------


def blank(field: Field) -> Q:
    """Customers in whom the field is not filled in: rare ones are looked for once, common ones while the list is walked."""
    few = own_scanning.rare_blanks(field, FEW)
    return Q(IsNull(_probe(field, Q()), True)) if few is None else Q(pk__in=few)


def condition(field: Field, value: str, span: dict[str, str], catalogue: Catalogue, actor: Actor) -> Q:
    """Customers whose value equals ``value`` (one of several options parted by commas), or lies within ``span`` ("from", "to").

    Raises BusinessError when a value is none for this type of field.
    """
    cleaner = OwnCleaner(catalogue, actor)
    if span:
        edges = {
            f"number__{_EDGES[name]}": own_values.number_of(field, _clean(cleaner, field, text))
            for name, text in span.items()
            if text
        }
        if not edges or not is_ranged(field) or None in edges.values():
            return Q(pk__in=[])
        return _holding(field, Q(**edges))
    if field.type == Type.USER and value == "me":
        value = str(actor.user_id)
    wanted = [each for one in _parted(field, value) for each in own_values.copies(field, _clean(cleaner, field, one))]
    texts, numbers = {each.text for each in wanted} - {None}, {each.number for each in wanted} - {None}
    if not wanted:
        return Q(pk__in=[])
    return _holding(field, _one_of("text", texts) if texts else _one_of("number", numbers))


def _parted(field: Field, value: str) -> list[str]:
    """The options that a value names; every other value is one."""
    several = field.type in (Type.CHOICE, Type.MULTI_CHOICE) and value not in dict((*field.choices, *field.old_choices))
    return [one for one in value.split(",") if one.strip()] if several else [value]


def _one_of(column: str, values: set[Any]) -> Q:
    return Q(**{column: values.pop()}) if len(values) == 1 else Q(**{f"{column}__in": sorted(values)})


def _clean(cleaner: OwnCleaner, field: Field, value: str) -> Any:
    """The clean value of what somebody filters by; limits that new values must keep do not count."""
    as_result = replace(field, type=field.value_type)
    raw: Any = int(value) if field.type in (Type.USER, Type.CUSTOMER) and _is_pk(value) else value
    clean, problem = cleaner.cleaner(as_result)(raw)
    if problem is not None and problem.severity == "error" and problem.code not in FORGIVEN:
        raise BusinessError(problem.message, code=problem.code, field=field.key, remedy=problem.suggestion)
    return clean


def _is_pk(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 19


def _holding(field: Field, wanted: Q) -> Q:
    """Customers with a row in the side table that meets ``wanted``, asked in the way that fits their number."""
    ids = CustomValue.objects.filter(wanted, field_id=field.custom.pk).values_list("customer_id", flat=True)
    few = list(ids[: FEW + 1])
    if len(few) <= FEW:
        return Q(pk__in=sorted(set(few)))
    if ids[: SOME + 1].count() <= SOME:
        return Q(pk__in=ids)
    return Q(Exact(_probe(field, wanted), field.custom.pk))


def _probe(field: Field, wanted: Q) -> Subquery:
    """A look at one customer's value: a scalar sub-query, which no planner turns into a join over all hits."""
    rows = CustomValue.objects.filter(wanted, field_id=field.custom.pk, customer_id=OuterRef("pk"))
    return Subquery(rows.values("field_id")[:1])


# --- order -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnOrder:
    """A list in the order of a field: its values up or down, then, newest first, the customers in whom it is blank."""

    field: Field
    descending: bool

    @property
    def column(self) -> str:
        is_number = self.field.value_type in (*RANGED, Type.BOOLEAN)
        return "number" if is_number else "text"

    def key_of(self, customer: Any) -> tuple[str | None, int]:
        """(value as text or None, pk): the place of a customer in this order."""
        clean = own_values.unsealed(self.field, customer.custom_values.get(self.field.key))
        copy = next(own_values.copies(self.field, clean), None)
        if copy is None:
            return None, customer.pk
        return (copy.text if self.column == "text" else f"{copy.number:f}"), customer.pk

    def taken(self, found: QuerySet, key: tuple[Any, int] | None, *, backwards: bool, count: int) -> list[Any]:
        """The ``count`` customers behind a key, in the direction of walking; two queries at most."""
        begins_in_blank = key[0] is None if key is not None else backwards
        rows = list(self._part(found, begins_in_blank, key, backwards)[:count])
        if len(rows) < count and begins_in_blank == backwards:
            rows += self._part(found, not begins_in_blank, None, backwards)[: count - len(rows)]
        return rows

    def whole(self, found: QuerySet) -> tuple[QuerySet, QuerySet]:
        """The whole list as two querysets, one behind the other: for exports, which walk to the end."""
        return self._part(found, False, None, False), self._part(found, True, None, False)

    def _part(self, found: QuerySet, is_blank: bool, key: tuple[Any, int] | None, backwards: bool) -> QuerySet:
        return (self._blank if is_blank else self._filled)(found, key, backwards)

    def _filled(self, found: QuerySet, key: tuple[Any, int] | None, backwards: bool) -> QuerySet:
        down = self.descending != backwards
        column, mark, side = f"own_values__{self.column}", "-" if down else "", "lt" if down else "gt"
        wanted = Q(own_values__field_id=self.field.custom.pk, **{f"{column}__isnull": False})
        if key is not None:
            value = Decimal(key[0]) if self.column == "number" else key[0]
            # The first condition lets the index begin at the key; the second takes out the rows of the key before it.
            beyond = Q(**{f"{column}__{side}": value}) | Q(**{f"own_values__customer_id__{side}": key[1]})
            wanted &= Q(**{f"{column}__{side}e": value}) & beyond
        return found.filter(wanted).order_by(f"{mark}{column}", f"{mark}own_values__customer_id")

    def _blank(self, found: QuerySet, key: tuple[Any, int] | None, backwards: bool) -> QuerySet:
        rows = found.filter(blank(self.field))
        if key is not None:
            rows = rows.filter(**{"id__gt" if backwards else "id__lt": key[1]})
        return rows.order_by("id" if backwards else "-id")


def order(text: str, catalogue: Catalogue, actor: Actor) -> OwnOrder | None:
    """The order that "x_area" or "-x_area" means; None for a field that is not there or not this reader's to sort by."""
    field = catalogue.get(text.removeprefix("-"))
    if field is None or not field.is_own or not field.sortable or not actor.may_read(field.right_key):
        return None
    return OwnOrder(field, text.startswith("-"))
