"""What stands in the files: nothing that runs, nothing that a spreadsheet would change."""

import io
import re
import zipfile
from datetime import datetime

import openpyxl
import pytest

from customers.models import Customer

from .conftest import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db

RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def sheet_xml(data: bytes) -> str:
    return zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()


def test_an_xlsx_holds_no_formula_link_or_formatting_from_data(awkward, export, content):
    data = content(export("steward"), "steward")
    xml = sheet_xml(data)
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    assert "&lt;r&gt;富文本&lt;/r&gt;" in xml
    names = {row[1] for row in xlsx_rows(data)}
    assert {
        '=HYPERLINK("http://evil.example")',
        "@SUM(A1)贸易",
        "'引号开头商行",
        "<r>富文本</r>",
        "控制_x0041_字符",
    } <= names


def test_text_that_looks_like_a_number_stays_text_and_numbers_are_numbers(awkward, export, content):
    keys = ["number", "name", "postal_code", "mobile", "bank_account", "registered_on", "credit_limit", "credit_days"]
    rows = {row[1]: row for row in xlsx_rows(content(export("steward", keys=keys), "steward"))}
    assert rows["数字公司"] == ("000123", "数字公司", "051000", "13800138000", "1234567890123456789", None, None, None)
    assert rows["日期公司"][5] == datetime(2024, 2, 29)
    assert rows["金额公司"][5:] == ("1895-03-01", 0.1, 30)
    # More digits than a spreadsheet keeps.
    assert rows["外资公司"][6] == f"{Customer.objects.get(name='外资公司').credit_limit:f}"


def test_empty_cells_of_text_columns_are_text_cells_for_whoever_fills_them_in(awkward, export, content):
    book = openpyxl.load_workbook(io.BytesIO(content(export("steward", keys=["name", "mobile"]), "steward")))
    assert book.worksheets[0].column_dimensions["B"].number_format == "@"


def test_a_csv_is_utf8_with_mark_and_neutralises_what_would_run(awkward, export, content):
    data = content(export("steward", format="csv"), "steward")
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    rows = csv_rows(data)
    for row in rows:
        assert not any(cell.startswith(RUNS) for cell in row)
    texts = {cell for row in rows for cell in row}
    assert '\'=HYPERLINK("http://evil.example")' in texts
    assert "''引号开头商行" in texts
    assert "'''两个" in texts
    assert "'＝全角公式公司" in texts


def test_headings_are_the_catalogues_labels_in_the_order_asked_for(awkward, export, content):
    for format, rows in (("xlsx", xlsx_rows), ("csv", csv_rows)):
        data = content(export("steward", format=format, keys=["mobile", "name", "foreign:SAP"]), "steward")
        assert list(rows(data)[0]) == ["手机", "客户名称", "SAP 编号"]


def test_the_second_sheet_says_who_when_what_and_how_many(awkward, export, content):
    data = content(export("steward", query="f-kind=company&q=公司"), "steward")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["客户", "导出说明"]
    notes = dict(book.worksheets[1].iter_rows(values_only=True))
    assert notes["导出人"] == "数据管理员（steward）"
    assert notes["范围"] == "搜索：公司；客户类型：企业"
    assert int(notes["客户数"]) == len(xlsx_rows(data)) - 1 > 0
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", notes["导出时间"])
    assert notes["脱敏字段"] == "无"


def test_rows_come_in_the_lists_order(awkward, export, content):
    by_name = [row[0] for row in xlsx_rows(content(export("steward", keys=["name"], query="sort=name"), "steward"))[1:]]
    assert by_name == sorted(by_name)
    newest = [row[0] for row in xlsx_rows(content(export("steward", keys=["name"]), "steward"))[1:]]
    assert newest == [customer.name for customer in reversed(awkward)]


def test_picked_customers_only(awkward, export, content):
    ids = ",".join(str(customer.pk) for customer in awkward[:3])
    rows = xlsx_rows(content(export("steward", keys=["name"], query=f"ids={ids}"), "steward"))
    assert {row[0] for row in rows[1:]} == {customer.name for customer in awkward[:3]}
