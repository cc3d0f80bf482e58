"""Customer numbers made by a rule, and read back."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn
from stdnum.iso7064 import mod_11_2, mod_37_36, mod_97_10

from customers.rules.identifiers import number_key, number_text
from customers.rules.numbering import (
    RESETS,
    MissingPart,
    NumberContext,
    Plan,
    Reading,
    Serial,
    SerialOverflow,
    capacity,
    week_of,
)
from customers.rules.numbering_checks import validate

ON = date(2024, 1, 5)
CONTEXT = NumberContext(
    "VIP", "330106", "E", "HZ01", "HZHY", ON, category_path=("QY", "ZD", "VIP"), company_code="HD", department_code="D11",
    sales_region_code="HD", fields=(("grade", "VIP"), ("source", "referral"), ("x_trade", "机械")),
)  # fmt: skip


def text(value):
    return {"type": "literal", "text": value}


def serial(width, **more):
    return {"type": "serial", "width": width, **more}


def day(form, **more):
    return {"type": "date", "format": form, **more}


def region(digits):
    return {"type": "region", "digits": digits}


def check(algorithm):
    return {"type": "check", "algorithm": algorithm}


def field(key, default="", **mapping):
    return {"type": "field", "key": key, "map": mapping, "default": default}


def category(**more):
    return {"type": "category", **more}


def render(parts, context, number):
    plan = Plan(parts)
    return plan.number(plan.frame(context), number)


def serial_of(parts, number):
    reading = Plan(parts).read(number)
    return reading.serial if reading else None


CATEGORY, KIND, LEDGER = {"type": "category"}, {"type": "kind"}, {"type": "ledger"}
COMPANY, DEPARTMENT, SALES_REGION = {"type": "company"}, {"type": "department"}, {"type": "sales_region"}
INITIALS = {"type": "initials", "length": 3}
CHECKS = ["luhn", "mod97", "mod11_2", "mod37_36"]


@pytest.mark.parametrize(
    ("parts", "reset", "number", "drawn"),
    [
        ([serial(8)], "never", 12345, "00012345"),
        ([text("KH"), day("YYYY"), serial(2)], "year", 1, "KH202401"),
        ([text("KH"), day("YYYYMM"), serial(4)], "month", 1, "KH2024010001"),
        ([text("KH"), day("YYYY"), serial(6)], "year", 10001, "KH2024010001"),
        ([text("HD-"), CATEGORY, text("-"), serial(5)], "prefix", 17, "HD-VIP-00017"),
        ([SALES_REGION, text("-"), category(counts=True), text("-"), serial(5)], "never", 17, "HD-VIP-00017"),
        ([category(level=1, counts=True), text("-"), serial(3)], "parts", 7, "QY-007"),
        ([category(level=3), serial(3)], "never", 7, "VIP007"),
        ([COMPANY, text("."), DEPARTMENT, text("."), serial(3)], "prefix", 7, "HD.D11.007"),
        ([LEDGER, text("."), KIND, serial(3)], "never", 7, "HZ01.E007"),
        ([field("grade", VIP="1", A="2", default="9"), serial(4)], "never", 7, "10007"),
        ([field("source", visit="V", default="O"), serial(4)], "never", 7, "O0007"),
        ([field("x_trade"), serial(4)], "never", 7, "机械0007"),
        ([region(2), region(4), region(6), serial(3)], "never", 7, "333301330106007"),
        ([INITIALS, day("YYMMDD"), serial(3)], "day", 42, "HZH240105042"),
        ([day("YYYYQ", counts=True), serial(3)], "parts", 42, "20241042"),
        ([day("YYWW", counts=True), serial(3)], "parts", 42, "2401042"),
        ([serial(4), text("-"), CATEGORY], "never", 42, "0042-VIP"),
        ([text("客户"), serial(4)], "never", 42, "客户0042"),
        ([serial(3, base=36)], "never", 36 * 36 + 35, "10Z"),
        ([serial(3, base=36, skip="OI")], "never", 18, "00J"),
        ([serial(3, skip="4")], "never", 13, "015"),
        ([text("799273987"), serial(1), check("luhn")], "never", 1, "79927398713"),
        ([text("A"), serial(4), check("mod97")], "never", 7, "A000798"),
        ([text("A"), serial(4), check("mod11_2")], "never", 9, "A00094"),
        ([text("A"), serial(4), check("mod37_36")], "never", 9, "A0009" + mod_37_36.calc_check_digit("A0009")),
    ],
)
def test_rules_and_the_numbers_they_make(parts, reset, number, drawn):
    assert validate(parts, reset) == []
    assert render(parts, CONTEXT, number) == drawn
    assert serial_of(parts, drawn) == serial_of(parts, drawn.lower()) == number
    assert number_text(drawn) == (drawn, None)


def test_many_numbers_are_those_made_one_by_one():
    parts = [CATEGORY, text("-"), serial(5), check("luhn")]
    contexts = [NumberContext(category_code=code, on=ON) for code in ("A", "B", "A", "C")]
    serials = [10, 15, 20, 25]
    expected = [render(parts, context, number) for context, number in zip(contexts, serials, strict=True)]
    assert list(Plan(parts).numbers(contexts, serials)) == expected


def test_a_serial_too_wide_is_refused():
    assert render([serial(2)], CONTEXT, 99) == "99"
    with pytest.raises(SerialOverflow):
        render([serial(2)], CONTEXT, 100)


@pytest.mark.parametrize("part", [CATEGORY, KIND, LEDGER, COMPANY, DEPARTMENT, SALES_REGION, INITIALS, region(4)])
def test_a_customer_without_what_the_rule_wants_gets_no_number(part):
    with pytest.raises(MissingPart) as refused:
        render([part, serial(3)], NumberContext(on=ON), 1)
    assert refused.value.part_type == part["type"]


def test_what_is_missing_is_named():
    shallow = NumberContext("A", category_path=("A",), fields=(("grade", "B"),), on=ON)
    with pytest.raises(MissingPart) as level:
        render([category(level=2), serial(3)], shallow, 1)
    with pytest.raises(MissingPart) as mapped:
        render([field("grade", VIP="1"), serial(3)], shallow, 1)
    assert (level.value.part_type, mapped.value.part_type, mapped.value.key) == ("category", "field", "grade")


def test_short_initials_and_region_codes_are_filled_up():
    context = NumberContext(initials="a（b", region_code="33", on=ON)
    assert render([{"type": "initials", "length": 4}, region(6), serial(2)], context, 1) == "ABXX33000001"


# --- serials ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "first", "drawn"),
    [
        (serial(3, skip="4"), 3, ["003", "005", "006"]),
        (serial(3, skip="4", start=17), None, ["017", "018", "019"]),
        (serial(3, step=50, start=100), None, ["100", "150", "200"]),
        (serial(3, step=10), 15, ["021", "031", "041"]),
        (serial(2, base=36, start="Z8"), None, ["Z8", "Z9", "ZA"]),
        (serial(3, words=["25"]), 249, ["249", "260", "261"]),
        (serial(4, words=["250", "13"]), 1299, ["1299", "1400", "1401"]),
        (serial(1, start=8), None, ["8", "9"]),
    ],
)
def test_serials_leave_out_what_the_rule_does_not_want(part, first, drawn):
    made = Serial(part)
    serials = made.run(made.start if first is None else first, 3)
    assert [made.text(each) for each in serials] == drawn


def test_a_range_bounds_the_serials_and_reserved_ones_are_passed():
    made = Serial(serial(4), 100, 109)
    assert made.run(1, 3) == [100, 101, 102]
    assert made.run(107, 9) == [107, 108, 109]
    assert made.run(100, 3, [(101, 104), (105, 107)]) == [100, 108, 109]
    assert made.capacity == 10


@given(
    st.integers(1, 4), st.integers(1, 7), st.sampled_from([10, 36]), st.sampled_from(["", "4", "49"]),
    st.lists(st.sampled_from(["25", "250", "13", "SB"]), max_size=3), st.integers(0, 3000),
)  # fmt: skip
def test_a_run_is_what_one_by_one_gives(width, step, base, skip, words, first):
    part = serial(width, step=step, base=base, skip=skip, words=words)
    made = Serial(part)
    allowed = [
        each
        for each in range(made.start, min(made.limit, first + 600 * step))
        if (each - made.start) % step == 0 and not any(word in made.text(each) for word in words)
    ]
    expected = [each for each in allowed if each >= first][:20]
    assume(len(expected) == 20)
    assert made.run(first, 20) == expected
    assert all(made.value(made.text(each)) == each for each in expected)


def test_a_week_never_leaves_its_year():
    days = [date(year, 1, 1) + timedelta(offset) for year in range(2020, 2032) for offset in range(366)]
    for today in days:
        tomorrow = today + timedelta(1)
        assert 1 <= week_of(today) <= 54
        if tomorrow.year == today.year:
            assert week_of(tomorrow) - week_of(today) == (tomorrow.weekday() == 0)
        else:
            assert week_of(tomorrow) == 1


# --- counters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reset", "scope"), [("never", ""), ("year", "2024"), ("month", "202401"), ("day", "20240105")]
)
def test_the_counter_begins_anew_with_its_period(reset, scope):
    assert Plan([day("YYYYMMDD"), serial(3)], reset).scope(CONTEXT) == scope


def test_the_counter_of_the_last_day_of_february_is_its_own():
    plan = Plan([day("YYYYMMDD"), serial(3)], "day")
    assert plan.scope(NumberContext(on=date(2024, 2, 29))) == "20240229"
    assert Plan([day("YY"), serial(3)], "year").scope(NumberContext(on=date(2024, 12, 31))) == "2024"


def test_the_prefix_scope_is_what_the_number_will_begin_and_end_with():
    parts = [text("HD-"), CATEGORY, text("-"), serial(5), text("-x"), check("luhn")]
    plan = Plan(parts, "prefix")
    assert plan.scope(CONTEXT) == "HD-VIP-*-X"
    assert plan.scope(NumberContext(category_code="vip", on=ON)) == plan.scope(CONTEXT)
    split = Plan([CATEGORY, KIND, serial(3)], "prefix")
    left, right = NumberContext("A", kind_code="BC"), NumberContext("AB", kind_code="C")
    assert split.number(split.frame(left), 1) == split.number(split.frame(right), 1)
    assert split.scope(left) == split.scope(right)


def test_marked_parts_count_each_for_itself():
    parts = [text("K"), category(counts=True), day("YY", counts=True), region(2), serial(3)]
    plan = Plan(parts, "parts")
    assert plan.scope(CONTEXT) == "VIP24*"
    assert plan.scope(NumberContext("VIP", "440000", on=ON)) == "VIP24*"
    assert plan.scope(NumberContext("VIP", "440000", on=date(2025, 1, 1))) == "VIP25*"


# --- reading back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        ([text("KH"), serial(4)], "KH123"),
        ([text("KH"), serial(4)], "KX1234"),
        ([day("YYYYMM"), serial(2)], "20241301"),
        ([INITIALS, serial(2)], "客户A01"),
        ([text("KH"), serial(4), check("luhn")], "KH00011"),
        ([text("A.B"), serial(2)], "AxB01"),
    ],
)
def test_numbers_of_another_form_are_not_of_the_rule(parts, number):
    assert Plan(parts).read(number) is None


def test_a_number_in_full_width_is_the_same_number():
    assert Plan([text("KH"), serial(4)]).read("ｋｈ００１２") == Reading("", 12)


@pytest.mark.parametrize(
    ("parts", "numbers"),
    [([serial(2)], 99), ([serial(2, start=0)], 100), ([serial(3, start=100, step=50)], 18), ([serial(1, start=9)], 1)],
)
def test_capacity(parts, numbers):
    assert capacity(parts) == numbers


@pytest.mark.parametrize(
    ("parts", "reset", "code"),
    [
        ([], "never", "numbering.empty"),
        ("KH", "never", "numbering.empty"),
        ([{}], "never", "numbering.type"),
        ([{"type": ["serial"]}], "never", "numbering.type"),
        ([text("KH")], "never", "numbering.serial"),
        ([serial(3), serial(3)], "never", "numbering.serial"),
        ([check("luhn"), serial(3)], "never", "numbering.check_last"),
        ([serial(3), check("crc")], "never", "numbering.check"),
        ([serial(3), check(["luhn"])], "never", "numbering.check"),
        ([text(""), serial(3)], "never", "numbering.literal"),
        *(([text(f"K{char}"), serial(3)], "never", "numbering.literal") for char in "/:?#% \u3000\t\x00"),
        ([text("Ｋ"), serial(3)], "never", "numbering.literal"),
        ([text("K" * 28), serial(3)], "never", "numbering.length"),
        ([serial(0)], "never", "numbering.serial_width"),
        ([serial(True)], "never", "numbering.serial_width"),
        ([serial(2, start=100)], "never", "numbering.serial_width"),
        ([serial(2, step=0)], "never", "numbering.serial_width"),
        ([serial(2, base=16)], "never", "numbering.serial_width"),
        ([serial(2, start="A1")], "never", "numbering.serial_width"),
        ([serial(2, start=14, skip="4")], "never", "numbering.serial_width"),
        ([serial(2, skip="012345678")], "never", "numbering.serial_width"),
        ([serial(2, skip="A")], "never", "numbering.serial_width"),
        ([serial(2, words=["4"])], "never", "numbering.serial_width"),
        ([serial(2, start=99, words=["99"])], "never", "numbering.serial_width"),
        ([category(level=10), serial(3)], "never", "numbering.level"),
        ([field(""), serial(3)], "never", "numbering.field"),
        ([field("grade", VIP="V P"), serial(3)], "never", "numbering.field"),
        ([{**CATEGORY, "counts": 1}, serial(3)], "parts", "numbering.counts"),
        ([CATEGORY, serial(3)], "parts", "numbering.nothing_counts"),
        ([category(counts=True), KIND, serial(3)], "parts", "numbering.uneven"),
        ([CATEGORY, day("YY"), KIND, serial(3)], "year", "numbering.uneven"),
        ([region(3), serial(3)], "never", "numbering.region"),
        ([region(2.0), serial(3)], "never", "numbering.region"),
        ([{"type": "initials", "length": 0}, serial(3)], "never", "numbering.initials"),
        ([day("YYYYMMM"), serial(3)], "never", "numbering.date"),
        ([serial(3)], "weekly", "numbering.reset"),
        ([serial(3)], "year", "numbering.reset_date"),
        ([day("MM"), serial(3)], "month", "numbering.reset_date"),
        ([day("YYYYMM"), serial(3)], "day", "numbering.reset_date"),
        ([CATEGORY, serial(3), KIND], "never", "numbering.ambiguous"),
        ([serial(3)], "prefix", "numbering.no_prefix"),
    ],
)
def test_what_keeps_a_rule_from_use(parts, reset, code):
    assert [problem.code for problem in validate(parts, reset)] == [code]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "text",
                        "width",
                        "digits",
                        "format",
                        "length",
                        "algorithm",
                        "start",
                        "step",
                        "base",
                        "skip",
                        "words",
                        "level",
                        "key",
                        "map",
                        "default",
                        "counts",
                    ]
                ),
                inner
                | st.sampled_from(["serial", "literal", "date", "region", "check", "initials", "field", "category"]),
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_judged_without_raising(parts):
    assert isinstance(validate(parts, "year"), list)


_codes = st.text(alphabet="ABCXYZabc0123456789.-_", min_size=1, max_size=5)
_marks = st.booleans()
_fixed = st.one_of(
    st.text(alphabet="ABZ09-._客", min_size=1, max_size=4).map(text),
    st.sampled_from([region(2), region(4), day("YYYY"), day("YYMM"), day("YYYYMMDD"), INITIALS]),
    st.sampled_from([day("YYQ", counts=True), day("YYYYWW"), {**region(2), "counts": True}]),
    st.sampled_from([field("grade", VIP="1", A="2", default="3")]),
)
_open = st.builds(
    lambda part, counts: {**part, "counts": counts},
    st.sampled_from([CATEGORY, KIND, LEDGER, COMPANY, DEPARTMENT, SALES_REGION, field("x_trade"), category(level=2)]),
    _marks,
)


@st.composite
def rules(draw):
    """(parts, reset) of sound rules: codes of free length on one side of the serial only."""
    side = draw(st.lists(st.one_of(_fixed, _open), max_size=4))
    other = draw(st.lists(_fixed, max_size=1))
    before, after = (side, other) if draw(st.booleans()) else (other, side)
    ending = draw(st.sampled_from([[], *([check(each)] for each in CHECKS)]))
    made = serial(draw(st.integers(1, 6)), base=draw(st.sampled_from([10, 36])), skip=draw(st.sampled_from(["", "4"])))
    parts, reset = [*before, made, *after, *ending], draw(st.sampled_from(RESETS))
    assume(not validate(parts, reset))
    return parts, reset


_contexts = st.builds(
    lambda code, kind, ledger, on: NumberContext(
        code, "330106", kind, ledger, "HZHY", on, (code, kind), kind, code, ledger,
        (("grade", "VIP"), ("x_trade", ledger)),
    ),
    _codes, _codes, _codes, st.dates(date(2000, 1, 1), date(2099, 12, 31)),
)  # fmt: skip


@given(rules(), _contexts, st.integers(0, 10**6))
def test_every_drawn_number_gives_its_counter_and_serial_back(rule, context, number):
    """From which follows that no two counters of a rule ever give the same number."""
    plan = Plan(*rule)
    number %= plan.serial.limit
    drawn = plan.number(plan.frame(context), number)
    expected = Reading(plan.scope(context), number)
    assert plan.read(drawn) == plan.read(drawn.swapcase()) == plan.read(number_key(drawn)) == expected


@given(rules(), _contexts, st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_of_one_counter_stand_in_the_order_of_their_serials(rule, context, one, other):
    plan = Plan(*rule)
    frame = plan.frame(context)
    texts = [
        (serial, plan.serial.text(serial)) for serial in sorted({one % plan.serial.limit, other % plan.serial.limit})
    ]
    assert [text for _serial, text in texts] == sorted(text for _serial, text in texts)
    assert len({number_key(plan.number(frame, serial)) for serial, _text in texts}) == len(texts)


@given(rules(), st.integers(1, 9), st.data())
def test_a_check_digit_catches_every_single_wrong_digit(rule, shift, data):
    parts, _reset = rule
    assume(parts[-1]["type"] == "check")
    drawn = render(parts, CONTEXT, 7)
    places = [place for place, char in enumerate(drawn) if char.isdigit()]
    place = data.draw(st.sampled_from(places))
    wrong = drawn[:place] + str((int(drawn[place]) + shift) % 10) + drawn[place + 1 :]
    assert serial_of(parts, wrong) is None


@given(st.integers(0, 10**9))
def test_check_digits_are_those_of_the_standards(number):
    digits = f"{number:010d}"
    assert stdnum_luhn.is_valid(render([serial(10), check("luhn")], CONTEXT, number))
    assert mod_97_10.is_valid(render([text("KH"), serial(10), check("mod97")], CONTEXT, number))
    assert mod_37_36.is_valid(render([text("KH"), serial(10), check("mod37_36")], CONTEXT, number))
    assert mod_11_2.is_valid(render([serial(10), check("mod11_2")], CONTEXT, number)), digits


def test_only_codes_that_there_are_can_be_read():
    known = {"category": ["VIP", "PT"], "sales_region": ["HD"]}
    one = Plan([text("KH"), CATEGORY, serial(5)], "prefix", codes=known.__getitem__)
    assert one.read("KHvip00007") == Reading("KHVIP*", 7)
    assert one.read("KH000007") is None
    two = Plan([SALES_REGION, CATEGORY, serial(5)], "prefix", codes=known.__getitem__)
    assert two.read("HDPT00007") == Reading("HDPT*", 7)
    assert two.read("HDXX00007") is None
    assert Plan([CATEGORY, KIND, serial(3)], codes=lambda kind: []).read("AB001") is None
