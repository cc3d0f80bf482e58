"""客户: customers and their parts, catalogue, numbering, writing, history, duplicates."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# What may be looked at in a 权限模拟, by name of route. A page is closed until it stands here: nothing personal to the simulated user, no
# file, no setting. The posts only turn what is searched for into an answer.
SIMULATED_PAGES = {
    "dashboard", "customer_list", "customer_detail", "customer_new", "customer_edit", "customer_status", "customer_block",
    "customer_rename", "customer_numbers", "customer_places", "number_lookup", "my_rights",
}  # fmt: skip
SIMULATED_POSTS = {"customer_list", "customer_suggest"}


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("客户")

    def ready(self) -> None:
        """Hand the account sets what they cannot import: beginnings, copying, checks, the wizard's step, settings pages."""
        from ledgers import pages
        from ledgers.access import people, roles, scoping
        from ledgers.access.life import activity, subjects
        from ledgers.services import checking, creating, simulating
        from ledgers.wizard import steps
        from permissions import naming, rights
        from permissions.logs import changes
        from permissions.organisation import following
        from permissions.rights import Right

        from . import beginnings
        from .access import filters, life, sharing
        from .assigning import services as assigning
        from .configuration import registering
        from .fields import formula_inputs, named_fields, sensitive_keys
        from .handover import holdings, selecting
        from .services import pipeline, writing
        from .settings import scopes
        from .settings.wizard import CustomerStep

        registering.register()
        naming.sources.append(named_fields)
        rights.more_sensitive.append(sensitive_keys)
        rights.computed_from.append(formula_inputs)
        creating.on_activation.append(beginnings.prepare)
        checking.more_checks.append(beginnings.check)
        following.holders.append(holdings.CustomerHoldings())
        following.department_uses.append(selecting.sets_of_departments)
        subjects.register(life.CustomersOfSet())
        activity.USES |= life.USES
        for kind in (*scopes.KINDS, filters.KIND):
            scoping.register(kind)
        people.counters.append(scopes.count)
        roles.uses.append(scopes.role_uses)
        changes.KIND_LABELS[sharing.CHANGED] = _("更改共享期限")
        steps.STEPS[3] = CustomerStep(beginnings.default_categories)
        pipeline.more_rules.append(assigning.refuse_kept)
        writing.after_change.append(assigning.after_write)
        simulating.open_pages |= SIMULATED_PAGES
        simulating.open_posts |= SIMULATED_POSTS
        pages.SETTINGS_PAGES += [
            pages.SettingsPage("rights_explain", _("权限说明"), "help", pages.ACCESS, 44, Right.MEMBERS),
            pages.SettingsPage("setup_guide", _("建账指引"), "list-check", pages.LEDGER, 5),
            pages.SettingsPage("assigning_settings", _("集团与分配"), "affiliate", pages.LEDGER, 70),
            pages.SettingsPage("handover_list", _("离职交接"), "switch-horizontal", pages.LEDGER, 45),
            pages.SettingsPage("ledger_logs", _("访问与变更日志"), "history", pages.ACCESS, 51, Right.MEMBERS),
            pages.SettingsPage("customer_parameters", _("客户参数"), "adjustments-horizontal", pages.CUSTOMERS, 110),
            pages.SettingsPage("field_design", _("字段设计"), "columns-3", pages.CUSTOMERS, 115),
            pages.SettingsPage("category_list", _("客户分类"), "sitemap", pages.CUSTOMERS, 120),
            pages.SettingsPage("status_steps", _("合作状态与证照"), "progress", pages.CUSTOMERS, 135),
            pages.SettingsPage("region_list", _("销售区域"), "map-pin", pages.CUSTOMERS, 125),
            pages.SettingsPage("tag_list", _("标签"), "tags", pages.CUSTOMERS, 130),
            pages.SettingsPage("numbering_rule", _("编码规则"), "hash", pages.CUSTOMERS, 140),
        ]
