"""Names, company, manager: the first step of the wizard and the page 基本信息.

What lives here: two forms over the same columns. What does not: the rules of code and name (``services.creating``).
"""

from collections.abc import Iterable, Iterator

from django import forms
from django.conf import settings
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError
from permissions.models import Company, Department, User

from ..models import Ledger
from ..pages import told
from ..parameters import PARAMETERS
from ..services import creating, members, templates

COPY = "set:"  # what the code of a set to copy stands behind, among the templates' codes
PARAMETER_FIELDS = ("accounting_mode", "time_zone")


def department_choices() -> Iterator[tuple[str, str]]:
    """The active departments as an indented tree."""
    children: dict[int | None, list[Department]] = {}
    for department in Department.objects.filter(is_active=True).order_by("code"):
        children.setdefault(department.parent_id, []).append(department)
    yield "", _("（不限部门）")
    waiting = [(department, 0) for department in reversed(children.get(None, []))]
    while waiting:
        department, depth = waiting.pop()
        yield str(department.pk), "　" * depth + department.name
        waiting += [(child, depth + 1) for child in reversed(children.get(department.pk, []))]


def offer_companies(form: forms.ModelForm) -> None:
    """Let the company be chosen from the 组织架构 where that has any; a name that is there no longer stays choosable."""
    names = list(Company.objects.filter(is_active=True).values_list("name", flat=True))
    if not names:
        return
    now = form.instance.company
    choices = [("", _("（未指定）")), *((name, name) for name in names)]
    if now and now not in names:
        choices.append((now, _("%(company)s（不在组织架构中）") % {"company": now}))
    old = form.fields["company"]
    form.fields["company"] = forms.ChoiceField(
        label=old.label, required=False, choices=choices, help_text=_("来自组织架构")
    )


def person_label(user: User) -> str:
    """小陈（sales1 · 销售一部）: enough to tell two people of one name apart."""
    details = " · ".join(filter(None, (user.username, user.department.name if user.department else "")))
    return f"{user.display_name}（{details}）" if user.display_name else details


class PersonField(forms.ModelChoiceField):
    """A choice among active users, with their login and department."""

    def __init__(self, **kwargs):
        people = User.objects.filter(is_active=True).select_related("department").order_by("display_name", "username")
        kwargs.setdefault("queryset", people)
        super().__init__(**kwargs)

    def label_from_instance(self, user: User) -> str:
        return person_label(user)


def _live(what: str) -> dict[str, str]:
    """Attributes by which a control asks, while it is typed in, whether its value is free; the answer goes into its help text."""
    return {
        "hx-get": reverse_lazy("ledger_name_check", args=[what]),
        "hx-trigger": "input changed delay:400ms",
        "hx-target": f"#id_{what}_helptext",
        "hx-include": "[name=besides]",
        "autocomplete": "off",
    }


class BasicsForm(forms.ModelForm):
    """Step 1. ``instance`` is the draft, or nothing for a new one."""

    manager = PersonField(
        label=_("账套主管"), help_text=_("负责账套设置、成员与权限"), error_messages={"required": _("请指定账套主管。")}
    )
    template = forms.ChoiceField(
        label=_("从哪里开始"),
        required=False,
        help_text=_("预填分类、区域、字段、规则和角色，不带客户；之后仍可修改"),
    )

    class Meta:
        model = Ledger
        fields = ["name", "code", "kind", "company", "department", "manager", "description"]
        widgets = {
            "name": forms.TextInput(
                attrs={**_live("name"), "placeholder": _("如：杭州分公司客户账套"), "autofocus": True}
            ),
            "code": forms.TextInput(attrs={**_live("code"), "spellcheck": "false"}),
            "company": forms.TextInput(attrs={"placeholder": _("如：杭州某某机械有限公司")}),
            "description": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "name": _("全系统唯一"),
            "code": _("字母开头，2–20 位，出现在网址中"),
            "company": _("使用这个账套的公司"),
        }
        error_messages = {
            "name": {"required": _("账套名称必须填写。")},
            "code": {"required": _("账套编码必须填写。")},
        }

    def __init__(self, *args, copyable: Iterable[Ledger] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = department_choices()
        offer_companies(self)
        self.order_fields(["name", "code", "company", "department", "manager", "kind", "template", "description"])
        if self.instance.pk:
            del self.fields["template"]
        else:
            self.fields["template"].choices = [
                ("", _("通用设置")),
                (_("行业模板"), list(templates.described().items())),
                (_("复制账套的配置"), [(f"{COPY}{ledger.code}", str(ledger)) for ledger in copyable]),
            ]

    def _checked(self, check, value: str) -> str:
        try:
            check(value, besides=self.instance if self.instance.pk else None)
        except BusinessError as problem:
            raise forms.ValidationError(told(problem), code=problem.code) from problem
        return value

    def clean_code(self) -> str:
        return self._checked(creating.check_code, self.cleaned_data["code"])

    def clean_name(self) -> str:
        return self._checked(creating.check_name, self.cleaned_data["name"])


class SettingsForm(forms.ModelForm):
    """The page 基本信息 of an active set: the code stands in addresses and numbers, so it does not change."""

    manager = PersonField(label=_("账套主管"), required=False, help_text=_("从拥有“账套主管”角色的成员中选择"))
    language = forms.ChoiceField(label=_("语言"), choices=settings.LANGUAGES)
    accounting_mode = forms.ChoiceField()
    time_zone = forms.ChoiceField()

    class Meta:
        model = Ledger
        fields = ["name", "kind", "company", "department", "manager", "language", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = department_choices()
        offer_companies(self)
        for key in PARAMETER_FIELDS:
            parameter, field = PARAMETERS[key], self.fields[key]
            field.label, field.help_text, field.choices = parameter.label, parameter.help, parameter.choices
            self.initial[key] = self.instance.parameter(key)
        in_role = members.managers(self.instance).values("user")
        self.fields["manager"].queryset = self.fields["manager"].queryset.filter(pk__in=in_role)
        self.fields["manager"].empty_label = _("（未指定）")

    def clean_name(self) -> str:
        try:
            creating.check_name(self.cleaned_data["name"], besides=self.instance)
        except BusinessError as problem:
            raise forms.ValidationError(told(problem), code=problem.code) from problem
        return self.cleaned_data["name"]
