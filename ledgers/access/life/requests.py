"""权限申请: asking, deciding, withdrawing.

What lives here: the verbs and who may decide. What does not: what an approval gives (``giving``), pages.

A request for a customer keeps the number as it was typed. Whether it exists is looked up silently and told to nobody who does not see the
customer: the applicant gets the same answer either way, and only an approver who sees it can approve.

One step decides here. A general approval engine takes requests over by ``engines``: what it takes is not decided by these pages, and it
calls ``fulfil`` in the end.
"""

from collections.abc import Callable
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions import naming
from permissions.actor import Actor
from permissions.logs import changes
from permissions.models import Membership, RightRequest, User
from permissions.rights import Level, Right

from ...models import Ledger
from ...services.locking import changeable
from . import giving, subjects
from .dates import LONGEST

Kind, State = RightRequest.Kind, RightRequest.State
MOST = 30  # requests that one person may have waiting in one set
_LEVELS = {Kind.FIELD: (Level.MASKED, Level.READ, Level.EDIT), Kind.CUSTOMER: (Level.READ, Level.EDIT)}

# Asked with a new request whether a general approval engine takes it. Filled in by upper apps.
engines: list[Callable[[RightRequest], bool]] = []


# --- asking -------------------------------------------------------------------------------------------------------------


def submit(
    ledger: Ledger,
    *,
    by: Actor,
    kind: str,
    ends_on: date,
    reason: str,
    role=None,
    key: str = "",
    level: int = Level.READ,
    number: str = "",
) -> RightRequest:
    """Ask for a role (``role``), a right or a field (``key``, ``level``) or one customer (``number``, ``level``) until a day.

    The same twice is one request. Raises BusinessError (``field``).
    """
    if ledger.state == Ledger.State.ARCHIVED:
        raise BusinessError(_("账套已归档，不能再申请权限。"), code="ledger.archived")
    reason = _reason(reason)
    _check_day(ends_on)
    request = RightRequest(
        ledger=ledger, applicant=by.user, kind=kind, role=role, key=key, level=level, ends_on=ends_on, reason=reason
    )
    request.number = " ".join(number.split())[:30]
    _PREPARE[kind](request, by)
    _refuse_flood(ledger, by.user)
    try:
        with transaction.atomic():
            _waiting(ledger, by.user).filter(ends_on__lt=timezone.localdate()).update(state=State.EXPIRED)
            request.save()
    except IntegrityError as twice:
        raise BusinessError(
            _("您已经申请过「%(subject)s」，正在等待审批。") % {"subject": request.subject}, code="request.twice"
        ) from twice
    return request


def _waiting(ledger: Ledger, user: User) -> QuerySet[RightRequest]:
    return RightRequest.objects.filter(ledger=ledger, applicant=user, state=State.PENDING)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise BusinessError(_("请填写申请原因。"), code="request.reason", field="reason")
    return reason[:200]


def _check_day(day: date) -> None:
    today = timezone.localdate()
    if day < today:
        raise BusinessError(_("日期已经过去。"), code="request.dates", field="ends_on")
    if day > today + timedelta(days=LONGEST):
        raise BusinessError(
            _("最长可以申请 %(count)s 天。") % {"count": LONGEST}, code="request.dates", field="ends_on"
        )


def _refuse_flood(ledger: Ledger, user: User) -> None:
    if _waiting(ledger, user).count() >= MOST:
        raise BusinessError(
            _("您有 %(count)s 个申请在等待审批，请先等审批或撤回一些。") % {"count": MOST}, code="request.many"
        )


def _for_role(request: RightRequest, by: Actor) -> None:
    role = request.role
    if role is None or role.ledger_id != request.ledger_id or not role.is_active:
        raise BusinessError(_("请选择本账套的一个角色。"), code="request.role", field="role")
    mine = Membership.objects.in_force().filter(ledger=request.ledger, user=by.user, role=role)
    if any(each.ends_on is None or each.ends_on >= request.ends_on for each in mine):
        raise BusinessError(_("您已经有这个角色。"), code="request.has", field="role")
    request.about, request.subject = f"role:{role.pk}", _("角色「%(role)s」") % {"role": role.name}
    request.key, request.number = "", ""


def _for_right(request: RightRequest, by: Actor) -> None:
    if request.key not in Right.values:
        raise BusinessError(_("请选择一个功能权限。"), code="request.right", field="right")
    if by.can(request.key):
        raise BusinessError(_("您已经有这个权限。"), code="request.has", field="right")
    request.about = f"right:{request.key}"
    request.subject = _("权限「%(right)s」") % {"right": Right(request.key).label}
    request.role, request.number = None, ""


def _for_field(request: RightRequest, by: Actor) -> None:
    label = naming.labels_of(request.ledger_id).get(request.key)
    if label is None:
        raise BusinessError(_("请选择一个字段。"), code="request.field", field="field")
    _check_level(request)
    if by.field_level(request.key) >= request.level:
        raise BusinessError(_("您对这个字段已经有此级别。"), code="request.has", field="level")
    request.about, request.subject = f"field:{request.key}", _("字段「%(field)s」") % {"field": label}
    request.role, request.number = None, ""


def _for_customer(request: RightRequest, by: Actor) -> None:
    if not request.number:
        raise BusinessError(_("请填写客户编号。"), code="request.number", field="number")
    _check_level(request)
    known = subjects.customers()
    request.customer_id = known.find(request.ledger, request.number)
    if request.level == Level.READ and known.can_find(by, request.number):
        raise BusinessError(_("您已经可以查看这个客户。"), code="request.has", field="number")
    request.about = f"customer:{request.number.casefold()}"
    request.subject = _("客户 %(number)s") % {"number": request.number}
    request.role, request.key = None, ""


def _check_level(request: RightRequest) -> None:
    if request.level not in _LEVELS[request.kind]:
        raise BusinessError(_("没有这样的级别。"), code="request.level", field="level")


_PREPARE: dict[str, Callable[[RightRequest, Actor], None]] = {
    Kind.ROLE: _for_role,
    Kind.RIGHT: _for_right,
    Kind.FIELD: _for_field,
    Kind.CUSTOMER: _for_customer,
}


# --- deciding -----------------------------------------------------------------------------------------------------------


def pending(ledger: Ledger) -> QuerySet[RightRequest]:
    """What waits and can still be approved, the oldest first."""
    rows = RightRequest.objects.filter(ledger=ledger, state=State.PENDING, ends_on__gte=timezone.localdate())
    return rows.select_related("applicant__department", "role", "ledger").order_by("pk")


def to_decide(ledger: Ledger, by: Actor, *, most: int = 200) -> list[RightRequest]:
    """What waits for this person: everything for who manages members, else what is about his own customers. Never his own."""
    rows = pending(ledger).exclude(applicant_id=by.user_id)
    if by.can(Right.MEMBERS):
        found = list(rows[:most])
    else:
        asked = dict(rows.filter(kind=Kind.CUSTOMER).exclude(customer_id=None).values_list("pk", "customer_id"))
        mine = subjects.customers().owned(by, set(asked.values())) if asked else set()
        found = list(rows.filter(pk__in=[pk for pk, customer in asked.items() if customer in mine][:most]))
    return [each for each in found if not _is_elsewhere(each)]


def may_decide(request: RightRequest, by: Actor) -> bool:
    """Who manages members, or the owner of the customer; nobody decides his own."""
    if by.user_id == request.applicant_id or by.seen_by is not None or _is_elsewhere(request):
        return False
    if by.can(Right.MEMBERS):
        return True
    about = request.customer_id if request.kind == Kind.CUSTOMER else None
    return about is not None and about in subjects.customers().owned(by, [about])


def _is_elsewhere(request: RightRequest) -> bool:
    return any(takes(request) for takes in engines)


@transaction.atomic
def approve(
    request: RightRequest, *, by: Actor, until: date | None = None, level: int | None = None, answer: str = ""
) -> RightRequest:
    """Give what is asked for, or less: an earlier day, a lower level. Once, however often it is clicked.

    Raises BusinessError (``field``) when it is decided already, or when the verb that gives it refuses; NotAllowed.
    """
    changeable(request.ledger)
    request = _locked(request)
    _require(request, by)
    return fulfil(request, by=by, until=until, level=level, answer=answer)


def fulfil(
    request: RightRequest, *, by: Actor, until: date | None = None, level: int | None = None, answer: str = ""
) -> RightRequest:
    """Let a locked, waiting request come true; the caller has found out that ``by`` may."""
    until, level = until or request.ends_on, request.level if level is None else level
    if not timezone.localdate() <= until <= request.ends_on:
        raise BusinessError(
            _("批准的日期应在今天与申请的 %(day)s 之间。") % {"day": request.ends_on},
            code="request.until",
            field="until",
        )
    if request.kind in _LEVELS and (level > request.level or level not in _LEVELS[request.kind]):
        raise BusinessError(_("批准的级别不能高于申请的级别。"), code="request.level", field="level")
    giving.give(request, until=until, level=level, by=by)
    request.given_until, request.given_level = until, level if request.kind in _LEVELS else None
    return _close(request, State.APPLIED, by.user, answer)


@transaction.atomic
def reject(request: RightRequest, *, by: Actor, answer: str) -> RightRequest:
    """Turn a request down, with a reason that the applicant reads."""
    request = _locked(request)
    _require(request, by)
    if not answer.strip():
        raise BusinessError(_("请填写驳回原因。"), code="request.answer", field="answer")
    return _close(request, State.REJECTED, by.user, answer)


@transaction.atomic
def withdraw(request: RightRequest, *, by: Actor) -> RightRequest:
    """Take one's own request back while it waits."""
    request = _locked(request)
    if request.applicant_id != by.user_id:
        raise NotAllowed(_("只能撤回自己的申请。"))
    return _close(request, State.WITHDRAWN, by.user, "")


def _locked(request: RightRequest) -> RightRequest:
    """The request as it is now, locked; BusinessError when somebody else was quicker."""
    now = (
        RightRequest.objects.select_for_update(of=("self",))
        .select_related("ledger", "applicant", "role")
        .get(pk=request.pk)
    )
    if now.state != State.PENDING:
        raise BusinessError(
            _("这个申请已经处理：%(state)s。") % {"state": now.get_state_display()}, code="request.decided"
        )
    return now


def _require(request: RightRequest, by: Actor) -> None:
    if by.user_id == request.applicant_id:
        raise NotAllowed(_("不能审批自己的申请。"), rule=_("申请由他人审批"))
    if not may_decide(request, by):
        by.require(Right.MEMBERS)
        raise NotAllowed(_("这个申请不由您审批。"), rule=_("申请由他人审批"))


def _close(request: RightRequest, state: str, by: User | None, answer: str) -> RightRequest:
    request.state, request.decided_by, request.decided_at = state, by, timezone.now()
    request.answer = answer.strip()[:200]
    request.save(update_fields=["state", "decided_by", "decided_at", "answer", "given_until", "given_level"])
    detail = f"{request.subject} · {request.get_state_display()}"
    if request.given_until:
        detail += _("（至 %(until)s）") % {"until": request.given_until}
    changes.note(request.ledger_id, "right_request", by=by, user=request.applicant, role=request.role, detail=detail)
    return request


def expire_of(user: User, ledger: Ledger | None = None, *, by: User | None) -> int:
    """Requests of somebody who is gone (from the firm, or from one set) wait for nothing any more; returns how many."""
    rows = RightRequest.objects.select_for_update(of=("self",)).filter(applicant=user, state=State.PENDING)
    rows = list((rows.filter(ledger=ledger) if ledger else rows).select_related("applicant", "role").order_by("pk"))
    for request in rows:
        _close(request, State.EXPIRED, by, _("申请人已离开"))
    return len(rows)
