"""All routes. A page of an account set stands under ``/l/<ledger>/``; its view gets ``request.ledger`` and ``request.actor``."""

from django.contrib import admin
from django.urls import include, path

from . import accounts, health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", accounts.Login.as_view(), name="login"),
    path("logout/", accounts.Logout.as_view(), name="logout"),
    path("password/", accounts.PasswordChange.as_view(), name="password_change"),
    path("password/done/", accounts.PasswordChangeDone.as_view(), name="password_change_done"),
    path("permissions/organisation/", include("permissions.organisation.urls")),
    path("permissions/", include("permissions.logs.urls")),
    path("permissions/organisation/import/", include("imports.organisation.urls")),
    path("", include("ledgers.urls")),
    path("", include("customers.urls")),
    path("", include("imports.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]

handler400 = "erp_site.views.bad_request"
handler403 = "erp_site.views.forbidden"
handler404 = "erp_site.views.not_found"
handler500 = "erp_site.views.server_error"
