"""Everything that crosses the border: reading files, import, export."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("导入导出")

    def ready(self) -> None:
        """Hand the customers' oracle what only this app can check, and the settings their page."""
        from customers.services import invariants
        from ledgers.pages import ACCESS, SETTINGS_PAGES, SettingsPage
        from permissions.rights import Right

        from .invariants import check

        invariants.CHECKS.append(check)
        SETTINGS_PAGES.append(SettingsPage("rights_matrix", _("权限矩阵"), "table", ACCESS, 45, Right.MEMBERS))
