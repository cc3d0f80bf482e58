"""An archived set changes at no door: every POST route, import, administration pages, commands, and the verbs a shell would call.

What is compared is the whole database, so that a write nobody thought of is found as well.
"""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.urls import NoReverseMatch, get_resolver, reverse

from customers.models import Category, Customer, NumberingRule, Tag
from customers.services import pipeline
from customers.services.edits import Edit
from customers.settings import categories, parameters, tags
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.services import configuration, creating, members, periods, rates, states
from ledgers.services.parameters import change_basics, change_parameters
from permissions.actor import Actor
from permissions.models import Membership, Role

pytestmark = pytest.mark.django_db

# Not the set's: who is logged in, what the administrator's own pages noted, tokens of forms, background work that ended.
NOT_ITS = {"sessions", "admin", "jobs", "auth", "contenttypes", "account", "mfa", "usersessions"}


@pytest.fixture
def archived(users, ledger, add_customer):
    """HZ01 with a customer, a currency and a closed period, archived."""
    add_customer(name="杭州西子电梯有限公司", owner="sales1")
    rates.add_currency(ledger, "USD", by=None)
    rates.add_rate(ledger, "USD", date(2026, 1, 1), Decimal(7), by=None)
    periods.close(ledger.periods.order_by("starts_on").first())
    Tag.objects.create(ledger=ledger, name="展会")
    states.change_state(ledger, "suspended", by=None)
    states.change_state(ledger, "archived", by=None, reason="业务结束")
    ledger.refresh_from_db()
    return ledger


def everything() -> dict[str, list]:
    """Every row of every table of ours, but for the log of who looked and was refused: it goes on being written."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models()
        if model._meta.app_label not in NOT_ITS
        and model._meta.managed
        and model._meta.label != "permissions.AccessRecord"
    }


def assert_unchanged(before: dict[str, list], what: str) -> None:
    after = everything()
    changed = [label for label in before if before[label] != after[label]]
    assert not changed, (what, changed)


def routes_of_a_set() -> list[tuple[str, set[str]]]:
    found = []

    def walk(patterns, arguments):
        for entry in patterns:
            inner = arguments | set(entry.pattern.converters)
            if hasattr(entry, "url_patterns"):
                if getattr(entry, "app_name", None) != "admin":
                    walk(entry.url_patterns, inner)
            elif "ledger" in inner:
                found.append((entry.name, inner))

    walk(get_resolver().url_patterns, set())
    return found


# Enough of every page's fields that a page which did not look at the state would do something.
DATA = {
    "name": "新名称", "code": "NEW1", "kind": "customer", "language": "zh-hans", "accounting_mode": "project", "time_zone": "UTC",
    "state": "active", "reason": "试", "fiscal_year": "2027", "close_old": "on", "currency-code": "EUR", "currency": "USD",
    "on": "2026-05-01", "rate": "7.2", "rates-table": "USD 2026-06-01 7.3", "conversion-rate_rule": "fixed",
    "conversion-rounding_mode": "up", "conversion-decimals_CNY": "2", "conversion-decimals_USD": "2", "direction": "up", "active": "0",
    "parent": "", "required_fields": ["name"], "name_policy": "allow", "uscc_policy": "warn", "check_digit_policy": "warning",
    "number_mode": "manual", "default_credit_days": "9", "label": "新字段", "type": "text", "key": "x_new", "names": "甲 乙",
    "places": ["33"], "levels": "2-2", "how": "keep", "document": '{"format": 1, "sections": {"tags": {"x": {}}}}',
    "title": "新", "number": "KH999999", "new_number": "KH999999", "status": "ended", "process": "order", "starts_on": "2026-05-01",
    "rule-name": "新", "rule-reset": "never", "parts-TOTAL_FORMS": "1", "parts-INITIAL_FORMS": "0", "parts-0-type": "serial",
    "parts-0-width": "6", "parts-0-start": "1", "parts-0-step": "1", "grades-TOTAL_FORMS": "0", "grades-INITIAL_FORMS": "0",
    "sources-TOTAL_FORMS": "0", "sources-INITIAL_FORMS": "0", "role": "sales", "user": "1",
}  # fmt: skip


def test_no_page_writes(client_of, archived, users):
    browser = client_of("manager")
    pks = {
        "customer": Customer.objects.of(archived.pk).get().pk,
        "category": Category.objects.filter(ledger=archived).first().pk,
        "tag": Tag.objects.get(ledger=archived).pk,
        "period": archived.periods.order_by("starts_on").first().pk,
        "rate": archived.rates.get().pk,
        "member": Membership.objects.filter(ledger=archived).exclude(user=users["manager"]).first().pk,
        "number": NumberingRule.objects.get(ledger=archived).pk,
    }
    text = {"number": "KH000001", "code": "USD", "what": "code", "system": "SAP"}
    for name, arguments in routes_of_a_set():
        pk = next((value for word, value in pks.items() if name.startswith(word)), 1)
        values = {"ledger": archived.code, **{key: text.get(key, pk) for key in arguments - {"ledger"}}}
        try:
            address = reverse(name, kwargs=values)
        except NoReverseMatch:
            values |= dict.fromkeys(arguments - {"ledger"}, "x")
            address = reverse(name, kwargs=values)
        before = everything()
        answer = browser.post(address, DATA)
        assert answer.status_code < 500, name
        assert_unchanged(before, name)


def test_no_import_and_no_command_writes(archived, tmp_path):
    sheet = tmp_path / "客户.csv"
    sheet.write_text("客户名称\n宁波新客户有限公司\n", encoding="utf-8")
    before = everything()
    with pytest.raises((CommandError, BusinessError)):
        call_command("import_customers", str(sheet), ledger=archived.code, stdout=StringIO(), stderr=StringIO())
    assert_unchanged(before, "import_customers")


def test_no_administration_page_writes(client_of, archived, users):
    users["sysadmin"].is_superuser = True
    users["sysadmin"].save()
    browser = client_of("sysadmin")
    role = Role.objects.get(ledger=archived, code="sales")
    before = everything()
    member = Membership.objects.filter(ledger=archived).first()
    posts = [
        (f"/admin/permissions/role/{role.pk}/change/", {"name": "改名", "rights": ["view"], "sensitive_level": "3"}),
        ("/admin/permissions/membership/add/", {"user": users["outsider"].pk, "role": role.pk}),
        (f"/admin/permissions/membership/{member.pk}/delete/", {"post": "yes"}),
        (f"/admin/ledgers/ledger/{archived.pk}/change/", {"name": "改名"}),
        (f"/admin/ledgers/ledger/{archived.pk}/delete/", {"post": "yes"}),
    ]
    for address, data in posts:
        assert browser.post(address, data).status_code < 500, address
        assert_unchanged(before, address)


def test_no_verb_writes(archived, users):
    """What somebody at a shell would call."""
    boss, system = users["manager"], Actor.system(archived.pk)
    first, category = archived.periods.order_by("starts_on").first(), Category.objects.filter(ledger=archived).first()
    usd = archived.rates.get()
    beginning = configuration.filled({"tags": {"新": {}}})
    verbs = {
        "write": lambda: pipeline.submit([Edit(values={"name": "新"})], ledger=archived, by=system, kind="edit", reason="试"),
        "basics": lambda: change_basics(archived, {"name": "新名称"}, by=boss),
        "parameters": lambda: change_parameters(archived, {"name_policy": "allow"}, by=boss),
        "customer parameters": lambda: parameters.save(archived, {"name_policy": "allow"}, by=boss),
        "configuration": lambda: configuration.apply(archived, beginning, by=boss),
        "year": lambda: periods.create_year(archived, 2027, by=boss),
        "roll": lambda: periods.roll(archived, 2027, by=boss, close_old=True),
        "close": lambda: periods.close(archived.periods.order_by("starts_on")[1], by=boss),
        "reopen": lambda: periods.reopen(first, reason="试", by=boss),
        "currency": lambda: rates.add_currency(archived, "EUR", by=boss),
        "rate": lambda: rates.add_rate(archived, "USD", date(2026, 5, 1), Decimal(7), by=boss),
        "rates": lambda: rates.import_rates(archived, "USD 2026-05-01 7", by=boss),
        "remove rate": lambda: rates.remove_rate(usd, by=boss),
        "member": lambda: members.add_member(archived, users["outsider"], "sales", by=boss),
        "remove member": lambda: members.remove_member(Membership.objects.filter(ledger=archived).first(), by=boss),
        "category": lambda: categories.save(archived, code="N", name="新", parent=None, by=boss),
        "retire": lambda: categories.set_active(category, False, by=boss),
        "tag": lambda: tags.save(archived, "新"),
        "state": lambda: states.change_state(archived, "active", by=boss),
        "activate": lambda: creating.activate(archived, by=boss),
        "delete": lambda: creating.delete_draft(archived),
    }  # fmt: skip
    for name, verb in verbs.items():
        before = everything()
        with pytest.raises(BusinessError):
            verb()
        assert_unchanged(before, name)


def test_a_suspended_set_takes_no_customers_but_its_settings_change(users, ledger):
    states.change_state(ledger, "suspended", by=None)
    ledger.refresh_from_db()
    with pytest.raises(BusinessError, match="停用"):
        pipeline.submit(
            [Edit(values={"name": "新"})], ledger=ledger, by=Actor.system(ledger.pk), kind="edit", reason="试"
        )
    assert change_parameters(ledger, {"name_policy": "allow"}, by=None)


def test_archived_while_somebody_has_the_form_open(client_of, ledger, users, add_customer):
    """M8: the page was opened in an active set; what is sent afterwards is refused, and reading goes on."""
    add_customer(name="杭州西子电梯有限公司")
    browser = client_of("manager")
    assert browser.get(f"/l/{ledger.code}/customers/new/").status_code == 200
    states.change_state(ledger, "suspended", by=None)
    states.change_state(ledger, "archived", by=None, reason="结束")
    before = everything()
    browser.post(f"/l/{ledger.code}/customers/new/", {"name": "迟到的客户", "kind": "company"})
    assert_unchanged(before, "customer_new")
    assert "杭州西子电梯" in browser.get(f"/l/{ledger.code}/customers/").text


def test_only_a_draft_can_be_deleted(users, ledger):
    with pytest.raises(BusinessError, match="只有草稿"):
        creating.delete_draft(ledger)
    users["manager"].user_permissions.add(Permission.objects.get(codename="add_ledger"))
    draft = creating.create_draft(code="D01", name="草稿", by=users["manager"])
    creating.delete_draft(draft)
    assert not Ledger.objects.filter(code="D01").exists()
