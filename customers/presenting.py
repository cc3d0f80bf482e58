"""What a screen or an export shows of a customer: text per field, as one actor may read it.

What lives here: values to text, labels of choices, masking by level. What does not: HTML, and which fields somebody may see
(``permissions.actor``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.everybody import people_of
from permissions.models import Department
from permissions.rights import Level

from .fields import FOREIGN_PREFIX, Catalogue, Field, Type
from .models import Category, Customer, SalesRegion, StoredFile, Tag
from .own import values as own_values
from .services.part_order import first_rows
from .services.snapshots import PART_MODELS


@dataclass(frozen=True)
class Shown:
    """One field as a reader gets it."""

    field: Field
    text: str
    is_masked: bool = False
    tone: str = ""  # of its badge, where the set gave the choice a colour
    why: str = ""  # of a masked one: the rule that masks it

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def label(self) -> str:
        return str(self.field.label)


class Presenter:
    """Shows customers of one set to one actor; look-up tables are loaded once, whatever the number of rows."""

    def __init__(self, catalogue: Catalogue, actor: Actor):
        self.catalogue = catalogue
        self.actor = actor
        self._choices = {
            field.key: dict((*field.choices, *field.old_choices))
            for field in catalogue.by_key.values()
            if field.choices or field.old_choices
        }
        self._names: dict[str, dict[Any, str]] = {}
        self._whys: dict[str, str] = {}

    def _why(self, key: str) -> str:
        if key not in self._whys:
            self._whys[key] = self.actor.field_decision(key).rule
        return self._whys[key]

    # --- look-ups --------------------------------------------------------------------------------------

    def _name(self, type: str, pk: int | None) -> str:
        if pk is None:
            return ""
        if type not in self._names:
            rows = {
                Type.CATEGORY: lambda: Category.objects.filter(ledger=self.catalogue.ledger),
                Type.USER: lambda: people_of(self.catalogue.ledger.pk),
                Type.DEPARTMENT: lambda: Department.objects.all(),
                Type.SALES_REGION: lambda: SalesRegion.objects.filter(ledger=self.catalogue.ledger),
                Type.TAGS: lambda: Tag.objects.filter(ledger=self.catalogue.ledger),
            }[type]()
            self._names[type] = {row.pk: str(row) for row in rows}
        return self._names[type].get(pk) or _("（已移除）")

    def look_ahead(self, customers: Iterable[Any], fields: Iterable[Field]) -> None:
        """Read the names of other customers and of files that these customers' fields refer to: two queries for a whole page."""
        referring = [field for field in fields if field.type in (Type.CUSTOMER, Type.FILE)]
        wanted: dict[str, set[Any]] = {}
        for customer in customers if referring else ():
            for field in referring:
                if value := self.value(customer, field):
                    wanted.setdefault(field.type, set()).add(value)
        for type_, values in wanted.items():
            self._read_references(type_, values)

    def _read_references(self, type_: str, values: set[Any]) -> None:
        """What a reference is called: a customer by number and name as this reader may know him, a file by its name."""
        known = self._names.setdefault(type_, {})
        missing = values - known.keys()
        if not missing:
            return
        if type_ == Type.FILE:
            rows = StoredFile.objects.filter(ledger=self.catalogue.ledger, token__in=missing)
            known.update(dict.fromkeys(missing, _("（已移除）")) | dict(rows.values_list("token", "name")))
            return
        seen = Customer.objects.visible_to(self.actor).filter(pk__in=missing).values_list("pk", "number", "name")
        known.update(dict.fromkeys(missing, _("***（无权查看）")))
        for pk, number, name in seen:
            words = (self.actor.shown("number", number), self.actor.shown("name", name))
            known[pk] = " ".join(str(word) for word in words if word)

    def _reference(self, type_: str, value: Any) -> str:
        if value not in self._names.get(type_, ()):
            self._read_references(type_, {value})
        return self._names[type_][value]

    # --- one value ---------------------------------------------------------------------------------------

    def text(self, field: Field, value: Any) -> str:
        """A clean value in the user's words, without regard to rights."""
        if value in (None, "", []):
            return ""
        if field.type == Type.MULTI_CHOICE:
            labels = self._choices.get(field.key, {})
            return "、".join(str(labels.get(each, each)) for each in value)
        if field.key in self._choices:
            return str(self._choices[field.key].get(value, value))
        if field.type in (Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION):
            return self._name(field.type, value)
        if field.type == Type.TAGS:
            return "、".join(self._name(Type.TAGS, pk) for pk in value)
        if field.type in (Type.CUSTOMER, Type.FILE):
            return self._reference(field.type, value)
        if field.is_own and isinstance(value, Decimal):
            return f"{value:,.{field.custom.decimals}f}"
        return plain_text(value)

    def shown(self, field: Field, value: Any) -> Shown:
        """The value as this actor gets it: whole or masked. Hidden fields are not to be asked for."""
        text = self.text(field, value)
        level = self.actor.field_level(field.right_key)
        if level == Level.MASKED:
            masked = str(self.actor.shown(field.right_key, text) or "")
            return Shown(field, masked, bool(text), why=self._why(field.right_key))
        if level == Level.HIDDEN:
            return Shown(field, "")
        return Shown(field, text, tone=dict(field.tones).get(value, "") if field.tones else "")

    # --- a customer ----------------------------------------------------------------------------------------

    def value(self, customer, field: Field) -> Any:
        """The stored value of a field of a customer whose parts are prefetched (``with_parts``)."""
        if field.key.startswith(FOREIGN_PREFIX):
            system = field.key.removeprefix(FOREIGN_PREFIX)
            return next((row.number for row in customer.foreign_numbers.all() if row.system == system), "")
        if field.key == "tags":
            return [row.tag_id for row in customer.customer_tags.all()]
        if field.part:
            rows = getattr(customer, field.part).all()
            value = getattr(rows[0], field.column) if rows else ""
            return self.tax_number(value, customer.uscc) if field.key == "tax_number" else value
        if field.is_own:
            return own_values.read(field, customer.custom_values)
        return getattr(customer, field.column)

    def tax_number(self, own: str, uscc: str) -> str:
        """The tax number of a profile that has none of its own is the credit code, for whoever may read that."""
        return own or (uscc if self.actor.may_read("uscc") else "")

    def row(self, customer, fields: Iterable[Field]) -> list[Shown]:
        fields = list(fields)
        self.look_ahead([customer], fields)
        return [self.shown(field, self.value(customer, field)) for field in fields]


def plain_text(value: Any) -> str:
    """Dates as 2024-01-05, instants in local time to the minute, money without trailing zeros, yes and no."""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        return f"{value:,.2f}".removesuffix(".00")
    return str(value)


def with_parts(queryset, fields: Iterable[Field]):
    """Prefetch the parts that the fields need, primary rows first: a constant number of queries."""
    parts = {field.part for field in fields if field.part} | {
        "customer_tags" for field in fields if field.key == "tags"
    }
    return queryset.prefetch_related(*prefetches(parts))


def prefetches(parts: Iterable[str]) -> list[Prefetch]:
    """The rows of these parts, in each of them first the row that stands for the part."""
    return [Prefetch(part, PART_MODELS[part].objects.order_by(*first_rows(part))) for part in sorted(parts)]
