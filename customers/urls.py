"""Pages of customers, all within one account set."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("l/<slug:ledger>/", views.dashboard, name="dashboard"),
    path("l/<slug:ledger>/customers/", views.customer_list, name="customer_list"),
    path("l/<slug:ledger>/customers/new/", views.customer_new, name="customer_new"),
    path("l/<slug:ledger>/customers/derive/", views.customer_derive, name="customer_derive"),
    path("l/<slug:ledger>/customers/suggest/", views.customer_suggest, name="customer_suggest"),
    path("l/<slug:ledger>/customers/<int:pk>/", views.customer_detail, name="customer_detail"),
    path("l/<slug:ledger>/customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("l/<slug:ledger>/customers/<int:pk>/deactivate/", views.customer_deactivate, name="customer_deactivate"),
    path("l/<slug:ledger>/customers/<int:pk>/reactivate/", views.customer_reactivate, name="customer_reactivate"),
    path("l/<slug:ledger>/n/<str:number>/", views.number_lookup, name="number_lookup"),
    path("", include("customers.settings.urls")),
]
