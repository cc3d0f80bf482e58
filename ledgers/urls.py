"""Routes of account sets: the list and the wizard under ``/ledgers/``, the settings under ``/l/<ledger>/settings/``."""

from django.urls import include, path

from .access.life import urls as life
from .views import calendar, compare, lists, money, settings, simulation, wizard

settings_patterns = [
    path("", settings.ledger_settings, name="ledger_settings"),
    path("periods/", calendar.ledger_periods, name="ledger_periods"),
    path("periods/create/", calendar.period_create, name="period_create"),
    path("periods/<int:pk>/close/", calendar.period_close, name="period_close"),
    path("periods/<int:pk>/reopen/", calendar.period_reopen, name="period_reopen"),
    path("currencies/", money.ledger_currencies, name="ledger_currencies"),
    path("currencies/<str:code>/remove/", money.currency_remove, name="currency_remove"),
    path("rates/", money.rate_add, name="rate_add"),
    path("rates/import/", money.rate_import, name="rate_import"),
    path("conversion/", money.conversion_save, name="conversion_save"),
    path("rates/<int:pk>/remove/", money.rate_remove, name="rate_remove"),
    path("", include("ledgers.access.urls")),
    path("", include(life.settings_patterns)),
    path("state/", settings.ledger_state, name="ledger_state"),
    path("compare/", compare.ledger_compare, name="ledger_compare"),
    path("compare/apply/", compare.compare_apply, name="compare_apply"),
    path("compare/file/", compare.configuration_file, name="configuration_file"),
    path("health/", settings.ledger_health, name="ledger_health"),
    path("simulation/", simulation.simulation_start, name="simulation_start"),
]

urlpatterns = [
    path("ledgers/", lists.ledger_list, name="ledger_list"),
    path("ledgers/new/", wizard.ledger_new, name="ledger_new"),
    path("ledgers/preflight/", wizard.ledger_preflight, name="ledger_preflight"),
    path("ledgers/check/<str:what>/", wizard.name_check, name="ledger_name_check"),
    path("ledgers/periods-preview/", wizard.period_preview, name="ledger_period_preview"),
    path("ledgers/<slug:code>/setup/<int:step>/", wizard.ledger_wizard, name="ledger_wizard"),
    path("ledgers/<slug:code>/delete/", lists.draft_delete, name="ledger_draft_delete"),
    path("l/<slug:ledger>/simulation/stop/", simulation.simulation_stop, name="simulation_stop"),
    path("l/<slug:ledger>/settings/", include(settings_patterns)),
    path("l/<slug:ledger>/access/", include(life.access_patterns)),
]
