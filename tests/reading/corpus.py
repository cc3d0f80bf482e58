"""Files of every sort that the reader must answer for, made from code: nothing here is copied from anywhere.

Lives here: the plain writers of xlsx (part by part, so that any oddity can be written) and text. The old .xls stands in
``biff``, files that mean harm in ``hostile``.
"""

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def sheet_xml(rows: str, after: str = "", before: str = "") -> str:
    """Wrap the XML of rows into a worksheet; ``before`` and ``after`` stand around the sheet data."""
    return f'{DECLARATION}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def row(number: int, *cells: str, more: str = "") -> str:
    """Write a row; each cell is XML with ``@`` in quotes where its reference belongs."""
    written = [re.sub(r"""(?<= r=["'])@""", f"{chr(65 + place)}{number}", cell) for place, cell in enumerate(cells)]
    return f'<row r="{number}"{more}>{"".join(written)}</row>'


def text(value: str) -> str:
    """A cell with its text inside."""
    return f'<c r="@" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(value: object, style: int = 0) -> str:
    """A cell with a number under a style."""
    return f'<c r="@" s="{style}"><v>{value}</v></c>'


def shared(index: int) -> str:
    """A cell that points to a shared string."""
    return f'<c r="@" t="s"><v>{index}</v></c>'


def strings_xml(*texts: str) -> str:
    """The table of shared strings; a text that begins with ``<`` is taken as XML."""
    items = "".join(f"<si>{each if each.startswith('<') else f'<t>{escape(each)}</t>'}</si>" for each in texts)
    return f'{DECLARATION}<sst xmlns="{MAIN}">{items}</sst>'


def styles_xml(*formats: int | str) -> str:
    """Styles 1, 2, … with these built-in or written-out number formats; style 0 is General."""
    codes, styles = [], ['<xf numFmtId="0"/>']
    for place, each in enumerate(formats):
        if isinstance(each, str):
            codes.append(f'<numFmt numFmtId="{164 + place}" formatCode="{escape(each, {chr(34): "&quot;"})}"/>')
        styles.append(f'<xf numFmtId="{each if isinstance(each, int) else 164 + place}" applyNumberFormat="1"/>')
    return (
        f'{DECLARATION}<styleSheet xmlns="{MAIN}"><numFmts>{"".join(codes)}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{"".join(styles)}</cellXfs></styleSheet>'
    )


def xlsx(
    path: Path,
    sheets: str | dict[str, str],
    *,
    strings: str | None = None,
    styles: str | None = None,
    workbook: str = "",
    states: dict[str, str] | None = None,
    parts: dict[str, str | bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a workbook; ``workbook`` is XML inside its workbook part, ``parts`` are further files in the container."""
    sheets = {"Sheet1": sheets} if isinstance(sheets, str) else sheets
    listed, relations = [], []
    written: dict[str, str | bytes] = {}
    for place, (name, xml) in enumerate(sheets.items(), 1):
        state = f' state="{states[name]}"' if states and name in states else ""
        listed.append(f'<sheet name="{escape(name)}" sheetId="{place}"{state} r:id="rId{place}"/>')
        relations.append((f"rId{place}", "worksheet", f"worksheets/sheet{place}.xml"))
        written[f"xl/worksheets/sheet{place}.xml"] = xml
    for part, kind, xml in (("sharedStrings", "sharedStrings", strings), ("styles", "styles", styles)):
        if xml:
            relations.append((part, kind, f"{part}.xml"))
            written[f"xl/{part}.xml"] = xml
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{workbook}<sheets>{"".join(listed)}</sheets></workbook>'
    if "<calcPr" in workbook:
        book = book.replace(workbook, "").replace("</workbook>", f"{workbook}</workbook>")
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        archive.writestr("_rels/.rels", relations_xml(("rId1", "officeDocument", "xl/workbook.xml")))
        archive.writestr("xl/workbook.xml", DECLARATION + book)
        archive.writestr("xl/_rels/workbook.xml.rels", relations_xml(*relations))
        for name, content in {**written, **(parts or {})}.items():
            archive.writestr(name, content)
    return path


def relations_xml(*relations: tuple[str, str, str]) -> str:
    """Relations as ``(id, kind, target)``."""
    listed = "".join(
        f'<Relationship Id="{each}" Type="{RELATIONS}/{kind}" Target="{target}"/>' for each, kind, target in relations
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def table(path: Path, rows: list[list[str]]) -> Path:
    """A workbook of plain texts, one sheet, first row 1."""
    return xlsx(path, sheet_xml("".join(row(place, *map(text, cells)) for place, cells in enumerate(rows, 1))))


def written(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file with exactly this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path
