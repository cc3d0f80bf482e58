"""What the app that keeps customers tells this one, since nobody imports upward.

What lives here: the questions, as a class whose own answers are those of a set without customers, and the place where the app that has
some puts its own (``AppConfig.ready``). What does not: any answer about customers.
"""

from collections.abc import Collection
from datetime import date

from permissions.actor import Actor
from permissions.models import RightRequest, User

from ...models import Ledger


class Customers:
    """Questions and acts about customers in the life of rights."""

    def find(self, ledger: Ledger, number: str) -> int | None:
        """Which customer bears a number, whoever sees it; None for nobody's or for several. Never told to who asked."""
        return None

    def can_find(self, actor: Actor, number: str) -> bool:
        """Whether the number leads this actor to a customer already."""
        return False

    def labels(self, actor: Actor, ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """Of those among ``ids`` that the actor sees: (what he may read of number and name, address of the page)."""
        return {}

    def owned(self, actor: Actor, ids: Collection[int]) -> set[int]:
        """Those among ``ids`` that the actor is the owner of, and sees."""
        return set()

    def share(
        self, ledger: Ledger, customer_id: int, user: User, *, level: int, ends_on: date, reason: str, by: Actor
    ) -> None:
        """Share one customer with ``user`` until a day, by the verb that the customer's page uses. Raises BusinessError, NotAllowed."""
        raise NotImplementedError

    def shares(self, ledger: Ledger, user_ids: Collection[int] | None = None) -> dict[int, int]:
        """User → how many customers of the set are shared with him today; one query."""
        return {}

    def end_shares(self, user: User, ledger: Ledger, *, by: User | None) -> int:
        """Take back what is shared with ``user`` in the set; returns how many."""
        return 0

    def ending(self, ledger: Ledger, until: date) -> int:
        """How many shares of the set end between today and ``until``."""
        return 0

    def whatif(self, request: RightRequest) -> list[str]:
        """What the applicant would gain, in sentences; empty where that cannot be told."""
        return []


_kept: list[Customers] = [Customers()]


def register(customers: Customers) -> None:
    """Let the app that keeps customers answer from now on."""
    _kept[0] = customers


def customers() -> Customers:
    return _kept[0]
