"""The rule builder: parts as rows of a form and back, ready-made rules, what a rule would give, what comes next.

What lives here: everything between the builder's rows and ``rules.numbering``. What does not: drawing numbers and keeping rules
(``services.numbering``), checking parts (``rules.numbering``).
"""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger
from ledgers.services.creating import choices_of

from ..models import Category, Customer, NumberCounter, NumberingRule
from ..rules import numbering as patterns
from ..rules.checked import ERROR, Problem
from ..rules.numbering import NumberContext
from ..services import numbering

Parts = list[dict[str, Any]]

PART_TYPES = (
    ("literal", gettext_lazy("固定文字")),
    ("serial", gettext_lazy("流水号")),
    ("date", gettext_lazy("建档日期")),
    ("category", gettext_lazy("分类编码")),
    ("region", gettext_lazy("地区码")),
    ("kind", gettext_lazy("客户类型码")),
    ("ledger", gettext_lazy("账套编码")),
    ("initials", gettext_lazy("拼音首字母")),
    ("check", gettext_lazy("校验位")),
)

# Which of the row's controls a part of each type has.
CONTROLS = {
    "literal": ("text",),
    "serial": ("width", "start", "step"),
    "date": ("format",),
    "region": ("digits",),
    "initials": ("length",),
    "check": ("algorithm",),
}

# What a customer must have for the part, by the key of the field catalogue.
NEEDS = {"category": ("category", gettext_lazy("客户分类")), "region": ("province", gettext_lazy("省份"))}


@dataclass(frozen=True)
class Preset:
    key: str
    label: str | Promise
    parts: Parts
    reset: str = "never"


def _serial(width: int) -> dict[str, Any]:
    return {"type": "serial", "width": width, "start": 1, "step": 1}


PRESETS = (
    Preset("plain", gettext_lazy("字母加流水号"), [{"type": "literal", "text": "KH"}, _serial(6)]),
    Preset("digits", gettext_lazy("纯数字"), [_serial(8)]),
    Preset(
        "monthly",
        gettext_lazy("年月加流水号，每月重排"),
        [{"type": "literal", "text": "KH"}, {"type": "date", "format": "YYYYMM"}, _serial(4)],
        "month",
    ),
    Preset(
        "category",
        gettext_lazy("分类加流水号，各类单独编号"),
        [{"type": "category"}, {"type": "literal", "text": "-"}, _serial(5)],
        "prefix",
    ),
)


def preset(key: str) -> Preset | None:
    return next((each for each in PRESETS if each.key == key), None)


def errors(parts: Any, reset: str) -> list[Problem]:
    """What keeps the rule from use; warnings are left out."""
    return [problem for problem in patterns.validate(parts, reset) if problem.severity == ERROR]


def example_context(ledger: Ledger) -> NumberContext:
    """An ordinary company of the set, entered today: what samples are made for."""
    codes = Category.objects.filter(ledger=ledger, is_active=True).order_by("position").values_list("code", flat=True)
    category = codes.first() or next(iter(choices_of(ledger).get("categories", [])), {}).get("code") or "PT"
    return NumberContext(
        category_code=category,
        region_code="310100",
        kind_code=numbering.KIND_CODES[Customer.Kind.COMPANY],
        ledger_code=ledger.code,
        initials="HYJX",
        on=timezone.localdate(),
    )


def samples(ledger: Ledger, parts: Parts, *, first: int | None = None, count: int = 3) -> list[str]:
    """``count`` numbers of a sound rule from serial ``first`` (its start) on; fewer when the serial runs out before."""
    serial = next(part for part in parts if part["type"] == "serial")
    start, step = serial.get("start", 1) if first is None else first, serial.get("step", 1)
    context = example_context(ledger)
    serials = range(start, 10 ** serial["width"], step)[:count]
    return [patterns.render(parts, context, number) for number in serials]


def upcoming(rule: NumberingRule, count: int = 3) -> list[str]:
    """What the example customer would get next from a rule that is in use already."""
    scope = patterns.counter_scope(rule.parts, rule.reset, example_context(rule.ledger))
    counter = NumberCounter.objects.filter(rule=rule, scope=scope).first()
    return samples(rule.ledger, rule.parts, first=counter.next_serial if counter else None, count=count)


def describe(parts: Parts) -> str:
    """The rule in words: 固定文字 KH + 流水号 6 位."""
    names = dict(PART_TYPES)
    words = []
    for part in parts:
        detail = {
            "literal": lambda part: f" {part['text']}",
            "serial": lambda part: _(" %(width)s 位") % {"width": part["width"]},
            "date": lambda part: f" {part['format']}",
            "region": lambda part: _(" %(width)s 位") % {"width": part["digits"]},
            "initials": lambda part: _(" %(width)s 位") % {"width": part["length"]},
            "check": lambda part: f" {part['algorithm']}",
        }.get(part["type"], lambda part: "")
        words.append(f"{names[part['type']]}{detail(part)}")
    return " + ".join(words)


def unmet_needs(ledger: Ledger, parts: Parts) -> list[str]:
    """Labels of fields that the rule needs and the set does not require: without them no number can be made."""
    required = ledger.parameter("required_fields")
    wanted = [NEEDS[part["type"]] for part in parts if part["type"] in NEEDS]
    return [str(label) for key, label in wanted if key not in required]
