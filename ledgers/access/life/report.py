"""未用与高风险权限: what people have and do not use, and what deserves a second look.

What lives here: the report, over everybody at once. What does not: taking anything away (``ledgers.access``, ``reviews``).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from permissions import everybody, naming
from permissions.models import DepartmentRole, Membership, Override, Role, User
from permissions.rights import Right

from ...models import Ledger
from .. import exceptions
from . import activity

CHOICES = (30, 90, 180, 365)


@dataclass(frozen=True)
class Unused:
    user: User
    rights: list[str]
    last_seen: date | None


@dataclass(frozen=True)
class Report:
    """``known_since``: the first day of which the logs tell; without one no right is called unused."""

    unused: list[Unused]
    idle: list[Unused]
    exporters: list[User]
    everlasting: list[tuple[User, str]]
    empty_roles: list[Role]
    known_since: date | None
    members: int


def build(ledger: Ledger, days: int) -> Report:
    """The report over the last ``days`` days; a constant number of queries."""
    day = timezone.localdate() - timedelta(days=days)
    since = timezone.make_aware(datetime.combine(day, time.min))
    actors = everybody.actors_of(ledger.pk)
    ids = [actor.user_id for actor in actors]
    used, seen = activity.used(ledger, ids, since), activity.last_seen(ledger, ids)
    known_since = activity.known_since(ledger)
    unused, idle = [], []
    for actor in actors:
        mine = used.get(actor.user_id, set())
        left = [
            str(right.label) for right in Right if right in activity.USES and right not in mine and actor.can(right)
        ]
        last = seen.get(actor.user_id)
        if last is None or last < day:
            idle.append(Unused(actor.user, [], last))
        elif left and known_since:
            unused.append(Unused(actor.user, left, last))
    return Report(
        unused=unused,
        idle=sorted(idle, key=lambda each: (each.last_seen or date.min, each.user.username)),
        exporters=[actor.user for actor in actors if actor.can(Right.EXPORT) and actor.can(Right.MEMBERS)],
        everlasting=_everlasting(ledger),
        empty_roles=list(_empty_roles(ledger)),
        known_since=known_since,
        members=len(actors),
    )


def _everlasting(ledger: Ledger) -> list[tuple[User, str]]:
    labels = naming.labels_of(ledger.pk)
    rows = Override.objects.filter(ledger=ledger, ends_on=None, is_denied=False, user__is_active=True)
    return [
        (row.user, exceptions.told(row, labels)) for row in rows.select_related("user").order_by("user__username", "pk")
    ]


def _empty_roles(ledger: Ledger):
    """Active roles that nobody has and that no role in use lies over."""
    today = timezone.localdate()
    lasting = Q(ends_on=None) | Q(ends_on__gte=today)
    people = Membership.objects.filter(lasting, role=OuterRef("pk"), user__is_active=True)
    groups = DepartmentRole.objects.filter(lasting, role=OuterRef("pk"))
    roles = ledger.roles.filter(is_active=True).filter(~Exists(people), ~Exists(groups))
    return roles.exclude(children__isnull=False).order_by("code")
