"""Rows and strings that are lifted out by pattern read exactly as through the XML parser, wherever the pieces are cut."""

import random

import pytest

from imports.reading import zipsafety
from imports.reading.cells import Refused
from imports.reading.xlsxsheet import SheetReader
from imports.reading.xlsxstrings import SharedStrings
from tests.reading import reading_here
from tests.reading.corpus import number, row, shared, sheet_xml, strings_xml, styles_xml, text, xlsx

KINDS = [
    shared(0), shared(1), shared(2), shared(3), number(13_800_138_000), number("1.5"), number(51_000, 1), number(45_296, 2),
    number("1.1010119900307101E+17"), text("直接"), text("A&B"), text(""), '<c r="@"/>', '<c r="@" s="1"/>', '<c r="@" s="1"></c>',
    '<c r="@" t="b"><v>1</v></c>', '<c r="@" t="e"><v>#N/A</v></c>', '<c r="@"><f>1+1</f><v>2</v></c>', '<c r="@"><f>1</f></c>',
    '<c r="@" t="str"><v>文_x000A_本</v></c>', "<c r='@'><v>7</v></c>", '<c t="n" r="@"><v>7</v></c>', '<c r="@"> <v>8</v> </c>',
    '<c r="@" t="inlineStr"><is><r><t>富</t></r><r><t>文</t></r></is></c>', '<c r="@" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
    '<c r="@" t="d"><v>2024-01-05</v></c>', '<!-- <c r="@"><v>9</v></c> -->',
]  # fmt: skip
STRINGS = strings_xml(
    "上海恒源", "<r><t>富</t></r><r><t>文本</t></r>", "A&B", "带_x000D_码", *[f"客户{place}" for place in range(500)]
)
STYLES = styles_xml("000000", 14)
REGULAR = [shared(0), shared(90), number(7), number(51_000, 1), text("直接"), '<c r="@"/>']


def _both_ways(path, monkeypatch, chunk):
    monkeypatch.setattr(zipsafety, "CHUNK", chunk)
    answers = []
    for lift in (True, False):
        monkeypatch.setattr(SheetReader, "lift", lift)
        if not lift:
            monkeypatch.setattr(SharedStrings, "_take_regular", lambda *_given: False)
        answers.append(reading_here.rows(path, heading_row=()))
    monkeypatch.undo()
    return answers


@pytest.mark.parametrize("seed", range(12))
def test_same_rows_either_way(tmp_path, monkeypatch, seed):
    chosen = random.Random(seed)
    rows, at = [], 0
    for _place in range(150):
        at += chosen.choice((1, 1, 1, 2))
        kinds = REGULAR if chosen.random() < 0.7 else KINDS
        more = chosen.choice(("", "", ' spans="1:6"', ' hidden="1"', ' ht="15" customHeight="1"'))
        rows.append(row(at, *chosen.choices(kinds, k=chosen.randrange(1, 8)), more=more))
        rows.append(
            chosen.choice(("", "", "", f'<row r="{at + 1}" spans="1:1"/>' if chosen.random() < 0.1 else "", "\n"))
        )
        at += rows[-1].startswith("<row")
    path = xlsx(tmp_path / "a.xlsx", sheet_xml("".join(rows)), strings=STRINGS, styles=STYLES)
    lifted, parsed = _both_ways(path, monkeypatch, chunk=chosen.choice((300, 900, 4000)))
    assert lifted == parsed
    assert len(parsed) > 100


def test_regular_rows_are_lifted(tmp_path, monkeypatch):
    """Without this the comparison above could pass because nothing is ever lifted."""
    taken = []
    lifted = SheetReader._lifted
    monkeypatch.setattr(SheetReader, "_lifted", lambda *given: taken.append(lifted(*given)) or taken[-1])
    rows = "".join(row(place, *REGULAR) for place in range(1, 400))
    monkeypatch.setattr(zipsafety, "CHUNK", 1000)
    reading_here.rows(xlsx(tmp_path / "a.xlsx", sheet_xml(rows), strings=STRINGS, styles=STYLES))
    assert taken.count(True) > 350


def test_rows_inside_a_comment_are_no_rows(tmp_path, monkeypatch):
    first = "".join(row(place, number(place)) for place in range(1, 50))
    hidden = "<!--" + "".join(row(place, number(place)) for place in range(50, 60)) + "-->"
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(first + hidden + row(99, number(99))))
    for answer in _both_ways(path, monkeypatch, chunk=400):
        assert [found.number for found in answer] == [*range(1, 50), 99]


def test_row_without_a_number_counts_on_from_blank_rows(tmp_path, monkeypatch):
    first = "".join(row(place, number(place)) for place in range(1, 30))
    blank = "".join(row(place, '<c r="@" s="1"/>') for place in range(30, 60))
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(first + blank + "<row><c><v>60</v></c></row>" + row(99, number(99))))
    for answer in _both_ways(path, monkeypatch, chunk=1000):
        assert [found.number for found in answer] == [*range(1, 30), 60, 99]


def test_strings_inside_a_comment_are_no_strings(tmp_path, monkeypatch):
    strings = strings_xml(*[f"客户{place}" for place in range(60)])
    hidden = "<!--" + "".join(f"<si><t>假{place}</t></si>" for place in range(30)) + "-->"
    strings = strings.replace("<si><t>客户40<", hidden + "<si><t>客户40<")
    rows = "".join(row(place + 1, shared(place)) for place in range(60))
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(rows), strings=strings)
    for answer in _both_ways(path, monkeypatch, chunk=200):
        assert [found.cells[0] for found in answer] == [f"客户{place}" for place in range(60)]


@pytest.mark.parametrize(
    "bad",
    [
        '<row r="30"><c r="A30"><v>1</v></c><c r="A30"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="30"><c r="A30" t="s"><v>9999</v></c></row>',
        '<row r="30"><c r="A30"><v>1</v></row>',
        '<row r="30"><c r="A30"><v>\x01</v></c></row>',
        '<row r="30"><c r="A30"><v>1</v></c></row></sheetData><sheetData',
    ],
)
@pytest.mark.parametrize("lift", [True, False])
def test_contradictions_are_refused_either_way(tmp_path, monkeypatch, bad, lift):
    monkeypatch.setattr(zipsafety, "CHUNK", 200)
    monkeypatch.setattr(SheetReader, "lift", lift)
    rows = "".join(row(place, number(place)) for place in range(1, 30))
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(rows + bad), strings=STRINGS)
    with pytest.raises(Refused) as refusal:
        reading_here.rows(path, heading_row=())
    assert refusal.value.code == "file.damaged"
