"""What a new account set begins with about customers, how that is copied from another set, and what 账套体检 asks about it.

What lives here: the functions that ``CustomersConfig.ready`` hands to ``ledgers``. What does not: the pages (``settings``).
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ledgers.models import Ledger
from ledgers.services.checking import Finding, Verdict
from ledgers.services.creating import choices_of, keep_choices

from .models import Category, NumberingRule, Tag
from .rules import numbering as patterns
from .services import numbering
from .settings import categories
from .settings.numbering import describe, errors, unmet_needs, upcoming

DEFAULT_CATEGORIES = [
    {"code": "ZD", "name": "重点客户"},
    {"code": "PT", "name": "普通客户"},
    {"code": "QD", "name": "渠道客户"},
]


def default_categories() -> list[dict]:
    """The proposal for a set that chose no template."""
    return [dict(row) for row in DEFAULT_CATEGORIES]


def prepare(ledger: Ledger) -> None:
    """Categories and a numbering rule for a set that has none: the wizard's choices, else the defaults."""
    chosen = choices_of(ledger)
    if not Category.objects.filter(ledger=ledger).exists():
        categories.create_many(ledger, chosen.get("categories", default_categories()))
    if numbering.rule_in_force(ledger) is None:
        rule = chosen.get("numbering", {"parts": numbering.DEFAULT_PARTS, "reset": NumberingRule.Reset.NEVER})
        numbering.create_rule(ledger, name=_("客户编码规则"), parts=rule["parts"], reset=rule["reset"])


def copy(source: Ledger, target: Ledger) -> None:
    """Active categories with their tree, and the rule in force, as choices of the draft ``target``; tags as they are."""
    choices: dict = {"categories": _branches(categories.tree(source))}
    rule = numbering.rule_in_force(source)
    if rule:
        choices["numbering"] = {"parts": rule.parts, "reset": rule.reset}
    keep_choices(target, **choices)
    have = {name.lower() for name in Tag.objects.filter(ledger=target).values_list("name", flat=True)}
    names = Tag.objects.filter(ledger=source).values_list("name", flat=True)
    Tag.objects.bulk_create(Tag(ledger=target, name=name) for name in names if name.lower() not in have)


def _branches(nodes: list[categories.Node]) -> list[dict]:
    """The tree as nested {code, name, children}."""
    rows = {
        node.category.pk: {"code": node.category.code, "name": node.category.name, "children": []} for node in nodes
    }
    top = []
    for node in nodes:
        if node.category.is_active:
            parent = rows.get(node.category.parent_id)
            (parent["children"] if parent else top).append(rows[node.category.pk])
    return top


def check(ledger: Ledger) -> Iterator[Finding]:
    """Categories and numbering, for 账套体检."""
    yield _check_categories(ledger)
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
        most = {"count": patterns.capacity(rule.parts)}
        message = _("流水号已用尽（最多 %(count)s 个）。") % most
        return Finding("next_number", title, Verdict.FAILED, message, _("请在“编码规则”页增加流水号位数。"))
    number = numbers[0]
    if numbering.taken(ledger.pk, [numbering.number_key(number)]):
        message = _("%(number)s 已被占用，取号时会自动跳过。") % {"number": number}
        return Finding("next_number", title, Verdict.WARNING, message, _("号段重叠较多时，请提高流水号的起始值。"))
    return Finding("next_number", title, Verdict.OK, number)
