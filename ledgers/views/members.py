"""账套设置 → 成员."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.rights import Right

from ..forms.members import MemberForm
from ..models import Ledger
from ..pages import attempt, needs, put_on_form, render_settings
from ..services import members


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def ledger_members(request: HttpRequest) -> HttpResponse:
    """Who belongs to the set; posting adds one."""
    form = MemberForm(request.POST or None, ledger=request.ledger)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        days = {"starts_on": data["starts_on"], "ends_on": data["ends_on"]}
        try:
            members.add_member(request.ledger, data["user"], data["role"], by=request.user, **days)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已增加成员「%(user)s」。") % {"user": data["user"]})
            return redirect("ledger_members", request.ledger.code)
    return render_settings(
        request, "settings/members.html", "ledger_members", {"form": form, "rows": _rows(request.ledger)}
    )


def _rows(ledger: Ledger) -> list[dict]:
    """Each membership with the state of its days: now, later, over, or a user who was deactivated."""
    today = timezone.localdate()
    rows = []
    related = ledger.memberships.select_related("user", "user__department", "role")
    for membership in related.order_by("user__display_name", "user__username", "role__code"):
        if not membership.user.is_active:
            state = ("blocked", _("用户已停用"))
        elif membership.starts_on and membership.starts_on > today:
            state = ("pending", _("未到期"))
        elif membership.ends_on and membership.ends_on < today:
            state = ("expired", _("已失效"))
        else:
            state = ("active", _("有效"))
        rows.append({"membership": membership, "state": state[0], "state_label": state[1]})
    return rows


@require_POST
@needs(Right.MEMBERS)
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one membership away; whoever removed himself lands on his list of sets."""
    membership = get_object_or_404(request.ledger.memberships.select_related("user", "role", "ledger"), pk=pk)
    done = _("已移除「%(user)s」的角色「%(role)s」。") % {"user": membership.user, "role": membership.role}
    attempt(request, lambda: members.remove_member(membership, by=request.user), done)
    still = Ledger.objects.of_member(request.user).filter(pk=request.ledger.pk).exists()
    return redirect("ledger_members", request.ledger.code) if still else redirect("ledger_list")
