"""Roles in words: what one lets people do, which customers it opens, and what is odd about it.

What lives here: sentences about ``RoleGrant`` and ``Right``. What does not: scopes (``scoping``) and what follows for a person (``people``).
"""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.grants import RoleGrant
from permissions.rights import Right, Scope

from . import scoping

# Groups of functional rights as the page shows them, each right with what it lets its holder do.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("日常"), (Right.VIEW, Right.ADD, Right.EDIT, Right.DELETE)),
    (gettext_lazy("批量与文件"), (Right.IMPORT, Right.EXPORT, Right.PRINT)),
    (gettext_lazy("审核与整理"), (Right.APPROVE, Right.MERGE, Right.REOPEN)),
    (gettext_lazy("管理"), (Right.CONFIGURE, Right.MEMBERS)),
)

HELP: dict[str, str | Promise] = {
    Right.VIEW: gettext_lazy("看到数据范围内的客户；没有它，其他权限都用不上"),
    Right.ADD: gettext_lazy("新建客户"),
    Right.EDIT: gettext_lazy("修改看得到的客户，具体到哪些字段由字段权限决定"),
    Right.DELETE: gettext_lazy("停用、删除客户"),
    Right.IMPORT: gettext_lazy("用 Excel 成批新增和修改客户"),
    Right.EXPORT: gettext_lazy("把客户资料导出成文件带走"),
    Right.PRINT: gettext_lazy("打印客户资料"),
    Right.APPROVE: gettext_lazy("审批别人提交的申请"),
    Right.MERGE: gettext_lazy("把重复的客户合并成一个"),
    Right.REOPEN: gettext_lazy("打开已经结账的期间"),
    Right.CONFIGURE: gettext_lazy("修改账套设置：字段、分类、编码规则、参数"),
    Right.MEMBERS: gettext_lazy("决定谁能做什么、看什么，就是这几页"),
}


def grouped() -> list[tuple[str, list[Right]]]:
    """(group, its rights); a right that no group names stands at the end."""
    named = {right for _label, rights in GROUPS for right in rights}
    rest = [right for right in Right if right not in named]
    found = [(str(label), [Right(right) for right in rights]) for label, rights in GROUPS]
    return [*found, (_("其他"), rest)] if rest else found


def rights_text(grant: RoleGrant) -> str:
    """查看、新增、编辑；禁止：导出."""
    given = [right for right in Right if right in grant.rights and right not in grant.denied]
    told = _("全部权限") if len(given) == len(Right) else "、".join(str(right.label) for right in given) or _("无")
    denied = "、".join(str(right.label) for right in Right if right in grant.denied)
    return _("%(rights)s；禁止：%(denied)s") % {"rights": told, "denied": denied} if denied else told


def warnings(grant: RoleGrant) -> list[str]:
    """What makes the role useless, or less than it looks; empty for a sound one."""
    given = grant.rights - grant.denied
    if not given:
        return [_("没有允许任何功能，得到这个角色的人什么也不能做。")]
    if Right.VIEW not in given:
        return [_("没有“查看”，单凭这个角色看不到任何客户。")]
    if any(kind == Scope.ALL for kind, _values in grant.denied_scopes):
        return [_("排除了全部客户，得到这个角色的人看不到任何客户。")]
    valued = {kind.kind for kind in scoping.kinds() if kind.needs_values}
    if not [kind for kind, values in grant.scopes if values or kind not in valued]:
        return [_("没有数据范围，单凭这个角色看不到任何客户。")]
    return []
