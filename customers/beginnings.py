"""What a new account set begins with about customers when it chose nothing, and what 账套体检 asks about it.

What lives here: the functions that ``CustomersConfig.ready`` hands to ``ledgers``. What does not: the pages (``settings``).
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ledgers.models import Ledger
from ledgers.services import configuration
from ledgers.services.checking import Finding, Verdict

from .fields import Catalogue
from .models import Category, CustomField, FieldSetting, NumberingRule, ValidationRule
from .numbers.wording import capacity_of, describe, errors, unmet_needs, upcoming
from .own import designing as custom_fields
from .rulebook import names as rule_names
from .rules.expressions import ExpressionError, Names, parse
from .services import numbering

# What a set begins with that chose nothing, as sections of a configuration document.
_BEGINNING = {
    "categories": {"ZD": {"name": "重点客户"}, "PT": {"name": "普通客户"}, "QD": {"name": "渠道客户"}},
    "numbering": {"客户编码规则": {"parts": numbering.DEFAULT_PARTS}},
}


def default_categories() -> dict[str, dict]:
    """The proposal for a set that chose no template, as items of the section ``categories``."""
    return configuration.filled({"categories": _BEGINNING["categories"]})["categories"]


def prepare(ledger: Ledger) -> None:
    """Categories and a numbering rule for a set to which its document brought none."""
    have = {
        "categories": Category.objects.filter(ledger=ledger).exists(),
        "numbering": numbering.rule_in_force(ledger) is not None,
    }
    missing = {key: items for key, items in _BEGINNING.items() if not have[key]}
    configuration.apply(ledger, configuration.filled(missing), by=None)


def check(ledger: Ledger) -> Iterator[Finding]:
    """Categories and numbering, for 账套体检."""
    yield _check_categories(ledger)
    yield _check_fields(ledger)
    yield _check_rules(ledger)
    yield from _check_numbering(ledger)


def _check_categories(ledger: Ledger) -> Finding:
    title = _("客户分类")
    count = Category.objects.filter(ledger=ledger, is_active=True).count()
    if count:
        return Finding("categories", title, Verdict.OK, _("%(count)s 个启用的分类。") % {"count": count})
    required = "category" in ledger.parameter("required_fields")
    verdict = Verdict.FAILED if required else Verdict.WARNING
    message = _("没有启用的分类，而客户分类是必填字段。") if required else _("没有启用的分类。")
    return Finding("categories", title, verdict, message, _("请在“客户分类”页建立分类。"))


def _check_fields(ledger: Ledger) -> Finding:
    """Own fields nobody can fill in, formulas that cannot be read any more."""
    title, names = _("自定义字段"), rule_names.names_of(Catalogue.of(ledger))
    rows = list(CustomField.objects.filter(ledger=ledger, state=CustomField.State.ACTIVE).select_related("choice_set"))
    faults = []
    for row in rows:
        options = row.choice_set.options if row.choice_set else []
        if row.type in custom_fields.CHOICES and not any(option.get("is_active", True) for option in options):
            faults.append(_("「%(field)s」没有可选的选项。") % {"field": row.label})
        if row.type == CustomField.Type.FORMULA and (fault := _unreadable(row.formula, names)):
            faults.append(_("公式字段「%(field)s」：%(fault)s") % {"field": row.label, "fault": fault})
    if faults:
        return Finding("fields", title, Verdict.FAILED, "".join(faults), _("请在“字段设计”页改正。"))
    return Finding("fields", title, Verdict.OK, _("%(count)s 个启用的字段。") % {"count": len(rows)})


def _check_rules(ledger: Ledger) -> Finding:
    """Conditions that name a field which is gone, and required fields that the set does not use."""
    title, catalogue = _("字段要求与校验规则"), Catalogue.of(ledger)
    names, faults = rule_names.names_of(catalogue), []
    rules = list(ValidationRule.objects.filter(ledger=ledger, is_active=True))
    texts = [
        (_("校验规则「%(name)s」") % {"name": rule.name}, text)
        for rule in rules
        for text in (rule.when, rule.must_hold)
    ]
    for setting in FieldSetting.objects.filter(ledger=ledger):
        where = _("字段「%(name)s」的条件") % {"name": setting.field}
        texts += [(where, setting.visible_when), (where, setting.required_when)]
    for where, text in texts:
        if fault := _unreadable(text, names):
            faults.append(_("%(where)s：%(fault)s") % {"where": where, "fault": fault})
    wanted = [*ledger.parameter("required_fields"), *(key for rule in rules for key in rule.required)]
    gone = [key for key in dict.fromkeys(wanted) if catalogue.get(key) is None]
    if gone:
        faults.append(_("必填的字段不存在或已停用：%(keys)s。") % {"keys": "、".join(gone)})
    if faults:
        return Finding("rules", title, Verdict.FAILED, "".join(faults), _("请在“字段设计”页改正。"))
    return Finding("rules", title, Verdict.OK, _("%(count)s 条启用的校验规则。") % {"count": len(rules)})


def _unreadable(text: str, names: Names) -> str:
    """Why an expression cannot be read, empty when it can."""
    try:
        if text.strip():
            parse(text, names)
    except ExpressionError as fault:
        return fault.message
    return ""


def _check_numbering(ledger: Ledger) -> Iterator[Finding]:
    title, rule = _("编码规则"), numbering.rule_in_force(ledger)
    if rule is None:
        manual = ledger.parameter("number_mode") == "manual"
        verdict = Verdict.OK if manual else Verdict.FAILED
        message = _("手工编号，没有编码规则。") if manual else _("没有编码规则，无法自动编号。")
        yield Finding("numbering", title, verdict, message, "" if manual else _("请在“编码规则”页建立规则。"))
        return
    faults = errors(rule.parts, rule.reset)
    if faults:
        text = " ".join(fault.message for fault in faults)
        yield Finding("numbering", title, Verdict.FAILED, text, _("请在“编码规则”页改正。"))
        return
    needs = unmet_needs(ledger, rule.parts)
    if needs:
        message = _("规则用到 %(fields)s，但它不是必填字段，缺少时无法自动编号。") % {"fields": "、".join(needs)}
        yield Finding("numbering", title, Verdict.WARNING, message, _("请把这些字段设为必填。"))
    else:
        yield Finding("numbering", title, Verdict.OK, describe(rule.parts))
    yield _check_next(ledger, rule)


def _check_next(ledger: Ledger, rule: NumberingRule) -> Finding:
    title = _("下一编号")
    numbers = upcoming(rule, 1)
    if not numbers:
        most = {"count": capacity_of(rule)}
        message = _("流水号已用尽（最多 %(count)s 个）。") % most
        return Finding("next_number", title, Verdict.FAILED, message, _("请在“编码规则”页增加流水号位数。"))
    number = numbers[0]
    if numbering.taken(ledger.pk, [numbering.number_key(number)]):
        message = _("%(number)s 已被占用，取号时会自动跳过。") % {"number": number}
        return Finding("next_number", title, Verdict.WARNING, message, _("号段重叠较多时，请提高流水号的起始值。"))
    return Finding("next_number", title, Verdict.OK, number)
