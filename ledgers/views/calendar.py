"""账套设置 → 期间, 币种与汇率."""

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from .. import currencies
from ..forms.calendar import CurrencyForm, RateForm
from ..models import Period
from ..pages import attempt, needs, put_on_form, render_settings
from ..services import periods, rates


@require_GET
@needs(Right.CONFIGURE)
def ledger_periods(request: HttpRequest) -> HttpResponse:
    """The periods by year, newest year first; only the next to close and the last closed have a button."""
    rows = list(request.ledger.periods.order_by("starts_on"))
    to_close = next((row for row in rows if row.state == Period.State.OPEN), None)
    to_reopen = next((row for row in reversed(rows) if row.state == Period.State.CLOSED), None)
    years = [(year, list(group)) for year, group in groupby(rows, key=lambda row: row.fiscal_year)]
    context = {
        "years": years[::-1],
        "to_close": to_close,
        "to_reopen": to_reopen,
        "next_year": periods.next_year(request.ledger),
    }
    return render_settings(request, "settings/periods.html", "ledger_periods", context)


@require_POST
@needs(Right.CONFIGURE)
def period_create(request: HttpRequest) -> HttpResponse:
    """年度结转: the next year in one click; the year is posted, so that pressing twice makes one year."""
    raw = request.POST.get("fiscal_year", "")
    year = int(raw) if raw.isascii() and raw.isdigit() and len(raw) == 4 else 0
    done = _("已建立 %(year)s 年度的期间。") % {"year": year}
    attempt(request, lambda: periods.create_year(request.ledger, year, by=request.user), done)
    return redirect("ledger_periods", request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def period_close(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(request.ledger.periods, pk=pk)
    done = _("「%(name)s」已结账。") % {"name": period.name}
    attempt(request, lambda: periods.close(period, by=request.user), done)
    return redirect("ledger_periods", request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def period_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(request.ledger.periods, pk=pk)
    reason = request.POST.get("reason", "")
    done = _("「%(name)s」已反结账。") % {"name": period.name}
    attempt(request, lambda: periods.reopen(period, reason=reason, by=request.user), done)
    return redirect("ledger_periods", request.ledger.code)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def ledger_currencies(request: HttpRequest) -> HttpResponse:
    """Currencies in use; posting adds one."""
    form = CurrencyForm(request.POST or None, ledger=request.ledger, prefix="currency")
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        done = _("已增加币种 %(code)s。") % {"code": code}
        attempt(request, lambda: rates.add_currency(request.ledger, code, by=request.user), done)
        return redirect("ledger_currencies", request.ledger.code)
    return _currency_page(request, form, RateForm(ledger=request.ledger))


@require_POST
@needs(Right.CONFIGURE)
def rate_add(request: HttpRequest) -> HttpResponse:
    form = RateForm(request.POST, ledger=request.ledger)
    if form.is_valid():
        data = form.cleaned_data
        try:
            rates.add_rate(request.ledger, data["currency"], data["on"], data["rate"], by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已保存 %(code)s 的汇率。") % {"code": data["currency"]})
            return redirect("ledger_currencies", request.ledger.code)
    return _currency_page(request, CurrencyForm(ledger=request.ledger, prefix="currency"), form)


def _currency_page(request: HttpRequest, currency_form: CurrencyForm, rate_form: RateForm) -> HttpResponse:
    context = {
        "base": currencies.label(request.ledger.base_currency),
        "rows": [{"code": row.code, "label": currencies.label(row.code)} for row in request.ledger.currencies.all()],
        "rates": request.ledger.rates.all()[:200],
        "currency_form": currency_form,
        "rate_form": rate_form,
    }
    return render_settings(request, "settings/currencies.html", "ledger_currencies", context)


@require_POST
@needs(Right.CONFIGURE)
def currency_remove(request: HttpRequest, code: str) -> HttpResponse:
    done = _("已移除币种 %(code)s。") % {"code": code}
    attempt(request, lambda: rates.remove_currency(request.ledger, code, by=request.user), done)
    return redirect("ledger_currencies", request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def rate_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rate = get_object_or_404(request.ledger.rates, pk=pk)
    attempt(request, lambda: rates.remove_rate(rate, by=request.user), _("汇率已删除。"))
    return redirect("ledger_currencies", request.ledger.code)
