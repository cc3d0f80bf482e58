"""Whatever text a program writes into a file, in whatever encoding, comes out as it went in."""

import csv
import io
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import reading_here
from tests.reading.corpus import row, sheet_xml, strings_xml, text, written, xlsx

#: Any character but those that a file cannot hold, or that are reported and not read.
CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00\ufffd", codec="gb18030").filter(
    lambda char: not "\ue000" <= char <= "\uf8ff" and not ord(char) >= 0xF0000
)
CELLS = st.text(st.one_of(CHARACTERS, st.sampled_from('",;\t|，\n =客户名称')), max_size=12)
XML_CELLS = st.text(CHARACTERS.filter(lambda char: char in "\t\n" or char >= " "), max_size=12).filter(
    lambda cell: "\ufffe" not in cell and "\uffff" not in cell and "_x" not in cell
)


def _read_back(cell: str) -> str | None:
    return cell or None


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16-le", "utf-16-be"]),
    delimiter=st.sampled_from(",;\t|，"),
)
def test_text_file(tmp_path_factory, rows, encoding, delimiter):
    rows = [["编号", *cells, "终"] for cells in rows if not any(cell.startswith('="') for cell in cells)]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", buffer.getvalue(), encoding)
    found = reading_here.rows(path, heading_row=(), encoding=encoding, delimiter=delimiter) if rows else []
    assert [each.cells for each in found] == [[_read_back(cell) for cell in cells] for cells in rows]
    assert [each.number for each in found] == list(range(1, len(rows) + 1))


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(XML_CELLS, min_size=1, max_size=8))
def test_workbook(tmp_path_factory, cells):
    pointers = [f'<c r="@" t="s"><v>{place}</v></c>' for place in range(len(cells))]
    sheet = sheet_xml(row(1, text("起"), *map(text, cells), text("终")) + row(2, text("起"), *pointers, text("终")))
    preserved = [f'<t xml:space="preserve">{escape(cell)}</t>' for cell in cells]
    path = xlsx(tmp_path_factory.mktemp("xlsx") / "a.xlsx", sheet, strings=strings_xml(*preserved))
    expected = ["起", *map(_read_back, cells), "终"]
    assert reading_here.cells(path) == [expected, expected]
