"""VAT numbers abroad and the papers of persons, with python-stdnum as the oracle."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.de import vat as german_vat
from stdnum.gb import vat as british_vat

from customers.rules.id_documents import document_kind
from customers.rules.identifiers import id_document, vat_number

from .strategies import messy


def outcome(checked):
    return checked.value, checked.problem and checked.problem.code


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("DE 136.695.976", "DE136695976", None),
        ("de136695976", "DE136695976", None),
        ("GB 980 7806 84", "GB980780684", None),
        ("CHE-107.787.577 IVA", "CHE107787577IVA", None),
        ("DE136695978", "DE136695978", "vat.check_digit"),
        ("GB980780685", "GB980780685", "vat.check_digit"),
        ("AE100123456700003", "AE100123456700003", None),
        ("12-3456789", "123456789", "vat.no_country"),
        ("税号12", "税号12", "vat.characters"),
        ("1.23E+9", "1.23E+9", "vat.scientific"),
        ("无", "", None),
    ],
)
def test_vat_numbers(typed, value, problem):
    assert outcome(vat_number(typed)) == (value, problem)


@given(st.from_regex(r"[1-9][0-9]{8}", fullmatch=True))
def test_german_and_british_numbers_are_judged_as_the_library_judges(digits):
    assert (vat_number(f"DE{digits}").problem is None) == german_vat.is_valid(digits)
    assert (vat_number(f"GB{digits}").problem is None) == british_vat.is_valid(digits)


@pytest.mark.parametrize(
    ("typed", "value", "problem", "kind"),
    [
        ("11010519491231002x", "11010519491231002X", None, "居民身份证"),
        ("110105491231002", "11010519491231002X", None, "居民身份证"),
        ("110105194912310020", "110105194912310020", "id.check_digit", "居民身份证"),
        ("e12345678", "E12345678", None, "护照"),
        ("EA1234567", "EA1234567", None, "护照"),
        ("H12345678", "H12345678", None, "港澳居民来往内地通行证"),
        ("M1234567801", "M1234567801", None, "港澳居民来往内地通行证"),
        ("12345678", "12345678", None, "台湾居民来往大陆通行证"),
        ("CAN110156091400", "CAN110156091400", None, "外国人永久居留身份证"),
        ("AB 1234567", "AB1234567", "id.foreign_passport", "外国护照"),
        ("12345", "12345", "id.length", ""),
        ("无", "", None, ""),
    ],
)
def test_papers_of_persons(typed, value, problem, kind):
    checked = id_document(typed)
    assert outcome(checked) == (value, problem)
    assert str(document_kind(checked.value)) == kind


@given(st.from_regex(r"9[0-9]{16}", fullmatch=True), st.sampled_from("0123456789X"))
def test_the_permanent_residence_card_has_the_check_digit_of_the_identity_card(body, last):
    from customers.rules.check_digits import id_card_check

    assume(int(body[10:12]) < 13)
    assert (id_document(body + last).problem is None) == (id_card_check(body) == last)


@given(messy)
def test_no_text_raises_and_cleaning_twice_is_cleaning_once(text):
    for rule in (vat_number, id_document):
        assert rule(rule(text).value).value == rule(text).value
