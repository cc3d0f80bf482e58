"""A file as rows of texts: every sheet that is one of the four kinds, whatever its format.

What lives here: asking ``imports.reading`` and turning cells into texts. What does not: judging them (``planning``).
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from .. import reading
from ..reading import Cell, CellFault
from . import sheets

MOST_ROWS = 50_000
MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """One row: its kind, sheet and number there, the texts of known columns, the faults of unreadable cells."""

    kind: str
    sheet: str
    number: int
    values: dict[str, str]
    faults: dict[str, CellFault] = field(default_factory=dict, hash=False)


@dataclass
class Table:
    """A file as read. ``labels``: (kind, key) → the heading as it stands in the file; ``ignored``: sheets that are no kind."""

    lines: list[Line]
    labels: dict[tuple[str, str], str]
    ignored: list[str]


def read(path: str, name: str, layout: sheets.Layout = sheets.LAYOUT, most: int = MOST_ROWS) -> Table:
    """Read the whole file. Raises UnreadableFile, or BusinessError when nothing in it is of the layout or it is too long."""
    info = reading.inspect(path, name)
    table = Table([], {}, [])
    for sheet in info.sheets:
        if sheet.hidden or not sheet.rows_estimate:
            continue
        labels = sheet.headings.labels
        kind = layout.kind_of(sheet.name if info.kind != "csv" else name, labels)
        if kind is None:
            table.ignored.append(sheet.name)
            continue
        places = layout.columns_in(kind, labels)
        absent = layout.missing(kind, places)
        if absent:
            raise BusinessError(
                _("“%(sheet)s”缺少列：%(columns)s。") % {"sheet": sheet.name, "columns": "、".join(absent)},
                code="organisation.columns",
                remedy=_("请下载模板对照列名。"),
            )
        for key, place in places.items():
            table.labels.setdefault((kind, key), labels[place])
        where = {"sheet": sheet.name, "encoding": info.encoding, "delimiter": info.delimiter, "filename": name}
        for batch in reading.read(path, heading_row=sheet.heading_row, **where):
            for row in batch:
                if row.note and (row.note.is_total or row.note.is_heading):
                    continue
                line = _line(kind, sheet.name, row, places)
                if not _is_example(line):
                    table.lines.append(line)
            if len(table.lines) > most:
                raise BusinessError(
                    _("文件超过 %(most)s 行。") % {"most": f"{most:,}"},
                    code="organisation.too_long",
                    remedy=_("请拆分成几个文件，被引用的（部门、角色）先导入。"),
                )
    if not table.labels:
        raise BusinessError(
            str(layout.nothing),
            code="organisation.no_sheet",
            remedy=_("请下载模板，按其中的列名填写；一个 csv 文件只放一张表。"),
        )
    if not table.lines:
        raise BusinessError(
            _("表里没有数据。"),
            code="organisation.empty",
            remedy=_("名称以“%(mark)s”开头的示例行不会导入，请在标题行下面填写自己的内容。")
            % {"mark": sheets.EXAMPLE_MARK},
        )
    return table


def _is_example(line: Line) -> bool:
    return any(line.values.get(key, "").startswith(sheets.EXAMPLE_MARK) for key in ("name", "display_name"))


def _line(kind: str, sheet: str, row: reading.Row, places: dict[str, int]) -> Line:
    values, faults = {}, {}
    for key, place in places.items():
        cell = row.cells[place] if place < len(row.cells) else None
        if isinstance(cell, CellFault):
            faults[key] = cell
            values[key] = cell.raw
        else:
            values[key] = text_of(cell)
    for fault in row.note.faults if row.note else ():
        faults.setdefault("", fault)
    return Line(kind, sheet, row.number, values, faults)


def text_of(cell: Cell) -> str:
    """A cell as it looks in the sheet: 101.0 is 101."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return " ".join(str(cell).split())
