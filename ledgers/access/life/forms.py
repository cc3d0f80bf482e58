"""What the pages of the life of rights post.

What lives here: fields and their choices. What does not: the rules, which are the verbs'.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions import naming
from permissions.actor import Actor
from permissions.models import DutyRule, Membership, RightRequest, User
from permissions.organisation.forms import PersonField, label_of
from permissions.rights import Level, Right

from ...models import Ledger
from . import delegations, reviews

Kind = RightRequest.Kind
PROPOSED = 300


def _day(label: Any, days: int | None = None, **kwargs: Any) -> forms.DateField:
    """A day; ``days`` from today is what the form opens with."""
    if days is not None:
        kwargs["initial"] = lambda: timezone.localdate() + timedelta(days=days)
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def colleagues(ledger: Ledger) -> list[str]:
    """What the list under a person's field offers: members of the set, as ``label_of`` writes them."""
    have = Membership.objects.in_force().filter(ledger=ledger, user=OuterRef("pk"))
    people = User.objects.filter(Exists(have), is_active=True).order_by("display_name", "username")
    return [label_of(person) for person in people[:PROPOSED]]


# --- 权限申请 -------------------------------------------------------------------------------------------------------------


class RequestForm(forms.Form):
    """What all requests ask; the kind's own fields come first."""

    ends_on = _day(gettext_lazy("使用到"), 30, help_text=gettext_lazy("到这一天为止，之后自动失效；最长一年"))
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("审批人据此决定"),
    )
    kind = ""

    def __init__(self, *args: Any, ledger: Ledger, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.ledger, self.actor = ledger, actor
        self.order_fields(["role", "right", "field", "number", "level", "ends_on", "reason"])
        self.offer()

    def offer(self) -> None:
        """Fill in the choices of the kind's own fields."""

    def wanted(self) -> dict[str, Any]:
        """Arguments of ``requests.submit``."""
        data = self.cleaned_data
        return {"kind": self.kind, "ends_on": data["ends_on"], "reason": data["reason"]}


class RoleRequest(RequestForm):
    role = forms.ModelChoiceField(None, label=gettext_lazy("角色"), empty_label=gettext_lazy("选择角色"))
    kind = Kind.ROLE

    def offer(self) -> None:
        roles = self.ledger.roles.filter(is_active=True).order_by("code")
        self.fields["role"].queryset = roles
        self.fields["role"].label_from_instance = lambda role: f"{role.name}（{role.rights_text()}）"

    def wanted(self) -> dict[str, Any]:
        return super().wanted() | {"role": self.cleaned_data["role"]}


class RightsRequest(RequestForm):
    right = forms.ChoiceField(label=gettext_lazy("功能权限"))
    kind = Kind.RIGHT

    def offer(self) -> None:
        lacking = [(str(right), right.label) for right in Right if not self.actor.can(right)]
        self.fields["right"].choices = [("", _("选择权限")), *lacking]

    def wanted(self) -> dict[str, Any]:
        return super().wanted() | {"key": self.cleaned_data["right"]}


class FieldRequest(RequestForm):
    field = forms.ChoiceField(label=gettext_lazy("字段"))
    level = forms.TypedChoiceField(label=gettext_lazy("级别"), coerce=int, initial=int(Level.READ))
    kind = Kind.FIELD

    def offer(self) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in naming.fields_of(self.ledger.pk):
            have = self.actor.field_level(each.key)
            if have < Level.EDIT:
                told = _("%(field)s（现在：%(level)s）") % {"field": each.label, "level": Level(have).label}
                groups.setdefault(str(each.group), []).append((each.key, told))
        self.fields["field"].choices = [("", _("选择字段")), *groups.items()]
        self.fields["level"].choices = [(int(level), level.label) for level in (Level.MASKED, Level.READ, Level.EDIT)]

    def wanted(self) -> dict[str, Any]:
        return super().wanted() | {"key": self.cleaned_data["field"], "level": self.cleaned_data["level"]}


class CustomerRequest(RequestForm):
    number = forms.CharField(
        label=gettext_lazy("客户编号"),
        max_length=30,
        help_text=gettext_lazy("您知道的编号；审批人会看到是哪个客户，您在批准前看不到"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    level = forms.TypedChoiceField(label=gettext_lazy("需要"), coerce=int, initial=int(Level.READ))
    kind = Kind.CUSTOMER

    def offer(self) -> None:
        self.fields["level"].choices = [(int(Level.READ), _("查看")), (int(Level.EDIT), _("查看和编辑"))]

    def wanted(self) -> dict[str, Any]:
        return super().wanted() | {"number": self.cleaned_data["number"], "level": self.cleaned_data["level"]}


REQUESTS: dict[str, type[RequestForm]] = {
    form.kind: form for form in (RoleRequest, RightsRequest, FieldRequest, CustomerRequest)
}


class ApproveForm(forms.Form):
    """As asked for, or less."""

    until = _day(gettext_lazy("批准到"))
    level = forms.TypedChoiceField(label=gettext_lazy("批准级别"), coerce=int, required=False, empty_value=None)
    answer = forms.CharField(label=gettext_lazy("意见"), max_length=200, required=False)

    def __init__(self, *args: Any, asked: RightRequest, **kwargs: Any):
        super().__init__(*args, initial={"until": asked.ends_on, "level": asked.level}, **kwargs)
        self.fields["until"].widget.attrs |= {"max": asked.ends_on.isoformat()}
        self.fields["until"].help_text = _("不晚于申请的 %(day)s") % {"day": asked.ends_on}
        levels = {
            Kind.FIELD: [(int(each), each.label) for each in (Level.MASKED, Level.READ, Level.EDIT)],
            Kind.CUSTOMER: [(int(Level.READ), _("查看")), (int(Level.EDIT), _("查看和编辑"))],
        }.get(asked.kind)
        if levels is None:
            del self.fields["level"]
        else:
            self.fields["level"].choices = [pair for pair in levels if pair[0] <= asked.level]


# --- 代理 ----------------------------------------------------------------------------------------------------------------


class DelegationForm(forms.Form):
    """``person`` is asked of who manages members; everybody else speaks for himself."""

    person = PersonField(label=gettext_lazy("委托人"), required=True, help_text=gettext_lazy("不能来上班的人"))
    delegate = PersonField(
        label=gettext_lazy("代理人"),
        required=True,
        help_text=gettext_lazy("输入姓名或用户名"),
        error_messages={"required": gettext_lazy("请填写代理人。")},
    )
    starts_on = _day(gettext_lazy("开始"), 0)
    ends_on = _day(gettext_lazy("结束"), 7, help_text=gettext_lazy("最长半年，到期自动结束"))
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("传递的权限"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请选择至少一个权限。")},
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200, required=False)

    def __init__(self, *args: Any, ledger: Ledger, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.actor = actor
        if actor.can(Right.MEMBERS):
            offered: Iterable[str] = Right.values
            self.fields["person"].initial = actor.user
        else:
            del self.fields["person"]
            offered = delegations.lendable(ledger, actor.user)
        if not ledger.parameter("delegate_administration"):
            offered = [right for right in offered if right not in delegations.ADMINISTRATION]
        self.fields["rights"].choices = [(right, Right(right).label) for right in offered]
        mine = delegations.lendable(ledger, actor.user)
        self.fields["rights"].initial = [right for right in mine if right in (Right.VIEW, Right.ADD, Right.EDIT)]

    def wanted(self) -> dict[str, Any]:
        """Arguments of ``delegations.delegate``."""
        data = dict(self.cleaned_data)
        return {"person": data.pop("person", None) or self.actor.user, "stand_in": data.pop("delegate"), **data}


# --- 职责分离 -------------------------------------------------------------------------------------------------------------


class RuleForm(forms.Form):
    one = forms.ChoiceField(label=gettext_lazy("权限"), choices=Right.choices)
    other = forms.ChoiceField(label=gettext_lazy("不能同时有"), choices=Right.choices, initial=Right.APPROVE)
    how = forms.ChoiceField(
        label=gettext_lazy("处理"),
        choices=[
            ("warn", gettext_lazy("提示：可以授予，列入冲突清单")),
            ("forbid", gettext_lazy("禁止：没有例外就不能授予")),
        ],
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)


class ExceptionForm(forms.Form):
    rule = forms.ModelChoiceField(None, label=gettext_lazy("规则"), empty_label=gettext_lazy("选择规则"))
    user = PersonField(label=gettext_lazy("用户"), required=True)
    ends_on = _day(gettext_lazy("到期"), 30)
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["rule"].queryset = DutyRule.objects.filter(ledger=ledger)


# --- 临时权限, 权限复核 ---------------------------------------------------------------------------------------------------


class ReviewForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    due_on = _day(gettext_lazy("截止日期"), 14)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        words = {"year": today.year, "quarter": (today.month + 2) // 3}
        self.fields["title"].initial = _("%(year)s 年第 %(quarter)s 季度权限复核") % words


class DecisionForm(forms.Form):
    """``lines``: primary keys, separated by blanks."""

    decision = forms.ChoiceField(choices=[*reviews.Decision.choices], required=False)
    lines = forms.RegexField(
        r"^\s*\d{1,18}(\s+\d{1,18})*\s*$", error_messages={"required": gettext_lazy("请先选择行。")}
    )

    def clean_lines(self) -> list[int]:
        return [int(each) for each in self.cleaned_data["lines"].split()]


class SignForm(forms.Form):
    statement = forms.CharField(
        label=gettext_lazy("签署意见"),
        max_length=200,
        help_text=gettext_lazy("如：已逐项核对，权限与岗位相符"),
    )
