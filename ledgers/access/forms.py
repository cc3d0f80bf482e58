"""What the pages about rights post, as values: a role with its grid, a member, a department's role, an exception.

What lives here: shape only, and the rows that a page shows of a role. What does not: what may be (the verbs beside this module).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions import naming
from permissions.actor import Actor
from permissions.grants import RoleGrant
from permissions.loading import grants_of
from permissions.models import Override, Role
from permissions.organisation import departments as organisation
from permissions.organisation import trees
from permissions.organisation.forms import PersonField
from permissions.rights import Level, Right

from ..forms.members import role_choices
from ..models import Ledger
from . import scoping, wording
from .roles import Draft, Scopes

ALLOW, DENY = "allow", "deny"


def _date(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


# --- a role -----------------------------------------------------------------------------------------------------------


class RoleForm(forms.Form):
    """The plain fields of a role; rights, scopes and levels are read by ``posted``."""

    name = forms.CharField(label=gettext_lazy("角色名称"), max_length=60)
    code = forms.CharField(
        label=gettext_lazy("角色编码"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("复制账套、导入时用它认出角色，建立后不再改"),
    )
    parent = forms.TypedChoiceField(
        label=gettext_lazy("上级角色"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("继承它的功能权限、禁止和字段权限；没有自己的数据范围时也继承它的"),
    )
    description = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)
    sensitive_level = forms.TypedChoiceField(
        label=gettext_lazy("敏感字段的默认级别"),
        coerce=int,
        choices=Level.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("电话、手机、邮箱、银行账号、证件号码和标为敏感的自定义字段；个别字段可以在下面另定"),
    )

    def __init__(self, data: QueryDict | None = None, *, ledger: Ledger, draft: Draft, role: Role | None):
        initial = {key: getattr(draft, key) for key in ("name", "code", "description", "sensitive_level")}
        super().__init__(data, initial={**initial, "parent": draft.parent_id})
        if role is not None:
            del self.fields["code"]
        # Only what can be chosen without a circle is offered; the verb asks again under the lock.
        rows = list(ledger.roles.order_by("code"))
        below = trees.below(trees.parents_of(rows), role.pk) if role else set()
        self.fields["parent"].choices = [
            ("", _("（无）")),
            *(
                (row.pk, row.name)
                for row in rows
                if row.pk not in below and (row.is_active or row.pk == draft.parent_id)
            ),
        ]


def posted(form: RoleForm, words: scoping.Words, before: Draft) -> Draft:
    """The draft that a posted page holds; what the page did not show (rules of fields that are gone) stays. BusinessError for a text
    that means no scope."""
    data, plain = form.data, form.cleaned_data
    asked = {right: data.get(f"right-{right}", "") for right in Right.values}
    known = [each.key for each in naming.fields_of(words.ledger.pk)]
    levels = {key: level for key, level in before.levels.items() if key not in set(known)}
    levels |= {key: int(level) for key in known if (level := data.get(f"level-{key}", "")) in _LEVELS}
    return replace(
        before,
        name=plain.get("name", ""),
        code=plain.get("code", "") or before.code,
        description=plain.get("description", ""),
        parent_id=plain.get("parent"),
        sensitive_level=plain.get("sensitive_level", before.sensitive_level),
        rights=tuple(right for right, word in asked.items() if word == ALLOW),
        denied=tuple(right for right, word in asked.items() if word == DENY),
        scopes=_posted_scopes(data, words, "scope"),
        excluded=_posted_scopes(data, words, "excluded"),
        levels=levels,
    )


_LEVELS = {str(level) for level in Level.values}


def _posted_scopes(data: QueryDict, words: scoping.Words, prefix: str) -> Scopes:
    chosen, found = set(data.getlist(prefix)), []
    for kind in scoping.kinds():
        if kind.kind not in chosen:
            continue
        values: tuple = ()
        if kind.choices:
            known = {str(each.value): each.value for each in words.choices(kind.kind)}
            values = tuple(known.get(text, text) for text in data.getlist(f"{prefix}-{kind.kind}"))
        elif kind.read:
            values = tuple(kind.read(words.ledger, data.get(f"{prefix}-{kind.kind}", "")))
        found.append((kind.kind, values))
    return tuple(found)


class Sheet:
    """A role as its page shows it: rights in groups, scopes with what can be chosen, every field with its level."""

    def __init__(self, words: scoping.Words, draft: Draft, data: QueryDict | None = None):
        self.words, self.draft, self.data = words, draft, data
        above = grants_of([(draft.parent_id, "")]) if draft.parent_id else []
        self.above: RoleGrant | None = above[0] if above else None

    def rights(self) -> list[dict[str, Any]]:
        return [
            {"label": label, "rights": [self._right(right) for right in rights]} for label, rights in wording.grouped()
        ]

    def _right(self, right: Right) -> dict[str, Any]:
        word = ALLOW if right in self.draft.rights else DENY if right in self.draft.denied else ""
        if self.data is not None:
            word = self.data.get(f"right-{right}", "")
        inherited = ""
        if self.above and right in self.above.denied:
            inherited = _("上级角色「%(name)s」禁止") % {"name": self.above.name}
        elif self.above and right in self.above.rights:
            inherited = _("上级角色「%(name)s」允许") % {"name": self.above.name}
        return {"right": right, "help": wording.HELP.get(right, ""), "state": word, "inherited": inherited}

    def scopes(self) -> list[dict[str, Any]]:
        return self._scopes("scope", self.draft.scopes)

    def excluded(self) -> list[dict[str, Any]]:
        return self._scopes("excluded", self.draft.excluded)

    def _scopes(self, prefix: str, scopes: Scopes) -> list[dict[str, Any]]:
        return [self._scope(kind, prefix, scopes) for kind in scoping.kinds()]

    def _scope(self, kind: scoping.Kind, prefix: str, scopes: Scopes) -> dict[str, Any]:
        mine = [values for each, values in scopes if each == kind.kind]
        values = {str(value) for found in mine for value in found}
        text = (
            kind.write(self.words.ledger, [value for found in mine for value in found]) if kind.write and mine else ""
        )
        is_on = bool(mine)
        if self.data is not None:
            is_on = kind.kind in self.data.getlist(prefix)
            values = set(self.data.getlist(f"{prefix}-{kind.kind}"))
            text = self.data.get(f"{prefix}-{kind.kind}", "") if kind.read else ""
        choices = [
            {"value": each.value, "label": each.label, "depth": each.depth, "is_on": str(each.value) in values}
            for each in self.words.choices(kind.kind)
            if each.is_active or str(each.value) in values
        ]
        shown = {"kind": kind, "name": prefix, "is_on": is_on, "choices": choices, "text": text}
        return shown | {"count": sum(each["is_on"] for each in choices), "is_text": bool(kind.read)}

    def levels(self) -> list[dict[str, Any]]:
        """Groups of fields: each with its own level ("" for none) and what holds without one."""
        groups: dict[str, list[dict[str, Any]]] = {}
        judge, bare = Actor.system(self.words.ledger.pk), self._bare()
        for each in naming.fields_of(self.words.ledger.pk):
            is_sensitive = judge.is_sensitive(each.key)
            default = bare.statement(each.key, is_sensitive=is_sensitive)
            own: Any = self.draft.levels.get(each.key, "")
            if self.data is not None:
                own = self.data.get(f"level-{each.key}", "")
            source = bare.inherited_levels.get(each.key)
            groups.setdefault(each.group, []).append(
                {
                    "field": each,
                    "is_sensitive": is_sensitive,
                    "own": str(own),
                    "default": Level(default.level).label,
                    "source": source[1] if source else "",
                }
            )
        return [{"label": label, "fields": fields} for label, fields in groups.items()]

    def _bare(self) -> RoleGrant:
        """The role without field rules of its own: what holds where it says nothing."""
        above, draft = self.above, self.draft
        inherited: dict[str, tuple[int, str]] = {}
        if above:
            own = {key: (level, above.name) for key, level in above.field_levels.items()}
            inherited = {**above.inherited_levels, **own}
        rights = frozenset(draft.rights) | (above.rights if above else frozenset())
        return RoleGrant(draft.name, rights, draft.scopes, draft.sensitive_level, {}, inherited_levels=inherited)


def levels_of_roles(data: Mapping[str, str], prefix: str, roles: list[int]) -> dict[int, int | None]:
    """``prefix``-ROLE of a posted grid of one field → level, None for no rule."""
    found: dict[int, int | None] = {}
    for pk in roles:
        text = data.get(f"{prefix}-{pk}", "")
        found[pk] = int(text) if text in _LEVELS else None
    return found


# --- people -----------------------------------------------------------------------------------------------------------


class DatesForm(forms.Form):
    starts_on = _date(gettext_lazy("生效日期"))
    ends_on = _date(gettext_lazy("失效日期"))


class MemberForm(DatesForm):
    """One more member, or one more role of a member."""

    user = PersonField(
        label=gettext_lazy("用户"), required=True, error_messages={"required": gettext_lazy("请选择用户。")}
    )
    role = forms.ChoiceField(label=gettext_lazy("角色"))
    field_order = ["user", "role", "starts_on", "ends_on"]

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        off = set(ledger.roles.filter(is_active=False).values_list("code", flat=True))
        self.fields["role"].choices = [(code, name) for code, name in role_choices(ledger) if code not in off]
        self.fields["role"].initial = "sales"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        user, role = data.get("user"), data.get("role")
        if user and role and self.ledger.memberships.filter(user=user, role__code=role).exists():
            self.add_error("user", _("该用户已有此角色；要更改日期请点开他的名字。"))
        return data


class DepartmentRoleForm(DatesForm):
    department = forms.TypedChoiceField(label=gettext_lazy("部门"), coerce=int)
    role = forms.TypedChoiceField(label=gettext_lazy("角色"), coerce=int)
    with_below = forms.BooleanField(label=gettext_lazy("含下级部门"), required=False, initial=True)
    field_order = ["department", "role", "starts_on", "ends_on", "with_below"]

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any):
        super().__init__(*args, **kwargs)
        active = ledger.roles.filter(is_active=True).order_by("code")
        self.fields["department"].choices = [("", _("选择部门")), *organisation.options()]
        self.fields["role"].choices = [("", _("选择角色")), *active.values_list("pk", "name")]


class OverrideForm(DatesForm):
    """``what`` is "right:export" or "field:phone"."""

    user = PersonField(
        label=gettext_lazy("用户"), required=True, error_messages={"required": gettext_lazy("请选择用户。")}
    )
    what = forms.ChoiceField(label=gettext_lazy("权限或字段"))
    effect = forms.ChoiceField(
        label=gettext_lazy("例外"),
        choices=[(ALLOW, gettext_lazy("允许 / 字段至少")), (DENY, gettext_lazy("禁止 / 字段最多"))],
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("字段级别"), coerce=int, choices=Level.choices, initial=Level.READ,
        help_text=gettext_lazy("只对字段有用"),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)
    field_order = ["user", "what", "effect", "level", "starts_on", "ends_on", "reason"]

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any):
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in naming.fields_of(ledger.pk):
            groups.setdefault(_("字段：%(group)s") % {"group": each.group}, []).append(
                (f"field:{each.key}", each.label)
            )
        rights = [(f"right:{right}", str(right.label)) for right in Right]
        self.fields["what"].choices = [("", _("选择")), (_("功能权限"), rights), *groups.items()]

    def values(self) -> dict[str, Any]:
        """What ``exceptions.give`` takes beside the person."""
        data = self.cleaned_data
        kind, _colon, key = data["what"].partition(":")
        level = data["level"] if kind == Override.Kind.FIELD else Level.READ
        more = {name: data[name] for name in ("reason", "starts_on", "ends_on")}
        return {"kind": kind, "key": key, "is_denied": data["effect"] == DENY, "level": level, **more}
