"""账套设置 → 期间."""

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from ..forms.calendar import RollForm
from ..models import Period
from ..pages import attempt, needs, put_on_form, render_settings
from ..services import periods


@require_GET
@needs(Right.CONFIGURE, Right.REOPEN)
def ledger_periods(request: HttpRequest) -> HttpResponse:
    """The periods by year, newest year first; only the next to close and the last closed have a button."""
    following = periods.next_year(request.ledger)
    initial = {"fiscal_year": following, "ranges": periods.write_ranges(periods.proposed_ranges(request.ledger))}
    return _page(request, RollForm(ledger=request.ledger, initial=initial))


def _page(request: HttpRequest, roll_form: RollForm) -> HttpResponse:
    rows = list(request.ledger.periods.order_by("starts_on"))
    to_close = next((row for row in rows if row.state == Period.State.OPEN), None)
    to_reopen = next((row for row in reversed(rows) if row.state == Period.State.CLOSED), None)
    years = [(year, list(group)) for year, group in groupby(rows, key=lambda row: row.fiscal_year)]
    today = request.ledger.today()
    context = {
        "years": years[::-1],
        "to_close": to_close,
        "to_reopen": to_reopen,
        "current": next((row for row in rows if row.starts_on <= today <= row.ends_on), None),
        "today": today,
        "next_year": periods.next_year(request.ledger),
        "roll_form": roll_form,
        "may_configure": request.actor.can(Right.CONFIGURE),
        "may_reopen": request.actor.can(Right.REOPEN),
    }
    return render_settings(request, "settings/periods.html", "ledger_periods", context)


@require_POST
@needs(Right.CONFIGURE)
def period_create(request: HttpRequest) -> HttpResponse:
    """年度结转: the next year in one click, on demand with the old one closed."""
    form = RollForm(request.POST, ledger=request.ledger)
    if form.is_valid():
        data = form.cleaned_data
        try:
            periods.roll(
                request.ledger,
                data["fiscal_year"],
                by=request.user,
                close_old=data["close_old"],
                ranges=data.get("ranges"),
            )
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已结转到 %(year)s 年度。") % {"year": data["fiscal_year"]})
            return redirect("ledger_periods", request.ledger.code)
    return _page(request, form)


@require_POST
@needs(Right.CONFIGURE)
def period_close(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(request.ledger.periods, pk=pk)
    done = _("「%(name)s」已结账。") % {"name": period.name}
    attempt(request, lambda: periods.close(period, by=request.user), done)
    return redirect("ledger_periods", request.ledger.code)


@require_POST
@needs(Right.REOPEN)
def period_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(request.ledger.periods, pk=pk)
    reason = request.POST.get("reason", "")
    done = _("「%(name)s」已反结账。") % {"name": period.name}
    attempt(request, lambda: periods.reopen(period, reason=reason, by=request.user), done)
    return redirect("ledger_periods", request.ledger.code)
