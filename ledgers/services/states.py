"""The life cycle of an active set: 启用 → 停用 → 归档.

What lives here: the steps that exist, and taking one. What does not: 草稿 → 启用 (``creating.activate``).
"""

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from ..models import Ledger, LedgerEvent
from .locking import changeable
from .logbook import note

State = Ledger.State

STEPS: dict[str, tuple[str, ...]] = {
    State.ACTIVE: (State.SUSPENDED,),
    State.SUSPENDED: (State.ACTIVE, State.ARCHIVED),
}


@transaction.atomic
def change_state(ledger: Ledger, state: str, *, by: User | None, reason: str = "") -> bool:
    """停用, 启用, 归档; False when the set is in that state already. BusinessError for a step that does not exist."""
    if ledger.state == state == State.ARCHIVED:
        return False
    current = changeable(ledger)
    if current.state == state:
        return False
    if state not in STEPS.get(current.state, ()):
        raise BusinessError(
            _("%(from)s状态的账套不能直接变为%(to)s。")
            % {"from": current.get_state_display(), "to": State(state).label},
            code="ledger.transition",
        )
    if state == State.ARCHIVED and not reason.strip():
        raise BusinessError(_("归档必须填写原因。"), code="ledger.reason", field="reason")
    Ledger.objects.filter(pk=current.pk).update(state=state)
    detail = _("%(from)s → %(to)s") % {"from": current.get_state_display(), "to": State(state).label}
    note(current, LedgerEvent.Kind.STATE, by=by, detail=detail, reason=reason)
    ledger.state = state
    return True
