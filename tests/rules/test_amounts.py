"""Amounts of money, whole numbers, percentages."""

import copy
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.amounts import Amount, integer, money, percent

from .strategies import full_width, messy


@pytest.mark.parametrize(
    ("typed", "amount", "currency"),
    [
        ("1234.56", "1234.56", ""),
        ("1,234.56", "1234.56", ""),
        ("1 234 567.5", "1234567.5", ""),
        ("￥1,234", "1234", "CNY"),
        ("¥1234", "1234", "CNY"),
        ("2,000(万元人民币)", "20000000", "CNY"),
        ("180(万元人民币)", "1800000", "CNY"),
        ("5,000(万元(人民币))", "50000000", "CNY"),
        ("1,000（万元）", "10000000", "CNY"),
        ("100(万)", "1000000", ""),
        ("500万", "5000000", ""),
        ("1.5亿", "150000000", ""),
        ("人民币100万元整", "1000000", "CNY"),
        ("100(万美元)", "1000000", "USD"),
        ("2,000(万香港元)", "20000000", "HKD"),
        ("USD 1,234.5", "1234.5", "USD"),
        ("HK$100", "100", "HKD"),
        ("€100", "100", "EUR"),
        ("(100)", "-100", ""),
        ("(1,234.50)", "-1234.50", ""),
        ("￥(100)", "-100", "CNY"),
        ("-100", "-100", ""),
        ("−100", "-100", ""),
        ("100-", "-100", ""),
        ("-0", "0", ""),
        ("-0.00", "0", ""),
        ("１２３，４５６．７", "123456.7", ""),
        ("123456789012345678", "123456789012345678", ""),
    ],
)
def test_amounts_are_exact(typed, amount, currency):
    checked = money(typed)
    assert checked.problem is None
    assert checked.value == Decimal(amount) and checked.value.currency == currency
    assert not (checked.value == 0 and checked.value.is_signed())


@pytest.mark.parametrize("typed", ["", " ", "-", "—", "N/A", "n/a", "无", "暂无", "－"])
def test_nothing_is_none(typed):
    assert money(typed) == integer(typed) == percent(typed) == (None, None)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1.0E+3", "amount.scientific"),
        ("1E+10", "amount.scientific"),
        ("1234567890123456789", "amount.too_long"),
        ("9999999999999999亿", "amount.too_long"),
        ("9" * 5000, "amount.format"),
        ("1,23", "amount.format"),
        ("1.234,56", "amount.format"),
        ("1,2345", "amount.format"),
        ("100-200", "amount.format"),
        ("1(2)3", "amount.format"),
        ("100(万", "amount.format"),
        ("一百万", "amount.format"),
        ("约100", "amount.format"),
        ("--5", "amount.format"),
        ("-5-", "amount.format"),
        ("#N/A", "amount.format"),
        ("万人民币", "amount.format"),
        ("100美元人民币", "amount.currency"),
        ("￥100美元", "amount.currency"),
    ],
)
def test_what_has_no_single_reading_is_an_error(typed, code):
    assert money(typed).problem.code == code


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2), st.booleans())
def test_what_is_written_is_what_is_read(number, wide):
    for text in (f"{number:f}", f"{number:,f}", f"￥{number:,f}"):
        checked = money(full_width(text) if wide else text)
        assert checked.problem is None and checked.value == number


def test_an_amount_keeps_its_currency_when_copied():
    amount = Amount("12.50", "USD")
    for twin in (copy.copy(amount), copy.deepcopy(amount), pickle.loads(pickle.dumps(amount))):
        assert (twin, twin.currency) == (Decimal("12.50"), "USD")


@pytest.mark.parametrize(
    ("typed", "value"), [("30", 30), ("1,200", 1200), ("12.0", 12), ("-3", -3), ("１２", 12), ("0", 0)]
)
def test_whole_numbers(typed, value):
    assert integer(typed) == (value, None)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12.5", "integer.fraction"),
        ("30天", "numeric.format"),
        ("1E+5", "numeric.scientific"),
        ("9" * 19, "numeric.too_long"),
        ("-", None),
    ],
)
def test_what_is_no_whole_number(typed, code):
    problem = integer(typed).problem
    assert (problem and problem.code) == code


@pytest.mark.parametrize(
    ("typed", "value"),
    [("13%", "13"), ("１３．５％", "13.5"), ("13", "13"), ("0", "0"), ("0.5%", "0.5"), ("-2 %", "-2")],
)
def test_percentages(typed, value):
    assert percent(typed) == (Decimal(value), None)


def test_a_fraction_without_sign_is_not_guessed():
    problem = percent("0.13").problem
    assert (problem.code, problem.suggestion) == ("percent.ambiguous", "13%")
    assert percent("1").problem.suggestion == "100%"


@given(messy)
def test_no_text_raises_and_values_are_of_their_type(text):
    for rule, kind in ((money, Amount), (integer, int), (percent, Decimal)):
        checked = rule(text)
        assert (
            isinstance(checked.value, str)
            if checked.problem
            else checked.value is None or isinstance(checked.value, kind)
        )
