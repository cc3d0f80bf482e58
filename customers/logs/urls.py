"""Routes under /l/<ledger>/settings/logs/."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.ledger_logs, name="ledger_logs"),
    path("unusual/", views.ledger_log_unusual, name="ledger_log_unusual"),
    path("<slug:log>/", views.ledger_logs, name="ledger_log"),
    path("<slug:log>/<slug:format>/", views.ledger_log_file, name="ledger_log_file"),
]
