"""Who may: users, departments, roles, memberships, row scopes, field rules, masking, the Actor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PermissionsConfig(AppConfig):
    name = "permissions"
    verbose_name = _("权限")

    def ready(self) -> None:
        """Groups of the installation's duties are mended after an upgrade."""
        from django.db.models.signals import post_migrate

        from . import duties

        post_migrate.connect(duties.mend_groups, sender=self)
