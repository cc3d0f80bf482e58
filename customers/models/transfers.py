"""移交: customers that pass to another person or department in the background.

What lives here: the slip, with what was chosen and how far it is. What does not: choosing and writing (``customers.handover``).
"""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Transfer(models.Model):
    """One slip: which customers of a set (by owner, department, category, province) get which owner or department.

    While it runs its job knows how far it is; once it is over the figures stand here, because old jobs are cleared away.
    """

    class Kind(models.TextChoices):
        LEAVER = "leaver", _("离职交接")
        MOVE = "move", _("人员调动")
        DEPARTMENT = "department", _("部门合并")

    class State(models.TextChoices):
        RUNNING = "running", _("执行中")
        DONE = "done", _("已完成")
        STOPPED = "stopped", _("已停止")
        FAILED = "failed", _("失败")

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, related_name="transfers", db_index=False)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.RUNNING)
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("移交人")
    )
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("接收人")
    )
    from_department = models.ForeignKey(
        "permissions.Department", models.PROTECT, null=True, related_name="+", verbose_name=_("原部门")
    )
    to_department = models.ForeignKey(
        "permissions.Department", models.PROTECT, null=True, related_name="+", verbose_name=_("新部门")
    )
    # Empty lists mean all; 0 and "" stand for customers without a category or province.
    categories = models.JSONField(_("客户分类"), default=list)
    provinces = models.JSONField(_("省份"), default=list)
    reason = models.CharField(_("原因"), max_length=200)
    batch = models.OneToOneField("customers.ChangeBatch", models.PROTECT, null=True, related_name="transfer")
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+", verbose_name=_("后台任务"))
    total = models.PositiveIntegerField(_("客户数"), default=0)
    moved = models.PositiveIntegerField(_("已移交"), default=0)
    refused = models.PositiveIntegerField(_("未移交"), default=0)
    # The first refused ones: [{"customer": number, "message": …}].
    faults = models.JSONField(default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("办理人")
    )
    at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("客户移交")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["ledger", "-id"], name="transfer_of_ledger")]

    def __str__(self):
        return f"{self.get_kind_display()} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("handover_transfer", args=[self.ledger.code, self.pk])

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING
