"""Routes of the organisation's import, beside its pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.organisation_import, name="organisation_import"),
    path("check/", views.organisation_check, name="organisation_check"),
    path("apply/", views.organisation_apply, name="organisation_apply"),
    path("template/", views.organisation_template, name="organisation_template"),
]
