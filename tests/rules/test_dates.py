"""Dates as they stand in cells, and yes and no."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.choices import boolean
from customers.rules.dates import date

from .strategies import full_width, messy

DAY = datetime.date(2024, 1, 5)


@pytest.mark.parametrize(
    "typed",
    [
        "2024-01-05", "2024-1-5", "2024/1/5", "2024.1.5", "2024年1月5日", "2024年01月05号", "20240105", "２０２４／１／５", " 2024-01-05 ",
        "'2024-01-05", "2024-01-05 10:20:30", "2024-01-05T10:20:30.123", "2024/1/5 0:00", "2024/1/5 星期五", "2024年1月5日 09时30分",
        "2024/1/5 上午 9:30:00", "20240105103000", "2024-01-05T16:00:00+08:00", DAY, datetime.datetime(2024, 1, 5, 23, 59),
    ],
)  # fmt: skip
def test_one_day_in_many_spellings(typed):
    assert date(typed) == (DAY, None)


@pytest.mark.parametrize("typed", ["", "-", "N/A", "无", "长期", "长期有效", "无固定期限", "永久"])
def test_for_ever_and_nothing_are_no_date(typed):
    assert date(typed) == (None, None)


@pytest.mark.parametrize(
    ("typed", "code", "suggestion"),
    [
        ("2024-02-31", "date.invalid", ""),
        ("2023年2月29日", "date.invalid", ""),
        ("20241301", "date.invalid", ""),
        ("0000-00-00", "date.invalid", ""),
        ("24-1-5", "date.two_digit_year", ""),
        ("24年1月5日", "date.two_digit_year", ""),
        ("民国113年1月5日", "date.minguo", "2024-01-05"),
        ("113/1/5", "date.minguo", "2024-01-05"),
        ("5/1/2024", "date.ambiguous", ""),
        ("25/1/2024", "date.ambiguous", "2024-01-25"),
        ("1/25/2024", "date.ambiguous", "2024-01-25"),
        ("2024年1月", "date.incomplete", ""),
        ("2024-01", "date.incomplete", ""),
        ("2024", "date.incomplete", ""),
        ("45296", "date.serial", "2024-01-05"),
        ("上个月", "date.format", ""),
        ("#N/A", "date.format", ""),
        ("2024-01-05 25点钟左右", "date.format", ""),
        ("2024-W01-5", "date.format", ""),
    ],
)
def test_what_is_no_single_day_says_why(typed, code, suggestion):
    checked = date(typed)
    assert (checked.value, checked.problem.code, checked.problem.suggestion) == (typed, code, suggestion)
    assert checked.problem.severity == "error"


def test_serial_numbers_only_where_the_column_allows_them():
    assert (
        date("45296", allow_serial=True)
        == date(45296, allow_serial=True)
        == date(45296.75, allow_serial=True)
        == (DAY, None)
    )
    assert date("61", allow_serial=True).value == datetime.date(1900, 3, 1)
    assert date("60", allow_serial=True).problem is not None
    assert date(2024, allow_serial=True).problem.code == "date.incomplete"
    assert date(float("inf")).problem is not None


def test_a_time_in_another_zone_is_told():
    checked = date("2024-01-05T16:00:00Z")
    assert (checked.value, checked.problem.code, checked.problem.severity) == (
        datetime.date(2024, 1, 6),
        "date.zone",
        "warning",
    )
    assert date("2024-01-05T15:59:00Z") == (DAY, None)


@given(st.dates(min_value=datetime.date(1000, 1, 1)), st.booleans())
def test_what_is_written_is_what_is_read(day, wide):
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        day.strftime("%Y%m%d"),
    ):
        assert date(full_width(text) if wide else text) == (day, None)


@given(messy)
def test_no_text_raises(text):
    for allow in (False, True):
        checked = date(text, allow_serial=allow)
        assert isinstance(checked.value, datetime.date | None) or checked.problem.severity == "error"


@pytest.mark.parametrize("word", ["是", "√", "✓", "Y", "yes", "TRUE", "1", "有", "启用"])
def test_yes(word):
    assert boolean(word) == (True, None)


@pytest.mark.parametrize("word", ["否", "×", "N", "No", "false", "0", "无", "停用"])
def test_no(word):
    assert boolean(f" {word}\u3000") == (False, None)


def test_neither_yes_nor_no():
    assert boolean("") == boolean("N/A") == (None, None)
    assert boolean("也许").problem.code == "choice.boolean"


@given(messy)
def test_no_text_raises_as_yes_or_no(text):
    assert boolean(text).value in (True, False, None, text)
