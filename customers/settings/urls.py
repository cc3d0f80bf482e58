"""Routes of the customers' settings."""

from django.urls import include, path

from ..assigning.views import assigning_settings
from . import status, views
from .guide import setup_guide

settings_patterns = [
    path("guide/", setup_guide, name="setup_guide"),
    path("assigning/", assigning_settings, name="assigning_settings"),
    path("parameters/", views.customer_parameters, name="customer_parameters"),
    path("", include("customers.categorising.urls")),
    path("", include("customers.settings.fields.urls")),
    path("status/", status.status_steps, name="status_steps"),
]

urlpatterns = [
    path("l/<slug:ledger>/settings/", include(settings_patterns)),
]
