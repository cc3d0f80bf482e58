"""When people last did something in a set, as expressions over users: one statement for everybody.

What lives here: what the logs of this app and below know. Upper apps add what they know of adding, changing, importing (``USES``). What
does not: what follows from it (``report``, ``reviews``).
"""

from collections.abc import Callable, Collection
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from permissions.models import AccessRecord, RightChange, User
from permissions.rights import Right

from ...models import Ledger, LedgerEvent

Use = Callable[[Ledger, datetime], Exists]


def _accessed(*kinds: str) -> Use:
    def use(ledger: Ledger, since: datetime) -> Exists:
        rows = AccessRecord.objects.filter(user_id=OuterRef("pk"), ledger_id=ledger.pk, at__gte=since)
        return Exists(rows.filter(kind__in=kinds) if kinds else rows)

    return use


def _changed_rights(ledger: Ledger, since: datetime) -> Exists:
    return Exists(RightChange.objects.filter(by_id=OuterRef("pk"), ledger_id=ledger.pk, at__gte=since))


def _noted(*kinds: str) -> Use:
    def use(ledger: Ledger, since: datetime) -> Exists:
        rows = LedgerEvent.objects.filter(by_id=OuterRef("pk"), ledger=ledger, at__gte=since)
        return Exists(rows.filter(kind__in=kinds) if kinds else rows)

    return use


# right → whether the user of the outer query used it since a moment. A right that is not here leaves no trace that could be asked.
USES: dict[str, Use] = {
    Right.VIEW: _accessed(),
    Right.EXPORT: _accessed(AccessRecord.Kind.EXPORT, AccessRecord.Kind.DOWNLOAD),
    Right.PRINT: _accessed(AccessRecord.Kind.PRINT),
    Right.MEMBERS: _changed_rights,
    Right.CONFIGURE: _noted(),
    Right.REOPEN: _noted(LedgerEvent.Kind.PERIOD_REOPENED),
}


def used(ledger: Ledger, user_ids: Collection[int], since: datetime) -> dict[int, set[str]]:
    """User → the rights that he used since then; one statement, through the indexes of each person's rows."""
    asked: QuerySet = User.objects.filter(pk__in=user_ids).order_by()
    names = {f"used_{right}": right for right in USES}
    rows = asked.annotate(**{name: USES[right](ledger, since) for name, right in names.items()}).values("pk", *names)
    return {row["pk"]: {str(right) for name, right in names.items() if row[name]} for row in rows}


def last_seen(ledger: Ledger, user_ids: Collection[int]) -> dict[int, date]:
    """User → the day of his last access to the set; without one, of his last login anywhere."""
    latest = AccessRecord.objects.filter(user_id=OuterRef("pk"), ledger_id=ledger.pk).order_by("-at").values("at")[:1]
    rows = User.objects.filter(pk__in=user_ids).order_by().annotate(seen=Subquery(latest))
    moments = ((pk, seen or login) for pk, seen, login in rows.values_list("pk", "seen", "last_login"))
    return {pk: timezone.localdate(moment) for pk, moment in moments if moment}


def known_since(ledger: Ledger) -> date | None:
    """The day of the set's first access record: before it nothing can be said."""
    first = AccessRecord.objects.filter(ledger_id=ledger.pk).order_by("at").values_list("at", flat=True).first()
    return timezone.localdate(first) if first else None
