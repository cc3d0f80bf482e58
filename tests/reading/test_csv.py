"""Text files: every encoding, delimiter and oddity is read right or reported in its row, never in silence."""

import codecs

import pytest

from imports.reading import csvfiles
from imports.reading.cells import CellFault, Refused
from imports.reading.encodings import BLOCK
from tests.reading import reading_here
from tests.reading.corpus import written

HEADING = "客户编号,客户名称,地址\n"
SIMPLIFIED = HEADING + "KH1,上海恒源机械有限公司,浦东新区张江路100号\nKH2,北京华信贸易有限公司,朝阳区建国路1号\n"
TRADITIONAL = "客戶編號,客戶名稱,地址\nKH1,台北恆源機械股份有限公司,臺北市中正區重慶南路一段\n"


@pytest.fixture
def file(tmp_path):
    return lambda content, encoding="utf-8", name="客户.csv": written(tmp_path / name, content, encoding)


@pytest.mark.parametrize(
    ("content", "written_in", "mark", "found"),
    [
        (SIMPLIFIED, "utf-8", b"", "utf-8"),
        (SIMPLIFIED, "utf-8", codecs.BOM_UTF8, "utf-8"),
        (SIMPLIFIED, "gbk", b"", "gb18030"),
        (SIMPLIFIED, "gb18030", b"", "gb18030"),
        (SIMPLIFIED, "utf-16-le", codecs.BOM_UTF16_LE, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", codecs.BOM_UTF16_BE, "utf-16-be"),
        (SIMPLIFIED, "utf-16-le", b"", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", b"", "utf-16-be"),
        ("客户名称\n恒源\n", "utf-16-le", b"", "utf-16-le"),
        ("客户名称\n一刀\n", "utf-16-be", b"", "utf-16-be"),
        (TRADITIONAL, "big5", b"", "big5"),
        (TRADITIONAL, "gbk", b"", "gb18030"),
        (TRADITIONAL, "utf-8", b"", "utf-8"),
        ("编号,名称\n1,甲\n", "gbk", b"", "gb18030"),
        ("编号,性别\n1,女\n", "gbk", b"", "gb18030"),
        ("id,sex\n1,女\n", "gbk", b"", "gb18030"),
        ("id,name\n1,Müller\n", "utf-8", b"", "utf-8"),
        ("id,name\n1,abc\n", "ascii", b"", "utf-8"),
        ("名称,备注\n甲,㐂𠮷😀\n", "gb18030", b"", "gb18030"),
    ],
)
def test_encoding(file, content, written_in, mark, found):
    path = file(mark + content.encode(written_in))
    assert reading_here.book(path).encoding == found
    expected = [line.split(",") for line in content.splitlines()]
    assert reading_here.cells(path) == expected


def test_chosen_encoding_wins(file):
    path = file("名稱,地址\n恆源機械,臺北市\n", "big5")
    assert reading_here.cells(path, encoding="Big5")[1] == ["恆源機械", "臺北市"]
    with pytest.raises(Refused) as refusal:
        reading_here.cells(path, encoding="klingon")
    assert refusal.value.code == "csv.encoding_unknown"


def test_private_use_of_old_gb18030_is_mended(file):
    path = file("名称\n".encode("gb18030") + b"\xfe\x59\xfe\x51\n")
    assert reading_here.cells(path)[1] == ["\u9fb4\U00020087"]


def test_bad_byte_deep_in_a_large_file(file):
    line = "KH1,上海恒源机械有限公司,浦东新区\n".encode()
    bad = "KH2,北京华".encode() + b"\xff" + "信,朝阳区\n".encode()
    count = 3 * BLOCK // len(line)
    rows = reading_here.rows(file(HEADING.encode() + line * count + bad + line))
    assert len(rows) == count + 2
    faulty = rows[count]
    assert faulty.number == count + 2
    assert (faulty.cells[0], faulty.cells[2]) == ("KH2", "朝阳区")
    assert isinstance(faulty.cells[1], CellFault)
    assert (faulty.cells[1].code, faulty.cells[1].params["position"]) == ("cell.undecodable", 4)
    assert faulty.cells[1].raw == "北京华\ufffd信"
    assert not any(isinstance(cell, CellFault) for row in rows if row is not faulty for cell in row.cells)


@pytest.mark.parametrize(("main", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_lines_in_another_encoding_are_faults_with_a_guess(file, main, other):
    ours = "KH1,上海恒源机械有限公司,浦东新区\n".encode(main) * 30
    theirs = "KH2,北京华信贸易有限公司,朝阳区\n".encode(other)
    rows = reading_here.rows(file(HEADING.encode(main) + ours + theirs + ours))
    assert rows[0].cells == ["KH1", "上海恒源机械有限公司", "浦东新区"]
    number, fault, area = rows[30].cells
    assert number == "KH2"
    assert (fault.code, fault.params["guess"]) == ("cell.undecodable_guess", "北京华信贸易有限公司")
    assert area.params["guess"] == "朝阳区"
    assert "北京华信贸易有限公司" in fault.suggestion


def test_line_that_would_read_as_nonsense_without_any_error(file):
    theirs = "KH2,客户,客户\n".encode()
    assert theirs.decode("gb18030") == "KH2,瀹㈡埛,瀹㈡埛\n"
    rows = reading_here.rows(file((HEADING + "KH1,上海恒源,浦东新区\n" * 30).encode("gbk") + theirs))
    assert [cell.params["guess"] for cell in rows[30].cells[1:]] == ["客户", "客户"]


def test_half_and_half_is_warned_of(file):
    ours = "KH1,上海恒源机械有限公司,浦东\n".encode() * 10
    theirs = "KH2,北京华信贸易有限公司,朝阳\n".encode("gbk") * 10
    path = file(HEADING.encode() + ours + theirs)
    assert reading_here.book(path).warnings == [("warn.mixed_encoding", {"encoding": "utf-8"})]
    rows = reading_here.rows(path)
    assert rows[9].cells[1] == "上海恒源机械有限公司"
    assert all(isinstance(row.cells[1], CellFault) for row in rows[10:])


def test_text_damaged_before_is_a_fault(file):
    rows = reading_here.rows(file(HEADING + "KH1,锟斤拷锟斤拷,浦东\nKH2,上海\ufffd,浦东\n"))
    assert [row.cells[1].code for row in rows] == ["cell.damaged_text", "cell.damaged_text"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_delimiter(file, delimiter):
    lines = [("编号", "名称", "金额"), ("1", "甲、乙公司", "1.5"), ("2", "丙公司", "2.5")]
    path = file("".join(delimiter.join(line) + "\n" for line in lines))
    assert reading_here.book(path).delimiter == delimiter
    assert reading_here.cells(path) == [list(line) for line in lines]


def test_delimiter_is_told_from_commas_in_the_text(file):
    path = file("编号;名称;备注\n1;甲;a,b\n2;乙;c\n3;丙;d，e，f\n")
    assert reading_here.book(path).delimiter == ";"


def test_delimiter_directive(file):
    path = file("sep=|\n编号|名称\n1|甲,乙\n")
    assert reading_here.cells(path) == [["编号", "名称"], ["1", "甲,乙"]]


def test_chosen_delimiter(file):
    path = file("编号|名称,x\n1|甲,y\n")
    assert reading_here.cells(path, delimiter="|") == [["编号", "名称,x"], ["1", "甲,y"]]
    with pytest.raises(Refused):
        reading_here.cells(path, delimiter="||")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('KH1,"上海,恒源",浦东\n', [(2, ["KH1", "上海,恒源", "浦东"])]),
        ('KH1,"他说""好""",浦东\n', [(2, ["KH1", '他说"好"', "浦东"])]),
        ('KH1,甲,"一楼\n二楼"\nKH2,乙,x\n', [(2, ["KH1", "甲", "一楼\n二楼"]), (3, ["KH2", "乙", "x"])]),
        ('KH1,甲,"一楼\r\n二楼"\r\nKH2,乙,x\r\n', [(2, ["KH1", "甲", "一楼\r\n二楼"]), (3, ["KH2", "乙", "x"])]),
        ("KH1,甲\n", [(2, ["KH1", "甲", None])]),
        ("KH1,甲,,,,\n", [(2, ["KH1", "甲", None])]),
        ("\n\nKH1,甲,x\n ,\t,\n", [(4, ["KH1", "甲", "x"])]),
        ('="051000",甲,"=""0571"""\n', [(2, ["051000", "甲", "0571"])]),
        ('KH1,5" 管,x\n', [(2, ["KH1", '5" 管', "x"])]),
        ("1.38001E+10,甲,13800138000", [(2, ["1.38001E+10", "甲", "13800138000"])]),
        ("KH1,甲\u2028乙\x85丙\x0b丁,x\n", [(2, ["KH1", "甲\u2028乙\x85丙\x0b丁", "x"])]),
    ],
)
def test_cells(file, body, expected):
    assert [(row.number, row.cells) for row in reading_here.rows(file(HEADING + body))] == expected


def test_lone_carriage_returns_as_line_ends(file):
    path = file((HEADING + "KH1,甲,x\nKH2,乙,y\n").replace("\n", "\r"))
    assert [(row.number, row.cells[1]) for row in reading_here.rows(path)] == [(2, "甲"), (3, "乙")]


def test_lone_carriage_return_inside_a_line_is_a_row_fault(file):
    first, second = reading_here.rows(file(HEADING + "KH1,甲\rKH3,丙,x\nKH2,乙,y\n"))
    assert [fault.code for fault in first.note.faults] == ["row.lone_cr", "row.ragged"]
    assert (second.number, second.cells, second.note) == (3, ["KH2", "乙", "y"], None)


def test_ragged_row_is_a_row_fault(file):
    first, second = reading_here.rows(file(HEADING + "KH1,甲,A座,5楼\nKH2,乙,y\n"))
    [fault] = first.note.faults
    assert (fault.code, fault.params) == ("row.ragged", {"found": 4, "expected": 3})
    assert second.note is None


def test_ragged_row_shows_what_stood_in_the_file(file):
    [row] = reading_here.rows(file(HEADING + "KH1,甲\x00,,5楼\n"))
    assert row.note.faults[0].raw == "KH1 | 甲␀ |  | 5楼"


def test_nul_is_a_cell_fault(file):
    [row] = reading_here.rows(file(HEADING + "KH1,甲\x00乙,x\n"))
    assert (row.cells[1].code, row.cells[1].params["position"], row.cells[2]) == ("cell.nul", 2, "x")


def test_too_long_cell_is_a_fault(file):
    fits, exceeds = reading_here.rows(file(HEADING + f"KH1,{'甲' * 32_767},x\nKH2,{'乙' * 32_768},y\n"))
    assert len(fits.cells[1]) == 32_767
    assert (exceeds.cells[1].code, exceeds.cells[1].params["length"]) == ("cell.too_long", 32_768)
    assert len(exceeds.cells[1].raw) == 200


def test_unclosed_quote_at_the_end_costs_one_row(file):
    rows = reading_here.rows(file(HEADING + 'KH1,甲,x\nKH2,"乙,y\nKH3,丙,z\nKH4,丁,w\n'))
    assert [(row.number, row.cells[0][:3]) for row in rows] == [(2, "KH1"), (3, "KH2"), (4, "KH3"), (5, "KH4")]
    [fault] = rows[1].note.faults
    assert (fault.code, fault.params) == ("row.unclosed_quote", {"first": 3, "last": 5})
    assert rows[2].note is None


def test_unclosed_quote_in_a_large_file_costs_one_row(file):
    lines = "".join(f"KH{place},客户{place},地址\n" for place in range(60_000))
    rows = reading_here.rows(file(HEADING + 'X1,"甲,x\n' + lines))
    assert len(rows) == 60_001
    assert rows[0].note.faults[0].code == "row.unclosed_quote"
    assert rows[-1].cells == ["KH59999", "客户59999", "地址"]


def test_quote_that_swallows_rows_is_reported(file):
    rows = reading_here.rows(file(HEADING + 'KH1,"甲,x\nKH2,乙,y\nKH3,丙","z"\nKH4,丁,w\n'))
    [fault] = rows[0].note.faults
    assert (fault.code, fault.params) == ("row.unclosed_quote", {"first": 2, "last": 4})
    assert (rows[-1].cells[0], rows[-1].note) == ("KH4", None)


def test_endless_bad_quotes_are_refused(file, monkeypatch):
    path = file(HEADING + ('a,"' + "x" * 1_100_000 + "\n") * 4)
    assert [row.note.faults[0].code for row in reading_here.rows(path)] == ["row.unclosed_quote"] * 4
    monkeypatch.setattr(csvfiles, "_MAX_BROKEN", 3)
    with pytest.raises(Refused) as refusal:
        reading_here.rows(path)
    assert refusal.value.code == "csv.quotes"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (bytes(range(256)) * 40, "csv.encoding"),
        (b"\0" * 5_000, "csv.encoding"),
        (b"a,b\n" + b"x" * (9 * BLOCK), "csv.line_too_long"),
        (
            codecs.BOM_UTF16_LE + "a,b\n".encode("utf-16-le") + "字".encode("utf-16-le") * (9 * BLOCK),
            "csv.line_too_long",
        ),
        (b"<html><table><tr><td>x</td></tr></table></html>", "file.html"),
        (b"PK\x05\x06" + b"\0" * 18, "file.archive"),
        (b"%PDF-1.7", "file.unsupported"),
        (b"\n\n \n", "sheet.empty"),
    ],
)
def test_refused(file, content, code):
    with pytest.raises(Refused) as refusal:
        reading_here.rows(file(content))
    assert refusal.value.code == code


def test_repeated_heading_and_total_are_noted(file):
    rows = reading_here.rows(file(HEADING + "KH1,甲,x\n" + HEADING + "合计,,2\n"))
    assert [(bool(row.note and row.note.is_heading), bool(row.note and row.note.is_total)) for row in rows] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip


def test_description(file):
    info = reading_here.description(file(SIMPLIFIED))
    [sheet] = info["sheets"]
    assert (info["kind"], info["encoding"], info["delimiter"], info["warnings"]) == ("csv", "utf-8", ",", [])
    assert (sheet["columns"], sheet["headings"][0], len(sheet["preview"])) == (3, (1,), 3)
    assert sheet["rows_estimate"] == 4
