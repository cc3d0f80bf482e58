"""账套: ledgers, periods, currencies, parameters; which ledger a request is about."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = _("账套")

    def ready(self) -> None:
        from .wizard import own, steps

        steps.STEPS |= {1: own.BasicsStep(), 2: own.CalendarStep(), 4: own.MembersStep()}
