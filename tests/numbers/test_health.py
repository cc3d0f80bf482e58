"""编号体检: what is found, why serials are missing, and mending."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from customers.models import Customer, NumberCounter, NumberGap, Renumbering
from customers.numbers import reserving, scanning
from customers.services import numbering

from .conftest import serial, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def past_the_writer():
    """past_the_writer(customer, number, key): what another program might leave in the table."""

    def write(customer, number, key=None):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_customer SET number = %s, number_key = %s WHERE id = %s",
                [number, numbering.number_key(number) if key is None else key, customer.pk],
            )

    return write


def found(ledger):
    result = scanning.scan(ledger)
    return {each["kind"]: each for each in result["findings"]} | {"gaps": result["gaps"]}


def test_a_sound_set_has_nothing(ledger, add_customer):
    for _ in range(3):
        add_customer()
    result = scanning.scan(ledger)
    assert (result["findings"], result["gaps"], result["customers"], result["faults"]) == ([], [], 3, 0)


@pytest.mark.parametrize(
    ("number", "key", "kind"),
    [
        ("KH 000002", None, "malformed"),
        ("KH/000002", None, "malformed"),
        ("ＫＨ０００００２", None, "invisible"),
        ("KH\u200b000002", None, "invisible"),
        ("kh000001", "kh000001", "duplicate"),
        ("KH000002", "KH2", "stale_key"),
        ("\u200b", "", "missing"),
        ("XY-000002", None, "out_of_rule"),
        ("KH2", None, "length"),
    ],
)
def test_each_kind_of_bad_number_is_found(ledger, add_customer, past_the_writer, number, key, kind):
    add_customer()
    past_the_writer(add_customer(), number, key)
    finding = found(ledger)[kind]
    assert finding["count"] == 1
    assert finding["samples"][0]["number"] == number
    assert (finding["severity"] == "fault") == (kind not in ("out_of_rule", "length"))


def test_numbers_of_earlier_rules_are_of_a_rule(ledger, rule, add_customer):
    add_customer()
    rule([text("HZ"), serial(5)], replaces=True)
    add_customer()
    assert "out_of_rule" not in found(ledger)


# --- gaps ---------------------------------------------------------------------------------------------------------------


def causes(ledger):
    return [(gap["first"], gap["last"], gap["cause"]) for gap in found(ledger)["gaps"]]


def test_a_changed_number_explains_its_gap(ledger, add_customer, save):
    add_customer()
    save("manager", {"number": "VIP-00001"}, customer=add_customer())
    add_customer()
    assert causes(ledger) == [(2, 2, "changed")]


def test_a_typed_number_explains_what_it_skipped(ledger, add_customer):
    add_customer()
    add_customer(number="KH000005")
    assert causes(ledger) == [(2, 4, "skipped")]
    add_customer(number="KH000003")
    assert causes(ledger) == [(2, 2, "skipped"), (4, 4, "skipped")]


def test_a_reserved_range_explains_itself(ledger, add_customer, users):
    add_customer()
    reserving.reserve(
        ledger, numbering.rule_in_force(ledger), first="2", last="4", purpose="杭州分公司", by=users["manager"]
    )
    add_customer()
    gaps = found(ledger)["gaps"]
    assert [(gap["first"], gap["last"], gap["cause"], gap["note"]) for gap in gaps] == [
        (2, 4, "reserved", "杭州分公司")
    ]
    assert scanning.scan(ledger)["faults"] == 0


def test_neighbours_of_one_cause_are_one_gap(ledger, add_customer, save):
    made = [add_customer() for _ in range(6)]
    for at in (1, 2, 3):
        save("manager", {"number": f"VIP-0000{at}"}, customer=made[at], reason="统一编号")
    assert causes(ledger) == [(2, 4, "changed")]


def test_customers_who_are_gone_explain_their_gap_together(ledger, add_customer):
    made = [add_customer() for _ in range(6)]
    with connection.cursor() as cursor:  # as another program would: the product itself keeps its customers
        cursor.execute("UPDATE customers_customer SET number = 'X-' || id, number_key = 'X-' || id WHERE id IN (%s, %s)",
                       [made[1].pk, made[2].pk])  # fmt: skip
    NumberCounter.objects.update(next_serial=9)
    assert causes(ledger) == [(2, 3, "changed"), (7, 8, "unknown")]


def test_a_written_cause_counts_before_what_lies_in_it(ledger, add_customer, save, users):
    rule = numbering.rule_in_force(ledger)
    made = [add_customer() for _ in range(5)]
    save("manager", {"number": "VIP-00002"}, customer=made[1])
    save("manager", {"number": "VIP-00004"}, customer=made[3])
    NumberGap.objects.create(rule=rule, scope="", first=1, last=4, cause="unknown", note="系统切换")
    assert [(gap["first"], gap["note"]) for gap in found(ledger)["gaps"]] == [(2, "系统切换"), (4, "系统切换")]


def test_a_gap_that_nobody_can_explain_is_a_fault_until_it_is_explained(client_of, ledger, add_customer):
    add_customer()
    NumberCounter.objects.update(next_serial=4)
    add_customer()
    finding = found(ledger)["gap"]
    assert (finding["severity"], finding["count"]) == ("fault", 2)
    rule = numbering.rule_in_force(ledger)
    browser, address = client_of("manager"), reverse("numbers_gap", args=[ledger.code])
    data = {"rule": rule.pk, "scope": "", "first": 2, "last": 3, "cause": "unknown", "note": ""}
    assert "写明" in browser.post(address, data, follow=True).text
    browser.post(address, {**data, "note": "系统切换时作废"})
    assert found(ledger)["gap"]["severity"] == "hint"
    assert "系统切换时作废" in browser.get(reverse("numbers_health", args=[ledger.code])).text


def test_what_history_knows_explains_a_gap(ledger, add_customer, past_the_writer):
    add_customer()
    past_the_writer(add_customer(), "KH000009")
    add_customer()
    assert (2, 2, "changed") in causes(ledger)


def test_serials_that_the_rule_leaves_out_are_no_gap(ledger, rule, add_customer):
    rule([text("NO"), serial(4, skip="4", step=2, words=["07"])], replaces=True)
    for _ in range(6):
        add_customer()
    assert list(Customer.objects.values_list("number", flat=True).order_by("pk"))[:4] == [
        "NO0001",
        "NO0003",
        "NO0006",
        "NO0008",
    ]
    assert causes(ledger) == []


def test_counters_of_each_prefix_are_looked_at(ledger, rule, add_customer):
    rule([{"type": "category"}, text("-"), serial(5)], "prefix", replaces=True)
    add_customer(category="ZD"), add_customer(category="PT")
    NumberCounter.objects.filter(scope="ZD-*").update(next_serial=3)
    add_customer(category="ZD")
    assert [(gap["scope"], gap["first"]) for gap in found(ledger)["gaps"]] == [("ZD-*", 2)]


# --- counters -----------------------------------------------------------------------------------------------------------


def mend(client_of, ledger):
    rule = numbering.rule_in_force(ledger)
    return client_of("manager").post(
        reverse("numbers_counter", args=[ledger.code]), {"rule": rule.pk, "scope": ""}, follow=True
    )


def test_a_counter_behind_is_found_and_mended(client_of, ledger, add_customer):
    for _ in range(3):
        add_customer()
    NumberCounter.objects.update(next_serial=2)
    assert found(ledger)["counter_behind"]["samples"][0]["highest"] == "000003"
    assert "000004" in mend(client_of, ledger).text
    assert NumberCounter.objects.get().next_serial == 4
    assert "counter_behind" not in found(ledger)


def test_a_counter_ahead_is_found_and_mended_without_giving_a_number_twice(client_of, ledger, add_customer, save):
    save("manager", {"number": "VIP-00001"}, customer=add_customer())
    NumberCounter.objects.update(next_serial=90)
    assert found(ledger)["counter_ahead"]["samples"][0]["first_text"] == "000002"
    mend(client_of, ledger)
    assert NumberCounter.objects.get().next_serial == 2  # KH000001 was borne once, and stays its old bearer's
    assert add_customer().number == "KH000002"


def test_capacity_and_expired_ranges_are_told(ledger, add_customer, rule, users):
    made = rule([text("KHKH"), serial(1)], replaces=True)
    for _ in range(9):
        add_customer()
    assert found(ledger)["capacity"]["samples"][0]["name"] == made.name
    row = made.reservations.create(scope="", first=5, last=6, purpose="过期", ends_on="2020-01-01")
    assert found(ledger)["expired"]["samples"][0]["reservation"] == row.pk


# --- mending by renumbering ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "key", "kind", "new"),
    [
        ("ＫＨ０００００２", None, "invisible", "KH000002"),
        ("KH 000002", None, "malformed", "KH000003"),
        ("kh000001", "kh000001", "duplicate", "KH000003"),
        ("\u200b", "", "missing", "KH000003"),
        ("XY-000002", None, "out_of_rule", "KH000003"),
        ("KH000002", "KH2", "stale_key", "KH000002"),
    ],
)
def test_bad_numbers_are_mended_by_a_plan(
    client_of, ledger, add_customer, past_the_writer, run_plan, number, key, kind, new
):
    add_customer()
    firm = add_customer()
    past_the_writer(firm, number, key)
    answer = client_of("manager").post(reverse("numbers_mend", args=[ledger.code]), {"finding": kind})
    plan = Renumbering.objects.get()
    assert answer.url == reverse("renumber_detail", args=[ledger.code, plan.pk])
    assert plan.counts["changes"] == 1
    run_plan(plan)
    firm.refresh_from_db()
    assert (firm.number, firm.number_key) == (new, new)
    assert kind not in found(ledger)


def test_nothing_else_can_be_asked_for(client_of, ledger):
    answer = client_of("manager").post(reverse("numbers_mend", args=[ledger.code]), {"finding": "gap"}, follow=True)
    assert "选择要处理的一项" in answer.text
    assert not Renumbering.objects.exists()


# --- the command --------------------------------------------------------------------------------------------------------


def run(*arguments):
    out = StringIO()
    call_command("check_numbers", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_answers_with_its_exit_code(ledger, add_customer, past_the_writer):
    firm = add_customer()
    assert "全部正常" in run("--ledger", ledger.code)
    past_the_writer(firm, "ＫＨ０００００１")
    with pytest.raises(CommandError) as faults:
        run("--ledger", ledger.code)
    assert faults.value.returncode == 1
    with pytest.raises(CommandError) as unknown:
        run("--ledger", "NONE")
    assert unknown.value.returncode == 2


def test_the_command_makes_plans_that_somebody_confirms(ledger, add_customer, past_the_writer):
    firm = add_customer()
    past_the_writer(firm, "ＫＨ０００００１")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_numbers", "--ledger", ledger.code, "--fix-request", "--json", stdout=out, stderr=StringIO())
    plan = Renumbering.objects.get()
    assert json.loads(out.getvalue())["plans"][0]["plan"] == plan.pk
    assert plan.state == "ready"
    firm.refresh_from_db()
    assert firm.number == "ＫＨ０００００１"


def test_the_page_shows_only_customers_whom_its_reader_sees(client_of, ledger, add_customer, users, past_the_writer):
    firm = add_customer(name="杭州秘密客户有限公司", number="XY-12345")
    role = users["sales1"].memberships.get(ledger=ledger).role
    role.rights = [*role.rights, "configure"]
    role.save()
    page = reverse("numbers_health", args=[ledger.code])
    assert firm.name in client_of("manager").get(page).text
    answer = client_of("sales1").get(page).text
    assert firm.name not in answer
    assert firm.number not in answer


def test_gaps_are_written_by_nobody_but_those_who_configure(client_of, ledger):
    assert client_of("sales1").post(reverse("numbers_gap", args=[ledger.code]), {}).status_code == 403
    assert not NumberGap.objects.exists()
