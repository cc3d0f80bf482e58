"""The account set's own log: one call per act, in the transaction of the act.

What lives here: writing a line. What does not: the history of customers (``customers``), the log of the server.
"""

from permissions.models import User

from ..models import Ledger, LedgerEvent


def note(ledger: Ledger, kind: str, *, by: User | None, detail: str = "", reason: str = "") -> LedgerEvent:
    """Write down what was done; ``by`` None is the system (a command)."""
    return LedgerEvent.objects.create(ledger=ledger, kind=kind, by=by, detail=str(detail)[:300], reason=reason[:200])
