"""Problems that the pipeline found, put where the user will look for them.

What lives here: from ``Problem.field`` ("name", "contacts.0.mobile", the flat "mobile") to the control on the page. What does not: the words
of a problem (rules and pipeline) and the question for a reason (the page shows it from ``Asked``).
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from ..fields import PART_LABELS
from ..services.edits import Edit, Problem
from .sheet import Sheet


@dataclass(frozen=True)
class Note:
    """A problem with the label of its field and the id of its control, for the summary at the top."""

    label: str
    text: str
    anchor: str = ""
    code: str = ""


def place(sheet: Sheet, edit: Edit) -> list[Note]:
    """Put the errors of a refused edit on their controls; returns all of them for the summary."""
    errors = [problem for problem in edit.problems if problem.severity == "error"]
    notes = []
    for problem in errors:
        form, name = _spot(sheet, problem.field)
        text = words(problem)
        (form or sheet.main).add_error(name, text)
        notes.append(_note(sheet, form, name, text, problem))
    return notes


def asked(sheet: Sheet, edit: Edit) -> list[Note]:
    """What may be saved once somebody says why."""
    doubts = [problem for problem in edit.problems if problem.severity == "reason"]
    return [_note(sheet, *_spot(sheet, problem.field), words(problem), problem) for problem in doubts]


def words(problem: Problem) -> str:
    """Message and suggestion as one text; a suggestion is a sentence or a value to take instead."""
    if not problem.suggestion:
        return problem.message
    if problem.suggestion.endswith(("。", "？", "）", ".")):
        return f"{problem.message}{problem.suggestion}"
    return _("%(message)s可改为：%(value)s") % {"message": problem.message, "value": problem.suggestion}


def confirmable(problem: Problem) -> str:
    """What the user agrees to when he gives a reason: this problem of this field with this value."""
    return f"{problem.field}|{problem.code}|{problem.value}"


def _note(sheet: Sheet, form: forms.Form | None, name: str | None, text: str, problem: Problem) -> Note:
    bound: Any = form[name] if form is not None and name else None
    if bound is None:
        return Note("", text, code=problem.code)
    return Note(f"{_row_label(sheet, form)}{bound.label}", text, bound.id_for_label, problem.code)


def _row_label(sheet: Sheet, form: forms.Form) -> str:
    """联系人 2· for a row of a part: which row is meant stands before the field."""
    for part, formset in sheet.parts.items():
        if form in formset.forms:
            return f"{PART_LABELS[part]} {formset.forms.index(form) + 1}·"
    return ""


def _spot(sheet: Sheet, key: str) -> tuple[forms.Form | None, str | None]:
    """(form, field name) of a problem's key; (None, None) for what concerns no control of the page."""
    if key in sheet.main.fields:
        return sheet.main, key
    part, _dot, rest = key.partition(".")
    index, _dot, column = rest.partition(".")
    if index.isdecimal():
        forms_of_part = sheet.sent_rows.get(part, [])
        form = forms_of_part[int(index)] if int(index) < len(forms_of_part) else None
        return (form, column) if form is not None and column in form.fields else (form, None)
    return _primary_spot(sheet, key)


def _primary_spot(sheet: Sheet, key: str) -> tuple[forms.Form | None, str | None]:
    """A flat key (手机) means the part's first row that stays."""
    field = sheet.catalogue.get(key)
    rows = sheet.parts[field.part].forms if field is not None and field.part in sheet.parts else []
    kept = (form for form in rows if "DELETE" not in form.fields or not form["DELETE"].data)
    form = next(kept, None)
    return (form, field.column) if form is not None and field.column in form.fields else (None, None)
