"""权限矩阵: the page to print and the workbook, inside a set and for the security administrator.

What lives here: HTTP, and who may. What does not: what stands in the matrix (``facts``).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from erp_site.shared.errors import NotAllowed
from ledgers.models import Ledger
from ledgers.pages import needs, render_settings
from permissions.logs import access
from permissions.rights import Right

from ..organisation.views import XLSX
from . import facts, files

PAGE = "rights_matrix"
MOST_SHOWN = 500  # more people than this are a workbook, not a page


def _context(matrix: facts.Matrix, urls: dict[str, Any]) -> dict[str, Any]:
    return {"matrix": matrix, "people": matrix.people[:MOST_SHOWN], "more": len(matrix.people) - MOST_SHOWN, **urls}


def _file(request: HttpRequest, ledger: Ledger) -> HttpResponse:
    matrix = facts.of_ledger(ledger, by=request.user)
    access.note(
        request.actor or request.user,
        "export",
        ledger_id=ledger.pk,
        count=len(matrix.people),
        detail=_("权限矩阵"),
        request=request,
    )
    answer = HttpResponse(files.workbook(matrix), content_type=XLSX)
    name = _("%(ledger)s-权限矩阵-%(day)s.xlsx") % {"ledger": ledger.code, "day": matrix.on.isoformat()}
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_matrix(request: HttpRequest) -> HttpResponse:
    """The page of a set."""
    matrix = facts.of_ledger(request.ledger, by=request.user)
    return render_settings(request, "settings/access/matrix.html", PAGE, _context(matrix, {}))


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_matrix_file(request: HttpRequest) -> HttpResponse:
    """The workbook of a set."""
    return _file(request, request.ledger)


# --- for the security administrator, who belongs to no set ------------------------------------------------------------


def _security(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard: who administers roles, and nobody else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_perm("permissions.change_role"):
            raise NotAllowed(
                _("权限矩阵只对安全管理员开放。"),
                rule=_("职责：安全管理员"),
                remedy=_("账套成员请在账套设置中查看。"),
            )
        return view(request, *args, **kwargs)

    return guarded


def _ledger(code: str) -> Ledger:
    return get_object_or_404(Ledger.objects.exclude(state=Ledger.State.DRAFT), code__iexact=code)


@never_cache
@require_safe
@_security
def matrix_sets(request: HttpRequest) -> HttpResponse:
    """Every set, to choose from."""
    sets = Ledger.objects.exclude(state=Ledger.State.DRAFT).order_by("code")
    return render(request, "matrix/sets.html", {"sets": sets})


@never_cache
@require_safe
@_security
def matrix_of_set(request: HttpRequest, code: str) -> HttpResponse:
    """The page of one set."""
    matrix = facts.of_ledger(_ledger(code), by=request.user)
    return render(request, "matrix/set.html", _context(matrix, {"ledger": matrix.ledger}))


@never_cache
@require_safe
@_security
def matrix_file(request: HttpRequest, code: str) -> HttpResponse:
    """The workbook of one set."""
    return _file(request, _ledger(code))
