"""校验规则: rules across fields, written by choosing or by hand, tried on a customer and on all of them before they are saved.

What lives here: pages and forms. What does not: the language (``rules.expressions``), saving and ``misfits`` (``rulebook.settings``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form, told
from permissions.rights import Right

from ...fields import Catalogue
from ...forms.widgets import Boxes
from ...models import Customer, ValidationRule
from ...rulebook import names as rule_names
from ...rulebook import settings as rule_settings
from ...rulebook.book import Rulebook
from ...rulebook.stage import stored_values
from ...services import lookup
from .formulas import builder_fields, called, shelf
from .frame import render_fields


class RuleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("规则名称"), max_length=60)
    when = forms.CharField(
        label=gettext_lazy("当"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("留空表示对所有客户"),
    )  # fmt: skip
    required = forms.MultipleChoiceField(label=gettext_lazy("则必填"), required=False)
    must_hold = forms.CharField(
        label=gettext_lazy("则须满足"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    message = forms.CharField(
        label=gettext_lazy("提示"), required=False, max_length=200, help_text=gettext_lazy("留空则按规则自动写出")
    )
    severity = forms.ChoiceField(label=gettext_lazy("不符合时"), choices=ValidationRule.Severity.choices)
    is_active = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)

    def __init__(self, data: Any = None, *, catalogue: Catalogue, rule: ValidationRule | None = None):
        super().__init__(data, initial=_initial(catalogue, rule) if rule and data is None else None)
        chosen = set(self["required"].value() or ())
        pairs = [
            (each.key, str(each.label)) for each in catalogue.fields if not each.read_only and each.key != "number"
        ]
        # What is chosen stands first: it would be out of sight among a hundred.
        pairs.sort(key=lambda pair: pair[0] not in chosen)
        self.fields["required"].widget = Boxes(choices=(), colours={})
        self.fields["required"].choices = pairs


def _initial(catalogue: Catalogue, rule: ValidationRule) -> dict[str, Any]:
    names = rule_names.names_of(catalogue)
    found = {name: getattr(rule, name) for name in ("name", "required", "message", "severity", "is_active")}
    for name in ("when", "must_hold"):
        text = getattr(rule, name)
        found[name] = rule_settings.written(catalogue, text, names) if text else ""
    return found


@require_safe
@needs(Right.CONFIGURE)
def validation_rule_list(request: HttpRequest) -> HttpResponse:
    """All rules, each as the sentence that its violation tells."""
    book = Rulebook(Catalogue.of(request.ledger))
    rules = ValidationRule.objects.filter(ledger=request.ledger)
    context = {"rules": [{"rule": each, "told": book.describe(each)} for each in rules], "broken": book.broken}
    return render_fields(request, "settings/fields/rules.html", "validation_rule_list", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def validation_rule_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One rule, or a new one."""
    rule = _rule(request, pk)
    catalogue = Catalogue.of(request.ledger)
    form = RuleForm(request.POST or None, catalogue=catalogue, rule=rule)
    if request.method == "POST" and form.is_valid():
        try:
            saved = rule_settings.save_rule(request.ledger, form.cleaned_data, by=request.actor, rule=rule)
        except BusinessError as refused:
            put_on_form(form, refused)
        else:
            messages.success(request, _("已保存规则「%(name)s」。") % {"name": saved.name})
            return redirect("validation_rule_list", request.ledger.code)
    context = {"form": form, "rule": rule, "shelf": shelf(catalogue), "builder": builder_fields(catalogue)}
    status = 422 if form.is_bound and form.errors else 200
    return render_fields(request, "settings/fields/rule.html", "validation_rule_list", context, status)


def _rule(request: HttpRequest, pk: int | None) -> ValidationRule | None:
    rules = ValidationRule.objects.select_related("ledger")
    return get_object_or_404(rules, ledger=request.ledger, pk=pk) if pk else None


@require_POST
@needs(Right.CONFIGURE)
def validation_rule_try(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """What the rule as it is written now says of one customer (``number``), or of all (without one)."""
    rule, catalogue = _rule(request, pk), Catalogue.of(request.ledger)
    form = RuleForm(request.POST, catalogue=catalogue)
    form.is_valid()
    number = request.POST.get("number", "").strip()
    values = {
        "name": "—",
        **{name: form.cleaned_data.get(name, "") for name in ("when", "must_hold", "message", "required")},
    }
    try:
        judged = rule_settings.judged_rule(request.ledger, {**values, "severity": "error"}, rule=rule)
        context = _of_one(request, catalogue, judged, number) if number else _of_all(request, judged)
    except BusinessError as refused:
        context = {"refused": told(refused)}
    return render(request, "settings/fields/rule_verdict.html", context)


def _of_one(request: HttpRequest, catalogue: Catalogue, rule: ValidationRule, number: str) -> dict[str, Any]:
    found = lookup.by_number(number.split(maxsplit=1)[0], request.actor)
    if len(found) != 1:
        return {"refused": _("没有找到编号为「%(number)s」的客户。") % {"number": number}}
    customer, book = found[0].customer, Rulebook(catalogue)
    compiled = book.compiled(rule)
    reads = compiled.reads | {"category", "kind", "status"}
    seen = Customer.objects.visible_to(request.actor)
    row = stored_values(catalogue, seen, [customer.pk], reads)[customer.pk]
    problems = [problem.message for _rule, found in book.violations(row, [compiled]) for problem in found]
    return {"customer": called(request, [customer.pk])[0], "problems": problems}


def _of_all(request: HttpRequest, rule: ValidationRule) -> dict[str, Any]:
    found = rule_settings.misfits(request.ledger, rule, by=request.actor)
    return {"misfits": found, "customers": called(request, found.samples)}


@require_POST
@needs(Right.CONFIGURE)
def validation_rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _rule(request, pk)
    done = _("已删除规则「%(name)s」。") % {"name": rule.name}
    attempt(request, lambda: rule_settings.remove_rule(rule, by=request.actor), done)
    return redirect("validation_rule_list", request.ledger.code)
