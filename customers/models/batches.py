"""ChangeBatch and Event: who wrote what, why, and what the world is told of it.

Every history row points to a batch; undo and the time machine read nothing else.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeBatch(models.Model):
    """One act of writing: a saved form, an import, a batch edit."""

    class Kind(models.TextChoices):
        EDIT = "edit", _("页面编辑")
        IMPORT = "import", _("导入")
        COMMAND = "command", _("命令")
        DEMO = "demo", _("演示数据")
        UNDO = "undo", _("撤销")
        RENUMBER = "renumber", _("改号")
        SETTINGS = "settings", _("设置变更")
        TRANSFER = "transfer", _("移交")
        ASSIGN = "assign", _("分配")
        REMOVE = "remove", _("删除")
        SHARE = "share", _("共享")

    class State(models.TextChoices):
        OPEN = "open", _("进行中")
        DONE = "done", _("完成")
        CANCELLED = "cancelled", _("已取消")

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, related_name="batches")
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DONE)
    door = models.CharField(_("入口"), max_length=10)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("操作人"),
        help_text=_("空为系统"),
    )
    # Whose rights or rows it needed, of a colleague who was away.
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代理")
    )
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    request_id = models.CharField(_("请求号"), max_length=64, blank=True)
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    customers_added = models.PositiveIntegerField(_("新增"), default=0)
    customers_changed = models.PositiveIntegerField(_("修改"), default=0)
    customers_removed = models.PositiveIntegerField(_("删除"), default=0)
    undone_by = models.OneToOneField("self", models.SET_NULL, null=True, blank=True, related_name="undoes")

    class Meta:
        verbose_name = verbose_name_plural = _("批次")
        indexes = [
            models.Index(fields=["ledger", "-id"], name="batch_of_ledger"),
            # Asked by every list: which batches are still open, so that their customers stay out of sight.
            models.Index(fields=["ledger"], condition=models.Q(state="open"), name="batch_open"),
            models.Index(
                fields=["ledger", "at"], condition=models.Q(customers_removed__gt=0), name="batch_with_removals"
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_kind_display()}"


class Event(models.Model):
    """An immutable row of the business log, written in the transaction of what it tells; also the outbox."""

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="+")
    batch = models.ForeignKey(ChangeBatch, models.PROTECT, db_index=False, related_name="events")
    customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    # Names of the fields that changed; values stand in history alone, encrypted where they are sensitive.
    fields = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("业务日志")
        indexes = [
            models.Index(fields=["customer_id", "id"], name="event_of_customer"),
            # Undo and mass edits walk a batch by customer, a chunk at a time.
            models.Index(fields=["batch", "customer_id"], name="event_of_batch"),
        ]

    def __str__(self):
        return f"{self.kind} {self.customer_id}"
