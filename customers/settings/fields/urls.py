"""Routes of 字段设计, under ``/l/<ledger>/settings/``."""

from django.urls import path

from . import checks, choices, design, formulas, layouts, own

urlpatterns = [
    path("fields/", design.field_design, name="field_design"),
    path("fields/save/", design.field_setting_save, name="field_setting_save"),
    path("fields/order/", design.field_order, name="field_order"),
    path("fields/said/<str:key>/", design.field_setting, name="field_setting"),
    path("fields/new/", own.custom_field_new, name="custom_field_new"),
    path("fields/new/<slug:type>/", own.custom_field_new, name="custom_field_new_of"),
    path("fields/new/<slug:type>/preview/", own.custom_field_preview, name="custom_field_preview"),
    path("fields/bin/", own.custom_field_bin, name="custom_field_bin"),
    path("fields/<int:pk>/", own.custom_field_edit, name="custom_field_edit"),
    path("fields/<int:pk>/type/", own.custom_field_type, name="custom_field_type"),
    path("fields/<int:pk>/state/", own.custom_field_state, name="custom_field_state"),
    path("fields/check/", formulas.expression_check, name="expression_check"),
    path("choice-sets/", choices.choice_set_list, name="choice_set_list"),
    path("choice-sets/new/", choices.choice_set_edit, name="choice_set_new"),
    path("choice-sets/<int:pk>/", choices.choice_set_edit, name="choice_set_edit"),
    path("choice-sets/<int:pk>/remove/", choices.choice_set_remove, name="choice_set_remove"),
    path("entry-templates/", layouts.entry_template_list, name="entry_template_list"),
    path("entry-templates/new/", layouts.entry_template_edit, name="entry_template_new"),
    path("entry-templates/preview/", layouts.entry_template_preview, name="entry_template_preview"),
    path("entry-templates/<int:pk>/", layouts.entry_template_edit, name="entry_template_edit"),
    path("entry-templates/<int:pk>/duplicate/", layouts.entry_template_duplicate, name="entry_template_duplicate"),
    path("entry-templates/<int:pk>/remove/", layouts.entry_template_remove, name="entry_template_remove"),
    path("rules/", checks.validation_rule_list, name="validation_rule_list"),
    path("rules/new/", checks.validation_rule_edit, name="validation_rule_new"),
    path("rules/try/", checks.validation_rule_try, name="validation_rule_try_new"),
    path("rules/<int:pk>/", checks.validation_rule_edit, name="validation_rule_edit"),
    path("rules/<int:pk>/try/", checks.validation_rule_try, name="validation_rule_try"),
    path("rules/<int:pk>/remove/", checks.validation_rule_remove, name="validation_rule_remove"),
]
