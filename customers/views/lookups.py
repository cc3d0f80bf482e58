"""Small questions: which customer is this number, who begins like this, what follows from this name."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ledgers import refusals
from permissions.rights import Right

from .. import listing
from ..duplicates import knowing
from ..fields import Catalogue
from ..listing import ListQuery
from ..models import Customer, FormerName, NumberAlias
from ..presenting import Presenter
from ..rules import names, regions
from ..rules.identifiers import number_key
from ..rules.text import fold
from ..services import lookup
from . import recording

_SUGGESTED = 8
_SUGGESTED_FIELDS = ("number", "name", "province")


@never_cache
@require_safe
def number_lookup(request: HttpRequest, number: str) -> HttpResponse:
    """``/n/<number>/``: to the customer, to a choice of several, or to a page that says what to do."""
    request.actor.require(Right.VIEW)
    found = lookup.by_number(number, request.actor)
    recording.asked(request, _("按编号打开"), len(found))
    if len(found) == 1:
        return redirect(found[0].customer)
    status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
    presenter = Presenter(Catalogue.of(request.ledger), request.actor)
    context = {
        "number": number,
        "found": [_described(each, presenter) for each in found],
        "may_read": request.actor.may_read("number"),
        "apply_url": refusals.apply_url(request, field="number"),
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
    if text:
        recording.asked(request, _("搜索框"), len(rows))
    presenter = Presenter(catalogue, request.actor)
    once = _found_by(text, rows, request.actor)
    context = {
        "text": text,
        "found": [
            {
                "url": row.get_absolute_url(),
                "cells": _cells(row, presenter, _SUGGESTED_FIELDS),
                "once": once.get(row.pk, ""),
            }
            for row in rows
        ],
    }
    return render(request, "customers/suggest.html", context)


def _found_by(text: str, rows: list[Customer], actor) -> dict[int, str]:
    """customer → the former name or number by which he was found, where his present ones do not hold the text."""
    word, key, ids = fold(text), number_key(text), [row.pk for row in rows]
    present = {row.pk for row in rows if word and word in fold(row.name)}
    present |= {row.pk for row in rows if key and key in row.number_key}
    found: dict[int, str] = {}
    if actor.may_read("number") and key:
        aliases = NumberAlias.objects.filter(customer__in=ids, number_key__startswith=key)
        found |= {
            pk: _("原编号 %(number)s") % {"number": number}
            for pk, number in aliases.values_list("customer_id", "number")
        }
    if actor.may_read("name") and word:
        former = FormerName.objects.filter(customer__in=ids).values_list("customer_id", "name")
        found |= {pk: _("曾用名 %(name)s") % {"name": name} for pk, name in former if word in fold(name)}
    return {pk: words for pk, words in found.items() if pk not in present}


def _suggested(text: str, catalogue: Catalogue, actor) -> list[Customer]:
    """Who bears the number comes first, then the newest of the others."""
    query = ListQuery(text=text)
    bearers = Customer.objects.visible_to(actor).filter(number_key=number_key(text)).select_related("ledger")
    by_number = list(bearers[:1]) if actor.may_read("number") else []
    others = [row for row in listing.newest(query, catalogue, actor, _SUGGESTED) if row not in by_number]
    return [*by_number, *others][:_SUGGESTED]


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
    if text:
        recording.asked(request, _("选择客户"), len(found))
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
        "similar": knowing.of_values(request.actor, name=name, uscc=uscc, phone=phone),
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
