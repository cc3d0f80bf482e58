"""The form that begins a 权限模拟."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .basics import PersonField


class SimulationForm(forms.Form):
    user = PersonField(label=_("以谁的身份"), error_messages={"required": _("请选择用户。")}, empty_label=_("选择用户"))
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        error_messages={"required": _("请填写模拟的原因。")},
        help_text=_("写入访问日志，审计人员可以看到"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
