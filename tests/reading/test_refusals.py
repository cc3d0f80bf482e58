"""Broken, locked, disguised and hostile files: a clear answer in time, given by the child, and the parent lives on."""

import resource

import pytest

from imports.reading import UnreadableFile, inspect, read, zipsafety
from imports.reading.cells import Refused
from tests.reading import hostile
from tests.reading.corpus import row, sheet_xml, styles_xml, text, xlsx


def _child_seconds() -> float:
    """Processor time of all children so far: unlike the clock on the wall it says nothing about the neighbours."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("case", hostile.REFUSED)
def test_refused_with_a_clear_message(tmp_path, case):
    make, name, code = hostile.REFUSED[case]
    path = make(tmp_path / name)
    began = _child_seconds()
    with pytest.raises(UnreadableFile) as refusal:
        for _batch in read(path):
            pass
    assert _child_seconds() - began < 10
    assert refusal.value.code == code
    assert refusal.value.message and refusal.value.remedy


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("empty", "不是有效的 Excel 文件"),
        ("random bytes", "不是有效的 Excel 文件"),
        ("csv renamed", "不是有效的 Excel 文件"),
        ("page as xls", "不是有效的 Excel 文件"),
        ("truncated", "不是有效的 Excel 文件"),
        ("password", "文件已加密，请去除密码后再上传"),
    ],
)
def test_inspect_says_the_same(tmp_path, case, message):
    make, name, _code = hostile.REFUSED[case]
    with pytest.raises(UnreadableFile) as refusal:
        inspect(make(tmp_path / name))
    assert refusal.value.message.startswith(message)


def test_missing_file(tmp_path):
    with pytest.raises(UnreadableFile) as refusal:
        inspect(tmp_path / "nowhere.xlsx")
    assert refusal.value.code == "file.missing"


def test_many_parts_are_refused_before_the_directory_is_read(tmp_path, monkeypatch):
    path = hostile.many_entries(tmp_path / "a.xlsx")
    monkeypatch.setattr(zipsafety.zipfile, "ZipFile", None)
    with pytest.raises(Refused) as refusal:
        zipsafety.open_archive(str(path))
    assert refusal.value.code == "zip.entries"


def test_parts_that_are_too_large_together(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(""), parts={f"xl/{place}.xml": b" " * 300_000 for place in range(4)})
    zipsafety.open_archive(str(path)).close()
    monkeypatch.setattr(zipsafety, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(Refused) as refusal:
        zipsafety.open_archive(str(path))
    assert refusal.value.code == "zip.unpacked"


def test_file_that_is_too_large(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(""))
    monkeypatch.setattr(zipsafety, "MAX_FILE", 100)
    with pytest.raises(Refused) as refusal:
        zipsafety.open_archive(str(path))
    assert refusal.value.code == "file.too_big"


def test_many_blank_formatted_rows_are_read_in_time(tmp_path):
    cells = "".join(f'<c r="{letter}%s" s="1"/>' for letter in "ABCDEFGH")
    blank = "".join(f'<row r="{place}">{cells.replace("%s", str(place))}</row>' for place in range(3, 60_000))
    sheet = sheet_xml(row(1, text("编号"), text("名称")) + row(2, text("K1"), text("甲")) + blank)
    path = xlsx(tmp_path / "a.xlsx", sheet, styles=styles_xml("000000"))
    began = _child_seconds()
    assert [found.number for batch in read(path) for found in batch] == [2]
    assert _child_seconds() - began < 10


def test_bombs_never_reach_the_parents_memory(tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = hostile.bomb(tmp_path / "a.xlsx")
    with pytest.raises(UnreadableFile):
        inspect(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
