"""Forms of the rule builder: shape only.

What lives here: the rows of parts, name and reset, the wizard's choice. What does not: what a rule has beside its parts
(``option_forms``) and the rules (``rules.numbering_checks``, ``judging``).
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger

from ..fields import Catalogue
from ..models import NumberingRule
from ..rules.text import fold
from .wording import CHECKS, CONTROLS, PART_TYPES, PRESETS, Parts, errors, field_choices

DATE_FORMATS = ("YYYY", "YY", "YYYYMM", "YYMM", "YYYYMMDD", "YYMMDD", "MM", "DD", "YYYYQ", "YYQ", "YYYYWW", "YYWW")
MOST_PARTS = 12


class PartRow(forms.Form):
    """One part of a rule; each type uses some of the controls, the page shows only those."""

    type = forms.ChoiceField(label=gettext_lazy("类型"), choices=PART_TYPES)
    text = forms.CharField(label=gettext_lazy("文字"), max_length=30, required=False, strip=False)
    width = forms.IntegerField(label=gettext_lazy("位数"), required=False, initial=6)
    start = forms.CharField(label=gettext_lazy("起始值"), max_length=18, required=False, initial="1")
    step = forms.IntegerField(label=gettext_lazy("步长"), required=False, initial=1)
    base = forms.TypedChoiceField(
        label=gettext_lazy("进制"),
        choices=[(10, gettext_lazy("十进制")), (36, gettext_lazy("36 进制（数字和字母）"))],
        coerce=int,
        required=False,
        empty_value=10,
    )
    skip = forms.CharField(
        label=gettext_lazy("跳过的字符"), max_length=20, required=False, help_text=gettext_lazy("如 4")
    )
    words = forms.CharField(
        label=gettext_lazy("禁用字"), max_length=200, required=False, help_text=gettext_lazy("用空格分开，如 250 13")
    )
    format = forms.ChoiceField(
        label=gettext_lazy("格式"), choices=[(each, each) for each in DATE_FORMATS], required=False
    )
    digits = forms.TypedChoiceField(
        label=gettext_lazy("位数"),
        choices=[(2, gettext_lazy("2 位（省）")), (4, gettext_lazy("4 位（市）")), (6, gettext_lazy("6 位（区县）"))],
        coerce=int,
        required=False,
        empty_value=None,
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("级次"),
        choices=[("", gettext_lazy("客户自己的分类")), *((each, each) for each in range(1, 7))],
        coerce=int,
        required=False,
        empty_value=0,
    )
    key = forms.ChoiceField(label=gettext_lazy("字段"), required=False)
    map = forms.CharField(
        label=gettext_lazy("对照表"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行“取值=编码”，如 VIP=V；留空则直接用取值"),
    )
    default = forms.CharField(label=gettext_lazy("其他取值用"), max_length=10, required=False)
    length = forms.IntegerField(label=gettext_lazy("个数"), required=False, initial=3)
    algorithm = forms.ChoiceField(label=gettext_lazy("算法"), choices=CHECKS, required=False)
    counts = forms.BooleanField(label=gettext_lazy("单独计数"), required=False)
    ORDER = forms.IntegerField(required=False, widget=forms.HiddenInput(attrs={"data-row-order": ""}))

    def __init__(self, *args, catalogue: Catalogue, **kwargs):
        initial = kwargs.get("initial") or {}
        kwargs["initial"] = {**initial, **_shown(initial, catalogue)}
        super().__init__(*args, **kwargs)
        self.catalogue = catalogue
        self.fields["key"].choices = field_choices(catalogue)

    @property
    def shown_type(self) -> str:
        return self["type"].value() or PART_TYPES[0][0]

    def part(self) -> dict[str, Any]:
        """The part as ``rules.numbering`` wants it: without what says nothing."""
        data = self.cleaned_data
        kind = data["type"]
        part = {"type": kind} | {name: data.get(name) for name in CONTROLS.get(kind, ())}
        if kind == "serial":
            part = {"type": kind, "width": data.get("width"), **_serial(data)}
        if kind == "category" and not part["level"]:
            del part["level"]
        if kind == "field":
            part |= {"map": _mapping(data["map"], self.catalogue.get(data["key"])), "default": data["default"].strip()}
        if data["counts"] and kind not in ("serial", "check", "literal"):
            part["counts"] = True
        return part


def _serial(data: dict[str, Any]) -> dict[str, Any]:
    """The serial's own values; a start of plain digits is a number, as rules made by hand have it."""
    start = (data.get("start") or "1").strip().upper()
    part: dict[str, Any] = {
        "start": int(start) if start.isascii() and start.isdigit() and data.get("base") != 36 else start,
        "step": 1 if data.get("step") is None else data["step"],
        "base": data.get("base") or 10,
        "skip": "".join(data["skip"].upper().split()),
        "words": data["words"].upper().replace(",", " ").replace("，", " ").split(),
    }
    plain = {"base": 10, "skip": "", "words": []}
    return {key: value for key, value in part.items() if plain.get(key) != value}


def _mapping(text: str, field: Any) -> dict[str, str]:
    """Lines of "取值=编码" as stored value → code; a value may be written by its label."""
    known = {fold(str(label)): value for value, label in field.choices} if field else {}
    known |= {fold(value): value for value in known.values()}
    known |= {fold(_("是")): "true", fold(_("否")): "false"}
    found = {}
    for line in filter(str.strip, text.replace("＝", "=").splitlines()):
        value, _sign, code = line.rpartition("=")
        value = value.strip()
        found[str(known.get(fold(value), value))] = code.strip()
    return found


def _shown(part: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The values of a stored part as the row's controls show them."""
    shown: dict[str, Any] = {}
    if part.get("words"):
        shown["words"] = " ".join(part["words"])
    if "map" in part:
        field = catalogue.get(part.get("key", ""))
        labels = {value: str(label) for value, label in field.choices} if field else {}
        shown["map"] = "\n".join(f"{labels.get(value, value)}={code}" for value, code in part["map"].items())
    return shown


class BasePartRows(forms.BaseFormSet):
    """The rows of the builder. ``reset`` is set before validation, since some faults lie between the parts and it."""

    reset = "never"

    def clean(self) -> None:
        if any(self.errors):
            return
        rows = self.ordered()
        for problem in errors(self.parts(), self.reset):
            place = (problem.params or {}).get("place")
            if place:
                rows[place - 1].add_error(None, problem.message)
            else:
                raise forms.ValidationError(problem.message, code=problem.code)

    def ordered(self) -> list[PartRow]:
        """The rows that are kept, in the order of the page."""
        kept = [
            form for form in self.forms if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        return sorted(
            kept,
            key=lambda form: form.cleaned_data["ORDER"] if form.cleaned_data.get("ORDER") is not None else len(kept),
        )

    def parts(self) -> Parts:
        return [form.part() for form in self.ordered()]


PartRows = forms.formset_factory(
    PartRow, formset=BasePartRows, extra=0, can_delete=True, max_num=MOST_PARTS, absolute_max=20, validate_max=True
)


class RuleForm(forms.Form):
    """Name and reset of the rule and its rows as one form; valid only together."""

    name = forms.CharField(label=gettext_lazy("规则名称"), max_length=60, initial=gettext_lazy("客户编码规则"))
    reset = forms.ChoiceField(
        label=gettext_lazy("流水号重置"),
        choices=NumberingRule.Reset.choices,
        help_text=gettext_lazy(
            "按年、月、日重置时编号中要有日期；按前缀则前缀相同的各自连续；按所选段则勾选“单独计数”的段各自连续"
        ),
    )

    def __init__(self, data: Any = None, *, ledger: Ledger, parts: Parts, reset: str, name: str = ""):
        super().__init__(data, initial={"reset": reset, "name": name or _("客户编码规则")}, prefix="rule")
        initial = [{**part, "ORDER": at} for at, part in enumerate(parts)]
        catalogue = Catalogue.of(ledger)
        self.rows = PartRows(
            data, initial=initial, prefix="parts", form_kwargs={"empty_permitted": False, "catalogue": catalogue}
        )
        self.rows.reset = self["reset"].value()

    def is_valid(self) -> bool:
        own = super().is_valid()
        return self.rows.is_valid() and own

    def faults(self) -> list[str]:
        """Every complaint in one list, for the live preview."""
        found = [str(text) for texts in self.errors.values() for text in texts]
        found += [str(text) for text in self.rows.non_form_errors()]
        for place, form in enumerate(self.rows.forms, 1):
            for name, texts in form.errors.items():
                label = form.fields[name].label if name in form.fields else ""
                found += [
                    str(text)
                    if not label
                    else _("第 %(place)s 段 %(label)s：%(text)s") % {"place": place, "label": label, "text": text}
                    for text in texts
                ]
        return list(dict.fromkeys(found))


class SchemeForm(forms.Form):
    """The wizard's choice among ready-made rules, or one's own."""

    scheme = forms.ChoiceField(
        label=gettext_lazy("编码规则"),
        widget=forms.RadioSelect,
        choices=[*((each.key, each.label) for each in PRESETS), ("custom", gettext_lazy("自定义"))],
    )
