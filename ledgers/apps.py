"""账套: ledgers, periods, currencies, parameters; which ledger a request is about."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = _("账套")

    def ready(self) -> None:
        from erp_site.shared import errors
        from permissions.logs import changes
        from permissions.organisation import following

        from . import refusals
        from .access import scoping
        from .access.life import kinds as life_kinds
        from .access.life import leaving
        from .services import coding, configuration, leavers, sections
        from .wizard import own, steps

        checks.register(coding.check_setting)
        for section in sections.OWN:
            configuration.register(section)
        following.objections_to_leaving.append(leavers.objections)
        following.on_leaving.append(leavers.end_memberships)
        following.department_uses.append(leavers.sets_of_departments)
        following.on_leaving.append(leaving.end_everywhere)
        following.also_ends.append(leaving.told)
        changes.KIND_LABELS |= life_kinds.LABELS
        following.on_absorbing.append(scoping.follow_department)
        errors.about_refusals.append(refusals.about)
        steps.STEPS |= {1: own.BasicsStep(), 2: own.CalendarStep(), 4: own.MembersStep()}
