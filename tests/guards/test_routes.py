"""Route × persona: every route of the URLconf, asked by everybody. A route without a row here fails.

A row says what GET answers to somebody who may; the columns beside it say who may not and what he gets. Strangers of a set get
the 404 of a set that does not exist; a member without the right gets 403; a route that only takes POST gives 405.
"""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

pytestmark = pytest.mark.django_db

MEMBERS = ("manager", "sales1", "sales2", "supervisor", "finance", "service", "viewer", "steward")
STRANGERS = ("outsider", "sysadmin", "secadmin", "auditor")
EVERYBODY = MEMBERS + STRANGERS

ADDERS = ("manager", "sales1", "sales2", "supervisor", "steward")
EDITORS_OF_SALES1 = ("manager", "sales1", "supervisor", "finance", "service", "steward")
SEERS_OF_SALES1 = ("manager", "sales1", "supervisor", "finance", "service", "viewer", "steward")
IMPORTERS = ("manager", "supervisor", "steward")
EXPORTERS = ("manager", "supervisor", "finance", "steward")
CONFIGURERS = ("manager",)
CREATORS = ("sysadmin",)

# name: (status, who may, status for members who may not). Everybody else: strangers 404, anonymous to the login page.
IN_LEDGER = {
    "dashboard": (200, MEMBERS, None),
    "customer_list": (200, MEMBERS, None),
    "customer_new": (200, ADDERS, 403),
    "customer_derive": (405, MEMBERS, None),
    "customer_pick": (405, MEMBERS, None),
    "customer_state": (405, MEMBERS, None),
    "customer_suggest": (405, MEMBERS, None),
    "customer_detail": (200, SEERS_OF_SALES1, 404),
    "customer_edit": (200, EDITORS_OF_SALES1, {"sales2": 404, "viewer": 403}),
    "customer_assign": (200, EDITORS_OF_SALES1, {"sales2": 404, "viewer": 403}),
    "setup_guide": (200, CONFIGURERS, 403),
    "assigning_settings": (200, CONFIGURERS, 403),
    "customer_deactivate": (405, MEMBERS, None),
    "customer_status": (200, EDITORS_OF_SALES1, {"sales2": 404, "viewer": 403}),
    "customer_block": (200, EDITORS_OF_SALES1, {"sales2": 404, "viewer": 403}),
    "customer_unblock": (405, MEMBERS, None),
    "customer_rename": (200, EDITORS_OF_SALES1, {"sales2": 404, "viewer": 403}),
    "customer_reactivate": (405, MEMBERS, None),
    "customer_reviewed": (405, MEMBERS, None),
    "customer_remove": (405, MEMBERS, None),
    "batch_list": (200, MEMBERS, None),
    "batch_detail": (404, MEMBERS, None),
    "batch_progress": (404, MEMBERS, None),
    "batch_undo": (404, MEMBERS, None),
    "recycle_bin": (200, CONFIGURERS, 403),
    "customer_places": (200, MEMBERS, None),
    "number_lookup": (302, SEERS_OF_SALES1, 404),
    "file_download": (404, MEMBERS, None),
    "import_list": (200, IMPORTERS, 403),
    "import_new": (200, IMPORTERS, 403),
    "import_template": (200, IMPORTERS, 403),
    "import_mapping_delete": (405, MEMBERS, None),
    "import_detail": (404, IMPORTERS, 403),
    "import_setup": (404, IMPORTERS, 403),
    "import_layout": (405, MEMBERS, None),
    "import_check": (404, IMPORTERS, 403),
    "import_confirm": (405, MEMBERS, None),
    "import_progress": (404, IMPORTERS, 403),
    "import_cancel": (405, MEMBERS, None),
    "import_errors": (404, IMPORTERS, 403),
    "import_report": (404, IMPORTERS, 403),
    "import_original": (404, IMPORTERS, 403),
    "export_list": (200, EXPORTERS, 403),
    "export_download": (404, MEMBERS, None),
    "export_progress": (404, MEMBERS, None),
    "export_cancel": (405, MEMBERS, None),
    "ledger_settings": (200, CONFIGURERS, 403),
    "ledger_periods": (200, ("manager", "finance"), 403),
    "period_create": (405, MEMBERS, None),
    "period_close": (405, MEMBERS, None),
    "period_reopen": (405, MEMBERS, None),
    "ledger_currencies": (200, CONFIGURERS, 403),
    "currency_remove": (405, MEMBERS, None),
    "rate_add": (405, MEMBERS, None),
    "rate_remove": (405, MEMBERS, None),
    "rate_import": (405, MEMBERS, None),
    "conversion_save": (405, MEMBERS, None),
    "ledger_compare": (200, CONFIGURERS, 403),
    "compare_apply": (405, MEMBERS, None),
    "configuration_file": (200, CONFIGURERS, 403),
    "ledger_members": (200, CONFIGURERS, 403),
    "member_remove": (405, MEMBERS, None),
    "member_dates": (405, MEMBERS, None),
    "member_person": (404, CONFIGURERS, 403),
    "role_list": (200, CONFIGURERS, 403),
    "role_new": (200, CONFIGURERS, 403),
    "role_edit": (404, CONFIGURERS, 403),
    "role_state": (405, MEMBERS, None),
    "role_remove": (405, MEMBERS, None),
    "role_field": (200, CONFIGURERS, 403),
    "own_customers": (200, CONFIGURERS, 403),
    "own_customers_undo": (405, MEMBERS, None),
    "department_role_list": (200, CONFIGURERS, 403),
    "department_role_remove": (405, MEMBERS, None),
    "override_list": (200, CONFIGURERS, 403),
    "override_remove": (405, MEMBERS, None),
    "ledger_logs": (200, CONFIGURERS, 403),
    "ledger_log": (200, CONFIGURERS, 403),
    "ledger_log_file": (200, CONFIGURERS, 403),
    "ledger_log_unusual": (200, CONFIGURERS, 403),
    "rights_matrix": (200, CONFIGURERS, 403),
    "rights_matrix_file": (200, CONFIGURERS, 403),
    "roles_import": (200, CONFIGURERS, 403),
    "roles_import_check": (302, CONFIGURERS, 403),
    "roles_import_apply": (405, MEMBERS, None),
    "roles_template": (200, CONFIGURERS, 403),
    "ledger_state": (200, CONFIGURERS, 403),
    "handover_list": (200, CONFIGURERS, 403),
    "handover_person": (404, CONFIGURERS, 403),
    "handover_transfer": (404, CONFIGURERS, 403),
    "handover_progress": (404, CONFIGURERS, 403),
    "handover_stop": (405, MEMBERS, None),
    "handover_resume": (405, MEMBERS, None),
    "ledger_health": (200, CONFIGURERS, 403),
    "rights_explain": (200, CONFIGURERS, 403),
    "rights_whatif": (200, CONFIGURERS, 403),
    "rights_whatif_role": (200, CONFIGURERS, 403),
    "my_rights": (200, MEMBERS, None),
    "simulation_start": (200, CONFIGURERS, 403),
    "simulation_stop": (405, MEMBERS, None),
    "customer_parameters": (200, CONFIGURERS, 403),
    "category_list": (200, CONFIGURERS, 403),
    "category_edit": (404, CONFIGURERS, 403),
    "category_move": (405, MEMBERS, None),
    "category_toggle": (405, MEMBERS, None),
    "category_place": (405, MEMBERS, None),
    "category_codes": (200, CONFIGURERS, 403),
    "category_defaults": (404, CONFIGURERS, 403),
    "category_customers": (404, CONFIGURERS, 403),
    "category_work": (404, CONFIGURERS, 403),
    "category_work_cancel": (405, MEMBERS, None),
    "region_list": (200, CONFIGURERS, 403),
    "region_edit": (404, CONFIGURERS, 403),
    "region_move": (405, MEMBERS, None),
    "region_toggle": (405, MEMBERS, None),
    "region_remove": (405, MEMBERS, None),
    "region_usual": (405, MEMBERS, None),
    "status_steps": (200, CONFIGURERS, 403),
    "tag_list": (200, CONFIGURERS, 403),
    "tag_edit": (404, CONFIGURERS, 403),
    "tag_remove": (405, MEMBERS, None),
    "field_design": (200, CONFIGURERS, 403),
    "field_setting_save": (405, MEMBERS, None),
    "field_order": (405, MEMBERS, None),
    "field_setting": (200, CONFIGURERS, 403),
    "custom_field_new": (200, CONFIGURERS, 403),
    "custom_field_new_of": (200, CONFIGURERS, 403),
    "custom_field_preview": (405, MEMBERS, None),
    "custom_field_bin": (200, CONFIGURERS, 403),
    "custom_field_edit": (404, CONFIGURERS, 403),
    "custom_field_type": (404, CONFIGURERS, 403),
    "custom_field_state": (405, MEMBERS, None),
    "expression_check": (405, MEMBERS, None),
    "choice_set_list": (200, CONFIGURERS, 403),
    "choice_set_new": (200, CONFIGURERS, 403),
    "choice_set_edit": (404, CONFIGURERS, 403),
    "choice_set_remove": (405, MEMBERS, None),
    "entry_template_list": (200, CONFIGURERS, 403),
    "entry_template_new": (200, CONFIGURERS, 403),
    "entry_template_preview": (405, MEMBERS, None),
    "entry_template_edit": (404, CONFIGURERS, 403),
    "entry_template_duplicate": (405, MEMBERS, None),
    "entry_template_remove": (405, MEMBERS, None),
    "validation_rule_list": (200, CONFIGURERS, 403),
    "validation_rule_new": (200, CONFIGURERS, 403),
    "validation_rule_try_new": (405, MEMBERS, None),
    "validation_rule_edit": (404, CONFIGURERS, 403),
    "validation_rule_try": (405, MEMBERS, None),
    "validation_rule_remove": (405, MEMBERS, None),
    "tag_merge": (405, MEMBERS, None),
    "numbering_rule": (200, CONFIGURERS, 403),
    "numbering_preview": (405, MEMBERS, None),
    "numbering_new": (200, CONFIGURERS, 403),
    "numbering_detail": (404, CONFIGURERS, 403),
    "numbering_edit": (404, CONFIGURERS, 403),
    "numbering_activate": (405, MEMBERS, None),
    "numbering_retire": (405, MEMBERS, None),
    "numbering_discard": (405, MEMBERS, None),
    "numbering_trial": (404, CONFIGURERS, 403),
    "numbers_health": (200, CONFIGURERS, 403),
    "numbers_mend": (405, MEMBERS, None),
    "numbers_counter": (405, MEMBERS, None),
    "numbers_gap": (405, MEMBERS, None),
    "numbers_reserved": (200, CONFIGURERS, 403),
    "numbers_release": (405, MEMBERS, None),
    "numbers_retired": (200, CONFIGURERS, 403),
    "numbers_free": (405, MEMBERS, None),
    "renumber_list": (200, CONFIGURERS, 403),
    "renumber_detail": (404, CONFIGURERS, 403),
    "renumber_start": (405, MEMBERS, None),
    "renumber_resume": (405, MEMBERS, None),
    "renumber_cancel": (405, MEMBERS, None),
    "renumber_table": (404, CONFIGURERS, 403),
    "customer_numbers": (200, SEERS_OF_SALES1, 404),
    "customer_shares": (200, SEERS_OF_SALES1, 404),
    "customer_share_end": (405, MEMBERS, None),
    "customer_share_extend": (405, MEMBERS, None),
    "share_many": (302, MEMBERS, None),
    "right_request_new": (200, MEMBERS, None),
    "right_request_list": (200, MEMBERS, None),
    "right_request": (404, MEMBERS, None),
    "right_request_approve": (405, MEMBERS, None),
    "right_request_reject": (405, MEMBERS, None),
    "right_request_withdraw": (405, MEMBERS, None),
    "delegation_list": (200, MEMBERS, None),
    "delegation_policy": (405, MEMBERS, None),
    "delegation_end": (405, MEMBERS, None),
    "temporary_rights": (200, CONFIGURERS, 403),
    "temporary_renew": (405, MEMBERS, None),
    "rights_report": (200, CONFIGURERS, 403),
    "duty_matrix": (200, CONFIGURERS, 403),
    "duty_rule_save": (405, MEMBERS, None),
    "duty_templates": (405, MEMBERS, None),
    "duty_rule_remove": (405, MEMBERS, None),
    "duty_exception_save": (405, MEMBERS, None),
    "duty_exception_end": (405, MEMBERS, None),
    "review_list": (200, CONFIGURERS, 403),
    "review_detail": (404, CONFIGURERS, 403),
    "review_decide": (405, MEMBERS, None),
    "review_carry_out": (405, MEMBERS, None),
    "review_sign": (405, MEMBERS, None),
    "review_cancel": (405, MEMBERS, None),
}

# name: (status, who may, status for the others)
OUTSIDE = {
    "home": (302, EVERYBODY, None),
    "password_change": (200, EVERYBODY, None),
    "password_change_done": (200, EVERYBODY, None),
    "logout": (405, EVERYBODY, None),
    "ledger_list": (200, EVERYBODY, None),
    "ledger_new": (200, CREATORS, 403),
    "ledger_preflight": (200, EVERYBODY, None),
    "ledger_name_check": (200, CREATORS, 403),
    "ledger_period_preview": (200, CREATORS, 403),
    "ledger_wizard": (404, CREATORS, 403),
    "wizard_numbering_preview": (405, EVERYBODY, None),
    "ledger_draft_delete": (405, EVERYBODY, None),
    "log_page": (200, CREATORS, 403),
    "log_file": (200, CREATORS, 403),
    "log_unusual": (200, CREATORS, 403),
    "duties": (200, CREATORS, 403),
    "organisation": (200, CREATORS, 403),
    "department_new": (200, CREATORS, 403),
    "department_edit": (404, CREATORS, 403),
    "department_toggle": (405, EVERYBODY, None),
    "department_move": (405, EVERYBODY, None),
    "department_absorb": (405, EVERYBODY, None),
    "company_list": (200, CREATORS, 403),
    "company_edit": (404, CREATORS, 403),
    "company_toggle": (405, EVERYBODY, None),
    "position_list": (200, CREATORS, 403),
    "position_edit": (404, CREATORS, 403),
    "position_toggle": (405, EVERYBODY, None),
    "people_list": (200, CREATORS, 403),
    "person_new": (200, CREATORS, 403),
    "person_edit": (404, CREATORS, 403),
    "person_leave": (404, CREATORS, 403),
    "person_return": (405, EVERYBODY, None),
    "person_password": (405, EVERYBODY, None),
    "organisation_import": (200, CREATORS, 403),
    "organisation_check": (302, CREATORS, 403),
    "organisation_apply": (405, EVERYBODY, None),
    "organisation_template": (200, CREATORS, 403),
    "matrix_sets": (200, CREATORS, 403),
    "matrix_of_set": (200, CREATORS, 403),
    "matrix_file": (200, CREATORS, 403),
}

OPEN = {"login": 200, "healthz": 200}
OPERATIONS = {"readyz"}  # its status depends on a running worker


def named_routes() -> dict[str, set[str]]:
    """Route name → names of its arguments, the Django admin left out."""
    found: dict[str, set[str]] = {}

    def walk(patterns, arguments):
        for entry in patterns:
            if getattr(entry, "app_name", None) == "admin":
                continue
            inner = arguments | set(entry.pattern.converters)
            if isinstance(entry, URLPattern):
                found[entry.name] = inner
            else:
                walk(entry.url_patterns, inner)

    walk(get_resolver().url_patterns, set())
    return found


ROUTES = named_routes()


@pytest.fixture
def customer(add_customer):
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", phone="13800138000")


@pytest.fixture
def address(customer):
    def of(name: str) -> str:
        known = {"ledger": "HZ01", "code": "HZ01", "step": 1, "number": customer.number, "what": "code", "mapping": 999}
        known["person"], known["token"] = 999_999, "nothing"
        known["type"], known["key"], known["user"] = "text", "grade", 999_999
        known["log"], known["format"] = "access", "csv"
        about_customer = name.startswith("customer_")
        known["pk"] = customer.pk if about_customer else 999_999
        known["code"] = "USD" if name == "currency_remove" else known["code"]
        return reverse(name, kwargs={key: known[key] for key in ROUTES[name]})

    return of


def test_every_route_has_a_row():
    assert set(ROUTES) == set(IN_LEDGER) | set(OUTSIDE) | set(OPEN) | OPERATIONS


def expected(row, persona) -> int:
    status, may, otherwise = row
    if persona in may:
        return status
    return otherwise[persona] if isinstance(otherwise, dict) else otherwise


@pytest.mark.parametrize("persona", MEMBERS)
def test_members_get_what_their_role_gives(persona, client_of, address):
    browser = client_of(persona)
    answers = {name: browser.get(address(name)).status_code for name in IN_LEDGER}
    assert answers == {name: expected(row, persona) for name, row in IN_LEDGER.items()}


@pytest.mark.parametrize("persona", STRANGERS)
def test_strangers_cannot_tell_the_set_from_none(persona, client_of, address):
    browser = client_of(persona)
    for name, (status, _may, _otherwise) in IN_LEDGER.items():
        url = address(name)
        for method in (browser.get, browser.post):
            assert method(url).status_code in (404, 405 if status == 405 else 404), (name, method.__name__)
            assert method(url.replace("/HZ01/", "/NONE/")).status_code == method(url).status_code


@pytest.mark.parametrize("persona", EVERYBODY)
def test_pages_outside_the_sets(persona, client_of, address):
    for name, row in OUTSIDE.items():
        assert client_of(persona).get(address(name)).status_code == expected(row, persona), name


def test_nobody_gets_in_without_a_login(address):
    for name in {**IN_LEDGER, **OUTSIDE}:
        answer = Client().get(address(name))
        assert answer.status_code in (302, 405), name
        if answer.status_code == 302:
            assert answer.url.startswith("/login/"), name
    for name, status in OPEN.items():
        assert Client().get(address(name)).status_code == status


@pytest.mark.parametrize("persona", MEMBERS)
def test_an_empty_post_never_breaks_and_never_writes_past_a_right(persona, client_of, address, customer):
    browser = client_of(persona)
    for name in IN_LEDGER:
        answer = browser.post(address(name), {})
        assert answer.status_code < 500, name
        status, may, _otherwise = IN_LEDGER[name]
        if status == 200 and persona not in may:
            assert answer.status_code in (403, 404, 405), name
