"""Forms of the pages that explain rights: whom and what one asks about. All of them are GET forms: asking changes nothing."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.access import scoping
from ledgers.forms.basics import PersonField
from ledgers.models import Ledger
from permissions import naming
from permissions.models import Role
from permissions.rights import Level, Right

from . import explaining

KEEP = ""


class PersonChoice(PersonField):
    """A choice among whoever can be asked about; those who were deactivated are marked."""

    def label_from_instance(self, user) -> str:
        label = super().label_from_instance(user)
        return label if user.is_active else _("%(name)s · 已停用") % {"name": label}


def _person(ledger: Ledger, **more) -> PersonChoice:
    words = {"required": _("请选择用户。"), "invalid_choice": _("没有这个用户，或他与本账套无关。")}
    return PersonChoice(
        label=_("用户"), queryset=explaining.people(ledger), empty_label=_("选择用户"), error_messages=words, **more
    )


class ExplainForm(forms.Form):
    """Whose rights; about which customer (number or name) and field, if any."""

    customer = forms.CharField(
        label=gettext_lazy("客户编号或名称"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": gettext_lazy("可不填")}),
    )
    field = forms.ChoiceField(label=gettext_lazy("字段"), required=False)

    def __init__(self, *args, ledger: Ledger, with_person: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in naming.fields_of(ledger.pk):
            groups.setdefault(each.group, []).append((each.key, each.label))
        self.fields["field"].choices = [("", _("全部字段")), *groups.items()]
        if with_person:
            self.fields = {"user": _person(ledger), **self.fields}


class WhatIfForm(forms.Form):
    """Somebody with further roles, or without some of his own."""

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        roles = [
            (str(role.pk), role.name) for role in Role.objects.filter(ledger=ledger, is_active=True).order_by("code")
        ]
        several: dict[str, Any] = {"required": False, "choices": roles, "widget": forms.CheckboxSelectMultiple}
        self.fields["user"] = _person(ledger)
        self.fields["added"] = forms.MultipleChoiceField(label=_("如果再给他"), **several)
        self.fields["removed"] = forms.MultipleChoiceField(label=_("如果不再给他"), **several)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and not (data.get("added") or data.get("removed")):
            raise forms.ValidationError(_("请选择要增加或去掉的角色。"))
        return data


class RoleChangeForm(forms.Form):
    """A role as it would be: its rights, its rows, its level of sensitive fields."""

    rights = forms.MultipleChoiceField(
        label=gettext_lazy("功能权限改为"), choices=Right.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    sensitive_level = forms.TypedChoiceField(
        label=gettext_lazy("敏感字段改为"), choices=Level.choices, coerce=int, widget=forms.Select
    )
    scope = forms.ChoiceField(label=gettext_lazy("数据范围改为"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = [(kind.kind, kind.label) for kind in scoping.kinds() if not kind.needs_values]
        self.fields["scope"].choices = [(KEEP, _("不变")), *kinds]
