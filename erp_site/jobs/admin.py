"""Jobs, schedules and workers in the admin: to look at, with a few verbs; nothing is edited by hand."""

from django.contrib import admin, messages
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError

from . import queue
from .models import Job, Schedule, WorkerHeartbeat


class ReadOnlyAdmin(admin.ModelAdmin):
    """List and detail only; actions need the model's change permission."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_operate_permission(self, request):
        """Whether the actions are offered."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "kind",
        "ledger_code",
        "status",
        "percent_text",
        "attempts",
        "created_by",
        "created_at",
        "finished_at",
    ]
    list_filter = ["status", "kind", "ledger_code"]
    list_select_related = ["created_by"]
    search_fields = ["=id", "kind", "ledger_code"]
    exclude = ["params", "unique_key", "log", "result"]  # may name customers, whom no administrator knows
    actions = ["cancel_jobs", "retry_jobs"]

    @admin.display(description=_("进度"))
    def percent_text(self, job: Job) -> str:
        return f"{job.percent}%"

    @admin.action(description=_("取消所选任务"), permissions=["operate"])
    def cancel_jobs(self, request, jobs):
        self._each(request, jobs, queue.cancel)

    @admin.action(description=_("重试所选任务"), permissions=["operate"])
    def retry_jobs(self, request, jobs):
        self._each(request, jobs, queue.retry)

    def _each(self, request, jobs, verb) -> None:
        done = 0
        for job in jobs:
            try:
                verb(job)
                done += 1
            except BusinessError as refusal:
                self.message_user(request, f"{job}：{refusal.message}", messages.WARNING)
        self.message_user(request, _t("已处理 %(count)s 个任务。") % {"count": done})


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ["name", "cron", "job_kind", "ledger_code", "is_enabled", "next_run_at", "last_job"]
    list_filter = ["is_enabled", "job_kind"]
    list_select_related = ["last_job"]
    actions = ["enable", "disable"]

    @admin.action(description=_("启用所选定时任务"), permissions=["operate"])
    def enable(self, request, schedules):
        schedules.update(is_enabled=True)

    @admin.action(description=_("停用所选定时任务"), permissions=["operate"])
    def disable(self, request, schedules):
        schedules.update(is_enabled=False)


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "started_at", "beat_at", "job"]
    list_select_related = ["job"]
