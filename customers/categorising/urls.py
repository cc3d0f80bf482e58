"""Routes of categories, regions and tags, below ``/l/<ledger>/settings/``."""

from django.urls import path

from . import views

urlpatterns = [
    path("categories/", views.category_list, name="category_list"),
    path("categories/place/", views.category_place, name="category_place"),
    path("categories/codes/", views.category_codes, name="category_codes"),
    path("categories/work/<int:pk>/", views.category_work, name="category_work"),
    path("categories/work/<int:pk>/cancel/", views.category_work_cancel, name="category_work_cancel"),
    path("categories/<int:pk>/", views.category_list, name="category_edit"),
    path("categories/<int:pk>/move/", views.category_move, name="category_move"),
    path("categories/<int:pk>/toggle/", views.category_toggle, name="category_toggle"),
    path("categories/<int:pk>/defaults/", views.category_defaults, name="category_defaults"),
    path("categories/<int:pk>/customers/", views.category_customers, name="category_customers"),
    path("regions/", views.region_list, name="region_list"),
    path("regions/usual/", views.region_usual, name="region_usual"),
    path("regions/<int:pk>/", views.region_list, name="region_edit"),
    path("regions/<int:pk>/move/", views.region_move, name="region_move"),
    path("regions/<int:pk>/toggle/", views.region_toggle, name="region_toggle"),
    path("regions/<int:pk>/remove/", views.region_remove, name="region_remove"),
    path("tags/", views.tag_list, name="tag_list"),
    path("tags/<int:pk>/", views.tag_list, name="tag_edit"),
    path("tags/<int:pk>/merge/", views.tag_merge, name="tag_merge"),
    path("tags/<int:pk>/remove/", views.tag_remove, name="tag_remove"),
]
