"""The account set's own sections of a configuration document: basics, parameters, currencies, roles.

What lives here: how each is read, laid down and put into words. What does not: the document (``configuration``), the sections about
customers (``customers.configuration``).
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Department, DepartmentRole, FieldRule, Role, RowScope, User
from permissions.organisation import trees
from permissions.rights import Level, Right, Scope

from .. import currencies
from ..access import keeping
from ..models import Ledger
from ..parameters import PARAMETERS
from . import rates, shapes
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
_RIGHTS = shapes.several(shapes.text(30, choices=Right.values))
_DAY = shapes.text(10, pattern=r"\d{4}-\d{2}-\d{2}")
_SCOPES = shapes.several(
    shapes.record(
        {"kind": shapes.text(20, choices=Scope.values)}, {"values": shapes.several(shapes.anything, unique=False)}
    )
)
_SHAPE_OF_ROLE = shapes.record(
    {"name": shapes.text(60), "rights": _RIGHTS},
    {
        "description": shapes.text(200, blank=True),
        "parent": shapes.text(30, blank=True),
        "active": shapes.boolean,
        "denied": _RIGHTS,
        "sensitive_level": shapes.text(10, choices=_LEVELS),
        "scopes": _SCOPES,
        "excluded_scopes": _SCOPES,
        "field_rules": shapes.table(shapes.text(10, choices=_LEVELS), shapes.text(60)),
        "departments": shapes.several(
            shapes.record(
                {"department": shapes.text(30)},
                {"with_below": shapes.boolean, "starts_on": _DAY, "ends_on": _DAY},
            )
        ),
    },
)
_BLANK_ROLE = {
    "description": "",
    "parent": "",
    "active": True,
    "denied": [],
    "sensitive_level": "masked",
    "scopes": [],
    "excluded_scopes": [],
    "field_rules": {},
    "departments": [],
}


def _read_roles(ledger: Ledger) -> Items:
    """Roles by code, a superior role before those below it."""
    roles = list(
        ledger.roles.select_related("parent").prefetch_related("scopes", "field_rules", "department_roles__department")
    )
    rows = {role.pk: role for role in roles}
    order = [pk for pk, _depth in trees.ordered(trees.parents_of(roles))]
    left = [pk for pk in rows if pk not in set(order)]  # a circle, which only a hand in the database makes
    return {rows[pk].code: _role_item(ledger, rows[pk]) for pk in (*order, *left)}


def _role_item(ledger: Ledger, role: Role) -> dict[str, Any]:
    rules = sorted(role.field_rules.all(), key=lambda rule: rule.field)
    return {
        "name": role.name,
        "description": role.description,
        "parent": role.parent.code if role.parent else "",
        "active": role.is_active,
        "rights": [right for right in Right.values if right in role.rights],
        "denied": [right for right in Right.values if right in role.denied],
        "sensitive_level": Level(role.sensitive_level).name.lower(),
        "scopes": _scope_items(ledger, role, is_denied=False),
        "excluded_scopes": _scope_items(ledger, role, is_denied=True),
        "field_rules": {rule.field: Level(rule.level).name.lower() for rule in rules},
        "departments": _department_items(role),
    }


def _scope_items(ledger: Ledger, role: Role, *, is_denied: bool) -> list[dict[str, Any]]:
    rows = [scope for scope in role.scopes.all() if scope.is_denied == is_denied]
    found = []
    for scope in sorted(rows, key=lambda scope: (scope.kind, str(scope.values))):
        to_words = scope_words.get(scope.kind)
        values = to_words[0](ledger, scope.values) if to_words else scope.values
        found.append({"kind": scope.kind, **({"values": values} if values else {})})
    return found


def _department_items(role: Role) -> list[dict[str, Any]]:
    found = []
    for each in sorted(role.department_roles.all(), key=lambda each: each.department.code):
        days = {"starts_on": each.starts_on, "ends_on": each.ends_on}
        dated = {key: day.isoformat() for key, day in days.items() if day}
        found.append({"department": each.department.code, "with_below": each.with_below, **dated})
    return found


def _tidy_role(item: dict[str, Any]) -> dict[str, Any]:
    departments = [{"with_below": True, **each} for each in item["departments"]]
    return {**item, "departments": sorted(departments, key=lambda each: each["department"])}


def _role_faults(items: Items) -> Iterable[tuple[str, str]]:
    """What is wrong between the roles of one document, and days that do not exist."""
    parents = {code: item["parent"] or None for code, item in items.items()}
    for circle in trees.circles(parents):
        yield circle[0], _("上级角色形成循环：%(line)s。") % {"line": " → ".join(circle)}
    for code, item in items.items():
        both = set(item["rights"]) & set(item["denied"])
        if both:
            yield code, _("同一权限既允许又禁止：%(rights)s。") % {"rights": "、".join(sorted(both))}
        for each in item["departments"]:
            try:
                days = [date.fromisoformat(each[key]) for key in ("starts_on", "ends_on") if key in each]
            except ValueError:
                yield code, _("部门授权的日期不存在。")
            else:
                if days != sorted(days):
                    yield code, _("部门授权的失效日期早于生效日期。")


def _apply_roles(ledger: Ledger, items: Items, *, by: User | None) -> None:
    """Roles by code; scopes, field rules and departments of a role become just those of its item."""
    items = {
        code: {**_BLANK_ROLE, **item} for code, item in items.items()
    }  # a draft may hold a document of an earlier version
    for code, item in items.items():
        lost = set(keeping.KEPT) - set(item["rights"]) or set(keeping.KEPT) & set(item["denied"])
        if code == keeping.MANAGER and (lost or not item["active"]):
            raise BusinessError(_("账套主管必须保有“账套设置”和“成员与权限”。"), code="role.manager", field=code)
    with keeping.watched(ledger, by=by):
        roles = {role.code: role for role in ledger.roles.all()}
        for code, item in items.items():
            roles[code] = _lay_role(ledger, roles.get(code) or Role(ledger=ledger, code=code), item)
        _lay_parents(roles, items)
        for code, item in items.items():
            _lay_departments(ledger, roles[code], item["departments"], code)


def _lay_role(ledger: Ledger, role: Role, item: dict[str, Any]) -> Role:
    role.name, role.description, role.is_active = item["name"], item["description"], item["active"]
    role.rights, role.denied = list(item["rights"]), list(item["denied"])
    role.sensitive_level = _LEVELS[item["sensitive_level"]]
    role.save()
    role.scopes.all().delete()
    role.field_rules.all().delete()
    RowScope.objects.bulk_create(
        _scope(ledger, role, scope, is_denied=is_denied)
        for is_denied, key in ((False, "scopes"), (True, "excluded_scopes"))
        for scope in item[key]
    )
    FieldRule.objects.bulk_create(
        FieldRule(role=role, field=key, level=_LEVELS[level]) for key, level in item["field_rules"].items()
    )
    return role


def _scope(ledger: Ledger, role: Role, scope: dict[str, Any], *, is_denied: bool) -> RowScope:
    values, words = scope.get("values", []), scope_words.get(scope["kind"])
    try:
        found = words[1](ledger, values) if words else values
    except BusinessError as fault:
        fault.field = role.code
        raise
    return RowScope(role=role, kind=scope["kind"], values=found, is_denied=is_denied)


def _lay_parents(roles: dict[str, Role], items: Items) -> None:
    """When all roles are there: the superior of each, which may be one that the set had before."""
    for code, item in items.items():
        parent = roles.get(item["parent"]) if item["parent"] else None
        if item["parent"] and parent is None:
            raise BusinessError(
                _("账套中没有上级角色「%(code)s」。") % {"code": item["parent"]},
                code="role.parent",
                field=code,
                remedy=_("请同时选择该角色，或先建立它。"),
            )
        roles[code].parent = parent
    parents = trees.parents_of(roles.values())
    for code in items:
        if trees.circle(parents, roles[code].pk):
            raise BusinessError(_("上级角色形成循环。"), code="role.circle", field=code)
        roles[code].save(update_fields=["parent"])


def _lay_departments(ledger: Ledger, role: Role, items: list[dict[str, Any]], code: str) -> None:
    try:
        pks = _department_ids(ledger, [each["department"] for each in items])
    except BusinessError as fault:
        fault.field = code
        raise
    role.department_roles.all().delete()
    DepartmentRole.objects.bulk_create(
        DepartmentRole(
            ledger=ledger,
            role=role,
            department_id=pk,
            with_below=each["with_below"],
            starts_on=date.fromisoformat(each["starts_on"]) if "starts_on" in each else None,
            ends_on=date.fromisoformat(each["ends_on"]) if "ends_on" in each else None,
        )
        for pk, each in zip(pks, items, strict=True)
    )


def _role_facts(_code: str, item: dict[str, Any]) -> Facts:
    levels = {name: str(level.label) for name, level in _LEVELS.items()}
    rules = (f"{field} {levels[level]}" for field, level in item["field_rules"].items())
    return [
        (_("名称"), item["name"]),
        (_("说明"), item["description"] or _("无")),
        (_("上级角色"), item["parent"] or _("无")),
        (_("状态"), _("启用") if item["active"] else _("停用")),
        (_("功能权限"), "、".join(str(Right(right).label) for right in item["rights"]) or _("无")),
        (_("明确禁止"), "、".join(str(Right(right).label) for right in item["denied"]) or _("无")),
        (_("敏感字段"), levels[item["sensitive_level"]]),
        (_("数据范围"), _scope_facts(item["scopes"])),
        (_("排除的范围"), _scope_facts(item["excluded_scopes"])),
        (_("字段权限"), "、".join(rules) or _("无")),
        (_("部门授权"), "、".join(each["department"] for each in item["departments"]) or _("无")),
    ]


def _scope_facts(scopes: list[dict[str, Any]]) -> str:
    kinds = dict(Scope.choices)
    told = (
        str(kinds[scope["kind"]]) + (f"（{'、'.join(map(str, scope['values']))}）" if scope.get("values") else "")
        for scope in scopes
    )
    return "、".join(told) or _("无")


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
        faults=_role_faults,
        right=Right.MEMBERS,
        blank=_BLANK_ROLE,
        tidy=_tidy_role,
    ),
)
