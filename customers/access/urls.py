"""Routes of the pages that explain rights, and of those that share customers."""

from django.urls import path

from . import sharing_views, views

urlpatterns = [
    path("l/<slug:ledger>/customers/share/", sharing_views.share_many, name="share_many"),
    path("l/<slug:ledger>/customers/<int:pk>/shares/", sharing_views.customer_shares, name="customer_shares"),
    path("l/<slug:ledger>/customers/<int:pk>/shares/end/", sharing_views.customer_share_end, name="customer_share_end"),
    path(
        "l/<slug:ledger>/customers/<int:pk>/shares/extend/",
        sharing_views.customer_share_extend,
        name="customer_share_extend",
    ),
    path("l/<slug:ledger>/access/mine/", views.my_rights, name="my_rights"),
    path("l/<slug:ledger>/settings/rights/", views.rights_explain, name="rights_explain"),
    path("l/<slug:ledger>/settings/rights/what-if/", views.rights_whatif, name="rights_whatif"),
    path("l/<slug:ledger>/settings/rights/what-if/role/", views.rights_whatif_role, name="rights_whatif_role"),
]
