"""账套设置 → 基本信息, 状态与记录, 账套体检.

What lives here: HTTP of these three pages. What does not: periods, currencies, members (modules of their own), and everything
about customers (``customers.settings``).
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from .. import currencies
from ..forms.basics import PARAMETER_FIELDS, SettingsForm
from ..models import Ledger
from ..pages import attempt, needs, put_on_form, render_settings
from ..services import checking, parameters, states

LOG_PAGE = 30

# What pressing the button means, in the user's words: state → (label, icon, question, danger).
_STATE_ACTIONS = {
    Ledger.State.SUSPENDED: (
        gettext_lazy("停用账套"),
        "player-pause",
        gettext_lazy("停用后不能录入或修改客户，已有资料仍可查看。随时可以重新启用。"),
        False,
    ),
    Ledger.State.ACTIVE: (
        gettext_lazy("重新启用"),
        "player-play",
        gettext_lazy("启用后成员可以继续录入和修改客户。"),
        False,
    ),
    Ledger.State.ARCHIVED: (
        gettext_lazy("归档账套"),
        "archive",
        gettext_lazy("归档后任何人都只能查看，设置和成员也不能再修改，并且不能恢复。"),
        True,
    ),
}


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def ledger_settings(request: HttpRequest) -> HttpResponse:
    """Name, company, manager, description."""
    form = SettingsForm(request.POST or None, instance=Ledger.objects.get(pk=request.ledger.pk))
    if request.method == "POST" and form.is_valid():
        try:
            changed = parameters.change_basics(request.ledger, form.cleaned_data, by=request.user)
            chosen = {key: form.cleaned_data[key] for key in PARAMETER_FIELDS}
            changed += parameters.change_parameters(request.ledger, chosen, by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(
                request, _("已保存：%(what)s。") % {"what": "、".join(changed)} if changed else _("没有改动。")
            )
            return redirect("ledger_settings", request.ledger.code)
    context = {"form": form, "base_currency": currencies.label(request.ledger.base_currency)}
    return render_settings(request, "settings/basics.html", "ledger_settings", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def ledger_state(request: HttpRequest) -> HttpResponse:
    """The life cycle, and the set's own log."""
    if request.method == "POST":
        state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
        if state in Ledger.State.values:
            done = _("账套状态已变为“%(state)s”。") % {"state": Ledger.State(state).label}
            attempt(request, lambda: states.change_state(request.ledger, state, by=request.user, reason=reason), done)
        return redirect("ledger_state", request.ledger.code)
    steps = [
        {"state": state, "label": label, "icon": icon, "text": text, "danger": danger}
        for state in states.STEPS.get(request.ledger.state, ())
        for label, icon, text, danger in [_STATE_ACTIONS[state]]
    ]
    events = Paginator(request.ledger.events.select_related("by"), LOG_PAGE).get_page(request.GET.get("page"))
    return render_settings(request, "settings/state.html", "ledger_state", {"actions": steps, "events": events})


@require_GET
@needs(Right.CONFIGURE)
def ledger_health(request: HttpRequest) -> HttpResponse:
    """账套体检: the same verdicts as ``manage.py check_ledger``."""
    findings = checking.run(request.ledger)
    context = {"findings": findings, "failed": len(checking.failed(findings))}
    return render_settings(request, "settings/health.html", "ledger_health", context)
