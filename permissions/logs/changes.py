"""A change of rights, written down in the transaction of the act: without its line there is no act.

What lives here: writing. What does not: reading (``reading``), the log of an account set's other settings (``ledgers.services.logbook``).
"""

from typing import Any

from erp_site.shared import logs

from ..models import RightChange, Role, User


def note(
    ledger_id: int | None,
    kind: str,
    *,
    by: User | None,
    user: User | None = None,
    role: Role | None = None,
    detail: str,
    before: Any = None,
    after: Any = None,
) -> RightChange:
    """Write down that a right changed; call it inside the transaction that changes it.

    ``kind``: one of ``RightChange.Kind``, or a name of an upper app's own of at most 30 signs (``KIND_LABELS`` says it in words).
    ``by`` None is the system. ``before`` and ``after``: what JSON can hold, of rights and never of customers.
    """
    return RightChange.objects.create(
        ledger_id=ledger_id,
        kind=str(kind),
        by_id=by.pk if by else None,
        by_name=by.get_username() if by else "",
        user_id=user.pk if user else None,
        user_name=user.get_username() if user else "",
        role_id=role.pk if role else None,
        role_name=role.name if role else "",
        detail=str(detail)[:500],
        before=before,
        after=after,
        request_id=logs.current_request_id(),
    )


# Labels of kinds that upper apps brought: filled in AppConfig.ready.
KIND_LABELS: dict[str, Any] = {}


def label_of(kind: str) -> str:
    """A kind in the user's words."""
    if kind in RightChange.Kind.values:
        return str(RightChange.Kind(kind).label)
    return str(KIND_LABELS.get(kind, kind))
