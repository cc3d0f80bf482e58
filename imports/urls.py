"""Routes of everything that crosses the border."""

from django.urls import include, path

urlpatterns = [
    path("l/<str:ledger>/imports/", include("imports.importing.urls")),
    path("l/<str:ledger>/exports/", include("imports.exports.urls")),
]
