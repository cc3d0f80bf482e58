"""Routes of the pages about rights, below ``/l/<ledger>/settings/``."""

from django.urls import path

from .views import given, members, own, roles

urlpatterns = [
    path("members/", members.ledger_members, name="ledger_members"),
    path("members/<int:pk>/remove/", members.member_remove, name="member_remove"),
    path("members/<int:pk>/dates/", members.member_dates, name="member_dates"),
    path("members/of/<int:user>/", members.member_person, name="member_person"),
    path("roles/", roles.role_list, name="role_list"),
    path("roles/new/", roles.role_new, name="role_new"),
    path("roles/field/", roles.role_field, name="role_field"),
    path("roles/own/", own.own_customers, name="own_customers"),
    path("roles/own/undo/", own.own_customers_undo, name="own_customers_undo"),
    path("roles/<int:pk>/", roles.role_edit, name="role_edit"),
    path("roles/<int:pk>/state/", roles.role_state, name="role_state"),
    path("roles/<int:pk>/remove/", roles.role_remove, name="role_remove"),
    path("departments/", given.department_role_list, name="department_role_list"),
    path("departments/<int:pk>/remove/", given.department_role_remove, name="department_role_remove"),
    path("exceptions/", given.override_list, name="override_list"),
    path("exceptions/<int:pk>/remove/", given.override_remove, name="override_remove"),
]
