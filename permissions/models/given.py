"""What is given to whom, from and until a day: memberships, roles of departments, personal exceptions, delegations."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..rights import Level
from .organisation import Department
from .roles import Role


class DatedQuerySet(models.QuerySet):
    def in_force(self, on: date | None = None) -> "DatedQuerySet":
        """What holds on a day (today); a missing first or last day sets no bound."""
        day = on or timezone.localdate()
        return self.filter(Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))


class Dated(models.Model):
    """Something given from and until a day."""

    starts_on = models.DateField(_("生效日期"), null=True, blank=True)
    ends_on = models.DateField(_("失效日期"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True


class Membership(Dated):
    """账套授权: this user has this role in this account set, from and until a day."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("用户")
    )
    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="memberships", verbose_name=_("账套"))
    role = models.ForeignKey(Role, models.CASCADE, related_name="memberships", verbose_name=_("角色"))

    class Meta:
        verbose_name = verbose_name_plural = _("账套授权")
        constraints = [
            models.UniqueConstraint(
                "user", "ledger", "role", name="one_membership_per_role", violation_error_message=_("该用户已有此角色")
            )
        ]

    def __str__(self):
        return f"{self.user} · {self.role}"


class DepartmentRole(Dated):
    """部门授权: everybody in a department, and below it if wanted, has this role; he who moves away loses it."""

    ledger = models.ForeignKey(
        "ledgers.Ledger", models.CASCADE, related_name="department_roles", verbose_name=_("账套")
    )
    department = models.ForeignKey(Department, models.CASCADE, related_name="roles", verbose_name=_("部门"))
    role = models.ForeignKey(Role, models.CASCADE, related_name="department_roles", verbose_name=_("角色"))
    with_below = models.BooleanField(_("含下级部门"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("部门授权")
        constraints = [
            models.UniqueConstraint(
                "department", "role", name="one_role_per_department", violation_error_message=_("该部门已有此角色")
            )
        ]

    def __str__(self):
        return f"{self.department} · {self.role}"


class Override(Dated):
    """个人例外: a right or a field that one person expressly has, or expressly has not, whatever his roles say."""

    class Kind(models.TextChoices):
        RIGHT = "right", _("功能权限")
        FIELD = "field", _("字段权限")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="overrides", verbose_name=_("用户"))
    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="overrides", verbose_name=_("账套"))
    kind = models.CharField(_("种类"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("权限或字段"), max_length=60)
    is_denied = models.BooleanField(_("禁止"), default=False)
    # Of a field: at least this level when it is given, at most this level when it is denied.
    level = models.PositiveSmallIntegerField(_("级别"), choices=Level.choices, default=Level.READ)
    reason = models.CharField(_("原因"), max_length=200)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("个人例外")
        constraints = [models.UniqueConstraint("user", "ledger", "kind", "key", "is_denied", name="one_override_each")]

    def __str__(self):
        return f"{self.user} · {self.key}"


class Delegation(Dated):
    """代理: somebody stands in for a colleague who is away, with the rights that are passed on, until a day. Never passed on further."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="delegations", verbose_name=_("账套"))
    delegator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="delegations_given", verbose_name=_("委托人")
    )
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="delegations_taken", verbose_name=_("代理人")
    )
    rights = models.JSONField(_("代理的权限"), default=list)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("代理")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__isnull=False), name="delegation_ends"),
            models.CheckConstraint(condition=~Q(delegator=models.F("delegate")), name="delegation_to_another"),
        ]

    def __str__(self):
        return f"{self.delegator} → {self.delegate}"
