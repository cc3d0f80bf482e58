"""The page 客户参数: required fields, policies, grades and sources.

What lives here: HTTP. What does not: categories, regions and tags (``customers.categorising``), numbers (``customers.numbers``).
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError
from ledgers.pages import needs, put_on_form, render_settings
from permissions.rights import Right

from ..fields import Catalogue
from . import parameters
from .forms import KindNeedsForm, ParametersForm, choice_rows

# --- parameters -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def customer_parameters(request: HttpRequest) -> HttpResponse:
    """Required fields, policies, grades and sources."""
    ledger, data = request.ledger, request.POST or None
    form = ParametersForm(data, ledger=ledger)
    by_kind = KindNeedsForm(data, catalogue=Catalogue.of(ledger))
    lists = {key: choice_rows(key, ledger, data) for key in ("grades", "sources")}
    if data and all([form.is_valid(), by_kind.is_valid(), *(rows.is_valid() for rows in lists.values())]):
        values = form.cleaned_data | {key: rows.pairs() for key, rows in lists.items()}
        values["required_by_kind"] = by_kind.value()
        try:
            changed = parameters.save(ledger, values, by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(
                request, _("已保存：%(what)s。") % {"what": "、".join(changed)} if changed else _("没有改动。")
            )
            return redirect("customer_parameters", ledger.code)
    return render_settings(
        request, "settings/parameters.html", "customer_parameters", {"form": form, "by_kind": by_kind, **lists}
    )
