"""The writer's hand for a set's own fields: the JSON of the row, merged key by key, and the copies that an index answers from.

What lives here: what changes in a row, and the rows of the side table. What does not: locks, history, the order of things (``writing``),
and when copies are made for fields that had none (``own_indexing``).
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..fields import Field, own_fields
from ..models import CustomField, CustomValue
from ..services.bulk import Row, insert_records
from ..services.edits import Edit
from . import values as own_values

COLUMN = "custom_values"
_COLUMNS = ("field_id", "customer_id", "text", "number", "claim")
_EXACT = Decimal("0.000001")


class OwnWriter:
    """Own fields of one set as they are defined now, under the writer's lock; disabled ones too, for their copies stay true."""

    def __init__(self, ledger, *, converts: bool = False):
        """``converts``: this writer is the one that gives a field another type; every other one keeps its hands off it."""
        self.ledger, self._converts = ledger, converts

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {each.key: each for each in own_fields(self.ledger, CustomField.State.values)}

    @cached_property
    def searchable(self) -> tuple[Field, ...]:
        """The fields whose text stands in the search index."""
        return tuple(each for each in self.fields.values() if is_searched(each))

    # --- the row -------------------------------------------------------------------------------------------------------

    def new(self, edit: Edit) -> dict[str, Any]:
        """The JSON of a new customer."""
        self._refuse_converting(edit)
        return {
            key: own_values.stored(self.fields[key], value)
            for key, value in edit.values.items()
            if key in self.fields and not own_values.is_blank(value)
        }

    def merge(self, edit: Edit, row: Row) -> tuple[dict[str, Any], list[str]]:
        """(the JSON after the edit, keys that changed); what the edit does not name stays as it is."""
        self._refuse_converting(edit)
        values, changed = dict(row[COLUMN] or {}), []
        for key, clean in edit.values.items():
            field = self.fields.get(key)
            if field is None or _is_unchanged(field, own_values.unsealed(field, values.get(key)), clean):
                continue
            changed.append(key)
            if own_values.is_blank(clean):
                del values[key]
            else:
                values[key] = own_values.stored(field, clean)
        return values, changed

    def _refuse_converting(self, edit: Edit) -> None:
        """Somebody cleaned a value by the old type just before the field was taken out of use."""
        for key in edit.values.keys() & self.fields.keys() if not self._converts else ():
            if self.fields[key].custom.state == CustomField.State.CONVERTING:
                raise BusinessError(
                    _("字段「%(label)s」正在转换类型，现在不能修改。") % {"label": self.fields[key].label},
                    code="field.converting",
                    field=key,
                    remedy=_("请等转换完成后再保存。"),
                )

    # --- copies ---------------------------------------------------------------------------------------------------------

    def insert(self, rows: Iterable[tuple[int, dict[str, Any]]], keys: Iterable[str] | None = None) -> None:
        """Make the copies of (customer id, JSON) pairs that have none yet; ``keys`` narrows them to some fields."""
        wanted = None if keys is None else set(keys)
        insert_records(
            CustomValue._meta.db_table,
            _COLUMNS,
            [
                record
                for customer_id, values in rows
                for key, value in values.items()
                if wanted is None or key in wanted
                for record in self.records(customer_id, key, value)
            ],
        )

    def records(self, customer_id: int, key: str, value: Any) -> Iterable[tuple]:
        """Rows of the side table for one value of the JSON."""
        field = self.fields.get(key)
        if field is None or not own_values.is_copied(field):
            return
        for copy in own_values.copies(field, own_values.unsealed(field, value)):
            number = None if copy.number is None else copy.number.quantize(_EXACT)
            as_stored = f"{number:f}" if number is not None and connection.vendor == "sqlite" else number
            yield field.custom.pk, customer_id, copy.text, as_stored, copy.claim

    def replace(self, changes: Iterable[tuple[int, list[str], dict[str, Any]]]) -> None:
        """Make the copies of changed keys anew: all old ones go first, so that two customers may exchange a unique value."""
        changes = [(pk, keys, values) for pk, keys, values in changes if keys]
        if not changes:
            return
        gone = [(pk, self.fields[key].custom.pk) for pk, keys, _values in changes for key in keys]
        with connection.cursor() as cursor:
            cursor.executemany(
                f'DELETE FROM "{CustomValue._meta.db_table}" WHERE customer_id = %s AND field_id = %s', gone
            )
        self.insert((pk, {key: values[key] for key in keys if key in values}) for pk, keys, values in changes)


def _is_unchanged(field: Field, held: Any, clean: Any) -> bool:
    """While a field is given another type the form counts too: "１２" as a text is not yet 12 as a number."""
    if field.custom.state == CustomField.State.CONVERTING and not own_values.is_blank(held):
        return type(held) is type(clean) and held == clean
    return own_values.same(field, held, clean)


def is_searched(field: Field) -> bool:
    """Whether the field's text stands in the search index: never a sensitive one, whose parts would be readable there."""
    return bool(field.custom.is_searchable) and not field.sensitive
