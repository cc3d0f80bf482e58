"""字段设计: the table of all fields, changed in place, and the page of what the set or a category says of one of them.

What lives here: HTTP and the form of a setting. What does not: what the table shows (``overview``) and saving (``rulebook.settings``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import needs, put_on_form, told
from permissions.rights import Right

from ...fields import GROUP_LABELS, Catalogue, Field, Group
from ...models import Category, Customer, CustomField, FieldSetting
from ...own import scanning as own_scanning
from ...rulebook import names as rule_names
from ...rulebook import settings as rule_settings
from .. import categories
from .formulas import builder_fields, called, shelf
from .frame import render_fields
from .overview import Overview, Row, in_words

MOST_SECONDS = 2.0  # that the page waits for a count of all customers
Need = FieldSetting.Need


@require_safe
@needs(Right.CONFIGURE)
def field_design(request: HttpRequest) -> HttpResponse:
    """Every field by group, for the whole set or for one category."""
    overview = Overview(request.ledger, _category(request, request.GET.get("category", "")))
    context = {
        "overview": overview,
        "groups": overview.groups(),
        "needs": Need.choices,
        "categories": categories.choices(request.ledger),
        "bin_count": CustomField.objects.filter(ledger=request.ledger).exclude(state=CustomField.State.ACTIVE).count(),
    }
    return render_fields(request, "settings/fields/list.html", "field_design", context)


def _category(request: HttpRequest, pk: str) -> Category | None:
    if not pk:
        return None
    if not pk.isdecimal() or len(pk) > 18:
        raise Http404
    return get_object_or_404(Category, ledger=request.ledger, pk=int(pk))


# --- in place ---------------------------------------------------------------------------------------------------------


@require_POST
@needs(Right.CONFIGURE)
def field_setting_save(request: HttpRequest) -> HttpResponse:
    """Name and need of one row of the table; the row comes back as it is now, or the whole page without scripts."""
    key, category = request.POST.get("field", ""), _category(request, request.POST.get("category", ""))
    values = {name: request.POST[name].strip() for name in ("label", "need") if name in request.POST}
    problem, wanting = "", None
    try:
        wanting = _wanting(request, key, category, values)
        if wanting is None:
            rule_settings.save_setting(request.ledger, key, values, category=category, by=request.actor)
    except BusinessError as refused:
        problem = told(refused)
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        if wanting is not None:
            messages.warning(request, f"{wanting.told}{_('请在字段的设置页确认后保存。')}")
        address = reverse("field_design", args=[request.ledger.code])
        return redirect(f"{address}?category={category.pk}#row-{key}" if category else f"{address}#row-{key}")
    overview = Overview(request.ledger, category)
    row = overview.row(_field(overview.catalogue, key))
    is_saved = not problem and wanting is None
    context = {
        "row": row,
        "overview": overview,
        "needs": Need.choices,
        "saved": is_saved,
        "problem": problem,
        "misfits": wanting,
        "typed": {} if is_saved else values,
    }
    return render(request, "settings/fields/row.html", context, status=422 if problem else 200)


def _wanting(
    request: HttpRequest, key: str, category: Category | None, values: dict[str, Any]
) -> rule_settings.Misfits | None:
    """Customers who would lack the field, or hold a value in a field that goes out of use; None when nobody, or it was agreed to."""
    if request.POST.get("accept") == "1" or not _asks_more(values):
        return None
    judged = rule_settings.judged_setting(request.ledger, key, category, values)
    found = rule_settings.misfits(request.ledger, judged, by=request.actor, seconds=MOST_SECONDS)
    return found if found.count else None


def _asks_more(values: dict[str, Any]) -> bool:
    stricter = values.get("need") in (Need.REQUIRED, Need.HIDDEN)
    return stricter or bool(values.get("required_from") or values.get("required_when"))


@require_POST
@needs(Right.CONFIGURE)
def field_order(request: HttpRequest) -> HttpResponse:
    """Put a field before another one, or at the end of a group."""
    key, before, group = (request.POST.get(name, "").strip() for name in ("field", "before", "group"))
    overview = Overview(request.ledger)
    moved = _field(overview.catalogue, key)
    rest = [each for each in overview.fields() if each.key != key]
    places = [at for at, each in enumerate(rest) if each.key == before]
    ends = [at + 1 for at, each in enumerate(rest) if each.group == group]
    at = (places or ends[-1:] or [len(rest)])[0]
    order = [each.key for each in rest]
    try:
        with transaction.atomic():
            if group and group != moved.group:
                rule_settings.save_setting(request.ledger, key, {"group": group}, by=request.actor)
            rule_settings.place(request.ledger, [*order[:at], key, *order[at:]], by=request.actor)
    except BusinessError as refused:
        messages.error(request, told(refused))
    return redirect(f"{reverse('field_design', args=[request.ledger.code])}#row-{key}")


def _field(catalogue: Catalogue, key: str) -> Field:
    found = catalogue.get(key)
    if found is None:
        raise Http404
    return found


# --- what is said of one field -----------------------------------------------------------------------------------------


class SettingForm(forms.Form):
    """What a set, or a category, says of one field; blank says nothing."""

    label = forms.CharField(max_length=40, required=False)
    help_text = forms.CharField(max_length=200, required=False)
    need = forms.ChoiceField(required=False)
    required_from = forms.ChoiceField(required=False)
    visible_when = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    required_when = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    default = forms.CharField(max_length=200, required=False)
    group = forms.CharField(
        max_length=30, required=False, widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"})
    )

    def __init__(self, data: Any, *, row: Row, setting: FieldSetting | None, names: Any, is_category: bool):
        super().__init__(data, initial=_initial(setting, names))
        labels = {
            "label": _("显示名称"), "help_text": _("填写说明"), "need": _("要求"), "required_from": _("自此合作状态起必填"),
            "visible_when": _("显示条件"), "required_when": _("必填条件"), "default": _("默认值"), "group": _("分组"),
        }  # fmt: skip
        for name, text in labels.items():
            self.fields[name].label = text
        inherited = dict(Need.choices).get(row.need.inherited, "")
        self.fields["need"].choices = [("", _("沿用（%(need)s）") % {"need": inherited}), *Need.choices]
        self.fields["required_from"].choices = [("", "—"), *Customer.Status.choices]
        self.fields["label"].widget.attrs["placeholder"] = row.label.inherited
        self.fields["visible_when"].help_text = _("条件成立才显示该字段，如 [客户类型] = 企业；留空为总是显示")
        self.fields["required_when"].help_text = _("条件成立时必填，如 [客户等级] = VIP 且 [合作状态] = 合作中")
        self.fields["default"].help_text = _("新增客户时自动填入，可以改")
        if row.is_fixed:
            for name in ("need", "required_from", "visible_when", "required_when"):
                del self.fields[name]
        if row.is_of_part:
            for name in ("required_from", "visible_when", "required_when", "default", "group"):
                del self.fields[name]
        elif row.field.read_only or row.key == "number":
            self.fields.pop("default")
        if is_category:
            self.fields.pop("group", None)
        for name in ("visible_when", "required_when"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-expression"] = ""

    def clean_group(self) -> str:
        words = " ".join(self.cleaned_data["group"].split())
        return {str(label): str(key) for key, label in GROUP_LABELS.items()}.get(words, words)


def _initial(setting: FieldSetting | None, names: Any) -> dict[str, Any]:
    if setting is None:
        return {}
    found = {name: getattr(setting, name) for name in ("label", "help_text", "need", "required_from")}
    found["group"] = str(GROUP_LABELS.get(setting.group, setting.group))
    found["default"] = "" if setting.default is None else setting.default
    for name in ("visible_when", "required_when"):
        text = getattr(setting, name)
        found[name] = in_words(text, names) if text else ""
    return found


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def field_setting(request: HttpRequest, key: str) -> HttpResponse:
    """Name, need, conditions and default of a field, for the set or for one category."""
    category = _category(request, request.GET.get("category", ""))
    overview = Overview(request.ledger, category)
    row = overview.row(_field(overview.catalogue, key))
    setting = overview.settings.get((key, category.pk if category else None))
    names = rule_names.names_of(overview.catalogue)
    form = SettingForm(request.POST or None, row=row, setting=setting, names=names, is_category=bool(category))
    wanting = None
    if request.method == "POST" and form.is_valid():
        try:
            wanting = _wanting(request, key, category, form.cleaned_data) if form.has_changed() else None
            if wanting is None:
                rule_settings.save_setting(request.ledger, key, form.cleaned_data, category=category, by=request.actor)
        except BusinessError as refused:
            put_on_form(form, refused)
    if request.method == "POST" and form.is_valid() and wanting is None:
        messages.success(request, _("已保存「%(label)s」的设置。") % {"label": row.label.now})
        address = reverse("field_design", args=[request.ledger.code])
        return redirect(f"{address}?category={category.pk}#row-{key}" if category else f"{address}#row-{key}")
    context = {
        "row": row,
        "form": form,
        "category": category,
        "categories": categories.choices(request.ledger),
        "shelf": shelf(overview.catalogue),
        "builder": builder_fields(overview.catalogue),
        "misfits": wanting,
        "customers": called(request, wanting.samples) if wanting else (),
        "group_names": [str(label) for id, label in overview.catalogue.groups.items() if id != Group.SYSTEM],
        "holders": own_scanning.holders(row.field).count() if row.custom else None,
    }
    return render_fields(request, "settings/fields/setting.html", "field_design", context)
