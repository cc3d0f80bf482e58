"""Saving the parameters that decide how customers are entered.

What lives here: the one check that needs the customers themselves. What does not: the parameters (``ledgers.parameters``).
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.services.parameters import change_parameters
from permissions.actor import Actor
from permissions.models import User

from ..models import Customer

COLUMNS = {"grades": "grade", "sources": "source"}  # list parameter → column of the customer that holds its codes


@transaction.atomic
def save(ledger: Ledger, values: dict[str, Any], *, by: User | None) -> list[str]:
    """Change parameters; returns the labels of those that differ. A grade or source that a customer bears stays."""
    for key, column in COLUMNS.items():
        now = dict(ledger.parameter(key))
        gone = now.keys() - dict(values.get(key, now)).keys()
        if gone:
            _refuse_if_borne(ledger, column, {code: now[code] for code in gone})
    return change_parameters(ledger, values, by=by)


def _refuse_if_borne(ledger: Ledger, column: str, gone: dict[str, str]) -> None:
    # As the system, not as the user: a customer that he cannot see keeps its grade too.
    everyone = Customer.objects.visible_to(Actor.system(ledger.pk))
    bearing = everyone.filter(**{f"{column}__in": list(gone)})
    used = bearing.values_list(column, flat=True).first()
    if used:
        raise BusinessError(
            _("「%(name)s」已用于客户，不能删除或改代码。") % {"name": gone[used]},
            code="parameter.in_use",
            remedy=_("可以只改名称。"),
        )
