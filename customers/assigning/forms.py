"""Forms of assigning: which group a set belongs to, what a group keeps, and many customers at once."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ledgers.models import Ledger
from permissions.models import User

from ..fields import Catalogue
from ..models import Category
from . import services


class GroupForm(forms.Form):
    """集团账套 of a company set."""

    group = forms.TypedChoiceField(
        label=_("集团账套"), required=False, coerce=int, empty_value=None, help_text=_("留空表示不属于任何集团账套")
    )

    def __init__(self, data=None, *, ledger: Ledger, user: User):
        super().__init__(data, initial={"group": ledger.group_id})
        found = services.possible_groups(ledger, user)
        if ledger.group and ledger.group not in found:
            found.append(ledger.group)
        self.groups = {each.pk: each for each in found}
        self.fields["group"].choices = [("", _("不属于集团")), *((pk, str(each)) for pk, each in self.groups.items())]

    @property
    def chosen(self) -> Ledger | None:
        return self.groups.get(self.cleaned_data["group"])


class SharedFieldsForm(forms.Form):
    """What the group keeps for its companies."""

    shared_fields = forms.MultipleChoiceField(
        label=_("集团统一维护的字段"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("分配出去的客户跟随这些字段；编号、负责人、分类、信用等由各公司账套自行维护。"),
    )

    def __init__(self, data=None, *, ledger: Ledger):
        super().__init__(data, initial={"shared_fields": services.shared_keys(ledger)})
        self.fields["shared_fields"].choices = [
            (each.key, each.label) for each in services.shareable(Catalogue.of(ledger))
        ]

    def clean_shared_fields(self) -> list[str]:
        """The name always goes along: a customer without it is none."""
        chosen = self.cleaned_data["shared_fields"]
        return chosen if "name" in chosen else ["name", *chosen]


class ManyForm(forms.Form):
    """Assign a category, or everybody one sees, to one company set."""

    to = forms.TypedChoiceField(label=_("分配到"), coerce=int)
    category = forms.ModelChoiceField(
        label=_("客户分类"), queryset=Category.objects.none(), required=False, empty_label=_("全部客户")
    )
    reason = forms.CharField(label=_("原因"), max_length=100, required=False)

    def __init__(self, data=None, *, ledger: Ledger, user: User):
        super().__init__(data, prefix="many")
        self.companies = {each.pk: each for each in services.company_ledgers(ledger, user)}
        self.fields["to"].choices = [(pk, str(each)) for pk, each in self.companies.items()]
        self.fields["category"].queryset = Category.objects.filter(ledger=ledger, is_active=True)

    @property
    def chosen(self) -> Ledger:
        return self.companies[self.cleaned_data["to"]]
