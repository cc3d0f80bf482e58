"""The logs of one set, and 谁看过 of one customer.

What lives here: HTTP, and customers by number where the reader may see them. What does not: the logs (``permissions.logs``).
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ledgers.pages import needs, render_settings
from permissions.actor import Actor
from permissions.everybody import people_of
from permissions.logs import reading, screens
from permissions.logs.forms import AskForm
from permissions.rights import Right

from ..models import Customer
from ..services import lookup

PAGE = "ledger_logs"
_UNUSUAL = "unusual"


def _form_of(actor: Actor) -> type[AskForm]:
    class Form(AskForm):
        """A customer may be named by his number as well."""

        def __init__(self, data, log):
            super().__init__(data, log)
            if "customer" in self.fields:
                self.fields["customer"].label = gettext_lazy("客户编号或 ID")

        def clean_customer(self) -> int | None:
            text = self.cleaned_data["customer"].strip()
            found = lookup.by_number(text, actor) if text and actor.may_read("number") else []
            if len(found) == 1:
                return found[0].customer.pk
            if text and not text.isdecimal():
                raise forms.ValidationError(_("没有这个编号的客户，或您看不到。"))
            return super().clean_customer()

    return Form


def _place(request: HttpRequest) -> screens.Place:
    actor = request.actor

    def customers(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        seen = Customer.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "number")
        return {
            pk: (actor.shown("number", number) or str(pk), reverse("customer_detail", args=[request.ledger.code, pk]))
            for pk, number in seen
        }

    people = people_of(request.ledger.pk).values("pk")
    return screens.Place(request.ledger.pk, people, customers, _form_of(actor))


def _show(request: HttpRequest, template: str, tab: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    code = request.ledger.code
    entries = [(key, log.label, reverse("ledger_log", args=[code, key])) for key, log in reading.LOGS.items()]
    entries.append((_UNUSUAL, _("异常访问"), reverse("ledger_log_unusual", args=[code])))
    tabs = [{"label": label, "url": url, "active": key == tab} for key, label, url in entries]
    return render_settings(request, template, PAGE, {"tabs": tabs, **context}, status)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def ledger_logs(request: HttpRequest, log: str = "access") -> HttpResponse:
    """One of the three logs, of this set."""
    found, code = screens.log_of(log), request.ledger.code
    context, status = screens.context(request, found, _place(request))
    files = {format: reverse("ledger_log_file", args=[code, log, format]) for format in context.get("formats", ())}
    return _show(request, "logs/ledger_log.html", log, {**context, "files": files}, status)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def ledger_log_file(request: HttpRequest, log: str, format: str) -> HttpResponse:
    """The same rows as a file."""
    return screens.file(request, screens.log_of(log), _place(request), format, by=request.actor)


@never_cache
@require_safe
@needs(Right.MEMBERS)
def ledger_log_unusual(request: HttpRequest) -> HttpResponse:
    """What stands out in this set in the last days."""
    logs = {key: reverse("ledger_log", args=[request.ledger.code, key]) for key in reading.LOGS}
    context = {**screens.unusual_context(request, _place(request)), "logs": logs}
    return _show(request, "logs/ledger_unusual.html", _UNUSUAL, context)


def seen_by(request: HttpRequest, customer: Customer, count: int = 10) -> dict[str, Any]:
    """谁看过: the last rows about a customer, for who manages the members; else nothing."""
    if not request.actor.can(Right.MEMBERS):
        return {}
    rows = reading.rows(reading.ACCESS, reading.Asked(customer_id=customer.pk), ledger_id=request.ledger.pk)
    address = reverse("ledger_log", args=[request.ledger.code, "access"])
    return {
        "seen": [
            {"at": row.at, "who": _who(row), "kind": row.get_kind_display(), "detail": row.detail}
            for row in reading.page(reading.ACCESS, rows, size=count).rows
        ],
        "seen_url": f"{address}?customer={customer.pk}",
    }


def _who(row: Any) -> str:
    return next(column.text(row) for column in reading.ACCESS.columns if column.key == "person")
