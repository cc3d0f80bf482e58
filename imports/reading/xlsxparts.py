"""The small parts of an xlsx container: which sheets there are and what its styles mean.

Shared strings stand in ``xlsxstrings``, sheets in ``xlsxsheet``. Elements are known by their local names, so that files written with a
namespace prefix, or in the strict form of the standard, read the same.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imports.reading.cells import Refused
from imports.reading.numberformats import Converter, converter, plain_number
from imports.reading.zipsafety import CHUNK, SafeParser, reading

#: Containers that are no workbook, by a part that only they have.
_OTHER_KINDS = {
    "xl/workbook.bin": "xlsb",
    "mimetype": "ods",
    "word/document.xml": "Word",
    "ppt/presentation.xml": "PowerPoint",
}
_TRUE = {"1", "true", "on"}


@dataclass(frozen=True)
class SheetPart:
    """One worksheet of a workbook: its name, whether it is hidden, and its part in the container."""

    name: str
    hidden: bool
    part: str


@dataclass
class Workbook:
    """What the workbook part says: sheets in order, the date system, and whether its formulas wait to be computed."""

    sheets: list[SheetPart] = field(default_factory=list)
    date1904: bool = False
    uncomputed: bool = False
    strings_part: str | None = None
    styles_part: str | None = None
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ``(local name, attributes)`` of every element of a part, in order of their opening tags."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = SafeParser()
    parser.expat.StartElementHandler = lambda name, attributes: found.append((name.rpartition(":")[2], attributes))
    with reading(), archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            parser.push(chunk)
            yield from found
            found.clear()
        parser.finish()


def read_workbook(archive: zipfile.ZipFile) -> Workbook:
    """Find the sheets and settings of the workbook; raises Refused when the container holds none."""
    names = {name.lower(): name for name in archive.namelist()}
    main = _main_part(archive, names)
    book = Workbook()
    targets = _relations(archive, main, names)
    for name, attributes in elements(archive, main):
        if name == "sheet":
            _add_sheet(book, attributes, targets)
        elif name == "workbookPr":
            book.date1904 = attributes.get("date1904", "").lower() in _TRUE
        elif name == "calcPr":
            book.uncomputed = attributes.get("fullCalcOnLoad", "").lower() in _TRUE
    for kind, target in targets.values():
        if kind == "sharedStrings":
            book.strings_part = target
        elif kind == "styles":
            book.styles_part = target
    if not book.sheets:
        raise Refused("sheet.none")
    book.notices = _notices(names)
    return book


def _main_part(archive: zipfile.ZipFile, names: dict[str, str]) -> str:
    if "[content_types].xml" not in names or "xl/workbook.bin" in names:
        for part, kind in _OTHER_KINDS.items():
            if part in names:
                raise Refused("file.unsupported", kind=kind)
        raise Refused("file.archive")
    for kind, target in _relations(archive, "", names).values():
        if kind == "officeDocument":
            if not target.lower().endswith("workbook.xml"):
                _refuse_other(names)
            return target
    if "xl/workbook.xml" in names:
        return names["xl/workbook.xml"]
    _refuse_other(names)
    raise Refused("file.damaged")


def _refuse_other(names: dict[str, str]) -> None:
    for part, kind in _OTHER_KINDS.items():
        if part in names:
            raise Refused("file.unsupported", kind=kind)


def _relations(archive: zipfile.ZipFile, part: str, names: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return ``{relation id: (kind, existing part)}`` of a part; relations that lead out of the file are left out."""
    folder, name = posixpath.split(part)
    relations_part = names.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
    found: dict[str, tuple[str, str]] = {}
    if relations_part is None:
        return found
    for element, attributes in elements(archive, relations_part):
        if element != "Relationship" or attributes.get("TargetMode") == "External":
            continue
        target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
        if target.lower() in names:
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, names[target.lower()])
    return found


def _add_sheet(book: Workbook, attributes: dict[str, str], targets: dict[str, tuple[str, str]]) -> None:
    relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
    kind, target = targets.get(relation, ("", ""))
    if kind == "worksheet":
        hidden = attributes.get("state", "visible") != "visible"
        book.sheets.append(SheetPart(attributes.get("name", ""), hidden, target))


def _notices(names: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    notices: list[tuple[str, dict[str, Any]]] = []
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        notices.append(("warn.macros", {}))
    if any(name.startswith("xl/externallinks/") for name in names):
        notices.append(("warn.external_links", {}))
    if any(name.startswith("xl/embeddings/") for name in names):
        notices.append(("warn.embedded", {}))
    return notices


def read_converters(archive: zipfile.ZipFile, book: Workbook) -> dict[str, Converter]:
    """Return ``{style index as text: function}`` for the styles under which a number is not simply a number."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    inside = False
    if book.styles_part is None:
        return {}
    try:
        for name, attributes in elements(archive, book.styles_part):
            if name == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = name == "cellXfs"
            elif name == "xf" and inside:
                formats.append(int(attributes.get("numFmtId", "0")))
    except (KeyError, ValueError) as error:
        raise Refused("file.damaged") from error
    made = {format_id: converter(format_id, codes.get(format_id), date1904=book.date1904) for format_id in set(formats)}
    return {
        str(index): made[format_id] for index, format_id in enumerate(formats) if made[format_id] is not plain_number
    }
