"""Sections about fields: 自定义字段, 字段设置, 录入模板, 校验规则.

A document never changes the type of a field that exists: its values would have to be converted, and that has a page of its own.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.services import shapes
from ledgers.services.configuration import Facts, Items, Section
from permissions.models import User

from ..models import Category, ChoiceSet, Customer, CustomField, EntryTemplate, FieldSetting, ValidationRule
from ..own import designing as custom_fields
from ..rulebook import names as rule_names
from ..rulebook import settings as rule_settings
from ..rules.expressions import ExpressionError, Names, parse
from .codes import Codes, actor_for, labels, placed

KEY = r"x_[a-z0-9_]{1,38}"
_KEYS = shapes.several(shapes.text(60))


def _stored(names: tuple[str, ...]) -> Callable[[Any, dict[str, Any]], dict[str, Any]]:
    """Expressions of an item as the set keeps them; one that does not hold there stays as it is written."""

    def turned(ledger, item: dict[str, Any]) -> dict[str, Any]:
        if not any(item[name] for name in names):
            return item
        known = rule_names.names_of(Codes(ledger).catalogue)
        return {**item, **{name: _canonical(item[name], known) for name in names}}

    return turned


def _canonical(text: str, known: Names) -> str:
    try:
        return parse(text, known).canonical if text.strip() else ""
    except ExpressionError:
        return text


# --- own fields -------------------------------------------------------------------------------------------------------

_PLAIN = {
    "help_text": "", "default": None, "max_length": None, "min_length": None, "lowest": "", "highest": "", "decimals": 2, "pattern": "",
    "pattern_message": "", "formula": "", "is_required": False, "is_unique": False, "is_filterable": True, "is_searchable": False,
    "is_sensitive": False, "in_list": False,
}  # fmt: skip


def _own(ledger):
    return (
        CustomField.objects.filter(ledger=ledger).exclude(state=CustomField.State.DELETED).select_related("choice_set")
    )


def _read_fields(ledger) -> Items:
    return {
        row.key: {
            "label": row.label,
            "type": row.type,
            "group": row.group,
            "choice_set": row.choice_set.code if row.choice_set else None,
            "is_active": row.state != CustomField.State.DISABLED,
            **{column: getattr(row, column) for column in _PLAIN},
        }
        for row in _own(ledger)
    }


def _apply_fields(ledger, items: Items, *, by: User | None) -> None:
    """Formulas after the fields that they may name."""
    actor = actor_for(ledger, by)
    have = {row.key: row for row in CustomField.objects.filter(ledger=ledger).select_related("ledger")}
    sets = {row.code.lower(): row for row in ChoiceSet.objects.filter(ledger=ledger)}
    for key in sorted(items, key=lambda key: items[key]["type"] == CustomField.Type.FORMULA):
        item, row = items[key], have.get(key)
        with placed(key):
            values = {name: item[name] for name in ("label", "group", *_PLAIN) if _is_said(item, name)}
            if item["choice_set"]:
                values["choice_set"] = sets.get(item["choice_set"].lower())
                if values["choice_set"] is None:
                    raise BusinessError(
                        _("没有选项集「%(code)s」。") % {"code": item["choice_set"]},
                        code="field.choices",
                        remedy=_("请同时选择该选项集。"),
                    )
            if row is None:
                row = custom_fields.create(ledger, item["type"], values, by=actor, key=key)
            else:
                _require_type(row, item["type"])
                row = custom_fields.change(row, values, by=actor).field
            if item["is_active"] != (row.state == CustomField.State.ACTIVE):
                (custom_fields.enable if item["is_active"] else custom_fields.disable)(row, by=actor)


def _is_said(item: dict[str, Any], name: str) -> bool:
    """Formulas and files have no use for most settings, and the verbs refuse what a type has no use for: blanks are left out for them."""
    return name not in _PLAIN or item[name] != _PLAIN[name] or item["type"] not in ("formula", "file", "long_text")


def _require_type(row: CustomField, wanted: str) -> None:
    """Raise BusinessError for a field that is deleted, or of another type."""
    if row.state == CustomField.State.DELETED:
        raise BusinessError(
            _("字段键「%(key)s」属于一个已删除的字段。") % {"key": row.key},
            code="field.deleted",
            remedy=_("请先恢复该字段，或改用别的字段键。"),
        )
    if row.type != wanted:
        types = dict(CustomField.Type.choices)
        raise BusinessError(
            _("已有字段的类型是“%(from)s”，不能直接改为“%(to)s”。") % {"from": types[row.type], "to": types[wanted]},
            code="field.type",
            remedy=_("请在“自定义字段”页更改类型并预览。"),
        )


def _field_faults(items: Items) -> Iterable[tuple[str, str]]:
    labels: dict[str, str] = {}
    for key, item in items.items():
        kind = item["type"]
        if kind in ("choice", "multi_choice") and not item["choice_set"]:
            yield key, _("选择类型的字段要写明选项集（choice_set）。")
        if kind == "formula" and not item["formula"].strip():
            yield key, _("公式字段要写明公式（formula）。")
        if labels.setdefault(item["label"], key) != key:
            yield key, _("字段名称「%(label)s」重复。") % {"label": item["label"]}


def _field_facts(_key: str, item: dict[str, Any]) -> Facts:
    flags = {
        "is_required": _("必填"), "is_unique": _("不可重复"), "is_filterable": _("可筛选和排序"), "is_searchable": _("可搜索"),
        "is_sensitive": _("敏感"), "in_list": _("显示在列表"),
    }  # fmt: skip
    meta = CustomField._meta
    facts = [
        (_("名称"), item["label"]),
        (_("类型"), str(dict(CustomField.Type.choices)[item["type"]])),
        (_("分组"), item["group"]),
        (_("选项集"), item["choice_set"] or ""),
        (_("特性"), "、".join(label for key, label in flags.items() if item[key])),
        (_("状态"), _("启用") if item["is_active"] else _("停用")),
    ]
    rest = [key for key in _PLAIN if key not in flags]
    return facts + [
        (str(meta.get_field(key).verbose_name), "" if item[key] in (None, "") else str(item[key])) for key in rest
    ]


_FIELDS = Section(
    "custom_fields",
    gettext_lazy("自定义字段"),
    70,
    shapes.record(
        {"label": shapes.text(40), "type": shapes.text(14, choices=CustomField.Type.values)},
        {
            "group": shapes.text(30),
            "choice_set": shapes.maybe(shapes.text(30)),
            "is_active": shapes.boolean,
            "help_text": shapes.text(200, blank=True),
            "default": shapes.anything,
            "max_length": shapes.maybe(shapes.integer(1, 10000)),
            "min_length": shapes.maybe(shapes.integer(0, 10000)),
            "lowest": shapes.text(30, blank=True),
            "highest": shapes.text(30, blank=True),
            "decimals": shapes.integer(0, 6),
            "pattern": shapes.text(200, blank=True),
            "pattern_message": shapes.text(100, blank=True),
            "formula": shapes.text(500, blank=True),
            **dict.fromkeys(
                ("is_required", "is_unique", "is_filterable", "is_searchable", "is_sensitive", "in_list"),
                shapes.boolean,
            ),
        },
    ),
    _read_fields,
    _apply_fields,
    lambda key, item: f"{item['label']} {key}" if item else key,
    _field_facts,
    faults=_field_faults,
    as_stored=_stored(("formula",)),
    blank={"group": "basic", "choice_set": None, "is_active": True, **_PLAIN},
    key_shape=shapes.text(40, pattern=KEY),
)


# --- what the set says of fields --------------------------------------------------------------------------------------

_SETTING = {
    "label": "", "help_text": "", "need": "", "required_from": "", "visible_when": "", "required_when": "", "default": None, "group": "",
    "position": None,
}  # fmt: skip


def _setting_key(field: str, category: str | None) -> str:
    return f"{field}@{category}" if category else field


def _read_settings(ledger) -> Items:
    codes = Codes(ledger)
    rows = FieldSetting.objects.filter(ledger=ledger).select_related("category").order_by("field", "category__code")
    found = {}
    for row in rows:
        item = {column: getattr(row, column) for column in _SETTING}
        item["default"] = None if row.default is None else codes.outward({row.field: row.default}).get(row.field)
        found[_setting_key(row.field, row.category.code if row.category else None)] = item
    return found


def _apply_settings(ledger, items: Items, *, by: User | None) -> None:
    codes, actor = Codes(ledger), actor_for(ledger, by)
    for key, item in items.items():
        field, _at, category = key.partition("@")
        with placed(key):
            owner = Category.objects.get(pk=codes.pk("category", category)) if category else None
            values = dict(item)
            if item["default"] is not None:
                values["default"] = codes.inward({field: item["default"]}).get(field)
            rule_settings.save_setting(ledger, field, values, by=actor, category=owner)


def _setting_facts(_key: str, item: dict[str, Any]) -> Facts:
    meta, words = (
        FieldSetting._meta,
        {"need": dict(FieldSetting.Need.choices), "required_from": dict(Customer.Status.choices)},
    )
    return [
        (str(meta.get_field(key).verbose_name), str(words.get(key, {}).get(item[key], item[key] or "")))
        for key in _SETTING
    ]


_SETTINGS = Section(
    "field_settings",
    gettext_lazy("字段设置"),
    110,
    shapes.record(
        {},
        {
            "label": shapes.text(40, blank=True),
            "help_text": shapes.text(200, blank=True),
            "need": shapes.text(10, blank=True, choices=FieldSetting.Need.values),
            "required_from": shapes.text(12, blank=True, choices=Customer.Status.values),
            "visible_when": shapes.text(300, blank=True),
            "required_when": shapes.text(300, blank=True),
            "default": shapes.anything,
            "group": shapes.text(30, blank=True),
            "position": shapes.maybe(shapes.integer(0, 10000)),
        },
    ),
    _read_settings,
    _apply_settings,
    lambda key, item: " @ ".join([labels([key.partition("@")[0]]), *key.split("@")[1:]]),
    _setting_facts,
    blank=_SETTING,
    as_stored=_stored(("visible_when", "required_when")),
)


# --- entry templates --------------------------------------------------------------------------------------------------

_TEMPLATE = {"kinds": [], "roles": [], "sections": [], "defaults": {}, "required": [], "is_active": True}


def _read_templates(ledger) -> Items:
    codes = Codes(ledger)
    return {
        row.code: {
            "name": row.name,
            **{column: getattr(row, column) for column in _TEMPLATE},
            "defaults": codes.outward(row.defaults) if row.defaults else {},
        }
        for row in EntryTemplate.objects.filter(ledger=ledger)
    }


def _apply_templates(ledger, items: Items, *, by: User | None) -> None:
    have, codes = {row.code.lower(): row for row in EntryTemplate.objects.filter(ledger=ledger)}, Codes(ledger)
    actor = actor_for(ledger, by)
    for code, item in items.items():
        with placed(code):
            values = {**item, "code": code, "defaults": codes.inward(item["defaults"])}
            rule_settings.save_template(ledger, values, by=actor, template=have.get(code.lower()))


def _template_facts(_code: str, item: dict[str, Any]) -> Facts:
    kinds = dict(Customer.Kind.choices)
    return [
        (_("名称"), item["name"]),
        (_("客户类型"), "、".join(str(kinds.get(kind, kind)) for kind in item["kinds"]) or _("全部")),
        (_("角色"), "、".join(item["roles"]) or _("全部")),
        (_("版面"), "；".join(f"{part['label']}：{labels(part['fields'])}" for part in item["sections"])),
        (_("默认值"), "、".join(f"{labels([key])} = {value}" for key, value in sorted(item["defaults"].items()))),
        (_("必填字段"), labels(item["required"])),
        (_("状态"), _("启用") if item["is_active"] else _("停用")),
    ]


_TEMPLATES = Section(
    "entry_templates",
    gettext_lazy("录入模板"),
    120,
    shapes.record(
        {"name": shapes.text(40)},
        {
            "kinds": shapes.several(shapes.text(12, choices=Customer.Kind.values)),
            "roles": shapes.several(shapes.text(30)),
            "sections": shapes.several(shapes.record({"label": shapes.text(30), "fields": _KEYS})),
            "defaults": shapes.table(shapes.anything, shapes.text(60)),
            "required": _KEYS,
            "is_active": shapes.boolean,
        },
    ),
    _read_templates,
    _apply_templates,
    lambda code, item: f"{item['name']} {code}" if item else code,
    _template_facts,
    blank=_TEMPLATE,
)


# --- validation rules -------------------------------------------------------------------------------------------------

_RULE = {"when": "", "required": [], "must_hold": "", "message": "", "severity": "error", "is_active": True}


def _read_rules(ledger) -> Items:
    rows = ValidationRule.objects.filter(ledger=ledger)
    return {row.name: {column: getattr(row, column) for column in _RULE} for row in rows}


def _apply_rules(ledger, items: Items, *, by: User | None) -> None:
    have, actor = {row.name: row for row in ValidationRule.objects.filter(ledger=ledger)}, actor_for(ledger, by)
    for name, item in items.items():
        with placed(name):
            rule_settings.save_rule(ledger, {**item, "name": name}, by=actor, rule=have.get(name))


def _rule_faults(items: Items) -> Iterable[tuple[str, str]]:
    for name, item in items.items():
        if not item["required"] and not item["must_hold"].strip():
            yield name, _("规则既没有必填字段（required），也没有须满足的条件（must_hold）。")


def _rule_facts(_name: str, item: dict[str, Any]) -> Facts:
    meta, severities = ValidationRule._meta, dict(ValidationRule.Severity.choices)
    words = {
        "required": labels,
        "severity": lambda value: str(severities[value]),
        "is_active": lambda value: _("是") if value else _("否"),
    }
    return [(str(meta.get_field(key).verbose_name), words.get(key, str)(item[key])) for key in _RULE]


_RULES = Section(
    "validation_rules",
    gettext_lazy("校验规则"),
    130,
    shapes.record(
        {},
        {
            "when": shapes.text(300, blank=True),
            "required": _KEYS,
            "must_hold": shapes.text(300, blank=True),
            "message": shapes.text(200, blank=True),
            "severity": shapes.text(10, choices=ValidationRule.Severity.values),
            "is_active": shapes.boolean,
        },
    ),
    _read_rules,
    _apply_rules,
    lambda name, item: name,
    _rule_facts,
    faults=_rule_faults,
    blank=_RULE,
    as_stored=_stored(("when", "must_hold")),
)

SECTIONS = (_FIELDS, _SETTINGS, _TEMPLATES, _RULES)
