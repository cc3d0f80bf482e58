"""Small questions: which customer is this number, who begins like this, what follows from this name."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from permissions.rights import Right

from .. import listing
from ..fields import Catalogue
from ..listing import ListQuery
from ..models import Customer
from ..presenting import Presenter
from ..rules import names, regions
from ..rules.identifiers import number_key
from ..services import lookup, similar

_SUGGESTED = 8
_SUGGESTED_FIELDS = ("number", "name", "province")


@never_cache
@require_safe
def number_lookup(request: HttpRequest, number: str) -> HttpResponse:
    """``/n/<number>/``: to the customer, to a choice of several, or to a page that says what to do."""
    request.actor.require(Right.VIEW)
    found = lookup.by_number(number, request.actor)
    if len(found) == 1:
        return redirect(found[0].customer)
    status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
    presenter = Presenter(Catalogue.of(request.ledger), request.actor)
    context = {
        "number": number,
        "found": [_described(each, presenter) for each in found],
        "may_read": request.actor.may_read("number"),
    }
    return render(request, "customers/number.html", context, status=status)


def _described(found: lookup.Found, presenter: Presenter) -> dict:
    return {
        "how": found.how,
        "url": found.customer.get_absolute_url(),
        "cells": _cells(found.customer, presenter, ("number", "name", "province", "owner")),
    }


def _cells(customer: Customer, presenter: Presenter, keys: tuple[str, ...]) -> dict[str, str]:
    return {
        key: presenter.shown(field, presenter.value(customer, field)).text
        for key in keys
        if (field := presenter.catalogue.get(key))
    }


@require_POST
def customer_suggest(request: HttpRequest) -> HttpResponse:
    """The first customers that the search box would find, while it is being typed into. Posted: it may hold a telephone."""
    request.actor.require(Right.VIEW)
    text = request.POST.get("q", "").strip()[:60]
    catalogue = Catalogue.of(request.ledger)
    rows = _suggested(text, catalogue, request.actor) if text else []
    presenter = Presenter(catalogue, request.actor)
    context = {
        "text": text,
        "found": [{"url": row.get_absolute_url(), "cells": _cells(row, presenter, _SUGGESTED_FIELDS)} for row in rows],
    }
    return render(request, "customers/suggest.html", context)


def _suggested(text: str, catalogue: Catalogue, actor) -> list[Customer]:
    """Who bears the number comes first, then the newest of the others."""
    found = listing.rows(ListQuery(text=text), catalogue, actor).select_related("ledger")
    by_number = list(found.filter(number_key=number_key(text))[:1]) if actor.may_read("number") else []
    others = found.exclude(pk__in=[row.pk for row in by_number]).order_by("-id")
    return [*by_number, *others[: _SUGGESTED - len(by_number)]]


@require_POST
def customer_pick(request: HttpRequest) -> HttpResponse:
    """Customers that a reference may mean, among those whom the actor sees, for a control that holds "number name"."""
    request.actor.require(Right.VIEW)
    text = request.POST.get("q", "").strip()[:60]
    catalogue = Catalogue.of(request.ledger)
    presenter = Presenter(catalogue, request.actor)
    found = []
    for row in _suggested(text, catalogue, request.actor) if text else []:
        cells = _cells(row, presenter, _SUGGESTED_FIELDS)
        value = f"{cells['number']} {cells['name']}".strip()
        found.append({"value": value, "cells": cells})
    return render(request, "customers/pick.html", {"text": text, "found": found})


@require_POST
def customer_derive(request: HttpRequest) -> HttpResponse:
    """What follows from a name being typed (pinyin, 助记码, 简称), and who has the same name, code or telephone."""
    request.actor.require(Right.ADD)
    name, uscc, phone = (request.POST.get(key, "").strip()[:200] for key in ("name", "uscc", "phone"))
    context = {
        "derived": {
            "pinyin": names.pinyin_of(name),
            "mnemonic_code": names.mnemonic_of(name)[:60],
            "short_name": names.short_name_of(name)[:60],
        }
        if name
        else {},
        "similar": similar.of_values(request.actor, name=name, uscc=uscc, phone=phone),
    }
    return render(request, "customers/derived.html", context)


@require_safe
def customer_places(request: HttpRequest) -> HttpResponse:
    """The cities of ``?province=``, and with ``&city=`` the districts: JSON lists of names for the form's pickers."""
    request.actor.require(Right.VIEW)
    province, city = (request.GET.get(key, "").strip()[:40] for key in ("province", "city"))
    code = regions.code_of(province)
    cities = regions.cities_of(code) if code else {}
    within = regions.code_of(province, city) if city else ""
    districts = regions.districts_of(within) if within and within in cities else {}
    return JsonResponse({"cities": list(cities.values()), "districts": list(districts.values())})
