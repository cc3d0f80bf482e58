"""Pages of customers, all within one account set."""

from django.urls import include, path

from . import views
from .assigning.views import customer_assign

urlpatterns = [
    path("l/<slug:ledger>/", views.dashboard, name="dashboard"),
    path("l/<slug:ledger>/customers/", views.customer_list, name="customer_list"),
    path("l/<slug:ledger>/customers/new/", views.customer_new, name="customer_new"),
    path("l/<slug:ledger>/customers/derive/", views.customer_derive, name="customer_derive"),
    path("l/<slug:ledger>/customers/pick/", views.customer_pick, name="customer_pick"),
    path("l/<slug:ledger>/customers/state/", views.customer_state, name="customer_state"),
    path("l/<slug:ledger>/customers/suggest/", views.customer_suggest, name="customer_suggest"),
    path("l/<slug:ledger>/customers/<int:pk>/", views.customer_detail, name="customer_detail"),
    path("l/<slug:ledger>/customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("l/<slug:ledger>/customers/<int:pk>/deactivate/", views.customer_deactivate, name="customer_deactivate"),
    path("l/<slug:ledger>/customers/<int:pk>/reactivate/", views.customer_reactivate, name="customer_reactivate"),
    path("l/<slug:ledger>/customers/<int:pk>/reviewed/", views.customer_reviewed, name="customer_reviewed"),
    path("l/<slug:ledger>/customers/places/", views.customer_places, name="customer_places"),
    path("l/<slug:ledger>/customers/<int:pk>/status/", views.customer_status, name="customer_status"),
    path("l/<slug:ledger>/customers/<int:pk>/block/", views.customer_block, name="customer_block"),
    path("l/<slug:ledger>/customers/<int:pk>/unblock/", views.customer_unblock, name="customer_unblock"),
    path("l/<slug:ledger>/customers/<int:pk>/rename/", views.customer_rename, name="customer_rename"),
    path("l/<slug:ledger>/customers/<int:pk>/assign/", customer_assign, name="customer_assign"),
    path("l/<slug:ledger>/files/<str:token>/", views.file_download, name="file_download"),
    path("l/<slug:ledger>/n/<str:number>/", views.number_lookup, name="number_lookup"),
    path("l/<slug:ledger>/settings/handover/", include("customers.handover.urls")),
    path("l/<slug:ledger>/settings/logs/", include("customers.logs.urls")),
    path("", include("customers.access.urls")),
    path("l/<slug:ledger>/", include("customers.undoing.urls")),
    path("", include("customers.settings.urls")),
    path("", include("customers.numbers.urls")),
]
