"""The account set's own sections of a configuration document: basics, parameters, currencies, roles.

What lives here: how each is read, laid down and put into words. What does not: the document (``configuration``), the sections about
customers (``customers.configuration``).
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Department, FieldRule, Role, RowScope, User
from permissions.rights import Level, Right, Scope

from .. import currencies
from ..models import Ledger
from ..parameters import PARAMETERS
from . import members, rates, shapes
from .configuration import Facts, Items, Section
from .parameters import change_parameters

# --- basics -----------------------------------------------------------------------------------------------------------

# column → whether a draft takes it over from another set; the rest is decided when a set is made and only compared.
_BASICS = {"kind": True, "language": True, "calendar": False, "start_month": False, "base_currency": False}


def _read_basics(ledger: Ledger) -> Items:
    return {key: getattr(ledger, key) for key in _BASICS}


def _apply_basics(ledger: Ledger, items: Items, *, by: User | None) -> None:
    allowed = {"kind": Ledger.Kind.values, "language": ["zh-hans", "en"]}
    for key, value in items.items():
        if value not in allowed.get(key, ()):
            raise BusinessError(_("「%(value)s」不可用。") % {"value": value}, code="basics.value", field=key)
        setattr(ledger, key, value)
    ledger.save(update_fields=list(items))


def _basics_fixed(ledger: Ledger, key: str) -> str:
    if key in _BASICS and not _BASICS[key]:
        return _("建账时确定，不能从别的账套套用。")
    return ""


def _basics_name(key: str, _item: Any) -> str:
    return str(Ledger._meta.get_field(key).verbose_name) if key in _BASICS else key


def _basics_facts(_key: str, item: Any) -> Facts:
    words = {**dict(Ledger.Kind.choices), **dict(Ledger.Calendar.choices)}
    if item in words:
        return [(_("取值"), str(words[item]))]
    if item in ("zh-hans", "en"):
        return [(_("取值"), get_language_info(item)["name_local"])]
    return [(_("取值"), str(item))]


# --- parameters -------------------------------------------------------------------------------------------------------

# Higher apps tell how to put the value of a parameter into words, where the value alone says nothing.
parameter_words: dict[str, Callable[[Any], str]] = {}


def _read_parameters(ledger: Ledger) -> Items:
    return {key: ledger.parameter(key) for key in PARAMETERS}


def _apply_parameters(ledger: Ledger, items: Items, *, by: User | None) -> None:
    change_parameters(ledger, items, by=by)


def _unknown_parameters(items: Items) -> Iterable[tuple[str, str]]:
    for key in items:
        if key not in PARAMETERS:
            yield key, _("没有这个参数，可用：%(known)s。") % {"known": "、".join(PARAMETERS)}


def _parameter_name(key: str, _item: Any) -> str:
    return str(PARAMETERS[key].label) if key in PARAMETERS else key


def _parameter_text(key: str, value: Any) -> str:
    parameter = PARAMETERS.get(key)
    if key in parameter_words:
        return parameter_words[key](value)
    if parameter and parameter.choices:
        return str(dict(parameter.choices).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict):
        return "、".join(f"{name} {each}" for name, each in value.items()) or _("无")
    if isinstance(value, list):
        return "、".join(each[1] if isinstance(each, list) else str(each) for each in value) or _("无")
    return str(value)


# --- currencies -------------------------------------------------------------------------------------------------------


def _read_currencies(ledger: Ledger) -> Items:
    return {code: {} for code in ledger.currencies.order_by("code").values_list("code", flat=True)}


def _apply_currencies(ledger: Ledger, items: Items, *, by: User | None) -> None:
    for code in items:
        if code == ledger.base_currency:
            continue  # another set's foreign currency may be this one's own
        try:
            rates.add_currency(ledger, code, by=by)
        except BusinessError as fault:
            fault.field = code
            raise


def _unknown_currencies(items: Items) -> Iterable[tuple[str, str]]:
    for code in items:
        if code not in currencies.codes():
            yield code, _("「%(code)s」不是 ISO 4217 币种代码。") % {"code": code}


# --- roles ------------------------------------------------------------------------------------------------------------


# The values of a scope that names rows travel as codes: kind → (ids → codes, codes → ids). Higher apps add theirs.
ScopeWords = tuple[Callable[[Ledger, list], list], Callable[[Ledger, list], list]]


def _department_codes(_ledger: Ledger, ids: list) -> list:
    return list(Department.objects.filter(pk__in=ids).order_by("code").values_list("code", flat=True))


def _department_ids(_ledger: Ledger, codes: list) -> list:
    found = dict(Department.objects.filter(code__in=codes).values_list("code", "pk"))
    gone = [code for code in codes if code not in found]
    if gone:
        raise BusinessError(
            _("组织架构中没有部门「%(codes)s」。") % {"codes": "、".join(gone)}, code="department.unknown"
        )
    return [found[code] for code in codes]


scope_words: dict[str, ScopeWords] = {Scope.DEPARTMENTS: (_department_codes, _department_ids)}

_LEVELS = {level.name.lower(): level for level in Level}
_SHAPE_OF_ROLE = shapes.record(
    {"name": shapes.text(60), "rights": shapes.several(shapes.text(30, choices=Right.values))},
    {
        "sensitive_level": shapes.text(10, choices=_LEVELS),
        "scopes": shapes.several(
            shapes.record({"kind": shapes.text(20, choices=Scope.values)}, {"values": shapes.several(shapes.text(60))})
        ),
        "field_rules": shapes.table(shapes.text(10, choices=_LEVELS), shapes.text(60)),
    },
)


def _read_roles(ledger: Ledger) -> Items:
    return {role.code: _role_item(ledger, role) for role in ledger.roles.prefetch_related("scopes", "field_rules")}


def _role_item(ledger: Ledger, role: Role) -> dict[str, Any]:
    scopes = []
    for scope in sorted(role.scopes.all(), key=lambda scope: (scope.kind, str(scope.values))):
        to_words = scope_words.get(scope.kind)
        values = to_words[0](ledger, scope.values) if to_words else scope.values
        scopes.append({"kind": scope.kind, **({"values": values} if values else {})})
    rules = sorted(role.field_rules.all(), key=lambda rule: rule.field)
    return {
        "name": role.name,
        "rights": [right for right in Right.values if right in role.rights],
        "sensitive_level": Level(role.sensitive_level).name.lower(),
        "scopes": scopes,
        "field_rules": {rule.field: Level(rule.level).name.lower() for rule in rules},
    }


def _apply_roles(ledger: Ledger, items: Items, *, by: User | None) -> None:
    """Roles by code; scopes and field rules of a role become just those of its item."""
    have = {role.code: role for role in ledger.roles.all()}
    for code, item in items.items():
        lost = {Right.CONFIGURE, Right.MEMBERS} - set(item["rights"])
        if code == members.MANAGER and lost:
            raise BusinessError(_("账套主管必须保有“账套设置”和“成员与权限”。"), code="role.manager", field=code)
        role = have.get(code) or Role(ledger=ledger, code=code)
        role.name, role.rights = item["name"], list(item["rights"])
        role.sensitive_level = _LEVELS[item["sensitive_level"]]
        role.save()
        role.scopes.all().delete()
        role.field_rules.all().delete()
        RowScope.objects.bulk_create(_scope(ledger, role, scope, code) for scope in item["scopes"])
        FieldRule.objects.bulk_create(
            FieldRule(role=role, field=key, level=_LEVELS[level]) for key, level in item["field_rules"].items()
        )


def _scope(ledger: Ledger, role: Role, scope: dict[str, Any], code: str) -> RowScope:
    values, words = scope.get("values", []), scope_words.get(scope["kind"])
    try:
        return RowScope(role=role, kind=scope["kind"], values=words[1](ledger, values) if words else values)
    except BusinessError as fault:
        fault.field = code
        raise


def _role_facts(_code: str, item: dict[str, Any]) -> Facts:
    kinds, levels = dict(Scope.choices), {name: str(level.label) for name, level in _LEVELS.items()}
    scopes = (
        str(kinds[scope["kind"]]) + (f"（{'、'.join(scope['values'])}）" if scope.get("values") else "")
        for scope in item["scopes"]
    )
    rules = (f"{field} {levels[level]}" for field, level in item["field_rules"].items())
    return [
        (_("名称"), item["name"]),
        (_("功能权限"), "、".join(str(Right(right).label) for right in item["rights"]) or _("无")),
        (_("敏感字段"), levels[item["sensitive_level"]]),
        (_("数据范围"), "、".join(scopes) or _("无")),
        (_("字段权限"), "、".join(rules) or _("无")),
    ]


# --- the register -----------------------------------------------------------------------------------------------------

OWN: tuple[Section, ...] = (
    Section(
        "basics",
        gettext_lazy("基本信息"),
        10,
        shapes.anything,
        _read_basics,
        _apply_basics,
        _basics_name,
        _basics_facts,
        fixed=_basics_fixed,
        in_draft=True,
        is_list=False,
        faults=lambda items: ((key, _("没有这一项。")) for key in items if key not in _BASICS),
    ),
    Section(
        "parameters",
        gettext_lazy("参数"),
        20,
        shapes.anything,
        _read_parameters,
        _apply_parameters,
        _parameter_name,
        lambda key, item: [(_("取值"), _parameter_text(key, item))],
        faults=_unknown_parameters,
        in_draft=True,
        is_list=False,
    ),
    Section(
        "currencies",
        gettext_lazy("币种"),
        30,
        shapes.record({}),
        _read_currencies,
        _apply_currencies,
        lambda key, item: currencies.label(key),
        lambda key, item: [],
        faults=_unknown_currencies,
        in_draft=True,
    ),
    Section(
        "roles",
        gettext_lazy("角色与权限"),
        200,
        _SHAPE_OF_ROLE,
        _read_roles,
        _apply_roles,
        lambda key, item: item["name"] if item else key,
        _role_facts,
        right=Right.MEMBERS,
        blank={"sensitive_level": "masked", "scopes": [], "field_rules": {}},
    ),
)
