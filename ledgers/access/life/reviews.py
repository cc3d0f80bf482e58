"""权限复核: what everybody has on a day, kept or taken back line by line, and signed.

What lives here: opening (the snapshot), deciding, carrying out, signing. What does not: taking rights away, which the verbs of each kind do.

The order is: decide every line, carry out what is to be taken back (in portions, so that no page waits long), sign. What a verb refused
stands in its line, and the signature covers it. Lines about oneself are decided by somebody else, unless nobody else could.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import everybody, naming
from permissions.actor import Actor
from permissions.logs import changes
from permissions.models import Delegation, DepartmentRole, Membership, Override, Review, ReviewLine, User
from permissions.rights import Right

from ...forms.basics import person_label
from ...models import Ledger
from ...services import members
from ...services.locking import changeable
from .. import departments, exceptions
from . import activity, delegations, duties, subjects

Kind, Decision, State = ReviewLine.Kind, ReviewLine.Decision, Review.State
PORTION = 100  # lines taken back by one click
IDLE = 90  # days without use that a line points out
_SEEN = "、"
_NAMED = 2  # conflicts that a line spells out


# --- opening ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(ledger: Ledger, *, title: str, due_on: date, by: Actor) -> Review:
    """Write down who has what today, and begin to review it. One at a time. Raises BusinessError (``field``), NotAllowed."""
    by.require(Right.MEMBERS)
    ledger = changeable(ledger)
    title = title.strip()
    if not title:
        raise BusinessError(_("请填写复核名称。"), code="review.title", field="title")
    if due_on < timezone.localdate():
        raise BusinessError(_("截止日期已经过去。"), code="review.dates", field="due_on")
    try:
        with transaction.atomic():
            review = Review.objects.create(ledger=ledger, title=title[:60], due_on=due_on, opened_by=by.user)
    except IntegrityError as twice:
        raise BusinessError(_("还有一次复核没有结束。"), code="review.open", remedy=_("请先签署或取消它。")) from twice
    ReviewLine.objects.bulk_create(_snapshot(review), batch_size=500)
    _log(review, by.user, _("发起复核「%(title)s」") % {"title": review.title})
    return review


def _snapshot(review: Review) -> Iterator[ReviewLine]:
    ledger, today = review.ledger, timezone.localdate()
    lasting = Q(ends_on=None) | Q(ends_on__gte=today)
    memberships = list(
        Membership.objects.filter(lasting, ledger=ledger)
        .select_related("user__department", "role")
        .order_by("user__username", "pk")
    )
    overrides = list(
        Override.objects.filter(lasting, ledger=ledger)
        .select_related("user__department")
        .order_by("user__username", "pk")
    )
    lent = (
        Delegation.objects.filter(lasting, ledger=ledger)
        .select_related("delegate__department", "delegator")
        .order_by("pk")
    )
    shares = subjects.customers().shares(ledger)
    sharers = User.objects.filter(pk__in=shares).select_related("department").order_by("username")
    people = {each.user_id for each in (*memberships, *overrides)} | {each.delegate_id for each in lent} | set(shares)
    seen, risks = activity.last_seen(ledger, people), _risks(ledger)

    def line(kind: str, user: User, given_id: int | None, what: str, gives: str, ends_on: date | None) -> ReviewLine:
        last = seen.get(user.pk)
        told = [*([] if user.is_active else [_("用户已停用")]), *risks.get(user.pk, ()), *_idle(last, today)]
        if ends_on is None and kind == Kind.OVERRIDE:
            told.append(_("没有失效日期"))
        return _line(
            review, kind, given_id, what, gives, ends_on, who=person_label(user), user=user, last=last, risks=told
        )

    for row in memberships:
        yield line(Kind.MEMBERSHIP, row.user, row.pk, row.role.name, row.role.rights_text(), row.ends_on)
    for row in (
        DepartmentRole.objects.filter(lasting, ledger=ledger).select_related("department", "role").order_by("pk")
    ):
        who = f"{row.department}（{_('含下级部门') if row.with_below else _('不含下级部门')}）"
        yield _line(review, Kind.DEPARTMENT, row.pk, row.role.name, row.role.rights_text(), row.ends_on, who=who)
    labels = naming.labels_of(ledger.pk)
    for row in overrides:
        yield line(Kind.OVERRIDE, row.user, row.pk, exceptions.told(row, labels), row.reason, row.ends_on)
    for row in lent:
        rights = "、".join(str(Right(each).label) for each in row.rights if each in Right.values)
        yield line(
            Kind.DELEGATION, row.delegate, row.pk, _("代理「%(user)s」") % {"user": row.delegator}, rights, row.ends_on
        )
    for user in sharers:
        yield line(Kind.SHARES, user, None, _("%(count)s 个客户") % {"count": shares[user.pk]}, "", None)


def _line(review, kind, given_id, what, gives, ends_on, *, who, user=None, last=None, risks=()) -> ReviewLine:
    return ReviewLine(
        review=review,
        user=user,
        who=who[:200],
        kind=kind,
        given_id=given_id,
        what=what[:200],
        gives=gives[:300],
        ends_on=ends_on,
        last_used_on=last,
        risks=_SEEN.join(map(str, risks))[:200],
    )


def _risks(ledger: Ledger) -> dict[int, list[str]]:
    """User → what his rights together deserve: conflicts of duty, export beside administration."""
    broken: dict[int, list[str]] = {}
    for each in duties.conflicts(ledger):
        told = _("%(rule)s（有例外）") if each.state == "allowed" else "%(rule)s"
        broken.setdefault(each.user.pk, []).append(told % {"rule": each.rule})
    found = {pk: [_conflicts_told(rules)] for pk, rules in broken.items()}
    for actor in everybody.actors_of(ledger.pk):
        if actor.can(Right.EXPORT) and actor.can(Right.MEMBERS):
            found.setdefault(actor.user_id, []).append(_("既能导出又管权限"))
    return found


def _conflicts_told(rules: list[str]) -> str:
    words = {"rules": "；".join(rules[:_NAMED]), "count": len(rules)}
    return (_("职责冲突 %(count)s 处：%(rules)s…") if len(rules) > _NAMED else _("职责冲突：%(rules)s")) % words


def _idle(last: date | None, today: date) -> list[str]:
    if last is None:
        return [_("从未使用")]
    days = (today - last).days
    return [_("%(days)s 天未使用") % {"days": days}] if days >= IDLE else []


# --- deciding -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def decide(review: Review, lines: Collection[int], decision: str, *, by: Actor) -> int:
    """Keep or take back these lines; "" takes a decision back. Returns how many: lines about oneself stay, and what is carried out."""
    by.require(Right.MEMBERS)
    if decision not in Decision.values:
        raise BusinessError(_("请选择保留或收回。"), code="review.decision")
    _open(review)
    rows = review.lines.filter(pk__in=list(lines)[:5000], outcome="")
    if not is_alone(review, by):
        rows = rows.exclude(user_id=by.user_id)
    who = (
        {"decided_by": by.user, "decided_at": timezone.now()} if decision else {"decided_by": None, "decided_at": None}
    )
    return rows.update(decision=decision, **who)


def is_alone(review: Review, by: Actor) -> bool:
    """Whether nobody else could decide about this person."""
    return all(user.pk == by.user_id for user in everybody.holders(review.ledger_id, Right.MEMBERS))


def _open(review: Review) -> Review:
    now = Review.objects.select_for_update(of=("self",)).select_related("ledger").get(pk=review.pk)
    if now.state != State.OPEN:
        raise BusinessError(_("这次复核已经结束。"), code="review.over")
    return now


def progress(review: Review) -> dict[str, int]:
    """How many lines there are of each decision, how many wait to be carried out, and how many a verb refused."""
    revoked, failed = Q(decision=Decision.REVOKE), Q(outcome__startswith=_failed())
    return review.lines.aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(decision=Decision.OPEN)),
        keep=Count("pk", filter=Q(decision=Decision.KEEP)),
        revoke=Count("pk", filter=revoked),
        waiting=Count("pk", filter=revoked & Q(outcome="")),
        failed=Count("pk", filter=failed),
    )


# --- carrying out -------------------------------------------------------------------------------------------------------


@transaction.atomic
def carry_out(review: Review, *, by: Actor) -> int:
    """Take back the next portion of what was decided so; returns how many lines are left. What a verb refuses is written into its line."""
    by.require(Right.MEMBERS)
    ledger = changeable(review.ledger)
    review = _open(review)
    waiting = review.lines.filter(decision=Decision.REVOKE, outcome="").order_by("pk")
    with duties.watched(ledger):
        for line in waiting.select_related("user")[:PORTION]:
            line.outcome = _taken_back(line, ledger, by)
            line.save(update_fields=["outcome"])
    return waiting.count()


def _taken_back(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    try:
        with transaction.atomic():
            return _TAKE[line.kind](line, ledger, by)
    except BusinessError as problem:
        return f"{_failed()}{problem.message}"[:200]


def _failed() -> str:
    return _("未能收回：")


def _take_membership(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    row = Membership.objects.filter(pk=line.given_id, ledger=ledger).select_related("user", "role", "ledger").first()
    return _act(row, lambda: members.remove_member(row, by=by.user))


def _take_department(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    row = (
        DepartmentRole.objects.filter(pk=line.given_id, ledger=ledger)
        .select_related("department", "role", "ledger")
        .first()
    )
    return _act(row, lambda: departments.take(row, by=by.user))


def _take_override(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    row = Override.objects.filter(pk=line.given_id, ledger=ledger).select_related("user", "ledger").first()
    return _act(row, lambda: exceptions.take(row, by=by.user))


def _take_delegation(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    row = (
        Delegation.objects.filter(pk=line.given_id, ledger=ledger)
        .select_related("delegate", "delegator", "ledger")
        .first()
    )
    return _act(row, lambda: delegations.end(row, by=by))


def _take_shares(line: ReviewLine, ledger: Ledger, by: Actor) -> str:
    if line.user is None:
        return _("已不存在")
    count = subjects.customers().end_shares(line.user, ledger, by=by.user)
    return _("已收回 %(count)s 个") % {"count": count}


def _act(row: object | None, take: Callable[[], None]) -> str:
    if row is None:
        return _("已不存在")
    take()
    return _("已收回")


_TAKE = {
    Kind.MEMBERSHIP: _take_membership,
    Kind.DEPARTMENT: _take_department,
    Kind.OVERRIDE: _take_override,
    Kind.DELEGATION: _take_delegation,
    Kind.SHARES: _take_shares,
}


# --- signing ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def sign(review: Review, *, statement: str, by: Actor) -> Review:
    """End a review in which every line is decided and carried out; from now on it is a record. Raises BusinessError, NotAllowed."""
    by.require(Right.MEMBERS)
    changeable(review.ledger)
    review = _open(review)
    counts = progress(review)
    if counts["open"]:
        raise BusinessError(_("还有 %(count)s 行没有复核。") % {"count": counts["open"]}, code="review.undecided")
    if counts["waiting"]:
        raise BusinessError(
            _("还有 %(count)s 行没有收回。") % {"count": counts["waiting"]},
            code="review.waiting",
            remedy=_("请先点“执行收回”。"),
        )
    statement = statement.strip()
    if not statement:
        raise BusinessError(_("请填写签署意见。"), code="review.statement", field="statement")
    review.state, review.statement = State.SIGNED, statement[:200]
    _end(review, by)
    detail = _("签署复核「%(title)s」：保留 %(keep)s，收回 %(revoke)s，未能收回 %(failed)s")
    _log(review, by.user, detail % {"title": review.title, **counts})
    return review


@transaction.atomic
def cancel(review: Review, *, by: Actor) -> Review:
    """Give a review up; what was taken back stays so."""
    by.require(Right.MEMBERS)
    review = _open(review)
    review.state = State.CANCELLED
    _end(review, by)
    _log(review, by.user, _("取消复核「%(title)s」") % {"title": review.title})
    return review


def _end(review: Review, by: Actor) -> None:
    review.signed_by, review.signed_at = by.user, timezone.now()
    review.save(update_fields=["state", "statement", "signed_by", "signed_at"])


def _log(review: Review, by: User | None, detail: str) -> None:
    changes.note(review.ledger_id, "review", by=by, detail=detail)


def listed(ledger: Ledger) -> QuerySet[Review]:
    """The set's reviews, the latest first, with how many lines each has and how many were taken back."""
    rows = Review.objects.filter(ledger=ledger).select_related("opened_by", "signed_by")
    counts = {
        "line_count": Count("lines"),
        "revoked": Count("lines", filter=Q(lines__decision=Decision.REVOKE)),
        "undecided": Count("lines", filter=Q(lines__decision=Decision.OPEN)),
    }
    return rows.annotate(**counts).order_by("-pk")
