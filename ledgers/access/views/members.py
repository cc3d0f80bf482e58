"""账套设置 → 成员: who belongs to the set, and one page per person: what he has, from where, and what results.

What lives here: pages. What does not: reading (``access.people``), giving and taking (``services.members``).
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from permissions import naming
from permissions.models import Delegation, Membership, Override, User
from permissions.organisation import departments as organisation
from permissions.organisation.forms import proposed_people
from permissions.rights import Right

from ...forms.members import role_choices
from ...models import Ledger
from ...pages import attempt, needs, put_on_form, render_settings
from ...services import members
from .. import dating, exceptions, people
from ..forms import DatesForm, MemberForm

PAGE = "ledger_members"
STATES = (
    ("active", gettext_lazy("有效")),
    ("pending", gettext_lazy("未到期")),
    ("expired", gettext_lazy("已失效")),
    ("blocked", gettext_lazy("用户已停用")),
)


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def ledger_members(request: HttpRequest) -> HttpResponse:
    """Who belongs to the set; posting adds one."""
    form = MemberForm(request.POST or None, ledger=request.ledger)
    if request.method == "POST" and form.is_valid() and _added(request, form):
        return redirect(_next(request, reverse(PAGE, args=[request.ledger.code])))
    wanted = _filter(request)
    context = {
        "form": form,
        "page": people.page_of(request.ledger, wanted, request.GET.get("page")),
        "wanted": wanted,
        "roles": role_choices(request.ledger),
        "departments": organisation.options(),
        "states": STATES,
        "people_names": proposed_people(),
    }
    return render_settings(request, "settings/access/members.html", PAGE, context)


def _added(request: HttpRequest, form: MemberForm) -> bool:
    data = form.cleaned_data
    days = {"starts_on": data["starts_on"], "ends_on": data["ends_on"]}
    try:
        members.add_member(request.ledger, data["user"], data["role"], by=request.user, **days)
    except BusinessError as problem:
        put_on_form(form, problem)
        return False
    messages.success(request, _("已增加成员「%(user)s」。") % {"user": data["user"]})
    return True


def _next(request: HttpRequest, otherwise: str) -> str:
    """Back to the page that posted, if it named itself."""
    back = request.POST.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/l/") else otherwise


def _filter(request: HttpRequest) -> people.Filter:
    asked = request.GET
    department = asked.get("department", "")
    states = dict(STATES)
    return people.Filter(
        query=asked.get("q", "").strip()[:60],
        role=asked.get("role", ""),
        department=int(department) if department.isdecimal() and len(department) < 10 else None,
        state=asked.get("state", "") if asked.get("state") in states else "",
    )


@require_POST
@needs(Right.MEMBERS)
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one membership away; whoever removed himself lands on his list of sets."""
    membership = _membership(request, pk)
    done = _("已移除「%(user)s」的角色「%(role)s」。") % {"user": membership.user, "role": membership.role}
    attempt(request, lambda: members.remove_member(membership, by=request.user), done)
    if not Ledger.objects.of_member(request.user).filter(pk=request.ledger.pk).exists():
        return redirect("ledger_list")
    if not people.has_something(request.ledger, membership.user):
        return redirect(PAGE, request.ledger.code)
    return redirect(_next(request, reverse(PAGE, args=[request.ledger.code])))


@require_POST
@needs(Right.MEMBERS)
def member_dates(request: HttpRequest, pk: int) -> HttpResponse:
    """Other days for one membership."""
    membership = _membership(request, pk)
    form = DatesForm(request.POST)
    if form.is_valid():
        days = form.cleaned_data
        done = _("已修改「%(user)s」的角色「%(role)s」的有效期。") % {"user": membership.user, "role": membership.role}
        act = lambda: members.change_dates(membership, days["starts_on"], days["ends_on"], by=request.user)  # noqa: E731
        attempt(request, act, done)
    else:
        messages.error(request, _("日期不正确，请写成 2026-03-31。"))
    return redirect("member_person", request.ledger.code, membership.user_id)


def _membership(request: HttpRequest, pk: int) -> Membership:
    return get_object_or_404(request.ledger.memberships.select_related("user", "role", "ledger"), pk=pk)


@require_safe
@needs(Right.MEMBERS)
def member_person(request: HttpRequest, user: int) -> HttpResponse:
    """What one person has, from where, and what results."""
    person = User.objects.select_related("department", "position").filter(pk=user).first()
    if person is None or not people.has_something(request.ledger, person):
        raise Http404(_("没有找到该成员。"))
    actor = people.actor_of(request.ledger, person)
    context = {
        "person": person,
        "memberships": _memberships(request.ledger, person),
        "through": people.Reach(request.ledger).of(person.department_id) if person.is_active else [],
        "exceptions": _exceptions(request.ledger, person),
        "delegations": _delegations(request.ledger, person),
        "rows": people.rows_of(request.ledger, actor),
        "count": people.seen_by(actor),
        "rights": people.rights_of(actor),
        "fields": people.fields_of(actor) if actor.is_member else [],
        "form": MemberForm(ledger=request.ledger, initial={"user": person.pk}),
    }
    return render_settings(request, "settings/access/person.html", PAGE, context)


def _memberships(ledger: Ledger, person: User) -> list[dict[str, Any]]:
    rows = ledger.memberships.filter(user=person).select_related("role").order_by("role__code")
    return [{"row": row, "state": state, "label": label} for row in rows for state, label in [_state(row, person)]]


def _state(row: Membership, person: User) -> tuple[str, str]:
    if not row.role.is_active:
        return dating.state(row, is_blocked=True, why=_("角色已停用"))
    return dating.state(row, is_blocked=not person.is_active, why=_("用户已停用"))


def _exceptions(ledger: Ledger, person: User) -> list[dict[str, Any]]:
    labels = naming.labels_of(ledger.pk)
    rows = Override.objects.filter(ledger=ledger, user=person).order_by("pk")
    return [{"row": row, "told": exceptions.told(row, labels), "state": dating.state(row)} for row in rows]


def _delegations(ledger: Ledger, person: User) -> list[dict[str, Any]]:
    rows = Delegation.objects.filter(ledger=ledger, delegate=person).select_related("delegator").order_by("-ends_on")
    rights = dict(Right.choices)
    return [
        {
            "row": row,
            "rights": "、".join(str(rights.get(right, right)) for right in row.rights),
            "state": dating.state(row),
        }
        for row in rows[:20]
    ]
