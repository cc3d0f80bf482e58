"""Saving the parameters that decide how customers are entered.

What lives here: the one check that needs the customers themselves. What does not: the parameters (``ledgers.parameters``).
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.parameters import choices_in
from ledgers.services.parameters import change_parameters, check_parameter
from permissions.models import User

from ..categorising import counting

LOOKED_AT = 20_000  # customers read to find out whether a code is borne
COLUMNS = {"grades": "grade", "sources": "source"}  # list parameter → column of the customer that holds its codes


@transaction.atomic
def save(ledger: Ledger, values: dict[str, Any], *, by: User | None) -> list[str]:
    """Change parameters; returns the labels of those that differ. A grade or source that a customer bears stays."""
    for key, column in COLUMNS.items():
        now = {each.code: each.label for each in choices_in(ledger.parameter(key))}
        if key in values:
            check_parameter(key, values[key])
        kept = {each.code for each in choices_in(values[key])} if key in values else set(now)
        gone = now.keys() - kept
        if gone:
            _refuse_if_borne(ledger, column, {code: now[code] for code in gone})
    return change_parameters(ledger, values, by=by)


def _refuse_if_borne(ledger: Ledger, column: str, gone: dict[str, str]) -> None:
    """A code goes only when it is certain that nobody bears it; no index answers that, so a large set is not read through."""
    used, all_read = counting.has_among_newest(ledger, column, list(gone), LOOKED_AT)
    if used:
        raise BusinessError(
            _("「%(name)s」已用于客户，不能删除或改代码。") % {"name": gone[used]},
            code="parameter.in_use",
            remedy=_("可以改名称，或勾选“停用”：不再供选择，已有客户保留。"),
        )
    if not all_read:
        raise BusinessError(
            _("客户较多，无法确认「%(name)s」没有被使用。") % {"name": "、".join(gone.values())},
            code="parameter.in_use",
            remedy=_("请勾选“停用”代替删除：不再供选择，已有客户保留。"),
        )
