"""The job app: loads every app's handlers and arms failpoints once all apps are there."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "erp_site.jobs"
    label = "jobs"
    verbose_name = _("后台任务")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from erp_site.shared import failpoints

        from . import handlers  # noqa: F401  registers the kinds of this app

        failpoints.configure()
        autodiscover_modules("jobs")
