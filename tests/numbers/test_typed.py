"""Numbers that people type: mode, form, length, range, uniqueness, what is kept back; and what they do to the counter."""

import pytest

from customers.models import NumberAlias, NumberCounter, NumberGap
from customers.numbers import reserving, retiring
from erp_site.shared.errors import BusinessError

from .conftest import serial, text

pytestmark = pytest.mark.django_db

NAME = {"name": "杭州手工编号有限公司"}


def test_automatic_numbers_cannot_be_typed(rule, save, codes):
    rule([text("KH"), serial(6)], replaces=True, mode="auto")
    edit = save("manager", {**NAME, "number": "KH000009"})
    assert codes(edit) == ["number.automatic"]


@pytest.mark.parametrize("mode", ["manual", "external"])
def test_where_somebody_else_gives_the_number_it_must_be_typed(rule, save, codes, number_of, mode):
    rule([text("KH"), serial(6)], replaces=True, mode=mode)
    assert codes(save("manager", NAME)) == ["number.required"]
    assert number_of(save("manager", {**NAME, "number": "KH000009"})) == "KH000009"


def test_length_is_checked(save, codes, parameter):
    assert codes(save("manager", {**NAME, "number": "KH1"}))[0] == "number.length"
    parameter(number_min_length=3, number_max_length=8)
    assert "number.length" not in codes(save("manager", {**NAME, "number": "KH1"}))
    assert codes(save("manager", {"name": "乙", "number": "KH0000001"}))[0] == "number.length"


@pytest.mark.parametrize(("policy", "saved"), [("allow", True), ("warning", True), ("reason", False), ("error", False)])
def test_the_rule_s_form_is_asked_as_the_set_wants(save, codes, parameter, policy, saved):
    parameter(number_pattern_policy=policy)
    edit = save("manager", {**NAME, "number": "ABC-12345"})
    assert (edit.customer_id is not None) == saved
    assert codes(edit) == ([] if policy == "allow" else ["number.pattern"])
    if policy != "allow":
        assert any("KH000001" in problem.suggestion for problem in edit.problems)


def test_a_doubt_is_settled_by_a_reason(save, parameter, number_of):
    parameter(number_pattern_policy="reason")
    assert number_of(save("manager", {**NAME, "number": "ABC-12345"}, reason="总部给号")) == "ABC-12345"


def test_a_wrong_check_digit_is_not_of_the_rule(rule, save, codes, parameter):
    rule([text("KH"), serial(5), {"type": "check", "algorithm": "luhn"}], replaces=True)
    parameter(number_pattern_policy="error")
    right = "KH000182" if codes(save("manager", {**NAME, "number": "KH000182"})) == [] else ""
    wrong = [f"KH00018{digit}" for digit in range(10) if f"KH00018{digit}" != right]
    assert sum(codes(save("manager", {**NAME, "number": each})) == ["number.pattern"] for each in wrong) >= 8


@pytest.mark.parametrize("typed", ["kh000001", "ＫＨ０００００１", "KH\u200b000001"])
def test_a_number_is_taken_whatever_its_case_and_width(add_customer, save, codes, typed):
    add_customer(number="KH000001")
    assert codes(save("manager", {**NAME, "number": typed})) == ["number.taken"]


def test_former_archived_and_reserved_numbers_are_taken(add_customer, save, codes, system, ledger):
    firm = add_customer(number="KH000005")
    save("manager", {"number": "KH000006"}, customer=firm)
    retiring.retire(ledger, ["KH000007"], reason="旧合同用过", by=None)
    assert codes(save("manager", {**NAME, "number": "KH000005"})) == ["number.taken"]
    assert codes(save("manager", {**NAME, "number": "KH000006"})) == ["number.taken"]
    assert codes(save("manager", {**NAME, "number": "kh000007"})) == ["number.taken"]


def test_a_retired_number_comes_back_only_where_the_rule_lets_it(ledger, rule, save, codes, number_of):
    retiring.retire(ledger, ["KH000007"], reason="旧合同用过", by=None)
    assert codes(save("manager", {**NAME, "number": "KH000007"})) == ["number.taken"]
    rule([text("KH"), serial(6)], replaces=True, allow_reuse=True)
    assert number_of(save("manager", {**NAME, "number": "KH000007"})) == "KH000007"
    assert not NumberAlias.objects.exists()


def test_a_number_above_the_counter_pulls_it_forward_and_the_gap_is_written_down(save, add_customer, ledger):
    add_customer()
    save("manager", {**NAME, "number": "KH000005"})
    assert add_customer().number == "KH000006"
    gap = NumberGap.objects.get()
    assert (gap.first, gap.last, gap.cause) == (2, 4, "skipped")


def test_a_number_far_above_asks_whether_it_is_meant(save, codes):
    edit = save("manager", {**NAME, "number": "KH900000"})
    assert codes(edit) == ["number.far"]
    assert edit.customer_id is None
    assert save("manager", {**NAME, "number": "KH900000"}, reason="沿用旧号").customer_id


def test_a_number_out_of_the_rule_s_range_is_told(rule, save, codes, parameter):
    rule([text("KH"), serial(6)], replaces=True, range_from=100, range_to=199)
    parameter(number_pattern_policy="error")
    assert codes(save("manager", {**NAME, "number": "KH000200"})) == ["number.range"]
    assert codes(save("manager", {**NAME, "number": "KH000150"})) == []


def test_changing_a_number_keeps_the_old_one(client_of, ledger, add_customer, save):
    firm = add_customer()
    save("manager", {"number": "KH000009"}, customer=firm, reason="合并后改号")
    alias = NumberAlias.objects.get()
    assert (alias.number, alias.kind, alias.customer_id, alias.reason) == ("KH000001", "former", firm.pk, "合并后改号")
    assert add_customer().number == "KH000010"
    answer = client_of("sales1").get(f"/l/{ledger.code}/n/KH000001/")
    assert answer.status_code == 404  # not his customer
    assert client_of("manager").get(f"/l/{ledger.code}/n/kh000001/").url == firm.get_absolute_url()
    save("manager", {"number": "KH000001"}, customer=firm)
    assert [alias.number for alias in NumberAlias.objects.all()] == ["KH000009"]


def test_a_change_of_case_alone_leaves_no_former_number(add_customer, save):
    firm = add_customer(number="KH-abc-1")
    save("manager", {"number": "KH-ABC-1"}, customer=firm)
    firm.refresh_from_db()
    assert firm.number == "KH-ABC-1"
    assert not NumberAlias.objects.exists()


# --- reserved ranges ----------------------------------------------------------------------------------------------------


@pytest.fixture
def reserve(ledger, users):
    from customers.services.numbering import rule_in_force

    def make(first, last, **more):
        return reserving.reserve(
            ledger, rule_in_force(ledger), first=first, last=last, purpose="分公司", by=users["manager"], **more
        )

    return make


def test_reserved_serials_are_never_drawn(reserve, add_customer):
    reserve("2", "4")
    assert [add_customer().number for _ in range(3)] == ["KH000001", "KH000005", "KH000006"]


def test_reserved_numbers_are_for_the_holder_and_leave_the_counter(
    reserve, departments, save, codes, number_of, add_customer
):
    row = reserve("500", "599", department=departments["D1"])
    assert reserving.free_numbers(row, 2) == ["KH000500", "KH000501"]
    assert codes(save("steward", {**NAME, "number": "KH000500"})) == ["number.reserved"]
    assert number_of(save("sales1", {**NAME, "number": "KH000500"})) == "KH000500"
    assert reserving.free_numbers(row, 1) == ["KH000501"]
    assert add_customer().number == "KH000001"
    assert not NumberGap.objects.exists()


def test_reserved_numbers_may_be_typed_even_where_numbers_are_automatic(reserve, parameter, save, codes):
    reserve("500", "599")
    parameter(number_mode="auto")
    assert codes(save("manager", {**NAME, "number": "KH000500"})) == []
    assert codes(save("manager", {"name": "乙", "number": "KH000600"})) == ["number.automatic"]


def test_a_range_of_another_counter_shows_that_counters_numbers(reserve, rule):
    rule([{"type": "kind"}, text("-"), serial(5)], reset="prefix", replaces=True)
    row = reserve("500", "599", scope="GR-")
    assert row.scope == "GR-*"
    assert reserving.free_numbers(row, 2) == ["GR-00500", "GR-00501"]


def test_a_range_of_another_year_shows_that_years_numbers(reserve, rule):
    rule([text("KH"), {"type": "date", "format": "YYYY"}, serial(4)], reset="year", replaces=True)
    assert reserving.free_numbers(reserve("1", "20", scope="2031"), 1) == ["KH20310001"]


@pytest.mark.parametrize("scope", ["XX-*", "QY", "2031", "-"])
def test_a_counter_that_the_rule_cannot_have_is_refused(reserve, rule, scope):
    rule([{"type": "kind"}, text("-"), serial(5)], reset="prefix", replaces=True)
    with pytest.raises(BusinessError, match="没有计数范围") as refused:
        reserve("500", "599", scope=scope)
    assert refused.value.field == "scope"


def test_a_range_that_cannot_be_reserved_is_refused(reserve, add_customer):
    add_customer()
    for first, last, code in (
        ("9", "3", "reservation.range"), ("1", "5", "reservation.given"), ("KH5", "9", "reservation.range"),
        ("5", "9999999", "reservation.range"),
    ):  # fmt: skip
        with pytest.raises(BusinessError) as refused:
            reserve(first, last)
        assert refused.value.code == code
    reserve("10", "19")
    with pytest.raises(BusinessError) as refused:
        reserve("15", "25")
    assert refused.value.code == "reservation.twice"


def test_an_expired_range_is_drawn_again_and_a_released_one_leaves_a_gap(reserve, add_customer):
    row = reserve("2", "4")
    add_customer(), add_customer()
    assert NumberCounter.objects.get().next_serial == 6
    reserving.release(row, by=None)
    gap = NumberGap.objects.get()
    assert (gap.first, gap.last, gap.cause, gap.note) == (2, 4, "reserved", "分公司")


# --- used up --------------------------------------------------------------------------------------------------------------


def test_a_rule_that_is_nearly_used_up_says_so_and_then_refuses(rule, save, codes):
    rule([text("KHKH"), serial(1)], replaces=True)
    edits = [save("manager", {"name": f"杭州{number}号公司"}) for number in range(9)]
    assert [codes(edit) for edit in edits[:7]] == [[]] * 7
    assert codes(edits[8]) == ["number.nearly_used"]
    assert "还可用 0 个" in edits[8].problems[-1].message
    with pytest.raises(BusinessError) as refused:
        save("manager", {"name": "杭州第十号公司"})
    assert refused.value.code == "number.exhausted"
