"""Files that are broken, locked, disguised or mean harm, each made from code by the name of its case."""

import io
import os
import random
import zipfile
import zlib
from pathlib import Path

from msoffcrypto.format.ooxml import OOXMLFile

from tests.reading import biff
from tests.reading.corpus import DECLARATION, MAIN, number, row, sheet_xml, strings_xml, table, text, written, xlsx

MEGABYTE = 1024 * 1024
ROWS = [["客户编号", "客户名称"], ["KH1", "上海恒源机械有限公司"]]
ENTITIES = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
LAUGHS = f'{DECLARATION}<!DOCTYPE worksheet [<!ENTITY e0 "哈">{ENTITIES}]>'
OUTSIDE = f'{DECLARATION}<!DOCTYPE worksheet [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
SHEET = '<worksheet xmlns="{0}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&{1};</t></is></c></row></sheetData></worksheet>'


def encrypted(path: Path) -> Path:
    """A workbook under a password, as Excel locks it."""
    plain = table(path.with_suffix(".plain"), ROWS)
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("password", target)
    return path


def cut(path: Path, share: float = 0.7) -> Path:
    """A workbook whose upload broke off."""
    whole = table(
        path, [ROWS[0], *([f"KH{place}", f"客户{random.Random(place).random()}"] for place in range(500))]
    ).read_bytes()
    return written(path, whole[: int(len(whole) * share)])


def flipped(path: Path) -> Path:
    """A workbook with one wrong byte in its sheet, which only its checksum tells."""
    sheet = sheet_xml(row(1, text("客户")) + row(2, number(13_800_138_000)))
    raw = bytearray(xlsx(path, sheet, compression=zipfile.ZIP_STORED).read_bytes())
    raw[raw.index(b"13800138000") + 3] ^= 1
    return written(path, bytes(raw))


def zip_of(path: Path, entries: dict[str, bytes]) -> Path:
    """A plain zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def bomb(path: Path, megabytes: int = 2_100) -> Path:
    """A small workbook whose sheet unpacks to ``megabytes``: one compressed megabyte, repeated in the deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    data = block * megabytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return _with_raw_sheet(path, data, megabytes * MEGABYTE)


def liar(path: Path) -> Path:
    """A workbook whose sheet unpacks to 60 MB while its directory admits to one kilobyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = sheet_xml(row(1, text("客户")))[:-30].encode()
    data = packer.compress(head + b" " * (60 * MEGABYTE)) + packer.flush()
    return _with_raw_sheet(path, data, 1024)


def _with_raw_sheet(path: Path, data: bytes, declared: int) -> Path:
    """Write a workbook and put ready-made compressed data, with a declared size, in the place of its sheet."""
    marker = b"<marker/>" * 20
    xlsx(path, {"Sheet1": marker}, compression=zipfile.ZIP_STORED)
    with zipfile.ZipFile(path) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    body, directory = io.BytesIO(), b""
    for name, content in entries:
        sheet = content == marker
        method, packed, size = (8, data, declared) if sheet else (0, content, len(content))
        crc = 0 if sheet else zlib.crc32(content)
        fixed = b"\x14\0\0\0" + method.to_bytes(2, "little") + b"\0\0\x21\0" + crc.to_bytes(4, "little")
        fixed += (
            len(packed).to_bytes(4, "little") + size.to_bytes(4, "little") + len(name).to_bytes(2, "little") + b"\0\0"
        )
        directory += b"PK\1\2\x14\0" + fixed + bytes(10) + body.tell().to_bytes(4, "little") + name.encode()
        body.write(b"PK\3\4" + fixed + name.encode() + packed)
    end = b"PK\5\6" + bytes(4) + len(entries).to_bytes(2, "little") * 2
    end += len(directory).to_bytes(4, "little") + body.tell().to_bytes(4, "little") + b"\0\0"
    return written(path, body.getvalue() + directory + end)


def many_entries(path: Path, count: int = 2_100) -> Path:
    """A workbook with more parts than any spreadsheet has."""
    return xlsx(path, sheet_xml(row(1, text("客户"))), parts={f"p/{place}": b"" for place in range(count)})


def twice_named(path: Path) -> Path:
    """A container that holds its sheet twice, so that two programs may see two truths."""
    xlsx(path, sheet_xml(row(1, text("客户"))))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("XL/worksheets/SHEET1.xml", sheet_xml(row(1, text("别的"))))
    return path


def locked_entry(path: Path) -> Path:
    """A container with an encrypted part."""
    raw = bytearray(table(path, ROWS).read_bytes())
    at = raw.index(b"PK\1\2")
    raw[at + 8] |= 1
    return written(path, bytes(raw))


def endless_tag(path: Path) -> Path:
    """A sheet with one attribute of twenty megabytes, over which a parser would go again and again."""
    sheet = sheet_xml("").replace("<sheetData>", f'<sheetData x="{"x" * 20 * MEGABYTE}">')
    return xlsx(path, sheet, compression=zipfile.ZIP_STORED)


#: name -> (maker, file name, code of the refusal)
REFUSED = {
    "empty": (lambda path: written(path, b""), "a.xlsx", "file.empty"),
    "random bytes": (lambda path: written(path, random.Random(7).randbytes(20_000)), "a.xlsx", "file.not_excel"),
    "random bytes as zip": (lambda path: written(path, b"PK\3\4" + random.Random(7).randbytes(9_000)), "a.xlsx", "file.damaged"),
    "csv renamed": (lambda path: written(path, "客户编号,客户名称\nKH1,甲\n"), "a.xlsx", "file.not_excel"),
    "page as xls": (lambda path: written(path, "\r\n<html><table><tr><td>客户</td></tr></table>"), "a.xls", "file.html"),
    "page in UTF-16": (lambda path: written(path, "\ufeff<table><tr><td>客户</td>", "utf-16-le"), "a.xls", "file.html"),
    "2003 XML as xls": (lambda path: written(path, '<?xml version="1.0"?><Workbook/>'), "a.xls", "file.xml"),
    "truncated": (cut, "a.xlsx", "file.damaged"),
    "wrong byte": (flipped, "a.xlsx", "file.damaged"),
    "truncated xls": (lambda path: written(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99), "a.xls", "file.damaged"),
    "password": (encrypted, "a.xlsx", "file.encrypted"),
    "password of the container": (locked_entry, "a.xlsx", "file.encrypted"),
    "corner cell": (
        lambda path: xlsx(path, sheet_xml(row(1, number(1)) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "a.xlsx", "sheet.too_wide",
    ),
    "corner cell of xls": (
        lambda path: biff.xls(path, {"a": biff.label(0, 0, 0) + biff.number(65_535, 255, 1)}, ["x"]), "a.xls", "child.memory",
    ),
    "2 GB bomb": (bomb, "a.xlsx", "zip.ratio"),
    "lying directory": (liar, "a.xlsx", "file.damaged"),
    "many parts": (many_entries, "a.xlsx", "zip.entries"),
    "same part twice": (twice_named, "a.xlsx", "zip.names"),
    "path out of the container": (
        lambda path: xlsx(path, sheet_xml(""), parts={"xl/../../etc/passwd": b"x"}), "a.xlsx", "zip.names",
    ),
    "zip in a zip": (lambda path: zip_of(path, {"inner.zip": os.urandom(100)}), "a.xlsx", "file.archive"),
    "Word file": (
        lambda path: zip_of(path, {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}), "a.xlsx", "file.unsupported",
    ),
    "OpenDocument": (
        lambda path: zip_of(path, {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "a.ods", "file.unsupported",
    ),
    "xlsb": (
        lambda path: zip_of(path, {"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"}), "a.xlsb", "file.unsupported",
    ),
    "billion laughs": (lambda path: xlsx(path, LAUGHS + SHEET.format(MAIN, "e9")), "a.xlsx", "xml.doctype"),
    "laughs in the strings": (
        lambda path: xlsx(path, sheet_xml(row(1, '<c r="@" t="s"><v>0</v></c>')), strings=LAUGHS + strings_xml("&e9;")[56:]),
        "a.xlsx", "xml.doctype",
    ),
    "DOCTYPE alone": (lambda path: xlsx(path, "<!DOCTYPE worksheet>" + sheet_xml("")[56:]), "a.xlsx", "xml.doctype"),
    "outside entity": (lambda path: xlsx(path, OUTSIDE + SHEET.format(MAIN, "secret")), "a.xlsx", "xml.doctype"),
    "endless tag": (endless_tag, "a.xlsx", "file.damaged"),
    "no sheet": (lambda path: xlsx(path, {}), "a.xlsx", "sheet.none"),
}  # fmt: skip
