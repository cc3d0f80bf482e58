"""The first page of an account set: one's own customers, what is new, what others have changed."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ledgers.access.life import delegations
from permissions.rights import Right

from ..fields import Catalogue
from ..listing import COUNT_CAP
from ..models import ChangeBatch, Customer
from ..presenting import Presenter
from ..settings import guide

LAST_LEDGER = "last_ledger"
_SHOWN = 8
# Looked through for changes of others and for imports, so that neither question grows with the set.
_RECENT = 100


@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """工作台."""
    if request.session.get(LAST_LEDGER) != request.ledger.code:
        request.session[LAST_LEDGER] = request.ledger.code
    actor = request.actor
    context = {
        "may_add": actor.can(Right.ADD),
        "may_import": actor.can(Right.IMPORT),
        "may_view": actor.can(Right.VIEW),
    }
    if context["may_view"]:
        context |= _customers(request)
    if actor.can(Right.CONFIGURE) and request.ledger.is_active:
        steps = guide.steps(request.ledger, actor)
        context["guide"] = [] if guide.is_finished(steps) else steps
    if actor.can(Right.IMPORT):
        context["imports"] = _imports(request.ledger)
    context["delegations"] = delegations.present(request.ledger, request.user)
    return render(request, "customers/dashboard.html", context)


def _customers(request: HttpRequest) -> dict:
    seen = Customer.objects.visible_to(request.actor)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    recent = list(seen.select_related("last_batch__by").order_by("-updated_at", "-id")[:_RECENT])
    changed_today = sum(row.updated_at >= today for row in recent)
    presenter = Presenter(Catalogue.of(request.ledger), request.actor)
    return {
        "mine": _capped(seen.filter(owner_id=request.actor.user_id)),
        "all": _capped(seen),
        "today": f"{_RECENT}+" if changed_today == _RECENT else str(changed_today),
        "newest": [_line(row, presenter) for row in seen.order_by("-id")[:_SHOWN]],
        "changed": [
            _line(row, presenter) for row in recent if row.version > 1 and row.last_batch.by_id != request.actor.user_id
        ][:_SHOWN],
    }


def _capped(rows: QuerySet) -> str:
    """A count that never walks further than the list itself says."""
    count = rows.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def _line(customer: Customer, presenter: Presenter) -> dict:
    cells = {
        key: presenter.shown(field, presenter.value(customer, field)).text
        for key in ("number", "name", "owner")
        if (field := presenter.catalogue.get(key))
    }
    return {"customer": customer, "cells": cells}


def _imports(ledger) -> list[ChangeBatch]:
    """The last imports among the newest acts of the set."""
    batches = ChangeBatch.objects.filter(ledger=ledger).select_related("by").order_by("-id")[:_RECENT]
    return [batch for batch in batches if batch.kind == ChangeBatch.Kind.IMPORT][:5]
