"""账套: ledgers, periods, currencies, parameters; which ledger a request is about."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = _("账套")

    def ready(self) -> None:
        from permissions.organisation import following

        from .services import coding, configuration, leavers, sections
        from .wizard import own, steps

        checks.register(coding.check_setting)
        for section in sections.OWN:
            configuration.register(section)
        following.objections_to_leaving.append(leavers.objections)
        following.on_leaving.append(leavers.end_memberships)
        following.department_uses.append(leavers.sets_of_departments)
        steps.STEPS |= {1: own.BasicsStep(), 2: own.CalendarStep(), 4: own.MembersStep()}
