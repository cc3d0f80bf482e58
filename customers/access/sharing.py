"""授权共享: one customer, or several, opened to a user or a role until a day.

What lives here: who may share what with whom, and the verbs. What does not: what a share opens (``customers.querysets``), that a view share
changes nothing (``services.changing``), pages.

Sharing is for the owner of a customer, whoever stands above the owner (his superiors, the heads of his department and those above it), and
holders of 成员与权限. Nobody gives more than he has: what he sees himself only through a share or in somebody's place he does not pass on,
and to share for editing he must be able to edit. A share opens the row; what its holder may do there and which fields he reads stays what
his roles say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor, Door
from permissions.everybody import actors_of
from permissions.logs import changes
from permissions.models import Department, RightChange, Role, User
from permissions.rights import Right

from ..models import ChangeBatch, Customer, CustomerGroupShare, CustomerUserShare, Event
from ..querysets import CHANGE, VIEW, reach_of, share_sources
from ..services import changing, writing

AT_ONCE = 200  # customers shared at one stroke: a whole page of the list
FEW = 2_000  # so many ids are handed to the list as they are
_SWEPT = 1_000
CHANGED = "share_changed"

Holder = User | Role


@dataclass(frozen=True)
class Share:
    """What one user or one role has been given of one customer."""

    holder: Holder
    may_edit: bool
    ends_on: date | None
    reason: str
    given_by: User | None
    is_over: bool

    @property
    def key(self) -> str:
        """``u12`` or ``r5``: the holder in a form."""
        return key_of(self.holder)

    @property
    def is_role(self) -> bool:
        return isinstance(self.holder, Role)


def key_of(holder: Holder) -> str:
    return f"{'r' if isinstance(holder, Role) else 'u'}{holder.pk}"


# --- asking -----------------------------------------------------------------------------------------------------------


def shares_of(customer: Customer) -> list[Share]:
    """Every share of the customer that has not been swept yet, users before roles; two queries."""
    found: dict[str, list] = {}
    by_user = CustomerUserShare.objects.filter(content_object=customer).select_related("user", "permission", "given_by")
    by_group = CustomerGroupShare.objects.filter(content_object=customer).select_related("permission", "given_by")
    for row in by_user.order_by("user__username"):
        found.setdefault(key_of(row.user), [row.user]).append(row)
    for row in by_group.filter(group__role__isnull=False).select_related("group__role").order_by("group__role__code"):
        found.setdefault(key_of(row.group.role), [row.group.role]).append(row)
    return [_share(holder, rows) for holder, *rows in found.values()]


def _share(holder: Holder, rows: Sequence[Any]) -> Share:
    seen = next((row for row in rows if row.permission.codename == VIEW), rows[0])
    today = timezone.localdate()
    may_edit = any(row.permission.codename == CHANGE and _is_open(row, today) for row in rows)
    return Share(holder, may_edit, seen.ends_on, seen.reason, seen.given_by, not _is_open(seen, today))


def _is_open(row: Any, today: date) -> bool:
    return row.ends_on is None or row.ends_on >= today


def can_share(customer: Customer, by: Actor) -> bool:
    """Whether the actor may share a customer that he sees."""
    return not objection(customer, by)


def can_end(customer: Customer, share: Share, by: Actor) -> bool:
    """Whoever may share may end it, and so may who gave it and the user who has it."""
    if by.seen_by is not None:
        return False
    mine = by.user_id is not None and by.user_id in (share.given_by and share.given_by.pk, _user_id(share.holder))
    return mine or can_share(customer, by)


def _user_id(holder: Holder) -> int | None:
    return holder.pk if isinstance(holder, User) else None


def objection(customer: Customer, by: Actor) -> str:
    """Why the actor may not share the customer, in words; "" when he may."""
    return next(iter(objections([customer], by).values()), "")


def objections(customers: Sequence[Customer], by: Actor) -> dict[int, str]:
    """pk → why the actor may not share that customer, of those whom he may not; a constant number of queries."""
    if by.is_system:
        return {}
    if by.seen_by is not None or not by.can(Right.VIEW):
        return {customer.pk: _("您没有查看权限。") for customer in customers}
    found: dict[int, str] = {}
    if not by.can(Right.MEMBERS):
        below = _below(by.user_id, {customer.owner_id for customer in customers} - {None})
        why = _("只有客户的负责人、他的上级或部门负责人，以及持有“成员与权限”的人可以共享。")
        found = {customer.pk: why for customer in customers if customer.owner_id not in below}
    lent = _not_his_own([customer.pk for customer in customers], by)
    return found | dict.fromkeys(lent, _("您自己是通过共享或代理看到这位客户的，不能再共享给别人。"))


def _below(user_id: int, owners: set[int]) -> set[int]:
    """Of these owners the user himself and those above whom he stands."""
    below = owners & {user_id}
    people = dict(User.objects.values_list("pk", "superior_id")) if owners - below else {}
    for owner in owners - below:
        line, at = {owner}, people.get(owner)
        while at and at not in line:
            line.add(at)
            at = people.get(at)
        if user_id in line:
            below.add(owner)
    heads = set(Department.objects.filter(head_id=user_id).values_list("pk", flat=True)) if owners - below else set()
    led = frozenset().union(*(Department.subtree(pk) for pk in heads))
    return below | set(User.objects.filter(pk__in=owners, department_id__in=led).values_list("pk", flat=True))


def _not_his_own(ids: list[int], by: Actor) -> set[int]:
    """Customers that he sees, but by no scope of his own."""
    reach = reach_of(by)
    if not by.delegations and not any(source.share for source in reach.sources):
        return set()
    own = Actor(by.user, by.ledger_id, by.door, by.roles, by.department_ids, personal=by.personal)
    mine = reach_of(own)
    scopes = type(mine)(tuple(source for source in mine.sources if not source.share), mine.within)
    return set(ids) - set(Customer.objects.visible_to(own, scopes).filter(pk__in=ids).values_list("pk", flat=True))


def holders(ledger, by: Actor) -> tuple[list[User], list[Role]]:
    """With whom customers of the set can be shared: its members, and its active roles."""
    people = [each.user for each in actors_of(ledger.pk) if each.can(Right.VIEW) and each.user_id != by.user_id]
    return people, list(ledger.roles.filter(is_active=True).order_by("code"))


def last_day(ledger) -> date:
    """The latest day until which something may be shared today."""
    return timezone.localdate() + timedelta(days=ledger.parameter("share_max_days"))


def usual_day(ledger) -> date:
    """What the form proposes."""
    return min(timezone.localdate() + timedelta(days=ledger.parameter("share_days")), last_day(ledger))


def card(customer: Customer, actor: Actor) -> dict[str, Any]:
    """For the card of a customer: his shares, each with whether this actor may end it; and whether he may give more."""
    may_share = can_share(customer, actor) and customer.ledger.is_active
    return {
        "may_share": may_share,
        "last_day": last_day(customer.ledger),
        "shares": [
            {"share": each, "may_end": customer.ledger.is_active and can_end(customer, each, actor)}
            for each in shares_of(customer)
        ],
    }


# --- doing ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def share(
    customers: Iterable[Customer],
    holders: Iterable[Holder],
    *,
    ends_on: date | None,
    reason: str,
    by: Actor,
    may_edit: bool = False,
) -> int:
    """Open customers of one set to users and roles until a day; who has a share already gets the new level, day and reason.

    Returns how many customers. Raises NotAllowed for a customer that the actor may not share, or not for editing, BusinessError (``field``)
    for what is missing or wrong: then nothing is shared.
    """
    customers, holders = list({each.pk: each for each in customers}.values()), list(dict.fromkeys(holders))
    if not customers:
        raise BusinessError(_("没有选定客户。"), code="share.nothing")
    if len(customers) > AT_ONCE:
        raise BusinessError(_("一次最多共享 %(most)s 位客户。") % {"most": AT_ONCE}, code="share.too_many")
    ledger = customers[0].ledger
    ledger.require_writable()
    reason = reason.strip()
    if not reason:
        raise BusinessError(_("请说明共享原因。"), code="share.reason", field="reason")
    _check_day(ledger, ends_on)
    _require(customers, by, may_edit)
    _check_holders(ledger, holders, by, may_edit)
    list(Customer.objects.visible_to(by).filter(pk__in=[each.pk for each in customers]).order_by("pk").select_for_update(of=("self",)).values_list("pk"))  # fmt: skip
    about = {"ends_on": ends_on, "reason": reason[:200], "given_by_id": by.user_id, "given_at": timezone.now()}
    for holder in holders:
        _give(holder, customers, may_edit, about)
    what = _("查看和编辑") if may_edit else _("查看")
    words = {"who": "、".join(map(_called, holders)), "what": what, "until": ends_on, "why": reason}
    told = _("共享给%(who)s（%(what)s，至 %(until)s）：%(why)s") % words
    _tell(customers, "share.given", told, by)
    for holder in holders:
        _note(
            ledger,
            RightChange.Kind.SHARE_ADDED,
            holder,
            customers,
            by,
            told,
            after={"ends_on": str(ends_on), "edit": may_edit},
        )
    return len(customers)


@transaction.atomic
def extend(customer: Customer, holder: Holder, ends_on: date | None, *, by: Actor) -> None:
    """Let a share end on another day. Raises NotAllowed, and BusinessError for a day that cannot be or a share that is gone."""
    customer.ledger.require_writable()
    rows = list(_rows_of(holder).filter(content_object=customer).select_related("permission").select_for_update(of=("self",)))  # fmt: skip
    if not rows:
        raise _gone()
    _check_day(customer.ledger, ends_on)
    _require([customer], by, any(row.permission.codename == CHANGE for row in rows))
    before = rows[0].ends_on
    _rows_of(holder).filter(pk__in=[row.pk for row in rows]).update(ends_on=ends_on)
    told = _("%(who)s的共享改为至 %(until)s") % {"who": _called(holder), "until": ends_on}
    _tell([customer], "share.extended", told, by)
    days = {"before": {"ends_on": str(before or "")}, "after": {"ends_on": str(ends_on)}}
    _note(customer.ledger, CHANGED, holder, [customer], by, told, **days)


@transaction.atomic
def end(customer: Customer, holder: Holder, *, by: Actor, reason: str = "") -> None:
    """Take a share back at once. Raises NotAllowed, and BusinessError for one that is gone already."""
    found = next((each for each in shares_of(customer) if each.holder == holder), None)
    if found is None:
        raise _gone()
    if not can_end(customer, found, by):
        raise NotAllowed(_("您不能结束这项共享。"), rule=objection(customer, by))
    _rows_of(holder).filter(content_object=customer).delete()
    why = f"：{reason.strip()}" if reason.strip() else ""
    told = _("结束对%(who)s的共享") % {"who": _called(holder)} + why
    _tell([customer], "share.ended", told, by)
    _note(customer.ledger, RightChange.Kind.SHARE_REMOVED, holder, [customer], by, told)


@transaction.atomic
def end_all_of(user: User, ledger, *, by: Actor) -> int:
    """Take back all that is shared with a user in a set: he leaves, or a review said so. The caller asks who may. Returns how many customers."""
    count = 0
    told = _("收回对%(who)s的全部共享") % {"who": _called(user)}
    mine = _rows_of(user).filter(content_object__ledger=ledger).select_related("content_object__ledger").order_by("pk")
    while rows := list(mine[:_SWEPT]):
        customers = list({row.content_object_id: row.content_object for row in rows}.values())
        mine.filter(content_object__in=[customer.pk for customer in customers]).delete()
        _tell(customers, "share.ended", told, by)
        _note(ledger, RightChange.Kind.SHARE_REMOVED, user, customers, by, told)
        count += len(customers)
    return count


def sweep(on: date | None = None) -> int:
    """Remove the shares whose last day has passed: they count no more, this tells the customers' histories so. Returns how many rows."""
    day, swept = on or timezone.localdate(), 0
    for model, holder in ((CustomerUserShare, "user"), (CustomerGroupShare, "group")):
        ended = model.objects.filter(ends_on__lt=day).order_by("pk")
        while rows := list(ended.select_related(holder, "content_object__ledger", "permission")[:_SWEPT]):
            with transaction.atomic():
                _end_swept([row for row in rows if row.permission.codename == VIEW], holder)
                model.objects.filter(pk__in=[row.pk for row in rows], ends_on__lt=day).delete()
            swept += len(rows)
    return swept


def _end_swept(rows: list[Any], holder: str) -> None:
    whose: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        whose.setdefault((row.content_object.ledger_id, getattr(row, f"{holder}_id")), []).append(row)
    for (ledger_id, _holder_id), some in whose.items():
        customers = [row.content_object for row in some]
        held = getattr(some[0], holder)
        role = Role.objects.filter(group=held).first() if isinstance(held, Group) else None
        who = role or (held if isinstance(held, User) else None)
        called = _called(who) if who else held.name
        by = Actor.system(ledger_id, Door.JOB)
        told = _("对%(who)s的共享到期") % {"who": called}
        _tell(customers, "share.ended", told, by)
        _note(customers[0].ledger, RightChange.Kind.SHARE_REMOVED, who, customers, by, told)


# --- rules ------------------------------------------------------------------------------------------------------------


def _check_day(ledger, ends_on: date | None) -> None:
    if ends_on is None:
        raise BusinessError(_("请填写共享到哪一天。"), code="share.day", field="ends_on")
    if ends_on < timezone.localdate():
        raise BusinessError(_("共享的最后一天已经过去。"), code="share.day", field="ends_on")
    if ends_on > last_day(ledger):
        words = {"days": ledger.parameter("share_max_days"), "day": last_day(ledger)}
        raise BusinessError(_("本账套最多共享 %(days)s 天（至 %(day)s）。") % words, code="share.day", field="ends_on")


def _require(customers: list[Customer], by: Actor, may_edit: bool) -> None:
    if why := next(iter(objections(customers, by).values()), ""):
        raise NotAllowed(_("您不能共享这位客户。"), rule=why, remedy=_("请联系客户的负责人或账套主管。"))
    if may_edit:
        by.require(Right.EDIT)
        if changing.view_only([customer.pk for customer in customers], by):
            raise changing.refusal()


def _check_holders(ledger, holders: list[Holder], by: Actor, may_edit: bool) -> None:
    """Nobody is given what would be worth nothing to him."""
    if not holders:
        raise BusinessError(_("请选择共享给谁。"), code="share.holder", field="holders")
    known = {each.user_id: each for each in actors_of(ledger.pk, only=[h.pk for h in holders if isinstance(h, User)])}
    needed = Right.EDIT if may_edit else Right.VIEW
    for holder in holders:
        why = ""
        if isinstance(holder, Role):
            if holder.ledger_id != ledger.pk or not holder.is_active:
                why = _("不是本账套启用的角色")
        elif holder.pk == by.user_id:
            why = _("就是您自己")
        elif holder.pk not in known:
            why = _("不是本账套的在职成员")
        elif not known[holder.pk].can(needed):
            why = _("没有「%(right)s」权限，共享了也不能用") % {"right": needed.label}
        if why:
            words = {"who": holder, "why": why}
            raise BusinessError(_("「%(who)s」%(why)s。") % words, code="share.holder", field="holders")


def _gone() -> BusinessError:
    return BusinessError(_("这项共享已经结束。"), code="share.gone", remedy=_("请刷新页面查看最新情况。"))


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows_of(holder: Holder):
    if isinstance(holder, User):
        return CustomerUserShare.objects.filter(user=holder)
    return CustomerGroupShare.objects.filter(group_id=holder.group_id) if holder.group_id else CustomerGroupShare.objects.none()  # fmt: skip


def _give(holder: Holder, customers: list[Customer], may_edit: bool, about: dict[str, Any]) -> None:
    """One statement for the rows of one holder; who may no longer edit loses that row."""
    permissions = {
        row.codename: row
        for row in Permission.objects.filter(codename__in=(VIEW, CHANGE), content_type__app_label="customers")
    }
    model: type[Model] = CustomerUserShare
    whose: dict[str, Any] = {"user_id": holder.pk}
    if isinstance(holder, Role):
        model, whose = CustomerGroupShare, {"group_id": _group_of(holder).pk}
    wanted = (VIEW, CHANGE) if may_edit else (VIEW,)
    model.objects.bulk_create(
        [
            model(content_object_id=customer.pk, permission=permissions[name], **whose, **about)
            for customer in customers
            for name in wanted
        ],
        update_conflicts=True,
        unique_fields=[next(iter(whose)).removesuffix("_id"), "permission", "content_object"],
        update_fields=["ends_on", "reason", "given_by", "given_at"],
    )
    if not may_edit:
        model.objects.filter(content_object__in=customers, permission=permissions[CHANGE], **whose).delete()


def _group_of(role: Role) -> Group:
    """The group that stands for a role in guardian's tables, made when it is first needed."""
    locked = Role.objects.select_for_update().get(pk=role.pk)
    if locked.group_id is None:
        locked.group = Group.objects.create(name=f"role-{role.pk}")
        locked.save(update_fields=["group"])
    role.group_id = locked.group_id
    return locked.group


def _called(holder: Holder) -> str:
    return _("角色「%(role)s」") % {"role": holder} if isinstance(holder, Role) else f"「{holder}」"


def _tell(customers: list[Customer], kind: str, words: str, by: Actor) -> None:
    """The line of the customers' histories: one batch, and an event for each of them."""
    batch = writing.open_batch(ledger=customers[0].ledger, by=by, kind=ChangeBatch.Kind.SHARE, reason=words)
    at = timezone.now()
    about = {"ledger_id": batch.ledger_id, "batch": batch, "kind": kind, "at": at}
    Event.objects.bulk_create(Event(customer_id=customer.pk, **about) for customer in customers)


def _note(ledger, kind: str, holder: Holder | None, customers: list[Customer], by: Actor, words: str, **values) -> None:
    """The line of the permission change log; customers stand in it by id."""
    ids = [customer.pk for customer in customers]
    whom = {"role": holder} if isinstance(holder, Role) else {"user": holder}
    after = (values.pop("after", None) or {}) | {"customers": ids}
    changes.note(ledger.pk, kind, by=by.user, **whom, detail=words, after=after, **values)


# --- what was shared with me --------------------------------------------------------------------------------------------


def shared_with(actor: Actor) -> Q:
    """The customers that are open to the actor through a share, whatever else opens them."""
    sources = share_sources(actor)
    few = [pk for source in sources for pk in source.keys()[: FEW + 1]]
    if len(few) <= FEW:
        return Q(pk__in=sorted(set(few)))
    return reduce(or_, (source.condition for source in sources))


def shared_by(actor: Actor) -> Q:
    """The customers that the actor has shared with somebody."""
    open_ = (Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())) & Q(given_by_id=actor.user_id)
    models = (CustomerUserShare, CustomerGroupShare)
    few = [
        pk
        for model in models
        for pk in model.objects.filter(open_).values_list("content_object_id", flat=True)[: FEW + 1]
    ]
    if len(few) <= FEW:
        return Q(pk__in=sorted(set(few)))
    return reduce(or_, (Q(Exists(model.objects.filter(open_, content_object_id=OuterRef("pk")))) for model in models))
