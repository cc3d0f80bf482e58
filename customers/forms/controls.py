"""Form fields made from catalogue fields.

What lives here: which control a field gets and its attributes. What does not: any judgement of a value: a control hands on what was
typed, and the pipeline judges it by the same rules as at every other door.
"""

from typing import Any

from django import forms
from django.db import models
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ..fields import Field, Type
from ..models import PARTS, Customer
from .options import Options

_INPUT_MODES = {
    "mobile": "tel",
    "phone": "tel",
    "email": "email",
    "website": "url",
    "cnaps": "numeric",
    "postal_code": "numeric",
}


PROVINCES = "provinces"  # id of the page's list of provinces


class RawField(forms.Field):
    """A control whose value goes on as it came; ``required`` is only a mark on the page, the pipeline asks."""

    def __init__(self, described: Field, **kwargs):
        super().__init__(label=str(described.label), **kwargs)
        self.described = described
        self.wide = described.wide or described.type == Type.LONG_TEXT

    def clean(self, value: Any) -> Any:
        return value


class Choice(forms.Select):
    """A select whose options are written at one stroke: one template for each of a hundred trades is half of the page's time."""

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((each, _SELECTED if each == chosen else "", label) for each, label in self.choices),
        )
        return format_html(
            "<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options
        )


_SELECTED = mark_safe(" selected")

Pair = tuple[str, str]


def control(
    field: Field, options: Options, *, required: bool = False, keep: Pair | None = None, placeholder: str = ""
) -> RawField:
    """The control of a field; ``keep`` is the stored (value, label) that stays choosable though it no longer is an option."""
    return RawField(
        field,
        required=required,
        initial=_default(field),
        # Written for texts: a list of boxes and a control with a placeholder explain themselves.
        help_text="" if placeholder or field.type == Type.TAGS else str(field.help),
        widget=_widget(field, options, keep, placeholder),
    )


def is_chosen(field: Field) -> bool:
    """Whether the field is one choice of a list."""
    return bool(field.choices) or field.type in (Type.CATEGORY, Type.USER, Type.DEPARTMENT)


def _widget(field: Field, options: Options, keep: Pair | None, placeholder: str) -> forms.Widget:
    if field.type == Type.BOOLEAN:
        return forms.CheckboxInput()
    if field.type == Type.TAGS:
        return forms.CheckboxSelectMultiple(choices=options.of(field))
    if is_chosen(field):
        return Choice(choices=_pairs(field, options, keep))
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
    mode = {Type.INTEGER: "numeric", Type.MONEY: "decimal"}.get(field.type) or _INPUT_MODES.get(field.column)
    return forms.TextInput(attrs=attrs | ({"inputmode": mode} if mode else {}))


def _pairs(field: Field, options: Options, keep: Pair | None) -> list[Pair]:
    pairs = options.of(field)
    if keep:
        pairs = [*pairs, (keep[0], _("%(label)s（已停用）") % {"label": keep[1]})]
    return pairs if _must_be_chosen(field) else [("", "—"), *pairs]


def _must_be_chosen(field: Field) -> bool:
    """Whether the column always holds one of its choices (客户类型, 合作状态)."""
    column = _column(field)
    return bool(column.choices) and not column.blank


def _default(field: Field) -> Any:
    """What a new row begins with; None for nothing."""
    column = None if field.type == Type.TAGS else _column(field)
    return column.default if column is not None and column.has_default() else None


def _column(field: Field) -> models.Field:
    model = PARTS[field.part] if field.part else Customer
    return model._meta.get_field(field.column.removesuffix("_id"))
