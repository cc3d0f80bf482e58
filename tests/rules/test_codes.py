"""Bank accounts, bank numbers, e-mail, web, customer numbers, postal codes."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from customers.rules import check_digits
from customers.rules.banking import bank_of_cnaps, same_bank
from customers.rules.identifiers import (
    bank_account,
    bank_luhn_ok,
    cnaps,
    email,
    email_key,
    number_key,
    number_text,
    postal_code,
    website,
)

from .strategies import full_width, messy


def outcome(checked):
    return checked.value, checked.problem and checked.problem.code


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("6222 0202 0011 2345 679", "6222020200112345679", None),
        ("6222 0202 0011 2345 678", "6222020200112345678", "bank.check_digit"),
        ("de89370400440532013001", "DE89370400440532013001", "bank.iban_check_digit"),
        ("6222020200112345670000", "6222020200112345670000", None),
        ("3301-0401-6000-1234567", "330104016000123456 7".replace(" ", ""), None),
        ("６２２２０２０２００１１２３４７", "6222020200112347", None),
        ("'6222020200112347", "6222020200112347", None),
        ("de89370400440532013000", "DE89370400440532013000", None),
        ("无", "", None),
        ("6.22202E+18", "6.22202E+18", "bank.scientific"),
        ("1234567", "1234567", "bank.length"),
        ("1" * 31, "1" * 31, "bank.length"),
        ("工行6222020200112345", "工行6222020200112345", "bank.characters"),
        ("6222020200112340000", "6222020200112340000", "bank.truncated"),
    ],
)
def test_bank_accounts(typed, value, problem):
    assert outcome(bank_account(typed)) == (value, problem)


def test_the_account_beside_a_bank_name_is_suggested():
    assert bank_account("工行6222020200112345").problem.suggestion == "6222020200112345"


@given(st.from_regex(r"[1-9][0-9]{14,17}", fullmatch=True), st.integers(0, 18), st.integers(1, 9))
def test_luhn_catches_every_single_wrong_digit(body, place, shift):
    card = body + check_digits.luhn_check(body)
    assert bank_luhn_ok(card)
    assume(place < len(card))
    assert not bank_luhn_ok(card[:place] + str((int(card[place]) + shift) % 10) + card[place + 1 :])


@pytest.mark.parametrize(
    "code", ["102100099996", "103100000026", "104100000004", "105100000017", "308584000013", "403100000004"]
)
def test_bank_numbers_of_head_offices_pass(code):
    assert cnaps(full_width(code)) == (code, None)
    for place in range(12):
        wrong = code[:place] + str((int(code[place]) + 3) % 10) + code[place + 1 :]
        assert cnaps(wrong).problem.code == "cnaps.check_digit"


def test_a_branch_number_names_its_bank():
    assert bank_of_cnaps("102100099996") == "中国工商银行" and bank_of_cnaps("999100099996") == ""
    assert same_bank("工行杭州高新支行", "中国工商银行") and same_bank("中国工商银行股份有限公司", "中国工商银行")
    assert not same_bank("建行杭州分行", "中国工商银行")


def test_a_bank_abroad_has_a_swift_code_and_an_institution_code_is_told_apart():
    assert outcome(cnaps("deutdeff")) == ("DEUTDEFF", None)
    assert outcome(cnaps("BKCH CN BJ 110")) == ("BKCHCNBJ110", None)
    assert outcome(cnaps("C1010211000012")) == ("C1010211000012", "cnaps.institution")


def test_a_bank_number_has_twelve_digits():
    assert outcome(cnaps("10210009999")) == ("10210009999", "cnaps.length")
    assert outcome(cnaps("1.021E+11")) == ("1.021E+11", "cnaps.scientific")


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("Sales@Example.COM", "Sales@example.com", None),
        (" zhang＠qq.com ", "zhang@qq.com", None),
        ("张三 <zhang@example.cn>", "zhang@example.cn", None),
        ("mailto:a.b+c@mail.example.cn", "a.b+c@mail.example.cn", None),
        ("user@公司.中国", "user@公司.中国", None),
        ("-", "", None),
        ("zhang@qq", "zhang@qq", "email.invalid"),
        ("zhang qq@qq.com", "zhang qq@qq.com", "email.invalid"),
        ("a@b.com;c@d.com", "a@b.com;c@d.com", "email.several"),
        ("a@b@c.com", "a@b@c.com", "email.invalid"),
        ("a" * 65 + "@example.com", "a" * 65 + "@example.com", "email.invalid"),
    ],
)
def test_email(typed, value, problem):
    assert outcome(email(typed)) == (value, problem)


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [("zhang@qq。com", "zhang@qq.com"), ("zhang@qq,com", "zhang@qq.com"), ("a b@c.com", "ab@c.com")],
)
def test_slips_in_email_are_suggested(typed, suggestion):
    assert email(typed).problem.suggestion == suggestion


def test_email_is_matched_without_case():
    assert email_key(email("Sales@Example.com").value) == email_key(email("sales@example.COM").value)


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("www.example.com", "https://www.example.com", None),
        ("HTTP://Example.COM/Path?q=1", "http://example.com/Path?q=1", None),
        ("example.com:8080/a", "https://example.com:8080/a", None),
        ("www.例子.中国", "https://www.例子.中国", None),
        ("", "", None),
        ("javascript:alert(1)", "javascript:alert(1)", "website.scheme"),
        ("data:text/html,x", "data:text/html,x", "website.scheme"),
        ("ftp://example.com", "ftp://example.com", "website.scheme"),
        ("https://user:pw@example.com", "https://user:pw@example.com", "website.invalid"),
        ('https://example.com/"><script>', 'https://example.com/"><script>', "website.invalid"),
        ("没有网站", "没有网站", "website.invalid"),
        ("http://[::1", "http://[::1", "website.invalid"),
        ("example.com " + "a" * 2000, "example.com " + "a" * 2000, "website.invalid"),
    ],
)
def test_website(typed, value, problem):
    assert outcome(website(typed)) == (value, problem)


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("KH000123", "KH000123", None),
        ("ＫＨ－００１", "KH-001", None),
        ("客户001", "客户001", None),
        ("KH\u200b001", "KH001", None),
        ("", "", None),
        *((f"KH{char}1", f"KH{char}1", "number.characters") for char in "/:?#%"),
        ("KH 001", "KH 001", "number.characters"),
        ("..", "..", "number.characters"),
        ("1.2E+10", "1.2E+10", "number.scientific"),
        ("A" * 31, "A" * 31, "number.length"),
    ],
)
def test_customer_numbers(typed, value, problem):
    assert outcome(number_text(typed)) == (value, problem)


def test_the_length_of_numbers_is_the_ledgers_choice():
    assert number_text("KH01", min_length=5).problem.code == "number.length"
    assert number_text("A" * 40, max_length=40).problem is None


def test_numbers_are_the_same_without_case_width_and_invisible_characters():
    assert {number_key(text) for text in ("kh-001", "KH-001", "ＫＨ－００１", "Kh\u200b-001 ")} == {"KH-001"}


@given(messy)
def test_an_accepted_number_survives_in_an_address_line(text):
    checked = number_text(text)
    if checked.problem is None:
        assert not set(checked.value) & set("/:?#% ") and checked.value not in (".", "..")
        assert number_key(number_key(checked.value)) == number_key(checked.value)


@pytest.mark.parametrize(
    ("typed", "value", "problem"),
    [
        ("３１００００", "310000", None),
        ("051000", "051000", None),
        ("51000", "51000", "postal.lost_zero"),
        ("sw1a 1aa", "SW1A 1AA", "postal.foreign"),
        ("31000A0x", "31000A0X", "postal.foreign"),
        ("1234", "1234", "postal.invalid"),
        ("5.1E+4", "5.1E+4", "postal.scientific"),
    ],
)
def test_postal_codes(typed, value, problem):
    assert outcome(postal_code(typed)) == (value, problem)


@given(messy)
def test_no_text_raises_and_cleaning_twice_is_cleaning_once(text):
    for rule in (bank_account, cnaps, email, website, number_text, postal_code):
        once = rule(text)
        assert rule(once.value).value == once.value, rule
