"""The conditions above a log."""

from datetime import date

from django import forms
from django.core import validators
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from ..organisation.forms import PersonField
from .reading import Asked, Log

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)  # beyond them no instant can be reckoned with


def _day(label) -> forms.DateField:
    bounds = [validators.MinValueValidator(FIRST_DAY), validators.MaxValueValidator(LAST_DAY)]
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=bounds)


class AskForm(forms.Form):
    """What a log is asked for; holds the fields that the log has. ``asked`` is the answer, of a wrong form an empty one."""

    person = PersonField(label=_("人员"), help_text="")
    kind = forms.ChoiceField(label=_("操作"), required=False)
    since = _day(_("从"))
    until = _day(_("到"))
    customer = forms.CharField(label=_("客户 ID"), required=False, max_length=60)
    address = forms.GenericIPAddressField(label=_("IP 地址"), required=False)

    def __init__(self, data, log: Log):
        super().__init__(data)
        self.log = log
        self.fields["kind"].choices = [("", _("全部")), *log.kinds()]
        for name in set(self.fields) - set(log.filters):
            del self.fields[name]

    def clean_customer(self) -> int | None:
        """A pk; apps that know numbers of customers say more."""
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        if not text.isdecimal() or len(text) > 18:
            raise forms.ValidationError(_t("请填写客户 ID（一串数字）。"))
        return int(text)

    def clean(self):
        data = super().clean()
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _t("结束日期早于开始日期。"))
        return data

    def asked(self) -> Asked:
        """Call after ``is_valid``."""
        data = self.cleaned_data
        return Asked(
            person=data.get("person"),
            kind=data.get("kind", ""),
            since=data.get("since"),
            until=data.get("until"),
            customer_id=data.get("customer"),
            address=data.get("address", ""),
        )
