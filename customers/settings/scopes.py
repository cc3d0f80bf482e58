"""What roles can be limited to that only customers know: provinces, categories, sales regions; and how many customers somebody sees.

What lives here: choices for ``ledgers.access.scoping`` and the count for ``ledgers.access.people``. What does not: which customers a scope
means (``customers.querysets``), scopes by filter (``customers.access.filters``).
"""

from django.utils.translation import gettext_lazy as _

from ledgers.access.scoping import Choice, Kind
from ledgers.models import Ledger
from permissions.actor import Actor
from permissions.models import Role
from permissions.rights import Scope

from ..models import Customer, SalesRegion
from ..rules import regions
from . import categories


def _provinces(_ledger: Ledger) -> list[Choice]:
    return [Choice(name, name) for name in regions.provinces().values()]


def _categories(ledger: Ledger) -> list[Choice]:
    nodes = categories.tree(ledger)
    return [Choice(each.category.pk, each.category.name, each.depth, each.category.is_active) for each in nodes]


def _sales_regions(ledger: Ledger) -> list[Choice]:
    rows = SalesRegion.objects.filter(ledger=ledger)
    return [Choice(row.pk, row.name, is_active=row.is_active) for row in rows]


KINDS = (
    Kind(Scope.PROVINCES, _("客户所在省份在下面勾选的省份之中"), _provinces),
    Kind(Scope.CATEGORIES, _("客户分类在下面勾选的分类之中；勾选上级会一并勾选下级"), _categories),
    Kind(Scope.SALES_REGIONS, _("客户的销售区域在下面勾选的区域之中"), _sales_regions),
)


def count(actor: Actor, most: int) -> int:
    """How many customers somebody sees, ``most`` + 1 at most: nobody waits for a million."""
    return Customer.objects.visible_to(actor).order_by()[: most + 1].count()


def role_uses(role: Role) -> list[str]:
    """Where customers' settings name a role."""
    steps = role.ledger.parameter("status_steps")
    named = any(role.code in codes for targets in steps.values() for codes in targets.values())
    shared = role.group_id and role.group.customergroupshare_set.exists()
    found = [str(_("“合作状态与证照”的变更规则用到它"))] if named else []
    return [*found, str(_("有客户共享给它"))] if shared else found
