"""客户参数: the customers' step in the wizard that makes an account set.

What lives here: the step. What does not: what becomes of its choices at activation (``customers.beginnings``).
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.pages import told
from ledgers.parameters import PARAMETERS
from ledgers.services import configuration, creating
from ledgers.services.parameters import change_parameters
from ledgers.wizard.steps import Step
from permissions.models import User

from ..numbers import wording as numbering
from ..numbers.forms import RuleForm, SchemeForm
from . import categories
from .forms import ParametersForm, kept_rows, required_field_choices

PROPOSED_FIELDS = ["name", "category", "contact"]


class CategoryRow(forms.Form):
    """One category of the starting list; the tree grows later."""

    code = forms.CharField(
        label=gettext_lazy("编码"), max_length=20, error_messages={"required": gettext_lazy("请填写编码。")}
    )
    name = forms.CharField(
        label=gettext_lazy("名称"), max_length=60, error_messages={"required": gettext_lazy("请填写名称。")}
    )
    was = forms.CharField(
        max_length=20, required=False, widget=forms.HiddenInput
    )  # its code so far, below which others stand
    ORDER = forms.IntegerField(required=False, widget=forms.HiddenInput(attrs={"data-row-order": ""}))

    def clean_code(self) -> str:
        try:
            categories.check_code(self.cleaned_data["code"])
        except BusinessError as problem:
            raise forms.ValidationError(told(problem)) from problem
        return self.cleaned_data["code"]


class BaseCategoryRows(forms.BaseFormSet):
    def clean(self) -> None:
        """Codes and names once each; the second one is marked."""
        for field, message in (("code", gettext_lazy("编码重复。")), ("name", gettext_lazy("名称重复。"))):
            seen: set[str] = set()
            for form in self.forms:
                data = getattr(form, "cleaned_data", None) or {}
                value = (data.get(field) or "").lower()
                if not value or data.get("DELETE"):
                    continue
                if value in seen:
                    form.add_error(field, message)
                seen.add(value)


CategoryRows = forms.formset_factory(
    CategoryRow, formset=BaseCategoryRows, extra=0, can_delete=True, max_num=100, absolute_max=120, validate_max=True
)


class StepForm:
    """The forms of the step as one: valid when all of them are."""

    def __init__(self, ledger: Ledger, data: Any, default_categories: Callable[[], list[dict]]):
        chosen = creating.choices_of(ledger)
        document = creating.document_of(ledger)
        proposals = {} if "required_fields" in ledger.parameters else {"required_fields": PROPOSED_FIELDS}
        if "scheme" in chosen:  # the step was saved once: what is stored counts, proposals no longer do
            proposals = {}
        rule = _first_rule(document) or {"parts": numbering.PRESETS[0].parts, "reset": "never"}
        self.parameters = ParametersForm(data, ledger=ledger, proposals=proposals)
        items = document.get("categories") or default_categories()
        rows = [
            {"code": code, "was": code, "name": item["name"], "below": _count_below(items, code)}
            for code, item in items.items()
            if not item["parent"]
        ]
        self.categories = CategoryRows(data, initial=rows, prefix="categories")
        self.scheme = SchemeForm(data, initial={"scheme": chosen.get("scheme") or _scheme_of(rule)})
        self.rule = RuleForm(data, ledger=ledger, parts=rule["parts"], reset=rule["reset"])
        self.samples = [] if data is not None else numbering.samples(ledger, rule["parts"], reset=rule["reset"])
        self.is_bound = data is not None

    @property
    def is_custom(self) -> bool:
        return self.scheme["scheme"].value() == "custom"

    def is_valid(self) -> bool:
        parts = [self.parameters, self.categories, self.scheme, *([self.rule] if self.is_custom else [])]
        valid = [part.is_valid() for part in parts]  # each of them, so that all complaints are on the page at once
        return all(valid)

    def chosen_rule(self) -> dict[str, Any]:
        preset = numbering.preset(self.scheme.cleaned_data["scheme"])
        if preset:
            return {"parts": preset.parts, "reset": preset.reset}
        return {"parts": self.rule.rows.parts(), "reset": self.rule.cleaned_data["reset"]}


def _scheme_of(rule: dict[str, Any]) -> str:
    """The ready-made rule that this is, or "custom"."""
    same = (each.key for each in numbering.PRESETS if each.parts == rule["parts"] and each.reset == rule["reset"])
    return next(same, "custom")


class CustomerStep(Step):
    title = gettext_lazy("客户参数")
    hint = gettext_lazy("客户怎么分类、怎么编号、必须填写什么。这里的选择以后都可以在“账套设置”中修改。")
    template = "settings/wizard_customers.html"

    def __init__(self, default_categories: Callable[[], list[dict]]):
        self.default_categories = default_categories

    def open(self, ledger: Ledger, user: User, data: Any = None) -> StepForm:
        return StepForm(ledger, data, self.default_categories)

    def save(self, ledger: Ledger, form: StepForm, by: User) -> None:
        change_parameters(ledger, form.parameters.cleaned_data, by=by)
        document = creating.document_of(ledger)
        known = document.get("categories") or self.default_categories()
        document["categories"], codes = _with_rows(known, kept_rows(form.categories))
        _follow_categories(document, codes)
        rules = document.get("numbering", {})
        name = next(iter(rules), _("客户编码规则"))
        document |= configuration.filled({"numbering": {**rules, name: {**rules.get(name, {}), **form.chosen_rule()}}})
        creating.keep_document(ledger, document, scheme=form.scheme.cleaned_data["scheme"])

    def context(self, ledger: Ledger, form: StepForm) -> dict[str, Any]:
        samples = {each.key: numbering.samples(ledger, each.parts) for each in numbering.PRESETS}
        schemes = [{"radio": radio, "samples": samples.get(radio.data["value"], [])} for radio in form.scheme["scheme"]]
        return {"schemes": schemes, "rule": form.rule, "samples": form.samples}

    def review(self, ledger: Ledger) -> list[tuple[str, str]]:
        document = creating.document_of(ledger)
        labels = {key: str(label) for _group, fields in required_field_choices() for key, label in fields}
        rule = _first_rule(document)
        example = "、".join(numbering.samples(ledger, rule["parts"])) if rule else ""
        days = ledger.parameter("default_credit_days")
        credit = _("启用，默认账期 %(days)s 天") % {"days": days} if ledger.parameter("credit_enabled") else _("不启用")
        return [
            (_("客户分类"), _categories_told(document.get("categories", {})) or _("默认")),
            (_("编码规则"), f"{numbering.describe(rule['parts'])}（{example}）" if rule else _("默认")),
            (_("必填字段"), "、".join(labels.get(key, key) for key in ledger.parameter("required_fields"))),
            (_("信用管理"), credit),
            (str(PARAMETERS["name_policy"].label), _choice(ledger, "name_policy")),
            (str(PARAMETERS["uscc_policy"].label), _choice(ledger, "uscc_policy")),
        ]


def _first_rule(document: dict[str, Any]) -> dict[str, Any] | None:
    """The rule that the page shows; further ones of a template stay as they are."""
    return next(iter(document.get("numbering", {}).values()), None)


def _with_rows(items: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """(categories after the page, former code → present code of those that are still there).

    The page's rows are the top level in their order; what stands below a row that stays, stays, also when the row has another code.
    """
    made: dict[str, Any] = {}
    codes: dict[str, str] = {}
    for row in rows:
        was = row["was"] if row["was"] in items else row["code"]
        item = {**items.get(was, {}), "name": row["name"], "parent": None}
        made |= configuration.filled({"categories": {row["code"]: item}})["categories"]
        codes[was] = row["code"]
    below = True
    while below:
        below = {code: item for code, item in items.items() if code not in codes and item["parent"] in codes}
        made |= {code: {**item, "parent": codes[item["parent"]]} for code, item in below.items()}
        codes |= {code: code for code in below}
    return made, codes


def _count_below(items: dict[str, Any], code: str) -> int:
    children = [each for each, item in items.items() if item["parent"] == code]
    return len(children) + sum(_count_below(items, each) for each in children)


def _follow_categories(document: dict[str, Any], codes: dict[str, str]) -> None:
    """Take along what a template says of categories that were renamed, and drop what it says of those that were taken out."""
    kept = {}
    for key, item in document.get("field_settings", {}).items():
        field, at, category = key.partition("@")
        if not at or category in codes:
            kept[f"{field}@{codes[category]}" if at else key] = item
    if kept or "field_settings" in document:
        document["field_settings"] = kept
    for rule in document.get("numbering", {}).values():
        rule["own_of"] = [codes[code] for code in rule["own_of"] if code in codes]
        if chosen := rule["conditions"].get("categories"):
            rule["conditions"] = {**rule["conditions"], "categories": [codes[code] for code in chosen if code in codes]}


def _categories_told(items: dict[str, Any]) -> str:
    top = [item["name"] for item in items.values() if not item["parent"]]
    more = len(items) - len(top)
    told = "、".join(top)
    return _("%(names)s（及 %(count)s 个下级）") % {"names": told, "count": more} if more else told


def _choice(ledger: Ledger, key: str) -> str:
    return str(dict(PARAMETERS[key].choices)[ledger.parameter(key)])
