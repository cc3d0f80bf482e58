"""Customers as plain records: what an export reads of a thousand of them, in a fixed number of queries.

What lives here: the stored values of the fields asked for, by key, the same as ``Presenter.value`` finds on model instances. What
does not: what a reader gets of a value. No instances are made, and of every table only the columns are read that are wanted:
an export spends most of its time here, and a column that is not exported is not decrypted.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from customers.fields import FOREIGN_PREFIX, Field
from customers.models import PARTS, Customer, ForeignNumber
from customers.own import values as own_values
from customers.presenting import Presenter
from customers.services.part_order import first_rows
from permissions.actor import Actor


class Record:
    """The values of one customer by the key of the field, and two columns that other fields are read with."""

    __slots__ = ("capital_currency", "uscc", "values")

    def __init__(self, values: dict[str, Any], capital_currency: str, uscc: str):
        self.values = values
        self.capital_currency = capital_currency
        self.uscc = uscc


class RecordPresenter(Presenter):
    """Presents records in the place of instances."""

    def value(self, customer: Record, field: Field) -> Any:
        value = customer.values.get(field.key) if field.is_own else customer.values[field.key]
        return self.tax_number(value, customer.uscc) if field.key == "tax_number" else value


def records(pks: list[int], actor: Actor, fields: list[Field]) -> Iterator[Record]:
    """Those of the customers that the actor sees now, in the order of ``pks``."""
    plain = [field for field in fields if not field.part and field.column and not field.is_own]
    own = [field for field in fields if field.is_own]
    columns = [
        "pk",
        "capital_currency",
        "uscc",
        *(field.column for field in plain),
        *(["custom_values"] if own else []),
    ]
    visible = Customer.objects.visible_to(actor).filter(pk__in=pks).values_list(*columns)
    found = {
        pk: Record(_own_by_key(own, values) | _by_key(plain, values), currency, uscc)
        for pk, currency, uscc, *values in visible
    }
    for fill in _fillers(fields):
        fill(found)
    return (found[pk] for pk in pks if pk in found)


def _by_key(fields: list[Field], values: Iterable[Any]) -> dict[str, Any]:
    return {field.key: value for field, value in zip(fields, values, strict=True)}


def _own_by_key(fields: list[Field], values: list[Any]) -> dict[str, Any]:
    """The set's own fields, out of the JSON that stands last among the values; it is taken from them."""
    json = values.pop() if fields else {}
    return {field.key: own_values.read(field, json) for field in fields}


def _fillers(fields: list[Field]) -> Iterator[Callable[[dict[int, Record]], None]]:
    """One function for each further table that the fields need."""
    parts: dict[str, list[Field]] = {}
    for field in fields:
        if field.key == "tags":
            yield _fill_tags
        elif field.part:
            parts.setdefault(field.part, []).append(field)
    for part, wanted in parts.items():
        fill = _fill_foreign if part == "foreign_numbers" else _fill_part
        yield lambda found, fill=fill, part=part, wanted=wanted: fill(found, part, wanted)


def _fill_tags(found: dict[int, Record]) -> None:
    for record in found.values():
        record.values["tags"] = []
    rows = PARTS["customer_tags"].objects.filter(customer_id__in=found).order_by("pk")
    for customer, tag in rows.values_list("customer_id", "tag_id"):
        found[customer].values["tags"].append(tag)


def _fill_part(found: dict[int, Record], part: str, fields: list[Field]) -> None:
    blank = {field.key: "" for field in fields}
    for record in found.values():
        record.values.update(blank)
    rows = PARTS[part].objects.filter(customer_id__in=found).order_by(*first_rows(part))
    seen: set[int] = set()
    for customer, *values in rows.values_list("customer_id", *(field.column for field in fields)):
        if customer not in seen:
            seen.add(customer)
            found[customer].values.update(_by_key(fields, values))


def _fill_foreign(found: dict[int, Record], part: str, fields: list[Field]) -> None:
    blank = {field.key: "" for field in fields}
    for record in found.values():
        record.values.update(blank)
    systems = [field.key.removeprefix(FOREIGN_PREFIX) for field in fields]
    rows = ForeignNumber.objects.filter(customer_id__in=found, system__in=systems).order_by("-pk")
    for customer, system, number in rows.values_list("customer_id", "system", "number"):
        found[customer].values[f"{FOREIGN_PREFIX}{system}"] = number
