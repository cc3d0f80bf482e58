"""Adding and editing a customer: one form page for both."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError, StaleVersion
from permissions.rights import Right

from ..fields import Catalogue
from ..forms import base as bases
from ..forms import conflicts, saving
from ..forms.saving import Attempt
from ..forms.sheet import Filled, FilledRow, Sheet
from ..models import Customer
from ..rules import regions
from .fetching import visible_customer
from .once import new_token, once


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    """新增客户."""
    request.actor.require(Right.ADD)
    request.ledger.require_writable()
    catalogue = Catalogue.of(request.ledger)
    if request.method != "POST":
        return _page(request, Attempt(Sheet(catalogue, request.actor, filled=_beginning(request))))
    return _sent(request, Sheet(catalogue, request.actor, data=_posted(request)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """编辑客户."""
    customer = visible_customer(request, pk, with_parts=True)
    request.actor.require(Right.EDIT)
    request.ledger.require_writable()
    catalogue = Catalogue.of(request.ledger)
    if request.method != "POST":
        base = bases.capture(customer, catalogue, request.actor)
        return _page(request, Attempt(Sheet(catalogue, request.actor, customer=customer, base=base)))
    base = bases.unseal(request.POST.get("base", ""), pk)
    data = conflicts.settled(_posted(request), base)
    return _sent(request, Sheet(catalogue, request.actor, customer=customer, base=base, data=data))


def _sent(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """What follows a sent form: a row more, the saved customer, or the form with what speaks against it."""
    if "add_row" in request.POST:
        return _page(request, Attempt(sheet, reason=request.POST.get("reason", "")))
    attempt = Attempt(sheet)

    def save() -> int | None:
        nonlocal attempt
        attempt = _attempt(request, sheet)
        return attempt.saved_id

    saved = once(request, request.POST.get("token", ""), save)
    if saved is None:
        return _page(request, attempt)
    return _saved(request, saved, attempt)


def _attempt(request: HttpRequest, sheet: Sheet) -> Attempt:
    reason = request.POST.get("reason", "").strip()[:200]
    clashes = _clashes(sheet)
    if clashes:
        return Attempt(sheet, reason, conflicts=clashes)
    try:
        return saving.save(sheet, reason=reason, confirmed=set(request.POST.getlist("confirmed")))
    except StaleVersion as stale:
        # Somebody saved between our look and the writer's lock: look again.
        sheet.customer = visible_customer(request, sheet.customer.pk, with_parts=True)
        return Attempt(sheet, reason, conflicts=_clashes(sheet), stale=f"{stale.message}{stale.remedy}")
    except BusinessError as error:
        return saving.refuse(sheet, f"{error.message}{error.remedy}", reason=reason)


def _clashes(sheet: Sheet) -> list[conflicts.Conflict]:
    if sheet.is_new:
        return []
    return saving.clash(sheet, bases.capture(sheet.customer, sheet.catalogue, sheet.actor))


def _saved(request: HttpRequest, saved: int, attempt: Attempt) -> HttpResponse:
    customer = Customer.objects.visible_to(request.actor).select_related("ledger").filter(pk=saved).first()
    messages.success(request, saving.told(attempt, customer))
    for warning in attempt.warnings:
        messages.warning(request, warning)
    if "again" in request.POST:
        return redirect("customer_new", ledger=request.ledger.code)
    return redirect(customer) if customer else redirect("customer_list", ledger=request.ledger.code)


def _page(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    sheet, status = attempt.sheet, HTTPStatus.OK
    if attempt.errors or attempt.doubts:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if attempt.needs_new_ground:
        status = HTTPStatus.CONFLICT
        sheet = attempt.sheet = _on_new_ground(sheet)
    context = {
        "sheet": sheet,
        "customer": sheet.customer,
        "attempt": attempt,
        "token": request.POST.get("token") or new_token(),
        "base": "" if sheet.is_new else bases.seal(sheet.base, sheet.customer.pk),
        "number": "" if sheet.is_new else request.actor.shown("number", sheet.customer.number) or "",
        "provinces": regions.provinces().values(),
        "number_is_automatic": sheet.is_new and "number" not in sheet.main.fields,
    }
    return render(request, "customers/form.html", context, status=status)


def _on_new_ground(sheet: Sheet) -> Sheet:
    """The form after a clash: based on what is stored now, filled with what the user had typed."""
    now = bases.capture(sheet.customer, sheet.catalogue, sheet.actor)
    filled = conflicts.merged(sheet, now)
    return Sheet(sheet.catalogue, sheet.actor, customer=sheet.customer, base=now, filled=filled)


def _beginning(request: HttpRequest) -> Filled:
    """A new customer belongs to whoever enters him; his name may come from the search box."""
    user = request.user
    row = {
        "name": request.GET.get("name", "")[:200],
        "owner": str(user.pk),
        "department": str(user.department_id or ""),
    }
    return Filled({key: value for key, value in row.items() if value}, {"contacts": [FilledRow({})]})


def _posted(request: HttpRequest):
    """The sent data; a browser without scripts asks for one row more of a part by a button."""
    part = request.POST.get("add_row", "")
    if part not in bases.FORM_PARTS:
        return request.POST
    data = request.POST.copy()
    total = f"{part}-TOTAL_FORMS"
    data[total] = str(int(data[total]) + 1) if data.get(total, "").isdecimal() else "1"
    return data
