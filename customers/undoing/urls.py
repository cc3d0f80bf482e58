"""Pages of acts and of undoing them, within one account set."""

from django.urls import path

from . import views

urlpatterns = [
    path("changes/", views.batch_list, name="batch_list"),
    path("changes/<int:pk>/", views.batch_detail, name="batch_detail"),
    path("changes/<int:pk>/progress/", views.batch_progress, name="batch_progress"),
    path("changes/<int:pk>/undo/", views.batch_undo, name="batch_undo"),
    path("recycle-bin/", views.recycle_bin, name="recycle_bin"),
    path("customers/<int:pk>/remove/", views.customer_remove, name="customer_remove"),
]
