"""What ends with somebody who leaves: the firm (``following``), or one set by a hand-over of his customers.

What lives here: open requests, delegations, temporary rights and shares of a leaver, in words before and as verbs. What does not: his
memberships (``ledgers.services.leavers``) and customers (``customers.handover``). A request that waits for him as the owner of a customer
needs nothing: whoever gets the customer decides it.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from permissions.actor import Actor, Door
from permissions.logs import changes
from permissions.models import Delegation, DutyException, Override, RightChange, RightRequest, User

from ...models import Ledger
from . import delegations, requests, subjects


def told(person: User, ledger: Ledger | None = None) -> list[str]:
    """What will end with him, in sentences: in one set, or in all."""
    today = timezone.localdate()
    within = Q(ledger=ledger) if ledger else Q()
    waiting = RightRequest.objects.filter(within, applicant=person, state=RightRequest.State.PENDING).count()
    lent = Delegation.objects.filter(within, ends_on__gte=today).aggregate(
        given=Count("pk", filter=Q(delegator=person)), taken=Count("pk", filter=Q(delegate=person))
    )
    overrides = _overrides(person, ledger).count()
    excepted = _exceptions(person, ledger).count()
    shared = sum(subjects.customers().shares(each, [person.pk]).get(person.pk, 0) for each in _sets(ledger))
    counts = (
        (waiting, _("他等待审批的权限申请 %(count)s 个：随之失效")),
        (lent["given"], _("他委托给别人的代理 %(count)s 个：随之结束")),
        (lent["taken"], _("他正在代理别人的 %(count)s 个：随之结束，请通知委托人另选代理人")),
        (overrides, _("他的个人例外 %(count)s 个：随之取消")),
        (excepted, _("他的职责分离例外 %(count)s 个：随之取消")),
        (shared, _("共享给他的客户 %(count)s 个：随之收回")),
    )
    return [sentence % {"count": count} for count, sentence in counts if count]


def _sets(ledger: Ledger | None) -> Iterable[Ledger]:
    return [ledger] if ledger else Ledger.objects.exclude(state=Ledger.State.DRAFT)


def _overrides(person: User, ledger: Ledger | None):
    rows = Override.objects.filter(Q(ends_on=None) | Q(ends_on__gte=timezone.localdate()), user=person)
    return rows.filter(ledger=ledger) if ledger else rows


def _exceptions(person: User, ledger: Ledger | None):
    rows = DutyException.objects.filter(user=person, ends_on__gte=timezone.localdate())
    return rows.filter(rule__ledger=ledger) if ledger else rows


def end_everywhere(person: User, on: date, by: User | None) -> None:
    """He leaves the firm; ``on`` is his last day. Called inside the transaction that closes his login."""
    end_in(person, None, on=on, by=by)


def end_with_hand_over(person: User, ledger: Ledger, *, by: User | None) -> None:
    """His customers of a set are handed over: what is left of his there ends, unless he still works there until a later day."""
    if not Actor.of(person, ledger.pk, Door.JOB).is_member:
        end_in(person, ledger, on=timezone.localdate(), by=by)


def end_in(person: User, ledger: Ledger | None, *, on: date, by: User | None) -> None:
    """End what is his in a set (or in all) with the day ``on``; the caller's transaction."""
    requests.expire_of(person, ledger, by=by)
    delegations.end_of(person, ledger, on=on, by=by)
    for row in _overrides(person, ledger).filter(Q(ends_on=None) | Q(ends_on__gt=on)).select_related("ledger"):
        detail = _("%(user)s 的个人例外（离职）") % {"user": person}
        changes.note(row.ledger_id, RightChange.Kind.OVERRIDE_REMOVED, by=by, user=person, detail=detail)
        row.delete()
    for row in _exceptions(person, ledger).select_related("rule"):
        detail = _("取消例外：%(rule)s（离职）") % {"rule": row.rule}
        changes.note(row.rule.ledger_id, "duty_exception", by=by, user=person, detail=detail)
        row.delete()
    for each in _sets(ledger):
        subjects.customers().end_shares(person, each, by=by)
