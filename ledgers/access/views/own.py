"""The wizard 销售只看自己的客户: choices, preview and application on one page, and taking it back.

What lives here: the page. What does not: what the choices mean (``access.own``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.models import Department
from permissions.organisation import departments as organisation
from permissions.rights import Right, Scope

from ...models import Ledger
from ...pages import attempt, needs, put_on_form, render_settings
from .. import own

PAGE = "own_customers"


class OwnForm(forms.Form):
    """``other-ROLE``: what the holders of another role see from now on; blank for no change."""

    role = forms.TypedChoiceField(label=gettext_lazy("角色"), coerce=int)
    department = forms.TypedChoiceField(label=gettext_lazy("部门"), required=False, coerce=int, empty_value=None)
    scope = forms.ChoiceField(
        label=gettext_lazy("他们看到"),
        choices=[(each.value, each.label) for each in own.CHOICES],
        initial=Scope.OWN,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, ledger: Ledger, candidates: list):
        super().__init__(data)
        self.ledger, self.candidates = ledger, candidates
        self.fields["role"].choices = [(role.pk, f"{role.name}（{count}）") for role, _scope, count in candidates]
        sales = [role.pk for role, _scope, _count in candidates if role.code == "sales"]
        self.fields["role"].initial = next(iter(sales), None)
        self.fields["department"].choices = [("", _("（所有部门）")), *organisation.options()]

    def others(self) -> list[dict[str, Any]]:
        """The other roles as rows: what each sees now, and what was chosen for it."""
        return [
            {"role": role, "now": scope, "people": count, "chosen": self.data.get(f"other-{role.pk}", "")}
            for role, scope, count in self.candidates
        ]

    def plan(self) -> own.Plan:
        data, rows = self.cleaned_data, {role.pk: role for role, _scope, _count in self.candidates}
        others = {each["role"].pk: each["chosen"] for each in self.others() if each["chosen"]}
        others.pop(data["role"], None)
        department = Department.objects.get(pk=data["department"]) if data["department"] else None
        return own.Plan(rows[data["role"]], data["scope"], department, others)


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def own_customers(request: HttpRequest) -> HttpResponse:
    """Choose, look at what it means (nothing is saved), apply."""
    form = OwnForm(request.POST or None, ledger=request.ledger, candidates=own.candidates(request.ledger))
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("apply"):
                told = own.apply(request.ledger, form.plan(), by=request.user)
                messages.success(request, _("已生效：%(told)s。") % {"told": told})
                return redirect(PAGE, request.ledger.code)
            preview = own.preview(request.ledger, form.plan())
        except BusinessError as problem:
            put_on_form(form, problem)
    context = {"form": form, "preview": preview, "last": own.last(request.ledger), "choices": own.CHOICES}
    return render_settings(request, "settings/access/own.html", "role_list", context)


@require_POST
@needs(Right.MEMBERS)
def own_customers_undo(request: HttpRequest) -> HttpResponse:
    attempt(request, lambda: own.undo(request.ledger, by=request.user), _("已恢复到那之前的样子。"))
    return redirect(PAGE, request.ledger.code)
