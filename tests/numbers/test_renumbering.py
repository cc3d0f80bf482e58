"""改号: the plan, carrying it out, swaps, going on after a kill, giving up."""

import pytest
from django.urls import reverse

from customers.models import Category, ChangeBatch, Customer, NumberAlias, NumberCounter, NumberReservation, Renumbering
from customers.numbers import planning, renumbering
from customers.services import invariants
from erp_site.shared.errors import BusinessError

from .conftest import serial, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(ledger, actor):
    """plan(only_unfit=True, …): a plan, ready to be looked at."""

    def make(username="manager", **params):
        made = renumbering.ask(ledger, params, reason="统一编号", by=actor(username))
        renumbering.prepare(made, actor(username))
        made.refresh_from_db()
        return made

    return make


def numbers():
    return list(Customer.objects.order_by("pk").values_list("number", flat=True))


def test_everybody_gets_a_number_of_the_new_rule_and_keeps_the_old_one(
    client_of, ledger, rule, add_customer, plan, run_plan
):
    firms = [add_customer() for _ in range(3)]
    rule([text("HZ"), serial(5)], replaces=True)
    made = plan()
    assert list(renumbering.table(made)) == [(firm.pk, firm.number, f"HZ0000{at}") for at, firm in enumerate(firms, 1)]
    assert numbers() == ["KH000001", "KH000002", "KH000003"]  # nothing is changed by looking
    done = run_plan(made)
    assert (done.state, done.counts["done"], done.counts["refused"]) == ("done", 3, 0)
    assert numbers() == ["HZ00001", "HZ00002", "HZ00003"]
    assert done.batch.kind == ChangeBatch.Kind.RENUMBER
    assert (done.batch.state, done.batch.customers_changed) == ("done", 3)
    assert client_of("manager").get(f"/l/{ledger.code}/n/KH000002/").url == firms[1].get_absolute_url()
    assert add_customer().number == "HZ00004"
    assert list(invariants.broken()) == []


def test_only_those_who_do_not_fit(ledger, add_customer, plan):
    add_customer()
    odd = add_customer(number="OLD-0007")
    made = plan(only_unfit=True)
    assert [row[0] for row in renumbering.table(made)] == [odd.pk]


def test_a_category_with_all_below_it_or_a_prefix(ledger, add_customer, plan):
    top = Category.objects.create(ledger=ledger, code="A", name="甲")
    Category.objects.create(ledger=ledger, code="A1", name="甲一", parent=top)
    inside = add_customer(number="OLD-0001", category="A1")
    other = add_customer(number="old-0002")
    assert [row[0] for row in renumbering.table(plan(category=top.pk))] == [inside.pk]
    assert [row[0] for row in renumbering.table(plan(prefix="OLD-0002"))] == [other.pk]


def test_what_a_list_shows(ledger, add_customer, plan):
    wanted = add_customer(number="OLD-0001", kind="person", name="张三")
    add_customer(number="OLD-0002")
    assert [row[0] for row in renumbering.table(plan(query="f-kind=person"))] == [wanted.pk]


def test_the_plan_keeps_its_numbers_until_it_is_given_up(client_of, ledger, add_customer, plan):
    add_customer(number="OLD-0001")
    made = plan()
    assert list(renumbering.table(made))[0][2] == "KH000001"
    assert add_customer().number == "KH000002"
    client_of("manager").post(reverse("renumber_cancel", args=[ledger.code, made.pk]))
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert not NumberReservation.objects.exists()


def test_two_customers_change_numbers_in_one_act(ledger, add_customer, plan, run_plan, system):
    """A ring: each takes what the other gives up."""
    first, second = add_customer(), add_customer()
    made = plan(prefix="nobody")
    made.chunks.create(
        index=0, rows=[[first.pk, "KH000001", "KH000002", True], [second.pk, "KH000002", "KH000001", True]]
    )
    made.counts["changes"] = 2
    made.save()
    done = run_plan(made)
    assert (done.counts["done"], done.counts["refused"]) == (2, 0)
    assert numbers() == ["KH000002", "KH000001"]
    assert not NumberAlias.objects.exists()
    assert list(invariants.broken()) == []


def test_beginning_again_uses_the_numbers_of_those_who_leave_them(ledger, add_customer, plan, run_plan, monkeypatch):
    for number in ("KH000003", "KH000001", "KH000002", "KH000009"):
        add_customer(number=number)
    monkeypatch.setattr(planning, "CHUNK", 2)
    made = plan(restart=True)
    assert made.counts["changes"] == 4
    done = run_plan(made)
    assert (done.counts["done"], done.counts["refused"]) == (4, 0)
    assert numbers() == ["KH000001", "KH000002", "KH000003", "KH000004"]
    assert sorted(NumberAlias.objects.values_list("number", flat=True)) == ["KH000009"]
    assert list(invariants.broken()) == []


def test_a_long_chain_over_many_chunks(ledger, add_customer, plan, run_plan, monkeypatch):
    monkeypatch.setattr(planning, "CHUNK", 3)
    for at in range(2, 12):
        add_customer(number=f"KH{at:06d}")
    done = run_plan(plan(restart=True))
    assert (done.counts["done"], done.counts["refused"], done.chunks.count()) == (10, 0, 4)
    assert numbers() == [f"KH{at:06d}" for at in range(1, 11)]
    assert [alias.number for alias in NumberAlias.objects.all()] == ["KH000011"]


def test_a_ring_that_is_too_long_is_refused(ledger, add_customer, plan, monkeypatch):
    for number in ("KH000002", "KH000003", "KH000001"):
        add_customer(number=number)
    monkeypatch.setattr(planning, "MOST_RING", 2)
    with pytest.raises(BusinessError) as refused:
        plan(restart=True)
    assert refused.value.code == "renumber.ring"
    assert Renumbering.objects.get().state == "failed"


class Killed(BaseException):
    pass


def test_work_that_was_cut_off_goes_on_behind_the_last_chunk(
    ledger, rule, add_customer, plan, run_plan, actor, monkeypatch
):
    monkeypatch.setattr(planning, "CHUNK", 2)
    for _ in range(5):
        add_customer()
    rule([text("HZ"), serial(5)], replaces=True)
    made, calls = plan(), []

    def die():
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    with pytest.raises(Killed):
        run_plan(made, check=die)
    made = Renumbering.objects.select_related("ledger", "batch").get()
    assert (made.state, made.counts["done"]) == ("running", 2)
    renumbering.carry_out(made, actor("manager"), lambda done, total: None, lambda: None)
    assert numbers() == [f"HZ0000{at}" for at in range(1, 6)]
    assert ChangeBatch.objects.filter(kind=ChangeBatch.Kind.RENUMBER).count() == 1
    assert Customer.history.filter(batch=made.batch).count() == 5


def test_who_changed_meanwhile_keeps_what_he_has(ledger, rule, add_customer, save, plan, run_plan):
    first = add_customer()
    add_customer()
    rule([text("HZ"), serial(5)], replaces=True)
    made = plan()
    save("manager", {"number": "VIP-00001"}, customer=first)
    done = run_plan(made)
    assert (done.counts["done"], done.counts["refused"]) == (1, 1)
    assert done.problems[0][0] == first.pk
    assert numbers() == ["VIP-00001", "HZ00002"]


def test_who_lacks_something_is_named(ledger, rule, add_customer, plan):
    lacking = add_customer()
    add_customer(category="ZD")
    rule([{"type": "category"}, text("-"), serial(5)], "prefix", replaces=True)
    made = plan()
    assert (made.counts["changes"], made.counts["failed"]) == (1, 1)
    assert made.problems[0][:2] == [lacking.pk, lacking.number]
    assert "客户分类" in made.problems[0][2]


def test_the_counter_goes_on_behind_the_plan(ledger, rule, add_customer, plan, run_plan):
    for _ in range(3):
        add_customer()
    made = rule([text("HZ"), serial(5)], replaces=True)
    run_plan(plan())
    assert NumberCounter.objects.get(rule=made).next_serial == 4
    assert not NumberReservation.objects.exists()


def test_the_pages(client_of, ledger, rule, add_customer):
    firm = add_customer(name="杭州改号有限公司")
    rule([text("HZ"), serial(5)], replaces=True)
    browser = client_of("manager")
    page = reverse("renumber_list", args=[ledger.code])
    assert "对照表" in browser.get(page).text
    assert browser.post(page, {"reason": ""}).status_code == 200
    answer = browser.post(page, {"reason": "统一编号", "only_unfit": "on"})
    made = Renumbering.objects.get()
    assert answer.url == reverse("renumber_detail", args=[ledger.code, made.pk])
    text_of = browser.get(answer.url).text
    assert firm.name in text_of
    assert "HZ00001" in text_of
    table = b"".join(browser.get(reverse("renumber_table", args=[ledger.code, made.pk])).streaming_content).decode()
    assert "KH000001,HZ00001" in table
    browser.post(reverse("renumber_start", args=[ledger.code, made.pk]))
    made.refresh_from_db()
    assert made.state == "running"
    assert "不能取消" in browser.post(reverse("renumber_cancel", args=[ledger.code, made.pk]), follow=True).text


def test_a_set_that_takes_no_data_is_not_renumbered(client_of, ledger, add_customer):
    add_customer()
    ledger.state = ledger.State.ARCHIVED
    ledger.save()
    client_of("manager").post(reverse("renumber_list", args=[ledger.code]), {"reason": "统一编号"})
    assert not Renumbering.objects.exists()
