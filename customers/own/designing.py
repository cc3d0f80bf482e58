"""A set's own fields: making, changing, disabling, deleting, ordering them, and their choice sets.

What lives here: the verbs, each asking for the right to configure and leaving a line in the set's log, and what they refuse. What does not:
another type for stored values (``own_converting``), background work (``own_indexing``), and how a field behaves at a door
(``customers.fields``). No verb changes a stored value: what no longer fits is listed first and stays as it is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor
from permissions.rights import Right

from ..fields import OWN_LENGTHS, Catalogue, Field, own_field
from ..models import ChoiceSet, Customer, CustomField
from ..rulebook import book as rulebook
from ..rulebook import names as rule_names
from ..rulebook import settings as rule_settings
from ..rules import names, patterns
from ..rules.expressions import Expression, ExpressionError, Kind, Name, Names, order, parse
from ..rules.expressions.lexing import LONGEST
from ..rules.text import clean_text
from . import indexing as own_indexing
from . import scanning as own_scanning
from . import values as own_values
from .cleaning import OwnCleaner, bounds, text_limits

T = CustomField.Type
State = CustomField.State

KEY = re.compile(r"x_[a-z0-9_]{1,38}")
MOST_FIELDS = 500  # of one set, in whatever state
MOST_SEARCHED = 20  # each is looked through for every word of every search
MOST_OPTIONS = 500
SAMPLES = 20

TEXTS = frozenset({T.TEXT, T.LONG_TEXT, T.EMAIL, T.PHONE, T.URL})
NUMBERS = frozenset({T.INTEGER, T.DECIMAL, T.MONEY})
CHOICES = frozenset({T.CHOICE, T.MULTI_CHOICE})
MAY_BE_UNIQUE = frozenset({T.TEXT, T.INTEGER, T.DECIMAL, T.MONEY, T.DATE, T.EMAIL, T.PHONE, T.URL, T.USER, T.CUSTOMER})
MAY_BE_SENSITIVE = TEXTS | NUMBERS | {T.DATE}
NEVER_FILTERED = frozenset({T.LONG_TEXT, T.FILE})

# What a caller may say of a field; everything else is this module's own.
SETTINGS = ("label", "group", "help_text", "default", "max_length", "min_length", "lowest", "highest", "decimals", "pattern",
            "pattern_message", "choice_set", "formula", "is_required", "is_unique", "is_filterable", "is_searchable",
            "is_sensitive", "in_list")  # fmt: skip
_LIMITS = ("max_length", "min_length", "lowest", "highest", "decimals", "pattern")
_COPIED_BY = ("is_filterable", "is_unique", "is_searchable")


@dataclass
class Sample:
    """One customer, as whoever asks may know him, and the value in question; ``why`` says what is wrong or what it becomes."""

    number: str
    name: str
    value: str
    why: str = ""


@dataclass
class Unfit:
    """How many customers have values that a setting would not take, and some of them."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)


@dataclass
class Changed:
    """A field after a change; ``job`` is the background work that the change began, if any."""

    field: CustomField
    job: Job | None = None


# --- making -----------------------------------------------------------------------------------------------------------


def create(ledger: Ledger, type: str, values: Mapping[str, Any], *, by: Actor, key: str = "") -> CustomField:
    """A new field in force at once; without ``key`` it gets one made of its label.

    Raises NotAllowed, BusinessError naming the setting that is wrong.
    """
    by.require(Right.CONFIGURE)
    if type not in T.values:
        raise _wrong("type", _("没有「%(type)s」这种字段类型。") % {"type": type})
    with transaction.atomic():
        ledger = changeable(ledger)
        have = list(CustomField.objects.filter(ledger=ledger).values_list("key", "label", "state"))
        if len(have) >= MOST_FIELDS:
            raise _wrong("", _("一个账套最多 %(count)s 个自定义字段。") % {"count": MOST_FIELDS})
        row = CustomField(ledger=ledger, type=type, position=len(have) + 1)
        row.is_filterable = type not in NEVER_FILTERED
        judge(row, values)
        row.key = _key(key, row.label, {each for each, _label, _state in have})
        row.full_clean(exclude=["ledger", "choice_set"])
        row.save()
        _recompute(row, by)
        _note(row, by, _("新增字段「%(label)s」（%(type)s）"), type=row.get_type_display())
    return row


def _recompute(row: CustomField, by: Actor) -> Job | None:
    """A formula is computed for the customers that are there already."""
    if row.type != T.FORMULA or not row.ledger.is_active or not own_scanning.count_all(own_field(row)):
        return None
    return rulebook.recompute(row.ledger, row, by=by)


def _key(wanted: str, label: str, taken: set[str]) -> str:
    if wanted:
        key = wanted.strip().lower()
        if not KEY.fullmatch(key):
            raise _wrong("key", _("字段键只能是 x_ 加小写字母、数字和下划线，最多 40 个字符。"))
        if key in taken:
            raise _wrong("key", _("字段键「%(key)s」已存在。") % {"key": key})
        return key
    stem = "x_" + (re.sub(r"[^a-z0-9]+", "_", names.pinyin_of(label).lower()).strip("_")[:30] or "field")
    number = 1
    while (key := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return key


# --- changing ---------------------------------------------------------------------------------------------------------


def change(row: CustomField, values: Mapping[str, Any], *, by: Actor, accept_unfit: bool = False) -> Changed:
    """Change settings of a field; the type is changed by ``own_converting`` alone.

    Limits that stored values do not keep are refused with their number (code ``field.unfit``), unless ``accept_unfit``: then those
    values stay, and only what is written from now on is judged. Raises NotAllowed, BusinessError.
    """
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        changeable(row.ledger)
        row = CustomField.objects.select_for_update(of=("self",)).select_related("ledger", "choice_set").get(pk=row.pk)
        _require_idle(row)
        before = {name: getattr(row, name) for name in SETTINGS}
        judge(row, values)
        changed = [name for name in SETTINGS if getattr(row, name) != before[name]]
        if not changed:
            return Changed(row)
        if "is_sensitive" in changed and own_scanning.has_values(own_field(row)):
            raise _wrong(
                "is_sensitive", _("字段已有内容，不能再改“敏感”。"), _("请新建一个敏感字段，再把内容导入过去。")
            )
        if row.is_unique and not before["is_unique"]:
            _refuse_duplicates(row, by)
        if not accept_unfit and any(name in _LIMITS for name in changed):
            _refuse_unfit(row, by)
        row.full_clean(exclude=["ledger", "choice_set"])
        row.save()
        job = own_indexing.ask(row, by=by) if any(name in _COPIED_BY for name in changed) else None
        if "formula" in changed or "decimals" in changed:
            job = _recompute(row, by) or job
        _note(row, by, _("修改字段「%(label)s」：%(what)s"), what="、".join(_word(name) for name in changed))
    return Changed(row, job)


def unfit(row: CustomField, values: Mapping[str, Any], *, by: Actor) -> Unfit:
    """What is stored that would not fit after ``change(row, values)``: to be shown before."""
    by.require(Right.CONFIGURE)
    trial = CustomField.objects.select_related("ledger", "choice_set").get(pk=row.pk)
    judge(trial, values)
    return _unfit(own_field(trial), by)


def duplicates(row: CustomField, *, by: Actor) -> Unfit:
    """Values that more than one customer has: what must be put right before the field can be unique."""
    by.require(Right.CONFIGURE)
    return _duplicates(own_field(row), by)


def lacking(row: CustomField, *, by: Actor) -> Unfit:
    """Customers in whom the field is blank: what a field that becomes required will ask for when they are next edited."""
    by.require(Right.CONFIGURE)
    about = own_field(row)
    count = own_scanning.count_all(about) - own_scanning.holders(about).count()
    rows = Customer.objects.visible_to(by).exclude(custom_values__has_key=row.key).order_by("-pk")[:SAMPLES]
    return Unfit(count, [Sample(*_called(by, each.number, each.name), "") for each in rows] if count else [])


def _unfit(about: Field, by: Actor) -> Unfit:
    def why(value: Any) -> str:
        typed = own_values.typed(about, value)
        if isinstance(value, str) and about.custom.type in TEXTS:
            problem = text_limits(about, value)
        elif isinstance(typed, Decimal) and typed != round(typed, about.custom.decimals):
            return _("超过 %(places)s 位小数") % {"places": about.custom.decimals}
        elif isinstance(typed, Decimal | date) or (isinstance(value, int) and about.custom.type == T.INTEGER):
            problem = bounds(about, Decimal(typed) if isinstance(typed, int) else typed, value)
        else:
            problem = None
        return problem.message if problem else ""

    return listed(about, by, ((value, count, pk, why(value)) for value, count, pk in own_scanning.distinct(about)))


def _duplicates(about: Field, by: Actor) -> Unfit:
    seen: dict[str, tuple[Any, int, int]] = {}
    for value, count, pk in own_scanning.distinct(about):
        claim = own_values.claim_of(about, value)
        known = seen.get(claim)
        seen[claim] = (value, count + (known[1] if known else 0), known[2] if known else pk)
    repeated = (
        (value, count, pk, _("%(count)s 个客户") % {"count": count}) for value, count, pk in seen.values() if count > 1
    )
    return listed(about, by, repeated)


def listed(about: Field, by: Actor, rows: Iterable[tuple[Any, int, int, str]], most: int = SAMPLES) -> Unfit:
    """(value, count, a customer, why) of what has a reason, counted, with samples as ``by`` may read them; two queries."""
    found, kept = Unfit(), []
    for value, count, pk, why in rows:
        if why:
            found.count += count
            if len(kept) < most:
                kept.append((value, pk, why))
    found.samples = samples(about, by, kept)
    return found


def samples(about: Field, by: Actor, rows: Sequence[tuple[Any, int, str]]) -> list[Sample]:
    """(value, customer id, why) in the words of whoever asks; a customer whom he does not see has no name."""
    seen = {
        pk: _called(by, number, name)
        for pk, number, name in Customer.objects.visible_to(by)
        .filter(pk__in=[pk for _value, pk, _why in rows])
        .values_list("pk", "number", "name")
    }
    readable = by.may_read(about.right_key)
    return [
        Sample(
            *seen.get(pk, ("", "")), str(by.shown(about.right_key, said(about, value)) or ""), why if readable else ""
        )
        for value, pk, why in rows
    ]


def said(about: Field, value: Any) -> str:
    """A stored value as somebody would write it: options by their labels, yes and no in words."""
    if own_values.is_blank(value):
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    labels = dict((*about.choices, *about.old_choices))
    if isinstance(value, list):
        return "、".join(str(labels.get(each, each)) for each in value)
    return str(labels.get(value, value)) if about.custom.type in CHOICES else str(value)


def _called(by: Actor, number: str, name: str) -> tuple[str, str]:
    return str(by.shown("number", number) or ""), str(by.shown("name", name) or "")


def _refuse_unfit(row: CustomField, by: Actor) -> None:
    found = _unfit(own_field(row), by)
    if found.count:
        error = _wrong(
            "",
            _("有 %(count)s 位客户的现有内容不符合新的限制。") % {"count": f"{found.count:,}"},
            _("请先核对；确认后现有内容保持不变，只对以后录入的内容按新限制检查。"),
            "field.unfit",
        )
        error.found = found
        raise error


def _refuse_duplicates(row: CustomField, by: Actor) -> None:
    found = _duplicates(own_field(row), by)
    if found.count:
        error = _wrong(
            "is_unique",
            _("有 %(count)s 位客户的「%(label)s」与别人重复，不能设为不可重复。") % {"count": f"{found.count:,}", "label": row.label},
            _("请先改正重复的内容，例如：%(values)s") % {
                "values": "、".join(dict.fromkeys(each.value for each in found.samples[:5]))},
            "field.duplicates",
        )  # fmt: skip
        error.found = found
        raise error


# --- states and order -------------------------------------------------------------------------------------------------


def disable(row: CustomField, *, by: Actor) -> CustomField:
    """停用: the field leaves every page; its values stay and come back with it."""
    return _move(row, {State.ACTIVE}, State.DISABLED, by, _("停用字段「%(label)s」"))


def enable(row: CustomField, *, by: Actor) -> CustomField:
    """启用 a disabled field."""
    return _move(row, {State.DISABLED}, State.ACTIVE, by, _("启用字段「%(label)s」"))


def delete(row: CustomField, *, by: Actor) -> CustomField:
    """Into the recycle bin: its values stay, its key is not given again. Refused while formulas or rules name it."""
    with transaction.atomic():
        used = rule_settings.where_used(row)
        if used:
            raise _wrong(
                "",
                _("字段「%(label)s」正被使用：%(where)s。") % {"label": row.label, "where": "、".join(used[:5])},
                _("请先修改这些地方，或改为停用该字段。"),
                "field.in_use",
            )
        return _move(row, {State.ACTIVE, State.DISABLED}, State.DELETED, by, _("删除字段「%(label)s」"))


def restore(row: CustomField, *, by: Actor) -> CustomField:
    """Out of the recycle bin, disabled first, so that somebody looks at it before it is used."""
    return _move(row, {State.DELETED}, State.DISABLED, by, _("恢复字段「%(label)s」"))


def _move(row: CustomField, origins: set[str], target: str, by: Actor, told: str) -> CustomField:
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        changeable(row.ledger)
        row = CustomField.objects.select_for_update(of=("self",)).select_related("ledger", "choice_set").get(pk=row.pk)
        _require_idle(row)
        if row.state not in origins:
            raise _wrong("", _("字段「%(label)s」当前为%(state)s状态。") % {"label": row.label, "state": row.get_state_display()},
                         _("请刷新页面查看最新状态。"), "field.state")  # fmt: skip
        if target == State.ACTIVE:
            _require_free_label(row)
        row.state = target
        row.deleted_at = timezone.now() if target == State.DELETED else None
        row.save(update_fields=["state", "deleted_at"])
        _note(row, by, told)
    return row


def reorder(ledger: Ledger, keys: Sequence[str], *, by: Actor, group: str | None = None) -> None:
    """Put fields in this order, the rest behind them; with ``group`` the named ones also move there."""
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        ledger = changeable(ledger)
        rows = {row.key: row for row in CustomField.objects.filter(ledger=ledger).order_by("position", "pk")}
        unknown = [key for key in keys if key not in rows]
        if unknown:
            raise _wrong("", _("没有字段「%(key)s」。") % {"key": unknown[0]}, _("请刷新页面。"))
        wanted = list(dict.fromkeys(keys))
        for position, key in enumerate([*wanted, *(key for key in rows if key not in set(wanted))], 1):
            rows[key].position = position
        if group is not None:
            for key in wanted:
                rows[key].group = _group(group)
        CustomField.objects.bulk_update(rows.values(), ["position", "group"])
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("调整自定义字段的顺序"))


# --- choice sets ------------------------------------------------------------------------------------------------------


def save_choice_set(
    ledger: Ledger,
    options: Sequence[Mapping[str, Any]],
    *,
    by: Actor,
    name: str = "",
    code: str = "",
    row: ChoiceSet | None = None,
) -> ChoiceSet:
    """Make or change a choice set. ``options``: [{value, label, colour, is_active}] in order; without ``value`` the label is it.

    An option that customers have cannot go, only be switched off. Raises NotAllowed, BusinessError.
    """
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        ledger = changeable(ledger)
        row = ChoiceSet.objects.select_for_update().get(pk=row.pk, ledger=ledger) if row else ChoiceSet(ledger=ledger)
        row.name = clean_text(name or row.name)[:60]
        if not row.name:
            raise _wrong("name", _("请填写选项集的名称。"))
        row.code = clean_text(code or row.code) or _set_code(ledger, row.name)
        if ChoiceSet.objects.filter(ledger=ledger, code__iexact=row.code).exclude(pk=row.pk).exists():
            raise _wrong("code", _("选项集编码「%(code)s」已存在。") % {"code": row.code})
        wanted = _options(options)
        if row.pk:
            _refuse_lost_options(row, {each["value"] for each in wanted})
        row.options = wanted
        row.save()
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("保存选项集「%(name)s」") % {"name": row.name})
    return row


def delete_choice_set(row: ChoiceSet, *, by: Actor) -> None:
    """Remove a choice set that no field uses."""
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        changeable(row.ledger)
        used = list(row.fields.values_list("label", flat=True)[:5])
        if used:
            raise _wrong(
                "", _("选项集「%(name)s」正被字段使用：%(fields)s。") % {"name": row.name, "fields": "、".join(used)}
            )
        row.delete()
        note(row.ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("删除选项集「%(name)s」") % {"name": row.name})


def options_in_use(row: ChoiceSet) -> dict[str, int]:
    """value → how many customers have it, over all fields with this set."""
    found: dict[str, int] = {}
    for each in row.fields.select_related("ledger", "choice_set"):
        for value, count, _pk in own_scanning.distinct(own_field(each)):
            for one in value if isinstance(value, list) else (value,):
                found[one] = found.get(one, 0) + count
    return found


def _set_code(ledger: Ledger, name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", names.pinyin_of(name).lower()).strip("_")[:24] or "options"
    taken = set(ChoiceSet.objects.filter(ledger=ledger).values_list("code", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := stem if n == 1 else f"{stem}_{n}") not in taken)


def _options(options: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if len(options) > MOST_OPTIONS:
        raise _wrong("options", _("一个选项集最多 %(count)s 个选项。") % {"count": MOST_OPTIONS})
    for place, each in enumerate(options, 1):
        label = clean_text(str(each.get("label", "")))
        value = clean_text(str(each.get("value") or label))
        if not label:
            raise _wrong("options", _("第 %(place)s 个选项没有名称。") % {"place": place})
        if len(label) > 60 or len(value) > 60:
            raise _wrong("options", _("选项「%(label)s」超过 60 个字符。") % {"label": label[:20]})
        if any(sign in value for sign in ",，、；;|"):
            if each.get("value"):
                raise _wrong("options", _("选项值「%(value)s」中不能有逗号、顿号、分号和竖线。") % {"value": value})
            value = re.sub("[,，、；;|]+", "_", value)
        found.append({"value": value, "label": label, "colour": str(each.get("colour", ""))[:20],
                      "is_active": bool(each.get("is_active", True))})  # fmt: skip
    for what, told in (("value", _("选项值「%(text)s」重复。")), ("label", _("选项「%(text)s」重复。"))):
        seen: set[str] = set()
        for each in found:
            if each[what].casefold() in seen:
                raise _wrong("options", told % {"text": each[what]})
            seen.add(each[what].casefold())
    return found


def _refuse_lost_options(row: ChoiceSet, kept: set[str]) -> None:
    lost = {each["value"]: each["label"] for each in row.options if each["value"] not in kept}
    used = options_in_use(row) if lost else {}
    for value, label in lost.items():
        if value in used:
            raise _wrong(
                "options",
                _("选项「%(label)s」正被 %(count)s 位客户使用，不能删除。")
                % {"label": label, "count": f"{used[value]:,}"},
                _("请改为停用：已有客户仍显示该选项，以后不能再选。"),
                "option.in_use",
            )


# --- what a field may be ------------------------------------------------------------------------------------------------


def judge(row: CustomField, values: Mapping[str, Any]) -> None:
    """Put settings on a field that is not saved yet and judge the whole of it. Raises BusinessError naming the setting."""
    unknown = set(values) - set(SETTINGS)
    if unknown:
        raise _wrong("", _("没有「%(name)s」这项设置。") % {"name": sorted(unknown)[0]})
    for name, value in values.items():
        if name == "choice_set":
            row.choice_set = _choice_set(row, value)
        elif name == "group":
            row.group = _group(value)
        elif isinstance(CustomField._meta.get_field(name).default, str) or name in _TEXT_SETTINGS:
            setattr(row, name, clean_text(str(value or "")))
        else:
            setattr(row, name, value)
    if not row.label:
        raise _wrong("label", _("请填写字段名称。"))
    if len(row.label) > 40:
        raise _wrong("label", _("字段名称不能超过 40 个字。"))
    _require_free_label(row)
    _judge_flags(row)
    _judge_limits(row)
    if row.type in CHOICES and row.choice_set_id is None and row.choice_set is None:
        raise _wrong("choice_set", _("请为选择类型的字段选一个选项集。"))
    if row.type not in CHOICES:
        row.choice_set = None
    if row.type == T.FORMULA:
        _judge_formula(row)
    else:
        row.formula = row.formula_kind = ""
    _judge_default(row)


_TEXT_SETTINGS = frozenset({"label", "help_text", "lowest", "highest", "pattern", "pattern_message", "formula"})


def _group(text: Any) -> str:
    return clean_text(str(text or ""))[:30] or "basic"


def _choice_set(row: CustomField, value: Any) -> ChoiceSet | None:
    if value in (None, ""):
        return None
    pk = value.pk if isinstance(value, ChoiceSet) else value
    found = ChoiceSet.objects.filter(ledger=row.ledger, pk=pk).first()
    if found is None:
        raise _wrong("choice_set", _("选项集不存在。"))
    return found


def _require_free_label(row: CustomField) -> None:
    others = CustomField.objects.filter(ledger=row.ledger, state=State.ACTIVE, label__iexact=row.label).exclude(
        pk=row.pk
    )
    if others.exists():
        raise _wrong(
            "label",
            _("已有名为「%(label)s」的自定义字段。") % {"label": row.label},
            _("请换一个名称，以免录入和导入时分不清。"),
        )


def _judge_flags(row: CustomField) -> None:
    if row.type in NEVER_FILTERED:
        row.is_filterable = False
    if row.is_unique and row.type not in MAY_BE_UNIQUE:
        raise _wrong("is_unique", _("%(type)s类型的字段不能设为不可重复。") % {"type": row.get_type_display()})
    if row.is_sensitive and row.type not in MAY_BE_SENSITIVE:
        raise _wrong("is_sensitive", _("%(type)s类型的字段不能设为敏感。") % {"type": row.get_type_display()})
    if row.is_searchable and row.type not in TEXTS:
        raise _wrong(
            "is_searchable",
            _("%(type)s类型的字段不能用搜索框搜索。") % {"type": row.get_type_display()},
            _("请用筛选。"),
        )
    if row.is_searchable and row.is_sensitive:
        raise _wrong("is_searchable", _("敏感字段加密保存，不能按其中一部分搜索。"), _("请用筛选按完整内容查找。"))
    if row.is_searchable:
        searched = CustomField.objects.filter(ledger=row.ledger, is_searchable=True).exclude(pk=row.pk)
        if searched.exclude(state=State.DELETED).count() >= MOST_SEARCHED:
            raise _wrong("is_searchable", _("一个账套最多 %(count)s 个可搜索的自定义字段。") % {"count": MOST_SEARCHED})
    if row.type == T.FORMULA:
        row.is_required = False


def _judge_limits(row: CustomField) -> None:
    """Limits that fit the type; those of other types fall away."""
    if row.type not in TEXTS:
        row.max_length = row.min_length = None
        row.pattern = row.pattern_message = ""
    longest = OWN_LENGTHS.get(row.type, 0)
    if row.max_length and not 1 <= row.max_length <= longest:
        raise _wrong("max_length", _("最大长度应在 1 至 %(count)s 之间。") % {"count": longest})
    if row.min_length and row.min_length > (row.max_length or longest):
        raise _wrong("min_length", _("最小长度不能大于最大长度。"))
    if row.pattern:
        try:
            patterns.compiled(row.pattern)
        except patterns.PatternError as wrong:
            raise _wrong("pattern", wrong.message) from wrong
    if not 0 <= (row.decimals if row.decimals is not None else 2) <= 6:
        raise _wrong("decimals", _("小数位应在 0 至 6 之间。"))
    edges = [_edge(row, name) for name in ("lowest", "highest")]
    if None not in edges and edges[0] > edges[1]:
        raise _wrong("lowest", _("最小值不能大于最大值。"))


def _edge(row: CustomField, name: str) -> Decimal | date | None:
    text = getattr(row, name)
    if row.type not in NUMBERS | {T.DATE}:
        setattr(row, name, "")
        return None
    if not text:
        return None
    try:
        value = date.fromisoformat(text) if row.type == T.DATE else Decimal(text.replace(",", ""))
    except (ValueError, InvalidOperation):
        value = None
    if value is None or (isinstance(value, Decimal) and not value.is_finite()):
        told = _("请写成 2024-01-31 这样的日期。") if row.type == T.DATE else _("请写成 100 或 0.5 这样的数字。")
        raise _wrong(name, _("「%(value)s」不能作为界限。") % {"value": text}, told)
    setattr(row, name, value.isoformat() if isinstance(value, date) else f"{value:f}")
    return value


def _judge_formula(row: CustomField) -> None:
    """A formula that says nothing, names what is not there or comes back to itself is refused; its stored text names fields by key.

    It may not read a sensitive field: its result would tell everybody what only some may read.
    """
    if not row.formula:
        raise _wrong("formula", _("请填写公式。"))
    catalogue = Catalogue.of(row.ledger)
    # The field itself is among the names, so that a formula that refers to itself is told so.
    key = row.key or "x_"
    itself = Name(key, row.label, Kind.NUMBER)
    names = Names([*(each for each in rule_names.names_of(catalogue) if each.key != key), itself])
    try:
        parsed = parse(row.formula, names)
        inputs = {
            each.key: formula.fields
            for each in catalogue.own
            if each.type == T.FORMULA and each.key != row.key and (formula := _readable(each, catalogue)) is not None
        }
        order({key: parsed.fields} | inputs, lambda each: row.label if each == key else str(catalogue.get(each).label))
    except ExpressionError as wrong:
        raise _wrong("formula", wrong.message) from wrong
    hidden = [str(each.label) for key in parsed.mentions if (each := catalogue.get(key)) is not None and each.sensitive]
    if hidden:
        raise _wrong("formula", _("公式不能引用敏感字段「%(label)s」：结果会让无权的人看到它。") % {"label": hidden[0]})
    if parsed.uses_today:
        # Its result is stored, and would be yesterday's tomorrow.
        raise _wrong("formula", _("公式的结果会保存下来，不能使用「今天」；随日期变化的判断请写成校验规则或条件。"))
    if len(parsed.canonical) > LONGEST:
        raise _wrong("formula", _("公式太长：最多 %(limit)s 个字符。") % {"limit": LONGEST})
    row.formula, row.formula_kind = parsed.canonical, str(parsed.kind)
    if parsed.kind in (Kind.LIST, Kind.PATH, Kind.REFERENCE, Kind.EMPTY):
        raise _wrong("formula", _("公式的结果应是数字、文本、日期或是/否。"))


def _readable(each: Field, catalogue: Catalogue) -> Expression | None:
    """The formula of another field; None for one that itself names what is gone, which is not this field's fault."""
    try:
        return parse(each.custom.formula, rule_names.keys_only(catalogue))
    except ExpressionError:
        return None


def _judge_default(row: CustomField) -> None:
    if own_values.is_blank(row.default) or row.type in (T.FORMULA, T.FILE, T.CUSTOMER):
        row.default = None
        return
    about = own_field(row)
    clean, problem = OwnCleaner(Catalogue(row.ledger), None).cleaner(about)(row.default)
    if problem is not None and problem.severity == "error":
        raise _wrong("default", _("默认值：%(message)s") % {"message": problem.message}, problem.suggestion)
    row.default = clean


def _require_idle(row: CustomField) -> None:
    if row.state == State.CONVERTING:
        raise _wrong(
            "", _("字段「%(label)s」正在转换类型，请等待完成。") % {"label": row.label}, code="field.converting"
        )


def _wrong(setting: str, message: str, remedy: str = "", code: str = "field.setting") -> BusinessError:
    return BusinessError(message, code=code, field=setting, remedy=remedy)


def _word(name: str) -> str:
    return str(CustomField._meta.get_field(name).verbose_name)


def _note(row: CustomField, by: Actor, told: str, **words: Any) -> None:
    detail = told % {"label": row.label, **words}
    note(row.ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=f"{_('自定义字段')}：{detail}")
