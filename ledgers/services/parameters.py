"""Changing what an account set is called and how it behaves: its basic facts and its parameters.

What lives here: the verbs. What does not: the list of parameters (``ledgers.parameters``), and where each one acts.
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Membership, User

from ..models import Ledger, LedgerEvent
from ..parameters import PARAMETERS, value_of
from .creating import check_name
from .locking import changeable
from .logbook import note
from .members import MANAGER

BASICS = ("name", "kind", "company", "department", "description", "language", "manager")
MAX_CREDIT_DAYS = 3650


@transaction.atomic
def change_basics(ledger: Ledger, values: dict[str, Any], *, by: User | None) -> list[str]:
    """Change columns of ``BASICS``; returns the labels of those that differ. Raises BusinessError with ``field``."""
    current = changeable(ledger)
    values = {key: value for key, value in values.items() if key in BASICS}
    if "name" in values:
        values["name"] = (values["name"] or "").strip()
        check_name(values["name"], besides=current)
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
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else _("只能是“是”或“否”。")
    if isinstance(default, int):
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CREDIT_DAYS
        return "" if fits else _("应为 0 到 %(most)s 的整数。") % {"most": MAX_CREDIT_DAYS}
    if default and isinstance(default[0], list):
        return _pairs_fault(value)
    well_formed = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return "" if well_formed else _("至少选择一项。")


def _pairs_fault(value: Any) -> str:
    """Grades and sources: [code, name] pairs, at least one, neither codes nor names twice."""
    if not isinstance(value, list) or not value:
        return _("至少保留一项。")
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) and part for part in pair)):
            return _("每一项都要有代码和名称。")
        if len(pair[0]) > 20 or len(pair[1]) > 30:
            return _("代码最多 20 位，名称最多 30 个字：「%(name)s」。") % {"name": pair[1]}
    for position, what in ((0, _("代码")), (1, _("名称"))):
        seen = [pair[position].lower() for pair in value]
        twice = next((text for text in seen if seen.count(text) > 1), None)
        if twice:
            return _("%(what)s「%(text)s」重复。") % {"what": what, "text": twice}
    return ""
