"""客户: customers and their parts, catalogue, numbering, writing, history, duplicates."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("客户")

    def ready(self) -> None:
        """Hand the account sets what they cannot import: beginnings, copying, checks, the wizard's step, settings pages."""
        from ledgers import pages
        from ledgers.services import checking, creating
        from ledgers.wizard import steps
        from permissions import naming, rights
        from permissions.organisation import following

        from . import beginnings
        from .assigning import services as assigning
        from .configuration import registering
        from .fields import formula_inputs, named_fields, sensitive_keys
        from .handover import holdings, selecting
        from .services import pipeline, writing
        from .settings.wizard import CustomerStep

        registering.register()
        naming.sources.append(named_fields)
        rights.more_sensitive.append(sensitive_keys)
        rights.computed_from.append(formula_inputs)
        creating.on_activation.append(beginnings.prepare)
        checking.more_checks.append(beginnings.check)
        following.holders.append(holdings.CustomerHoldings())
        following.department_uses.append(selecting.sets_of_departments)
        steps.STEPS[3] = CustomerStep(beginnings.default_categories)
        pipeline.more_rules.append(assigning.refuse_kept)
        writing.after_change.append(assigning.after_write)
        pages.SETTINGS_PAGES += [
            pages.SettingsPage("setup_guide", _("建账指引"), "list-check", pages.LEDGER, 5),
            pages.SettingsPage("assigning_settings", _("集团与分配"), "affiliate", pages.LEDGER, 70),
            pages.SettingsPage("handover_list", _("离职交接"), "switch-horizontal", pages.LEDGER, 45),
            pages.SettingsPage("customer_parameters", _("客户参数"), "adjustments-horizontal", pages.CUSTOMERS, 110),
            pages.SettingsPage("field_design", _("字段设计"), "columns-3", pages.CUSTOMERS, 115),
            pages.SettingsPage("category_list", _("客户分类"), "sitemap", pages.CUSTOMERS, 120),
            pages.SettingsPage("status_steps", _("合作状态与证照"), "progress", pages.CUSTOMERS, 135),
            pages.SettingsPage("region_list", _("销售区域"), "map-pin", pages.CUSTOMERS, 125),
            pages.SettingsPage("tag_list", _("标签"), "tags", pages.CUSTOMERS, 130),
            pages.SettingsPage("numbering_rule", _("编码规则"), "hash", pages.CUSTOMERS, 140),
        ]
