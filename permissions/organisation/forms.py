"""Forms of the organisation's pages: they check shape, the verbs check rules.

People are named by typing (user name, name, or both as the list proposes), since a firm may have thousands of them.
"""

import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Company, Department, Position, User
from . import departments

PROPOSED = 1000  # people in the list that the browser proposes from


def proposed_people() -> list[str]:
    """What the list under a person's field offers."""
    rows = User.objects.filter(is_active=True).order_by("display_name", "username")
    return [label_of(person) for person in rows[:PROPOSED]]


def label_of(person: User | None) -> str:
    """小陈（sales1）; the user name alone where there is no name."""
    if person is None:
        return ""
    return f"{person.display_name}（{person.username}）" if person.display_name else person.username


class PersonField(forms.CharField):
    """A person by user name, by name where only one bears it, or as ``label_of`` writes him; cleans to a User or None."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", gettext_lazy("输入姓名或用户名"))
        super().__init__(max_length=220, **kwargs)
        self.widget.attrs |= {"list": "people", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, User):
            return label_of(value)
        if isinstance(value, int):
            return label_of(User.objects.filter(pk=value).first())
        return value

    def clean(self, value: Any) -> User | None:
        text = super().clean(value)
        if not text:
            return None
        inner = re.search(r"[（(]([^（）()]+)[）)]$", text)
        username = (inner[1] if inner else text).strip()
        exact = User.objects.filter(username__iexact=username).first()
        if exact:
            return exact
        named = list(User.objects.filter(display_name=text, is_active=True)[:3])
        if len(named) == 1:
            return named[0]
        if named:
            raise forms.ValidationError(_("有多人叫「%(name)s」，请输入用户名。") % {"name": text}, code="ambiguous")
        raise forms.ValidationError(_("没有「%(name)s」这个人。") % {"name": text}, code="unknown")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


def _parent_choices(rows: list[tuple[int, str]], now: Any = None) -> list[tuple[Any, str]]:
    """``now``: the disabled row that stands there at present; it stays choosable, or saving would move it away."""
    top = [("", _("（无，最高一级）"))]
    return top + ([(now.pk, str(now))] if now and now.pk not in dict(rows) else []) + rows


class CompanyForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("公司编码"), max_length=30)
    name = forms.CharField(label=gettext_lazy("公司名称"), max_length=120)
    uscc = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=18, required=False)
    parent = forms.TypedChoiceField(label=gettext_lazy("上级公司"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = Company.objects.filter(is_active=True).exclude(pk=company.pk if company else None)
        self.fields["parent"].choices = _parent_choices(
            [(row.pk, row.name) for row in rows], company.parent if company else None
        )

    def clean_parent(self) -> Company | None:
        pk = self.cleaned_data["parent"]
        return Company.objects.get(pk=pk) if pk else None


class DepartmentForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("部门编码"), max_length=30)
    name = forms.CharField(label=gettext_lazy("部门名称"), max_length=60)
    parent = forms.TypedChoiceField(
        label=gettext_lazy("上级部门"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("改上级即移动，下级部门一起移动"),
    )
    company = forms.ModelChoiceField(
        label=gettext_lazy("所属公司"),
        queryset=Company.objects.none(),
        required=False,
    )
    head = PersonField(label=gettext_lazy("部门负责人"))

    def __init__(self, *args: Any, department: Department | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = _parent_choices(
            departments.options(besides=department), department.parent if department else None
        )
        companies = Company.objects.filter(is_active=True)
        if department and department.company_id:
            companies |= Company.objects.filter(pk=department.company_id)
        self.fields["company"].queryset = companies.order_by("code")
        self.fields["company"].empty_label = _("（同上级部门）")

    def clean_parent(self) -> Department | None:
        pk = self.cleaned_data["parent"]
        return Department.objects.get(pk=pk) if pk else None


class PositionForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("职位编码"), max_length=30)
    name = forms.CharField(label=gettext_lazy("职位名称"), max_length=60)
    rank = forms.IntegerField(
        label=gettext_lazy("级别"), min_value=1, max_value=99, initial=9, help_text=gettext_lazy("1 最高，用于排序")
    )


class PersonForm(forms.Form):
    """One person of the organisation; ``follow`` joins it when his customers are asked about."""

    username = forms.CharField(label=gettext_lazy("用户名"), max_length=150, help_text=gettext_lazy("登录时使用"))
    display_name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    email = forms.CharField(label=gettext_lazy("邮箱"), max_length=254, required=False)
    department = forms.TypedChoiceField(label=gettext_lazy("部门"), required=False, coerce=int, empty_value=None)
    position = forms.ModelChoiceField(label=gettext_lazy("职位"), queryset=Position.objects.none(), required=False)
    superior = PersonField(label=gettext_lazy("上级"))

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = departments.options()
        now = person.department if person else None
        none = [("", _("（无）"))]
        self.fields["department"].choices = (
            none + ([(now.pk, str(now))] if now and now.pk not in dict(rows) else []) + rows
        )
        positions = Position.objects.filter(is_active=True)
        if person and person.position_id:
            positions |= Position.objects.filter(pk=person.position_id)
        self.fields["position"].queryset = positions
        self.fields["position"].empty_label = _("（无）")

    def clean_department(self) -> Department | None:
        pk = self.cleaned_data["department"]
        return Department.objects.get(pk=pk) if pk else None


class FollowForm(forms.Form):
    """Which sets' customers follow somebody into his new department."""

    follow = forms.TypedMultipleChoiceField(
        label=gettext_lazy("客户随之变更部门"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, holdings: list, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["follow"].choices = [
            (each.ledger_id, _("%(name)s：%(count)s 个客户") % {"name": each.name, "count": f"{each.count:,}"})
            for each in holdings
            if each.is_writable
        ]


class AbsorbForm(forms.Form):
    """全部移到…"""

    target = forms.TypedChoiceField(label=gettext_lazy("移到部门"), coerce=int)

    def __init__(self, *args: Any, department: Department, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", _("选择部门")), *departments.options(besides=department)]

    def clean_target(self) -> Department:
        return Department.objects.get(pk=self.cleaned_data["target"])


class LeaveForm(forms.Form):
    """离职: the last day and the successors that are needed."""

    on = forms.DateField(
        label=gettext_lazy("离职日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("今天或更早：立即停止登录；以后的日期：到期次日自动停止登录"),
    )
    superior = PersonField(label=gettext_lazy("下属转给"))
    head = PersonField(label=gettext_lazy("部门负责人转给"))

    def __init__(self, *args: Any, needs_superior: bool, needs_head: bool, **kwargs: Any):
        kwargs.setdefault("initial", {})
        kwargs["initial"].setdefault("on", timezone.localdate())
        super().__init__(*args, **kwargs)
        for name, is_needed in (("superior", needs_superior), ("head", needs_head)):
            if is_needed:
                self.fields[name].required = True
            else:
                del self.fields[name]
