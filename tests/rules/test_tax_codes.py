"""Unified credit codes, tax numbers, identity numbers."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.cn import uscc as stdnum_uscc

from customers.generator import firms
from customers.rules.check_digits import USCC_CHARS, id_card_check, organisation_check, uscc_check
from customers.rules.identifiers import id_card, tax_number, uscc, valid_uscc

from .strategies import full_width, messy

REAL = ["914403001922038216", "9144030071526726XG", "91330100799655058B", "91110000802100433B"]


@st.composite
def codes(draw) -> str:
    """Valid credit codes of any kind of organisation."""
    start = draw(st.sampled_from(["91", "92", "93", "11", "12", "51", "81"]))
    region = draw(st.sampled_from(["110108", "310115", "330106", "440305", "500103", "653127"]))
    organisation = draw(st.text(alphabet=USCC_CHARS, min_size=8, max_size=8))
    check = organisation_check(organisation)
    body = start + region + organisation + check
    return body + uscc_check(body)


@pytest.mark.parametrize("code", REAL)
def test_codes_of_real_firms_pass(code):
    assert uscc(code) == (code, None)
    assert uscc(full_width(code.lower())).value == code
    assert uscc(f" {code[:8]}-{code[8:17]} {code[17:]} ") == (code, None)
    assert tax_number(code) == (code, None)


@given(codes())
def test_the_standard_library_for_numbers_agrees(code):
    assert uscc(code).problem is None and stdnum_uscc.is_valid(code)


@given(codes(), st.integers(0, 17), st.sampled_from(USCC_CHARS))
def test_every_single_wrong_character_is_caught(code, place, char):
    assume(char != code[place])
    wrong = code[:place] + char + code[place + 1 :]
    assert uscc(wrong).problem is not None and not valid_uscc(wrong)


@pytest.mark.parametrize(
    ("text", "problem", "severity"),
    [
        ("914403001922038217", "uscc.check_digit", "reason"),
        ("91310115MA1G4L1WXK", "uscc.check_digit", "reason"),
        ("91440300192203821", "uscc.length", "error"),
        ("440301123456789", "uscc.length", "error"),
        ("9144030019220382I6", "uscc.letters", "error"),
        ("9144O3001922038216", "uscc.characters", "error"),
        ("9144030019220382恒6", "uscc.characters", "error"),
        ("9.14403001922038E+17", "uscc.scientific", "error"),
        ("914403001922038000", "uscc.truncated", "error"),
    ],
)
def test_wrong_codes_say_what_is_wrong(text, problem, severity):
    found = uscc(text).problem
    assert (found.code, found.severity) == (problem, severity)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9144O3001922038216", "914403001922038216"),
        ("9I4403001922038216", "914403001922038216"),
        ("9144030071526726YG", "9144030071526726XG"),
        ("91330100799655O588", ""),
        ("913301007996550588", "91330100799655058B"),
        ("914403001922038217", ""),
    ],
)
def test_one_look_alike_put_right_is_suggested(typed, meant):
    assert uscc(typed).problem.suggestion == meant


def test_blank_is_blank():
    assert uscc("") == uscc(" \u3000") == uscc("无") == uscc("N/A") == ("", None)


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("330106123456788", "330106123456788", None),
        ("33010674710 9899", "330106747109899", None),
        ("330106123456789", "330106123456789", "tax.old_check_digit"),
        ("990106123456788", "990106123456788", "tax.region"),
        ("110105491231002", "110105491231002", None),
        ("11010519491231002001", "11010519491231002001", "tax.check_digit"),
        ("11010519491231002X", "11010519491231002X", None),
        ("11010519491231002X01", "11010519491231002X01", None),
        ("11010549123100201", "11010549123100201", None),
        ("914403001922038217", "914403001922038217", "tax.check_digit"),
        ("12345", "12345", "tax.length"),
        ("3.30106E+14", "3.30106E+14", "tax.scientific"),
        ("税号330106", "税号330106", "tax.characters"),
    ],
)
def test_tax_numbers_old_and_new(text, value, problem):
    checked = tax_number(text)
    assert (checked.value, checked.problem and checked.problem.code) == (value, problem)


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("11010519491231002x", "11010519491231002X", None),
        ("440524188001010014", "440524188001010014", None),
        ("110105491231002", "11010519491231002X", None),
        ("110105194902310021", "110105194902310021", "id.date"),
        ("110105194912310020", "110105194912310020", "id.check_digit"),
        ("110101199003070000", "110101199003070000", "id.truncated"),
        ("991105194912310026", "991105194912310026", "id.region"),
        ("1.10105E+17", "1.10105E+17", "id.scientific"),
        ("1101051949", "1101051949", "id.length"),
        ("11010519491231A02X", "11010519491231A02X", "id.characters"),
    ],
)
def test_identity_numbers(text, value, problem):
    checked = id_card(text)
    assert (checked.value, checked.problem and checked.problem.code) == (value, problem)


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_identity_check_digit_catches_every_wrong_digit(born, order, place, shift):
    body = f"110105{born:%Y%m%d}{order:03d}".replace(" ", "0")
    assume(len(body) == 17)
    number = body + id_card_check(body)
    assert id_card(number).problem is None
    assert ric.is_valid(number) or born.year > 2026
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert id_card(wrong).problem is not None


@given(messy)
def test_no_text_raises_and_cleaning_twice_is_cleaning_once(text):
    for rule in (uscc, tax_number, id_card):
        assert rule(rule(text).value).value == rule(text).value


def test_made_up_firms_have_codes_that_others_accept():
    made = [firm["uscc"] for firm in firms(300, seed=11) if firm["uscc"]]
    assert len(made) > 250 and all(map(stdnum_uscc.is_valid, made))


@pytest.mark.parametrize(
    ("start", "region", "code"),
    [
        ("94", "330106", "uscc.register"),
        ("Z1", "330106", None),
        ("91", "990106", "uscc.region"),
        ("91", "100000", None),
    ],
)
def test_a_register_or_region_that_does_not_exist_is_told(start, region, code):
    if start == "Z1":
        assert uscc("Z1330106MA2B123456").problem.code == "uscc.letters"
        return
    body = start + region + "MA2B1234"
    body += organisation_check(body[8:16])
    checked = uscc(body + uscc_check(body))
    assert (checked.problem and checked.problem.code) == code
    assert checked.problem is None or checked.problem.severity == "warning"


def test_an_identity_number_in_the_place_of_a_credit_code_is_sent_to_its_own_field():
    from customers.rules.identifiers import uscc_of_person

    assert uscc_of_person("11010519491231002X").problem.code == "uscc.is_id_number"
    assert uscc_of_person("91330100799655058B") == ("91330100799655058B", None)
