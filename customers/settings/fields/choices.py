"""选项集: the options that choice fields share, as rows, and many lines pasted at once.

What lives here: pages and forms. What does not: which options may go (``own.designing``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form
from permissions.rights import Right

from ...models import ChoiceSet
from ...own import designing as custom_fields
from ..forms import kept_rows
from .field_forms import option_lines
from .frame import render_fields

# Names of colours (static/css/fields.css shows them); a colour is a help to the eye, never the only sign.
COLOURS = (
    ("", gettext_lazy("无")), ("red", gettext_lazy("红")), ("orange", gettext_lazy("橙")), ("yellow", gettext_lazy("黄")),
    ("green", gettext_lazy("绿")), ("teal", gettext_lazy("青")), ("blue", gettext_lazy("蓝")), ("purple", gettext_lazy("紫")),
    ("pink", gettext_lazy("粉")), ("grey", gettext_lazy("灰")),
)  # fmt: skip


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    code = forms.CharField(
        label=gettext_lazy("编码"), max_length=30, required=False, help_text=gettext_lazy("留空按名称的拼音生成")
    )
    lines = forms.CharField(
        label=gettext_lazy("批量添加"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("每行一个选项，可以直接从 Excel 粘贴一列；已有的自动跳过"),
    )


class OptionRow(forms.Form):
    label = forms.CharField(label=gettext_lazy("选项"), max_length=60)
    value = forms.CharField(label=gettext_lazy("存储值"), max_length=60, required=False)
    colour = forms.ChoiceField(label=gettext_lazy("颜色"), choices=COLOURS, required=False)
    is_active = forms.BooleanField(label=gettext_lazy("可选"), required=False, initial=True)
    ORDER = forms.IntegerField(required=False, widget=forms.HiddenInput(attrs={"data-row-order": ""}))


OptionRows = forms.formset_factory(
    OptionRow,
    extra=0,
    can_delete=True,
    max_num=custom_fields.MOST_OPTIONS,
    absolute_max=custom_fields.MOST_OPTIONS + 100,
)


@require_safe
@needs(Right.CONFIGURE)
def choice_set_list(request: HttpRequest) -> HttpResponse:
    """All choice sets with their options and the fields that use them."""
    sets = ChoiceSet.objects.filter(ledger=request.ledger).prefetch_related("fields").order_by("name")
    return render_fields(request, "settings/fields/choice_sets.html", "choice_set_list", {"sets": sets})


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def choice_set_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The options of one set, or of a new one."""
    row = get_object_or_404(ChoiceSet.objects.select_related("ledger"), ledger=request.ledger, pk=pk) if pk else None
    data = request.POST or None
    form = NameForm(data, initial={"name": row.name, "code": row.code} if row else None)
    rows = OptionRows(data, initial=row.options if row else [], prefix="options")
    if request.method == "POST" and all([form.is_valid(), rows.is_valid()]):
        try:
            saved = custom_fields.save_choice_set(
                request.ledger,
                _options(form, rows),
                by=request.actor,
                name=form.cleaned_data["name"],
                code=form.cleaned_data["code"],
                row=row,
            )
        except BusinessError as refused:
            put_on_form(form, refused)
        else:
            messages.success(request, _("已保存选项集「%(name)s」。") % {"name": saved.name})
            return redirect("choice_set_list", request.ledger.code)
    used = custom_fields.options_in_use(row) if row else {}
    for each in rows.forms:
        each.used = used.get(each["value"].value() or "", 0)
    context = {"form": form, "rows": rows, "row": row, "fields": row.fields.all() if row else ()}
    status = 422 if form.is_bound and (form.errors or rows.total_error_count()) else 200
    return render_fields(request, "settings/fields/choice_set.html", "choice_set_list", context, status)


def _options(form: NameForm, rows: Any) -> list[dict[str, Any]]:
    """Rows in the order of the page, then pasted lines that are not among them."""
    options = [
        {name: row[name] for name in ("label", "value", "colour", "is_active")}
        for row in kept_rows(rows)
        if row.get("label")
    ]
    known = {each["label"].casefold() for each in options}
    pasted = [each for each in option_lines(form.cleaned_data["lines"]) if each.casefold() not in known]
    return [*options, *({"label": each} for each in pasted)]


@require_POST
@needs(Right.CONFIGURE)
def choice_set_remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ChoiceSet.objects.select_related("ledger"), ledger=request.ledger, pk=pk)
    done = _("已删除选项集「%(name)s」。") % {"name": row.name}
    attempt(request, lambda: custom_fields.delete_choice_set(row, by=request.actor), done)
    return redirect("choice_set_list", request.ledger.code)
