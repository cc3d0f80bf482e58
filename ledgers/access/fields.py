"""One field over all roles: who gets it hidden, masked, to read, to edit; and changing that for several roles at once.

What lives here: the grid of one field. What does not: all fields of one role, which is part of the role (``roles``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.grants import RoleGrant
from permissions.loading import grants_of
from permissions.models import Role, RowScope, User
from permissions.naming import NamedField
from permissions.rights import Level

from ..models import Ledger
from ..services.locking import changeable
from . import roles


@dataclass(frozen=True)
class Cell:
    """What a role says about one field. ``own``: its own rule, None without one; ``default``: what holds then, ``why`` by which rule."""

    role: Role
    own: int | None
    default: int
    why: str


def cells(ledger: Ledger, named: NamedField) -> list[Cell]:
    """The field in every active role of the set; three queries and one per level of superior roles."""
    rows = list(ledger.roles.filter(is_active=True))
    is_sensitive = Actor.system(ledger.pk).is_sensitive(named.key)
    grants = {each.pk: each for each in grants_of((row.pk, "") for row in rows)}
    return [cell_of(row, grants[row.pk], named.key, is_sensitive=is_sensitive) for row in rows]


def cell_of(role: Role, grant: RoleGrant, key: str, *, is_sensitive: bool) -> Cell:
    bare = replace(grant, field_levels={name: level for name, level in grant.field_levels.items() if name != key})
    default = bare.statement(key, is_sensitive=is_sensitive)
    return Cell(role, grant.field_levels.get(key), default.level, default.rule)


@transaction.atomic
def set_field(
    ledger: Ledger,
    key: str,
    wanted: Mapping[int, int | None],
    *,
    seen: Mapping[int, int | None],
    by: User | None,
) -> list[Role]:
    """Give the field these levels, by role (None: no rule of its own); returns the roles that changed.

    Only roles whose level differs from ``seen`` (what the page showed) are touched; BusinessError when one of those is no longer so.
    """
    ledger = changeable(ledger)
    asked = {pk: level for pk, level in wanted.items() if seen.get(pk) != level}
    rows = ledger.roles.filter(pk__in=asked).prefetch_related(
        Prefetch("scopes", RowScope.objects.order_by("pk")), "field_rules"
    )
    found = []
    for role in rows:
        draft = roles.of_role(role)
        if draft.levels.get(key) != seen.get(role.pk):
            raise BusinessError(
                _("角色「%(name)s」的这个字段在您打开之后被别人修改过。") % {"name": role.name},
                code="role.stale",
                remedy=_("请重新打开本页，核对后再改。"),
            )
        levels = {name: level for name, level in draft.levels.items() if name != key}
        level = asked[role.pk]
        more = {} if level is None else {key: Level(level)}
        found.append(roles.save(ledger, replace(draft, levels={**levels, **more}), by=by, role=role))
    return found
