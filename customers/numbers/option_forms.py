"""Forms of what a rule has beside its parts, and of the set's parameters about numbers: shape only.

What lives here: whom a rule numbers, its range and start, the preview's customer. What does not: its parts (``forms``) and the rules
(``rules.numbering_checks``, ``judging``).
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger
from ledgers.parameters import PARAMETERS
from permissions.models import Department

from ..models import Customer, NumberingRule, SalesRegion
from ..rules import regions
from ..rules.numbering import Serial, serial_at
from ..services.number_rules import Facts
from ..settings import categories
from .wording import Parts


class OptionsForm(forms.Form):
    """Whom the rule numbers, how, and out of which range."""

    mode = forms.ChoiceField(
        label=gettext_lazy("编号方式"),
        choices=[("", gettext_lazy("按账套参数")), *NumberingRule.Mode.choices],
        required=False,
    )
    is_gapless = forms.BooleanField(
        label=gettext_lazy("连续编号"),
        required=False,
        help_text=gettext_lazy("保存失败不留断号；不勾选则大批导入同时进行时互不等待，可能断号"),
    )
    allow_reuse = forms.BooleanField(
        label=gettext_lazy("允许重用归档编号"),
        required=False,
        help_text=gettext_lazy("归档的编号可以再次手工填写，旧编号可以释放；合同、邮件中引用过的编号不建议重用"),
    )
    priority = forms.IntegerField(
        label=gettext_lazy("优先级"),
        min_value=0,
        max_value=9999,
        required=False,
        help_text=gettext_lazy("几条规则都适用时，数字大的优先"),
    )
    range_from = forms.CharField(label=gettext_lazy("号段自"), max_length=18, required=False)
    range_to = forms.CharField(
        label=gettext_lazy("号段至"),
        max_length=18,
        required=False,
        help_text=gettext_lazy("流水号只在号段内；空为不限"),
    )
    categories = forms.TypedMultipleChoiceField(
        label=gettext_lazy("分类（含下级）"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    departments = forms.TypedMultipleChoiceField(
        label=gettext_lazy("部门（含下级）"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    sales_regions = forms.TypedMultipleChoiceField(
        label=gettext_lazy("销售区域"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    sources = forms.MultipleChoiceField(label=gettext_lazy("来源"), required=False, widget=forms.CheckboxSelectMultiple)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("客户类型"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=Customer.Kind.choices,
    )

    CONDITIONS = ("categories", "departments", "sales_regions", "sources", "kinds")

    def __init__(self, data: Any = None, *, ledger: Ledger, rule: NumberingRule | None = None):
        super().__init__(data, initial=_options_of(rule), prefix="options")
        self.fields["categories"].choices = categories.choices(ledger)
        self.fields["departments"].choices = _departments()
        regions_ = SalesRegion.objects.filter(ledger=ledger, is_active=True)
        self.fields["sales_regions"].choices = [(row.pk, row.name) for row in regions_]
        self.fields["sources"].choices = ledger.parameter("sources")

    @property
    def conditions_fields(self) -> list[Any]:
        """The boxes of the conditions that have anything to choose."""
        return [self[name] for name in self.CONDITIONS if list(self.fields[name].choices)]

    @property
    def has_conditions(self) -> bool:
        return any(self[name].value() for name in self.CONDITIONS)

    def values(self, parts: Parts) -> dict[str, Any]:
        """Columns of NumberingRule. A range is written as serials appear in a number; call after ``parts`` were found sound."""
        data = self.cleaned_data
        bounds = {name: self._bound(name, parts) for name in ("range_from", "range_to")}
        if None not in bounds.values() and bounds["range_from"] > bounds["range_to"]:
            self.add_error("range_to", _("止号小于起号。"))
        return {
            "mode": data["mode"],
            "is_gapless": data["is_gapless"],
            "allow_reuse": data["allow_reuse"],
            "priority": data["priority"] or 0,
            "conditions": {name: data[name] for name in self.CONDITIONS if data[name]},
            **bounds,
        }

    def _bound(self, name: str, parts: Parts) -> int | None:
        text = self.cleaned_data[name].strip().upper()
        if not text:
            return None
        serial = Serial(parts[serial_at(parts)])
        value = serial.value(text.rjust(serial.width, serial.digits[0])) if len(text) <= serial.width else None
        if value is None:
            self.add_error(name, _("流水号写不出「%(text)s」：位数太多，或有规则不用的字符。") % {"text": text})
        return value


def _options_of(rule: NumberingRule | None) -> dict[str, Any]:
    if rule is None:
        return {"is_gapless": True, "priority": 0}
    serial = Serial(rule.parts[serial_at(rule.parts)])
    bounds = {
        name: serial.text(value) if (value := getattr(rule, name)) is not None and value < serial.limit else ""
        for name in ("range_from", "range_to")
    }
    plain = {name: getattr(rule, name) for name in ("mode", "is_gapless", "allow_reuse", "priority")}
    return {**plain, **bounds, **(rule.conditions or {})}


def _departments() -> list[tuple[int, str]]:
    return [(row.pk, f"{row.code} {row.name}") for row in Department.objects.filter(is_active=True)]


class ExampleForm(forms.Form):
    """The customer for whom the preview makes its numbers."""

    category_id = forms.TypedChoiceField(label=gettext_lazy("分类"), coerce=int, empty_value=None, required=False)
    region_code = forms.ChoiceField(label=gettext_lazy("省份"), required=False)
    sales_region_id = forms.TypedChoiceField(
        label=gettext_lazy("销售区域"), coerce=int, empty_value=None, required=False
    )
    kind = forms.ChoiceField(label=gettext_lazy("客户类型"), choices=Customer.Kind.choices, required=False)
    department_id = forms.TypedChoiceField(label=gettext_lazy("部门"), coerce=int, empty_value=None, required=False)

    def __init__(self, data: Any = None, *, ledger: Ledger):
        super().__init__(data, prefix="example")
        none = ("", _("（示例）"))
        rows = SalesRegion.objects.filter(ledger=ledger, is_active=True)
        self.fields["category_id"].choices = [none, *categories.choices(ledger)]
        self.fields["region_code"].choices = [none, *regions.provinces().items()]
        self.fields["sales_region_id"].choices = [none, *((row.pk, row.name) for row in rows)]
        self.fields["department_id"].choices = [none, *_departments()]

    def facts(self) -> Facts:
        """What was chosen; nothing of what was not."""
        return {key: value for key, value in self.cleaned_data.items() if value} if self.is_valid() else {}


class StartForm(forms.Form):
    """When a draft begins to count."""

    starts_on = forms.DateField(
        label=gettext_lazy("生效日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("空为立即生效"),
    )


class NumberSettingsForm(forms.Form):
    """The set's parameters about numbers that people type."""

    number_mode = forms.ChoiceField(label=gettext_lazy("编号方式"))
    number_min_length = forms.IntegerField(label=gettext_lazy("最短"), min_value=1, max_value=30)
    number_max_length = forms.IntegerField(label=gettext_lazy("最长"), min_value=1, max_value=30)
    number_pattern_policy = forms.ChoiceField(label=gettext_lazy("手工编号不合规则时"))

    def __init__(self, data: Any = None, *, ledger: Ledger):
        initial = {key: ledger.parameter(key) for key in self.base_fields}
        super().__init__(data, initial=initial, prefix="numbers")
        for key in ("number_mode", "number_pattern_policy"):
            self.fields[key].choices = PARAMETERS[key].choices

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("number_min_length", 0) > data.get("number_max_length", 30):
            self.add_error("number_max_length", _("最长不能小于最短。"))
        return data
