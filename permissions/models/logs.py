"""What was looked at, which rights changed, who logged in: rows that are only ever added.

What lives here: tables and their indexes. What does not: writing them (``permissions.logs``), the triggers that keep them as they were
(``permissions.logs.protection``).

People and sets are named by id and, for people, by the login's name of that moment: a log outlives what it speaks of, so its
references bind nothing and nothing that is deleted changes a line.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def _reference(to: str, label, **more) -> models.ForeignKey:
    """A reference that keeps its number whatever becomes of the row."""
    return models.ForeignKey(
        to,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=label,
        **more,
    )


class Record(models.Model):
    """One line of a log."""

    at = models.DateTimeField(_("时间"), default=timezone.now)
    request_id = models.CharField(_("请求编号"), max_length=64, blank=True)

    class Meta:
        abstract = True


class AccessRecord(Record):
    """访问日志: who looked at, searched, exported or printed, and who was refused. Never what he searched for, never a value.

    ``object_id`` is a customer; ``count`` how many customers an export or a search was about; ``detail`` names fields, pages and conditions.
    """

    class Kind(models.TextChoices):
        VIEW = "view", _("查看客户")
        SENSITIVE = "sensitive", _("查看敏感字段")
        HISTORY = "history", _("查看变更历史")
        SEARCH = "search", _("查询")
        BROWSE = "browse", _("翻阅列表")
        REVEAL = "reveal", _("显示完整内容")
        EXPORT = "export", _("导出")
        DOWNLOAD = "download", _("下载文件")
        PRINT = "print", _("打印")
        REFUSED = "refused", _("被拒绝（无权限）")
        MISSING = "missing", _("被拒绝（不可见）")
        SIMULATE = "simulate", _("权限模拟")
        LOG_EXPORT = "log_export", _("导出日志")

    user = _reference(settings.AUTH_USER_MODEL, _("用户"))
    username = models.CharField(_("用户名"), max_length=150, blank=True)
    ledger = _reference("ledgers.Ledger", _("账套"))
    kind = models.CharField(_("操作"), max_length=12, choices=Kind.choices)
    object_id = models.BigIntegerField(_("客户 ID"), null=True)
    count = models.PositiveIntegerField(_("数量"), null=True)
    detail = models.CharField(_("说明"), max_length=300, blank=True)
    door = models.CharField(_("入口"), max_length=10, blank=True)
    address = models.CharField(_("IP 地址"), max_length=45, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("访问日志")
        indexes = [
            models.Index("at", name="access_at"),
            models.Index("user", "at", name="access_user"),
            models.Index("kind", "at", name="access_kind"),
            models.Index("ledger", "at", name="access_ledger"),
            models.Index("ledger", "kind", "at", name="access_ledger_kind"),
            models.Index("object_id", "at", name="access_object", condition=Q(object_id__isnull=False)),
        ]

    def __str__(self):
        return f"{self.username} {self.kind}"


class RightChange(Record):
    """权限变更日志: what was given to whom or taken from whom, by whom; written in the transaction of the act."""

    class Kind(models.TextChoices):
        MEMBER_ADDED = "member_added", _("增加成员")
        MEMBER_CHANGED = "member_changed", _("修改成员")
        MEMBER_REMOVED = "member_removed", _("移除成员")
        ROLE_ADDED = "role_added", _("新建角色")
        ROLE_CHANGED = "role_changed", _("修改角色")
        ROLE_REMOVED = "role_removed", _("删除角色")
        DEPARTMENT_ROLE_ADDED = "department_role_added", _("部门授权")
        DEPARTMENT_ROLE_REMOVED = "department_role_removed", _("取消部门授权")
        OVERRIDE_ADDED = "override_added", _("个人例外")
        OVERRIDE_REMOVED = "override_removed", _("取消个人例外")
        SHARE_ADDED = "share_added", _("共享客户")
        SHARE_REMOVED = "share_removed", _("取消共享")
        DELEGATION_ADDED = "delegation_added", _("代理")
        DELEGATION_REMOVED = "delegation_removed", _("结束代理")
        USER_ADDED = "user_added", _("新建用户")
        USER_CHANGED = "user_changed", _("修改用户")
        USER_UNLOCKED = "user_unlocked", _("解除登录锁定")
        DUTY_CHANGED = "duty_changed", _("职责变更")
        SEPARATION = "separation", _("三员分立设置")
        ORGANISATION = "organisation", _("组织架构")

    ledger = _reference("ledgers.Ledger", _("账套"))
    kind = models.CharField(_("操作"), max_length=30)  # upper apps have kinds of their own
    by = _reference(settings.AUTH_USER_MODEL, _("操作人"))
    by_name = models.CharField(_("操作人用户名"), max_length=150, blank=True)  # empty: the system
    user = _reference(settings.AUTH_USER_MODEL, _("对象用户"))
    user_name = models.CharField(_("对象用户名"), max_length=150, blank=True)
    role_id = models.BigIntegerField(_("角色 ID"), null=True)
    role_name = models.CharField(_("角色"), max_length=60, blank=True)
    detail = models.CharField(_("说明"), max_length=500, blank=True)
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("权限变更日志")
        indexes = [
            models.Index("at", name="change_at"),
            models.Index("ledger", "at", name="change_ledger"),
            models.Index("by", "at", name="change_by"),
            models.Index("user", "at", name="change_user"),
            models.Index("kind", "at", name="change_kind"),
        ]

    def __str__(self):
        return f"{self.by_name} {self.kind}"


class LoginRecord(Record):
    """登录日志. A name that belongs to nobody is not kept: what somebody typed there may be his password."""

    class Kind(models.TextChoices):
        SUCCESS = "success", _("登录成功")
        FAILURE = "failure", _("登录失败")
        LOCKED = "locked", _("尝试过多被拒绝")
        LOGOUT = "logout", _("退出")
        PASSWORD = "password", _("修改密码")
        PASSWORD_FAILURE = "password_failure", _("修改密码失败")

    kind = models.CharField(_("结果"), max_length=16, choices=Kind.choices)
    user = _reference(settings.AUTH_USER_MODEL, _("用户"))
    username = models.CharField(_("用户名"), max_length=150, blank=True)  # empty: nobody has the name that was typed
    address = models.CharField(_("IP 地址"), max_length=45, blank=True)
    agent = models.CharField(_("浏览器"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("登录日志")
        indexes = [
            models.Index("at", name="login_at"),
            models.Index("user", "at", name="login_user"),
            models.Index("kind", "at", name="login_kind"),
            models.Index("address", "at", name="login_address"),
        ]

    def __str__(self):
        return f"{self.username} {self.kind}"
