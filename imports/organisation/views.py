"""组织架构 → 从表格导入: upload, what would happen, apply.

What lives here: HTTP. A file is checked each time it is looked at and once more under the lock, so what is shown is never older than the click.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.organisation import access
from permissions.organisation.views import show

from . import applying, keeping, planning, tables, template
from .planning import ADDED, CHANGED, UNCHANGED, Plan
from .sheets import COLUMNS, LABELS

_KEY = "organisation_file"
SHOWN_FAULTS, SHOWN_CHANGES = 200, 300
ACCEPTED = ".xlsx,.xlsm,.xls,.csv,.txt,.tsv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("文件"), allow_empty_file=True)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > tables.MOST_BYTES:
            most = tables.MOST_BYTES // 1024 // 1024
            raise forms.ValidationError(_("文件超过 %(most)s MB 的上限。") % {"most": most})
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@access.change_page
def organisation_import(request: HttpRequest) -> HttpResponse:
    """Take a file in; a file that cannot be read is refused here."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        token = keeping.keep(file.chunks())
        try:
            _table(token, file.name)
        except BusinessError as refusal:
            keeping.remove(token)
            form.add_error("file", f"{refusal.message}{refusal.remedy}")
        else:
            _forget(request)
            request.session[_KEY] = {"token": token, "name": file.name[-200:]}
            return redirect("organisation_check")
    context = {"form": form, "accept": ACCEPTED, "max_mb": tables.MOST_BYTES // 1024 // 1024}
    return show(request, "organisation/import.html", "", context, 422 if form.errors else 200)


def _table(token: str, name: str) -> tables.Table | None:
    """The file as rows; None when it is no longer there."""
    with keeping.opened(token) as path:
        return tables.read(path, name) if path else None


def _kept(request: HttpRequest) -> tuple[str, tables.Table | None]:
    """(name, rows) of the file that this session has uploaded."""
    kept = request.session.get(_KEY, {})
    return kept.get("name", ""), _table(kept.get("token", ""), kept.get("name", ""))


def _forget(request: HttpRequest) -> None:
    keeping.remove(request.session.pop(_KEY, {}).get("token", ""))


@require_GET
@access.change_page
def organisation_check(request: HttpRequest) -> HttpResponse:
    """What the file would do."""
    name, table = _kept(request)
    if table is None:
        messages.error(request, _("上传的文件已不在，请重新上传。"))
        return redirect("organisation_import")
    return _show(request, name, planning.plan(table, by=request.user))


def _show(request: HttpRequest, name: str, plan: Plan, status: int = 200) -> HttpResponse:
    entries = [entry for entry in plan.entries if entry.verb != UNCHANGED]
    context = {
        "file_name": name,
        "plan": plan,
        "figures": [
            {"label": LABELS[kind], "added": counts[ADDED], "changed": counts[CHANGED], "unchanged": counts[UNCHANGED]}
            for kind, counts in plan.figures().items()
        ],
        "faults": plan.faults[:SHOWN_FAULTS],
        "more_faults": max(0, len(plan.faults) - SHOWN_FAULTS),
        "changes": [_change(entry) for entry in entries[:SHOWN_CHANGES]],
        "more_changes": max(0, len(entries) - SHOWN_CHANGES),
        "count": len(entries),
    }
    return show(request, "organisation/import_check.html", "", context, status)


def _change(entry: planning.Entry) -> dict[str, Any]:
    labels = {column.key: str(column.label) for column in COLUMNS[entry.line.kind]}
    return {
        "kind": LABELS[entry.line.kind],
        "title": entry.title,
        "key": entry.line.values.get("username") or entry.line.values.get("code"),
        "row": entry.line.number,
        "is_new": entry.verb == ADDED,
        "fields": [
            {"label": labels[key], "old": old, "new": "" if entry.values[key] is None else entry.line.values[key]}
            for key, old in entry.before.items()
        ],
    }


@require_POST
@access.change_page
def organisation_apply(request: HttpRequest) -> HttpResponse:
    """Carry it out, all or nothing."""
    name, table = _kept(request)
    if table is None:
        messages.error(request, _("上传的文件已不在，请重新上传。"))
        return redirect("organisation_import")
    try:
        plan = applying.apply(table, by=request.user, file_name=name)
    except applying.NotAllGood as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
        return _show(request, name, refusal.plan, 422)
    _forget(request)
    about = {"added": plan.count(ADDED), "changed": plan.count(CHANGED), "same": plan.count(UNCHANGED)}
    messages.success(request, _("导入完成：新增 %(added)s，修改 %(changed)s，未变 %(same)s。") % about)
    return redirect("organisation")


@require_GET
@access.change_page
def organisation_template(request: HttpRequest) -> HttpResponse:
    """The empty workbook."""
    answer = HttpResponse(template.workbook(), content_type=XLSX)
    answer["Content-Disposition"] = "attachment; filename*=UTF-8''%E7%BB%84%E7%BB%87%E6%9E%B6%E6%9E%84.xlsx"
    return answer
