"""Fiscal year, periods and currencies.

What lives here: the second step of the wizard, and the small forms of the pages 期间 and 币种与汇率.
"""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError

from .. import currencies
from ..models import Ledger
from ..pages import told
from ..services import creating
from ..services.periods import FIRST_YEAR, LAST_YEAR, check_year

MONTHS = [(month, _("%(month)s 月") % {"month": month}) for month in range(1, 13)]


class CalendarForm(forms.ModelForm):
    """Step 2."""

    start_month = forms.TypedChoiceField(label=_("年度开始月份"), choices=MONTHS, coerce=int)
    calendar = forms.ChoiceField(label=_("期间类型"), choices=Ledger.Calendar.choices)
    base_currency = forms.ChoiceField(
        label=_("本位币"), help_text=_("启用后不能更改"), widget=forms.Select(attrs={"data-base-currency": ""})
    )
    language = forms.ChoiceField(label=_("语言"), choices=settings.LANGUAGES)
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
        self.initial["further"] = list(self.instance.currencies.values_list("code", flat=True))

    def clean_fiscal_year(self) -> int:
        try:
            check_year(self.cleaned_data["fiscal_year"])
        except BusinessError as problem:
            raise forms.ValidationError(told(problem), code=problem.code) from problem
        return self.cleaned_data["fiscal_year"]

    def common_boxes(self) -> list:
        """The tick boxes of the common currencies."""
        return list(self["further"])[: len(currencies.COMMON)]

    def other_boxes(self) -> list:
        """Those of all others."""
        return list(self["further"])[len(currencies.COMMON) :]

    def further_codes(self) -> set[str]:
        """The chosen currencies without the base currency: ticking that too does no harm."""
        return set(self.cleaned_data["further"]) - {self.cleaned_data["base_currency"]}


class CurrencyForm(forms.Form):
    """One more currency for the set."""

    code = forms.ChoiceField(label=_("币种"))

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        used = {ledger.base_currency, *ledger.currencies.values_list("code", flat=True)}
        groups = currencies.choices()
        self.fields["code"].choices = [
            ("", _("选择币种")),
            *((title, [pair for pair in pairs if pair[0] not in used]) for title, pairs in groups),
        ]


class RateForm(forms.Form):
    """A dated rate."""

    currency = forms.ChoiceField(label=_("币种"))
    on = forms.DateField(label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    rate = forms.DecimalField(
        label=_("汇率"), max_digits=18, decimal_places=8, widget=forms.NumberInput(attrs={"step": "any", "min": 0})
    )

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        codes = ledger.currencies.values_list("code", flat=True)
        self.fields["currency"].choices = [(code, currencies.label(code)) for code in codes]
        self.fields["rate"].help_text = _("1 单位外币折合多少 %(base)s") % {"base": ledger.base_currency}
