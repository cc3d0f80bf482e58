"""Changing an account set starts here: its row locked, and its state checked again under the lock.

What lives here: ``changeable``. What does not: whether a set takes customers' data (``Ledger.require_writable``), and who may.
"""

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Ledger


def changeable(ledger: Ledger) -> Ledger:
    """The set as it is now, locked until the transaction ends; BusinessError when it is archived: then nothing changes."""
    current = Ledger.objects.select_for_update().get(pk=ledger.pk)
    if current.state == Ledger.State.ARCHIVED:
        raise BusinessError(
            _("账套「%(name)s」已归档，只能查看，不能修改。") % {"name": current.name}, code="ledger.archived"
        )
    return current
