"""Roles of an account set: rights, row scopes, field rules.

The one link upward is by name: a role belongs to ``ledgers.Ledger``.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..rights import Level, Right, Scope


class Role(models.Model):
    """A bundle of rights, row scopes and field rules in one account set."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="roles", verbose_name=_("账套"))
    code = models.CharField(_("角色编码"), max_length=30)
    name = models.CharField(_("角色名称"), max_length=60)
    description = models.CharField(_("说明"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级角色")
    )
    rights = models.JSONField(_("功能权限"), default=list, blank=True)
    denied = models.JSONField(_("明确禁止"), default=list, blank=True)
    sensitive_level = models.PositiveSmallIntegerField(
        _("敏感字段"), choices=Level.choices, default=Level.MASKED, help_text=_("电话、银行账号、证件号码、邮箱")
    )
    is_active = models.BooleanField(_("启用"), default=True)
    # guardian shares a customer with a group; the role's own is made when something is first shared with the role.
    group = models.OneToOneField("auth.Group", models.SET_NULL, null=True, blank=True, editable=False)

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
    """Which customers a role opens, or takes away whatever else opens them; several scopes of a role add up."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="scopes")
    kind = models.CharField(_("数据范围"), max_length=20, choices=Scope.choices)
    values = models.JSONField(_("范围值"), default=list, blank=True)
    is_denied = models.BooleanField(_("排除"), default=False)

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
