"""权限申请: asking, one's own requests, what waits for one's decision."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.models import RightRequest
from permissions.rights import Level, Right

from ....pages import attempt
from .. import duties, requests, subjects
from ..dates import ends_in, tone
from ..forms import REQUESTS, ApproveForm
from .frame import put, show, status_of

PAGE, SHOWN = "right_request_list", 100
Kind = RightRequest.Kind


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def right_request_new(request: HttpRequest) -> HttpResponse:
    """Apply for something: ``?kind=``, or ``?right=``, ``?field=``, ``?customer=`` from a page that said what is missing."""
    kind = _kind(request)
    form = REQUESTS[kind](request.POST or None, initial=_asked(request), ledger=request.ledger, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            made = requests.submit(request.ledger, by=request.actor, **form.wanted())
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("已提交申请「%(subject)s」，等待审批。") % {"subject": made.subject})
            return redirect(PAGE, request.ledger.code)
    here = reverse("right_request_new", args=[request.ledger.code])
    kinds = [{"label": each.label, "url": f"{here}?kind={each}", "active": each == kind} for each in Kind]
    return show(request, "access/life/apply.html", PAGE, {"form": form, "kind": kind, "kinds": kinds}, status_of(form))


def _kind(request: HttpRequest) -> str:
    asked = request.POST.get("kind") or request.GET.get("kind", "")
    if asked in Kind.values:
        return asked
    return next((each for each in (Kind.RIGHT, Kind.FIELD, Kind.CUSTOMER) if request.GET.get(each)), Kind.ROLE)


def _asked(request: HttpRequest) -> dict[str, str]:
    asked = {"right": Kind.RIGHT, "field": Kind.FIELD, "number": Kind.CUSTOMER, "role": Kind.ROLE}
    return {name: request.GET.get(key, "")[:60] for name, key in asked.items() if request.GET.get(key)}


@never_cache
@require_safe
def right_request_list(request: HttpRequest) -> HttpResponse:
    """One's own requests, what waits for one's decision, and for who manages members what was decided lately."""
    actor, today = request.actor, timezone.localdate()
    mine = RightRequest.objects.filter(ledger=request.ledger, applicant=request.user).select_related("decided_by")
    context = {
        "waiting": [_row(each, today) for each in requests.to_decide(request.ledger, actor)],
        "mine": [_row(each, today) for each in mine.order_by("-pk")[:SHOWN]],
        "decided": [_row(each, today) for each in _decided(request)] if actor.can(Right.MEMBERS) else None,
    }
    return show(request, "access/life/requests.html", PAGE, context)


def _decided(request: HttpRequest):
    rows = RightRequest.objects.filter(ledger=request.ledger).exclude(state=RightRequest.State.PENDING)
    return rows.select_related("applicant", "decided_by").order_by("-pk")[:SHOWN]


def _row(each: RightRequest, today) -> dict:
    """A request as lists show it. One that nobody decided in time is over, though its row still waits."""
    late = each.state == RightRequest.State.PENDING and each.ends_on < today
    state, label = ("expired", _("已失效")) if late else (each.state, each.get_state_display())
    given = each.given_until if each.state == RightRequest.State.APPLIED else None
    return {
        "request": each,
        "state": state,
        "state_label": label,
        "level": _level(each.kind, each.given_level or each.level),
        "left": ends_in(given, today) if given else "",
        "tone": tone(given, today),
    }


def _level(kind: str, level: int) -> str:
    if kind == Kind.CUSTOMER:
        return _("查看和编辑") if level == Level.EDIT else _("查看")
    return str(Level(level).label) if kind == Kind.FIELD else ""


@never_cache
@require_safe
def right_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what it asks, what it would bring, and the decision."""
    return _page(request, _visible(request, pk))


def _visible(request: HttpRequest, pk: int) -> RightRequest:
    """A request that this person sees: his own, one that he decides or decided, or any for who manages members."""
    rows = RightRequest.objects.select_related("applicant__department", "role", "ledger", "decided_by")
    found = rows.filter(ledger=request.ledger, pk=pk).first()
    actor = request.actor
    if found and (
        actor.user_id in (found.applicant_id, found.decided_by_id)
        or actor.can(Right.MEMBERS)
        or requests.may_decide(found, actor)
    ):
        return found
    raise Http404(_("没有找到这个申请。"))


def _page(request: HttpRequest, found: RightRequest, form: ApproveForm | None = None) -> HttpResponse:
    row = _row(found, timezone.localdate())
    decides = row["state"] == RightRequest.State.PENDING and requests.may_decide(found, request.actor)
    context = {
        "row": row,
        "found": found,
        "may_decide": decides,
        "is_mine": found.applicant_id == request.user.pk,
        "form": form or (ApproveForm(asked=found) if decides else None),
        "facts": _facts(request, found) if decides else None,
    }
    return show(request, "access/life/request.html", PAGE, context, status_of(form) if form else 200)


def _facts(request: HttpRequest, found: RightRequest) -> dict:
    """What the one who decides should know: which customer is meant, what stands against it, what it would bring."""
    known = subjects.customers()
    customer = None
    if found.kind == Kind.CUSTOMER and found.customer_id:
        customer = known.labels(request.actor, [found.customer_id]).get(found.customer_id)
    actor = Actor.of(found.applicant, found.ledger_id, Door.WEB)
    return {
        "customer": customer,
        "conflicts": _conflicts(found, actor),
        "prohibited": _prohibited(found, actor),
        "whatif": known.whatif(found),
        "roles": "、".join(role.name for role in actor.roles),
    }


def _conflicts(found: RightRequest, actor: Actor) -> list:
    added = set(found.role.rights) if found.role else {found.key} if found.kind == Kind.RIGHT else set()
    held = {str(right) for right in Right if actor.can(right)}
    have = {rule.pk for rule in duties.conflicts_of(found.ledger, held)}
    return [rule for rule in duties.conflicts_of(found.ledger, held | added) if rule.pk not in have]


def _prohibited(found: RightRequest, actor: Actor) -> str:
    """The prohibition that would go on to hold, whatever is approved."""
    if found.kind != Kind.RIGHT:
        return ""
    return next((each.rule for each in actor.statements(found.key) if not each.allows), "")


@require_POST
def right_request_approve(request: HttpRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    form = ApproveForm(request.POST, asked=found)
    if form.is_valid():
        data = form.cleaned_data
        try:
            requests.approve(
                found, by=request.actor, until=data["until"], level=data.get("level"), answer=data["answer"]
            )
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("已批准「%(request)s」，立即生效。") % {"request": found})
            return redirect(PAGE, request.ledger.code)
    return _page(request, found, form)


@require_POST
def right_request_reject(request: HttpRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    answer = request.POST.get("reason", "")
    done = attempt(request, lambda: requests.reject(found, by=request.actor, answer=answer), _("已驳回申请。"))
    return redirect(PAGE, request.ledger.code) if done else redirect("right_request", request.ledger.code, pk)


@require_POST
def right_request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    attempt(request, lambda: requests.withdraw(found, by=request.actor), _("已撤回申请。"))
    return redirect(PAGE, request.ledger.code)
