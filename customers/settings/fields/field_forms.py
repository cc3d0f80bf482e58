"""The form of one field of the set's own: only what its type has.

What lives here: which options each type has, shape of the input, and the control that would come of it. What does not: which values may
be changed while customers have some (``own.designing``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger

from ...fields import GROUP_LABELS, Catalogue, Field, Group
from ...forms.controls import control
from ...forms.options import Options
from ...models import ChoiceSet, CustomField
from ...rulebook import settings as rule_settings

T = CustomField.Type


@dataclass(frozen=True)
class TypeCard:
    """How a type introduces itself: an icon, and two or three fields that firms have of it."""

    type: str
    icon: str
    example: str | Promise
    options: tuple[str, ...] = ()

    @property
    def label(self) -> str | Promise:
        return T(self.type).label


_FLAGS = ("is_required", "is_unique", "is_filterable", "is_searchable", "is_sensitive", "in_list")
_NO_UNIQUE = ("is_required", "is_filterable", "in_list")
_LENGTHS = ("min_length", "max_length")
_BOUNDS = ("lowest", "highest")

CARDS: tuple[TypeCard, ...] = (
    TypeCard(T.TEXT, "letter-case", gettext_lazy("设备型号、车牌号、合同简称"),
             (*_LENGTHS, "pattern", "pattern_message", "default", *_FLAGS)),
    TypeCard(T.LONG_TEXT, "file-text", gettext_lazy("经营范围、谈判要点"),
             ("max_length", "default", "is_required", "is_searchable", "is_sensitive")),
    TypeCard(T.INTEGER, "hash", gettext_lazy("员工人数、门店数、车辆数"), (*_BOUNDS, "default", "is_unique", *_NO_UNIQUE)),
    TypeCard(T.DECIMAL, "percentage", gettext_lazy("折扣率、面积（平方米）"), ("decimals", *_BOUNDS, "default", *_NO_UNIQUE)),
    TypeCard(T.MONEY, "currency-yuan", gettext_lazy("年采购额、保证金"), ("decimals", *_BOUNDS, "default", *_NO_UNIQUE)),
    TypeCard(T.DATE, "calendar", gettext_lazy("合同到期日、首次拜访日"), (*_BOUNDS, "default", *_NO_UNIQUE)),
    TypeCard(T.BOOLEAN, "checkbox", gettext_lazy("是否上市、需要对账单"), ("default", *_NO_UNIQUE)),
    TypeCard(T.CHOICE, "circle-dot", gettext_lazy("付款方式、客户性质"), ("options", "default", *_NO_UNIQUE)),
    TypeCard(T.MULTI_CHOICE, "list-check", gettext_lazy("主营产品、合作品牌"), ("options", "default", *_NO_UNIQUE)),
    TypeCard(T.CUSTOMER, "building", gettext_lazy("上级集团、介绍人、付款单位"), _NO_UNIQUE),
    TypeCard(T.USER, "user", gettext_lazy("客服专员、技术对接人"), ("default", *_NO_UNIQUE)),
    TypeCard(T.EMAIL, "mail", gettext_lazy("对账邮箱、发票接收邮箱"), ("default", *_FLAGS)),
    TypeCard(T.PHONE, "phone", gettext_lazy("仓库电话、财务电话"), _FLAGS),
    TypeCard(T.URL, "link", gettext_lazy("网店地址、公众号文章"), _FLAGS),
    TypeCard(T.FILE, "paperclip", gettext_lazy("营业执照扫描件、授权书"), ("is_required",)),
    TypeCard(T.FORMULA, "abc", gettext_lazy("毛利率 = ([售价] - [成本]) / [售价]"),
             ("formula", "decimals", "is_filterable", "in_list")),
)  # fmt: skip
CARD_OF = {card.type: card for card in CARDS}

BASIC = ("label", "key", "group", "help_text")
_SHOWN_APART = frozenset({*BASIC, "choice_set", "lines", "formula"})
NEW_SET = "new"  # choice of 选项集 for "make one of the lines below"

_CONTROLS: dict[str, Any] = {
    "min_length": lambda: forms.IntegerField(label=_("最少字数"), required=False, min_value=0),
    "max_length": lambda: forms.IntegerField(label=_("最多字数"), required=False, min_value=1),
    "decimals": lambda: forms.IntegerField(label=_("小数位数"), initial=2, min_value=0, max_value=6),
    "lowest": lambda: forms.CharField(label=_("最小值"), required=False, max_length=30),
    "highest": lambda: forms.CharField(label=_("最大值"), required=False, max_length=30),
    "pattern": lambda: forms.CharField(
        label=_("格式（正则表达式）"), required=False, max_length=200, help_text=_("如 [A-Z]{2}\\d{4} 表示两个大写字母加四位数字")
    ),
    "pattern_message": lambda: forms.CharField(label=_("格式不符时的提示"), required=False, max_length=100),
    "is_required": lambda: forms.BooleanField(label=_("必填"), required=False),
    "is_unique": lambda: forms.BooleanField(
        label=_("不可重复"), required=False, help_text=_("两个客户不能填同一个值")
    ),
    "is_filterable": lambda: forms.BooleanField(
        label=_("可筛选和排序"), required=False, initial=True, help_text=_("建立索引，客户再多也能很快查到")
    ),
    "is_searchable": lambda: forms.BooleanField(
        label=_("可搜索"), required=False, help_text=_("在搜索框里输入就能找到客户")
    ),
    "is_sensitive": lambda: forms.BooleanField(
        label=_("敏感"), required=False, help_text=_("加密保存，无权的人只看到部分内容")
    ),
    "in_list": lambda: forms.BooleanField(label=_("默认显示在客户列表"), required=False),
    "formula": lambda: forms.CharField(label=_("公式"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})),
}  # fmt: skip


class FieldForm(forms.Form):
    """A field of one type; ``field`` is the stored one, or None for a new one."""

    def __init__(self, data: Any = None, *, ledger: Ledger, type: str, field: CustomField | None = None):
        self.ledger, self.type, self.field = ledger, type, field
        super().__init__(data, initial=_initial(field))
        self._add_basics()
        for name in CARD_OF[type].options:
            if name == "options":
                self._add_options()
            elif name == "default":
                self._add_default()
            else:
                self.fields[name] = _CONTROLS[name]()

    # --- building ------------------------------------------------------------------------------------------------------

    def _add_basics(self) -> None:
        self.fields["label"] = forms.CharField(label=_("名称"), max_length=40, help_text=_("录入时看到的字段名"))
        if self.field is None:
            self.fields["key"] = forms.CharField(
                label=_("字段键"), max_length=40, required=False, help_text=_("导入导出和接口用；留空按名称的拼音生成"),
                widget=forms.TextInput(attrs={"placeholder": "x_"}),
            )  # fmt: skip
        self.fields["group"] = forms.CharField(
            label=_("分组"), max_length=30, required=False, help_text=_("选已有分组，或输入新分组的名称"),
            widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
        )  # fmt: skip
        self.fields["help_text"] = forms.CharField(label=_("填写说明"), max_length=200, required=False)

    def _add_options(self) -> None:
        sets = ChoiceSet.objects.filter(ledger=self.ledger).order_by("name")
        choices = [(str(each.pk), each.name) for each in sets]
        if self.field is None:
            choices = [(NEW_SET, _("新的选项（写在下面）")), *choices]
        self.fields["choice_set"] = forms.ChoiceField(label=_("选项集"), choices=choices)
        if self.field is None:
            self.fields["lines"] = forms.CharField(
                label=_("选项"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
                help_text=_("每行一个，可以直接从 Excel 粘贴一列"),
            )  # fmt: skip

    def _add_default(self) -> None:
        """The control that the field itself will have."""
        self.fields["default"] = forms.CharField(
            label=_("默认值"), required=False, max_length=500, help_text=_DEFAULT_HELP.get(self.type, "")
        )

    @property
    def limit_fields(self) -> list[forms.BoundField]:
        """Bounds, pattern and default, in the order of the type."""
        return [self[name] for name in self.fields if name not in _SHOWN_APART and name not in _FLAGS]

    @property
    def flag_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in _FLAGS]

    # --- what came back --------------------------------------------------------------------------------------------------

    def clean_label(self) -> str:
        return " ".join(self.cleaned_data["label"].split())

    def clean_group(self) -> str:
        """The id of the product's group that the words name; else the words are the name of a group of the set's own."""
        words = " ".join(self.cleaned_data["group"].split())
        ids = {str(label): str(key) for key, label in GROUP_LABELS.items()}
        return ids.get(words, words) or str(Group.BASIC)

    def clean_lines(self) -> list[str]:
        return option_lines(self.cleaned_data["lines"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("choice_set") == NEW_SET and not data.get("lines") and "lines" not in self.errors:
            self.add_error("lines", _("请至少写一个选项。"))
        return data

    def values(self) -> dict[str, Any]:
        """Attributes of CustomField; ``choice_set`` as its pk, or None where new options are written below."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("lines", "key")}
        if "choice_set" in values:
            values["choice_set"] = None if values["choice_set"] == NEW_SET else int(values["choice_set"])
        return values

    def draft(self) -> CustomField:
        """A field that is not stored, as the input stands, for the preview; wrong input is left out."""
        given = self.cleaned_data if self.is_bound else self.initial
        values = {name: given[name] for name in _DRAWN & given.keys() if given[name] not in (None, "")}
        row = CustomField(ledger=self.ledger, type=self.type, key="x_preview", **values)
        row.label = values.get("label") or _("字段名称")
        if self.type in (T.CHOICE, T.MULTI_CHOICE):
            row.choice_set = self._drafted_options(given)
        return row

    def _drafted_options(self, given: dict[str, Any]) -> ChoiceSet:
        chosen = given.get("choice_set", NEW_SET)
        if str(chosen).isdecimal():
            return ChoiceSet.objects.get(ledger=self.ledger, pk=chosen)
        lines = given.get("lines") or [_("选项一"), _("选项二")]
        return ChoiceSet(pk=-1, options=[{"value": each, "label": each} for each in lines])


_DRAWN = frozenset({"label", "help_text", "max_length", "is_required", "decimals"})
_DEFAULT_HELP: dict[str, str | Promise] = {
    T.CHOICE: gettext_lazy("选项的名称"),
    T.MULTI_CHOICE: gettext_lazy("选项的名称，多个用逗号分开"),
    T.BOOLEAN: gettext_lazy("是 或 否"),
    T.USER: gettext_lazy("成员的姓名或用户名"),
    T.DATE: gettext_lazy("如 2026-01-31"),
}


def _initial(field: CustomField | None) -> dict[str, Any]:
    if field is None:
        return {}
    values = {each.attname: getattr(field, each.attname) for each in CustomField._meta.concrete_fields}
    default = field.default
    values["group"] = str(GROUP_LABELS.get(field.group, field.group))
    values["choice_set"] = str(field.choice_set_id or "")
    values["default"] = ""
    if default is not None and default != "":
        values["default"] = _default_text(field, default)
    if field.formula:
        values["formula"] = rule_settings.written(Catalogue.of(field.ledger), field.formula)
    return values


def _default_text(field: CustomField, default: Any) -> str:
    if isinstance(default, bool):
        return _("是") if default else _("否")
    labels = {each["value"]: each["label"] for each in field.choice_set.options} if field.choice_set_id else {}
    if isinstance(default, list):
        return "，".join(str(labels.get(each, each)) for each in default)
    return str(labels.get(default, default))


def option_lines(text: str) -> list[str]:
    """One option a line, blank lines and repetitions left out, in order."""
    return list(dict.fromkeys(line for each in text.splitlines() if (line := " ".join(each.split()))))


def group_names(catalogue: Catalogue) -> Iterable[str]:
    """Names that may be chosen for a group; the system's own group takes none."""
    return (str(label) for key, label in catalogue.groups.items() if key != Group.SYSTEM)


def preview_control(field: Field, catalogue: Catalogue, *, required: bool) -> forms.BoundField:
    """The field as it would stand on the form."""
    made = type("PreviewForm", (forms.Form,), {field.key: control(field, Options(catalogue), required=required)})
    return made(auto_id="preview_%s")[field.key]
