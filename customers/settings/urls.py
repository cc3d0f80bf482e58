"""Routes of the customers' settings."""

from django.urls import include, path

from . import views

settings_patterns = [
    path("parameters/", views.customer_parameters, name="customer_parameters"),
    path("categories/", views.category_list, name="category_list"),
    path("categories/<int:pk>/", views.category_list, name="category_edit"),
    path("categories/<int:pk>/move/", views.category_move, name="category_move"),
    path("categories/<int:pk>/toggle/", views.category_toggle, name="category_toggle"),
    path("tags/", views.tag_list, name="tag_list"),
    path("tags/<int:pk>/", views.tag_list, name="tag_edit"),
    path("tags/<int:pk>/remove/", views.tag_remove, name="tag_remove"),
    path("numbering/", views.numbering_rule, name="numbering_rule"),
    path("numbering/preview/", views.numbering_preview, name="numbering_preview"),
]

urlpatterns = [
    path("l/<slug:ledger>/settings/", include(settings_patterns)),
    path(
        "ledgers/<slug:code>/setup/numbering-preview/", views.wizard_numbering_preview, name="wizard_numbering_preview"
    ),
]
