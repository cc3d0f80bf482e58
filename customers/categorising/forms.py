"""Forms of categories, regions and tags: shape only.

What lives here: what is posted, as Python values. What does not: the rules (``settings.categories``, ``settings.tags`` and the verbs of
this package).
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger
from ledgers.parameters import TONES

from ..fields import GROUP_LABELS, Catalogue, Field
from ..forms import wire
from ..forms.controls import control
from ..forms.options import Options
from ..models import Category, NumberingRule, SalesRegion, Tag
from ..rules import category_codes as codes
from ..settings import categories
from . import giving


class CategoryForm(forms.ModelForm):
    parent = forms.TypedChoiceField(label=gettext_lazy("上级分类"), required=False, coerce=int, empty_value=None)

    class Meta:
        model = Category
        fields = ["code", "name", "parent"]
        help_texts = {"code": gettext_lazy("字母、数字，可用于客户编号")}

    def __init__(self, *args, ledger: Ledger, **kwargs):
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        editing = self.instance if self.instance.pk else None
        self.fields["parent"].choices = [
            ("", _("（顶级分类）")),
            *categories.choices(ledger, without=editing),
        ]
        # A retired parent is no choice for others, but the node that stands under it may stay there.
        if editing and editing.parent and not editing.parent.is_active:
            self.fields["parent"].choices.append((editing.parent_id, editing.parent.name))

    def clean_parent(self) -> Category | None:
        pk = self.cleaned_data["parent"]
        return Category.objects.get(ledger=self.ledger, pk=pk) if pk else None


class TargetForm(forms.Form):
    """Another category, to which customers go."""

    to = forms.TypedChoiceField(label=gettext_lazy("目标分类"), coerce=int)

    def __init__(self, data: Any = None, *, category: Category, without_branch: bool = False, **kwargs):
        super().__init__(data, **kwargs)
        offered = categories.choices(category.ledger, without=category if without_branch else None)
        self.fields["to"].choices = [("", _("请选择")), *((pk, name) for pk, name in offered if pk != category.pk)]

    @property
    def target(self) -> Category:
        return Category.objects.get(pk=self.cleaned_data["to"])


class CodesForm(forms.Form):
    """New code levels, and how the codes are made."""

    levels = forms.CharField(
        label=gettext_lazy("编码级次"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("每一级编码的位数，如 2-2-3；留空则编码不限"),
        widget=forms.TextInput(attrs={"placeholder": "2-2-3", "autocomplete": "off"}),
    )
    how = forms.ChoiceField(
        label=gettext_lazy("新编码"),
        choices=[
            (codes.KEEP, gettext_lazy("保留各级自己的编码，补零或去零到新的位数")),
            (codes.COUNT, gettext_lazy("按分类树的顺序从 1 重新编号")),
        ],
        widget=forms.RadioSelect,
    )


class GivingForm(forms.Form):
    """What a category gives its customers; ``values`` are controls made from the catalogue."""

    numbering_rule = forms.ModelChoiceField(
        label=gettext_lazy("编码规则"), queryset=NumberingRule.objects.none(), required=False
    )
    review_months = forms.IntegerField(
        label=gettext_lazy("复核周期（月）"),
        required=False,
        min_value=0,
        max_value=giving.LONGEST_CYCLE,
        help_text=gettext_lazy("每隔几个月复核一次客户资料；0 为不复核，留空则随上级"),
    )
    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("必填字段"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, category: Category):
        self.category, self.catalogue = category, Catalogue.of(category.ledger)
        self.values = giving.fillable(self.catalogue)
        initial = {
            "numbering_rule": category.numbering_rule_id,
            "review_months": category.review_months,
            "required_fields": category.required_fields,
        }
        super().__init__(data, initial=initial)
        rules = NumberingRule.objects.filter(ledger=category.ledger).exclude(state=NumberingRule.State.RETIRED)
        self.fields["numbering_rule"].queryset = rules
        self.fields["numbering_rule"].empty_label = _("（随上级分类或账套）")
        self.fields["required_fields"].choices = [(each.key, each.label) for each in giving.requirable(self.catalogue)]
        options = Options(self.catalogue)
        for each in self.values:
            made = control(each, options)
            made.initial = wire.of_value(each, category.defaults.get(each.key))
            made.widget.choices = _with_blank(made.widget) if hasattr(made.widget, "choices") else None
            self.fields[f"give-{each.key}"] = made

    def value_fields(self) -> list[forms.BoundField]:
        return [self[f"give-{each.key}"] for each in self.values]

    def required_groups(self) -> list[tuple[str, list]]:
        """(group, tick boxes) in the catalogue's order."""
        boxes = {box.data["value"]: box for box in self["required_fields"]}
        groups: dict[str, list] = {}
        for each in giving.requirable(self.catalogue):
            groups.setdefault(str(GROUP_LABELS.get(each.group, each.group)), []).append(boxes[each.key])
        return list(groups.items())

    def raw(self) -> dict[str, Any]:
        """Catalogue key → raw value, as the pipeline takes it."""
        return {each.key: self._raw(each) for each in self.values}

    def _raw(self, each: Field) -> Any:
        return wire.to_raw(each, wire.of_post(each, self[f"give-{each.key}"].data))


def _with_blank(widget: forms.Widget) -> list[tuple]:
    """A value to begin with may always be left out, also where a customer must have one."""
    choices = [pair for pair in widget.choices if pair[0] != ""]
    return [("", "—"), *choices]


class RegionForm(forms.ModelForm):
    class Meta:
        model = SalesRegion
        fields = ["code", "name"]
        help_texts = {"code": gettext_lazy("如 HD")}


class TagForm(forms.ModelForm):
    colour = forms.ChoiceField(label=gettext_lazy("颜色"), choices=list(TONES.items()), required=False)

    class Meta:
        model = Tag
        fields = ["name", "colour"]


class NewTagsForm(forms.Form):
    """Several tags at once."""

    name = forms.CharField(
        label=gettext_lazy("标签"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("可以一次写多个，用逗号或换行分开"),
        required=False,
    )


class MergeTagForm(forms.Form):
    to = forms.TypedChoiceField(label=gettext_lazy("并入"), coerce=int)

    def __init__(self, data: Any = None, *, tag: Tag):
        super().__init__(data)
        others = Tag.objects.filter(ledger=tag.ledger_id, merged_into=None).exclude(pk=tag.pk)
        self.fields["to"].choices = [("", _("请选择")), *((each.pk, each.name) for each in others)]
