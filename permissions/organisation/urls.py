"""Routes of the organisation under /permissions/organisation/."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.organisation, name="organisation"),
    path("departments/new/", views.department_edit, name="department_new"),
    path("departments/<int:pk>/", views.department_edit, name="department_edit"),
    path("departments/<int:pk>/toggle/", views.department_toggle, name="department_toggle"),
    path("departments/<int:pk>/move/", views.department_move, name="department_move"),
    path("departments/<int:pk>/absorb/", views.department_absorb, name="department_absorb"),
    path("companies/", views.company_list, name="company_list"),
    path("companies/<int:pk>/", views.company_list, name="company_edit"),
    path("companies/<int:pk>/toggle/", views.company_toggle, name="company_toggle"),
    path("positions/", views.position_list, name="position_list"),
    path("positions/<int:pk>/", views.position_list, name="position_edit"),
    path("positions/<int:pk>/toggle/", views.position_toggle, name="position_toggle"),
    path("people/", views.people_list, name="people_list"),
    path("people/new/", views.person_edit, name="person_new"),
    path("people/<int:pk>/", views.person_edit, name="person_edit"),
    path("people/<int:pk>/leave/", views.person_leave, name="person_leave"),
    path("people/<int:pk>/return/", views.person_return, name="person_return"),
    path("people/<int:pk>/password/", views.person_password, name="person_password"),
]
