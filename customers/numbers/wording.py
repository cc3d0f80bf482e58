"""Rules in words: kinds of parts, ready-made rules, examples, what comes next.

What lives here: everything between a rule and its reader. What does not: checking (``rules.numbering_checks``, ``judging``), forms.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger
from ledgers.services.creating import document_of

from ..fields import BUILT_IN, Catalogue, Type
from ..models import Category, Customer, NumberCounter, NumberingRule, SalesRegion
from ..rules.checked import ERROR, Problem
from ..rules.numbering import MissingPart, NumberContext, Plan, SerialOverflow, mapped_texts
from ..rules.numbering_checks import validate
from ..services.number_rules import Facts, RuleSet, plan_of

Parts = list[dict[str, Any]]

PART_TYPES = (
    ("literal", gettext_lazy("固定文字")),
    ("serial", gettext_lazy("流水号")),
    ("date", gettext_lazy("建档日期")),
    ("category", gettext_lazy("分类编码")),
    ("sales_region", gettext_lazy("销售区域编码")),
    ("region", gettext_lazy("行政区划码")),
    ("kind", gettext_lazy("客户类型码")),
    ("field", gettext_lazy("字段取值")),
    ("department", gettext_lazy("部门编码")),
    ("company", gettext_lazy("公司编码")),
    ("ledger", gettext_lazy("账套编码")),
    ("initials", gettext_lazy("拼音首字母")),
    ("check", gettext_lazy("校验位")),
)

# Which of the row's controls a part of each type has; every part but serial and check may count for itself.
CONTROLS = {
    "literal": ("text",),
    "serial": ("width", "start", "step", "base", "skip", "words"),
    "date": ("format",),
    "category": ("level",),
    "region": ("digits",),
    "field": ("key", "map", "default"),
    "initials": ("length",),
    "check": ("algorithm",),
}

EXPLAINED: dict[str, str | Promise] = {
    "literal": gettext_lazy("每个编号都一样，如 KH、HD-。"),
    "serial": gettext_lazy("从起始值按步长递增，不足位数补 0；可用 36 进制，可跳过 4 等字符和禁用字。"),
    "date": gettext_lazy("建立客户当天的年 YYYY、月 MM、日 DD、季度 Q、周 WW。"),
    "category": gettext_lazy("客户分类的编码；填级次则取分类树上那一级的编码。"),
    "sales_region": gettext_lazy("客户所属销售区域的编码，如 HD。"),
    "region": gettext_lazy("客户所在地的行政区划代码前 2、4 或 6 位。"),
    "kind": gettext_lazy("企业 QY、个人 GR、个体户 GT、政府/事业单位 ZF、海外 HW、合作伙伴 HZ。"),
    "field": gettext_lazy("按对照表把字段的取值换成编码；没有对照表时直接用取值。"),
    "department": gettext_lazy("负责部门的编码。"),
    "company": gettext_lazy("负责部门所属公司的编码。"),
    "ledger": gettext_lazy("账套的编码。"),
    "initials": gettext_lazy("客户名称的拼音首字母，不足补 X。"),
    "check": gettext_lazy("由前面各位算出，抄错一位就能发现；放在最后。"),
}

CHECKS = (
    ("luhn", "Luhn（1 位）"),
    ("mod97", "ISO 7064 MOD 97-10（2 位）"),
    ("mod11_2", "ISO 7064 MOD 11-2（1 位，可能是 X）"),
    ("mod37_36", "ISO 7064 MOD 37-36（1 位字母或数字）"),
)

# What a customer must have for the part, by the key of the field catalogue.
NEEDS = {
    "category": ("category", gettext_lazy("客户分类")),
    "region": ("province", gettext_lazy("省份")),
    "sales_region": ("sales_region", gettext_lazy("销售区域")),
    "department": ("department", gettext_lazy("部门")),
    "company": ("department", gettext_lazy("部门")),
}

# The longest number that other systems take in, for whoever passes his customers on.
DOWNSTREAM = (("SAP", 10), ("用友 U8", 20), ("Oracle EBS", 30))


@dataclass(frozen=True)
class Preset:
    key: str
    label: str | Promise
    parts: Parts
    reset: str = "never"


def _serial(width: int) -> dict[str, Any]:
    return {"type": "serial", "width": width, "start": 1, "step": 1}


def _text(text: str) -> dict[str, Any]:
    return {"type": "literal", "text": text}


def _date(form: str) -> dict[str, Any]:
    return {"type": "date", "format": form}


PRESETS = (
    Preset("plain", gettext_lazy("字母加流水号"), [_text("KH"), _serial(6)]),
    Preset("digits", gettext_lazy("纯数字"), [_serial(8)]),
    Preset("yearly", gettext_lazy("年份加流水号，每年重排"), [_text("KH"), _date("YYYY"), _serial(2)], "year"),
    Preset("monthly", gettext_lazy("年月加流水号，每月重排"), [_text("KH"), _date("YYYYMM"), _serial(4)], "month"),
    Preset(
        "category", gettext_lazy("分类加流水号，各类单独编号"), [{"type": "category"}, _text("-"), _serial(5)], "prefix"
    ),
    Preset(
        "region",
        gettext_lazy("区域、分类加流水号，各自单独编号"),
        [{"type": "sales_region"}, _text("-"), {"type": "category"}, _text("-"), _serial(5)],
        "prefix",
    ),
)


def preset(key: str) -> Preset | None:
    return next((each for each in PRESETS if each.key == key), None)


def errors(parts: Any, reset: str) -> list[Problem]:
    """What keeps the rule from use; warnings are left out."""
    return [problem for problem in validate(parts, reset) if problem.severity == ERROR]


# --- examples -----------------------------------------------------------------------------------------------------------


def example_context(ledger: Ledger, parts: Parts = (), facts: Facts | None = None) -> NumberContext:
    """The customer of these facts, entered today; what he lacks is filled up, so that every sound rule gives him a number."""
    rule = NumberingRule(ledger=ledger, parts=list(parts))
    given = RuleSet(ledger, extra=rule).context(facts or {}) if parts else NumberContext(on=timezone.localdate())
    category = given.category_code or _first_category(ledger)
    path = given.category_path or (category,)
    deepest = max((part.get("level") or 0 for part in parts if part["type"] == "category"), default=0)
    fields = dict(given.fields)
    for part in parts:
        if part["type"] == "field" and not _gives(part, fields.get(part["key"], "")):
            fields[part["key"]] = _example_value(ledger, part)
    return NumberContext(
        category_code=category,
        region_code=given.region_code or "310100",
        kind_code=given.kind_code or "QY",
        ledger_code=ledger.code,
        initials=given.initials or "HYJX",
        on=given.on,
        category_path=path + (path[-1],) * (deepest - len(path)),
        company_code=given.company_code or "GS1",
        department_code=given.department_code or "BM1",
        sales_region_code=given.sales_region_code or _first_region(ledger),
        fields=tuple(fields.items()),
    )


def _first_category(ledger: Ledger) -> str:
    codes = Category.objects.filter(ledger=ledger, is_active=True).order_by("position").values_list("code", flat=True)
    return codes.first() or next(iter(document_of(ledger).get("categories", {})), "PT")


def _first_region(ledger: Ledger) -> str:
    return SalesRegion.objects.filter(ledger=ledger, is_active=True).values_list("code", flat=True).first() or "HD"


def _gives(part: dict[str, Any], value: str) -> bool:
    mapping = part.get("map") or {}
    return bool(mapping.get(value) if mapping else value)


def _example_value(ledger: Ledger, part: dict[str, Any]) -> str:
    mapped = next(iter(part.get("map") or {}), "")
    field = Catalogue.of(ledger).get(part["key"]) if not mapped and ledger.pk else None
    return mapped or next((value for value, _label in field.choices if value), "") if field else mapped or "A"


def samples(
    ledger: Ledger,
    parts: Parts,
    *,
    reset: str = "never",
    first: int | None = None,
    count: int = 3,
    facts: Facts | None = None,
    bounds: tuple[int | None, int | None] = (None, None),
) -> list[str]:
    """``count`` numbers of a sound rule from serial ``first`` (its start) on; fewer when the serial runs out before."""
    plan = Plan(parts, reset, *bounds)
    serials = plan.serial.run(plan.serial.first if first is None else first, count)
    context = example_context(ledger, parts, facts)
    try:
        return list(plan.numbers([context] * len(serials), serials))
    except (MissingPart, SerialOverflow):
        return []


def upcoming(rule: NumberingRule, count: int = 3, facts: Facts | None = None) -> list[str]:
    """What the example customer would get next from a rule that is in use already."""
    scope = plan_of(rule).scope(example_context(rule.ledger, rule.parts, facts))
    counter = counters_of(rule).filter(scope=scope).first()
    return samples(
        rule.ledger,
        rule.parts,
        reset=rule.reset,
        first=counter.next_serial if counter else None,
        count=count,
        facts=facts,
        bounds=(rule.range_from, rule.range_to),
    )


def same_numbers(rule: NumberingRule, other: NumberingRule) -> bool:
    """Whether two versions count the same serials, so that counters go over from one to the other."""
    return rule.parts == other.parts and rule.reset == other.reset


def counters_of(rule: NumberingRule):
    """The counters that a rule goes on with: its own, or of a version that is not in force those of the one before it."""
    counters = NumberCounter.objects.filter(rule_id=rule.pk)
    if rule.replaces_id and same_numbers(rule, rule.replaces) and not counters.exists():
        return NumberCounter.objects.filter(rule_id=rule.replaces_id)
    return counters


# --- words --------------------------------------------------------------------------------------------------------------


def describe(parts: Parts) -> str:
    """The rule in words: 固定文字 KH + 流水号 6 位."""
    names = dict(PART_TYPES)
    return " + ".join(f"{names[part['type']]}{_detail(part)}" for part in parts)


def _detail(part: dict[str, Any]) -> str:
    match part["type"]:
        case "literal":
            return f" {part['text']}"
        case "serial":
            more = [_("36 进制")] if part.get("base") == 36 else []
            more += [_("跳过 %(digits)s") % {"digits": part["skip"]}] if part.get("skip") else []
            more += [_("步长 %(step)s") % {"step": part["step"]}] if part.get("step", 1) != 1 else []
            said = _(" %(width)s 位") % {"width": part["width"]}
            return f"{said}（{'，'.join(more)}）" if more else said
        case "date":
            return f" {part['format']}"
        case "category" if part.get("level"):
            return _("（第 %(level)s 级）") % {"level": part["level"]}
        case "region":
            return _(" %(width)s 位") % {"width": part["digits"]}
        case "initials":
            return _(" %(width)s 位") % {"width": part["length"]}
        case "field":
            label = next((str(each.label) for each in BUILT_IN if each.key == part["key"]), part["key"])
            return _("（%(field)s）") % {"field": label}
        case "check":
            return f" {dict(CHECKS)[part['algorithm']].partition('（')[0]}"
    return ""


def explain(ledger: Ledger, parts: Parts, facts: Facts | None = None) -> list[tuple[str, str, str]]:
    """(what stands in the example, kind of part, what it means) for every part of a sound rule."""
    plan, context, names = Plan(parts), example_context(ledger, parts, facts), dict(PART_TYPES)
    number = next(iter(samples(ledger, parts, facts=facts, count=1)), "")
    found = plan.pattern.fullmatch(number)
    return [
        (found[f"p{at}"] if found else "", f"{names[part['type']]}{_detail(part)}", str(EXPLAINED[part["type"]]))
        for at, part in enumerate(parts)
        if context
    ]


def unmet_needs(ledger: Ledger, parts: Parts) -> list[str]:
    """Labels of fields that the rule needs and the set does not require: without them no number can be made."""
    required = ledger.parameter("required_fields")
    wanted = dict(NEEDS[part["type"]] for part in parts if part["type"] in NEEDS)
    catalogue = Catalogue.of(ledger) if any(part["type"] == "field" for part in parts) else None
    for part in parts:
        field = catalogue.get(part["key"]) if part["type"] == "field" and not part.get("default") else None
        if field is not None and field.key not in ("kind", "status"):
            wanted[field.key] = field.label
    return [str(label) for key, label in wanted.items() if key not in required]


def whom(rule: NumberingRule) -> str:
    """Whom the rule numbers, in words."""
    return "；".join(f"{label}：{'、'.join(names)}" for label, names in conditions_told(rule)) or _("全部客户")


def conditions_told(rule: NumberingRule) -> list[tuple[str, list[str]]]:
    """(what is asked, its values in words) of every condition."""
    from permissions.models import Department

    said, ledger = rule.conditions or {}, rule.ledger
    kinds, sources = dict(Customer.Kind.choices), dict(ledger.parameter("sources"))
    looked_up = (
        ("categories", _("分类"), Category.objects.filter(ledger=ledger)),
        ("departments", _("部门"), Department.objects.all()),
        ("sales_regions", _("销售区域"), SalesRegion.objects.filter(ledger=ledger)),
    )
    told = [
        (label, [str(row) for row in rows.filter(pk__in=said[key])]) for key, label, rows in looked_up if said.get(key)
    ]
    if said.get("sources"):
        told.append((_("来源"), [str(sources.get(code, code)) for code in said["sources"]]))
    if said.get("kinds"):
        told.append((_("客户类型"), [str(kinds.get(code, code)) for code in said["kinds"]]))
    return told


def field_choices(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Fields whose value may stand in a number: short, lasting, nobody's secret."""
    kept = {Type.CHOICE, Type.BOOLEAN, Type.INTEGER}
    return [
        (each.key, str(each.label))
        for each in catalogue.fields
        if not each.part
        and not each.sensitive
        and not each.read_only
        and each.key not in ("state", "industry", "credit_days")
        and (each.type in kept or (each.is_own and each.type == Type.TEXT))
    ]


def capacity_of(rule: NumberingRule) -> int:
    """How many numbers one counter of the rule can give."""
    return plan_of(rule).serial.capacity


def longest(parts: Parts, codes: dict[str, list[str]]) -> tuple[int, str]:
    """(greatest length that a number can have, the code that makes it so long); ``codes``: part type → codes in use."""
    from ..rules.numbering_checks import shortest

    total, culprit = 0, ""
    for part in parts:
        texts = mapped_texts(part) if part["type"] == "field" else codes.get(part["type"], [])
        widest = max(texts, key=len, default="")
        total += max(len(widest), shortest(part))
        culprit = max(culprit, widest, key=len)
    return total, culprit
