"""Saving what a set asks of its customers: field settings, validation rules, entry templates; and what would no longer fit.

What lives here: the verbs, each asking for the right to configure and leaving a line in the set's log; what they refuse; ``misfits``, which
counts the customers that a stricter rule would find wanting before it is saved. What does not: what the settings mean (``rulebook``), own
fields and their formulas (``custom_fields``). No verb changes a stored value.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor
from permissions.rights import Right

from ..fields import Catalogue, Type
from ..forms.layout import is_place
from ..models import Category, Customer, CustomField, EntryTemplate, FieldSetting, ValidationRule
from ..rules.expressions import ExpressionError, Kind, Names, parse
from ..rules.text import clean_text
from ..services.cleaning import Cleaner
from ..services.edits import Edit
from . import names as rule_names
from .book import STAGES, Rulebook, is_blank
from .stage import RowReader

NEVER_UNUSED = frozenset({"name", "number", "kind", "status", "state"})
_BLANK = {"label": "", "help_text": "", "need": "", "required_from": "", "visible_when": "", "required_when": "", "default": None,
          "group": "", "position": None}  # fmt: skip
_CONDITIONS = ("visible_when", "required_when")


def _wrong(field: str, message: str, remedy: str = "", code: str = "rule.setting") -> BusinessError:
    return BusinessError(message, code=code, field=field, remedy=remedy)


# --- expressions --------------------------------------------------------------------------------------------------------


def condition(catalogue: Catalogue, text: str, *, about: str, names: Names | None = None) -> str:
    """The stored form of a condition as somebody wrote it, "" for none. Raises BusinessError for ``about`` with the place of the fault."""
    text = (text or "").strip()
    if not text:
        return ""
    try:
        stored = parse(text, names or rule_names.names_of(catalogue), Kind.BOOLEAN).canonical
    except ExpressionError as fault:
        raise _wrong(about, fault.message, code="expression.wrong") from fault
    longest = FieldSetting._meta.get_field("visible_when").max_length
    if len(stored) > longest:
        raise _wrong(about, _("条件太长：最多 %(limit)s 个字符。") % {"limit": longest}, code="expression.long")
    return stored


def written(catalogue: Catalogue, stored: str, names: Names | None = None) -> str:
    """A stored expression as people read and edit it; one that cannot be read any more comes back as it is."""
    try:
        return parse(stored, names or rule_names.names_of(catalogue)).render(names or rule_names.names_of(catalogue))
    except ExpressionError:
        return stored


def where_used(row: CustomField) -> list[str]:
    """The places, in words, where an own field is named by a formula, a condition, a rule or a template."""
    found = []
    ledger, key = row.ledger, row.key
    catalogue = Catalogue.of(ledger)

    def reads(*texts: str) -> bool:
        return any(f"[{key}]" in text for text in texts if text)

    for each in CustomField.objects.filter(ledger=ledger, type=CustomField.Type.FORMULA).exclude(pk=row.pk):
        if each.state != CustomField.State.DELETED and reads(each.formula):
            found.append(_("公式字段「%(name)s」") % {"name": each.label})
    for each in FieldSetting.objects.filter(ledger=ledger).exclude(field=key):
        if reads(each.visible_when, each.required_when):
            described = catalogue.get(each.field)
            found.append(_("字段「%(name)s」的条件") % {"name": described.label if described else each.field})
    for each in ValidationRule.objects.filter(ledger=ledger):
        if key in each.required or reads(each.when, each.must_hold):
            found.append(_("校验规则「%(name)s」") % {"name": each.name})
    for each in EntryTemplate.objects.filter(ledger=ledger):
        listed = {name for section in each.sections for name in section.get("fields", ())}
        if key in listed or key in each.required or key in each.defaults:
            found.append(_("录入模板「%(name)s」") % {"name": each.name})
    for each in Category.objects.filter(ledger=ledger):
        if key in each.required_fields or key in each.defaults:
            found.append(_("客户分类「%(name)s」") % {"name": each.name})
    return found


# --- field settings -------------------------------------------------------------------------------------------------------


def judged_setting(
    ledger: Ledger,
    key: str,
    category: Category | None,
    values: Mapping[str, Any],
    *,
    catalogue: Catalogue | None = None,
) -> FieldSetting:
    """The setting of a field, for the whole set or one category, with these values in place of what was said so far; not saved.

    Raises BusinessError naming the value that is wrong.
    """
    catalogue = catalogue or Catalogue.of(ledger)
    described = catalogue.get(key)
    if described is None:
        raise _wrong("field", _("没有字段「%(key)s」。") % {"key": key})
    if category is not None and category.ledger_id != ledger.pk:
        raise _wrong("category", _("该分类不属于本账套。"))
    row = next(
        (
            each
            for each in catalogue.settings
            if each.field == key and each.category_id == (category.pk if category else None)
        ),
        None,
    )
    row = replace_row(row, ledger, key, category)
    unknown = values.keys() - _BLANK.keys()
    if unknown:
        raise _wrong("", _("没有设置项「%(name)s」。") % {"name": sorted(unknown)[0]})
    for name, value in values.items():
        setattr(row, name, clean_text(str(value or "")) if isinstance(_BLANK[name], str) else value)
    _judge_setting(row, described, catalogue)
    return row


def replace_row(row: FieldSetting | None, ledger: Ledger, key: str, category: Category | None) -> FieldSetting:
    """A copy of a setting that can be changed without changing the catalogue's; a new one where there is none."""
    made = FieldSetting(ledger=ledger, field=key, category=category)
    if row is not None:
        made.pk = row.pk
        made._state.adding = False
        for name in _BLANK:
            setattr(made, name, getattr(row, name))
    return made


def _judge_setting(row: FieldSetting, described, catalogue: Catalogue) -> None:
    limits = {name: FieldSetting._meta.get_field(name).max_length for name in ("label", "help_text", "group")}
    for name, most in limits.items():
        if len(getattr(row, name)) > most:
            raise _wrong(name, _("最多 %(count)s 个字。") % {"count": most})
    if "[" in row.label or "]" in row.label:
        raise _wrong("label", _("名称里不能有方括号，公式用它标出字段。"))
    if row.label and (other := _bearer(catalogue, row)):
        raise _wrong(
            "label", _("已有名为「%(label)s」的字段。") % {"label": other}, _("请换一个名称，以免录入和导入时分不清。")
        )
    if row.need and row.need not in FieldSetting.Need.values:
        raise _wrong("need", _("没有「%(value)s」这种要求。") % {"value": row.need})
    if row.need == FieldSetting.Need.HIDDEN and row.field in NEVER_UNUSED:
        raise _wrong("need", _("「%(field)s」不能设为不使用。") % {"field": described.label})
    if row.need == FieldSetting.Need.REQUIRED and described.read_only:
        raise _wrong("need", _("「%(field)s」由系统填写，不能设为必填。") % {"field": described.label})
    if row.field == "name" and (row.need == FieldSetting.Need.OPTIONAL or row.visible_when):
        raise _wrong("need", _("客户名称始终必填。"))
    if row.required_from and row.required_from not in STAGES:
        raise _wrong("required_from", _("没有合作状态「%(value)s」。") % {"value": row.required_from})
    if "." in row.field and (row.required_from or row.visible_when or row.required_when or row.default is not None):
        raise _wrong("", _("联系人、地址等明细里的字段只能改名称、说明，或设为必填、不使用。"))
    for name in _CONDITIONS:
        stored = condition(catalogue, getattr(row, name), about=name)
        if stored and f"[{row.field}]" in stored and name == "visible_when":
            raise _wrong(name, _("显示条件不能引用字段自己：它一旦隐藏就再也显示不出来。"), code="expression.self")
        setattr(row, name, stored)
    if row.position is not None and not (isinstance(row.position, int) and 0 <= row.position <= 1_000_000):
        raise _wrong("position", _("顺序应为 0 以上的整数。"))
    row.default = _default(catalogue, row.field, row.default)


def _bearer(catalogue: Catalogue, row: FieldSetting) -> str:
    """The label of another field that is called the same."""
    part = row.field.partition(".")[0] if "." in row.field else ""
    mine = row.label.casefold()
    for each in catalogue.of_part(part) if part else (*catalogue.fields, *catalogue.unused):
        if each.key != row.field and str(each.label).casefold() == mine:
            return str(each.label)
    return ""


def _default(catalogue: Catalogue, key: str, value: Any) -> Any:
    """A default as it can be stored in JSON: cleaned, then written as a door would hand it in."""
    if is_blank(value):
        return None
    described = catalogue.get(key)
    if described.type in (Type.FILE, Type.CUSTOMER, Type.FORMULA) or described.read_only or described.part:
        raise _wrong("default", _("「%(field)s」不能有默认值。") % {"field": described.label})
    clean, problem = Cleaner(catalogue).clean(described, value)
    if problem is not None and problem.severity == "error":
        raise _wrong("default", _("默认值：%(message)s") % {"message": problem.message}, problem.suggestion)
    if is_blank(clean):
        return None
    return clean if isinstance(clean, str | int | bool | list) else str(clean)


@transaction.atomic
def save_setting(
    ledger: Ledger, key: str, values: Mapping[str, Any], *, by: Actor, category: Category | None = None
) -> FieldSetting | None:
    """Say something of a field, for the whole set or one category; a setting that says nothing any more goes (None comes back).

    ``values``: any of label, help_text, need, required_from, visible_when, required_when, default, group, position; what is not named stays.
    Raises NotAllowed, BusinessError naming the value that is wrong.
    """
    by.require(Right.CONFIGURE)
    changeable(ledger)
    row = judged_setting(ledger, key, category, values)
    label = Catalogue.of(ledger).get(key).label_with_part
    if all(getattr(row, name) == blank for name, blank in _BLANK.items()):
        if row.pk is not None:
            FieldSetting.objects.filter(pk=row.pk).delete()
            _note(ledger, by, _("字段「%(name)s」恢复默认设置") % {"name": label})
        return None
    row.save()
    where = _("（客户分类「%(name)s」）") % {"name": category.name} if category else ""
    _note(ledger, by, _("修改字段「%(name)s」的设置%(where)s") % {"name": label, "where": where})
    return row


@transaction.atomic
def place(ledger: Ledger, keys: Iterable[str], *, by: Actor, group: str | None = None) -> None:
    """Put fields in this order, and with ``group`` into that group; the rest keep theirs and stand behind."""
    by.require(Right.CONFIGURE)
    changeable(ledger)
    catalogue = Catalogue.of(ledger)
    wanted = list(dict.fromkeys(keys))
    unknown = [key for key in wanted if catalogue.get(key) is None]
    if unknown:
        raise _wrong("", _("没有字段「%(key)s」。") % {"key": unknown[0]}, _("请刷新页面。"))
    if group is not None and len(group) > FieldSetting._meta.get_field("group").max_length:
        raise _wrong("group", _("分组名称最多 30 个字。"))
    present = [each.key for each in (*catalogue.fields, *catalogue.unused)]
    ordered = [*wanted, *(key for key in present if key not in set(wanted))]
    rows = {each.field: each for each in catalogue.settings if each.category_id is None}
    for number, key in enumerate(ordered, 1):
        row = rows.get(key) or FieldSetting(ledger=ledger, field=key)
        row.position = number * 10
        if group is not None and key in wanted:
            row.group = group
        rows[key] = row
    _save_all([rows[key] for key in ordered])
    _note(ledger, by, _("调整字段的顺序和分组"))


def _save_all(rows: list[FieldSetting]) -> None:
    FieldSetting.objects.bulk_create([row for row in rows if row.pk is None])
    FieldSetting.objects.bulk_update([row for row in rows if row.pk is not None], ["position", "group"])


# --- validation rules -------------------------------------------------------------------------------------------------------


def judged_rule(ledger: Ledger, values: Mapping[str, Any], *, rule: ValidationRule | None = None) -> ValidationRule:
    """A validation rule with these values, its expressions in stored form; not saved. Raises BusinessError naming what is wrong."""
    catalogue = Catalogue.of(ledger)
    row = ValidationRule(ledger=ledger)
    if rule is not None:
        row = ValidationRule.objects.get(pk=rule.pk, ledger=ledger)
    for name in ("name", "when", "must_hold", "message", "severity"):
        if name in values:
            setattr(row, name, clean_text(str(values[name] or "")))
    if "required" in values:
        row.required = list(dict.fromkeys(values["required"] or ()))
    for name in ("is_active", "position"):
        if name in values:
            setattr(row, name, values[name])
    if not row.name:
        raise _wrong("name", _("请填写规则名称。"))
    for name in ("name", "message"):
        if len(getattr(row, name)) > ValidationRule._meta.get_field(name).max_length:
            raise _wrong(name, _("内容太长。"))
    if ValidationRule.objects.filter(ledger=ledger, name__iexact=row.name).exclude(pk=row.pk).exists():
        raise _wrong("name", _("已有名为「%(name)s」的校验规则。") % {"name": row.name})
    if row.severity not in ValidationRule.Severity.values:
        raise _wrong("severity", _("请选择程度。"))
    for key in row.required:
        described = catalogue.get(key)
        if described is None or "." in key:
            raise _wrong("required", _("没有字段「%(key)s」。") % {"key": key})
        if described.read_only or key == "number":
            raise _wrong("required", _("「%(field)s」由系统填写，不能设为必填。") % {"field": described.label})
    names = rule_names.names_of(catalogue)
    row.when = condition(catalogue, row.when, about="when", names=names)
    row.must_hold = condition(catalogue, row.must_hold, about="must_hold", names=names)
    if not row.required and not row.must_hold:
        raise _wrong("must_hold", _("请选择必填字段，或写出须满足的条件。"))
    return row


@transaction.atomic
def save_rule(
    ledger: Ledger, values: Mapping[str, Any], *, by: Actor, rule: ValidationRule | None = None
) -> ValidationRule:
    """Add a validation rule, or change ``rule``. ``values``: name, when, required, must_hold, message, severity, is_active, position.

    Raises NotAllowed, BusinessError naming the value that is wrong.
    """
    by.require(Right.CONFIGURE)
    changeable(ledger)
    row = judged_rule(ledger, values, rule=rule)
    if row.pk is None and "position" not in values:
        row.position = ValidationRule.objects.filter(ledger=ledger).count() + 1
    row.save()
    told = _("修改校验规则「%(name)s」") if rule is not None else _("新增校验规则「%(name)s」")
    _note(ledger, by, told % {"name": row.name})
    return row


@transaction.atomic
def remove_rule(rule: ValidationRule, *, by: Actor) -> None:
    """Delete a validation rule. Raises NotAllowed, BusinessError when the set is archived."""
    by.require(Right.CONFIGURE)
    changeable(rule.ledger)
    _note(rule.ledger, by, _("删除校验规则「%(name)s」") % {"name": rule.name})
    rule.delete()


# --- entry templates ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_template(
    ledger: Ledger, values: Mapping[str, Any], *, by: Actor, template: EntryTemplate | None = None
) -> EntryTemplate:
    """Add an entry template, or change ``template``. ``values``: code, name, kinds, roles, sections, defaults, required, position, is_active.

    Raises NotAllowed, BusinessError naming the value that is wrong.
    """
    by.require(Right.CONFIGURE)
    changeable(ledger)
    catalogue = Catalogue.of(ledger)
    row = (
        EntryTemplate.objects.get(pk=template.pk, ledger=ledger)
        if template is not None
        else EntryTemplate(ledger=ledger)
    )
    for name in ("code", "name"):
        if name in values:
            setattr(row, name, clean_text(str(values[name] or "")))
        if not getattr(row, name):
            raise _wrong(name, _("请填写编码。") if name == "code" else _("请填写名称。"))
        if len(getattr(row, name)) > EntryTemplate._meta.get_field(name).max_length:
            raise _wrong(name, _("内容太长。"))
    if EntryTemplate.objects.filter(ledger=ledger, code__iexact=row.code).exclude(pk=row.pk).exists():
        raise _wrong("code", _("模板编码已存在"))
    for name in ("kinds", "roles", "sections", "required", "position", "is_active"):
        if name in values:
            setattr(row, name, values[name])
    lost = [key for section in row.sections for key in section.get("fields", ()) if not is_place(catalogue, key)]
    if lost:
        raise _wrong("sections", _("没有字段「%(fields)s」。") % {"fields": "、".join(lost)})
    unknown = set(row.kinds) - set(Customer.Kind.values)
    if unknown:
        raise _wrong("kinds", _("没有客户类型「%(value)s」。") % {"value": sorted(unknown)[0]})
    for key in row.required:
        described = catalogue.get(key)
        if described is None or described.read_only or key == "number":
            raise _wrong(
                "required", _("「%(field)s」不能设为必填。") % {"field": described.label if described else key}
            )
    if "defaults" in values:
        row.defaults = _template_defaults(catalogue, values["defaults"] or {})
    if row.pk is None and "position" not in values:
        row.position = EntryTemplate.objects.filter(ledger=ledger).count() + 1
    row.save()
    told = _("修改录入模板「%(name)s」") if template is not None else _("新增录入模板「%(name)s」")
    _note(ledger, by, told % {"name": row.name})
    return row


def _template_defaults(catalogue: Catalogue, values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        if catalogue.get(key) is None:
            raise _wrong("defaults", _("没有字段「%(key)s」。") % {"key": key})
        stored = _default(catalogue, key, value)
        if stored is not None:
            found[key] = stored
    return found


@transaction.atomic
def remove_template(template: EntryTemplate, *, by: Actor) -> None:
    """Delete an entry template. Raises NotAllowed, BusinessError when the set is archived."""
    by.require(Right.CONFIGURE)
    changeable(template.ledger)
    _note(template.ledger, by, _("删除录入模板「%(name)s」") % {"name": template.name})
    template.delete()


def _note(ledger: Ledger, by: Actor, detail: str) -> None:
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=detail)


# --- what would no longer fit -----------------------------------------------------------------------------------------------------

STEP = 2_000
SAMPLES = 20


@dataclass
class Misfits:
    """Customers that a rule would find wanting. ``is_complete``: all were looked at; otherwise ``count`` is of the ``checked`` newest."""

    checked: int = 0
    count: int = 0
    samples: list[int] = field(default_factory=list)  # ids of some that the asker may see, newest first
    is_complete: bool = True

    @property
    def told(self) -> str:
        """The sentence for the page."""
        figures = {"checked": f"{self.checked:,}".replace(",", " "), "count": f"{self.count:,}".replace(",", " ")}
        if self.is_complete:
            return _("已检查全部 %(checked)s 个客户，其中 %(count)s 个不符合。") % figures
        return _("已检查最近的 %(checked)s 个客户，其中 %(count)s 个不符合；其余未检查。") % figures


def misfits(ledger: Ledger, rule: ValidationRule | FieldSetting, *, by: Actor, seconds: float = 3.0) -> Misfits:
    """Which stored customers do not keep a rule or setting (saved or not), the newest first, within a time budget.

    Of a setting: who lacks the field where it is now required, or has a value where it is no longer used. Nothing is changed; these customers
    can still be edited, and are asked for what is missing then.
    """
    catalogue = Catalogue.of(ledger)
    if isinstance(rule, FieldSetting):
        settings = [each for each in catalogue.settings if not _is_same(each, rule)]
        catalogue = replace(catalogue, settings=(*settings, rule))
    book = Rulebook(catalogue)
    test, keys = _test_of(book, rule)
    reader = RowReader(catalogue, keys)
    everyone = Customer.objects.visible_to(Actor.system(ledger.pk))
    found, until, last = Misfits(), time.monotonic() + seconds, None
    while True:
        rows = everyone if last is None else everyone.filter(pk__lt=last)
        ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:STEP])
        if not ids:
            break
        bad = [pk for pk, values in _flat(reader, everyone, ids).items() if test(values)]
        found.checked += len(ids)
        found.count += len(bad)
        if len(found.samples) < SAMPLES and bad:
            seen = Customer.objects.visible_to(by).filter(pk__in=bad).order_by("-pk").values_list("pk", flat=True)
            found.samples += list(seen[: SAMPLES - len(found.samples)])
        last = ids[-1]
        if len(ids) < STEP:
            break
        if time.monotonic() > until:
            found.is_complete = not everyone.filter(pk__lt=last).exists()
            break
    return found


def _is_same(one: FieldSetting, other: FieldSetting) -> bool:
    return one.field == other.field and one.category_id == other.category_id


def _flat(reader: RowReader, customers, ids: list[int]) -> dict[int, dict[str, Any]]:
    nothing = Edit()
    return {pk: reader.after(nothing, values, parts) for pk, (values, parts) in reader.stored(customers, ids).items()}


def _test_of(book: Rulebook, rule: ValidationRule | FieldSetting):
    """(values → whether the customer does not fit, keys that it looks at)."""
    if isinstance(rule, ValidationRule):
        compiled = book.compiled(rule)
        if compiled is None:
            raise _wrong("", book.broken[-1][1] if book.broken else _("规则不完整。"))

        def broken(values: dict[str, Any]) -> bool:
            found = book.violations(values, [compiled])
            return any(each.code != "rule.undecided" for _rule, problems in found for each in problems)

        return broken, {*compiled.reads, *_looked_at(book)}
    key = rule.field

    def wanting(values: dict[str, Any]) -> bool:
        if is_blank(values.get(key)):
            return key in book.required(values)
        return key in book.unused(values.get("category"))

    return wanting, {key, *_looked_at(book)}


def _looked_at(book: Rulebook) -> set[str]:
    """What decides which settings hold for a customer."""
    return {"category", "kind", "status"}.union(*(each.fields for each in book.conditions))
