"""Adding and editing a customer: one form page for both."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError, StaleVersion
from permissions.rights import Right

from ..fields import Catalogue
from ..forms import base as bases
from ..forms import conflicts, layout, saving, uploads
from ..forms import state as states
from ..forms.base import Row
from ..forms.saving import Attempt
from ..forms.sheet import Filled, FilledRow, Sheet
from ..models import Customer, EntryTemplate
from ..presenting import Presenter
from ..rulebook.book import Rulebook
from ..rules import regions
from ..services.changing import require_change
from . import recording
from .fetching import visible_customer
from .once import new_token, once

_LAST_LAYOUT = "entry_template"
_A_YEAR = 365 * 24 * 3600
_MANY_FIELDS = 45  # from here on the page offers to look for a field and folds the set's own groups


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    """新增客户."""
    request.actor.require(Right.ADD)
    request.ledger.require_writable()
    catalogue = Catalogue.of(request.ledger)
    choice = _layout(request)
    if request.method != "POST":
        filled = _beginning(request, states.opening(catalogue, request.actor, Rulebook(catalogue), choice.template))
        sheet = Sheet(catalogue, request.actor, filled=filled, template=choice.template)
        return _page(request, Attempt(sheet), choice)
    data, refused = uploads.take(_posted(request), request.FILES, catalogue, request.actor)
    return _sent(request, Sheet(catalogue, request.actor, data=data, template=choice.template), choice, refused)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """编辑客户."""
    customer = visible_customer(request, pk, with_parts=True)
    request.actor.require(Right.EDIT)
    require_change(customer, request.actor)
    request.ledger.require_writable()
    catalogue = Catalogue.of(request.ledger)
    choice = _layout(request, customer)
    given = {"customer": customer, "template": choice.template}
    if request.method != "POST":
        base = bases.capture(customer, catalogue, request.actor)
        recording.edited(request, customer, Presenter(catalogue, request.actor))
        return _page(request, Attempt(Sheet(catalogue, request.actor, base=base, **given)), choice)
    base = bases.unseal(request.POST.get("base", ""), pk)
    data, refused = uploads.take(_posted(request), request.FILES, catalogue, request.actor)
    data = conflicts.settled(data, base)
    return _sent(request, Sheet(catalogue, request.actor, base=base, data=data, **given), choice, refused)


@dataclass(frozen=True)
class _Layout:
    """The entry template that the page follows (None: all fields), and all that could be chosen instead."""

    template: EntryTemplate | None
    fitting: list[EntryTemplate]

    def links(self) -> list[dict]:
        if not self.fitting:
            return []
        links = [(each.code, each.name, each == self.template) for each in self.fitting]
        links.append((layout.ALL_FIELDS, _("全部字段"), self.template is None))
        return [{"label": label, "url": f"?{urlencode({'template': code})}", "active": on} for code, label, on in links]


def _layout(request: HttpRequest, customer: Customer | None = None) -> _Layout:
    """What was sent counts before what is asked for by address, that before what this browser chose last."""
    fitting = layout.fitting(request.actor, customer)
    wishes = (request.POST.get("template", ""), request.GET.get("template", ""), request.COOKIES.get(_LAST_LAYOUT, ""))
    return _Layout(layout.chosen(fitting, *wishes, kind=customer.kind if customer else ""), fitting)


def _remember_layout(request: HttpRequest, response: HttpResponse, choice: _Layout) -> None:
    if "template" in request.GET and choice.fitting:
        code = choice.template.code if choice.template else layout.ALL_FIELDS
        path = reverse("dashboard", args=[request.ledger.code])
        response.set_cookie(_LAST_LAYOUT, code, max_age=_A_YEAR, path=path, httponly=True, samesite="Lax")


@never_cache
@require_POST
def customer_state(request: HttpRequest) -> HttpResponse:
    """What the rules make of the form as it is filled in now: what is shown, required, computed, offered."""
    pk = request.POST.get("customer", "")
    customer = visible_customer(request, int(pk), with_parts=True) if pk.isdecimal() and len(pk) < 19 else None
    request.actor.require(Right.EDIT if customer else Right.ADD)
    catalogue = Catalogue.of(request.ledger)
    base = bases.capture(customer, catalogue, request.actor) if customer else None
    template = _layout(request, customer).template
    sheet = Sheet(catalogue, request.actor, customer=customer, base=base, data=request.POST, template=template)
    state = states.judge(sheet, sheet.book, posted=True)
    return render(request, "customers/form/state.html", {"state_json": state.as_json()})


def _sent(request: HttpRequest, sheet: Sheet, choice: _Layout, refused: dict[str, str]) -> HttpResponse:
    """What follows a sent form: a row more, the saved customer, or the form with what speaks against it.

    ``refused``: files that were not taken.
    """
    if "add_row" in request.POST:
        return _page(request, Attempt(sheet, reason=request.POST.get("reason", "")), choice)
    if refused:
        return _page(request, saving.refuse_files(sheet, refused, reason=request.POST.get("reason", "")), choice)
    attempt = Attempt(sheet)

    def save() -> int | None:
        nonlocal attempt
        attempt = _attempt(request, sheet)
        return attempt.saved_id

    saved = once(request, request.POST.get("token", ""), save)
    if saved is None:
        return _page(request, attempt, choice)
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


def _page(request: HttpRequest, attempt: Attempt, choice: _Layout) -> HttpResponse:
    sheet, status = attempt.sheet, HTTPStatus.OK
    if attempt.errors or attempt.doubts:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if attempt.needs_new_ground:
        status = HTTPStatus.CONFLICT
        sheet = attempt.sheet = _on_new_ground(sheet)
    state = states.judge(sheet, sheet.book, posted=sheet.main.is_bound)
    sheet.mark(state.required, state.labels, state.helps)
    context = {
        "sheet": sheet,
        "state": state,
        "empty": {section.id for section in sheet.sections if section.is_empty(state.hidden)},
        "watch": states.watched(sheet, sheet.book),
        "customer": sheet.customer,
        "attempt": attempt,
        "token": request.POST.get("token") or new_token(),
        "base": "" if sheet.is_new else bases.seal(sheet.base, sheet.customer.pk),
        "number": "" if sheet.is_new else request.actor.shown("number", sheet.customer.number) or "",
        "provinces": regions.provinces().values(),
        "number_is_automatic": sheet.is_new and "number" not in sheet.main.fields,
        "layouts": choice.links(),
        "is_long": len(sheet.fields) > _MANY_FIELDS,
    }
    response = render(request, "customers/form.html", context, status=status)
    _remember_layout(request, response, choice)
    return response


def _on_new_ground(sheet: Sheet) -> Sheet:
    """The form after a clash: based on what is stored now, filled with what the user had typed."""
    now = bases.capture(sheet.customer, sheet.catalogue, sheet.actor)
    filled = conflicts.merged(sheet, now)
    template = sheet.template
    return Sheet(sheet.catalogue, sheet.actor, customer=sheet.customer, base=now, filled=filled, template=template)


def _beginning(request: HttpRequest, defaults: Row) -> Filled:
    """A new customer belongs to whoever enters him, unless a default says otherwise; his name may come from the search box."""
    user = request.user
    row = {
        "name": request.GET.get("name", "")[:200],
        "number": request.GET.get("number", "")[:40],  # one out of a reserved range
        "owner": str(user.pk),
        "department": str(user.department_id or ""),
    }
    return Filled({key: value for key, value in row.items() if value} | defaults, {"contacts": [FilledRow({})]})


def _posted(request: HttpRequest):
    """The sent data; a browser without scripts asks for one row more of a part by a button."""
    part = request.POST.get("add_row", "")
    if part not in bases.FORM_PARTS:
        return request.POST
    data = request.POST.copy()
    total = f"{part}-TOTAL_FORMS"
    data[total] = str(int(data[total]) + 1) if data.get(total, "").isdecimal() else "1"
    return data
