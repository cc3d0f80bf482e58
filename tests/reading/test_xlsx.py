"""What a cell, a row and a sheet of an xlsx file mean, written by hand and by the usual libraries."""

from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from imports.reading import xlsxfiles
from imports.reading.cells import MAX_TEXT, CellFault, Refused
from tests.reading import reading_here
from tests.reading.corpus import MAIN, number, row, shared, sheet_xml, strings_xml, styles_xml, table, text, xlsx

STRINGS = strings_xml(
    "上海恒源机械有限公司",
    '<r><rPr><b/></rPr><t>上海</t></r><r><t xml:space="preserve"> 恒源</t></r><rPh sb="0" eb="1"><t>シャンハイ</t></rPh>',
    "A&B<C>公司",
    "一行_x000D_\n二行_x005F_x",
    "",
    "<t/>",
)
STYLES = styles_xml("000000", 14, "yyyy-mm-dd hh:mm", 9, '0.00"万元"')


def _cell(tmp_path, cell: str, **more):
    """Read the only cell of a workbook."""
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(row(1, cell)), strings=STRINGS, styles=STYLES, **more)
    found = reading_here.cells(path)
    return found[0][0] if found else None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (shared(0), "上海恒源机械有限公司"),
        (shared(1), "上海 恒源"),
        (shared(2), "A&B<C>公司"),
        (shared(3), "一行\r\n二行_x"),
        (shared(4), None),
        (shared(5), None),
        (text("直接写的"), "直接写的"),
        ('<c r="@" t="inlineStr"><is><r><t>富</t></r><r><t>文本</t></r></is></c>', "富文本"),
        ('<c r="@" t="str"><v>结果</v></c>', "结果"),
        ('<c r="@" t="s"/>', None),
        ('<c r="@"/>', None),
        ('<c r="@"><v></v></c>', None),
        (number(13_800_138_000), 13_800_138_000),
        (number("1.38001E+10"), 13_800_100_000),
        (number("1234.56"), 1234.56),
        (number(51_000, 1), "051000"),
        (number(45_296, 2), date(2024, 1, 5)),
        (number("45296.4375", 3), datetime(2024, 1, 5, 10, 30)),
        (number("0.15", 4), 0.15),
        (number("12.5", 5), "12.5万元"),
        (number(5, 99), 5),
        (text("1.38001E+10"), "1.38001E+10"),
        (text("051000"), "051000"),
        ('<c r="@" t="b"><v>1</v></c>', True),
        ('<c r="@" t="b"><v>0</v></c>', False),
        ('<c r="@" t="d"><v>2024-01-05</v></c>', date(2024, 1, 5)),
        ('<c r="@" t="n"><v>7</v></c>', 7),
        ('<c s="0" r="@"><f>1+1</f><v>2</v></c>', 2),
        ('<c r="@" t="str"><f>A2&amp;"x"</f><v></v></c>', None),
        (text("字" * MAX_TEXT), "字" * MAX_TEXT),
    ],
)
def test_cell(tmp_path, cell, expected):
    found = _cell(tmp_path, cell)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("cell", "code", "raw"),
    [
        ('<c r="@" t="e"><v>#N/A</v></c>', "cell.error", "#N/A"),
        ('<c r="@" t="e"><f>VLOOKUP(1,B:B,1)</f><v>#REF!</v></c>', "cell.error", "#REF!"),
        ('<c r="@"><f>A2+1</f></c>', "cell.formula_uncached", ""),
        ('<c r="@"><f>A2+1</f><v></v></c>', "cell.formula_uncached", ""),
        ('<c r="@"><f>A2+1</f><v/></c>', "cell.formula_uncached", ""),
        ('<c r="@" t="str"><f>A2</f></c>', "cell.formula_uncached", ""),
        (number("1.1010119900307101E+17"), "cell.number_truncated", "110101199003071010"),
        (number("6222021234567890123"), "cell.number_truncated", "6222021234567890123"),
        (number(20_240_105, 2), "cell.date_invalid", "20240105"),
        (number("abc"), "cell.not_number", "abc"),
        (text("字" * (MAX_TEXT + 1)), "cell.too_long", "字" * 200),
        (text("上海\ufffd公司"), "cell.damaged_text", "上海\ufffd公司"),
        (text("a_x0000_b"), "cell.nul", "a␀b"),
    ],
)
def test_cell_that_must_not_be_taken(tmp_path, cell, code, raw):
    fault = _cell(tmp_path, cell)
    assert isinstance(fault, CellFault)
    assert (fault.code, fault.raw) == (code, raw)
    assert fault.message and fault.suggestion


def test_1904_dates(tmp_path):
    assert _cell(tmp_path, number(43_834, 2), workbook='<workbookPr date1904="1"/>') == date(2024, 1, 5)


def test_formula_of_a_workbook_that_waits_to_be_computed(tmp_path):
    waiting = '<calcPr fullCalcOnLoad="1"/>'
    assert _cell(tmp_path, '<c r="@"><f>SUM(B:B)</f><v>0</v></c>', workbook=waiting).code == "cell.formula_uncached"
    assert _cell(tmp_path, '<c r="@"><f>SUM(B:B)</f><v>7</v></c>', workbook=waiting) == 7
    assert _cell(tmp_path, number(0), workbook=waiting) == 0


def test_formula_is_marked(tmp_path):
    xml = sheet_xml(row(1, text("编号"), text("金额")) + row(2, text("K1"), '<c r="@"><f>1+1</f><v>2</v></c>'))
    [found] = reading_here.rows(xlsx(tmp_path / "a.xlsx", xml))
    assert (found.cells, found.note.formulas) == (["K1", 2], (1,))


def test_row_numbers_are_the_sheets_own(tmp_path):
    xml = sheet_xml(
        row(3, text("编号"), text("名称")) + '<row r="5"/>' + row(9, text("K1"), text("甲")) + row(12, text(" "))
    )
    headings, rows = reading_here.sheet(xlsx(tmp_path / "a.xlsx", xml))
    assert headings.rows == (3,)
    assert [(found.number, found.cells) for found in rows] == [(9, ["K1", "甲"])]


def test_cells_without_reference_and_out_of_order(tmp_path):
    xml = sheet_xml(
        "<row><c><v>1</v></c><c/><c><v>3</v></c></row>"
        '<row r="4"><c r="C4"><v>3</v></c><c r="A4"><v>1</v></c></row><row><c><v>9</v></c></row>'
    )
    rows = reading_here.rows(xlsx(tmp_path / "a.xlsx", xml), heading_row=())
    assert [(found.number, found.cells) for found in rows] == [(1, [1, None, 3]), (4, [1, None, 3]), (5, [9])]


def test_namespace_prefix_and_strict_namespace(tmp_path):
    inner = (
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>甲</x:t></x:is></x:c><x:c r="B1"><x:v>7</x:v></x:c></x:row>'
    )
    xml = f'<x:worksheet xmlns:x="{MAIN.replace("schemas.openxmlformats.org", "purl.oclc.org/ooxml")}"><x:sheetData>{inner}</x:sheetData></x:worksheet>'
    assert reading_here.cells(xlsx(tmp_path / "a.xlsx", xml)) == [["甲", 7]]


def test_pretty_printed_and_commented_xml(tmp_path):
    inner = '<row r="1">\n <!-- <c r="A1"><v>8</v></c> -->\n <c r="A1">\n  <v>7</v>\n </c>\n <c r=\'B1\' t=\'inlineStr\'><is>\n<t><![CDATA[<甲>]]></t>\n</is></c>\n</row>\n'
    assert reading_here.cells(xlsx(tmp_path / "a.xlsx", sheet_xml(inner))) == [[7, "<甲>"]]


def test_utf16_sheet(tmp_path):
    xml = sheet_xml(row(1, text("甲"), number(7))).replace("UTF-8", "UTF-16")
    path = xlsx(tmp_path / "b.xlsx", {"Sheet1": xml.encode("utf-16")})
    assert reading_here.cells(path) == [["甲", 7]]


def test_merged_cells_belong_to_their_first(tmp_path):
    xml = sheet_xml(
        row(1, text("编号"), text("名称"), text("电话"))
        + row(2, text("K1"), text("甲"), text("藏着的"))
        + row(3, '<c r="@" s="0"/>', text("乙"), number(7)),
        after='<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/></mergeCells>',
    )
    path = xlsx(tmp_path / "a.xlsx", xml)
    rows = reading_here.rows(path)
    assert [found.cells for found in rows] == [["K1", "甲", None], [None, "乙", 7]]
    assert [found.note.merged for found in rows] == [(2,), (0,)]
    assert reading_here.description(path)["sheets"][0]["merged_ranges_count"] == 2


def test_hidden_sheets_rows_and_columns_are_counted(tmp_path):
    first = sheet_xml(
        row(1, text("编号"), text("名称"))
        + row(2, text("K1"), text("甲"), more=' hidden="1"')
        + row(3, text("K2"), text("乙")),
        before='<cols><col min="2" max="16384" width="9" hidden="1"/></cols>',
    )
    path = xlsx(tmp_path / "a.xlsx", {"藏": table_xml(), "客户": first}, states={"藏": "veryHidden"})
    hidden, shown = reading_here.description(path)["sheets"]
    assert (hidden["name"], hidden["hidden"]) == ("藏", True)
    assert (shown["hidden_rows"], shown["hidden_columns"], shown["rows_estimate"]) == (1, 1, 3)
    assert [bool(found.note and found.note.is_hidden) for found in reading_here.rows(path)] == [True, False]


def table_xml() -> str:
    """A sheet with one text."""
    return sheet_xml(row(1, text("别处")))


def test_sheet_is_chosen_by_name(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"一": sheet_xml(row(1, text("甲"))), "二": sheet_xml(row(1, text("乙")))})
    assert reading_here.cells(path, sheet="二") == [["乙"]]
    with pytest.raises(Refused) as refusal:
        reading_here.cells(path, sheet="三")
    assert refusal.value.params == {"name": "三", "names": "一、二"}


def test_heading_of_two_storeys_with_merges(tmp_path):
    xml = sheet_xml(
        row(1, text("客户登记表"))
        + row(2, text("编号"), text("联系人"), '<c r="@"/>')
        + row(3, '<c r="@"/>', text("姓名"), text("电话"))
        + row(4, text("K1"), text("张三"), number(13_800_138_000)),
        after='<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/></mergeCells>',
    )
    headings, rows = reading_here.sheet(xlsx(tmp_path / "a.xlsx", xml))
    assert (headings.rows, headings.labels) == ((2, 3), ("编号", "联系人/姓名", "联系人/电话"))
    assert [found.cells for found in rows] == [["K1", "张三", 13_800_138_000]]


def test_chosen_heading_row_wins(tmp_path):
    path = table(tmp_path / "a.xlsx", [["编号", "名称"], ["Number", "Name"], ["K1", "甲"]])
    headings, rows = reading_here.sheet(path, heading_row=[2])
    assert (headings.labels, [found.number for found in rows]) == (("Number", "Name"), [3])


def test_formatted_blank_rows_are_no_rows(tmp_path):
    blank = "".join(row(place, *['<c r="@" s="1"/>'] * 6) for place in range(4, 9_000))
    data = row(1, text("编号"), text("名称")) + row(3, text("K1"), text("甲"))
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(data + blank + row(9_000, text("K2"))), styles=STYLES)
    assert [found.number for found in reading_here.rows(path)] == [3, 9_000]
    assert reading_here.description(path)["sheets"][0]["rows_estimate"] == 3


def test_far_column_is_refused_with_its_cell(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", sheet_xml('<row r="7"><c r="A7"><v>1</v></c><c r="XFD7"><v>1</v></c></row>'))
    with pytest.raises(Refused) as refusal:
        reading_here.cells(path)
    assert (refusal.value.code, refusal.value.params["cell"]) == ("sheet.too_wide", "XFD7")


@pytest.mark.parametrize(
    "inner",
    [
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>x</v></c></row>',
        '<row r="1"><c r="A1" t="klingon"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1"><v>1</v></c></row>',
        '<row r="x"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="ABCD1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></row>',
        '<row r="1"><c r="A1"><v>&nbsp;</v></c></row>',
    ],
)
def test_contradictions_are_refused(tmp_path, inner):
    with pytest.raises(Refused) as refusal:
        reading_here.cells(xlsx(tmp_path / "a.xlsx", sheet_xml(inner), strings=STRINGS))
    assert refusal.value.code == "file.damaged"


def test_unknown_encoding_of_a_part_is_refused(tmp_path):
    xml = sheet_xml(row(1, text("甲"))).replace("UTF-8", "klingon")
    with pytest.raises(Refused) as refusal:
        reading_here.cells(xlsx(tmp_path / "a.xlsx", xml))
    assert refusal.value.code == "file.damaged"


def test_macros_links_and_objects_are_warned_of(tmp_path):
    parts = {
        "xl/vbaProject.bin": b"x",
        "xl/externalLinks/externalLink1.xml": b"x",
        "xl/embeddings/oleObject1.bin": b"x",
    }
    info = reading_here.description(xlsx(tmp_path / "a.xlsm", table_xml(), parts=parts))
    assert info["kind"] == "xlsm"
    assert [code for code, _params in info["warnings"]] == ["warn.macros", "warn.external_links", "warn.embedded"]


def test_wrong_extension_is_warned_of(tmp_path):
    path = xlsx(tmp_path / "a.xls", table_xml())
    assert reading_here.description(path)["warnings"] == [("warn.kind_differs", {"kind": "xlsx"})]


RECORD = [
    "KH001",
    "上海恒源机械有限公司",
    13_800_138_000,
    1234.5,
    True,
    None,
    date(2024, 1, 5),
    datetime(2024, 1, 5, 10, 30),
    " 空 ",
]


def test_file_written_by_openpyxl(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook = openpyxl.Workbook()
    workbook.active.append(["编号", "名称", "电话", "金额", "有效", "空", "日期", "时刻", "备注"])
    workbook.active.append(RECORD)
    workbook.active.append(["=1+1"])
    workbook.save(path)
    first, second = reading_here.rows(path)
    assert first.cells == RECORD
    assert second.cells[0].code == "cell.formula_uncached"


@pytest.mark.parametrize("constant_memory", [False, True])
def test_file_written_by_xlsxwriter(tmp_path, constant_memory):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": constant_memory}) as workbook:
        sheet = workbook.add_worksheet("客户")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["编号", "名称", "电话", "金额", "有效", "空", "日期", "时刻", "备注"])
        sheet.write_row(1, 0, RECORD[:6])
        sheet.write_datetime(1, 6, RECORD[6], day)
        sheet.write_datetime(1, 7, RECORD[7], moment)
        sheet.write_string(1, 8, RECORD[8])
        sheet.write_formula(2, 0, "=1+1")
    first, second = reading_here.rows(path)
    assert first.cells == RECORD
    assert second.cells[0].code == "cell.formula_uncached"


def test_survey_goes_through_the_bytes_once(tmp_path, monkeypatch):
    """A million rows are inflated once for the survey and once for the cells, whatever is asked in which order."""
    calls = []
    survey = xlsxfiles._survey
    monkeypatch.setattr(xlsxfiles, "_survey", lambda *given: calls.append(1) or survey(*given))
    reading_here.sheet(table(tmp_path / "a.xlsx", [["编号", "名称"], ["K1", "甲"]]))
    assert calls == [1]
