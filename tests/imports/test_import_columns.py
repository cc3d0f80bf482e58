"""Cells to raw values and back."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from customers.fields import Catalogue
from imports.columns import Column, neutralise, restore
from imports.reading import CellFault


@pytest.fixture
def column(ledger):
    catalogue = Catalogue.of(ledger)
    return lambda key, **more: Column(catalogue.get(key), **more)


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 138", "-5", "@x", "'", "''", "'=1", "普通", "", "\t=1", "＝SUM(A1)", "'abc"]
)
def test_an_apostrophe_put_on_comes_off_again(text):
    assert restore(neutralise(text)) == text
    assert neutralise(text)[:1] not in ("=", "+", "-", "@", "\t", "＝")


def test_somebody_elses_apostrophe_stays():
    assert restore("'abc") == "'abc"


def test_numbers_keep_their_digits(column):
    assert column("mobile").read(13800138000) == ("13800138000", None)
    assert column("mobile").read(13800138000.0) == ("13800138000", None)
    assert column("name").read(51) == ("51", None)
    assert column("credit_limit").read(0.1) == (Decimal("0.1"), None)
    assert column("credit_days").read(30) == (30, None)


def test_a_unit_in_the_heading_counts_for_bare_numbers_only(column):
    capital = column("registered_capital", unit="万元")
    assert capital.read(500)[0] == "500万元"
    assert capital.read("1,200.5")[0] == "1,200.5万元"
    assert capital.read("3亿")[0] == "3亿"


def test_dates(column):
    assert column("registered_on").read(date(2024, 1, 5)) == (date(2024, 1, 5), None)
    assert column("registered_on").read(datetime(2024, 1, 5, 8, 30)) == (date(2024, 1, 5), None)
    assert column("registered_on").read("2024年1月5日") == ("2024年1月5日", None)


def test_a_code_that_became_a_date_is_told(column):
    raw, problem = column("number").read(date(2024, 3, 4))
    assert raw is None
    assert (problem.code, problem.field) == ("cell.became_date", "number")
    assert "2024-03-04" in problem.message


def test_faults_of_the_parser_become_problems(column):
    _raw, problem = column("bank_account").read(CellFault("cell.number_truncated", "6222021001116245702"))
    assert (problem.code, problem.value, problem.severity) == ("cell.number_truncated", "6222021001116245702", "error")
    assert "截断" in problem.message
