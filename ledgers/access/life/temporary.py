"""临时权限: everything that was given until a day, what of it ends soon, and giving it for longer.

What lives here: one list over memberships, departments' roles, personal exceptions, delegations and exceptions from 职责分离. What does not:
the changes, which are the verbs of each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import naming
from permissions.models import Dated, Delegation, DepartmentRole, DutyException, Membership, Override, User

from ...models import Ledger
from ...services import members
from .. import departments, exceptions
from . import duties
from .dates import LONGEST, ends_in, tone

MOST = 500  # lines on one page


@dataclass(frozen=True)
class Temporary:
    """Something that ends. ``kind`` and ``pk`` name it for ``renew``; a delegation is not renewed but made anew."""

    kind: str
    pk: int
    who: str
    what: str
    ends_on: date
    told: str
    tone: str
    can_be_renewed: bool = True


def ending(ledger: Ledger, *, within: int | None = None) -> list[Temporary]:
    """What ends from today on, the first first; ``within`` so many days. Five queries, ``MOST`` rows of each kind."""
    today = timezone.localdate()
    bounds = {"ends_on__gte": today}
    if within is not None:
        bounds["ends_on__lte"] = today + timedelta(days=within)
    found = [each for read in _READ.values() for each in read(ledger, bounds, today)]
    return sorted(found, key=lambda each: (each.ends_on, each.kind, each.who))[:MOST]


def _line(kind: str, row: Dated, who: object, what: str, today: date, *, can_be_renewed: bool = True) -> Temporary:
    day = row.ends_on
    return Temporary(kind, row.pk, str(who), what, day, ends_in(day, today), tone(day, today), can_be_renewed)


def _memberships(ledger: Ledger, bounds: dict, today: date) -> Iterator[Temporary]:
    rows = Membership.objects.filter(ledger=ledger, user__is_active=True, **bounds).select_related("user", "role")
    for row in rows.order_by("ends_on")[:MOST]:
        yield _line("membership", row, row.user, _("角色「%(role)s」") % {"role": row.role.name}, today)


def _departments(ledger: Ledger, bounds: dict, today: date) -> Iterator[Temporary]:
    rows = DepartmentRole.objects.filter(ledger=ledger, **bounds).select_related("department", "role")
    for row in rows.order_by("ends_on")[:MOST]:
        yield _line("department", row, row.department, _("部门角色「%(role)s」") % {"role": row.role.name}, today)


def _overrides(ledger: Ledger, bounds: dict, today: date) -> Iterator[Temporary]:
    labels = naming.labels_of(ledger.pk)
    rows = Override.objects.filter(ledger=ledger, user__is_active=True, **bounds).select_related("user")
    for row in rows.order_by("ends_on")[:MOST]:
        what = _("个人例外：%(what)s") % {"what": exceptions.told(row, labels)}
        yield _line("override", row, row.user, what, today)


def _delegations(ledger: Ledger, bounds: dict, today: date) -> Iterator[Temporary]:
    rows = Delegation.objects.filter(ledger=ledger, **bounds).select_related("delegator", "delegate")
    for row in rows.order_by("ends_on")[:MOST]:
        what = _("代理「%(user)s」") % {"user": row.delegator}
        yield _line("delegation", row, row.delegate, what, today, can_be_renewed=False)


def _exceptions(ledger: Ledger, bounds: dict, today: date) -> Iterator[Temporary]:
    rows = DutyException.objects.filter(rule__ledger=ledger, **bounds).select_related("user", "rule")
    for row in rows.order_by("ends_on")[:MOST]:
        yield _line("exception", row, row.user, _("职责分离例外：%(rule)s") % {"rule": row.rule}, today)


_READ: dict[str, Callable[[Ledger, dict, date], Iterator[Temporary]]] = {
    "membership": _memberships,
    "department": _departments,
    "override": _overrides,
    "delegation": _delegations,
    "exception": _exceptions,
}


# --- for longer ---------------------------------------------------------------------------------------------------------


def renew(ledger: Ledger, kind: str, pk: int, *, until: date, by: User) -> None:
    """Let something last longer, through the verb that gave it. Nobody renews what he has himself. Raises BusinessError."""
    if kind not in _RENEW:
        raise BusinessError(_("这一项不能续期。"), code="renew.kind")
    row, renewing = _RENEW[kind](ledger, pk)
    if row is None:
        raise BusinessError(_("这一项已被收回。"), code="renew.gone")
    if getattr(row, "user_id", None) == by.pk:
        raise BusinessError(_("不能给自己续期。"), code="renew.self", remedy=_("请由另一位有“成员与权限”的人办理。"))
    if until <= row.ends_on:
        raise BusinessError(_("新的日期应晚于 %(day)s。") % {"day": row.ends_on}, code="renew.dates", field="until")
    if until > timezone.localdate() + timedelta(days=LONGEST):
        raise BusinessError(_("最长可以续到 %(count)s 天后。") % {"count": LONGEST}, code="renew.dates", field="until")
    renewing(row, until, by)


def _dated(rows, pk: int):
    return rows.filter(pk=pk, ends_on__isnull=False).first()


def _renew_membership(ledger: Ledger, pk: int):
    def act(row: Membership, until: date, by: User) -> None:
        members.change_dates(row, row.starts_on, until, by=by)

    return _dated(Membership.objects.filter(ledger=ledger).select_related("ledger", "user", "role"), pk), act


def _renew_department(ledger: Ledger, pk: int):
    def act(row: DepartmentRole, until: date, by: User) -> None:
        days = {"starts_on": row.starts_on, "ends_on": until}
        departments.give(ledger, row.department, row.role, by=by, with_below=row.with_below, **days)

    return _dated(DepartmentRole.objects.filter(ledger=ledger).select_related("department", "role"), pk), act


def _renew_override(ledger: Ledger, pk: int):
    def act(row: Override, until: date, by: User) -> None:
        same = {name: getattr(row, name) for name in ("kind", "key", "is_denied", "level", "reason", "starts_on")}
        exceptions.give(ledger, row.user, **same, ends_on=until, by=by)

    return _dated(Override.objects.filter(ledger=ledger).select_related("user"), pk), act


def _renew_exception(ledger: Ledger, pk: int):
    def act(row: DutyException, until: date, by: User) -> None:
        duties.allow(row.rule, row.user, ends_on=until, reason=row.reason, by=by)

    return _dated(DutyException.objects.filter(rule__ledger=ledger).select_related("rule__ledger", "user"), pk), act


_RENEW = {
    "membership": _renew_membership,
    "department": _renew_department,
    "override": _renew_override,
    "exception": _renew_exception,
}
