"""Stored numbers become what the sheet shows: plain numbers, codes with leading zeros, dates of both systems, units."""

from datetime import date, datetime

import pytest

from imports.reading.cells import CellFault
from imports.reading.numberformats import converter, iso_cell, plain_number


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("13800138000", 13_800_138_000),
        ("1.38001E+10", 13_800_100_000),
        ("-5", -5),
        ("-0", 0),
        ("12.50", 12.5),
        ("0.30000000000000004", 0.3),
        ("1234.5600000000001", 1234.56),
        ("999999999999999", 999_999_999_999_999),
        ("051000", "051000"),
        ("0", 0),
        (" 7 ", 7),
        ("1E-3", 0.001),
    ],
)
def test_plain_number(stored, expected):
    found = plain_number(stored)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("stored", "code", "raw"),
    [
        ("110101199003071234", "cell.number_truncated", "110101199003071234"),
        ("1.1010119900307101E+17", "cell.number_truncated", "110101199003071010"),
        ("6222021234567890123", "cell.number_truncated", "6222021234567890123"),
        ("1000000000000000", "cell.number_truncated", "1000000000000000"),
        ("-1000000000000000", "cell.number_truncated", "-1000000000000000"),
        ("9" * 100, "cell.number_truncated", "9" * 100),
        ("1E400", "cell.number_truncated", "1E400"),
        ("NaN", "cell.not_number", "NaN"),
        ("1_000", "cell.not_number", "1_000"),
        ("abc", "cell.not_number", "abc"),
    ],
)
def test_number_that_must_not_be_taken(stored, code, raw):
    fault = plain_number(stored)
    assert isinstance(fault, CellFault)
    assert (fault.code, fault.raw) == (code, raw)


def test_truncation_message_tells_what_to_do():
    assert plain_number("110101199003071234").message == "数字已被 Excel 截断，请把该列设为文本格式后重填"


@pytest.mark.parametrize(
    ("code", "stored", "expected"),
    [
        ("000000", "51000", "051000"),
        ("000000", "1234567", "1234567"),
        ("000000;-000000", "51000", "051000"),
        ("00000000;@", "512345", "00512345"),
        ("000-0000-0000", "13800138000", "138-0013-8000"),
        ('"KH"000000', "123", "KH000123"),
        ('"KH-"0', "7", "KH-7"),
        ("[$-804]000000", "5", "000005"),
        ("000000", "12.5", 12.5),
        ("000000", "-5", -5),
        ("0", "5", 5),
        ("0.00", "5", 5),
        ("#,##0.00", "1234.5", 1234.5),
        ("0%", "0.15", 0.15),
        ("0.00E+00", "1500", 1500),
        ("@", "13800138000", 13_800_138_000),
        ("General", "7", 7),
        ("¥#,##0;[Red]¥-#,##0", "7", 7),
        ("[$¥-804]#,##0.00", "7", 7),
        ('0"元"', "7", 7),
        ('0.00"万元"', "12.5", "12.5万元"),
        ('#,##0"亿"', "3", "3亿"),
        ('0!.0,"万"', "125000", 125_000),
        ('0.0,"万"', "125000", 125_000),
        ("[DBNum2][$-804]General", "3", 3),
        ("# ?/?", "0.5", 0.5),
        ("[<=9999999]###-####;(###) ###-####", "5551234", 5_551_234),
        ("yyyy-mm-dd", "45296", date(2024, 1, 5)),
        ("yyyy/m/d;@", "45296", date(2024, 1, 5)),
        ('yyyy"年"m"月"d"日";@', "45296", date(2024, 1, 5)),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "45296", date(2024, 1, 5)),
        ("[$-804]aaaa", "45296", date(2024, 1, 5)),
        ("e年m月", "45296", date(2024, 1, 5)),
        ("mmm", "45296", date(2024, 1, 5)),
        ("yyyy-mm-dd hh:mm:ss", "45296", datetime(2024, 1, 5)),
        ("yyyy-mm-dd hh:mm", "45296.4375", datetime(2024, 1, 5, 10, 30)),
        ("yyyy-mm-dd", "45296.5", datetime(2024, 1, 5, 12)),
        ("yyyy-mm-dd h:mm:ss", "45296.354166666664", datetime(2024, 1, 5, 8, 30)),
        ("h:mm", "0.4375", "10:30:00"),
        ("[h]:mm:ss", "1.25", "30:00:00"),
        ("mm:ss.0", "0.0006944444", "00:01:00"),
    ],
)
def test_custom_format(code, stored, expected):
    found = converter(164, code, date1904=False)(stored)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("format_id", [14, 15, 16, 17, 27, 28, 31, 36, 50, 58])
def test_built_in_dates(format_id):
    assert converter(format_id, None, date1904=False)("45296") == date(2024, 1, 5)


@pytest.mark.parametrize(
    ("format_id", "stored", "expected"),
    [
        (0, "45296", 45_296),
        (2, "1.5", 1.5),
        (9, "0.5", 0.5),
        (22, "45296", datetime(2024, 1, 5)),
        (20, "0.5", "12:00:00"),
    ],
)
def test_other_built_ins(format_id, stored, expected):
    found = converter(format_id, None, date1904=False)(stored)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("date1904", "stored", "expected"),
    [
        (False, "1", date(1900, 1, 1)),
        (False, "59", date(1900, 2, 28)),
        (False, "61", date(1900, 3, 1)),
        (False, "2958465", date(9999, 12, 31)),
        (True, "0", date(1904, 1, 1)),
        (True, "43834", date(2024, 1, 5)),
    ],
)
def test_both_date_systems(date1904, stored, expected):
    assert converter(14, None, date1904=date1904)(stored) == expected


@pytest.mark.parametrize("stored", ["0", "-1", "60", "2958466", "20240105"])
def test_serial_that_is_no_day(stored):
    fault = converter(14, None, date1904=False)(stored)
    assert (fault.code, fault.params["value"]) == ("cell.date_invalid", stored)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("2024-01-05", date(2024, 1, 5)),
        ("2024-01-05T10:30:00", datetime(2024, 1, 5, 10, 30)),
        ("2024-01-05T10:30:00Z", datetime(2024, 1, 5, 10, 30)),
        ("10:30:00", "10:30:00"),
    ],
)
def test_iso_dates(stored, expected):
    found = iso_cell(stored)
    assert (found, type(found)) == (expected, type(expected))
