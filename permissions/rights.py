"""The names of functional rights and the role templates that carry them.

What lives here: plain names and lists. What does not: who has which right (``models``), or the question itself (``actor``).
"""

from collections.abc import Callable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Right(models.TextChoices):
    """What a role may let its holder do in one account set."""

    VIEW = "view", _("查看")
    ADD = "add", _("新增")
    EDIT = "edit", _("编辑")
    DELETE = "delete", _("停用与删除")
    APPROVE = "approve", _("审批")
    IMPORT = "import", _("导入")
    EXPORT = "export", _("导出")
    PRINT = "print", _("打印")
    MERGE = "merge", _("合并")
    REOPEN = "reopen", _("反结账")
    CONFIGURE = "configure", _("账套设置")
    MEMBERS = "members", _("成员与权限")


class Level(models.IntegerChoices):
    """How much of a field somebody gets; ordered, so that ``max`` gives the more generous one."""

    HIDDEN = 0, _("隐藏")
    MASKED = 1, _("脱敏")
    READ = 2, _("只读")
    EDIT = 3, _("可编辑")


class Scope(models.TextChoices):
    """Which rows a role opens."""

    OWN = "own", _("本人负责的客户")
    DEPARTMENT = "department", _("本部门")
    DEPARTMENT_TREE = "department_tree", _("本部门及下级")
    DEPARTMENTS = "departments", _("指定部门")
    PROVINCES = "provinces", _("指定地区")
    CATEGORIES = "categories", _("指定类别")
    SALES_REGIONS = "sales_regions", _("指定销售区域")
    FILTER = "filter", _("按条件筛选")
    ALL = "all", _("全部客户")


SENSITIVE = ("phone", "mobile", "bank_account", "id_number", "email")

# Asked with a set's id for the sensitive fields that the set made itself: key → kind of masking (a name that ``masking.mask`` knows). Filled in by
# the apps that hold such fields.
more_sensitive: list[Callable[[int], Mapping[str, str]]] = []
# Asked with a set's id for what its computed fields are made of: key → every field that it is computed from, directly or not.
computed_from: list[Callable[[int], Mapping[str, frozenset[str]]]] = []
OWN_PREFIX = "x_"  # keys of fields that a set made itself begin so

_ENTRY = [Right.VIEW, Right.ADD, Right.EDIT]

# code → (name, rights, scope, level of sensitive fields). The names are the ones the users' articles use.
ROLE_TEMPLATES: dict[str, tuple] = {
    "manager": (_("账套主管"), list(Right), Scope.ALL, Level.EDIT),
    "admin": (_("管理员"), list(Right), Scope.ALL, Level.EDIT),
    "data_steward": (
        _("数据管理员"),
        [*_ENTRY, Right.IMPORT, Right.EXPORT, Right.PRINT, Right.MERGE],
        Scope.ALL,
        Level.EDIT,
    ),
    "supervisor": (
        _("销售主管"),
        [*_ENTRY, Right.APPROVE, Right.IMPORT, Right.EXPORT, Right.PRINT],
        Scope.DEPARTMENT_TREE,
        Level.EDIT,
    ),
    "sales": (_("销售"), [*_ENTRY, Right.PRINT], Scope.OWN, Level.EDIT),
    "service": (_("客服"), [Right.VIEW, Right.EDIT], Scope.ALL, Level.MASKED),
    "finance": (
        _("财务"),
        [Right.VIEW, Right.EDIT, Right.APPROVE, Right.EXPORT, Right.PRINT, Right.REOPEN],
        Scope.ALL,
        Level.EDIT,
    ),
    "entry": (_("客户资料录入员"), [Right.VIEW, Right.ADD], Scope.OWN, Level.EDIT),
    "maintainer": (_("客户资料维护员"), _ENTRY, Scope.DEPARTMENT, Level.EDIT),
    "viewer": (_("客户资料查看员"), [Right.VIEW], Scope.ALL, Level.MASKED),
    "reader": (_("普通查询"), [Right.VIEW], Scope.DEPARTMENT, Level.MASKED),
    "reviewer": (_("账套审阅员"), [Right.VIEW, Right.APPROVE], Scope.ALL, Level.READ),
}
