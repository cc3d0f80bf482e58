"""Fiscal year, periods and currencies.

What lives here: the second step of the wizard, and the forms of the page 期间. What does not: currencies in use, rates (``money``).
"""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError

from .. import currencies
from ..models import Ledger
from ..pages import told
from ..parameters import PARAMETERS
from ..services import creating
from ..services.periods import FIRST_YEAR, LAST_YEAR, check_year, read_ranges, write_ranges
from .basics import PARAMETER_FIELDS

MONTHS = [(month, _("%(month)s 月") % {"month": month}) for month in range(1, 13)]


class CalendarForm(forms.ModelForm):
    """Step 2."""

    start_month = forms.TypedChoiceField(label=_("年度开始月份"), choices=MONTHS, coerce=int)
    calendar = forms.ChoiceField(label=_("期间类型"), choices=Ledger.Calendar.choices)
    base_currency = forms.ChoiceField(
        label=_("本位币"), help_text=_("启用后不能更改"), widget=forms.Select(attrs={"data-base-currency": ""})
    )
    language = forms.ChoiceField(label=_("语言"), choices=settings.LANGUAGES)
    ranges = forms.CharField(
        label=_("各期起止日期"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "2026-01-01 至 2026-03-15 第一期"}),
        help_text=_("每行一期，不能有空档或重叠；后面可以写期间名称"),
    )
    accounting_mode = forms.ChoiceField()
    time_zone = forms.ChoiceField()
    further = forms.MultipleChoiceField(
        label=_("其他使用的币种"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("没有外币业务可以不选，以后随时可加"),
    )

    class Meta:
        model = Ledger
        fields = ["fiscal_year", "start_month", "calendar", "base_currency", "language"]
        widgets = {"fiscal_year": forms.NumberInput(attrs={"min": FIRST_YEAR, "max": LAST_YEAR})}
        help_texts = {"fiscal_year": _("年度以开始月份所在的公历年命名")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        year = self.fields["fiscal_year"]
        year.required = year.widget.is_required = True
        year.error_messages["required"] = _("请填写启用会计年度。")
        self.fields["base_currency"].choices = currencies.choices()
        self.fields["further"].choices = currencies.choices()
        if not self.instance.fiscal_year:
            self.initial["fiscal_year"] = creating.current_fiscal_year(self.instance.start_month)
        for key in PARAMETER_FIELDS:
            parameter, field = PARAMETERS[key], self.fields[key]
            field.label, field.help_text, field.choices = parameter.label, parameter.help, parameter.choices
            self.initial[key] = self.instance.parameter(key)
        self.initial["ranges"] = creating.choices_of(self.instance).get("ranges", "")
        self.initial["further"] = list(self.instance.currencies.values_list("code", flat=True))

    def clean_fiscal_year(self) -> int:
        try:
            check_year(self.cleaned_data["fiscal_year"])
        except BusinessError as problem:
            raise forms.ValidationError(told(problem), code=problem.code) from problem
        return self.cleaned_data["fiscal_year"]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("calendar") == Ledger.Calendar.FREE:
            try:
                data["ranges"] = write_ranges(read_ranges(data.get("ranges", "")))
            except BusinessError as problem:
                self.add_error("ranges", told(problem))
        return data

    def common_boxes(self) -> list:
        """The tick boxes of the common currencies."""
        return list(self["further"])[: len(currencies.COMMON)]

    def other_boxes(self) -> list:
        """Those of all others."""
        return list(self["further"])[len(currencies.COMMON) :]

    def further_codes(self) -> set[str]:
        """The chosen currencies without the base currency: ticking that too does no harm."""
        return set(self.cleaned_data["further"]) - {self.cleaned_data["base_currency"]}


class RollForm(forms.Form):
    """年度结转: the year is posted, so that pressing twice makes one year; ranges only where periods are free."""

    fiscal_year = forms.IntegerField(widget=forms.HiddenInput)
    ranges = forms.CharField(
        label=_("各期起止日期"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("已按上一年度的划分推算，可以修改；每行一期，不能有空档或重叠"),
    )
    close_old = forms.BooleanField(
        label=_("同时结账以前的全部期间"), required=False, help_text=_("结账后，以前年度的日期不能再录入业务")
    )

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        if ledger.calendar != Ledger.Calendar.FREE:
            del self.fields["ranges"]

    def clean_ranges(self) -> list:
        try:
            return read_ranges(self.cleaned_data["ranges"])
        except BusinessError as problem:
            raise forms.ValidationError(told(problem), code=problem.code) from problem
