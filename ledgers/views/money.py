"""账套设置 → 币种与汇率."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from .. import currencies
from ..forms.money import ConversionForm, CurrencyForm, RateForm, RateTableForm, TryForm
from ..models import Ledger
from ..pages import attempt, needs, put_on_form, render_settings, told
from ..services import converting, parameters, rates

SHOWN_RATES = 200


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def ledger_currencies(request: HttpRequest) -> HttpResponse:
    """Currencies in use and their rates; posting adds a currency. With ``amount`` in the address, what it is worth."""
    form = CurrencyForm(request.POST or None, ledger=request.ledger, prefix="currency")
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        done = _("已增加币种 %(code)s。") % {"code": code}
        attempt(request, lambda: rates.add_currency(request.ledger, code, by=request.user), done)
        return redirect("ledger_currencies", request.ledger.code)
    return _page(request, currency_form=form)


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
    return _page(request, rate_form=form)


@require_POST
@needs(Right.CONFIGURE)
def rate_import(request: HttpRequest) -> HttpResponse:
    """A pasted table or a csv file, all of it or nothing."""
    form = RateTableForm(request.POST, request.FILES, prefix="rates")
    if form.is_valid():
        try:
            done = rates.import_rates(
                request.ledger, form.text(), by=request.user, replace=form.cleaned_data["replace"]
            )
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            counts = {"added": done.added, "replaced": done.replaced, "unchanged": done.unchanged}
            messages.success(request, _("汇率：新增 %(added)s，替换 %(replaced)s，原已相同 %(unchanged)s。") % counts)
            return redirect("ledger_currencies", request.ledger.code)
    return _page(request, table_form=form)


@require_POST
@needs(Right.CONFIGURE)
def conversion_save(request: HttpRequest) -> HttpResponse:
    """The rule by which foreign amounts become base currency, and rounding."""
    form = ConversionForm(request.POST, ledger=request.ledger, prefix="conversion")
    if form.is_valid():
        done = _("折算与舍入已保存。")
        attempt(request, lambda: parameters.change_parameters(request.ledger, form.values(), by=request.user), done)
        return redirect("ledger_currencies", request.ledger.code)
    return _page(request, conversion_form=form)


def _page(request: HttpRequest, **bound) -> HttpResponse:
    """The page; a form that was refused stands in ``bound`` under its name."""
    ledger = request.ledger
    tried = TryForm(request.GET if "amount" in request.GET else None, ledger=ledger)
    context = {
        "base": currencies.label(ledger.base_currency),
        "rows": [{"code": row.code, "label": currencies.label(row.code)} for row in ledger.currencies.all()],
        "rates": ledger.rates.all()[:SHOWN_RATES],
        "shown_rates": SHOWN_RATES,
        "currency_form": CurrencyForm(ledger=ledger, prefix="currency"),
        "rate_form": RateForm(ledger=ledger),
        "table_form": RateTableForm(prefix="rates"),
        "conversion_form": ConversionForm(ledger=ledger, prefix="conversion"),
        "try_form": tried,
        "worth": _worth(ledger, tried),
        **bound,
    }
    return render_settings(request, "settings/currencies.html", "ledger_currencies", context)


def _worth(ledger: Ledger, form: TryForm) -> dict | None:
    """What the tried amount is worth and why, or what is missing."""
    if not form.is_bound or not form.is_valid():
        return None
    amount, currency, on = (form.cleaned_data[key] for key in ("amount", "currency", "on"))
    try:
        rate = converting.rate_of(ledger, currency, on)
        worth = converting.convert(ledger, amount, currency, on)
    except BusinessError as problem:
        return {"fault": told(problem)}
    return {
        "foreign": f"{_plain(amount)} {currency}",
        "base": f"{worth:f} {ledger.base_currency}",
        "rate": _plain(rate.rate),
        "since": rate.since,
        "until": rate.until,
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


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
