"""The app's side of ``ledgers.access.life.subjects``: which customer a number means, sharing it on approval, shares of people, what an
approval would bring.

What lives here: answers. What does not: who may share and the verbs of sharing (``sharing``), what a role would change (``whatif``).
"""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from ledgers.access.life import subjects
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.models import RightRequest, User
from permissions.rights import Level, Right

from ..fields import Catalogue
from ..models import ChangeBatch, Customer, CustomerUserShare
from ..presenting import Presenter
from ..querysets import VIEW
from ..services import lookup
from . import sharing, whatif

_ON_LABEL = ("number", "name")


class CustomersOfSet(subjects.Customers):
    """See ``ledgers.access.life.subjects.Customers``."""

    def find(self, ledger: Ledger, number: str) -> int | None:
        found = lookup.by_number(number, Actor.system(ledger.pk))
        return found[0].customer.pk if len(found) == 1 else None

    def can_find(self, actor: Actor, number: str) -> bool:
        return actor.can(Right.VIEW) and bool(lookup.by_number(number, actor))

    def labels(self, actor: Actor, ids: Collection[int]) -> dict[int, tuple[str, str]]:
        rows = list(Customer.objects.visible_to(actor).filter(pk__in=ids).select_related("ledger"))
        if not rows:
            return {}
        presenter = Presenter(Catalogue.of(rows[0].ledger), actor)
        fields = [field for key in _ON_LABEL if (field := presenter.catalogue.get(key))]
        return {
            row.pk: (
                " ".join(presenter.shown(field, presenter.value(row, field)).text or "—" for field in fields),
                row.get_absolute_url(),
            )
            for row in rows
        }

    def owned(self, actor: Actor, ids: Collection[int]) -> set[int]:
        mine = Customer.objects.visible_to(actor).filter(pk__in=ids, owner_id=actor.user_id)
        return set(mine.values_list("pk", flat=True))

    def share(
        self, ledger: Ledger, customer_id: int, user: User, *, level: int, ends_on: date, reason: str, by: Actor
    ) -> None:
        customer = Customer.objects.visible_to(by).select_related("ledger").get(pk=customer_id)
        sharing.share([customer], [user], ends_on=ends_on, reason=reason, by=by, may_edit=level >= Level.EDIT)

    def shares(self, ledger: Ledger, user_ids: Collection[int] | None = None) -> dict[int, int]:
        rows = _open(ledger, timezone.localdate())
        rows = rows if user_ids is None else rows.filter(user__in=user_ids)
        return dict(rows.order_by().values_list("user_id").annotate(count=Count("pk")))

    def end_shares(self, user: User, ledger: Ledger, *, by: User | None) -> int:
        return sharing.end_all_of(
            user, ledger, by=Actor(by, ledger.pk, Door.WEB) if by else Actor.system(ledger.pk, Door.JOB)
        )

    def ending(self, ledger: Ledger, until: date) -> int:
        return _open(ledger, timezone.localdate()).filter(ends_on__lte=until).count()

    def whatif(self, request: RightRequest) -> list[str]:
        if request.role is None:
            return []
        before = Actor.of(request.applicant, request.ledger_id, Door.WEB)
        found = whatif.compare(request.ledger, before, whatif.with_roles(before, added=[request.role_id]))
        return [found.sentence]


def _open(ledger: Ledger, today: date):
    rows = CustomerUserShare.objects.filter(content_object__ledger=ledger, permission__codename=VIEW)
    return rows.filter(Q(ends_on=None) | Q(ends_on__gte=today))


# --- when somebody last changed customers -------------------------------------------------------------------------------


def _batches(condition: Q):
    def use(ledger: Ledger, since: datetime) -> Exists:
        rows = ChangeBatch.objects.filter(condition, by_id=OuterRef("pk"), ledger_id=ledger.pk, at__gte=since)
        return Exists(rows)

    return use


USES = {
    Right.ADD: _batches(Q(customers_added__gt=0)),
    Right.EDIT: _batches(Q(customers_changed__gt=0)),
    Right.IMPORT: _batches(Q(kind=ChangeBatch.Kind.IMPORT)),
}
