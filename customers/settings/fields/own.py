"""The set's own fields: adding one (first its type, then what that type has), changing it, another type, switching off, recycle bin.

What lives here: HTTP. What does not: the form (``field_forms``) and the verbs (``own.designing``, ``own.converting``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form, told
from permissions.rights import Right

from ...fields import Catalogue, own_field
from ...models import ChoiceSet, CustomField
from ...own import converting as own_converting
from ...own import designing as custom_fields
from ...own import scanning as own_scanning
from ...rulebook import settings as rule_settings
from .field_forms import CARD_OF, CARDS, FieldForm, group_names, preview_control
from .formulas import shelf
from .frame import render_fields

State = CustomField.State
T = CustomField.Type


# --- adding -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def custom_field_new(request: HttpRequest, type: str = "") -> HttpResponse:
    """Without a type the choice among them; with one its form."""
    if not type:
        return render_fields(request, "settings/fields/types.html", "field_design", {"cards": CARDS})
    _require_type(type)
    form = FieldForm(request.POST or None, ledger=request.ledger, type=type)
    if request.method == "POST" and form.is_valid():
        try:
            made = _create(request, form)
        except BusinessError as refused:
            put_on_form(form, refused)
        else:
            messages.success(
                request, _("已新增字段「%(label)s」，录入、列表、导入导出现在就能用。") % {"label": made.label}
            )
            if "again" in request.POST:
                return redirect("custom_field_new", request.ledger.code)
            return redirect(f"{reverse('field_design', args=[request.ledger.code])}#row-{made.key}")
    return _form_page(request, form, None)


def _require_type(type: str) -> None:
    if type not in CARD_OF:
        raise Http404


@transaction.atomic
def _create(request: HttpRequest, form: FieldForm) -> CustomField:
    values = form.values()
    if "choice_set" in values and values["choice_set"] is None:
        lines = [{"label": each} for each in form.cleaned_data["lines"]]
        values["choice_set"] = custom_fields.save_choice_set(
            request.ledger, lines, by=request.actor, name=values["label"]
        ).pk
    return custom_fields.create(request.ledger, form.type, values, by=request.actor, key=form.cleaned_data["key"])


def _form_page(request: HttpRequest, form: FieldForm, row: CustomField | None, more: dict[str, Any] | None = None):
    catalogue = Catalogue.of(request.ledger)
    form.is_valid()
    context = {
        "form": form,
        "row": row,
        "card": CARD_OF[form.type],
        "preview": _preview(form, catalogue) if form.type != T.FORMULA else None,
        "group_names": group_names(catalogue),
        "shelf": shelf(catalogue, besides=row.key if row else "") if form.type == T.FORMULA else None,
        "unfit": None,
        "lacking": None,
        **(more or {}),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render_fields(request, "settings/fields/field.html", "field_design", context, status)


def _preview(form: FieldForm, catalogue: Catalogue) -> Any:
    draft = form.draft()
    return preview_control(own_field(draft), catalogue, required=draft.is_required)


@require_POST
@needs(Right.CONFIGURE)
def custom_field_preview(request: HttpRequest, type: str) -> HttpResponse:
    """The control that would come of the form as it is filled in now."""
    _require_type(type)
    form = FieldForm(request.POST, ledger=request.ledger, type=type)
    form.is_valid()
    context = {"field": _preview(form, Catalogue.of(request.ledger)), "label": form.draft().label}
    return render(request, "settings/fields/preview.html", context)


# --- changing ---------------------------------------------------------------------------------------------------------


def _own(request: HttpRequest, pk: int) -> CustomField:
    rows = CustomField.objects.select_related("ledger", "choice_set")
    return get_object_or_404(rows, ledger=request.ledger, pk=pk)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def custom_field_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Settings of a field. What stored values do not keep is listed first and saved only when somebody agrees."""
    row = _own(request, pk)
    form = FieldForm(request.POST or None, ledger=request.ledger, type=row.type, field=row)
    more: dict[str, Any] = {
        "targets": _targets(row),
        "used": own_scanning.holders(own_field(row)).count(),
        "where": rule_settings.where_used(row),
    }
    if request.method == "POST" and form.is_valid():
        accept = request.POST.get("accept_unfit") == "1"
        lacking = _newly_lacking(request, row, form) if not accept else None
        if lacking is not None and lacking.count:
            more |= {"lacking": lacking}
        else:
            try:
                changed = custom_fields.change(row, form.values(), by=request.actor, accept_unfit=accept)
            except BusinessError as refused:
                more |= {"unfit": getattr(refused, "found", None), "may_accept": refused.code == "field.unfit"}
                put_on_form(form, refused)
            else:
                done = _("已保存字段「%(label)s」。") % {"label": changed.field.label}
                if changed.job is not None:
                    done += _("正在后台为已有客户建立索引，完成后即可筛选和搜索。")
                messages.success(request, done)
                return redirect(f"{reverse('field_design', args=[request.ledger.code])}#row-{row.key}")
    return _form_page(request, form, row, more)


def _newly_lacking(request: HttpRequest, row: CustomField, form: FieldForm) -> custom_fields.Unfit | None:
    """Who has nothing in a field that becomes required; None when it does not."""
    if form.cleaned_data.get("is_required") and not row.is_required:
        return custom_fields.lacking(row, by=request.actor)
    return None


def _targets(row: CustomField) -> list[tuple[str, str]]:
    return [(type, str(T(type).label)) for type in own_converting.targets(row)] if row.state == State.ACTIVE else []


# --- another type -------------------------------------------------------------------------------------------------------

FROM_VALUES = "values"  # the options are what customers have now
MOST_MADE = 200


class TypeForm(forms.Form):
    """What the new type needs to know before values can be turned into it."""

    def __init__(self, data: Any, *, row: CustomField, type: str):
        super().__init__(data)
        if type in custom_fields.CHOICES and row.type not in custom_fields.CHOICES:
            sets = ChoiceSet.objects.filter(ledger=row.ledger).order_by("name")
            self.fields["choice_set"] = forms.ChoiceField(
                label=_("选项集"), initial=FROM_VALUES,
                choices=[(FROM_VALUES, _("由现有内容生成选项")), *((str(each.pk), each.name) for each in sets)],
            )  # fmt: skip
        if type in (T.DECIMAL, T.MONEY):
            self.fields["decimals"] = forms.IntegerField(label=_("小数位数"), initial=2, min_value=0, max_value=6)

    def values(self) -> dict[str, Any]:
        """Settings of the new type as the page stands; wrong input counts as not given."""
        found = {}
        for name in self.fields:
            given = self.cleaned_data.get(name) if self.is_bound and name not in self.errors else None
            found[name] = self.fields[name].initial if given in (None, "") else given
        return found


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def custom_field_type(request: HttpRequest, pk: int) -> HttpResponse:
    """What would become of every value under another type; then the change itself, in the background."""
    row = _own(request, pk)
    data = request.POST if request.method == "POST" else request.GET
    type = data.get("type", "")
    if type not in own_converting.targets(row):
        return redirect("custom_field_edit", request.ledger.code, pk)
    form = TypeForm(data if {"choice_set", "decimals"} & data.keys() else None, row=row, type=type)
    form.is_valid()
    context: dict[str, Any] = {"row": row, "type": type, "type_label": T(type).label, "form": form}
    try:
        if request.method == "POST":
            with transaction.atomic():
                values = _type_settings(request, row, form)
                reason, clear_lost = request.POST.get("reason", "").strip(), request.POST.get("clear_lost") == "1"
                own_converting.convert(row, type, values, by=request.actor, reason=reason, clear_lost=clear_lost)
            messages.success(
                request, _("正在后台转换「%(label)s」的内容，完成后字段自动恢复使用。") % {"label": row.label}
            )
            return redirect("field_design", request.ledger.code)
    except BusinessError as refused:
        messages.error(request, told(refused))
    try:
        context["found"] = _type_preview(request, row, type, form)
    except BusinessError as refused:
        context["refused"] = told(refused)
    return render_fields(request, "settings/fields/convert.html", "field_design", context)


def _type_settings(request: HttpRequest, row: CustomField, form: TypeForm) -> dict[str, Any]:
    """Settings of the new type; a choice set made of the present values is stored here."""
    values = form.values()
    if values.get("choice_set") == FROM_VALUES:
        about = own_field(row)
        texts = dict.fromkeys(custom_fields.said(about, value) for value, _count, _pk in own_scanning.distinct(about))
        if len(texts) > MOST_MADE:
            raise BusinessError(
                _("现有内容有 %(count)s 种，超过 %(most)s 个选项。") % {"count": f"{len(texts):,}", "most": MOST_MADE},
                code="field.too_many_options", remedy=_("请先建好选项集再选它。"), field="choice_set",
            )  # fmt: skip
        lines = [{"label": text} for text in texts if text]
        values["choice_set"] = custom_fields.save_choice_set(request.ledger, lines, by=request.actor, name=row.label).pk
    return values


def _type_preview(request: HttpRequest, row: CustomField, type: str, form: TypeForm) -> own_converting.Conversion:
    """The preview; a choice set that would be made for it is made and taken back."""
    with transaction.atomic():
        values = _type_settings(request, row, form)
        found = own_converting.preview(row, type, values, by=request.actor)
        transaction.set_rollback(True)
    return found


# --- states -------------------------------------------------------------------------------------------------------------

_ACTS = {
    "disable": (custom_fields.disable, gettext_lazy("已停用「%(label)s」；内容都保留，随时可以启用。")),
    "enable": (custom_fields.enable, gettext_lazy("已启用「%(label)s」。")),
    "delete": (custom_fields.delete, gettext_lazy("已把「%(label)s」放入回收站；内容都保留。")),
    "resume": (own_converting.resume, gettext_lazy("正在继续转换「%(label)s」的内容。")),
    "restore": (custom_fields.restore, gettext_lazy("已恢复「%(label)s」，目前为停用状态，检查后请启用。")),
}


@require_POST
@needs(Right.CONFIGURE)
def custom_field_state(request: HttpRequest, pk: int) -> HttpResponse:
    """停用, 启用, 删除, 恢复."""
    row = _own(request, pk)
    act, done = _ACTS.get(request.POST.get("act", ""), (None, ""))
    if act is None:
        raise Http404
    attempt(request, lambda: act(row, by=request.actor), str(done) % {"label": row.label})
    return redirect("custom_field_bin" if act is not custom_fields.enable else "field_design", request.ledger.code)


@require_safe
@needs(Right.CONFIGURE)
def custom_field_bin(request: HttpRequest) -> HttpResponse:
    """Fields that are switched off, deleted, or being converted."""
    rows = (
        CustomField.objects.filter(ledger=request.ledger)
        .exclude(state=State.ACTIVE)
        .select_related("choice_set", "ledger")
    )
    found = [
        {"row": row, "fault": own_converting.fault(row) if row.state == State.CONVERTING else None}
        for row in rows.order_by("state", "label")
    ]
    return render_fields(request, "settings/fields/bin.html", "field_design", {"rows": found})
