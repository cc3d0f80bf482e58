"""Two people edited the same customer: what each of them made of it, field by field, and the form that goes on from there.

What lives here: comparing what the user was shown, what he sent and what is stored now. What does not: the refusal itself, which is the
writer's, under its lock. Nothing typed is lost: changed fields keep the user's text, unchanged ones take the stored value.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from ..fields import Field, Type
from .base import Base, Row
from .controls import is_chosen
from .sheet import Filled, FilledRow, Sheet
from .wire import Wire, to_raw

CHOICE = "choice-"
THEIRS = "theirs"


@dataclass(frozen=True)
class Conflict:
    """One field that both changed; ``name`` is the key of the choice that the page asks for."""

    name: str
    label: str
    before: str
    mine: str
    theirs: str


def find(sheet: Sheet, now: Base) -> list[Conflict]:
    """The fields that the user and somebody else changed, differently, since the form opened."""
    found = [
        _conflict(sheet, each.key, each, sheet.base.row.get(each.key, ""), sheet.sent(each), now.row[each.key])
        for each in sheet.fields
        if _clash(sheet.base.row.get(each.key), sheet.sent(each), now.row[each.key])
    ]
    for part, formset in sheet.parts.items():
        for form in formset.forms:
            found += _of_row(sheet, part, form, now.parts.get(part, {}))
    return found


def _of_row(sheet: Sheet, part: str, form: forms.Form, rows: dict[int, Row]) -> list[Conflict]:
    if form.pk is None or form.pk not in rows:
        return []
    before, theirs, mine = sheet.base.parts[part][form.pk], rows[form.pk], sheet.sent_row(part, form)
    return [
        _conflict(
            sheet,
            f"{part}.{form.pk}.{column}",
            sheet.catalogue.get(f"{part}.{column}"),
            before.get(column, ""),
            value,
            theirs[column],
        )
        for column, value in mine.items()
        if _clash(before.get(column), value, theirs[column])
    ]


def _clash(before: Wire | None, mine: Wire, theirs: Wire) -> bool:
    return before != mine and before != theirs and mine != theirs


def _conflict(sheet: Sheet, name: str, field: Field, before: Wire, mine: Wire, theirs: Wire) -> Conflict:
    return Conflict(name, field.label_with_part, *(_text(sheet, field, each) for each in (before, mine, theirs)))


def _text(sheet: Sheet, field: Field, value: Wire) -> str:
    """A wire value in the user's words."""
    if value and field.type == Type.FILE:
        return sheet.presenter.text(field, value)
    if value and field.type == Type.BOOLEAN and field.is_own:
        return sheet.presenter.text(field, to_raw(field, value))
    labels = dict(sheet.options.of(field)) if is_chosen(field) or isinstance(value, list) else {}
    if isinstance(value, list):
        return "、".join(labels.get(each, each) for each in value) or _("（空）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return labels.get(value, value).strip() or _("（空）")


def merged(sheet: Sheet, now: Base) -> Filled:
    """The form on new ground: what the user changed as he typed it, the rest as it is stored now."""
    row = {
        each.key: sent if (sent := sheet.sent(each)) != sheet.base.row.get(each.key) else now.row[each.key]
        for each in sheet.fields
    }
    return Filled(row, {part: _merged_rows(sheet, part, now.parts.get(part, {})) for part in sheet.parts})


def _merged_rows(sheet: Sheet, part: str, stored: dict[int, Row]) -> list[FilledRow]:
    shown = sheet.base.parts.get(part, {})
    rows = [
        _merged_row(sheet.sent_row(part, form), form, shown.get(form.pk), stored) for form in sheet.parts[part].forms
    ]
    added = [FilledRow(values, pk) for pk, values in stored.items() if pk not in shown]
    return [*filter(None, rows), *added]


def _merged_row(sent: Row, form: forms.Form, shown: Row | None, stored: dict[int, Row]) -> FilledRow | None:
    remove = "DELETE" in form.fields and bool(form["DELETE"].data)
    if shown is None:
        return FilledRow(sent, None, remove)
    if form.pk in stored:
        now = stored[form.pk]
        kept = {column: value if value != shown.get(column) else now[column] for column, value in sent.items()}
        return FilledRow(kept, form.pk, remove)
    if remove or sent == shown:
        return None
    return FilledRow(sent, None, note=_("这一行已被其他人删除；保存会把它重新加上，不需要请删除这一行。"))


def settled(data: QueryDict, base: Base) -> QueryDict:
    """The posted data after the user's choices: where he took the other's value, it stands as the form's own."""
    if not any(name.startswith(CHOICE) for name in data):
        return data
    data = data.copy()
    for name in [name for name in data if name.startswith(CHOICE) and data[name] == THEIRS]:
        key = name.removeprefix(CHOICE)
        part, _dot, rest = key.partition(".")
        pk, _dot, column = rest.partition(".")
        if not rest and key in base.row:
            _put(data, key, base.row[key])
        elif pk.isdecimal() and column in base.parts.get(part, {}).get(int(pk), {}):
            _put(data, f"{part}-{_index(data, part, pk)}-{column}", base.parts[part][int(pk)][column])
    return data


def _index(data: QueryDict, part: str, pk: str) -> str:
    """The place in the formset of the row that carries this pk."""
    names = (name for name in data if name.startswith(f"{part}-") and name.endswith("-id") and data[name] == pk)
    return next(names, "").removeprefix(f"{part}-").removesuffix("-id")


def _put(data: QueryDict, name: str, value: Any) -> None:
    if value is False:
        data.pop(name, None)
    elif isinstance(value, list):
        data.setlist(name, value)
    else:
        data[name] = "on" if value is True else value
