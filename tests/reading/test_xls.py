"""The old .xls obeys the same cell contract as xlsx: number formats, errors, formulas, hidden rows, merged cells."""

import struct
from datetime import date

import pytest

from imports.reading.cells import Refused
from tests.reading import biff, reading_here

STRINGS = ["客户编号", "客户名称", "电话", "上海恒源机械有限公司", "上海"]


def _body() -> bytes:
    heading = b"".join(biff.label(0, column, column) for column in range(3))
    return heading + biff.label(1, 1, 3) + biff.packed(1, 2, 13_800_138)


def _only(tmp_path, *records: bytes, formats=(), **more):
    """Read a sheet of nothing but ``records`` and return its cells."""
    path = biff.xls(tmp_path / "a.xls", {"表一": b"".join(records)}, STRINGS, formats, **more)
    return reading_here.cells(path)


@pytest.mark.parametrize(
    ("written", "formats", "expected"),
    [
        (biff.label(0, 0, 3), (), "上海恒源机械有限公司"),
        (biff.number(0, 0, 13_800_138_000.0), (), 13_800_138_000),
        (biff.number(0, 0, 1234.56), (), 1234.56),
        (biff.packed(0, 0, 51_000, style=1), ("000000",), "051000"),
        (biff.packed(0, 0, 45_296, style=1), (14,), date(2024, 1, 5)),
        (biff.packed(0, 0, 45_296, style=1), ('yyyy"年"m"月"d"日"',), date(2024, 1, 5)),
        (biff.boolean(0, 0, True), (), True),
        (biff.formula(0, 0, struct.pack("<d", 7.0)), (), 7),
    ],
)
def test_cell(tmp_path, written, formats, expected):
    assert _only(tmp_path, written, formats=formats) == [[expected]]


@pytest.mark.parametrize(
    ("written", "code", "raw"),
    [
        (biff.error(0, 0, 42), "cell.error", "#N/A"),
        (biff.error(0, 0, 23), "cell.error", "#REF!"),
        (biff.formula(0, 0, b"\x02\x00\x0f\x00\x00\x00\xff\xff"), "cell.error", "#VALUE!"),
        (biff.number(0, 0, 110101199003071234.0), "cell.number_truncated", "110101199003071230"),
    ],
)
def test_faulty_cell(tmp_path, written, code, raw):
    [[fault]] = _only(tmp_path, written)
    assert (fault.code, fault.raw) == (code, raw)


def test_run_of_packed_hundredths(tmp_path):
    assert _only(tmp_path, biff.packed_run(2, 1, [150, 200])) == [[None, 1.5, 2]]


def test_1904_dates(tmp_path):
    assert _only(tmp_path, biff.packed(0, 0, 43_834, style=1), formats=(14,), date1904=True) == [[date(2024, 1, 5)]]


def test_heading_rows_and_numbers(tmp_path):
    path = biff.xls(tmp_path / "a.xls", {"客户": _body()}, STRINGS)
    headings, rows = reading_here.sheet(path)
    assert headings.labels == ("客户编号", "客户名称", "电话")
    assert [(row.number, row.cells) for row in rows] == [(2, [None, "上海恒源机械有限公司", 13_800_138])]


def test_sheet_away_from_the_corner_keeps_its_row_numbers(tmp_path):
    path = biff.xls(tmp_path / "a.xls", {"客户": biff.label(5, 2, 3) + biff.packed(7, 1, 5)}, STRINGS)
    rows = reading_here.rows(path, heading_row=())
    assert [(row.number, row.cells) for row in rows] == [(6, [None, None, STRINGS[3]]), (8, [None, 5])]


def test_hidden_and_merged_are_counted_and_noted(tmp_path):
    body = biff.row_record(1, hidden=True) + biff.hidden_column(2) + _body() + biff.merged((1, 1, 1, 2))
    path = biff.xls(tmp_path / "a.xls", {"明细": body, "藏": biff.label(0, 0, 0)}, STRINGS, hidden=["藏"])
    info = reading_here.description(path)
    shown, hidden = info["sheets"]
    assert (shown["hidden_rows"], shown["hidden_columns"], shown["merged_ranges_count"]) == (1, 1, 1)
    assert (hidden["name"], hidden["hidden"], info["kind"]) == ("藏", True, "xls")
    [row] = reading_here.rows(path)
    assert row.cells == [None, "上海恒源机械有限公司", None]
    assert (row.note.is_hidden, row.note.merged) == (True, (2,))


def test_formula_is_marked(tmp_path):
    body = _body() + biff.formula(1, 0, struct.pack("<d", 7.0))
    [row] = reading_here.rows(biff.xls(tmp_path / "a.xls", {"客户": body}, STRINGS))
    assert (row.cells[0], row.note.formulas) == (7, (0,))


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        ({"Workbook": biff.workbook({"a": b""}, ["x"], password=True)}, "file.encrypted"),
        ({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}, "file.encrypted"),
        ({"WordDocument": b"x"}, "file.unsupported"),
        ({"Book": b"x"}, "file.unsupported"),
        ({"Other": b"x"}, "file.not_excel"),
        ({"Workbook": b"\x00" * 600}, "file.damaged"),
        ({"Workbook": biff.begin(5) + biff.record(0x00E0) + biff.record(0x000A)}, "file.damaged"),
        ({"Workbook": biff.workbook({"a": biff.record(0x0203, b"xx")}, STRINGS)}, "file.damaged"),
        ({"Workbook": biff.workbook({"a": _body()}, STRINGS)[:-4] + b"\x99" * 900}, "file.damaged"),
    ],
)
def test_refused(tmp_path, streams, code):
    path = biff.ole(tmp_path / "a.xls", streams)
    with pytest.raises(Refused) as refusal:
        reading_here.cells(path)
    assert refusal.value.code == code


def test_macros_are_warned_of(tmp_path):
    streams = {"Workbook": biff.workbook({"客户": _body()}, STRINGS), "_VBA_PROJECT_CUR": b"x"}
    assert reading_here.description(biff.ole(tmp_path / "a.xls", streams))["warnings"] == [("warn.macros", {})]
