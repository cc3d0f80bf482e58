"""代理: who stands in for whom, naming a delegate, ending it."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.models import Delegation
from permissions.rights import Right

from ....pages import attempt, needs
from ....services.parameters import change_parameters
from .. import delegations
from ..dates import ends_in, tone
from ..forms import DelegationForm, colleagues
from .frame import put, show, status_of

PAGE, SHOWN = "delegation_list", 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delegation_list(request: HttpRequest) -> HttpResponse:
    """One's own delegations (all of the set for who manages members); posting makes one."""
    form = DelegationForm(request.POST or None, ledger=request.ledger, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            made = delegations.delegate(request.ledger, by=request.actor, **form.wanted())
        except BusinessError as problem:
            put(form, problem)
        else:
            words = {"person": made.delegator, "delegate": made.delegate, "until": made.ends_on}
            messages.success(request, _("「%(delegate)s」将代理「%(person)s」，至 %(until)s。") % words)
            return redirect(PAGE, request.ledger.code)
    context = {
        "form": form,
        "rows": _rows(request),
        "people_names": colleagues(request.ledger),
        "may_set": request.actor.can(Right.CONFIGURE) and request.actor.can(Right.MEMBERS),
        "lends_administration": request.ledger.parameter("delegate_administration"),
    }
    return show(request, "access/life/delegations.html", PAGE, context, status_of(form))


def _rows(request: HttpRequest) -> list[dict]:
    today = timezone.localdate()
    rows = []
    for row in delegations.listed(request.ledger, request.actor)[:SHOWN]:
        if row.ends_on < today:
            state, label = "expired", _("已结束")
        elif row.starts_on and row.starts_on > today:
            state, label = "pending", _("未开始")
        else:
            state, label = "active", _("代理中")
        rights = "、".join(str(Right(each).label) for each in row.rights if each in Right.values)
        rows.append(
            {
                "row": row,
                "state": state,
                "state_label": label,
                "rights": rights,
                "left": ends_in(row.ends_on, today) if state == "active" else "",
                "tone": tone(row.ends_on, today),
                "may_end": state != "expired" and delegations.may_end(row, request.actor),
            }
        )
    return rows


@require_POST
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one before its day."""
    rows = Delegation.objects.filter(ledger=request.ledger).select_related("ledger", "delegator", "delegate")
    if not request.actor.can(Right.MEMBERS):
        rows = rows.filter(Q(delegator=request.user) | Q(delegate=request.user))
    row = get_object_or_404(rows, pk=pk)
    attempt(request, lambda: delegations.end(row, by=request.actor), _("代理已结束。"))
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def delegation_policy(request: HttpRequest) -> HttpResponse:
    """Whether administration of the set can be passed on."""
    request.actor.require(Right.MEMBERS)
    value = {"delegate_administration": bool(request.POST.get("allowed"))}
    attempt(request, lambda: change_parameters(request.ledger, value, by=request.user), _("已保存。"))
    return redirect(PAGE, request.ledger.code)
