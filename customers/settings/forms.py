"""Forms of the customers' settings: shape only.

What lives here: parameters, categories, tags, and the rows of the rule builder. What does not: the rules (``categories``,
``tags``, ``numbering``, ``ledgers.services.parameters``).
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import told
from ledgers.parameters import PARAMETERS
from ledgers.services.parameters import MAX_CREDIT_DAYS, check_parameter

from ..fields import BUILT_IN, GROUP_LABELS
from ..models import Category, NumberingRule, Tag
from . import categories
from .numbering import CONTROLS, PART_TYPES, PRESETS, Parts, errors

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


class ChoiceRow(forms.Form):
    """One grade or source."""

    code = forms.CharField(label=gettext_lazy("代码"), max_length=20)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=30)
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
        """[code, name] in the order of the page."""
        return [[data["code"], data["name"]] for data in kept_rows(self)]


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
    initial = [{"code": code, "name": name} for code, name in ledger.parameter(key)]
    formset = made(data, initial=initial, prefix=key)
    formset.key = key
    return formset


class CategoryForm(forms.ModelForm):
    parent = forms.TypedChoiceField(label=gettext_lazy("上级分类"), required=False, coerce=int, empty_value=None)

    class Meta:
        model = Category
        fields = ["code", "name", "parent"]
        help_texts = {"code": gettext_lazy("字母、数字，可用于客户编号")}

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        editing = self.instance if self.instance.pk else None
        self.fields["parent"].choices = [
            ("", _("（顶级分类）")),
            *categories.choices(ledger, without=editing),
        ]
        # A retired parent is no choice for others, but the node that stands under it may stay there.
        if editing and editing.parent and not editing.parent.is_active:
            self.fields["parent"].choices.append((editing.parent_id, editing.parent.name))

    def clean_parent(self) -> Category | None:
        pk = self.cleaned_data["parent"]
        return Category.objects.get(ledger=self.ledger, pk=pk) if pk else None


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ["name"]


# --- the rule builder -------------------------------------------------------------------------------------------------

DATE_FORMATS = ("YYYY", "YY", "YYYYMM", "YYMM", "YYYYMMDD", "YYMMDD")
CHECKS = (("luhn", "Luhn"), ("mod97", "ISO 7064 MOD 97-10"), ("mod11_2", "ISO 7064 MOD 11-2"))


class PartRow(forms.Form):
    """One part of a rule; each type uses some of the controls, the page shows only those."""

    type = forms.ChoiceField(label=gettext_lazy("类型"), choices=PART_TYPES)
    text = forms.CharField(label=gettext_lazy("文字"), max_length=30, required=False, strip=False)
    width = forms.IntegerField(label=gettext_lazy("位数"), required=False, initial=6)
    start = forms.IntegerField(label=gettext_lazy("起始值"), required=False, initial=1)
    step = forms.IntegerField(label=gettext_lazy("步长"), required=False, initial=1)
    format = forms.ChoiceField(
        label=gettext_lazy("格式"), choices=[(each, each) for each in DATE_FORMATS], required=False
    )
    digits = forms.TypedChoiceField(
        label=gettext_lazy("位数"),
        choices=[(2, gettext_lazy("2 位（省）")), (4, gettext_lazy("4 位（市）")), (6, gettext_lazy("6 位（区县）"))],
        coerce=int,
        required=False,
        empty_value=None,
    )
    length = forms.IntegerField(label=gettext_lazy("个数"), required=False, initial=3)
    algorithm = forms.ChoiceField(label=gettext_lazy("算法"), choices=CHECKS, required=False)
    ORDER = forms.IntegerField(required=False, widget=forms.HiddenInput(attrs={"data-row-order": ""}))

    @property
    def shown_type(self) -> str:
        return self["type"].value() or PART_TYPES[0][0]

    def part(self) -> dict[str, Any]:
        """The part as ``rules.numbering`` wants it."""
        data = self.cleaned_data
        values = {name: data.get(name) for name in CONTROLS.get(data["type"], ())}
        for name in ("start", "step"):
            if name in values and values[name] is None:
                values[name] = 1
        return {"type": data["type"], **values}


class BasePartRows(forms.BaseFormSet):
    """The rows of the builder. ``reset`` is set before validation, since some faults lie between the parts and it."""

    reset = "never"

    def clean(self) -> None:
        if any(self.errors):
            return
        rows = self.ordered()
        for problem in errors(self.parts(), self.reset):
            place = (problem.params or {}).get("place")
            if place:
                rows[place - 1].add_error(None, problem.message)
            else:
                raise forms.ValidationError(problem.message, code=problem.code)

    def ordered(self) -> list[PartRow]:
        """The rows that are kept, in the order of the page."""
        kept = [
            form for form in self.forms if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        return sorted(
            kept,
            key=lambda form: form.cleaned_data["ORDER"] if form.cleaned_data.get("ORDER") is not None else len(kept),
        )

    def parts(self) -> Parts:
        return [form.part() for form in self.ordered()]


PartRows = forms.formset_factory(
    PartRow, formset=BasePartRows, extra=0, can_delete=True, max_num=12, absolute_max=20, validate_max=True
)


class RuleForm(forms.Form):
    """Reset of the rule and its rows as one form; valid only together."""

    name = forms.CharField(label=gettext_lazy("规则名称"), max_length=60, initial=gettext_lazy("客户编码规则"))
    reset = forms.ChoiceField(
        label=gettext_lazy("流水号重置"),
        choices=NumberingRule.Reset.choices,
        help_text=gettext_lazy("按年、月、日重置时编号中要有日期；按前缀则前缀相同的各自连续"),
    )

    def __init__(self, data: Any = None, *, parts: Parts, reset: str, name: str = ""):
        super().__init__(data, initial={"reset": reset, "name": name or _("客户编码规则")}, prefix="rule")
        initial = [{**part, "ORDER": at} for at, part in enumerate(parts)]
        self.rows = PartRows(data, initial=initial, prefix="parts", form_kwargs={"empty_permitted": False})
        self.rows.reset = self["reset"].value()

    def is_valid(self) -> bool:
        own = super().is_valid()
        return self.rows.is_valid() and own

    def faults(self) -> list[str]:
        """Every complaint in one list, for the live preview."""
        found = [str(text) for texts in self.errors.values() for text in texts]
        found += [str(text) for text in self.rows.non_form_errors()]
        for place, form in enumerate(self.rows.forms, 1):
            for name, texts in form.errors.items():
                label = form.fields[name].label if name in form.fields else ""
                found += [
                    str(text)
                    if not label
                    else _("第 %(place)s 段 %(label)s：%(text)s") % {"place": place, "label": label, "text": text}
                    for text in texts
                ]
        return list(dict.fromkeys(found))


class SchemeForm(forms.Form):
    """The wizard's choice among ready-made rules, or one's own."""

    scheme = forms.ChoiceField(
        label=gettext_lazy("编码规则"),
        widget=forms.RadioSelect,
        choices=[*((each.key, each.label) for each in PRESETS), ("custom", gettext_lazy("自定义"))],
    )
