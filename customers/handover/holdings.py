"""What the organisation's pages may know of customers: numbers per set. And what follows a move or a merger.

What lives here: the app's side of ``permissions.organisation.following``. What does not: anything a reader of customers sees.
"""

from collections.abc import Iterable

from ledgers.models import Ledger
from permissions.models import Department, User
from permissions.organisation.following import Holding

from ..models import Transfer
from . import selecting, transfers


class CustomerHoldings:
    """See ``permissions.organisation.following.Holder``."""

    def of_person(self, person: User) -> list[Holding]:
        return _holdings(selecting.counts_of_person(person))

    def of_person_in(self, person: User, department: Department | None) -> list[Holding]:
        return _holdings(selecting.counts_of_person(person, department))

    def of_department(self, department: Department) -> list[Holding]:
        slips = Transfer.objects.filter(from_department=department, kind=Transfer.Kind.DEPARTMENT)
        moving = {slip.ledger_id for slip in slips.filter(state=Transfer.State.RUNNING).select_related("job")
                  if transfers.settle(slip).is_running}  # fmt: skip
        return _holdings(selecting.counts_of_department(department), moving)

    def follow_person(
        self, person: User, origin: Department | None, ledger_ids: Iterable[int], *, by: User | None
    ) -> int:
        ledgers = Ledger.objects.filter(pk__in=list(ledger_ids))
        return sum(1 for ledger in ledgers if transfers.follow(ledger, person, origin, by=by))

    def move_department(self, origin: Department, target: Department, *, by: User | None) -> int:
        ledgers = Ledger.objects.filter(pk__in=selecting.counts_of_department(origin))
        return sum(1 for ledger in ledgers if transfers.merge(ledger, origin, target, by=by))


def _holdings(counts: dict[int, int], moving: set[int] = frozenset()) -> list[Holding]:
    return [
        Holding(ledger.pk, ledger.code, ledger.name, counts[ledger.pk], ledger.is_active, ledger.pk in moving)
        for ledger in selecting.ledgers_with_data()
        if counts.get(ledger.pk)
    ]
