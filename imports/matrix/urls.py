"""Routes of the matrix: ``of_set`` below the settings of a set, ``of_security`` for the security administrator."""

from django.urls import path

from . import views

of_set = [
    path("", views.rights_matrix, name="rights_matrix"),
    path("file/", views.rights_matrix_file, name="rights_matrix_file"),
]
of_security = [
    path("", views.matrix_sets, name="matrix_sets"),
    path("<slug:code>/", views.matrix_of_set, name="matrix_of_set"),
    path("<slug:code>/file/", views.matrix_file, name="matrix_file"),
]
