"""Two rules that could make the same number, and two that could not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.numbering import Plan
from customers.rules.numbering_overlap import meeting, rows

CATEGORY = {"type": "category"}


def text(value):
    return {"type": "literal", "text": value}


def serial(width, **more):
    return {"type": "serial", "width": width, **more}


CODES = {"category": ["VIP", "PT", "KH"]}


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        ([text("KH"), serial(4)], [text("KH"), serial(4)], "KH0001"),
        ([text("KH"), serial(4)], [text("kh"), serial(4)], "KH0001"),
        ([text("KH"), serial(4)], [text("KH"), serial(5)], ""),
        ([text("KH"), serial(4)], [text("KH0"), serial(3)], "KH0001"),
        ([text("KH"), serial(4)], [CATEGORY, serial(4)], "KH0001"),
        ([text("HD"), serial(4)], [CATEGORY, serial(4)], ""),
        ([text("KH-"), serial(4)], [CATEGORY, text("-"), serial(4)], "KH-0001"),
        ([serial(6)], [{"type": "date", "format": "YYYYMM"}], "000001"),
        ([serial(6), {"type": "check", "algorithm": "luhn"}], [serial(7)], "0000010"),
        ([serial(3, base=36)], [text("A"), serial(2)], "A01"),
        ([serial(3)], [text("A"), serial(2)], ""),
        ([serial(2, skip="4")], [text("4"), serial(1)], ""),
        ([{"type": "field", "key": "grade", "map": {"VIP": "1", "A": "2"}}, serial(2)], [text("2"), serial(2)], "201"),
        ([{"type": "field", "key": "grade", "map": {"VIP": "1", "A": "2"}}, serial(2)], [text("3"), serial(2)], ""),
        ([{"type": "ledger"}, serial(2)], [text("XY"), serial(2)], "XY01"),
    ],
)
def test_rules_that_meet_and_rules_that_do_not(one, other, number):
    found = meeting(rows(one, CODES), rows(other, CODES))
    assert bool(found) == bool(number)
    assert meeting(rows(other, CODES), rows(one, CODES)) != "" or not number
    if number:
        assert len(found) == len(number)


def test_ranges_keep_rules_of_one_form_apart():
    parts = [text("KH"), serial(5)]
    assert meeting(rows(parts, {}, 1, 49_999), rows(parts, {}, 50_000, 99_999)) == ""
    assert meeting(rows(parts, {}, 1, 50_000), rows(parts, {}, 50_000, 99_999)) == "KH50000"


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_ranges_meet_exactly_when_they_share_a_serial(first, last, low, high):
    parts = [serial(3, start=0)]
    span, other = sorted((first, last)), sorted((low, high))
    found = meeting(rows(parts, {}, *span), rows(parts, {}, *other))
    assert bool(found) == (span[0] <= other[1] and other[0] <= span[1])
    if found:
        shared = Plan(parts).read(found).serial
        assert span[0] <= shared <= span[1]
        assert other[0] <= shared <= other[1]
