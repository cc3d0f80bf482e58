"""Telephone numbers: one written form for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.identifiers import mobile, phone

from .strategies import full_width, messy


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("13800138000.0", "13800138000"),
        ("'13800138000", "13800138000"),
        ('="13800138000"', "13800138000"),
        ("手机：13800138000", "13800138000"),
        ("010-12345678", "010-12345678"),
        ("01082345678", "010-82345678"),
        ("(010) 8234 5678", "010-82345678"),
        ("（0571）88888888", "0571-88888888"),
        ("0571—88888888", "0571-88888888"),
        ("057188888888", "0571-88888888"),
        ("0931-8888888", "0931-8888888"),
        ("+86 10 82345678", "010-82345678"),
        ("+86-0571-88888888", "0571-88888888"),
        ("86-571-88888888", "0571-88888888"),
        ("010-12345678-802", "010-12345678-802"),
        ("010-12345678转802", "010-12345678-802"),
        ("01012345678 分机 802", "010-12345678-802"),
        ("0571-88888888 ext.802", "0571-88888888-802"),
        ("057188888888*802", "0571-88888888-802"),
        ("400-810-8888", "400-810-8888"),
        ("4008108888", "400-810-8888"),
        ("8008108888转1", "800-810-8888-1"),
        ("95588", "95588"),
        ("10086", "10086"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("001 415 555 2671", "+14155552671"),
        ("+852 2345 6789", "+85223456789"),
        ("+44 20 7946 0958", "+442079460958"),
        ("", ""),
        ("无", ""),
        ("－", ""),
    ],
)
def test_written_forms(typed, value):
    assert phone(typed) == (value, None)


@pytest.mark.parametrize(
    ("typed", "code", "severity"),
    [
        ("1.38001E+10", "phone.scientific", "error"),
        ("1.38001e10", "phone.scientific", "error"),
        ("1380013800", "phone.invalid", "error"),
        ("23800138000", "phone.invalid", "error"),
        ("138****8000", "phone.invalid", "error"),
        ("请查官网", "phone.invalid", "error"),
        ("+999 123", "phone.invalid", "error"),
        ("13800138000/13900139000", "phone.several", "error"),
        ("0571-88888888、0571-66666666", "phone.several", "error"),
        ("88888888", "phone.no_area", "warning"),
        ("1" * 500, "phone.invalid", "error"),
    ],
)
def test_what_is_no_number_says_why(typed, code, severity):
    problem = phone(typed).problem
    assert (problem.code, problem.severity) == (code, severity)


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("57188888888", "0571-88888888"),
        ("13800138000(张经理)", "13800138000"),
        ("13800138000/13900139000", "13800138000"),
        ("abc", ""),
    ],
)
def test_a_likely_number_is_suggested_never_taken(typed, suggestion):
    checked = phone(typed)
    assert checked.value == typed and checked.problem.suggestion == suggestion


def test_a_landline_is_kept_in_a_mobile_field_with_a_warning():
    checked = mobile("0571 88888888")
    assert (checked.value, checked.problem.code, checked.problem.severity) == (
        "0571-88888888",
        "phone.not_mobile",
        "warning",
    )
    assert mobile("+14155552671").problem is None
    assert mobile("1.38001E+10").problem.code == "phone.scientific"
    assert mobile("") == ("", None)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_spelling_of_a_mobile_number_is_the_same_number(number):
    spellings = (f"+86{number}", f"{number[:3]} {number[3:7]} {number[7:]}", full_width(number), f"0{number}")
    assert {phone(spelling).value for spelling in spellings} == {number}


@given(messy)
def test_no_text_raises_and_cleaning_twice_is_cleaning_once(text):
    for rule in (phone, mobile):
        once = rule(text)
        assert rule(once.value).value == once.value


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("16000138000", "phone.segment"),
        ("154 0013 8000", "phone.segment"),
        ("13800138000", None),
        ("0910-8888888", "phone.area"),
        ("(0888) 5123456", None),
        ("029-88888888-12", None),
    ],
)
def test_segments_and_area_codes_that_nobody_has_are_told(typed, code):
    problem = phone(typed).problem
    assert (problem and problem.code) == code and (problem is None or problem.severity == "warning")
