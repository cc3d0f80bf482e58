"""The section 编码规则: the rules in force by name, whom they number, and the categories that name them as their own.

Counters are data, not configuration: a rule that arrives in another set begins at its start.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.services import shapes
from ledgers.services.configuration import Facts, Items, Section
from permissions.models import User

from ..models import Category, NumberingRule
from ..numbers import versions
from ..numbers.wording import describe, errors
from ..services import number_rules
from .codes import Codes, placed

_VERSIONED = ("parts", "reset")
_PLAIN = {"mode": "", "is_gapless": True, "allow_reuse": False, "priority": 0, "range_from": None, "range_to": None}
_REFERENCES = {"categories": "category", "departments": "department", "sales_regions": "sales_region"}


def in_force(ledger) -> dict[str, NumberingRule]:
    """name → the rule of that name that numbers customers today."""
    rows = number_rules.rows_in_force(NumberingRule.objects.filter(ledger=ledger), timezone.localdate())
    return {row.name: row for row in reversed(rows)}


def _read(ledger) -> Items:
    codes, rules = Codes(ledger), in_force(ledger)
    owners: dict[int, list[str]] = {}
    for code, rule in (
        Category.objects.filter(ledger=ledger, numbering_rule__isnull=False)
        .order_by("code")
        .values_list("code", "numbering_rule_id")
    ):
        owners.setdefault(rule, []).append(code)
    return {
        name: {
            **{column: getattr(row, column) for column in (*_VERSIONED, *_PLAIN)},
            "conditions": {key: _outward(codes, key, values) for key, values in row.conditions.items()},
            "own_of": owners.get(row.pk, []),
        }
        for name, row in rules.items()
    }


def _outward(codes: Codes, key: str, values: list) -> list:
    return codes.codes(_REFERENCES[key], values) if key in _REFERENCES else values


def _apply(ledger, items: Items, *, by: User | None) -> None:
    """A rule that differs becomes a new version; numbers that exist stay as they are."""
    codes, rules = Codes(ledger), in_force(ledger)
    for name, item in items.items():
        old = rules.get(name)
        with placed(name):
            conditions = {
                key: codes.pks(_REFERENCES[key], values) if key in _REFERENCES else values
                for key, values in item["conditions"].items()
                if values
            }
            owners = codes.pks("category", item["own_of"])
            values = {
                **{column: item[column] for column in (*_VERSIONED, *_PLAIN)},
                "name": name,
                "conditions": conditions,
            }
            rule = old
            if old is None or any(getattr(old, column) != value for column, value in values.items()):
                draft = versions.save_draft(ledger, values, by=by, replaces=old)
                rule = versions.activate(draft, by=by)
            Category.objects.filter(ledger=ledger, numbering_rule=rule).exclude(pk__in=owners).update(
                numbering_rule=None
            )
            Category.objects.filter(ledger=ledger, pk__in=owners).update(numbering_rule=rule)


def _faults(items: Items) -> Iterable[tuple[str, str]]:
    for name, item in items.items():
        for fault in errors(item["parts"], item["reset"]):
            yield name, str(fault.message)


def _facts(_name: str, item: dict[str, Any]) -> Facts:
    modes, resets = dict(NumberingRule.Mode.choices), dict(NumberingRule.Reset.choices)
    labels = {
        "categories": _("分类"),
        "departments": _("部门"),
        "sources": _("来源"),
        "kinds": _("客户类型"),
        "sales_regions": _("销售区域"),
    }
    conditions = (
        f"{labels.get(key, key)}：{'、'.join(map(str, values))}" for key, values in item["conditions"].items() if values
    )
    span = (item["range_from"], item["range_to"])
    return [
        (_("组成"), describe(item["parts"])),
        (_("流水号重置"), str(resets.get(item["reset"], item["reset"]))),
        (_("编号方式"), str(modes.get(item["mode"], _("按账套参数")))),
        (_("连续编号"), _("是") if item["is_gapless"] else _("否")),
        (_("允许重用归档编号"), _("是") if item["allow_reuse"] else _("否")),
        (_("适用范围"), "；".join(conditions) or _("全部客户")),
        (_("作为这些分类的编码规则"), "、".join(item["own_of"])),
        (_("优先级"), str(item["priority"])),
        (_("号段"), f"{span[0] or ''}–{span[1] or ''}" if any(span) else ""),
    ]


SECTION = Section(
    "numbering",
    gettext_lazy("编码规则"),
    140,
    shapes.record(
        {"parts": shapes.several(shapes.table(shapes.anything, shapes.text(20)), most=20, unique=False)},
        {
            "reset": shapes.text(10, choices=NumberingRule.Reset.values),
            "mode": shapes.text(14, blank=True, choices=NumberingRule.Mode.values),
            "is_gapless": shapes.boolean,
            "allow_reuse": shapes.boolean,
            "priority": shapes.integer(0, 9999),
            "range_from": shapes.maybe(shapes.integer(0, 10**18)),
            "range_to": shapes.maybe(shapes.integer(0, 10**18)),
            "conditions": shapes.table(shapes.several(shapes.text(60)), shapes.text(20)),
            "own_of": shapes.several(shapes.text(20)),
        },
    ),
    _read,
    _apply,
    lambda name, item: name,
    _facts,
    faults=_faults,
    key_shape=shapes.text(60),
    blank={"reset": "never", **_PLAIN, "conditions": {}, "own_of": []},
)
