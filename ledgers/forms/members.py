"""Who belongs to the set in which role: rows of the wizard. The page 成员 has its form in ``access.forms``."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.rights import ROLE_TEMPLATES, Right

from ..models import Ledger
from .basics import PersonField


def role_choices(ledger: Ledger) -> list[tuple[str, str]]:
    """The set's roles; a draft has none yet, so the templates that it will get stand in."""
    own = dict(ledger.roles.values_list("code", "name"))
    if ledger.state == Ledger.State.DRAFT:
        own = {code: str(name) for code, (name, *_rest) in ROLE_TEMPLATES.items()} | own
    order = list(ROLE_TEMPLATES)
    return sorted(own.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))


def role_descriptions() -> list[dict[str, str]]:
    """What each role template gives, in words."""
    sensitive = _("敏感字段（电话、银行账号、证件、邮箱）：%(level)s")
    return [
        {
            "name": str(name),
            "text": "；".join(
                (
                    "、".join(str(right.label) for right in rights) if len(rights) < len(Right) else _("全部权限"),
                    str(scope.label),
                    sensitive % {"level": level.label},
                )
            ),
        }
        for name, rights, scope, level in ROLE_TEMPLATES.values()
    ]


class MemberRow(forms.Form):
    """One line of the wizard's fourth step."""

    user = PersonField(label=gettext_lazy("用户"), error_messages={"required": gettext_lazy("请选择用户。")})
    role = forms.ChoiceField(label=gettext_lazy("角色"))

    def __init__(self, *args, roles: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].empty_label = _("选择用户")
        self.fields["role"].choices = roles
        self.fields["role"].initial = "sales"


class BaseMemberRows(forms.BaseFormSet):
    def clean(self) -> None:
        """The same person in the same role twice is an error on the second row."""
        seen = set()
        for row in self.forms:
            data = getattr(row, "cleaned_data", None)
            if not data or data.get("DELETE") or not (data.get("user") and data.get("role")):
                continue
            pair = (data["user"].pk, data["role"])
            if pair in seen:
                row.add_error("user", _("上面已有同一用户的同一角色。"))
            seen.add(pair)

    def chosen(self) -> list[dict]:
        """JSON rows {user: id, role: code} of a valid formset."""
        rows = (row.cleaned_data for row in self.forms if row.cleaned_data and not row.cleaned_data.get("DELETE"))
        return [{"user": row["user"].pk, "role": row["role"]} for row in rows if row.get("user")]


MemberRows = forms.formset_factory(
    MemberRow, formset=BaseMemberRows, extra=0, can_delete=True, max_num=200, absolute_max=220, validate_max=True
)
