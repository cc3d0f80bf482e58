"""Routes of export, below ``/l/<ledger>/exports/``."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.export_list, name="export_list"),
    path("<int:pk>/download/", views.export_download, name="export_download"),
    path("<int:pk>/progress/", views.export_progress, name="export_progress"),
    path("<int:pk>/cancel/", views.export_cancel, name="export_cancel"),
]
