"""ExportJob: one export, asked for by whom, of what, and the file that came of it.

What lives here: columns and what one row knows of itself; the rows stay as the log of exports after the files are gone. What
does not: making, giving out and removing files (``imports.exports``).
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp_site.shared.crypto import EncryptedTextField


class ExportJobQuerySet(models.QuerySet):
    def visible_to(self, actor) -> "ExportJobQuerySet":
        """A person's own exports in the set, and nobody else's: a file shows what its owner may see."""
        return self.filter(ledger_id=actor.ledger_id, by_id=actor.user_id) if actor.user_id else self.none()

    def recent(self, days: int = 30) -> "ExportJobQuerySet":
        return self.filter(created_at__gte=timezone.now() - timedelta(days=days))

    def under_way(self) -> "ExportJobQuerySet":
        """Waiting in the queue or being written."""
        return self.filter(finished_at=None, job__status__in=["QUEUED", "RUNNING"])


class ExportJob(models.Model):
    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel 工作簿（.xlsx）")
        CSV = "csv", _("CSV 文本（.csv）")

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, related_name="+", verbose_name=_("账套"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("导出人"),
        help_text=_("空为系统"),
    )  # fmt: skip
    format = models.CharField(_("格式"), max_length=4, choices=Format.choices, default=Format.XLSX)
    fields = models.JSONField(_("字段"), default=list)
    # What was asked for, as the list's query string; it may hold phone numbers, so it is emptied once the file is there.
    query = EncryptedTextField(blank=True, context="export_job.query")
    conditions = models.CharField(_("范围"), max_length=500, blank=True)
    # The scopes and field levels under which the file was made; a file made under wider rights than today's is not given out.
    rights = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    size = models.PositiveBigIntegerField(_("大小（字节）"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    path = models.CharField(_("文件"), max_length=100, blank=True, help_text=_("空为已删除，或不保存在服务器上"))
    job = models.ForeignKey(
        "jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("后台任务")
    )
    created_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    expires_at = models.DateTimeField(_("失效时间"), null=True, blank=True)
    downloads = models.PositiveIntegerField(_("下载次数"), default=0)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导出记录")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["ledger", "by", "-id"], name="export_of_user"),
            models.Index(fields=["expires_at"], condition=~models.Q(path=""), name="export_with_file"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_format_display()}"

    @property
    def is_available(self) -> bool:
        """Whether there is a file that may still be fetched."""
        return bool(self.path) and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def is_under_way(self) -> bool:
        return self.finished_at is None and self.job is not None and not self.job.is_finished

    @property
    def filename(self) -> str:
        """The name under which the file is saved at the user's; holds nothing that a user typed."""
        at = timezone.localtime(self.finished_at or self.created_at)
        return f"{self.ledger.code}-customers-{at:%Y%m%d-%H%M}.{self.format}"
