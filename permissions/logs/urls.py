"""Routes of the logs of the installation under /permissions/logs/, and of 三员分立."""

from django.urls import path

from . import views

urlpatterns = [
    path("logs/unusual/", views.log_unusual, name="log_unusual"),
    path("logs/<slug:log>/", views.log_page, name="log_page"),
    path("logs/<slug:log>/<slug:format>/", views.log_file, name="log_file"),
    path("duties/", views.duties_page, name="duties"),
]
