"""职位: adding, changing, disabling. A position in use is disabled, never deleted."""

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Position, User
from . import access, checks, journal, locking


@transaction.atomic
def save(*, code: str, name: str, rank: int = 9, by: User | None, position: Position | None = None) -> Position:
    """Add a position, or change ``position``. Raises BusinessError (``field``) for a bad or taken code or name."""
    access.require_change(by)
    locking.hold()
    code, name = code.strip(), name.strip()
    checks.require_code(code)
    checks.require_name(name, 60)
    others = Position.objects.exclude(pk=position.pk if position else None)
    if others.filter(code__iexact=code).exists():
        raise BusinessError(_("职位编码「%(code)s」已存在。") % {"code": code}, code="position.code", field="code")
    if others.filter(name__iexact=name).exists():
        raise BusinessError(_("已有职位「%(name)s」。") % {"name": name}, code="position.name", field="name")
    is_new = position is None
    position = Position.objects.get(pk=position.pk) if position else Position()
    position.code, position.name, position.rank = code, name, rank
    position.save()
    journal.note(position, _("职位：%(name)s") % {"name": name}, by=by, added=is_new)
    return position


@transaction.atomic
def set_active(position: Position, active: bool, *, by: User | None) -> None:
    """停用: nobody new gets it, who has it keeps it. 启用 undoes that."""
    access.require_change(by)
    if Position.objects.filter(pk=position.pk, is_active=not active).update(is_active=active):
        journal.note(position, _("启用") if active else _("停用"), by=by)
