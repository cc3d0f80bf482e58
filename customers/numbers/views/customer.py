"""The numbers of one customer: the present one and changing it, former ones, those of other systems and organisations.

What lives here: HTTP and two small forms. What does not: judging and saving a number (the pipeline).
"""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.pages import told
from permissions.rights import Right

from ...fields import FOREIGN_PREFIX, Catalogue, foreign_field
from ...forms.placing import words
from ...models import ChangeBatch, Customer, ForeignNumber
from ...presenting import Presenter
from ...services import pipeline
from ...services.changing import is_view_only
from ...services.edits import Edit
from ...services.number_rules import AUTO, CHOSEN_BY, RuleSet
from ...views.fetching import visible_customer

KNOWN_SYSTEMS = ("SAP", "Oracle", "U8", "K3", "CRM")


class NumberForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("新编号"), max_length=40, strip=False)
    reason = forms.CharField(label=gettext_lazy("改号原因"), max_length=200)


class ForeignForm(forms.Form):
    system = forms.RegexField(
        r"^[\w.-]{1,30}$",
        label=gettext_lazy("系统或组织"),
        widget=forms.TextInput(attrs={"list": "known-systems", "maxlength": 30}),
        error_messages={"invalid": gettext_lazy("用字母、数字、文字、点或连字符，最多 30 个字。")},
    )
    number = forms.CharField(label=gettext_lazy("该系统中的编号"), max_length=60, required=False)


@never_cache
@require_http_methods(["GET", "POST"])
def customer_numbers(request: HttpRequest, pk: int) -> HttpResponse:
    """编号: everything by which this customer is found, for whoever may read numbers."""
    customer = visible_customer(request, pk)
    if not request.actor.may_read("number"):
        raise NotAllowed(
            _("您无权查看客户编号。"), rule=request.actor.field_decision("number").rule, field_key="number"
        )
    number_form = NumberForm(request.POST if "change" in request.POST else None)
    foreign_form = ForeignForm(request.POST if "foreign" in request.POST else None)
    doubts: list[str] = []
    if request.method == "POST":
        request.actor.require(Right.EDIT)
        request.ledger.require_writable()
        edit = _edit(customer, number_form, foreign_form)
        if edit is not None:
            sent = number_form if number_form.is_bound else foreign_form
            confirmed = request.POST.get("confirmed") == "1" or sent is foreign_form
            doubts = _sent(request, edit, sent, confirmed)
            if doubts is None:
                return redirect("customer_numbers", request.ledger.code, pk)
    context = _context(request, customer) | {
        "number_form": number_form,
        "foreign_form": foreign_form,
        "doubts": doubts,
        "systems": sorted({*KNOWN_SYSTEMS, *_systems(request.ledger)}),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/numbers.html", context, status=status)


def _edit(customer: Customer, number_form: NumberForm, foreign_form: ForeignForm) -> Edit | None:
    """What was sent, as an edit; the reason is what the user gave for changing the number."""
    if number_form.is_bound:
        if not number_form.is_valid():
            return None
        data = number_form.cleaned_data
        return Edit(values={"number": data["number"]}, customer_id=customer.pk, reason=data["reason"])
    if not foreign_form.is_bound or not foreign_form.is_valid():
        return None
    data = foreign_form.cleaned_data
    return Edit(values={f"{FOREIGN_PREFIX}{data['system']}": data["number"] or None}, customer_id=customer.pk)


def _sent(request: HttpRequest, edit: Edit, form: forms.Form, confirmed: bool) -> list[str] | None:
    """Submit; None when it was saved, else the doubts to be confirmed (errors are on the form)."""
    reason = edit.reason
    edit.reason = reason if confirmed else ""
    try:
        outcome = pipeline.submit(
            [edit], ledger=request.ledger, by=request.actor, kind=ChangeBatch.Kind.EDIT, reason=reason
        )
    except BusinessError as problem:
        form.add_error(None, told(problem))
        return []
    if edit.refused:
        errors = [problem for problem in edit.problems if problem.severity == "error"]
        for problem in errors:
            form.add_error("number", words(problem))
        return [] if errors else [problem.message for problem in edit.problems if problem.severity == "reason"]
    messages.success(request, _("没有改动。") if outcome.unchanged else _("已保存。"))
    for problem in edit.problems:
        if problem.severity == "warning":
            messages.warning(request, problem.message)
    return None


def _context(request: HttpRequest, customer: Customer) -> dict:
    catalogue = Catalogue.of(request.ledger)
    presenter = Presenter(catalogue, request.actor)
    ready = RuleSet(request.ledger).choose({key: getattr(customer, key) for key in CHOSEN_BY})
    mode = ready.mode if ready else request.ledger.parameter("number_mode")
    may_edit = request.actor.can(Right.EDIT) and request.ledger.is_active and request.actor.may_edit("number")
    may_edit = may_edit and not is_view_only(customer, request.actor)
    foreign_level = request.actor.may_read(foreign_field("x").right_key)
    return {
        "customer": customer,
        "name": presenter.shown(catalogue.get("name"), customer.name).text,
        "number": customer.number,
        "rule": ready.rule if ready else None,
        "aliases": customer.number_aliases.order_by("-pk"),
        "foreign": ForeignNumber.objects.filter(customer=customer) if foreign_level else [],
        "may_change": may_edit and mode != AUTO,
        "is_automatic": mode == AUTO,
        "may_foreign": request.actor.can(Right.EDIT)
        and request.ledger.is_active
        and request.actor.may_edit(foreign_field("x").right_key)
        and not is_view_only(customer, request.actor),
    }


def _systems(ledger) -> list[str]:
    """Systems that the set knows already."""
    known = ForeignNumber.objects.filter(ledger=ledger).order_by().values_list("system", flat=True).distinct()
    return list(known[:50])
