"""What the pages show of a check or an import: progress, figures, the table of findings, file against database.

What lives here: template variables. What does not: HTML, the set-up pages (``screens``), and fetching (``views``).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.fields import Catalogue
from erp_site.jobs.models import Job

from ..models import ImportBatch
from . import findings
from .screens import steps

PAGE_SIZE = 50
State = ImportBatch.State


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
    counts = findings.totals(batch)
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


# --- progress ------------------------------------------------------------------------------------------------------------


def progress(request: HttpRequest, batch: ImportBatch, label: str) -> dict[str, Any]:
    """How far the running work is, in words and figures."""
    job = batch.job
    done, total = batch.count("rows"), batch.rows
    # What is written in one transaction can be seen and stopped by nobody until it ends.
    in_one = batch.state == State.WRITING and batch.all_or_nothing
    may_stop = batch.state in batch.ACTIVE and job is not None and not job.is_finished and not in_one
    waiting = job is not None and job.status == Job.Status.QUEUED
    return {
        "batch": batch,
        "steps": steps(request, batch),
        "label": label,
        "poll_url": reverse("import_progress", args=[batch.ledger.code, batch.pk]),
        "cancel_url": reverse("import_cancel", args=[batch.ledger.code, batch.pk]) if may_stop else "",
        "done": "" if in_one else f"{done:,}",
        "total": f"{total:,}" if total else "",
        "percent": min(99, done * 100 // total) if total and not waiting and not in_one else None,
        "message": _message(batch, waiting=waiting),
        "failed": job.error if job is not None and job.status == Job.Status.FAILED else batch.error,
        "stopping": job is not None and job.cancel_requested,
    }


def _message(batch: ImportBatch, *, waiting: bool) -> str:
    if waiting:
        return _("等待后台进程开始…")
    if batch.state == State.WRITING and batch.all_or_nothing:
        return _("全部写完后一次提交，期间不显示进度")
    if batch.job is not None and batch.job.cancel_requested:
        return _("正在停止，当前一批写完或退回后结束…")
    job = batch.job
    seconds = (timezone.now() - job.started_at).total_seconds() if job is not None and job.started_at else 0
    speed = batch.count("rows") / seconds if seconds > 1 else 0
    return _("每秒约 %(speed)s 行") % {"speed": f"{speed:,.0f}"} if speed else ""
