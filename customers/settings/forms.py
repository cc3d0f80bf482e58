"""Forms of the customers' settings: shape only.

What lives here: parameters, grades and sources. What does not: the rules (``parameters``, ``ledgers.services.parameters``).
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import told
from ledgers.parameters import PARAMETERS, TONES, Choice, choices_in
from ledgers.services.parameters import MAX_CREDIT_DAYS, check_parameter

from ..fields import BUILT_IN, GROUP_LABELS, Catalogue
from ..models import Customer

NEVER_REQUIRED = ("number", "mnemonic_code")  # the system fills them in


def required_field_choices() -> list[tuple]:
    """(group, [(key, label)]) of the catalogue's fields that a set may require."""
    groups: dict[str, list] = {}
    for field in BUILT_IN:
        if not field.read_only and field.key not in NEVER_REQUIRED:
            groups.setdefault(field.group, []).append((field.key, field.label))
    return [(GROUP_LABELS[group], fields) for group, fields in groups.items()]


class ParametersForm(forms.Form):
    """The parameters that decide how customers are entered; ``ledger`` gives the present values."""

    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("必填字段"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("客户名称始终必填"),
    )
    name_policy = forms.ChoiceField(help_text=gettext_lazy("新客户与已有客户同名时"))
    uscc_policy = forms.ChoiceField(help_text=gettext_lazy("新客户的信用代码已属于其他客户时"))
    check_digit_policy = forms.ChoiceField()
    number_mode = forms.ChoiceField(help_text=gettext_lazy("客户编号由系统给出，还是手工填写"))
    credit_enabled = forms.BooleanField(required=False)
    default_credit_days = forms.IntegerField(min_value=0, max_value=MAX_CREDIT_DAYS)
    share_days = forms.IntegerField(min_value=1, max_value=3650, required=False)
    share_max_days = forms.IntegerField(min_value=1, max_value=3650, required=False)

    def __init__(self, *args, ledger: Ledger, proposals: dict[str, Any] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        for key, field in self.fields.items():
            parameter = PARAMETERS[key]
            field.label = parameter.label
            field.help_text = field.help_text or parameter.help
            if parameter.choices:
                field.choices = parameter.choices
            self.initial[key] = (proposals or {}).get(key, ledger.parameter(key))
        self.fields["required_fields"].choices = required_field_choices()

    def clean(self) -> dict[str, Any]:
        """What the page does not ask for (the wizard leaves shares out) stays as it is; nobody is offered more days than he may give."""
        given = super().clean()
        for key in ("share_days", "share_max_days"):
            if given.get(key) is None:
                given[key] = self.initial[key]
        if given["share_days"] > given["share_max_days"] and "share_max_days" not in self.errors:
            self.add_error("share_days", gettext_lazy("默认天数不能超过最长天数"))
        return given

    def required_groups(self) -> list[tuple[str, list]]:
        """(group, tick boxes) of the fields that may be required; the name is always, so it has no box."""
        boxes = {box.data["value"]: box for box in self["required_fields"]}
        groups = (
            (group, [boxes[key] for key, _label in fields if key != "name"])
            for group, fields in required_field_choices()
        )
        return [(group, fields) for group, fields in groups if fields]

    def clean_required_fields(self) -> list[str]:
        """In the order of the catalogue, the name always among them."""
        chosen = {*self.cleaned_data["required_fields"], "name"}
        return [field.key for field in BUILT_IN if field.key in chosen]


class KindNeedsForm(forms.Form):
    """What customers of each kind must have besides what every customer must (parameter ``required_by_kind``)."""

    def __init__(self, *args, catalogue: Catalogue, **kwargs):
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in catalogue.fields:
            if not each.read_only and each.key != "name" and each.key not in NEVER_REQUIRED:
                groups.setdefault(str(catalogue.groups[each.group]), []).append((each.key, str(each.label)))
        self.grouped = list(groups.items())
        self.labels = {key: label for _group, fields in self.grouped for key, label in fields}
        present = catalogue.ledger.parameter("required_by_kind")
        for kind, name in Customer.Kind.choices:
            self.fields[_kind_name(kind)] = forms.MultipleChoiceField(
                label=name, widget=forms.CheckboxSelectMultiple, required=False, choices=list(self.labels.items())
            )
            self.initial[_kind_name(kind)] = present.get(kind, [])

    def kinds(self) -> list[dict[str, Any]]:
        """For the page: label of the kind, labels of what it asks for now, and its tick boxes by group."""
        found = []
        for bound in self:
            boxes = {box.data["value"]: box for box in bound}
            chosen = [self.labels[key] for key in bound.value() or () if key in self.labels]
            groups = [(group, [boxes[key] for key, _label in fields]) for group, fields in self.grouped]
            found.append({"label": bound.label, "chosen": "、".join(chosen), "groups": groups})
        return found

    def value(self) -> dict[str, list[str]]:
        """The parameter's value: kinds that ask for anything, fields in the order of the catalogue."""
        chosen = {kind: self.cleaned_data[_kind_name(kind)] for kind in Customer.Kind.values}
        return {kind: [key for key in self.labels if key in keys] for kind, keys in chosen.items() if keys}


def _kind_name(kind: str) -> str:
    return f"kind-{kind}"


class ChoiceRow(forms.Form):
    """One grade or source."""

    code = forms.CharField(label=gettext_lazy("代码"), max_length=20)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=30)
    tone = forms.ChoiceField(label=gettext_lazy("颜色"), choices=list(TONES.items()), required=False)
    retired = forms.BooleanField(label=gettext_lazy("停用"), required=False)
    ORDER = forms.IntegerField(required=False, widget=forms.HiddenInput(attrs={"data-row-order": ""}))


class BaseChoiceRows(forms.BaseFormSet):
    """A list parameter as rows; ``key`` is the parameter."""

    key = ""

    def clean(self) -> None:
        if any(self.errors):
            return
        try:
            check_parameter(self.key, self.pairs())
        except BusinessError as problem:
            raise forms.ValidationError(told(problem)) from problem

    def pairs(self) -> list[list[str]]:
        """The stored forms of the entries (``ledgers.parameters.Choice``), in the order of the page."""
        return [
            Choice(data["code"], data["name"], data["tone"], not data["retired"]).stored() for data in kept_rows(self)
        ]


def kept_rows(formset: forms.BaseFormSet) -> list[dict[str, Any]]:
    """Cleaned data of the rows that are filled in and not taken out, in the order of their ORDER."""
    rows = [
        form.cleaned_data
        for form in formset.forms
        if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
    ]
    rows = [
        row
        for row in rows
        if any(value not in (None, "") for key, value in row.items() if key not in ("ORDER", "DELETE"))
    ]
    return sorted(rows, key=lambda row: row["ORDER"] if row.get("ORDER") is not None else len(rows))


def choice_rows(key: str, ledger: Ledger, data: Any = None) -> BaseChoiceRows:
    """The formset of ``grades`` or ``sources``."""
    made = forms.formset_factory(
        ChoiceRow, formset=BaseChoiceRows, extra=0, can_delete=True, max_num=60, absolute_max=80, validate_max=True
    )
    initial = [
        {"code": each.code, "name": each.label, "tone": each.tone, "retired": not each.is_active}
        for each in choices_in(ledger.parameter(key))
    ]
    formset = made(data, initial=initial, prefix=key)
    formset.key = key
    return formset
