"""Changing what an account set is called and how it behaves: its basic facts and its parameters.

What lives here: the verbs. What does not: the list of parameters (``ledgers.parameters``), and where each one acts.
"""

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Membership, User

from .. import currencies
from ..models import Ledger, LedgerEvent
from ..parameters import PARAMETERS, TONES, choices_in, value_of
from .creating import check_name, check_organisation
from .locking import changeable
from .logbook import note
from .members import MANAGER

BASICS = ("name", "kind", "company", "department", "description", "language", "manager")
MAX_CREDIT_DAYS = 3650
MOST_DECIMALS = 4


@transaction.atomic
def change_basics(ledger: Ledger, values: dict[str, Any], *, by: User | None) -> list[str]:
    """Change columns of ``BASICS``; returns the labels of those that differ. Raises BusinessError with ``field``."""
    current = changeable(ledger)
    values = {key: value for key, value in values.items() if key in BASICS}
    if "name" in values:
        values["name"] = (values["name"] or "").strip()
        check_name(values["name"], besides=current)
    if {"company", "department"} & values.keys():
        moved = {key: values[key] for key in ("company", "department") if values.get(key) != getattr(current, key)}
        check_organisation(moved.get("company", ""), moved.get("department"))
    manager = values.get("manager")
    if manager and manager.pk != current.manager_id:
        in_role = Membership.objects.in_force().filter(ledger=current, user=manager, role__code=MANAGER)
        if not in_role.exists():
            raise BusinessError(
                _("「%(user)s」还没有“账套主管”角色。") % {"user": manager},
                code="member.not_manager",
                field="manager",
                remedy=_("请先在“成员”页授予该角色。"),
            )
    changed = [key for key, value in values.items() if getattr(current, key) != value]
    if not changed:
        return []
    for key in changed:
        setattr(current, key, values[key])
        setattr(ledger, key, values[key])
    current.save(update_fields=changed)
    labels = [str(Ledger._meta.get_field(key).verbose_name) for key in changed]
    note(current, LedgerEvent.Kind.SETTINGS, by=by, detail="、".join(labels))
    return labels


@transaction.atomic
def change_parameters(ledger: Ledger, values: dict[str, Any], *, by: User | None) -> list[str]:
    """Change parameters; returns the labels of those that differ. A value equal to the default is not stored."""
    for key, value in values.items():
        check_parameter(key, value)
    current = changeable(ledger)
    changed = [key for key, value in values.items() if value_of(current.parameters, key) != value]
    if not changed:
        return []
    stored = {**current.parameters, **{key: values[key] for key in changed}}
    defaults = {key for key in changed if values[key] == PARAMETERS[key].default}
    current.parameters = ledger.parameters = {key: value for key, value in stored.items() if key not in defaults}
    current.save(update_fields=["parameters"])
    labels = [str(PARAMETERS[key].label) for key in changed]
    note(current, LedgerEvent.Kind.SETTINGS, by=by, detail="、".join(labels))
    return labels


def check_parameter(key: str, value: Any) -> None:
    """Raise BusinessError (``field`` is the key) unless the parameter exists and may have this value."""
    parameter = PARAMETERS.get(key)
    if parameter is None:
        raise BusinessError(_("没有参数「%(key)s」。") % {"key": key}, code="parameter.unknown", field=key)
    fault = _fault(parameter, value)
    if fault:
        raise BusinessError(f"{parameter.label}：{fault}", code="parameter.value", field=key)


def _fault(parameter, value: Any) -> str:
    if parameter.choices:
        allowed = [code for code, _label in parameter.choices]
        return "" if value in allowed else _("只能是 %(choices)s 之一。") % {"choices": "、".join(allowed)}
    default = parameter.default
    if parameter.pattern:
        fits = isinstance(value, str) and re.fullmatch(parameter.pattern, value)
        return "" if fits else _("「%(value)s」的写法不对。") % {"value": str(value)[:40]}
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else _("只能是“是”或“否”。")
    if isinstance(default, int):
        least, most = parameter.between or (0, MAX_CREDIT_DAYS)
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if fits else _("应为 %(least)s 到 %(most)s 的整数。") % {"least": least, "most": most}
    if parameter.key == "required_by_kind":
        return _by_kind_fault(value)
    if parameter.key == "currency_decimals":
        return _decimals_fault(value)
    if isinstance(default, dict):
        return _steps_fault(value, default)
    if default and isinstance(default[0], list):
        return _pairs_fault(value)
    well_formed = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return "" if well_formed else _("至少选择一项。")


def _by_kind_fault(value: Any) -> str:
    """{kind of customer: [keys of fields]}; whether the fields exist is for those to say who know them."""
    well_formed = isinstance(value, dict) and all(
        isinstance(kind, str) and isinstance(keys, list) and all(isinstance(key, str) and key for key in keys)
        for kind, keys in value.items()
    )
    return "" if well_formed else _("应为客户类型与字段键的列表。")


def _decimals_fault(value: Any) -> str:
    """{currency: digits behind the point}."""
    if not isinstance(value, dict):
        return _("应为币种与小数位。")
    for code, digits in value.items():
        if code not in currencies.codes():
            return _("「%(code)s」不是 ISO 4217 币种代码。") % {"code": code}
        if not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= MOST_DECIMALS:
            return _("%(code)s 的小数位应为 0 到 %(most)s。") % {"code": code, "most": MOST_DECIMALS}
    return ""


def _steps_fault(value: Any, default: dict[str, dict]) -> str:
    """From → to → codes of roles, over the same states as the default."""
    states = {state for state in default if state}
    if not isinstance(value, dict) or not value.keys() <= default.keys():
        return _("只能使用已有的状态。")
    for origin, targets in value.items():
        if not isinstance(targets, dict) or not targets.keys() <= states - {origin}:
            return _("只能使用已有的状态。")
        if not all(
            isinstance(roles, list) and all(isinstance(code, str) for code in roles) for roles in targets.values()
        ):
            return _("每一步要列出角色编码。")
    if not value.get(""):
        return _("新增客户至少要有一个可选状态。")
    return ""


def _pairs_fault(value: Any) -> str:
    """Grades and sources: see ``parameters.Choice``; at least one in use, neither codes nor names twice."""
    if not isinstance(value, list) or not value:
        return _("至少保留一项。")
    for pair in value:
        named = isinstance(pair, list) and 2 <= len(pair) <= 4
        if not (named and all(isinstance(part, str) and part for part in pair[:2])):
            return _("每一项都要有代码和名称。")
        tone, is_active = [*pair[2:], "", True][:2] if len(pair) != 3 else (pair[2], True)
        if tone not in TONES or not isinstance(is_active, bool):
            return _("「%(name)s」的颜色或启用状态写错了。") % {"name": pair[1]}
        if len(pair[0]) > 20 or len(pair[1]) > 30:
            return _("代码最多 20 位，名称最多 30 个字：「%(name)s」。") % {"name": pair[1]}
    for position, what in ((0, _("代码")), (1, _("名称"))):
        seen = [pair[position].lower() for pair in value]
        twice = next((text for text in seen if seen.count(text) > 1), None)
        if twice:
            return _("%(what)s「%(text)s」重复。") % {"what": what, "text": twice}
    return "" if any(choice.is_active for choice in choices_in(value)) else _("至少保留一个启用的选项。")
