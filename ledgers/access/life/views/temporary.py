"""临时权限: what ends soon, and giving it for longer; 未用与高风险权限."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from permissions.rights import Right

from ....pages import attempt, needs, render_settings
from .. import report, subjects, temporary

WITHIN = (7, 30, 90)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def temporary_rights(request: HttpRequest) -> HttpResponse:
    """Everything that has a last day, the first first; ``?within=`` so many days."""
    asked = request.GET.get("within", "")
    within = int(asked) if asked in map(str, WITHIN) else None
    rows = temporary.ending(request.ledger, within=within)
    until = timezone.localdate() + timedelta(days=within or max(WITHIN))
    shares = subjects.customers().ending(request.ledger, until)
    context = {
        "rows": rows,
        "shares": shares,
        "within": within,
        "choices": WITHIN,
        "is_cut": len(rows) == temporary.MOST,
    }
    return render_settings(request, "access/life/temporary.html", "temporary_rights", context)


@require_POST
@needs(Right.MEMBERS)
def temporary_renew(request: HttpRequest) -> HttpResponse:
    """Let one of them last longer."""
    kind, pk = request.POST.get("kind", ""), request.POST.get("pk", "")
    until = _day(request.POST.get("until", ""))
    if until is None or not (pk.isdecimal() and len(pk) < 19):
        messages.error(request, _("请填写新的失效日期。"))
    else:
        attempt(
            request,
            lambda: temporary.renew(request.ledger, kind, int(pk), until=until, by=request.user),
            _("已续期到 %(day)s。") % {"day": until},
        )
    return redirect("temporary_rights", request.ledger.code)


def _day(text: str):
    try:
        return parse_date(text)
    except ValueError:
        return None


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_report(request: HttpRequest) -> HttpResponse:
    """Rights not used for ``?days=``, and what deserves a second look."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, report.CHOICES) else 90
    context = {"report": report.build(request.ledger, days), "days": days, "choices": report.CHOICES}
    return render_settings(request, "access/life/report.html", "rights_report", context)
