"""Routes of import, below ``/l/<ledger>/imports/``."""

from django.urls import path

from .views import files, running, starting

urlpatterns = [
    path("", starting.import_list, name="import_list"),
    path("new/", starting.import_new, name="import_new"),
    path("template.xlsx", files.import_template, name="import_template"),
    path("mappings/<int:mapping>/delete/", starting.mapping_delete, name="import_mapping_delete"),
    path("<int:pk>/", running.import_detail, name="import_detail"),
    path("<int:pk>/setup/", starting.import_setup, name="import_setup"),
    path("<int:pk>/layout/", starting.import_layout, name="import_layout"),
    path("<int:pk>/check/", running.import_check, name="import_check"),
    path("<int:pk>/confirm/", running.import_confirm, name="import_confirm"),
    path("<int:pk>/progress/", running.import_progress, name="import_progress"),
    path("<int:pk>/cancel/", running.import_cancel, name="import_cancel"),
    path("<int:pk>/errors.xlsx", files.import_errors, name="import_errors"),
    path("<int:pk>/report.json", files.import_report, name="import_report"),
    path("<int:pk>/original/", files.import_original, name="import_original"),
]
