"""The form of a hand-over: successor, department, which customers, why."""

from typing import Any

from django import forms
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger
from permissions.models import User

from ..models import Category
from . import transfers

ALL, CATEGORIES, PROVINCES = "all", "categories", "provinces"


class HandoverForm(forms.Form):
    """Choices come with figures: how many of the leaver's customers stand in each category and province."""

    successor = forms.ModelChoiceField(label=gettext_lazy("接收人"), queryset=User.objects.none())
    with_department = forms.BooleanField(label=gettext_lazy("客户的部门改为接收人的部门"), required=False, initial=True)
    scope = forms.ChoiceField(
        label=gettext_lazy("移交哪些客户"),
        choices=[
            (ALL, gettext_lazy("全部")),
            (CATEGORIES, gettext_lazy("只移交所选分类")),
            (PROVINCES, gettext_lazy("只移交所选省份")),
        ],
        widget=forms.RadioSelect,
        initial=ALL,
    )
    categories = forms.TypedMultipleChoiceField(
        label=gettext_lazy("客户分类"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    provinces = forms.MultipleChoiceField(
        label=gettext_lazy("省份"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=gettext_lazy("移交原因"), max_length=200, help_text=gettext_lazy("记入每个客户的变更历史")
    )

    def __init__(self, *args: Any, ledger: Ledger, person: User, customers: QuerySet, **kwargs: Any):
        kwargs.setdefault("initial", {"reason": _("离职交接：%(person)s") % {"person": person}})
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = transfers.successors(ledger, besides=person)
        self.fields["successor"].empty_label = _("选择接收人")
        self.fields["successor"].label_from_instance = _with_department
        names = dict(Category.objects.filter(ledger=ledger).values_list("pk", "name"))
        rows = customers.order_by().values_list("category_id").annotate(count=Count("pk"))
        self.fields["categories"].choices = [
            (pk or 0, _("%(name)s（%(count)s）") % {"name": names.get(pk) or _("未分类"), "count": f"{count:,}"})
            for pk, count in sorted(rows, key=lambda row: -row[1])
        ]
        rows = customers.order_by().values_list("province").annotate(count=Count("pk"))
        self.fields["provinces"].choices = [
            (name, _("%(name)s（%(count)s）") % {"name": name or _("未填省份"), "count": f"{count:,}"})
            for name, count in sorted(rows, key=lambda row: -row[1])
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("scope") == CATEGORIES and not data.get("categories") and "categories" not in self.errors:
            self.add_error("categories", _("请选择分类。"))
        if data.get("scope") == PROVINCES and not data.get("provinces") and "provinces" not in self.errors:
            self.add_error("provinces", _("请选择省份。"))
        return data

    def chosen(self) -> dict[str, list]:
        """The categories and provinces that count, as ``transfers.hand_over`` takes them."""
        data = self.cleaned_data
        return {
            "categories": data["categories"] if data["scope"] == CATEGORIES else [],
            "provinces": data["provinces"] if data["scope"] == PROVINCES else [],
        }


def _with_department(person: User) -> str:
    return f"{person}（{person.department or person.username}）"
