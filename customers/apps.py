"""客户: customers and their parts, catalogue, numbering, writing, history, duplicates."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("客户")

    def ready(self) -> None:
        """Hand the account sets what they cannot import: beginnings, copying, checks, the wizard's step, settings pages."""
        from ledgers import pages
        from ledgers.services import checking, copying, creating
        from ledgers.wizard import steps

        from . import beginnings
        from .settings.wizard import CustomerStep

        creating.on_activation.append(beginnings.prepare)
        copying.on_copy.append(beginnings.copy)
        checking.more_checks.append(beginnings.check)
        steps.STEPS[3] = CustomerStep(beginnings.default_categories)
        pages.SETTINGS_PAGES += [
            pages.SettingsPage("customer_parameters", _("客户参数"), "adjustments-horizontal", pages.CUSTOMERS, 110),
            pages.SettingsPage("category_list", _("客户分类"), "sitemap", pages.CUSTOMERS, 120),
            pages.SettingsPage("tag_list", _("标签"), "tags", pages.CUSTOMERS, 130),
            pages.SettingsPage("numbering_rule", _("编码规则"), "hash", pages.CUSTOMERS, 140),
        ]
