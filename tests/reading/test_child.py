"""The child process: what it may do, what of it reaches the parent, and what becomes of it when somebody stops."""

import io
import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from zipfile import ZIP_STORED

import pytest

from imports import reading
from imports.reading import CellFault, Row, RowNote, UnreadableFile, inspect, process, read, wire
from tests.reading.corpus import number, row, shared, sheet_xml, strings_xml, styles_xml, text, written, xlsx

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def customers(tmp_path):
    """A workbook with one of every kind of cell."""
    sheet = sheet_xml(
        row(1, *map(text, ("编号", "名称", "金额", "日期", "时刻", "有效", "证件号")))
        + row(2, text("KH1"), text("甲"), number("1.5"), number(45_296, 1), number("45296.5", 2), '<c r="@" t="b"><v>1</v></c>',
              number("110101199003071234"))
        + row(3, text("合计"), text(""), number(7), more=' hidden="1"')
    )  # fmt: skip
    return xlsx(tmp_path / "客户.xlsx", sheet, styles=styles_xml(14, "yyyy-mm-dd hh:mm"))


@pytest.fixture
def large(tmp_path):
    """A text file of forty thousand rows, more than the pipe holds."""
    return written(tmp_path / "a.csv", "编号,名称\n" + "".join(f"KH{place},客户{place}\n" for place in range(40_000)))


def test_every_kind_of_cell_survives_the_pipe(customers):
    [[first, second]] = list(read(customers))
    assert first.number == 2
    assert first.cells[:6] == ["KH1", "甲", 1.5, date(2024, 1, 5), datetime(2024, 1, 5, 12), True]
    assert first.cells[6] == CellFault("cell.number_truncated", "110101199003071234")
    assert first.note is None
    assert second.cells == ["合计", None, 7, None, None, None, None]
    assert second.note == RowNote(is_total=True, is_hidden=True)


def test_inspect(customers):
    info = inspect(customers)
    [sheet] = info.sheets
    assert (info.kind, info.encoding, info.warnings) == ("xlsx", None, ())
    assert (sheet.name, sheet.hidden, sheet.rows_estimate, sheet.columns, sheet.hidden_rows) == (
        "Sheet1",
        False,
        3,
        7,
        1,
    )
    assert sheet.heading_row == (1,)
    assert sheet.headings.labels[:2] == ("编号", "名称")
    assert [found.number for found in sheet.preview] == [1, 2, 3]


def test_warnings_have_words(tmp_path):
    info = inspect(written(tmp_path / "a.csv", "编号,名称\n1,甲\n".encode() * 9 + "2,乙公司\n".encode("gbk") * 9))
    [warning] = info.warnings
    assert "utf-8" in warning.message and warning.remedy


def test_headings(tmp_path):
    path = written(tmp_path / "a.csv", "编号,电话,电话\n1,2,3\n")
    assert reading.headings(path).duplicates == {"电话": (1, 2)}
    assert reading.headings(path, heading_row=2).labels == ("1", "2", "3")


def test_name_of_the_upload_counts_not_that_of_the_temporary_file(tmp_path):
    path = written(tmp_path / "upload.tmp", "编号,名称\n1,甲\n")
    assert inspect(path).kind == "csv"
    with pytest.raises(UnreadableFile) as refusal:
        inspect(path, filename="客户.xlsx")
    assert refusal.value.code == "file.not_excel"


def test_batches(large):
    sizes = [len(batch) for batch in read(large, batch_size=15_000)]
    assert sizes == [15_000, 15_000, 10_000]


def test_batches_of_heavy_rows_are_smaller(tmp_path):
    path = written(tmp_path / "a.csv", "编号,备注\n" + f"KH1,{'字' * 30_000}\n" * 100)
    sizes = [len(batch) for batch in read(path)]
    assert sum(sizes) == 100
    assert max(sizes) < 80


def _children(parent: int) -> set[int]:
    """Return the processes that read files for ``parent``, as /proc lists them."""
    return {int(each.name) for each in Path("/proc").glob("[0-9]*") if _reads_for(each, parent)}


def _reads_for(entry: Path, parent: int) -> bool:
    try:
        above = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        return above == parent and b"imports.reading.child" in (entry / "cmdline").read_bytes()
    except (OSError, ValueError):  # it has ended meanwhile
        return False


def _alive(child: int) -> bool:
    try:
        return b"imports.reading.child" in Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:
        return False


def test_closing_the_iterator_ends_the_child(large):
    batches = read(large)
    next(batches)
    [child] = _children(os.getpid())
    batches.close()
    assert not _alive(child)


def test_killed_child_is_an_error_of_the_file(large):
    batches = read(large)
    next(batches)
    [child] = _children(os.getpid())
    os.kill(child, signal.SIGKILL)
    with pytest.raises(UnreadableFile) as refusal:
        for _batch in batches:
            pass
    assert refusal.value.code == "child.memory"


def test_child_ends_when_its_parent_is_killed(large):
    script = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT)!r})
from imports.reading.process import read
batches = read({str(large)!r}, batch_size=10)
next(batches)
print("reading", flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert parent.stdout.readline() == b"reading\n"
        [child] = _children(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def test_too_much_memory_is_an_error_of_the_file(tmp_path, monkeypatch):
    strings = strings_xml(*["客户" * 100 + str(place) for place in range(60_000)])
    path = xlsx(tmp_path / "a.xlsx", sheet_xml(row(1, shared(59_999))), strings=strings, compression=ZIP_STORED)
    assert inspect(path).sheets[0].columns == 1
    monkeypatch.setattr(process, "limits", lambda _path: {"memory": 40 * 1024 * 1024, "seconds": 20})
    with pytest.raises(UnreadableFile) as refusal:
        inspect(path)
    assert refusal.value.code == "child.memory"
    assert refusal.value.remedy


def test_too_much_time_is_an_error_of_the_file(tmp_path, monkeypatch):
    path = written(tmp_path / "a.csv", "编号,名称\n" + "1,甲乙丙丁戊己庚辛\n" * 500_000)
    monkeypatch.setattr(process, "limits", lambda _path: {"memory": 400 * 1024 * 1024, "seconds": 1})
    with pytest.raises(UnreadableFile) as refusal:
        for _batch in read(path, batch_size=50_000):
            pass
    assert refusal.value.code == "child.time"


def test_limits_grow_with_the_file_to_a_bound(tmp_path):
    small = process.limits(str(written(tmp_path / "a.csv", "x")))
    packed = written(tmp_path / "a.xlsx", b"PK")
    os.truncate(packed, 50 * 1024 * 1024)
    huge = written(tmp_path / "b.xlsx", b"PK")
    os.truncate(huge, 5_000 * 1024 * 1024)
    assert small["memory"] < process.limits(str(packed))["memory"] <= 1024 * 1024 * 1024
    assert process.limits(str(huge)) == {"memory": process._MEMORY_MOST, "seconds": 900}


def test_child_gets_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "canary")
    seen = {}
    start = subprocess.Popen
    monkeypatch.setattr(process.subprocess, "Popen", lambda *given, **more: seen.update(more) or start(*given, **more))
    inspect(written(tmp_path / "a.csv", "编号,名称\n1,甲\n"))
    assert seen["env"] and "canary" not in seen["env"].values()


def test_child_starts_without_django():
    code = (
        "import sys, imports.reading.child, imports.reading.books, imports.reading.xlsxfiles, imports.reading.csvfiles;"
    )
    code += "sys.exit(any(name.split('.')[0] in ('django', 'erp_site') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def _impostor(monkeypatch, code: str) -> None:
    """Let ``code`` run in the child's place."""
    start = subprocess.Popen
    monkeypatch.setattr(process.subprocess, "Popen", lambda _given, **more: start([sys.executable, "-c", code], **more))


def test_busy_child_is_not_waited_for(tmp_path, monkeypatch):
    code = "import sys, time; sys.stdin.read(); sys.stdout.buffer.write(b'R\\0\\0\\0\\x0e[[2,[1],null]]'); sys.stdout.flush()"
    _impostor(monkeypatch, code + "; time.sleep(60)")
    batches = read(written(tmp_path / "a.csv", "编号\n1\n"))
    assert next(batches) == [Row(2, [1], None)]
    began = time.monotonic()
    batches.close()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "frame",
    [
        b"R\xff\xff\xff\xff",
        b"R\x00\x00\x00\x05[[1,2",
        b"R\x00\x00\x00\x05hello",
        b"R\x00\x00\x00\x03[7]",
        b'E\x00\x00\x00\x0a["nope",1]',
        b"I\x00\x00\x00\x02[]",
        b"Z\x00",
        b"",
    ],
)
def test_nonsense_from_the_child_never_harms_the_parent(tmp_path, monkeypatch, frame):
    path = written(tmp_path / "a.csv", "编号,名称\n1,甲\n")
    _impostor(monkeypatch, f"import sys; sys.stdin.read(); sys.stdout.buffer.write({frame!r})")
    with pytest.raises(UnreadableFile) as refusal:
        list(read(path))
    assert refusal.value.code == "child.crashed"


def test_frames_carry_only_known_types():
    with pytest.raises(TypeError):
        wire.send(io.BytesIO(), wire.ROWS, [object()])
