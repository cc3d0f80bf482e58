"""Routes of the life of rights: what everybody of a set opens under ``access/``, the rest under ``settings/``."""

from django.urls import path

from .views import delegations, duties, requests, reviews, temporary

access_patterns = [
    path("apply/", requests.right_request_new, name="right_request_new"),
    path("requests/", requests.right_request_list, name="right_request_list"),
    path("requests/<int:pk>/", requests.right_request, name="right_request"),
    path("requests/<int:pk>/approve/", requests.right_request_approve, name="right_request_approve"),
    path("requests/<int:pk>/reject/", requests.right_request_reject, name="right_request_reject"),
    path("requests/<int:pk>/withdraw/", requests.right_request_withdraw, name="right_request_withdraw"),
    path("delegations/", delegations.delegation_list, name="delegation_list"),
    path("delegations/policy/", delegations.delegation_policy, name="delegation_policy"),
    path("delegations/<int:pk>/end/", delegations.delegation_end, name="delegation_end"),
]

settings_patterns = [
    path("temporary/", temporary.temporary_rights, name="temporary_rights"),
    path("temporary/renew/", temporary.temporary_renew, name="temporary_renew"),
    path("rights-report/", temporary.rights_report, name="rights_report"),
    path("duties/", duties.duty_matrix, name="duty_matrix"),
    path("duties/rules/", duties.duty_rule_save, name="duty_rule_save"),
    path("duties/templates/", duties.duty_templates, name="duty_templates"),
    path("duties/rules/<int:pk>/remove/", duties.duty_rule_remove, name="duty_rule_remove"),
    path("duties/exceptions/", duties.duty_exception_save, name="duty_exception_save"),
    path("duties/exceptions/<int:pk>/end/", duties.duty_exception_end, name="duty_exception_end"),
    path("reviews/", reviews.review_list, name="review_list"),
    path("reviews/<int:pk>/", reviews.review_detail, name="review_detail"),
    path("reviews/<int:pk>/decide/", reviews.review_decide, name="review_decide"),
    path("reviews/<int:pk>/carry-out/", reviews.review_carry_out, name="review_carry_out"),
    path("reviews/<int:pk>/sign/", reviews.review_sign, name="review_sign"),
    path("reviews/<int:pk>/cancel/", reviews.review_cancel, name="review_cancel"),
]
