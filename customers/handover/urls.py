"""Routes of 离职交接, within one account set."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.handover_list, name="handover_list"),
    path("<int:person>/", views.handover_person, name="handover_person"),
    path("slips/<int:pk>/", views.handover_transfer, name="handover_transfer"),
    path("slips/<int:pk>/progress/", views.handover_progress, name="handover_progress"),
    path("slips/<int:pk>/stop/", views.handover_stop, name="handover_stop"),
    path("slips/<int:pk>/resume/", views.handover_resume, name="handover_resume"),
]
