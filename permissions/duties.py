"""三员 and the makers of account sets: groups of an installation, none of which opens business data.

What lives here: which administration pages each duty opens. What does not: roles inside an account set (``rights``).
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SYSTEM, SECURITY, AUDIT = "system", "security", "audit"
CREATOR = "creator"  # no administrator: somebody who may make account sets

# duty → (name of the group, "app.codename" of what it opens)
DUTIES: dict[str, tuple[str, tuple[str, ...]]] = {
    SYSTEM: (
        gettext_noop("系统管理员"),
        (
            "permissions.add_user",
            "permissions.change_user",
            "permissions.view_user",
            "permissions.add_department",
            "permissions.change_department",
            "permissions.view_department",
            "permissions.view_company",
            "permissions.view_position",
            "ledgers.view_ledger",
            "ledgers.view_coderule",
            "ledgers.add_coderule",
            "ledgers.change_coderule",
            "ledgers.delete_coderule",
            "jobs.view_job",
            "jobs.change_job",
            "jobs.view_schedule",
            "jobs.change_schedule",
            "jobs.view_workerheartbeat",
        ),
    ),
    SECURITY: (
        gettext_noop("安全管理员"),
        (
            "permissions.view_user",
            "permissions.view_department",
            "permissions.view_role",
            "permissions.change_role",
            "permissions.view_rowscope",
            "permissions.add_rowscope",
            "permissions.change_rowscope",
            "permissions.delete_rowscope",
            "permissions.view_fieldrule",
            "permissions.add_fieldrule",
            "permissions.change_fieldrule",
            "permissions.delete_fieldrule",
            "permissions.view_membership",
            "permissions.add_membership",
            "permissions.delete_membership",
            "ledgers.view_ledger",
        ),
    ),
    CREATOR: (gettext_noop("账套建立人"), ("ledgers.add_ledger",)),
    AUDIT: (
        gettext_noop("审计管理员"),
        (
            "admin.view_logentry",
            "permissions.view_user",
            "permissions.view_department",
            "permissions.view_role",
            "permissions.view_rowscope",
            "permissions.view_fieldrule",
            "permissions.view_membership",
            "ledgers.view_ledger",
            "ledgers.view_ledgerevent",
            "imports.view_exportjob",
            "jobs.view_job",
        ),
    ),
}


def group_of(duty: str) -> Group:
    """The group of a duty with exactly its permissions; made or mended when it is not so."""
    name, wanted = DUTIES[duty]
    group, _made = Group.objects.get_or_create(name=_(name))
    condition = Q()
    for permission in wanted:
        app, codename = permission.split(".")
        condition |= Q(content_type__app_label=app, codename=codename)
    group.permissions.set(Permission.objects.filter(condition))
    return group
