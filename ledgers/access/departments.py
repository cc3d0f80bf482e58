"""部门授权: everybody in a department has a role, and whoever moves away loses it.

What lives here: giving and taking. What does not: what a person gets by it (``permissions.loading``).
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.logs import changes
from permissions.models import Department, DepartmentRole, RightChange, Role, User

from ..models import Ledger, LedgerEvent
from ..services.locking import changeable
from ..services.logbook import note
from . import dating, keeping


@transaction.atomic
def give(
    ledger: Ledger,
    department: Department,
    role: Role,
    *,
    by: User | None,
    with_below: bool = True,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> DepartmentRole:
    """Give a department a role, or change the days and the reach of one that it has. Raises BusinessError (``field``)."""
    dating.check(starts_on, ends_on)
    ledger = changeable(ledger)
    role = ledger.roles.filter(pk=role.pk).first()
    department = Department.objects.filter(pk=department.pk).first()
    if role is None or not role.is_active:
        raise BusinessError(_("账套中没有这个角色，或它已停用。"), code="role.unknown", field="role")
    have = DepartmentRole.objects.filter(department=department, role=role).first()
    if department is None or not (department.is_active or have):
        raise BusinessError(_("该部门不存在或已停用。"), code="department.inactive", field="department")
    wanted = {"with_below": with_below, "starts_on": starts_on, "ends_on": ends_on}
    before = described(have) if have else ""
    old = (have.starts_on, have.ends_on) if have else (None, None)
    with keeping.watched(ledger, by=by, days=[*keeping.bounds(starts_on, ends_on), *keeping.bounds(*old)]):
        given, is_new = DepartmentRole.objects.update_or_create(
            ledger=ledger, department=department, role=role, defaults=wanted
        )
    if is_new or described(given) != before:
        _log(given, RightChange.Kind.DEPARTMENT_ROLE_ADDED, LedgerEvent.Kind.MEMBER_ADDED, by)
    return given


@transaction.atomic
def take(given: DepartmentRole, *, by: User | None) -> None:
    """Take a department's role away. Twice is once."""
    ledger = changeable(given.ledger)
    with keeping.watched(ledger, by=by):
        deleted, _rows = DepartmentRole.objects.filter(pk=given.pk).delete()
    if deleted:
        _log(given, RightChange.Kind.DEPARTMENT_ROLE_REMOVED, LedgerEvent.Kind.MEMBER_REMOVED, by)


def _log(given: DepartmentRole, kind: str, event: str, by: User | None) -> None:
    detail = described(given)
    note(given.ledger, event, by=by, detail=detail)
    changes.note(given.ledger_id, kind, by=by, role=given.role, detail=detail)


def described(given: DepartmentRole) -> str:
    reach = _("含下级部门") if given.with_below else _("不含下级部门")
    return f"{_('部门')} {given.department} · {given.role}（{reach}{dating.told(given, '，')}）"
