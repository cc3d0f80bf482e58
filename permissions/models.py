"""Users, the organisation, and what roles give to whom in which account set.

What lives here: tables. What does not: the questions asked of them (``actor``), how values are masked (``masking``).
The one link upward is by name: a membership and a role belong to ``ledgers.Ledger``.
"""

from datetime import date

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .rights import Level, Right, Scope


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

    class Meta:
        verbose_name = verbose_name_plural = _("用户")
        ordering = ["username"]

    def __str__(self):
        return self.display_name or self.username


class Role(models.Model):
    """A bundle of rights, row scopes and field rules in one account set."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="roles", verbose_name=_("账套"))
    code = models.CharField(_("角色编码"), max_length=30)
    name = models.CharField(_("角色名称"), max_length=60)
    rights = models.JSONField(_("功能权限"), default=list, blank=True)
    sensitive_level = models.PositiveSmallIntegerField(
        _("敏感字段"), choices=Level.choices, default=Level.MASKED, help_text=_("电话、银行账号、证件号码、邮箱")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("角色")
        ordering = ["ledger", "code"]
        constraints = [
            models.UniqueConstraint("ledger", "code", name="role_code", violation_error_message=_("角色编码已存在"))
        ]

    def __str__(self):
        return self.name

    def rights_text(self) -> str:
        return "、".join(str(Right(right).label) for right in self.rights if right in Right.values)


class RowScope(models.Model):
    """Which customers a role opens; several scopes of a role add up."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="scopes")
    kind = models.CharField(_("数据范围"), max_length=20, choices=Scope.choices)
    values = models.JSONField(_("范围值"), default=list, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("数据范围")

    def __str__(self):
        return self.get_kind_display()


class FieldRule(models.Model):
    """How much of one catalogue field a role gives."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="field_rules")
    field = models.CharField(_("字段"), max_length=60)
    level = models.PositiveSmallIntegerField(_("权限"), choices=Level.choices)

    class Meta:
        verbose_name = verbose_name_plural = _("字段权限")
        constraints = [models.UniqueConstraint("role", "field", name="one_rule_per_field")]

    def __str__(self):
        return f"{self.field}: {self.get_level_display()}"


class MembershipQuerySet(models.QuerySet):
    def in_force(self, on: date | None = None) -> "MembershipQuerySet":
        """Memberships whose days include ``on`` (today)."""
        day = on or timezone.localdate()
        return self.filter(Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))


class Membership(models.Model):
    """账套授权: this user has this role in this account set, from and until a day."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("用户")
    )
    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="memberships", verbose_name=_("账套"))
    role = models.ForeignKey(Role, models.CASCADE, related_name="memberships", verbose_name=_("角色"))
    starts_on = models.DateField(_("生效日期"), null=True, blank=True)
    ends_on = models.DateField(_("失效日期"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("账套授权")
        constraints = [
            models.UniqueConstraint(
                "user", "ledger", "role", name="one_membership_per_role", violation_error_message=_("该用户已有此角色")
            )
        ]

    def __str__(self):
        return f"{self.user} · {self.role}"


class LoginGuard(models.Model):
    """Attempts to log in under one key within its present window; only ``permissions.login_guard`` writes it.

    Keys are keyed hashes: what somebody typed as a user name may be his password.
    """

    key = models.BigIntegerField(primary_key=True)
    account = models.BigIntegerField(null=True, db_index=True)  # hash of the user name; null where the key has none
    attempts = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = _("登录保护")

    def __str__(self):
        return f"{self.attempts} ≤ {self.ends_at}"
