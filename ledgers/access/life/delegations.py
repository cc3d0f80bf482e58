"""代理: somebody stands in for a colleague who is away, with the rights that he passes on, until a day.

What lives here: naming a delegate, ending it, and who may. What does not: what a delegate may do and see by it (``permissions.actor``).

Passed on is only what one has oneself: what is lent is not lent further. Administration of the set is passed on only where the set allows
it (parameter ``delegate_administration``). Who manages members names a delegate for somebody who cannot do it himself, but never himself.
"""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions import duties as administrators
from permissions.actor import Actor, Door
from permissions.logs import changes
from permissions.models import Delegation, RightChange, User
from permissions.rights import Right

from ...models import Ledger
from ...services.locking import changeable
from . import duties

LONGEST = 183  # days
ADMINISTRATION = (Right.MEMBERS, Right.CONFIGURE)


def lendable(ledger: Ledger, person: User) -> list[str]:
    """The rights that ``person`` can pass on today: his own, without administration unless the set allows it."""
    own = Actor.of(person, ledger.pk, Door.WEB)
    mine = [right for right in Right.values if _has_himself(own, right)]
    return (
        mine if ledger.parameter("delegate_administration") else [each for each in mine if each not in ADMINISTRATION]
    )


def _has_himself(actor: Actor, right: str) -> bool:
    if not actor.can(right):
        return False
    lent = {each.rule for each in actor.delegations}
    return actor.decide(right).rule not in lent


@transaction.atomic
def delegate(
    ledger: Ledger,
    person: User,
    stand_in: User,
    *,
    rights: Collection[str],
    starts_on: date,
    ends_on: date,
    reason: str,
    by: Actor,
) -> Delegation:
    """Let ``stand_in`` act for ``person`` from and until a day. Raises BusinessError (``field``), NotAllowed."""
    _require(person, stand_in, by)
    ledger = changeable(ledger)
    _check_days(starts_on, ends_on)
    _check_people(person, stand_in)
    wanted = [right for right in Right.values if right in set(rights)]
    if Right.VIEW not in wanted:
        raise BusinessError(
            _("代理至少要有「%(right)s」权限，否则看不到任何客户。") % {"right": Right.VIEW.label},
            code="delegation.rights",
            field="rights",
        )
    missing = [str(Right(each).label) for each in wanted if each not in lendable(ledger, person)]
    if missing:
        raise BusinessError(
            _("不能传递：%(rights)s。只能传递委托人自己的权限；账套设置、成员与权限须账套允许。")
            % {"rights": "、".join(missing)},
            code="delegation.rights",
            field="rights",
        )
    _refuse_overlap(ledger, person, stand_in, starts_on, ends_on)
    with duties.watched(ledger, only=[stand_in.pk], days=[starts_on]):
        made = Delegation.objects.create(
            ledger=ledger,
            delegator=person,
            delegate=stand_in,
            rights=wanted,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip()[:200],
            given_by=by.user,
        )
    _log(made, RightChange.Kind.DELEGATION_ADDED, by.user)
    return made


def _require(person: User, stand_in: User, by: Actor) -> None:
    if by.user_id == person.pk:
        return
    by.require(Right.MEMBERS)
    if by.user_id == stand_in.pk:
        raise NotAllowed(
            _("不能把别人的权限委托给自己。"), rule=_("委托由本人或第三人办理"), remedy=_("请由委托人本人办理。")
        )


def _check_days(starts_on: date, ends_on: date) -> None:
    today = timezone.localdate()
    if starts_on < today:
        raise BusinessError(_("开始日期已经过去。"), code="delegation.dates", field="starts_on")
    if ends_on < starts_on:
        raise BusinessError(_("结束日期早于开始日期。"), code="delegation.dates", field="ends_on")
    if ends_on > starts_on + timedelta(days=LONGEST):
        raise BusinessError(
            _("一次代理最长 %(count)s 天。") % {"count": LONGEST}, code="delegation.dates", field="ends_on"
        )


def _check_people(person: User, stand_in: User) -> None:
    if person.pk == stand_in.pk:
        raise BusinessError(_("代理人不能是委托人本人。"), code="delegation.self", field="delegate")
    for each, field in ((person, "person"), (stand_in, "delegate")):
        if not each.is_active or each.left_on:
            raise BusinessError(_("「%(user)s」已离职或停用。") % {"user": each}, code="user.inactive", field=field)
    administrators.require_business(stand_in)


def _refuse_overlap(ledger: Ledger, person: User, stand_in: User, starts_on: date, ends_on: date) -> None:
    """One delegate at a time; and who is away himself stands in for nobody."""
    same_days = Delegation.objects.filter(ledger=ledger, ends_on__gte=starts_on).filter(
        Q(starts_on=None) | Q(starts_on__lte=ends_on)
    )
    for other in same_days.filter(delegator=person).select_related("delegate")[:1]:
        raise BusinessError(
            _("这段时间已经委托给「%(user)s」（%(days)s）。") % {"user": other.delegate, "days": days_of(other)},
            code="delegation.overlap",
            field="starts_on",
            remedy=_("请先结束那次代理，或另选日期。"),
        )
    for other in same_days.filter(delegator=stand_in)[:1]:
        raise BusinessError(
            _("「%(user)s」这段时间自己也委托了别人（%(days)s）。") % {"user": stand_in, "days": days_of(other)},
            code="delegation.chain",
            field="delegate",
            remedy=_("代理不能再转给别人，请另选代理人。"),
        )
    for other in same_days.filter(delegate=person).select_related("delegator")[:1]:
        raise BusinessError(
            _("「%(user)s」这段时间正在代理「%(other)s」（%(days)s），代理的权限不能再转给别人。")
            % {"user": person, "other": other.delegator, "days": days_of(other)},
            code="delegation.chain",
            field="starts_on",
            remedy=_("请先结束那次代理。"),
        )


def days_of(row: Delegation) -> str:
    return f"{row.starts_on or ''} – {row.ends_on}"


def may_end(row: Delegation, by: Actor) -> bool:
    """The two of them, and who manages members."""
    return by.user_id in (row.delegator_id, row.delegate_id) or by.can(Right.MEMBERS)


@transaction.atomic
def end(row: Delegation, *, by: Actor) -> None:
    """End a delegation before its day. One that began on an earlier day stays as a row, else only the log tells of it. Ended twice is ended once."""
    if not may_end(row, by):
        raise NotAllowed(_("这次代理不由您结束。"), rule=_("由委托人、代理人或账套主管结束"))
    changeable(row.ledger)
    _end(row, timezone.localdate() - timedelta(days=1), by.user)


def _end(row: Delegation, last_day: date, by: User | None) -> bool:
    """Let a delegation's last day be ``last_day``; one that has not begun by then is removed."""
    now = Delegation.objects.select_for_update(of=("self",)).filter(pk=row.pk, ends_on__gt=last_day).first()
    if now is None:
        return False
    if now.starts_on and now.starts_on > last_day:
        now.delete()
    else:
        now.ends_on = last_day
        now.save(update_fields=["ends_on"])
    _log(row, RightChange.Kind.DELEGATION_REMOVED, by)
    return True


def end_of(user: User, ledger: Ledger | None = None, *, on: date, by: User | None) -> int:
    """Everything that ``user`` has lent or was lent ends with the day ``on``; returns how many."""
    rows = Delegation.objects.filter(Q(delegator=user) | Q(delegate=user), ends_on__gt=on)
    rows = (rows.filter(ledger=ledger) if ledger else rows).select_related("delegator", "delegate").order_by("pk")
    return sum(_end(row, on, by) for row in rows)


def _log(row: Delegation, kind: str, by: User | None) -> None:
    words = {
        "person": row.delegator,
        "delegate": row.delegate,
        "days": days_of(row),
        "rights": "、".join(str(Right(each).label) for each in row.rights if each in Right.values),
    }
    detail = _("%(delegate)s 代理 %(person)s（%(days)s）：%(rights)s") % words
    before = {"delegator": row.delegator.get_username(), "delegate": row.delegate.get_username(), "rights": row.rights}
    changes.note(row.ledger_id, kind, by=by, user=row.delegate, detail=detail, after=before)


def present(ledger: Ledger, user: User) -> QuerySet[Delegation]:
    """Where ``user`` lends or is lent today, or will: for his dashboard."""
    rows = Delegation.objects.filter(Q(delegator=user) | Q(delegate=user), ledger=ledger)
    return (
        rows.filter(ends_on__gte=timezone.localdate())
        .select_related("delegator", "delegate")
        .order_by("starts_on", "pk")
    )


def listed(ledger: Ledger, by: Actor) -> QuerySet[Delegation]:
    """The delegations that this person may see, the latest first: all for who manages members, else his own."""
    rows = Delegation.objects.filter(ledger=ledger).select_related("delegator", "delegate", "given_by", "ledger")
    if not by.can(Right.MEMBERS):
        rows = rows.filter(Q(delegator_id=by.user_id) | Q(delegate_id=by.user_id))
    return rows.order_by("-ends_on", "-pk")
