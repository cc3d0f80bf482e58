"""保留号段 and 归档编号.

What lives here: HTTP and two small forms. What does not: the verbs (``reserving``, ``retiring``).
"""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form
from permissions.models import Department
from permissions.rights import Right

from ...models import Customer, NumberAlias, NumberingRule, NumberReservation
from ...services.number_rules import plan_of
from ...services.numbering import number_key
from .. import reserving, retiring, wording
from .tabs import render_numbers

PAGE = 50


class ReserveForm(forms.Form):
    rule = forms.ModelChoiceField(NumberingRule.objects.none(), label=gettext_lazy("编码规则"), empty_label=None)
    scope = forms.CharField(
        label=gettext_lazy("计数范围"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("分开计数的规则填写，如 HD-VIP-* 或 2027；规则页的“流水号”里有已用的范围"),
    )
    first = forms.CharField(label=gettext_lazy("流水号自"), max_length=18)
    last = forms.CharField(label=gettext_lazy("流水号至"), max_length=18)
    purpose = forms.CharField(label=gettext_lazy("用途"), max_length=100)
    department = forms.ModelChoiceField(
        Department.objects.filter(is_active=True),
        label=gettext_lazy("给哪个部门"),
        required=False,
        empty_label=gettext_lazy("（不指定）"),
        help_text=gettext_lazy("该部门及下级的人可以使用这些编号"),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("保留至"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, ledger, **kwargs):
        super().__init__(*args, **kwargs)
        active = NumberingRule.objects.filter(ledger=ledger, state=NumberingRule.State.ACTIVE)
        sound = [rule.pk for rule in active if not wording.errors(rule.parts, rule.reset)]
        self.fields["rule"].queryset = active.filter(pk__in=sound)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbers_reserved(request: HttpRequest) -> HttpResponse:
    """What is kept back, what of it is free, and a new range."""
    ledger = request.ledger
    form = ReserveForm(request.POST or None, ledger=ledger)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            scope = number_key(data.pop("scope")) or None
            reserving.reserve(ledger, scope=scope, by=request.user, **data)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("号段已保留，自动编号会跳过它。"))
            return redirect("numbers_reserved", ledger.code)
    rows = NumberReservation.objects.filter(rule__ledger=ledger).select_related("rule__ledger", "department", "by")
    context = {"form": form, "rows": [_shown(row) for row in rows.order_by("-pk")[:100]]}
    return render_numbers(request, "settings/numbers_reserved.html", "numbers_reserved", context)


def _shown(row: NumberReservation) -> dict:
    serial = plan_of(row.rule).serial
    return {
        "row": row,
        "first": serial.text(row.first),
        "last": serial.text(min(row.last, serial.limit - 1)),
        "scope": row.scope.replace("*", "…"),
        "is_over": row.ends_on is not None and row.ends_on < timezone.localdate(),
        "free": [] if row.renumbering_id else reserving.free_numbers(row, 8),
    }


@require_POST
@needs(Right.CONFIGURE)
def numbers_release(request: HttpRequest, pk: int) -> HttpResponse:
    """释放 a range; one that belongs to a plan goes with the plan."""
    related = NumberReservation.objects.select_related("rule__ledger")
    row = get_object_or_404(related, rule__ledger=request.ledger, renumbering=None, pk=pk)
    attempt(request, lambda: reserving.release(row, by=request.user), _("号段已释放。"))
    return redirect("numbers_reserved", request.ledger.code)


class RetireForm(forms.Form):
    numbers = forms.CharField(
        label=gettext_lazy("编号"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        help_text=gettext_lazy("每行一个，如旧系统、合同中用过的编号；以后不会再发给任何客户"),
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbers_retired(request: HttpRequest) -> HttpResponse:
    """Numbers that nobody gets any more: former, absorbed, reserved, retired ones."""
    ledger = request.ledger
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        numbers = form.cleaned_data["numbers"].split()
        try:
            count = retiring.retire(ledger, numbers, reason=form.cleaned_data["reason"], by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已归档 %(count)s 个编号。") % {"count": count})
            return redirect("numbers_retired", ledger.code)
    aliases = NumberAlias.objects.filter(ledger=ledger).order_by("-pk")
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:40]
    if kind in NumberAlias.Kind.values:
        aliases = aliases.filter(kind=kind)
    if text:
        aliases = aliases.filter(number_key__startswith=number_key(text))
    page = Paginator(aliases, PAGE).get_page(request.GET.get("page"))
    seen = Customer.objects.visible_to(request.actor).filter(
        pk__in=[row.customer_id for row in page if row.customer_id]
    )
    numbers = dict(seen.values_list("pk", "number"))
    context = {
        "form": form,
        "rows": [{"alias": row, "now": numbers.get(row.customer_id, "")} for row in page],
        "page": page,
        "kinds": NumberAlias.Kind.choices,
        "kind": kind,
        "text": text,
        "may_free": retiring.may_free(ledger),
    }
    return render_numbers(request, "settings/numbers_retired.html", "numbers_retired", context)


@require_POST
@needs(Right.CONFIGURE)
def numbers_free(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a number free again."""
    alias = get_object_or_404(NumberAlias.objects.select_related("ledger"), ledger=request.ledger, pk=pk)
    done = _("编号 %(number)s 已释放，可以再次使用。") % {"number": alias.number}
    attempt(request, lambda: retiring.free(alias, by=request.user), done)
    return redirect("numbers_retired", request.ledger.code)
