"""What reading files costs: rows per second, processor time of child and parent, and the memory of both.

    python -m benchmarks.reading [--rows 100000] [--formats csv,gbk,xlsx] [--out figures.json]

Twelve columns as a customer list has them, ten of them text, seven million different texts in a million rows. The files are
made first and thrown away; each is then measured in a process of its own. Imports of what was read are ``engine``'s business.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEADINGS = (
    "客户编号",
    "客户名称",
    "统一社会信用代码",
    "成立日期",
    "注册资本",
    "省",
    "市",
    "地址",
    "手机",
    "邮箱",
    "联系人",
    "信用额度",
)
_PLACES = (("上海", "浦东新区"), ("江苏", "苏州"), ("浙江", "杭州"), ("广东", "深圳"), ("四川", "成都"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", default="csv,gbk,xlsx")
    parser.add_argument("--out", default="")
    parser.add_argument("--measure", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return 0
    figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-reading-") as folder:
        for form in options.formats.split(","):
            path = make(form, Path(folder), options.rows)
            command = [sys.executable, "-m", "benchmarks.reading", "--measure", str(path)]
            found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            figures[form] = json.loads(found)
            print(f"{form:6}" + "".join(f"  {name} {value:,}" for name, value in figures[form].items()), flush=True)
            path.unlink()
    if options.out:
        Path(options.out).write_text(json.dumps({"rows": options.rows, "reading": figures}, indent=1))
    return 0


def measure(path: str) -> dict[str, float]:
    """Inspect and read the file; times in seconds, memory in MB (peak resident size)."""
    from imports.reading import inspect, read

    began = time.perf_counter()
    info = inspect(path)
    inspected = time.perf_counter() - began
    # Of all children the largest peak is known; the one that inspects is never larger than the one that reads.
    before, own = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
    began = time.perf_counter()
    rows = sum(len(batch) for batch in read(path, encoding=info.encoding, delimiter=info.delimiter))
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    parent = time.process_time() - own
    return {
        "file_mb": round(Path(path).stat().st_size / 1_000_000, 1),
        "rows": rows,
        "inspect_s": round(inspected, 2),
        "wall_s": round(wall, 2),
        "rows_per_s": round(rows / wall),
        "child_cpu_s": round(child, 2),
        "parent_cpu_s": round(parent, 2),
        "child_rss_mb": round(after.ru_maxrss / 1024),
        "parent_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def customers(count: int) -> Iterator[tuple[str | int | float, ...]]:
    """Rows as long and as different as those of a real list."""
    for place in range(count):
        province, city = _PLACES[place % 5]
        yield (
            f"KH{place:07}",
            f"{province}恒源华信{place}号机械设备有限公司",
            f"91310000MA{place:08}",
            f"20{place % 20:02}-{place % 12 + 1:02}-{place % 28 + 1:02}",
            f"{place % 5000}(万元人民币)",
            province,
            city,
            f"{province}{city}张江高科技园区科苑路{place % 9999}号{place % 30}幢{place}室",
            13_000_000_000 + place,
            f"user{place}@example.com",
            f"王{place}",
            place % 100_000 + 0.25,
        )


def make(form: str, folder: Path, rows: int) -> Path:
    """Write the file of one form and return its path."""
    if form == "xlsx":
        return _make_xlsx(folder, rows)
    path = folder / f"{form}.csv"
    with path.open("w", encoding="gbk" if form == "gbk" else "utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(customers(rows))
    return path


def _make_xlsx(folder: Path, rows: int) -> Path:
    """Write a workbook with shared strings, as Excel does, without ever holding it in memory."""
    path, texts = folder / "a.xlsx", folder / "strings.xml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        with (
            archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
            texts.open("w", encoding="utf-8") as strings,
        ):
            _write_sheet(sheet, strings, rows)
        archive.write(texts, "xl/sharedStrings.xml")
        types = "http://schemas.openxmlformats.org/package/2006/content-types"
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{types}"/>')
        archive.writestr("_rels/.rels", _relations(("officeDocument", "xl/workbook.xml")))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="客户" sheetId="1" r:id="r0"/></sheets></workbook>',
        )
        parts = (("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(*parts))
    texts.unlink()
    return path


def _write_sheet(sheet, strings, rows: int) -> None:
    places: dict[str, int] = {}
    count = 0

    def cell(reference: str, value: str | float) -> str:
        nonlocal count
        if not isinstance(value, str):
            return f'<c r="{reference}"><v>{value}</v></c>'
        at = places.get(value)
        if at is None:
            at, count = count, count + 1
            if len(places) < 50_000:
                places[value] = at
            strings.write(f"<si><t>{escape(value)}</t></si>")
        return f'<c r="{reference}" t="s"><v>{at}</v></c>'

    strings.write(f'<sst xmlns="{MAIN}">')
    sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
    for number, values in enumerate(chain([HEADINGS], customers(rows)), 1):
        sheet.write(_row(number, values, cell))
    sheet.write(b"</sheetData></worksheet>")
    strings.write("</sst>")


def _row(number: int, values, cell) -> bytes:
    cells = "".join(cell(f"{chr(65 + column)}{number}", value) for column, value in enumerate(values))
    return f'<row r="{number}" spans="1:12">{cells}</row>'.encode()


def _relations(*relations: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="r{place}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(relations)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


if __name__ == "__main__":
    sys.exit(main())
