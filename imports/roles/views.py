"""账套设置 → 权限 → 从表格导入: upload, what would happen, apply.

What lives here: HTTP. A file is checked each time it is looked at and once more when it is applied, so what is shown is never older than the click.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import needs, render_settings
from permissions.rights import Right

from ..organisation import keeping, tables
from ..organisation.applying import NotAllGood
from ..organisation.views import ACCEPTED, XLSX, UploadForm
from . import applying, template
from .planning import ADDED, CHANGED, UNCHANGED, Plan
from .sheets import LABELS, LAYOUT, MOST_ROWS

PAGE = "rights_matrix"
SHOWN = 300
_KEY = "roles_file"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.MEMBERS)
def roles_import(request: HttpRequest) -> HttpResponse:
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
            request.session[_KEY] = {"token": token, "name": file.name[-200:], "ledger": request.ledger.pk}
            return redirect("roles_import_check", request.ledger.code)
    context = {"form": form, "accept": ACCEPTED, "max_mb": tables.MOST_BYTES // 1024 // 1024}
    return render_settings(request, "settings/access/import.html", PAGE, context, 422 if form.errors else 200)


def _table(token: str, name: str) -> tables.Table | None:
    """The file as rows; None when it is no longer there."""
    with keeping.opened(token) as path:
        return tables.read(path, name, LAYOUT, MOST_ROWS) if path else None


def _kept(request: HttpRequest) -> tuple[str, tables.Table | None]:
    """(name, rows) of the file that this session has uploaded for this set."""
    kept = request.session.get(_KEY, {})
    if kept.get("ledger") != request.ledger.pk:
        return "", None
    return kept["name"], _table(kept["token"], kept["name"])


def _forget(request: HttpRequest) -> None:
    keeping.remove(request.session.pop(_KEY, {}).get("token", ""))


def _gone(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("上传的文件已不在，请重新上传。"))
    return redirect("roles_import", request.ledger.code)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def roles_import_check(request: HttpRequest) -> HttpResponse:
    """What the file would do."""
    name, table = _kept(request)
    if table is None:
        return _gone(request)
    return _show(request, name, applying.preview(table, request.ledger, by=request.actor))


def _show(request: HttpRequest, name: str, plan: Plan, status: int = 200) -> HttpResponse:
    changes = [_change(plan, line) for line in plan.lines if _verb(plan, line) in (ADDED, CHANGED)]
    context = {
        "file_name": name,
        "plan": plan,
        "figures": [
            {"label": LABELS[kind], "added": counts[ADDED], "changed": counts[CHANGED], "unchanged": counts[UNCHANGED]}
            for kind, counts in plan.figures().items()
        ],
        "faults": plan.faults[:SHOWN],
        "more_faults": max(0, len(plan.faults) - SHOWN),
        "changes": changes[:SHOWN],
        "more_changes": max(0, len(changes) - SHOWN),
        "count": len(changes),
    }
    return render_settings(request, "settings/access/import_check.html", PAGE, context, status)


def _verb(plan: Plan, line: tables.Line) -> str:
    return plan.verbs.get((line.kind, line.sheet, line.number), ("", ""))[0]


def _change(plan: Plan, line: tables.Line) -> dict[str, Any]:
    verb, told = plan.verbs[line.kind, line.sheet, line.number]
    said = [line.values.get(key, "") for key in ("user", "name", "role", "field", "level")]
    title = " · ".join(text for text in said if text)
    return {"kind": LABELS[line.kind], "row": line.number, "title": title, "is_new": verb == ADDED, "told": told}


@require_POST
@needs(Right.MEMBERS)
def roles_import_apply(request: HttpRequest) -> HttpResponse:
    """Carry it out, all or nothing."""
    name, table = _kept(request)
    if table is None:
        return _gone(request)
    try:
        plan = applying.apply(table, request.ledger, by=request.actor, file_name=name)
    except NotAllGood as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
        return _show(request, name, refusal.plan, 422)
    _forget(request)
    about = {"added": plan.count(ADDED), "changed": plan.count(CHANGED), "same": plan.count(UNCHANGED)}
    messages.success(request, _("导入完成：新增 %(added)s，修改 %(changed)s，未变 %(same)s。") % about)
    return redirect(PAGE, request.ledger.code)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def roles_template(request: HttpRequest) -> HttpResponse:
    """The workbook: empty, or with ``?filled=1`` holding what the set has now."""
    is_filled = request.GET.get("filled") == "1"
    answer = HttpResponse(template.workbook(request.ledger, is_filled=is_filled), content_type=XLSX)
    name = _("%(ledger)s-角色与成员.xlsx") % {"ledger": request.ledger.code}
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
