"""Form fields made from catalogue fields.

What lives here: which control a field gets and its attributes. What does not: any judgement of a value: a control hands on what was
typed, and the pipeline judges it by the same rules as at every other door.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from ..fields import Field, Type
from ..models import PARTS, Customer, CustomField
from .options import Options
from .widgets import Boxes, Choice, CustomerBox, FileBox, Pills
from .wire import NO, YES

_INPUT_MODES = {
    "mobile": "tel",
    "phone": "tel",
    "email": "email",
    "website": "url",
    "cnaps": "numeric",
    "postal_code": "numeric",
}
_OWN_INPUT_MODES: dict[str, str] = {
    CustomField.Type.PHONE: "tel",
    CustomField.Type.EMAIL: "email",
    CustomField.Type.URL: "url",
}
_NUMBERS = {Type.INTEGER: "numeric", Type.DECIMAL: "decimal", Type.MONEY: "decimal"}
_MOST_PILLS, _PILL_LETTERS = 5, 16  # more options, or longer ones, are a select

PROVINCES = "provinces"  # id of the page's list of provinces


class RawField(forms.Field):
    """A control whose value goes on as it came; ``required`` is only a mark on the page, the pipeline asks."""

    def __init__(self, described: Field, **kwargs):
        super().__init__(label=str(described.label), **kwargs)
        self.described = described
        self.wide = described.wide or described.type == Type.LONG_TEXT

    def clean(self, value: Any) -> Any:
        return value


Pair = tuple[str, str]


def control(
    field: Field, options: Options, *, required: bool = False, keep: Sequence[Pair] = (), placeholder: str = ""
) -> RawField:
    """The control of a field; ``keep`` are stored (value, label) that stay choosable though they no longer are options."""
    return RawField(
        field,
        required=required,
        initial=_default(field),
        # Written for texts: the list of tags and a control with a placeholder explain themselves.
        help_text="" if placeholder or field.type == Type.TAGS else str(field.help),
        widget=_widget(field, options, keep, placeholder),
    )


def is_chosen(field: Field) -> bool:
    """Whether the field is one choice of a list."""
    return field.type in _CHOSEN or (bool(field.choices) and field.type != Type.MULTI_CHOICE)


_CHOSEN = (Type.CHOICE, Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION)


def colours_of(field: Field) -> dict[str, str]:
    """Option → name of its colour, of a field with a choice set."""
    options = field.custom.choice_set.options if field.custom and field.custom.choice_set_id else ()
    return {each["value"]: each.get("colour", "") for each in options}


def _widget(field: Field, options: Options, keep: Sequence[Pair], placeholder: str) -> forms.Widget:
    if field.type == Type.BOOLEAN:
        # "No" and "nobody has said" are two answers of a set's own field.
        yes_no = [("", "—"), (YES, _("是")), (NO, _("否"))]
        return Pills(choices=yes_no, colours={}) if field.is_own else forms.CheckboxInput()
    if field.type == Type.TAGS:
        return forms.CheckboxSelectMultiple(choices=options.of(field))
    if field.type == Type.MULTI_CHOICE:
        return Boxes(choices=[*options.of(field), *_kept(keep)], colours=colours_of(field))
    if field.type == Type.FILE:
        return FileBox()
    if field.type == Type.CUSTOMER:
        return CustomerBox()
    if is_chosen(field):
        return _one_of(field, _pairs(field, options, keep))
    if field.type == Type.DATE:
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    attrs = {"autocomplete": "off"}
    if placeholder:
        attrs["placeholder"] = placeholder
    if field.max_length and field.check is None:
        # Identifiers are pasted with blanks and signs that the rules take out: only plain texts are cut here.
        attrs["maxlength"] = str(field.max_length)
    if field.type == Type.LONG_TEXT:
        return forms.Textarea(attrs=attrs | {"rows": "3"})
    if field.column == "province":
        attrs["list"] = PROVINCES
    if field.type in _NUMBERS:
        return forms.TextInput(attrs=attrs | {"inputmode": _NUMBERS[field.type], "class": "num"})
    mode = _OWN_INPUT_MODES.get(field.custom.type) if field.custom else _INPUT_MODES.get(field.column)
    return forms.TextInput(attrs=attrs | ({"inputmode": mode} if mode else {}))


def _one_of(field: Field, pairs: list[Pair]) -> forms.Widget:
    """A few short options of a set's own field lie open, in their colours; the rest is a select."""
    few = len(pairs) - 1 <= _MOST_PILLS and sum(len(label) for _value, label in pairs) <= _PILL_LETTERS
    if field.type == Type.CHOICE and field.is_own and few:
        return Pills(choices=pairs, colours=colours_of(field))
    return Choice(choices=pairs)


def _kept(keep: Sequence[Pair]) -> list[Pair]:
    return [(value, _("%(label)s（已停用）") % {"label": label}) for value, label in keep]


def _pairs(field: Field, options: Options, keep: Sequence[Pair]) -> list[Pair]:
    pairs = [*options.of(field), *_kept(keep)]
    return pairs if _must_be_chosen(field) else [("", "—"), *pairs]


def _must_be_chosen(field: Field) -> bool:
    """Whether the column always holds one of its choices (客户类型, 合作状态)."""
    column = None if field.is_own else _column(field)
    return column is not None and bool(column.choices) and not column.blank


def _default(field: Field) -> Any:
    """What a new row begins with; None for nothing."""
    column = None if field.type == Type.TAGS or field.is_own else _column(field)
    return column.default if column is not None and column.has_default() else None


def _column(field: Field) -> models.Field:
    model = PARTS[field.part] if field.part else Customer
    return model._meta.get_field(field.column.removesuffix("_id"))
