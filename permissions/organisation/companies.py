"""公司: adding, changing, disabling; the tree of companies never comes round to itself."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Company, User
from . import access, checks, journal, locking, trees

USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


@transaction.atomic
def save(
    *, code: str, name: str, uscc: str = "", parent: Company | None, by: User | None, company: Company | None = None
) -> Company:
    """Add a company, or change ``company``. Raises BusinessError (``field``) for a taken code or name, or a circle."""
    access.require_change(by)
    locking.hold()
    parent = locking.fresh(parent)
    code, name, uscc = code.strip(), name.strip(), uscc.strip().upper()
    checks.require_code(code)
    checks.require_name(name, 120)
    if uscc and not USCC.fullmatch(uscc):
        raise BusinessError(_("统一社会信用代码应为 18 位数字和大写字母。"), code="company.uscc", field="uscc")
    others = Company.objects.exclude(pk=company.pk if company else None)
    if others.filter(code__iexact=code).exists():
        raise BusinessError(_("公司编码「%(code)s」已存在。") % {"code": code}, code="company.code", field="code")
    if others.filter(name__iexact=name).exists():
        raise BusinessError(_("已有公司「%(name)s」。") % {"name": name}, code="company.name", field="name")
    is_new = company is None
    company = Company.objects.get(pk=company.pk) if company else Company()
    if parent and not parent.is_active and company.parent_id != parent.pk:
        raise BusinessError(
            _("上级公司「%(name)s」已停用。") % {"name": parent.name}, code="company.parent", field="parent"
        )
    _require_tree(company, parent, name)
    company.code, company.name, company.uscc, company.parent = code, name, uscc, parent
    company.save()
    journal.note(
        company, _("公司：%(name)s，上级：%(parent)s") % {"name": name, "parent": parent or "—"}, by=by, added=is_new
    )
    return company


def _require_tree(company: Company, parent: Company | None, name: str) -> None:
    rows = {row.pk: row for row in Company.objects.all()}
    key = company.pk or 0
    parents = trees.parents_of(rows.values()) | {key: parent.pk if parent else None}
    checks.require_tree(
        parents,
        key,
        deepest=checks.DEEPEST_COMPANY,
        name_of=lambda pk: name if pk == key else rows[pk].name,
        what=_("上级公司"),
        field="parent",
    )


@transaction.atomic
def set_active(company: Company, active: bool, *, by: User | None) -> None:
    """停用 or 启用. Not while something active is under it, and not under a disabled one."""
    access.require_change(by)
    locking.hold()
    company = Company.objects.select_related("parent").get(pk=company.pk)
    if not active:
        lower = company.children.filter(is_active=True).count()
        departments = company.departments.filter(is_active=True).count()
        if lower or departments:
            raise BusinessError(
                _("「%(name)s」还有 %(lower)s 家启用的下级公司、%(departments)s 个启用的部门。")
                % {"name": company.name, "lower": lower, "departments": departments},
                code="company.used",
                remedy=_("请先移走或停用它们。"),
            )
    elif company.parent and not company.parent.is_active:
        raise BusinessError(
            _("上级公司「%(name)s」已停用。") % {"name": company.parent.name},
            code="company.parent",
            remedy=_("请先启用上级公司。"),
        )
    if Company.objects.filter(pk=company.pk, is_active=not active).update(is_active=active):
        journal.note(company, _("启用") if active else _("停用"), by=by)
