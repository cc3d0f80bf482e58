"""Who may: users, departments, roles, memberships, row scopes, field rules, masking, the Actor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PermissionsConfig(AppConfig):
    name = "permissions"
    verbose_name = _("权限")
