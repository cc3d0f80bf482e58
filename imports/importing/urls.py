"""Routes of import, below ``/l/<ledger>/imports/``."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.import_new, name="import_new"),
    path("template.xlsx", views.import_template, name="import_template"),
    path("mappings/<int:mapping>/delete/", views.mapping_delete, name="import_mapping_delete"),
    path("<int:pk>/", views.import_detail, name="import_detail"),
    path("<int:pk>/setup/", views.import_setup, name="import_setup"),
    path("<int:pk>/layout/", views.import_layout, name="import_layout"),
    path("<int:pk>/check/", views.import_check, name="import_check"),
    path("<int:pk>/confirm/", views.import_confirm, name="import_confirm"),
    path("<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("<int:pk>/cancel/", views.import_cancel, name="import_cancel"),
    path("<int:pk>/errors.xlsx", views.import_errors, name="import_errors"),
    path("<int:pk>/report.json", views.import_report, name="import_report"),
    path("<int:pk>/original/", views.import_original, name="import_original"),
]
