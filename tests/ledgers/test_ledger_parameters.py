"""客户参数: required fields, policies, grades and sources."""

import pytest
from django.urls import reverse

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.parameters import PARAMETERS
from ledgers.services import parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(ledger):
    return reverse("customer_parameters", args=[ledger.code])


@pytest.fixture
def data(ledger, rows_of):
    """The page's form as it stands."""

    def pairs(key):
        rows = [{"code": code, "name": name, "ORDER": at} for at, (code, name) in enumerate(ledger.parameter(key))]
        return rows_of(key, rows, initial=len(rows))

    return {
        "required_fields": ["name"],
        "name_policy": "warn",
        "uscc_policy": "block",
        "check_digit_policy": "reason",
        "number_mode": "auto_editable",
        "credit_enabled": "on",
        "default_credit_days": "30",
        **pairs("grades"),
        **pairs("sources"),
    }


def stored(ledger) -> dict:
    return Ledger.objects.get(pk=ledger.pk).parameters


def test_only_what_differs_is_stored(client_of, ledger, page, data):
    browser = client_of("manager")
    browser.post(page, data)
    assert stored(ledger) == {}
    browser.post(page, {**data, "name_policy": "block", "required_fields": ["mobile", "category"]})
    assert stored(ledger) == {"name_policy": "block", "required_fields": ["name", "category", "mobile"]}
    browser.post(page, data)
    assert stored(ledger) == {}


def test_what_each_kind_of_customer_needs(client_of, ledger, page, data):
    browser = client_of("manager")
    browser.post(page, {**data, "kind-company": ["tax_number", "uscc"], "kind-person": ["id_number"]})
    assert stored(ledger) == {"required_by_kind": {"company": ["uscc", "tax_number"], "person": ["id_number"]}}
    assert "统一社会信用代码、纳税人识别号" in browser.get(page).content.decode()
    browser.post(page, {**data, "kind-company": ["no_such_field"]})
    assert stored(ledger)["required_by_kind"]["person"] == ["id_number"]
    browser.post(page, data)
    assert stored(ledger) == {}


def test_switching_credit_off(client_of, ledger, page, data):
    del data["credit_enabled"]
    client_of("manager").post(page, data)
    assert stored(ledger) == {"credit_enabled": False}


def test_grades_in_a_new_order_with_one_more(client_of, ledger, page, data, rows_of):
    rows = [
        {"code": "VIP", "name": "VIP", "ORDER": 2},
        {"code": "A", "name": "甲级", "ORDER": 1},
        {"code": "S", "name": "战略", "ORDER": 0},
    ]
    client_of("manager").post(page, {**data, **rows_of("grades", rows, initial=2)})
    assert stored(ledger)["grades"] == [["S", "战略"], ["A", "甲级"], ["VIP", "VIP"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"default_credit_days": "-1"}, "0"),
        ({"default_credit_days": "99999"}, "3650"),
        ({"name_policy": "whatever"}, "whatever"),
        ({"required_fields": ["no_such_field"]}, "no_such_field"),
        ({"grades-1-code": "vip"}, "重复"),
        ({"grades-1-name": ""}, "必填"),
    ],
)
def test_what_is_wrong_is_shown_and_nothing_is_saved(client_of, ledger, page, data, change, words):
    answer = client_of("manager").post(page, {**data, **change})
    assert answer.status_code == 200
    assert words in answer.text
    assert stored(ledger) == {}


def test_a_grade_in_use_is_not_lost(client_of, ledger, page, data, add_customer):
    add_customer(grade="A")
    answer = client_of("manager").post(page, {**data, "grades-1-DELETE": "on"})
    assert "已用于客户" in answer.text
    assert stored(ledger) == {}
    client_of("manager").post(page, {**data, "grades-1-name": "甲级"})
    assert ["A", "甲级"] in stored(ledger)["grades"]


def test_every_parameter_accepts_its_default(ledger):
    for key, parameter in PARAMETERS.items():
        parameters.check_parameter(key, parameter.default)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("no_such", 1),
        ("credit_enabled", "yes"),
        ("default_credit_days", True),
        ("default_credit_days", 1.5),
        ("required_fields", []),
        ("required_fields", "name"),
        ("grades", []),
        ("grades", [["A"]]),
        ("grades", [["A", ""]]),
        ("sources", [["A", "甲"], ["B", "甲"]]),
        ("sources", [["A" * 21, "甲"]]),
    ],
)
def test_values_of_another_kind_are_refused(ledger, key, value):
    with pytest.raises(BusinessError) as refused:
        parameters.change_parameters(ledger, {key: value}, by=None)
    assert refused.value.field == key


def test_two_pages_do_not_lose_each_others_parameters(ledger):
    first, second = Ledger.objects.get(pk=ledger.pk), Ledger.objects.get(pk=ledger.pk)
    parameters.change_parameters(first, {"default_credit_days": 60}, by=None)
    parameters.change_parameters(second, {"name_policy": "allow"}, by=None)
    assert stored(ledger) == {"default_credit_days": 60, "name_policy": "allow"}
