"""How a customer stands: status, what is frozen, former names, licences; and the pages of the acts that change it.

What lives here: HTTP, and what lists and card show of it. What does not: the rules (``services.status``, ``blocks``, ``naming``).
"""

from collections.abc import Callable, Iterable
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.pages import put_on_form
from permissions.actor import Actor
from permissions.rights import Right

from ..access import sharing
from ..fields import Catalogue
from ..models import Block, Customer, FormerName
from ..presenting import Presenter, Shown
from ..rules import dates, kinds
from ..rules.text import fold
from ..rules.validity import Validity, validity
from ..services import blocks, naming, status
from ..services.changing import require_change
from .fetching import visible_customer

TONES = {Validity.VALID: "success", Validity.ENDING: "warning", Validity.ENDED: "danger", Validity.COMING: "info"}
LICENCE_STATES = {
    Validity.VALID: gettext_lazy("有效"),
    Validity.ENDING: gettext_lazy("即将到期"),
    Validity.ENDED: gettext_lazy("已过期"),
    Validity.COMING: gettext_lazy("未生效"),
}


# --- in lists ---------------------------------------------------------------------------------------------------------


def blocked(customers: Iterable[Customer], actor: Actor, today: date) -> dict[int, list[str]]:
    """pk → what is frozen today, for an actor who may know it; one query."""
    if not actor.may_read("blocks.process"):
        return {}
    found = blocks.of_customers([customer.pk for customer in customers], today)
    return {pk: [str(each.get_process_display()) for each in rows] for pk, rows in found.items()}


def found_by_former_name(customers: Iterable[Customer], text: str, actor: Actor) -> dict[int, str]:
    """pk → the former name that has a word of the search which the present name has not; one query, none without a search."""
    words = [folded for word in text.split() if (folded := fold(word))]
    if not words or not actor.may_read("name"):
        return {}
    present = {customer.pk: customer.name_key for customer in customers}
    rows = FormerName.objects.filter(customer_id__in=present).order_by("until_on", "pk")
    return {
        row.customer_id: row.name
        for row in rows
        if any(word in row.name_key and word not in present[row.customer_id] for word in words)
    }


# --- on the card ------------------------------------------------------------------------------------------------------


def context(request: HttpRequest, customer: Customer, catalogue: Catalogue) -> dict[str, Any]:
    """What the head of the card shows beside the fields; parts must be prefetched."""
    actor = request.actor
    may_read_blocks = actor.may_read("blocks.process")
    return {
        "status_card": _status(customer, actor) if actor.may_read("status") else None,
        "blocks": [_block(each, actor) for each in blocks.of_customer(customer)] if may_read_blocks else [],
        "block_history": blocks.history(customer) if may_read_blocks and actor.may_read("blocks.reason") else [],
        "may_block": blocks.may_block(customer, actor),
        "names_card": _names(request, customer, actor) if actor.may_read("name") else None,
        "lacking": _lacking(customer, catalogue, actor),
        "share_card": sharing.card(customer, actor),
    }


def _status(customer: Customer, actor: Actor) -> dict[str, Any]:
    may_change = status.may_change(customer, actor)
    return {
        "since": customer.status_since if actor.may_read("status_since") else None,
        "chain": [
            {"value": value, "label": label, "current": value == customer.status}
            for value, label in status.Status.choices
        ],
        "steps": status.next_steps(customer, actor) if may_change else [],
        "stays": status.history(customer),
        "may_change": may_change,
    }


def _block(each: Block, actor: Actor) -> dict[str, Any]:
    """A block as far as this actor may read it."""

    def read(column: str) -> Any:
        return getattr(each, column) if actor.may_read(f"blocks.{column}") else None

    return {
        "process": each.process,
        "label": each.get_process_display(),
        "reason": read("reason"),
        "starts_on": read("starts_on"),
        "ends_on": read("ends_on"),
    }


def _names(request: HttpRequest, customer: Customer, actor: Actor) -> dict[str, Any]:
    asked = request.GET.get("name_on", "")
    checked = dates.date(asked)
    on = checked.value if checked.problem is None and isinstance(checked.value, date) else None
    return {
        "former": list(customer.former_names.all()),
        "may_rename": naming.may_rename(customer, actor),
        "asked": asked,
        "on": on,
        "then": naming.name_as_of(customer, on) if on else "",
    }


def _lacking(customer: Customer, catalogue: Catalogue, actor: Actor) -> list[str]:
    """Labels of what one would expect to know of a customer of his kind and that nobody has filled in."""
    presenter = Presenter(catalogue, actor)
    found = []
    for group in kinds.hints(customer.kind):
        fields = [field for key in group if (field := catalogue.get(key))]
        readable = [field for field in fields if actor.may_edit(field.right_key)]
        if len(readable) == len(fields) and not any(presenter.value(customer, field) for field in fields):
            found.append(str(fields[0].label))
    return found


def licence_state(row: Any, today: date, warning_days: int) -> dict[str, str]:
    """Label and tone of a licence today."""
    state = validity(row.starts_on, row.ends_on, today, warning_days)
    return {"label": str(LICENCE_STATES[state]), "tone": TONES[state]}


def profile_state(row: Any, today: date) -> dict[str, str]:
    """Label and tone of an invoice profile that is not in force today; empty for one that is."""
    state = validity(row.starts_on, row.ends_on, today)
    if state is Validity.VALID:
        return {}
    return {"label": _("已停用") if state is Validity.ENDED else _("未启用"), "tone": ""}


# --- the acts ------------------------------------------------------------------------------------------------------------


class _Day(forms.DateField):
    def __init__(self, **kwargs):
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def _reason(**kwargs) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(max_length=200, widget=widget, **kwargs)


class StatusForm(forms.Form):
    to = forms.ChoiceField(label=gettext_lazy("改为"), widget=forms.RadioSelect)
    on = _Day(label=gettext_lazy("自"), help_text=gettext_lazy("业务日期，须在已打开的期间内"))
    reason = _reason(label=gettext_lazy("原因"), required=False)


class BlockForm(forms.Form):
    processes = forms.MultipleChoiceField(
        label=gettext_lazy("冻结的业务"), choices=Block.Process.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = _reason(label=gettext_lazy("冻结原因"))
    starts_on = _Day(label=gettext_lazy("冻结自"), help_text=gettext_lazy("业务日期，须在已打开的期间内"))
    ends_on = _Day(
        label=gettext_lazy("自动解冻日"), required=False, help_text=gettext_lazy("这一天之后自动解冻；留空为一直冻结")
    )


class RenameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("新名称"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    since = _Day(label=gettext_lazy("自何日起改名"), help_text=gettext_lazy("原名称保留为曾用名，使用至前一天"))
    reason = _reason(
        label=gettext_lazy("原因"), required=False, help_text=gettext_lazy("与其他客户同名等情况需说明原因")
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_status(request: HttpRequest, pk: int) -> HttpResponse:
    """改变合作状态."""
    customer = _changeable(request, pk, "status")
    steps = status.next_steps(customer, request.actor)
    form = StatusForm(request.POST or None, initial={"to": request.GET.get("to", ""), "on": request.ledger.today()})
    form.fields["to"].choices = [(step.to, step.label) for step in steps if step.allowed]
    refused = [step for step in steps if not step.allowed]

    def act(data: dict[str, Any]) -> str:
        status.change_status(customer, data["to"], by=request.actor, on=data["on"], reason=data["reason"])
        return _("合作状态已改为“%(to)s”。") % {"to": status.Status(data["to"]).label}

    return _act(request, customer, form, act, {"title": _("改变合作状态"), "refused": refused, "button": _("保存")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_block(request: HttpRequest, pk: int) -> HttpResponse:
    """冻结."""
    customer = _changeable(request, pk, *(f"blocks.{column}" for column in blocks.COLUMNS))
    initial = {"starts_on": request.ledger.today(), "processes": [request.GET.get("process", "")]}
    form = BlockForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> str:
        blocks.block(customer, by=request.actor, **data)
        return _("已冻结。")

    return _act(request, customer, form, act, {"title": _("冻结客户业务"), "button": _("冻结"), "danger": True})


@require_POST
def customer_unblock(request: HttpRequest, pk: int) -> HttpResponse:
    """解冻 one process."""
    customer = visible_customer(request, pk, with_parts=True)
    try:
        blocks.unblock(
            customer, request.POST.get("process", ""), reason=request.POST.get("reason", ""), by=request.actor
        )
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, f"{problem.message}{problem.remedy}")
    else:
        messages.success(request, _("已解冻。"))
    return redirect(customer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """改名."""
    customer = _changeable(request, pk, "name")
    form = RenameForm(request.POST or None, initial={"since": request.ledger.today()})

    def act(data: dict[str, Any]) -> str:
        naming.rename(customer, data["name"], by=request.actor, since=data["since"], reason=data["reason"])
        return _("已改名，原名称已存为曾用名。")

    return _act(request, customer, form, act, {"title": _("改名"), "button": _("改名")})


def _changeable(request: HttpRequest, pk: int, *fields: str) -> Customer:
    """The customer, if the actor may change these fields of him in this set."""
    customer = visible_customer(request, pk, with_parts=True)
    request.actor.require(Right.EDIT)
    require_change(customer, request.actor)
    request.ledger.require_writable()
    for key in fields:
        if not request.actor.may_edit(key):
            label = Catalogue.of(request.ledger).get(key).label_with_part
            words = _("您没有修改「%(field)s」的权限。") % {"field": label}
            rule = request.actor.field_decision(key).rule
            raise NotAllowed(words, code="field.not_allowed", rule=rule, field_key=key)
    return customer


def _act(
    request: HttpRequest,
    customer: Customer,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
    words: dict[str, Any],
) -> HttpResponse:
    """The page of an act: the form, or back to the card once it is done."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except NotAllowed:
            raise
        except BusinessError as problem:
            problem.field = _FIELDS.get(problem.field or "", problem.field)
            put_on_form(form, problem)
        else:
            messages.success(request, done)
            return redirect(customer)
    called = Presenter(Catalogue.of(request.ledger), request.actor)
    shown: dict[str, Shown] = {
        key: called.shown(called.catalogue.get(key), getattr(customer, key)) for key in ("name", "number")
    }
    sent = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(
        request,
        "customers/act.html",
        {"customer": customer, "form": form, "name": shown["name"].text, "number": shown["number"].text, **words},
        status=sent,
    )


# A problem's field → the control that stands for it on these pages.
_FIELDS = {"status": "to", "status_since": "on", "blocks.0.starts_on": "starts_on", "blocks.0.ends_on": "ends_on"}
