"""What stands in the cells of an exported row, so that the file imports again unchanged.

What lives here: the columns that a reader may export, names that find their row again, numbers that a spreadsheet would
round. What does not: a value as one reader may see it (``customers.presenting``) and how a cell is read (``imports.columns``).
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from customers.fields import Catalogue, Field, Type, foreign_field
from customers.models import Category, ForeignNumber
from customers.services.cleaning import Cleaner
from permissions.actor import Actor
from permissions.everybody import people_of
from permissions.models import Department

from ..columns import Column
from .records import Record, RecordPresenter

MAX_SYSTEMS = 50
SPREADSHEET_DIGITS = 15


def exportable(catalogue: Catalogue, actor: Actor) -> list[Field]:
    """The fields that the actor gets at least masked: flat ones, and the numbers in other systems that the set has."""
    foreign = [foreign_field(system) for system in _systems(catalogue.ledger)]
    return catalogue.readable(actor, [*catalogue.fields, *foreign])


def _systems(ledger) -> list[str]:
    """Names of other systems, one short index look-up each: DISTINCT would read the numbers of all customers."""
    found, last = [], ""
    while len(found) < MAX_SYSTEMS:
        rows = ForeignNumber.objects.filter(ledger=ledger, system__gt=last).order_by("system")
        last = rows.values_list("system", flat=True).first()
        if last is None:
            break
        found.append(last)
    return found


def by_default(fields: list[Field]) -> list[Field]:
    """What is ticked at first: everything that an import takes back."""
    return [field for field in fields if field.is_importable]


class Row:
    """Turns customers of one set into rows of cells for one reader."""

    def __init__(self, catalogue: Catalogue, actor: Actor, fields: list[Field]):
        self.ledger = catalogue.ledger
        self.actor = actor
        self.fields = fields
        self.columns = [Column(field) for field in fields]
        self.presenter = RecordPresenter(catalogue, actor)
        self.cleaner = Cleaner(catalogue)
        self._names: dict[str, dict[int, str]] = {}
        self._write: list[Callable[[Record], Any]] = [self._writer(column) for column in self.columns]

    @property
    def headings(self) -> list[str]:
        """The catalogue's labels, by which an import knows the columns again."""
        return [column.column_name for column in self.columns]

    def cells(self, record: Record) -> list[Any]:
        """One value per field: None, text, int, Decimal or date."""
        return [write(record) for write in self._write]

    def _writer(self, column: Column) -> Callable[[Record], Any]:
        field, key = column.field, column.key
        if self.actor.may_read(field.right_key):
            if field.type in _NAMED:
                return lambda record: self._name(field, record.values[key])
            if field.type in (Type.TEXT, Type.LONG_TEXT):
                return lambda record: record.values[key] or None
            if field.type == Type.CHOICE:
                return self._label_writer(column)
        return lambda record: _exact(column.write(record, self.presenter))

    def _label_writer(self, column: Column) -> Callable[[Record], Any]:
        """Labels are translated texts: each is made once, not once per row."""
        labels: dict[str, Any] = {}

        def write(record: Record) -> Any:
            value = record.values[column.key]
            if value not in labels:
                labels[value] = column.write(record, self.presenter)
            return labels[value]

        return write

    def _name(self, field: Field, pk: int | None) -> str | None:
        """The name of a category, person or department where it leads back to that row, else its code."""
        if pk is None:
            return None
        if field.type not in self._names:
            self._names[field.type] = {
                pk: next((text for text in texts if text and self._leads_to(field, text, pk)), "")
                for pk, *texts in _NAMED[field.type](self.ledger)
            }
        return self._names[field.type].get(pk) or self.presenter.text(field, pk)

    def _leads_to(self, field: Field, text: str, pk: int) -> bool:
        return self.cleaner.clean(field, text)[0] == pk


# type → (pk, name, code) of every row that a customer may point to
_NAMED: dict[str, Callable[[Any], Any]] = {
    Type.CATEGORY: lambda ledger: Category.objects.filter(ledger=ledger).values_list("pk", "name", "code"),
    Type.USER: lambda ledger: people_of(ledger.pk).values_list("pk", "display_name", "username"),
    Type.DEPARTMENT: lambda ledger: Department.objects.values_list("pk", "name", "code"),
}


def _exact(value: Any) -> Any:
    """The value; an amount of more digits than a spreadsheet keeps, or a day before its calendar begins, as text."""
    if isinstance(value, Decimal) and len(f"{abs(value).normalize():f}".replace(".", "")) > SPREADSHEET_DIGITS:
        return f"{value:f}"
    if isinstance(value, date) and value.year < 1900:
        return value.isoformat()
    return value
