"""ImportBatch 导入批次, its chunks, and saved mappings.

What lives here: columns and what one row knows of itself. What does not: the way from state to state (``imports.importing``).

A file is staged as chunks of about a thousand rows, packed and encrypted, not as one row per row of the sheet: a million
rows make a thousand small writes. What was found wrong with rows, and what became of them, stands in the chunk as well. A
chunk is committed together with its customers, so a killed worker goes on with the next one.
"""

from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from permissions.rights import Right


class ImportBatchQuerySet(models.QuerySet):
    def of(self, ledger) -> "ImportBatchQuerySet":
        return self.filter(ledger=ledger)

    def visible_to(self, actor) -> "ImportBatchQuerySet":
        """Whoever may import sees his own imports; whoever configures the set sees all of them."""
        rows = self.filter(ledger_id=actor.ledger_id)
        if actor.can(Right.CONFIGURE):
            return rows
        return rows.filter(created_by_id=actor.user_id)


class ImportBatch(models.Model):
    """One file on its way into a set."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("待设置")
        CHECKING = "checking", _("检查中")
        CHECKED = "checked", _("待确认")
        WRITING = "writing", _("导入中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未导入")
        CANCELLED = "cancelled", _("已取消")
        INTERRUPTED = "interrupted", _("已中断，可继续")

    class Mode(models.TextChoices):
        ADD = "add", _("只新增")
        UPDATE = "update", _("只更新")
        UPSERT = "upsert", _("新增或更新")

    class Duplicates(models.TextChoices):
        REPORT = "report", _("照常新增，列出重复")
        SKIP = "skip", _("跳过重复行")
        UPDATE = "update", _("更新已有客户")
        ADD = "add", _("照常新增，不列出")

    class EmptyCells(models.TextChoices):
        KEEP = "keep", _("保留原值")
        CLEAR = "clear", _("清空原值")

    ACTIVE = (State.CHECKING, State.WRITING)
    # A run that has not been heard of for so long is over; chunks take seconds.
    SILENCE = timedelta(minutes=2)

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("导入人")
    )
    created_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    door = models.CharField(_("入口"), max_length=10)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.UPLOADED)
    error = models.CharField(_("原因"), max_length=500, blank=True)

    file_name = models.CharField(_("文件名"), max_length=200)
    file_size = models.PositiveBigIntegerField(_("文件大小"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    stored_name = models.CharField(max_length=100, blank=True)
    inspection = models.BinaryField(null=True, editable=False)  # packed FileInfo: it holds rows of the file

    kind = models.CharField(_("格式"), max_length=8, blank=True)
    sheet = models.CharField(_("工作表"), max_length=100, blank=True)
    heading_rows = models.JSONField(_("标题行"), default=list)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    delimiter = models.CharField(_("分隔符"), max_length=1, blank=True)
    # One entry per column of the sheet, in its order: {"heading": "客户名称", "field": "name" or ""}.
    columns = models.JSONField(_("列对应"), default=list)

    mode = models.CharField(_("方式"), max_length=6, choices=Mode.choices, default=Mode.ADD)
    match = models.CharField(_("匹配依据"), max_length=50, default="number")
    duplicates = models.CharField(_("重复"), max_length=6, choices=Duplicates.choices, default=Duplicates.REPORT)
    empty_cells = models.CharField(_("空单元格"), max_length=5, choices=EmptyCells.choices, default=EmptyCells.KEEP)
    all_or_nothing = models.BooleanField(_("全部成功才导入"), default=False)
    batch_size = models.PositiveIntegerField(_("每批行数"), default=1000)
    reason = models.CharField(_("原因"), max_length=200, blank=True)

    rows = models.PositiveBigIntegerField(_("行数"), default=0)
    is_staged = models.BooleanField(default=False)  # the check has read the whole file into chunks
    counts = models.JSONField(_("计数"), default=dict)
    checks = models.JSONField(_("数据校验"), default=dict, encoder=DjangoJSONEncoder)
    seconds = models.FloatField(_("用时（秒）"), default=0)
    change_batch = models.OneToOneField(
        "customers.ChangeBatch", models.PROTECT, null=True, blank=True, related_name="import_batch"
    )
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    # Who works on it now: every chunk is committed only while this still is the committing run's own token.
    run_token = models.CharField(max_length=32, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入批次")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["ledger", "-id"], name="import_of_ledger"),
            models.Index(fields=["ledger", "sha256"], name="import_same_file"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.file_name}"

    def get_absolute_url(self) -> str:
        return reverse("import_detail", args=[self.ledger.code, self.pk])

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can still change."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def is_running(self) -> bool:
        """Whether somebody is working on it: a waiting or running job, or a command heard of lately."""
        if self.state not in self.ACTIVE:
            return False
        if self.job:
            return not self.job.is_finished
        return bool(self.heard_at and self.heard_at > timezone.now() - self.SILENCE)

    @property
    def mapped(self) -> dict[int, str]:
        """index of the sheet's column → field key, mapped columns only."""
        return {index: column["field"] for index, column in enumerate(self.columns) if column["field"]}

    def count(self, key: str) -> int:
        """One of the counts of the report; 0 before it is known."""
        return self.counts.get(key, 0)


class ImportChunk(models.Model):
    """About a thousand rows of a file, with what was found and what became of them."""

    class Status(models.TextChoices):
        CHECKED = "checked", _("已检查")
        WRITTEN = "written", _("已写入")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    first_row = models.PositiveBigIntegerField()
    last_row = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.CHECKED)
    payload = models.BinaryField()  # the typed rows; once written, only those that were refused
    findings = models.BinaryField(null=True)  # what speaks for or against single rows
    keys = models.BinaryField(null=True)  # keyed hashes of identifying values with their row numbers
    counts = models.JSONField(default=dict)  # of rows, by what became of them; and sums over the added ones

    class Meta:
        verbose_name = verbose_name_plural = _("导入分块")
        ordering = ["batch", "index"]
        constraints = [models.UniqueConstraint("batch", "index", name="import_chunk_once")]

    def __str__(self):
        return f"{self.batch_id}/{self.index}"


class ImportMapping(models.Model):
    """映射方案: which heading means which field, kept under a name for the next file of the same kind."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="import_mappings")
    name = models.CharField(_("方案名称"), max_length=60)
    columns = models.JSONField(_("列对应"), default=dict)  # {heading: field key}
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(_("修改时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("映射方案")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "name", name="import_mapping_name", violation_error_message=_("已有同名的映射方案")
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="import_mapping_named", violation_error_message=_("请填写方案名称")
            ),
        ]

    def __str__(self):
        return self.name
