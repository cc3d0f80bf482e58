"""The catalogue as expressions see it: which fields can be named, of what kind they are, and codes in the place of ids.

An expression is kept with codes (category, user, department, region, tag by name), so that it means the same in a copied set.
What does not live here: the language (``customers.rules.expressions``) and what a set does with it (``rulebook``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from permissions.everybody import people_of
from permissions.models import Department

from ..fields import Catalogue, Field, Type
from ..models import Category, SalesRegion, Tag
from ..rules.expressions import Kind, Name, Names

KINDS: dict[str, Kind] = {
    Type.TEXT: Kind.TEXT,
    Type.LONG_TEXT: Kind.TEXT,
    Type.INTEGER: Kind.NUMBER,
    Type.DECIMAL: Kind.NUMBER,
    Type.MONEY: Kind.NUMBER,
    Type.DATE: Kind.DATE,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.CHOICE: Kind.TEXT,
    Type.MULTI_CHOICE: Kind.LIST,
    Type.TAGS: Kind.LIST,
    Type.CATEGORY: Kind.PATH,
    Type.USER: Kind.TEXT,
    Type.DEPARTMENT: Kind.TEXT,
    Type.SALES_REGION: Kind.TEXT,
    Type.CUSTOMER: Kind.REFERENCE,
    Type.FILE: Kind.REFERENCE,
}
# Types whose values are ids; an expression sees their codes.
CODED = frozenset({Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION, Type.TAGS})
# Instants that the writer alone knows.
_UNKNOWN_BEFORE_SAVING = frozenset({"created_at", "updated_at"})


def kind_of(field: Field) -> Kind:
    """What kind of value an expression sees in the field."""
    return KINDS[field.value_type]


def named(catalogue: Catalogue) -> list[Field]:
    """The fields that an expression may name: those of the customer and of the primary rows of his parts."""
    return [each for each in (*catalogue.fields, *catalogue.unused) if each.key not in _UNKNOWN_BEFORE_SAVING]


def keys_only(catalogue: Catalogue) -> Names:
    """For stored expressions: keys and kinds, no query."""
    return Names(Name(each.key, each.key, kind_of(each)) for each in named(catalogue))


def names_of(catalogue: Catalogue, only: Iterable[str] | None = None) -> Names:
    """For what people write and read: labels and options as well.

    One query for each kind of record that the fields refer to; ``only`` narrows the options to these keys.
    """
    wanted = None if only is None else set(only)
    looked_up: dict[str, dict[str, str]] = {}
    found = []
    for each in named(catalogue):
        options: Mapping[str, Any] = {}
        if wanted is None or each.key in wanted:
            if each.type in _LABELS:
                if each.type not in looked_up:
                    looked_up[each.type] = _LABELS[each.type](catalogue.ledger)
                options = looked_up[each.type]
            elif each.choices:
                options = dict(each.choices) | dict(each.old_choices)
        found.append(
            Name(each.key, str(each.label), kind_of(each), {str(value): str(label) for value, label in options.items()})
        )
    return Names(found)


_LABELS: dict[str, Callable[[Any], dict[str, str]]] = {
    Type.CATEGORY: lambda ledger: dict(Category.objects.filter(ledger=ledger).values_list("code", "name")),
    Type.USER: lambda ledger: {
        username: shown or username for username, shown in people_of(ledger.pk).values_list("username", "display_name")
    },
    Type.DEPARTMENT: lambda ledger: dict(Department.objects.values_list("code", "name")),
    Type.SALES_REGION: lambda ledger: dict(SalesRegion.objects.filter(ledger=ledger).values_list("code", "name")),
    Type.TAGS: lambda ledger: {name: name for name in Tag.objects.filter(ledger=ledger).values_list("name", flat=True)},
}


class Coder:
    """Ids of a row turned into the codes that expressions compare; each table is read once, when a field of it is first met."""

    def __init__(self, catalogue: Catalogue, paths: Mapping[int, tuple[str, ...]]):
        """``paths``: category id → codes from the top of the tree down to it."""
        self.ledger = catalogue.ledger
        self._tables: dict[str, Mapping[int, Any]] = {Type.CATEGORY: paths}

    def code(self, type: str, value: Any) -> Any:
        """The code (of a category the path, of tags the names) of an id; None for one that is not there."""
        if value is None or value == "" or value == []:
            return None
        table = self._table(type)
        if type == Type.TAGS:
            return tuple(table[each] for each in value if each in table) if isinstance(value, list | tuple) else None
        return table.get(value) if isinstance(value, int) else None

    def _table(self, type: str) -> Mapping[int, Any]:
        if type not in self._tables:
            rows = {
                Type.USER: lambda: people_of(self.ledger.pk).values_list("pk", "username"),
                Type.DEPARTMENT: lambda: Department.objects.values_list("pk", "code"),
                Type.SALES_REGION: lambda: SalesRegion.objects.filter(ledger=self.ledger).values_list("pk", "code"),
                Type.TAGS: lambda: Tag.objects.filter(ledger=self.ledger).values_list("pk", "name"),
            }[type]()
            self._tables[type] = dict(rows)
        return self._tables[type]
