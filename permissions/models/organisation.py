"""Users and where they belong: companies, departments, positions."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Company(models.Model):
    """公司: a legal unit of the group; departments belong to one."""

    code = models.CharField(_("公司编码"), max_length=30, unique=True)
    name = models.CharField(_("公司名称"), max_length=120, unique=True)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级公司")
    )
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("公司")
        ordering = ["code"]

    def __str__(self):
        return self.name


class Position(models.Model):
    """职位, as the firm names them; ``rank`` orders them, 1 being the highest."""

    code = models.CharField(_("职位编码"), max_length=30, unique=True)
    name = models.CharField(_("职位名称"), max_length=60, unique=True)
    rank = models.PositiveSmallIntegerField(_("级别"), default=9)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("职位")
        ordering = ["rank", "code"]

    def __str__(self):
        return self.name


class Department(models.Model):
    """One node of the 组织架构 tree."""

    code = models.CharField(_("部门编码"), max_length=30, unique=True)
    name = models.CharField(_("部门名称"), max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级部门")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="departments", verbose_name=_("所属公司")
    )
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="heads_of",
        verbose_name=_("部门负责人"),
    )
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("部门")
        ordering = ["code"]

    def __str__(self):
        return self.name

    @staticmethod
    def subtree(root_id: int) -> frozenset[int]:
        """Ids of a department and everything below it; the tree is small, so it is walked in memory."""
        children: dict[int, list[int]] = {}
        for pk, parent in Department.objects.values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(pk)
        found, waiting = set(), [root_id]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(children.get(node, ()))
        return frozenset(found)

    @staticmethod
    def line(department_id: int) -> list[int]:
        """Ids of a department and those above it, nearest first; a circle ends where it began."""
        above = dict(Department.objects.values_list("pk", "parent_id"))
        line: list[int] = []
        while department_id and department_id not in line:
            line.append(department_id)
            department_id = above.get(department_id)
        return line


class Duty(models.TextChoices):
    """三员: the administrators of an installation, none of whom reads business data (``permissions.duties``)."""

    SYSTEM = "system", _("系统管理员")
    SECURITY = "security", _("安全管理员")
    AUDIT = "audit", _("审计管理员")


class User(AbstractUser):
    """A login. Somebody acting in an account set through a door is an ``Actor``."""

    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    department = models.ForeignKey(
        Department, models.SET_NULL, null=True, blank=True, related_name="users", verbose_name=_("部门")
    )
    position = models.ForeignKey(
        Position, models.SET_NULL, null=True, blank=True, related_name="users", verbose_name=_("职位")
    )
    superior = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, verbose_name=_("上级"))
    left_on = models.DateField(_("离职日期"), null=True, blank=True)
    # 三员: one column, so nobody holds two of them.
    duty = models.CharField(_("职责"), max_length=10, blank=True, default="", choices=Duty.choices)

    class Meta:
        verbose_name = verbose_name_plural = _("用户")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(duty__in=["", *Duty.values]),
                name="known_duty",
                violation_error_message=_("没有这种职责"),
            ),
            models.CheckConstraint(
                condition=models.Q(duty="") | models.Q(is_superuser=False),
                name="administrator_is_no_superuser",
                violation_error_message=_("超级管理员不能同时担任系统、安全或审计管理员"),
            ),
        ]

    def __str__(self):
        return self.display_name or self.username
