"""权限模拟: the page that begins one, and the button that ends it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from ..forms.simulation import SimulationForm
from ..pages import needs, put_on_form, render_settings
from ..services import simulating

PAGE = "rights_explain"  # the entry of the settings' navigation that it belongs to


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.MEMBERS)
def simulation_start(request: HttpRequest) -> HttpResponse:
    """Whom and why; posting begins it and leads to what he sees first."""
    form = SimulationForm(request.POST or None, initial={"user": request.GET.get("user", "")})
    if request.method == "POST" and form.is_valid():
        try:
            simulating.start(request, form.cleaned_data["user"], reason=form.cleaned_data["reason"])
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            return redirect(request.ledger.get_absolute_url())
    context = {"form": form, "minutes": int(simulating.LASTS.total_seconds() // 60), "tabs": _tabs(request)}
    return render_settings(
        request, "settings/access/simulation.html", PAGE, context, status=422 if form.is_bound else 200
    )


def _tabs(request: HttpRequest) -> list[dict]:
    code, person = request.ledger.code, request.GET.get("user", "")
    query = f"?user={person}" if person.isdecimal() else ""
    explain = {"label": _("权限说明"), "url": reverse(PAGE, args=[code]) + query, "icon": "help"}
    here = {"label": _("以他人身份查看"), "url": request.path + query, "active": True, "icon": "eye"}
    return [explain, here]


@require_POST
def simulation_stop(request: HttpRequest) -> HttpResponse:
    """结束."""
    simulating.stop(request)
    messages.success(request, _("权限模拟已结束，现在是您自己的权限。"))
    return redirect(request.ledger.get_absolute_url())
