"""Who gets to the settings: 403 for members without the right, 404 for everybody else; archived sets refuse every change."""

import pytest
from django.urls import reverse

from customers.models import Category, NumberingRule, Tag
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services import members, parameters, periods, rates, states
from permissions.models import Membership, Role

pytestmark = pytest.mark.django_db

CONFIGURE_PAGES = [
    "ledger_settings",
    "ledger_periods",
    "ledger_currencies",
    "ledger_state",
    "ledger_health",
    "customer_parameters",
    "category_list",
    "tag_list",
    "numbering_rule",
]
PAGES = [*CONFIGURE_PAGES, "ledger_members"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_by_persona(client_of, ledger, other_ledger, name):
    address = reverse(name, args=[ledger.code])
    assert client_of("manager").get(address).status_code == 200
    for persona in ("sales1", "supervisor", "finance", "service", "viewer", "steward"):
        may = persona == "finance" and name == "ledger_periods"  # who may reopen sees the periods
        assert client_of(persona).get(address).status_code == (200 if may else 403), persona
    for persona in ("outsider", "sysadmin", "other_manager"):
        assert client_of(persona).get(address).status_code == 404, persona


def acts(ledger: Ledger) -> list[tuple[str, list, dict]]:
    """Every POST route of the settings with data that would change something."""
    code, pk = ledger.code, ledger.periods.order_by("starts_on").first().pk
    category = Category.objects.filter(ledger=ledger).order_by("position").last().pk
    tag = Tag.objects.get_or_create(ledger=ledger, name="展会")[0].pk
    membership = Membership.objects.get(ledger=ledger, user__username="viewer").pk
    rate = ledger.rates.get_or_create(currency="USD", on="2026-01-01", defaults={"rate": "7.1"})[0].pk
    ledger.currencies.get_or_create(code="USD")
    ledger.currencies.get_or_create(code="EUR")
    basics = {"name": "改名", "kind": "customer", "language": "zh-hans"}
    return [
        ("ledger_settings", [code], basics),
        ("period_create", [code], {"fiscal_year": "2027"}),
        ("period_close", [code, pk], {}),
        ("period_reopen", [code, pk], {"reason": "试"}),
        ("ledger_currencies", [code], {"currency-code": "JPY"}),
        ("currency_remove", [code, "EUR"], {}),
        ("rate_add", [code], {"currency": "USD", "on": "2026-02-01", "rate": "7.2"}),
        ("rate_remove", [code, rate], {}),
        ("ledger_members", [code], {"user": "1", "role": "viewer"}),
        ("member_remove", [code, membership], {}),
        ("ledger_state", [code], {"state": "suspended"}),
        ("category_list", [code], {"code": "NEW", "name": "新分类", "parent": ""}),
        ("category_edit", [code, category], {"code": "ED", "name": "改", "parent": ""}),
        ("category_move", [code, category], {"direction": "up"}),
        ("category_toggle", [code, category], {"active": "0"}),
        ("tag_list", [code], {"name": "新标签"}),
        ("tag_edit", [code, tag], {"name": "改标签"}),
        ("tag_remove", [code, tag], {}),
        ("numbering_preview", [code], {}),
    ]


def fingerprint(ledger: Ledger) -> list:
    """Everything that the settings may change."""
    return [
        list(Ledger.objects.filter(pk=ledger.pk).values()),
        list(ledger.periods.values().order_by("pk")),
        list(ledger.currencies.values()),
        list(ledger.rates.values()),
        list(Membership.objects.filter(ledger=ledger).values().order_by("pk")),
        list(Category.objects.filter(ledger=ledger).values().order_by("pk")),
        list(Tag.objects.filter(ledger=ledger).values().order_by("pk")),
        list(NumberingRule.objects.filter(ledger=ledger).values().order_by("pk")),
        LedgerEvent.objects.filter(ledger=ledger).count(),
    ]


@pytest.mark.parametrize(
    ("persona", "status"), [("sales1", 403), ("finance", 403), ("outsider", 404), ("sysadmin", 404)]
)
def test_posts_are_guarded(client_of, ledger, persona, status):
    posts = acts(ledger)
    before = fingerprint(ledger)
    for name, args, data in posts:
        if (persona, name) != ("finance", "period_reopen"):
            assert client_of(persona).post(reverse(name, args=args), data).status_code == status, name
    assert fingerprint(ledger) == before


def archive(ledger: Ledger, by) -> None:
    states.change_state(ledger, "suspended", by=by)
    states.change_state(ledger, "archived", by=by, reason="业务结束")


def test_an_archived_set_refuses_every_post(client_of, ledger, users, part_rows):
    posts = acts(ledger)
    rule = {"rule-name": "新", "rule-reset": "never", **part_rows({"type": "serial"})}
    posts += [("numbering_rule", [ledger.code], rule)]
    archive(ledger, users["manager"])
    before = fingerprint(ledger)
    browser = client_of("manager")
    for name, args, data in posts:
        answer = browser.post(reverse(name, args=args), data)
        assert answer.status_code in (200, 302), name
    assert fingerprint(ledger) == before
    for name in PAGES:
        page = browser.get(reverse(name, args=[ledger.code]))
        assert "已归档" in page.text
        assert "btn-primary" not in page.text.split('class="settings-body', 1)[1].split("</main>")[0], name


def test_an_archived_set_refuses_every_verb(ledger, users):
    boss, membership = users["manager"], Membership.objects.filter(ledger=ledger).first()
    archive(ledger, boss)
    for verb in (
        lambda: parameters.change_basics(ledger, {"name": "新名"}, by=boss),
        lambda: parameters.change_parameters(ledger, {"default_credit_days": 1}, by=boss),
        lambda: periods.create_year(ledger, 2027, by=boss),
        lambda: periods.close(ledger.periods.first(), by=boss),
        lambda: rates.add_currency(ledger, "USD", by=boss),
        lambda: members.add_member(ledger, users["outsider"], "viewer", by=boss),
        lambda: members.remove_member(membership, by=boss),
    ):
        with pytest.raises(BusinessError, match="已归档"):
            verb()


def test_a_suspended_set_can_be_taken_up_again(client_of, ledger):
    browser, address = client_of("manager"), reverse("ledger_state", args=[ledger.code])
    browser.post(address, {"state": "suspended", "reason": "盘点"})
    assert Ledger.objects.get(pk=ledger.pk).state == "suspended"
    assert "重新启用" in browser.get(address).text
    browser.post(address, {"state": "active", "reason": "盘点结束"})
    assert Ledger.objects.get(pk=ledger.pk).state == "active"


def test_a_role_with_members_alone_sees_only_that_page(client_of, ledger, users):
    role = Role.objects.create(ledger=ledger, code="people", name="人事", rights=["view", "members"])
    Membership.objects.create(user=users["outsider"], ledger=ledger, role=role)
    browser = client_of("outsider")
    page = browser.get(reverse("ledger_members", args=[ledger.code]))
    assert page.status_code == 200
    assert reverse("ledger_periods", args=[ledger.code]) not in page.text
    assert browser.get(reverse("ledger_settings", args=[ledger.code])).status_code == 403


def test_the_list_of_sets(client_of, ledger, other_ledger):
    page = client_of("sales1").get(reverse("ledger_list")).text
    assert "杭州客户账套" in page
    assert "销售" in page
    assert "上海客户账套" not in page
    nobody = client_of("outsider").get(reverse("ledger_list")).text
    assert "还不是任何账套的成员" in nobody


def test_basics_are_saved_and_told(client_of, ledger):
    browser, address = client_of("manager"), reverse("ledger_settings", args=[ledger.code])
    data = {
        "name": "杭州总部账套",
        "kind": "business",
        "company": "杭州某公司",
        "language": "zh-hans",
        "accounting_mode": "department",
        "time_zone": "Asia/Shanghai",
        "description": "说明",
    }
    data["manager"] = ledger.manager_id
    answer = browser.post(address, data, follow=True)
    assert "账套名称" in answer.text
    fresh = Ledger.objects.get(pk=ledger.pk)
    assert (fresh.name, fresh.kind, fresh.company) == ("杭州总部账套", "business", "杭州某公司")
    assert fresh.code == "HZ01"
    assert fresh.parameter("accounting_mode") == "department"


def test_a_name_of_another_set_is_refused_on_its_field(client_of, ledger, other_ledger):
    data = {"name": "上海客户账套", "kind": "customer", "language": "zh-hans"}
    answer = client_of("manager").post(reverse("ledger_settings", args=[ledger.code]), data)
    assert "已被使用" in str(answer.context["form"].errors["name"])
