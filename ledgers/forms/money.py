"""Forms of the page 币种与汇率: a further currency, a dated rate, a table of rates, how amounts are converted, and trying it."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import currencies
from ..models import Ledger
from ..parameters import PARAMETERS
from ..services import converting
from ..services.parameters import MOST_DECIMALS

LARGEST_FILE = 1024 * 1024


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


class RateTableForm(forms.Form):
    """Many rates at once, pasted or as a csv file."""

    table = forms.CharField(
        label=_("粘贴表格"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "USD\t2026-01-01\t7.02"}),
        help_text=_("三列：币种、生效日期、汇率；可从 Excel 直接复制，第一行可以是标题"),
    )
    file = forms.FileField(label=_("或选择 CSV 文件"), required=False)
    replace = forms.BooleanField(label=_("替换同一天已有的汇率"), required=False)

    def clean_file(self) -> str:
        """The file as text: UTF-8, else GB18030 as Excel writes it."""
        upload = self.cleaned_data["file"]
        if not upload:
            return ""
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError(gettext("文件最大 1 MB。"), code="size")
        raw = upload.read()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(gettext("无法识别文件的编码，请另存为 UTF-8 编码的 CSV。"), code="encoding")

    def clean(self) -> dict:
        data = super().clean()
        if not self.errors and not data["table"].strip() and not data["file"].strip():
            self.add_error("table", gettext("请粘贴表格或选择文件。"))
        return data

    def text(self) -> str:
        return self.cleaned_data["file"] or self.cleaned_data["table"]


class ConversionForm(forms.Form):
    """The parameters by which foreign amounts become base currency."""

    rate_rule = forms.ChoiceField()
    rounding_mode = forms.ChoiceField()

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        for key in ("rate_rule", "rounding_mode"):
            field, parameter = self.fields[key], PARAMETERS[key]
            field.label, field.choices, field.help_text = parameter.label, parameter.choices, parameter.help
            self.initial[key] = ledger.parameter(key)
        self.codes = [ledger.base_currency, *ledger.currencies.values_list("code", flat=True)]
        for code in self.codes:
            self.fields[f"decimals_{code}"] = forms.IntegerField(
                label=gettext("%(currency)s 小数位") % {"currency": code},
                min_value=0,
                max_value=MOST_DECIMALS,
                initial=converting.decimals_of(ledger, code),
            )

    def values(self) -> dict:
        """The parameters of a valid form; digits that are usual for a currency are not kept."""
        data, kept = self.cleaned_data, dict(self.ledger.parameter("currency_decimals"))
        for code in self.codes:
            digits = data[f"decimals_{code}"]
            kept.pop(code, None)
            if digits != converting.usual_decimals(code):
                kept[code] = digits
        return {"rate_rule": data["rate_rule"], "rounding_mode": data["rounding_mode"], "currency_decimals": kept}


class TryForm(forms.Form):
    """An amount to convert, to see by which rate the set does it."""

    amount = forms.DecimalField(label=_("金额"), max_digits=20, decimal_places=4)
    currency = forms.ChoiceField(label=_("币种"))
    on = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        codes = ledger.currencies.values_list("code", flat=True)
        self.fields["currency"].choices = [(code, currencies.label(code)) for code in codes]
        self.initial.setdefault("on", ledger.today())
