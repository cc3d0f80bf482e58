"""Who changed what in the organisation: lines of the log of rights, since where somebody belongs decides what he sees.

What lives here: the organisation's words for a line. What does not: the log (``permissions.logs.changes``), the history of customers, the logs of
account sets.
"""

from django.db.models import Model
from django.utils.translation import gettext as _

from ..logs import changes
from ..models import RightChange, User

Kind = RightChange.Kind


def note(thing: Model, text: str, *, by: User | None, added: bool = False) -> None:
    """Write down that ``thing`` was added or changed, in the transaction of the act; ``text`` says what, without secrets."""
    if isinstance(thing, User):
        changes.note(None, Kind.USER_ADDED if added else Kind.USER_CHANGED, by=by, user=thing, detail=text)
        return
    words = {"kind": thing._meta.verbose_name, "thing": thing, "text": text, "act": _("新增") if added else _("修改")}
    changes.note(None, Kind.ORGANISATION, by=by, detail=_("%(act)s%(kind)s「%(thing)s」：%(text)s") % words)
