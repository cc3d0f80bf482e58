"""What the set-up pages of the import show: steps, the sheet's first rows, the table of columns, notes.

What lives here: template variables made of a batch. What does not: HTML, results (``results``), and fetching (``views``).
"""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.fields import Catalogue, Type
from permissions.actor import Actor

from ..models import ImportBatch, ImportMapping
from ..reading import CellFault
from ..reading.cells import column_letters
from .forms import RulesForm
from .guessing import Guess, unit_of
from .inspecting import Inspection

PAGE_SIZE = 50
_SAMPLES = 3
State = ImportBatch.State


def steps(request: HttpRequest, batch: ImportBatch | None) -> list[dict[str, str]]:
    """Upload, set up, check, import: where the batch is."""
    at = 0 if batch is None else {State.UPLOADED: 1, State.CHECKING: 2, State.CHECKED: 2}.get(batch.state, 3)
    if batch is not None and batch.state == State.DONE:
        at = 4
    labels = [_("上传文件"), _("核对列与规则"), _("检查结果"), _("导入")]
    urls = [""] * 4
    if batch is not None and batch.state == State.CHECKED:
        urls[1] = reverse("import_setup", args=[request.ledger.code, batch.pk])
    states = ["done" if index < at else "current" if index == at else "todo" for index in range(4)]
    return [
        {"label": label, "state": state, "url": url} for label, state, url in zip(labels, states, urls, strict=True)
    ]


# --- set-up ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnRow:
    """One column of the file in the table of the mapping."""

    letters: str
    heading: str
    samples: list[str]
    choice: BoundField
    guess: Guess
    unit: str
    is_forbidden: bool


def column_rows(
    batch: ImportBatch, found: Inspection, form: RulesForm, catalogue: Catalogue, actor: Actor
) -> list[ColumnRow]:
    """The columns that have a heading or anything below it."""
    rows = []
    for index, column in enumerate(batch.columns):
        cells = [row[index] for row in found.samples if index < len(row) and row[index] is not None]
        samples = list(dict.fromkeys(as_text(cell) for cell in cells))[:_SAMPLES]
        if not column["heading"] and not samples:
            continue
        guess = found.guesses[index] if index < len(found.guesses) else Guess(index, column["heading"])
        field = catalogue.get(column["field"]) if column["field"] else None
        rows.append(
            ColumnRow(
                letters=column_letters(index),
                heading=column["heading"],
                samples=samples,
                choice=form[f"column-{index}"],
                guess=guess if guess.field == column["field"] else Guess(index, column["heading"]),
                unit=unit_of(column["heading"]) if field and field.type == Type.MONEY else "",
                is_forbidden=bool(field and not actor.may_edit(field.right_key)),
            )
        )
    return rows


def preview(batch: ImportBatch, found: Inspection) -> dict[str, Any]:
    """The sheet's first rows as they stand, with the heading marked."""
    width = min(max((len(cells) for _number, cells in found.preview), default=0), 60)
    rows = [
        {
            "number": number,
            "cells": [as_text(cells[index]) if index < len(cells) else "" for index in range(width)],
            "is_heading": number in batch.heading_rows,
        }
        for number, cells in found.preview
    ]
    return {"letters": [column_letters(index) for index in range(width)], "rows": rows}


def as_text(cell: Any) -> str:
    """A cell in a line of its own, cut where it gets long."""
    if cell is None:
        return ""
    text = cell.raw if isinstance(cell, CellFault) else str(cell)
    text = " ".join(text.split()).removesuffix(" 00:00:00")
    return text if len(text) <= 40 else text[:39] + "…"


def sheet_notes(batch: ImportBatch, found: Inspection) -> list[str]:
    """What the user should know about the chosen sheet before it is imported."""
    sheet = next((each for each in found.sheets if each.name == batch.sheet), None)
    notes = [message + remedy for message, remedy in found.notices]
    if sheet and sheet.hidden_rows:
        notes.append(_("工作表中有 %(count)s 行被隐藏或筛选掉，它们也会导入。") % {"count": sheet.hidden_rows})
    if sheet and sheet.hidden_columns:
        notes.append(_("工作表中有 %(count)s 列被隐藏，它们也在下面的列中。") % {"count": sheet.hidden_columns})
    if sheet and sheet.merged:
        notes.append(_("工作表中有 %(count)s 处合并单元格，只有左上角的单元格有值。") % {"count": sheet.merged})
    others = [each.name for each in found.sheets if each.rows and each.name != batch.sheet and not each.hidden]
    if others:
        notes.append(_("文件中还有别的工作表：%(names)s。每次导入一张。") % {"names": "、".join(others[:8])})
    return notes


def earlier(batch: ImportBatch) -> ImportBatch | None:
    """The last finished import of the very same file into this set."""
    same = ImportBatch.objects.filter(ledger=batch.ledger_id, sha256=batch.sha256, state=State.DONE)
    return same.exclude(pk=batch.pk).first()


def profiles(ledger) -> list[ImportMapping]:
    return list(ImportMapping.objects.filter(ledger=ledger).select_related("created_by")[:100])
