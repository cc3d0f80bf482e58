"""Routes of the import of roles, below the settings of a set."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.roles_import, name="roles_import"),
    path("check/", views.roles_import_check, name="roles_import_check"),
    path("apply/", views.roles_import_apply, name="roles_import_apply"),
    path("template/", views.roles_template, name="roles_template"),
]
