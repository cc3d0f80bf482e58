"""Routes of the pages about numbers."""

from django.urls import include, path

from .views import customer, health, keeping, renumbering, rules

settings_patterns = [
    path("numbering/", rules.numbering_rule, name="numbering_rule"),
    path("numbering/new/", rules.numbering_new, name="numbering_new"),
    path("numbering/preview/", rules.numbering_preview, name="numbering_preview"),
    path("numbering/<int:pk>/", rules.numbering_detail, name="numbering_detail"),
    path("numbering/<int:pk>/edit/", rules.numbering_edit, name="numbering_edit"),
    path("numbering/<int:pk>/activate/", rules.numbering_activate, name="numbering_activate"),
    path("numbering/<int:pk>/retire/", rules.numbering_retire, name="numbering_retire"),
    path("numbering/<int:pk>/discard/", rules.numbering_discard, name="numbering_discard"),
    path("numbering/<int:pk>/trial/", rules.numbering_trial, name="numbering_trial"),
    path("numbers/health/", health.numbers_health, name="numbers_health"),
    path("numbers/health/mend/", health.numbers_mend, name="numbers_mend"),
    path("numbers/health/counter/", health.numbers_counter, name="numbers_counter"),
    path("numbers/health/gap/", health.numbers_gap, name="numbers_gap"),
    path("numbers/renumber/", renumbering.renumber_list, name="renumber_list"),
    path("numbers/renumber/<int:pk>/", renumbering.renumber_detail, name="renumber_detail"),
    path("numbers/renumber/<int:pk>/start/", renumbering.renumber_start, name="renumber_start"),
    path("numbers/renumber/<int:pk>/resume/", renumbering.renumber_resume, name="renumber_resume"),
    path("numbers/renumber/<int:pk>/cancel/", renumbering.renumber_cancel, name="renumber_cancel"),
    path("numbers/renumber/<int:pk>/table/", renumbering.renumber_table, name="renumber_table"),
    path("numbers/reserved/", keeping.numbers_reserved, name="numbers_reserved"),
    path("numbers/reserved/<int:pk>/release/", keeping.numbers_release, name="numbers_release"),
    path("numbers/retired/", keeping.numbers_retired, name="numbers_retired"),
    path("numbers/retired/<int:pk>/free/", keeping.numbers_free, name="numbers_free"),
]

urlpatterns = [
    path("l/<slug:ledger>/settings/", include(settings_patterns)),
    path("l/<slug:ledger>/customers/<int:pk>/numbers/", customer.customer_numbers, name="customer_numbers"),
    path(
        "ledgers/<slug:code>/setup/numbering-preview/", rules.wizard_numbering_preview, name="wizard_numbering_preview"
    ),
]
