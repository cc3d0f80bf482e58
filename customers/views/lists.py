"""The list of customers: search, filters, order, pages."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError
from ledgers import refusals
from permissions.actor import Actor
from permissions.rights import Right

from .. import listing
from ..fields import Catalogue, Field, Group, Type
from ..forms.controls import colours_of
from ..listing import ListQuery, Page
from ..models import Customer
from ..presenting import Presenter, Shown
from . import filter_bar, recording, standing

RESULTS = "customer-results"

# Left out of the card that a row becomes on a phone.
_NOT_ON_CARDS = frozenset({"category", "province", "city", "updated_at"})
_OWN_WAY = frozenset({"number", "name", "status", "grade"})
OPTION = "option"  # the kind of a cell that holds a chosen option of a set's own field
_ORDER_OF = {"number": "number", "name": "name", "updated_at": "updated_at"}


@dataclass(frozen=True)
class Column:
    field: Field
    url: str = ""  # sorts by this column, or turns the order
    direction: str = ""


@dataclass(frozen=True)
class Cell:
    """One value; ``kind`` is "" for plain text, else the key of a field that the table shows in its own way."""

    kind: str
    label: str
    text: str
    css: str
    tone: str = ""


@dataclass(frozen=True)
class Row:
    customer: Customer
    url: str
    cells: list[Cell]
    blocks: list[str]  # what is frozen today, for whoever may know it
    called: str = ""  # the former name by which the search found him


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_list(request: HttpRequest) -> HttpResponse:
    """The list. A form is posted and comes back as an address without anything private in it."""
    actor = request.actor
    actor.require(Right.VIEW)
    catalogue = Catalogue.of(request.ledger)
    if request.method == "POST":
        return redirect(_url(request, listing.url_params(listing.parse(request.POST, actor), catalogue, actor)))
    query = listing.parse(request.GET, actor)
    if any(listing.is_private(key, value, catalogue) for key, value in request.GET.items()):
        return redirect(_url(request, listing.url_params(query, catalogue, actor)))
    context = _results(request, query, catalogue)
    if request.htmx and request.htmx.target == RESULTS:
        response = render(request, "customers/list/results.html", context)
    else:
        context["filters"] = filter_bar.bar(query, catalogue, actor)
        response = render(request, "customers/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _url(request: HttpRequest, params: dict[str, str]) -> str:
    address = reverse("customer_list", args=[request.ledger.code])
    return f"{address}?{urlencode(params)}" if params else address


def _results(request: HttpRequest, query: ListQuery, catalogue: Catalogue) -> dict[str, Any]:
    """Template variables of the table, its chips and its pager."""
    actor = request.actor
    presenter = Presenter(catalogue, actor)
    fields = _columns(catalogue, actor)
    params = listing.url_params(query, catalogue, actor)
    error = None
    try:
        page = listing.page(query, catalogue, actor, fields)
    except BusinessError as wrong:
        page, error = Page([], "", "", 0, False), wrong
    recording.listed(request, query, page, fields, catalogue)
    return {
        "query": query,
        "error": error,
        "chips": [
            {"label": chip.label, "value": chip.value, "url": _url(request, chip.params)}
            for chip in filter_bar.chips(query, catalogue, actor, presenter)
        ],
        "columns": [_column(request, each, query, params) for each in fields],
        "rows": _rows(request, page.customers, fields, presenter, query.text),
        "is_filtered": bool(query.text or query.filters),
        "clear_url": _url(request, {}),
        "first_url": _url(request, params) if page.previous_key else "",
        "previous_url": _url(request, params | {"before": page.previous_key}) if page.previous_key else "",
        "next_url": _url(request, params | {"after": page.next_key}) if page.next_key else "",
        "count_text": _count(page),
        "page_sizes": listing.PAGE_SIZES,
        "may_add": actor.can(Right.ADD) and request.ledger.is_active,
        "number_is_hidden": not actor.field_level("number"),
        "number_apply_url": "" if actor.may_read("number") else refusals.apply_url(request, field="number"),
        "add_url": _add_url(request, query),
        "may_tick": request.ledger.is_active and actor.seen_by is None,
        "may_import": actor.can(Right.IMPORT) and request.ledger.is_active,
        "export_url": _export_url(request, params) if actor.can(Right.EXPORT) and page.customers else "",
    }


def _columns(catalogue: Catalogue, actor: Actor) -> list[Field]:
    """What the list shows: what the set itself asked for stands before place and contact, where the eye still gets to."""
    fields = catalogue.readable(actor, [each for each in catalogue.fields if each.in_list])
    return sorted(fields, key=lambda each: 1 if each.is_own else 0 if each.group == Group.BASIC else 2)


def _export_url(request: HttpRequest, params: dict[str, str]) -> str:
    """The export form with the conditions of this list."""
    return f"{reverse('export_list', args=[request.ledger.code])}?{urlencode(params)}"


def _add_url(request: HttpRequest, query: ListQuery) -> str:
    """The form of a new customer with the name that nobody was found by; empty when it is no name, or nobody may add."""
    may_add = request.actor.can(Right.ADD) and request.ledger.is_active
    if not may_add or not query.text or query.text.isascii():
        return ""
    return f"{reverse('customer_new', args=[request.ledger.code])}?{urlencode({'name': query.text})}"


def _column(request: HttpRequest, each: Field, query: ListQuery, params: dict[str, str]) -> Column:
    order = each.key if each.is_own and each.sortable else _ORDER_OF.get(each.key)
    if order is None or not request.actor.may_read(each.right_key):
        return Column(each)
    # Names go up first, dates down: what one looks for at the first click.
    first, second = (f"-{order}", order) if order == "updated_at" else (order, f"-{order}")
    wanted = second if query.order == first else first
    direction = {order: "ascending", f"-{order}": "descending"}.get(query.order, "")
    return Column(each, _url(request, params | {"sort": wanted}), direction)


def _rows(
    request: HttpRequest, customers: list[Customer], fields: list[Field], presenter: Presenter, text: str
) -> list[Row]:
    code = request.ledger.code
    frozen = standing.blocked(customers, request.actor, request.ledger.today())
    called = standing.found_by_former_name(customers, text, request.actor)
    presenter.look_ahead(customers, fields)
    looks = [(_kind(each), str(each.label), _css(each)) for each in fields]
    colours = {each.key: colours_of(each) for each in fields if _kind(each) == OPTION}
    return [
        Row(
            customer,
            reverse("customer_detail", args=[code, customer.pk]),
            [
                Cell(kind, label, shown.text, css, _tone(customer, shown, colours, presenter))
                for (kind, label, css), shown in zip(looks, presenter.row(customer, fields), strict=True)
            ],
            frozen.get(customer.pk, []),
            called.get(customer.pk, ""),
        )
        for customer in customers
    ]


def _kind(each: Field) -> str:
    if each.is_own:
        return OPTION if each.type == Type.CHOICE else ""
    return each.key if each.key in _OWN_WAY else ""


def _tone(customer: Customer, shown: Shown, colours: dict[str, dict[str, str]], presenter: Presenter) -> str:
    """The tone of a badge, or the colour of a chosen option."""
    if shown.key in colours and not shown.is_masked:
        return colours[shown.key].get(presenter.value(customer, shown.field), "")
    return shown.tone


def _css(each: Field) -> str:
    """Classes of a plain cell: codes and instants stay on one line, a phone's card leaves some out."""
    width = "code" if each.sensitive or each.key == "updated_at" else "cell-text"
    if each.is_own and each.value_type in (Type.INTEGER, Type.DECIMAL, Type.MONEY):
        width = "num"
    return f"{width} cell-optional" if each.key in _NOT_ON_CARDS else width


def _count(page: Page) -> str:
    if page.total_is_capped:
        return _("%(count)s+ 位客户") % {"count": f"{page.total:,}"}
    return ngettext("共 %(count)s 位客户", "共 %(count)s 位客户", page.total) % {"count": f"{page.total:,}"}
