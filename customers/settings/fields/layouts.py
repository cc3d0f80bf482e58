"""录入模板: which fields stand in which section of the form, what is required and filled in, for kinds of customers and for roles.

What lives here: pages and forms. What does not: how a form follows a template (``customers.forms.layout``) and saving
(``rulebook.settings``).
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import attempt, needs, put_on_form
from permissions.models import Role
from permissions.rights import Right

from ...fields import Catalogue, Field
from ...forms.layout import FORM_PARTS, PART_HEADINGS, Block, blocks
from ...models import Customer, EntryTemplate
from ...presenting import Presenter
from ...rulebook import settings as rule_settings
from .frame import render_fields

MOST_SECTIONS = 12
LAST = 9_999


class TemplateForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    code = forms.CharField(label=gettext_lazy("编码"), max_length=30)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("适用客户类型"), choices=Customer.Kind.choices, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("不选为所有类型"),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("适用角色"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("不选为所有角色"),
    )  # fmt: skip
    sections = forms.CharField(
        label=gettext_lazy("分区"), widget=forms.Textarea(attrs={"rows": 6, "data-section-names": ""}),
        help_text=gettext_lazy("每行一个，按从上到下的顺序"),
    )  # fmt: skip
    position = forms.IntegerField(label=gettext_lazy("顺序"), min_value=0, max_value=999, required=False)
    is_active = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(Role.objects.filter(ledger=ledger).values_list("code", "name"))

    def clean_sections(self) -> list[str]:
        names = [line for each in self.cleaned_data["sections"].splitlines() if (line := " ".join(each.split())[:30])]
        if len(names) > MOST_SECTIONS:
            raise forms.ValidationError(_("最多 %(most)s 个分区。") % {"most": MOST_SECTIONS})
        return names


@dataclass
class Line:
    """One field (or part) in the table of the layout; ``section`` counts from 1, 0 is not on the form."""

    key: str
    label: str
    section: int = 0
    order: int = 0
    is_required: bool = False
    default: str = ""
    may_require: bool = True
    may_default: bool = True
    is_block: bool = False  # all rows of a part
    part: str = ""  # of a field of the part's first row: it can be required, and stands where the part does

    @property
    def place(self) -> int:
        """Where it stands in its section; one without a number stands behind the others."""
        return self.order or LAST


@require_safe
@needs(Right.CONFIGURE)
def entry_template_list(request: HttpRequest) -> HttpResponse:
    """All templates with what they are for."""
    roles = dict(Role.objects.filter(ledger=request.ledger).values_list("code", "name"))
    kinds = dict(Customer.Kind.choices)
    rows = [
        {
            "template": each,
            "kinds": [str(kinds.get(kind, kind)) for kind in each.kinds],
            "roles": [roles.get(role, role) for role in each.roles],
            "count": sum(len(section.get("fields", ())) for section in each.sections),
        }
        for each in EntryTemplate.objects.filter(ledger=request.ledger)
    ]
    return render_fields(request, "settings/fields/templates.html", "entry_template_list", {"rows": rows})


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def entry_template_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One template, or a new one that begins with the layout that everybody has."""
    template = _template(request, pk)
    catalogue = Catalogue.of(request.ledger)
    start = blocks(catalogue, template)
    form = TemplateForm(request.POST or None, initial=_initial(template, start), ledger=request.ledger)
    lines = _lines(catalogue, template, start, Presenter(catalogue, request.actor))
    if request.method == "POST":
        _read(lines, request.POST)
        if form.is_valid():
            try:
                saved = _save(request, form, lines, template)
            except BusinessError as refused:
                put_on_form(form, refused)
            else:
                messages.success(request, _("已保存录入模板「%(name)s」。") % {"name": saved.name})
                return redirect("entry_template_list", request.ledger.code)
    context = {
        "form": form,
        "template": template,
        "lines": sorted(lines, key=lambda line: (line.section or MOST_SECTIONS + 1, line.place, bool(line.part))),
        "section_names": _names(form, start),
        "sections": _drawn(_names(form, start), lines),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render_fields(request, "settings/fields/template.html", "entry_template_list", context, status)


def _template(request: HttpRequest, pk: int | None) -> EntryTemplate | None:
    found = EntryTemplate.objects.select_related("ledger")
    return get_object_or_404(found, ledger=request.ledger, pk=pk) if pk else None


def _initial(template: EntryTemplate | None, start: list[Block]) -> dict[str, Any]:
    names = "\n".join(block.label for block in start)
    if template is None:
        return {"sections": names}
    found = {name: getattr(template, name) for name in ("name", "code", "kinds", "roles", "position", "is_active")}
    return found | {"sections": names}


def _lines(
    catalogue: Catalogue, template: EntryTemplate | None, start: list[Block], presenter: Presenter
) -> list[Line]:
    places = {key: (at, order) for at, block in enumerate(start, 1) for order, key in enumerate(block.keys, 1)}
    places |= {
        part: (at, len(block.keys) + order)
        for at, block in enumerate(start, 1)
        for order, part in enumerate(block.parts, 1)
    }
    required = set(template.required) if template else set()
    defaults = template.defaults if template else {}
    found = []
    for each in catalogue.fields:
        if each.part in FORM_PARTS and each.primary:
            found.append(_line_of_part(each, each.key in required, places))
        if each.part or (each.read_only and not each.is_own):
            continue
        section, order = places.get(each.key, (0, 0))
        found.append(
            Line(
                each.key,
                str(each.label),
                section,
                order,
                each.key in required,
                _default_text(presenter, each, defaults.get(each.key)),
                may_require=not each.read_only and each.key != "number",
                may_default=not each.read_only and each.key != "number",
            )
        )
    for part in FORM_PARTS:
        section, order = places.get(part, (0, 0))
        found.append(
            Line(part, str(PART_HEADINGS[part]), section, order, may_require=False, may_default=False, is_block=True)
        )
    return found


def _line_of_part(each: Field, is_required: bool, places: dict[str, tuple[int, int]]) -> Line:
    section, order = places.get(each.part, (0, 0))
    return Line(
        each.key, str(each.label), section, order, is_required, may_default=False, part=str(PART_HEADINGS[each.part])
    )


def _default_text(presenter: Presenter, each: Field, value: Any) -> str:
    if value is None or isinstance(value, str):
        found = dict((*each.choices, *each.old_choices)).get(value) if value else ""
        return str(found if found is not None else value)
    return presenter.text(each, value)


def _read(lines: list[Line], data: Any) -> None:
    for line in lines:
        if not line.part:
            line.section = _number(data.get(f"section-{line.key}"), MOST_SECTIONS)
            line.order = _number(data.get(f"order-{line.key}"), LAST)
        line.is_required = line.may_require and f"required-{line.key}" in data
        line.default = data.get(f"default-{line.key}", "").strip()[:200] if line.may_default else ""


def _number(text: Any, most: int) -> int:
    return min(int(text), most) if str(text or "").isdecimal() and len(str(text)) < 6 else 0


def _names(form: TemplateForm, start: list[Block]) -> list[str]:
    if form.is_bound:
        return form.cleaned_data.get("sections", []) if hasattr(form, "cleaned_data") else []
    return [block.label for block in start]


def _drawn(names: list[str], lines: list[Line]) -> list[dict[str, Any]]:
    """The sections with what stands in them, in order."""
    found = [{"label": name, "fields": []} for name in names]
    for line in sorted(lines, key=lambda line: line.place):
        if not line.part and 1 <= line.section <= len(found):
            found[line.section - 1]["fields"].append(line)
    return found


def _save(request: HttpRequest, form: TemplateForm, lines: list[Line], template: EntryTemplate | None) -> EntryTemplate:
    data = form.cleaned_data
    sections = [
        {"label": each["label"], "fields": [line.key for line in each["fields"]]}
        for each in _drawn(data["sections"], lines)
    ]
    values = {
        "name": data["name"],
        "code": data["code"],
        "kinds": data["kinds"],
        "roles": data["roles"],
        "is_active": data["is_active"],
        "sections": [each for each in sections if each["fields"]],
        "required": [line.key for line in lines if line.is_required],
        "defaults": {line.key: line.default for line in lines if line.default},
    }
    if data["position"] is not None:
        values["position"] = data["position"]
    return rule_settings.save_template(request.ledger, values, by=request.actor, template=template)


@require_POST
@needs(Right.CONFIGURE)
def entry_template_preview(request: HttpRequest) -> HttpResponse:
    """The layout as it stands on the page, drawn."""
    catalogue = Catalogue.of(request.ledger)
    lines = _lines(catalogue, None, [], Presenter(catalogue, request.actor))
    _read(lines, request.POST)
    names = [line for each in request.POST.get("sections", "").splitlines() if (line := " ".join(each.split())[:30])]
    sections = _drawn(names[:MOST_SECTIONS], lines)
    return render(request, "settings/fields/template_preview.html", {"sections": sections})


@require_POST
@needs(Right.CONFIGURE)
def entry_template_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """The same layout under another name, to be changed."""
    template = _template(request, pk)
    taken = {
        code.casefold() for code in EntryTemplate.objects.filter(ledger=request.ledger).values_list("code", flat=True)
    }
    stem = template.code[:26]
    code = next(code for n in range(2, len(taken) + 3) if (code := f"{stem}-{n}").casefold() not in taken)
    values = {name: getattr(template, name) for name in ("kinds", "roles", "sections", "defaults", "required")}
    values |= {"code": code, "name": _("%(name)s 副本") % {"name": template.name[:36]}, "is_active": False}
    try:
        made = rule_settings.save_template(request.ledger, values, by=request.actor)
    except BusinessError as refused:
        messages.error(request, f"{refused.message}{refused.remedy}")
        return redirect("entry_template_list", request.ledger.code)
    messages.success(request, _("已复制为「%(name)s」，目前为停用状态。") % {"name": made.name})
    return redirect(reverse("entry_template_edit", args=[request.ledger.code, made.pk]))


@require_POST
@needs(Right.CONFIGURE)
def entry_template_remove(request: HttpRequest, pk: int) -> HttpResponse:
    template = _template(request, pk)
    done = _("已删除录入模板「%(name)s」。") % {"name": template.name}
    attempt(request, lambda: rule_settings.remove_template(template, by=request.actor), done)
    return redirect("entry_template_list", request.ledger.code)
