"""Tables of the job layer.

What lives here: columns, what the database enforces, questions about one row. What does not: transitions between states
(``queue`` for people, ``claims`` for workers); nothing else may write ``Job.status``.
"""

from cronsim import CronSim, CronSimError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class JobQuerySet(models.QuerySet):
    """Sets of jobs."""

    def due(self) -> "JobQuerySet":
        """Queued and allowed to start now."""
        return self.filter(Q(run_after=None) | Q(run_after__lte=timezone.now()), status=Job.Status.QUEUED)

    def active(self) -> "JobQuerySet":
        """Not yet at an end."""
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def finished(self) -> "JobQuerySet":
        """At an end, good or bad."""
        return self.exclude(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])


class Job(models.Model):
    """One piece of background work: what was asked by whom, how far it is, how it ended."""

    class Status(models.TextChoices):
        QUEUED = "QUEUED", _("排队中")
        RUNNING = "RUNNING", _("运行中")
        SUCCEEDED = "SUCCEEDED", _("已完成")
        FAILED = "FAILED", _("失败")
        CANCELLED = "CANCELLED", _("已取消")

    LOG_LIMIT = 20_000  # characters kept of a log; older lines go first

    kind = models.CharField(_("任务类型"), max_length=60)
    ledger_code = models.CharField(_("账套编码"), max_length=40, blank=True)
    params = models.JSONField(_("参数"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    unique_key = models.CharField(_("去重键"), max_length=120, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress_done = models.PositiveBigIntegerField(_("已处理"), default=0)
    progress_total = models.PositiveBigIntegerField(_("总数"), default=0)
    message = models.CharField(_("进度说明"), max_length=300, blank=True)
    attempts = models.PositiveIntegerField(_("已尝试次数"), default=0)
    max_attempts = models.PositiveIntegerField(_("最多尝试次数"), default=3)
    run_after = models.DateTimeField(_("最早开始时间"), null=True, blank=True)
    lease_until = models.DateTimeField(_("占用到期"), null=True, blank=True)
    fencing_token = models.PositiveBigIntegerField(_("占用令牌"), default=0)
    heartbeat_at = models.DateTimeField(_("最近心跳"), null=True, blank=True)
    worker = models.CharField(_("执行进程"), max_length=120, blank=True)
    cancel_requested = models.BooleanField(_("已要求取消"), default=False)
    log = models.TextField(_("日志"), blank=True)
    result = models.JSONField(_("结果"), null=True, blank=True, encoder=DjangoJSONEncoder)
    error = models.CharField(_("错误"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("提交人")
    )
    created_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("后台任务")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "run_after"], name="job_status_due"),
            models.Index(fields=["ledger_code", "kind", "-created_at"], name="job_ledger_recent"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                condition=Q(status__in=["QUEUED", "RUNNING"]) & ~Q(unique_key=""),
                name="job_one_active_per_key",
                violation_error_message=_("相同的任务已经在排队或运行。"),
            )
        ]

    def __str__(self):
        return f"{self.kind} #{self.pk}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.status not in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def percent(self) -> int:
        """Progress from 0 to 100; 0 while the total is not known."""
        if self.status == self.Status.SUCCEEDED:
            return 100
        return min(100, self.progress_done * 100 // self.progress_total) if self.progress_total else 0


class Schedule(models.Model):
    """A job that is enqueued again and again, at the times of a cron line."""

    name = models.CharField(_("名称"), max_length=80, unique=True)
    cron = models.CharField(
        _("时间表达式"), max_length=80, help_text=_("分 时 日 月 星期，例如 30 2 * * * 表示每天 02:30")
    )
    job_kind = models.CharField(_("任务类型"), max_length=60)
    ledger_code = models.CharField(_("账套编码"), max_length=40, blank=True)
    params = models.JSONField(_("参数"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    is_enabled = models.BooleanField(_("启用"), default=True)
    next_run_at = models.DateTimeField(_("下次运行"), null=True, blank=True)
    last_job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("最近任务")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("定时任务")
        ordering = ["name"]
        indexes = [models.Index(fields=["is_enabled", "next_run_at"], name="schedule_due")]

    def __str__(self):
        return self.name

    def clean(self):
        try:
            CronSim(self.cron, timezone.localtime())
        except CronSimError:
            message = _("时间表达式“%(cron)s”无效。请按“分 时 日 月 星期”填写，例如 30 2 * * * 表示每天 02:30。")
            raise ValidationError({"cron": message % {"cron": self.cron}}) from None


class WorkerHeartbeat(models.Model):
    """A sign of life of one worker process."""

    name = models.CharField(_("进程"), max_length=120, unique=True)
    started_at = models.DateTimeField(_("启动时间"))
    beat_at = models.DateTimeField(_("最近心跳"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("正在执行"))

    class Meta:
        verbose_name = verbose_name_plural = _("工作进程")
        ordering = ["name"]

    def __str__(self):
        return self.name
