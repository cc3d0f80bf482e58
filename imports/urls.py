"""Routes of everything that crosses the border."""

from django.urls import include, path

from .matrix import urls as matrix

urlpatterns = [
    path("l/<str:ledger>/imports/", include("imports.importing.urls")),
    path("l/<str:ledger>/exports/", include("imports.exports.urls")),
    path("l/<str:ledger>/settings/roles/import/", include("imports.roles.urls")),
    path("l/<str:ledger>/settings/matrix/", include(matrix.of_set)),
    path("permissions/matrix/", include(matrix.of_security)),
]
