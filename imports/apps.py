"""Everything that crosses the border: reading files, import, export."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("导入导出")

    def ready(self) -> None:
        """Hand the customers' oracle what only this app can check."""
        from customers.services import invariants

        from .invariants import check

        invariants.CHECKS.append(check)
