"""Customer numbers made by a rule, and read back."""

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn
from stdnum.iso7064 import mod_11_2, mod_97_10

from customers.rules.identifiers import number_text
from customers.rules.numbering import (
    MissingPart,
    NumberContext,
    SerialOverflow,
    capacity,
    counter_scope,
    fits,
    pattern,
    render,
    render_many,
    serial_of,
    validate,
)

ON = date(2024, 1, 5)
CONTEXT = NumberContext("VIP", "330106", "E", "HZ01", "HZHY", ON)


def text(value):
    return {"type": "literal", "text": value}


def serial(width, **more):
    return {"type": "serial", "width": width, **more}


def day(form):
    return {"type": "date", "format": form}


def region(digits):
    return {"type": "region", "digits": digits}


def check(algorithm):
    return {"type": "check", "algorithm": algorithm}


CATEGORY, KIND, LEDGER = {"type": "category"}, {"type": "kind"}, {"type": "ledger"}
INITIALS = {"type": "initials", "length": 3}


@pytest.mark.parametrize(
    ("parts", "reset", "number", "drawn"),
    [
        ([serial(8)], "never", 12345, "00012345"),
        ([text("KH"), day("YYYY"), serial(2)], "year", 1, "KH202401"),
        ([text("KH"), day("YYYYMM"), serial(4)], "month", 1, "KH2024010001"),
        ([text("KH"), day("YYYY"), serial(6)], "year", 10001, "KH2024010001"),
        ([text("HD-"), CATEGORY, text("-"), serial(5)], "prefix", 17, "HD-VIP-00017"),
        ([LEDGER, text("."), KIND, serial(3)], "never", 7, "HZ01.E007"),
        ([region(2), region(4), region(6), serial(3)], "never", 7, "333301330106007"),
        ([INITIALS, day("YYMMDD"), serial(3)], "day", 42, "HZH240105042"),
        ([serial(4), text("-"), CATEGORY], "never", 42, "0042-VIP"),
        ([text("客户"), serial(4)], "never", 42, "客户0042"),
        ([text("799273987"), serial(1), check("luhn")], "never", 1, "79927398713"),
        ([text("A"), serial(4), check("mod97")], "never", 7, "A000798"),
        ([text("A"), serial(4), check("mod11_2")], "never", 9, "A00094"),
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
    expected = [render(parts, context, 10 + 5 * place) for place, context in enumerate(contexts)]
    assert render_many(parts, contexts, 10, step=5) == expected
    assert render_many(parts, [], 1) == []


def test_a_serial_too_wide_is_refused():
    assert render([serial(2)], CONTEXT, 99) == "99"
    with pytest.raises(SerialOverflow):
        render([serial(2)], CONTEXT, 100)
    with pytest.raises(SerialOverflow):
        render_many([serial(2)], [CONTEXT] * 3, 98)


@pytest.mark.parametrize("part", [CATEGORY, KIND, LEDGER, INITIALS, region(4)])
def test_a_customer_without_what_the_rule_wants_gets_no_number(part):
    with pytest.raises(MissingPart) as refused:
        render([part, serial(3)], NumberContext(on=ON), 1)
    assert refused.value.part_type == part["type"]


def test_short_initials_and_region_codes_are_filled_up():
    context = NumberContext(initials="a（b", region_code="33", on=ON)
    assert render([{"type": "initials", "length": 4}, region(6), serial(2)], context, 1) == "ABXX33000001"


@pytest.mark.parametrize(
    ("reset", "scope"), [("never", ""), ("year", "2024"), ("month", "202401"), ("day", "20240105")]
)
def test_the_counter_begins_anew_with_its_period(reset, scope):
    assert counter_scope([day("YYYYMMDD"), serial(3)], reset, CONTEXT) == scope


def test_the_prefix_scope_is_what_the_number_will_begin_and_end_with():
    parts = [text("HD-"), CATEGORY, text("-"), serial(5), text("-x"), check("luhn")]
    assert counter_scope(parts, "prefix", CONTEXT) == "HD-VIP-*-X"
    small = NumberContext(category_code="vip", on=ON)
    assert counter_scope(parts, "prefix", small) == counter_scope(parts, "prefix", CONTEXT)
    split = [CATEGORY, KIND, serial(3)]
    left, right = NumberContext("A", kind_code="BC"), NumberContext("AB", kind_code="C")
    assert render(split, left, 1) == render(split, right, 1)
    assert counter_scope(split, "prefix", left) == counter_scope(split, "prefix", right)


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
    assert serial_of(parts, number) is None and not fits(parts, number)


def test_a_number_with_its_check_digit_fits():
    parts = [text("KH"), serial(4), check("mod11_2")]
    assert fits(parts, render(parts, CONTEXT, 8))
    assert isinstance(pattern(parts), re.Pattern)


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
        ([text("K" * 28), serial(3)], "never", "numbering.length"),
        ([serial(0)], "never", "numbering.serial_width"),
        ([serial(True)], "never", "numbering.serial_width"),
        ([serial(2, start=100)], "never", "numbering.serial_width"),
        ([serial(2, step=0)], "never", "numbering.serial_width"),
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
                st.sampled_from(["type", "text", "width", "digits", "format", "length", "algorithm", "start", "step"]),
                inner | st.sampled_from(["serial", "literal", "date", "region", "check", "initials"]),
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_judged_without_raising(parts):
    assert isinstance(validate(parts, "year"), list)


_codes = st.text(alphabet="ABCXYZabc0123456789.-_", min_size=1, max_size=5)
_fixed = st.one_of(
    st.text(alphabet="ABZ09-._客", min_size=1, max_size=4).map(text),
    st.sampled_from([region(2), region(4), day("YYYY"), day("YYMM"), INITIALS]),
)


@st.composite
def rules(draw) -> list[dict]:
    """Sound rules: codes of free length on one side of the serial only."""
    before, after = draw(st.lists(_fixed, max_size=2)), draw(st.lists(_fixed, max_size=1))
    before += draw(st.lists(st.sampled_from([CATEGORY, KIND, LEDGER]), max_size=1))
    if draw(st.booleans()):
        before, after = after, before
    ending = draw(st.sampled_from([[], [check("luhn")], [check("mod97")], [check("mod11_2")]]))
    parts = [*before, serial(draw(st.integers(1, 6))), *after, *ending]
    assume(not validate(parts))
    return parts


@given(rules(), _codes, st.dates(), st.integers(0, 10**6))
def test_every_drawn_number_gives_its_serial_back(parts, code, on, number):
    context = NumberContext(code, "330106", code, code, "HZHY", on)
    width = next(part["width"] for part in parts if part["type"] == "serial")
    number %= 10**width
    drawn = render(parts, context, number)
    assert serial_of(parts, drawn) == number
    assert serial_of(parts, drawn.swapcase()) == number


@given(rules(), st.integers(1, 9), st.data())
def test_a_check_digit_catches_every_single_wrong_digit(parts, shift, data):
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
    assert mod_11_2.is_valid(render([serial(10), check("mod11_2")], CONTEXT, number)), digits
