"""What the pages of the import show: steps, figures, the table of columns, the table of findings.

What lives here: template variables made of a batch. What does not: HTML, and fetching (``views``).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.forms import BoundField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.fields import Catalogue, Type
from permissions.actor import Actor

from ..models import ImportBatch, ImportMapping
from ..reading import CellFault
from ..reading.cells import column_letters
from . import findings
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


# --- results -------------------------------------------------------------------------------------------------------------


def tiles(batch: ImportBatch) -> list[dict[str, Any]]:
    """The figures of a checked or finished import."""
    done = batch.state not in (State.UPLOADED, State.CHECKING, State.CHECKED, State.FAILED)
    words = {
        "rows": _("总行数"),
        "added": _("已新增") if done else _("可新增"),
        "updated": _("已更新") if done else _("可更新"),
        "unchanged": _("没有变化"),
        "skipped": _("跳过"),
        "rejected": _("未导入") if done else _("有错误"),
        "duplicates": _("疑似重复"),
        "warnings": _("有提示"),
    }
    tones = {"added": "success", "updated": "success", "rejected": "danger", "duplicates": "warning"}
    always = {"rows", "added", "rejected"} if batch.mode == batch.Mode.ADD else {"rows", "updated", "rejected"}
    return [
        {"label": label, "value": f"{batch.count(key):,}", "tone": tones.get(key, "") if batch.count(key) else ""}
        for key, label in words.items()
        if batch.count(key) or key in always
    ]


@dataclass(frozen=True)
class Table:
    """One page of findings of one kind."""

    kind: str
    rows: list[dict[str, Any]]
    tabs: list[dict[str, Any]]
    previous_url: str
    next_url: str
    count_text: str


def table(request: HttpRequest, batch: ImportBatch) -> Table | None:
    """The findings that the address asks for (``?show=errors&page=2``); None when there is nothing to tell."""
    counts = {kind: batch.count(counted) for kind, counted in findings.KINDS.items()}
    kinds = [kind for kind in findings.KINDS if counts[kind]]
    if not kinds:
        return None
    kind = request.GET.get("show", "")
    kind = kind if kind in kinds else kinds[0]
    number = request.GET.get("page", "")
    number = int(number) if number.isdecimal() and 0 < int(number) < 10**6 else 1
    found, total = findings.page(batch, kind, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    found = findings.for_reader(found, batch, Catalogue.of(batch.ledger), request.actor)
    labels = {"errors": _("错误"), "warnings": _("提示"), "duplicates": _("疑似重复"), "skipped": _("跳过")}
    pages = -(-total // PAGE_SIZE)
    return Table(
        kind=kind,
        rows=[_finding_row(request, finding, kind) for finding in found],
        tabs=[
            {"label": labels[each], "url": _at(request, each, 1), "active": each == kind, "count": counts[each]}
            for each in kinds
        ],
        previous_url=_at(request, kind, number - 1) if number > 1 else "",
        next_url=_at(request, kind, number + 1) if number < pages else "",
        count_text=_("第 %(page)s / %(pages)s 页，共 %(total)s 行")
        % {"page": number, "pages": max(pages, 1), "total": f"{total:,}"},
    )


def _at(request: HttpRequest, kind: str, page: int) -> str:
    return f"{request.path}?{urlencode({'show': kind, 'page': page})}#findings"


_STATUS = {
    findings.REJECTED: ("danger", lambda: _("未导入")),
    findings.SKIPPED: ("", lambda: _("跳过")),
    findings.ADDED: ("success", lambda: _("新增")),
    findings.UPDATED: ("success", lambda: _("更新")),
    findings.UNCHANGED: ("", lambda: _("没有变化")),
}

KIND_WORDS = {
    "number": lambda: _("客户编号"),
    "tax": lambda: _("税号"),
    "id": lambda: _("证件号码"),
    "foreign": lambda: _("外部编号"),
    "bank": lambda: _("银行账号"),
    "name": lambda: _("名称"),
    "email": lambda: _("邮箱"),
    "phone": lambda: _("电话"),
}


def _finding_row(request: HttpRequest, finding: findings.Finding, kind: str) -> dict[str, Any]:
    tone, word = _STATUS.get(finding.status, ("", lambda: ""))
    return {
        "number": finding.row,
        "label": finding.label,
        "tone": tone,
        "status": word(),
        "note": finding.note,
        "problems": finding.errors if kind == "errors" else finding.warnings if kind == "warnings" else [],
        "hits": [_hit(request, hit) for hit in finding.hits] if kind == "duplicates" else [],
    }


def _hit(request: HttpRequest, hit: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": reverse("customer_detail", args=[request.ledger.code, hit["customer"]]) if hit["customer"] else "",
        "number": hit["number"],
        "name": hit["name"],
        "row": hit["row"],
        "hidden": hit["hidden"],
        "percent": round(hit["score"] * 100),
        "evidence": [{"label": KIND_WORDS[kind](), "value": value} for kind, value in hit["kinds"].items()],
    }


def checks(batch: ImportBatch) -> list[dict[str, Any]]:
    """File against database, line by line."""
    found = batch.checks
    if not found:
        return []
    catalogue = Catalogue.of(batch.ledger)
    lines = [
        (_("行数（文件 / 已处理）"), found["rows"]["file"], found["rows"]["accounted"]),
        (_("新增客户数"), found["added"]["file"], found["added"]["database"]),
        (_("不同的客户编号"), found["distinct_numbers"]["file"], found["distinct_numbers"]["database"]),
    ]
    for key, pair in found["sums"].items():
        label = _("%(field)s合计（新增客户）") % {"field": catalogue.get(key).label}
        lines.append((label, _amount(pair["file"]), _amount(pair["database"])))
    return [
        {"label": label, "file": file, "database": database, "ok": file == database} for label, file, database in lines
    ]


def _amount(text: str) -> str:
    return f"{Decimal(text):,.2f}"
