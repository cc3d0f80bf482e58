"""Which rows of a sheet are its heading, and the label of each column; which rows are totals or the heading once more.

A guess that the user may overrule. Which field a label means is decided by the importer's mapping, not here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from imports.reading.cells import Cell, CellFault, RawRow
from imports.reading.results import Headings
from imports.reading.surveys import Range

#: Rows among which the heading is looked for.
LOOKED_AT = 30

_SPACE = re.compile(r"\s+")
_WORDS = re.compile(
    "客户|编号|编码|代码|名称|简称|全称|电话|手机|联系|地址|税号|信用|识别号|邮箱|邮件|邮编|日期|时间|备注|说明|分类|类别|类型|等级|级别"
    "|行业|地区|区域|省|城市|市$|区县|银行|开户|账号|帐号|账户|额度|金额|负责人|业务员|部门|法人|法定|资本|传真|网址|序号|状态|币种|国家"
    "|职务|性别|姓名|付款|合同|标签|来源"
    "|name|code|phone|mobile|tel|fax|e-?mail|address|contact|number|no\\.?$|date|remark|note|city|province|country|tax"
    "|uscc|owner|department|limit|capital|registered|status|type|category|currency|bank|account|industry|grade|id$",
    re.IGNORECASE,
)
_VALUE_LIKE = re.compile(r"[\d\s.,:/+()*#¥￥%-]+|\S+@\S+\.\S+|.*\d{5,}.*|[^:：]+[:：]\s*\S.*", re.DOTALL)
_TOTAL = re.compile(
    r"(?:本页|本月|本年|全部|当前|金额)?(?:合计|总计|小计|共计|累计|总数|总额)(?:金额|数|额)?(?:[（(][^（）()]*[)）])?[:：]?"
    r"|(?:grand|sub)?total:?",
    re.IGNORECASE,
)
_LONGEST_LABEL = 40


def label(cell: Cell) -> str:
    """Return a heading cell as one line of text without odd spaces; ``""`` for an empty or faulty one."""
    if cell is None or isinstance(cell, CellFault):
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return _SPACE.sub(" ", str(cell).replace("\ufeff", "").replace("\u200b", "")).strip()


def guess(rows: Sequence[RawRow], merged: Sequence[Range] = ()) -> tuple[int, ...]:
    """Return the numbers of the heading row, or of the two rows of a heading in two storeys; ``()`` when there is none."""
    rows = rows[:LOOKED_AT]
    if not rows:
        return ()
    widest = max(_filled(row.cells) for row in rows)
    scores = [_score(row.cells, widest) - 0.02 * place for place, row in enumerate(rows)]
    best = max(range(len(rows)), key=lambda place: scores[place])
    if scores[best] <= 0:
        return ()
    if best and _is_upper(rows[best - 1], rows[best], merged, widest):
        best -= 1
    if best + 1 < len(rows) and _is_upper(rows[best], rows[best + 1], merged, widest):
        return (rows[best].number, rows[best + 1].number)
    return (rows[best].number,)


def combine(rows: Sequence[RawRow], merged: Sequence[Range] = ()) -> Headings:
    """Make the labels of one or two heading rows; a lower label stands behind its upper one: ``联系人/姓名``."""
    if not rows:
        return Headings()
    labels = [label(cell) for cell in rows[-1].cells]
    if len(rows) > 1:
        labels = _two_storeys(rows[0], labels, merged)
    while labels and not labels[-1]:
        labels.pop()
    places = defaultdict(list)
    for place, text in enumerate(labels):
        if text:
            places[text].append(place)
    duplicates = {text: tuple(found) for text, found in places.items() if len(found) > 1}
    return Headings(tuple(row.number for row in rows), tuple(labels), duplicates)


def is_total(cells: Iterable[Cell]) -> bool:
    """Say whether the first cell with content names a total, as 合计 or 小计 do."""
    for cell in cells:
        if cell is not None:
            return type(cell) is str and len(cell) < 30 and bool(_TOTAL.fullmatch(_SPACE.sub("", cell)))
    return False


def _filled(cells: Iterable[Cell]) -> int:
    return sum(1 for cell in cells if label(cell))


def _is_label(cell: Cell) -> bool:
    if type(cell) is not str:
        return False
    text = label(cell)
    return bool(text) and len(text) <= _LONGEST_LABEL and not _VALUE_LIKE.fullmatch(text)


def _known(cells: Iterable[Cell]) -> int:
    return sum(1 for cell in cells if _is_label(cell) and len(cell) <= 20 and _WORDS.search(label(cell)))


def _score(cells: list[Cell], widest: int) -> float:
    """Judge a row as heading: above 0 when it may be one."""
    filled = _filled(cells)
    if not filled:
        return -2.0
    labels = [label(cell) for cell in cells if _is_label(cell)]
    known = _known(cells)
    score = 2 * known / filled + len(labels) / filled + filled / widest - 1.5
    if filled == 1 and widest > 1:
        score -= 2  # a title over the table
    if not known and len(labels) < filled:
        score -= 1  # looks like data
    return score - (len(labels) - len(set(labels))) / filled


def _is_upper(upper: RawRow, lower: RawRow, merged: Sequence[Range], widest: int) -> bool:
    """Say whether ``upper`` is the upper storey of a heading whose lower one is ``lower``."""
    if lower.number != upper.number + 1 or not all(_is_label(cell) for cell in lower.cells if cell is not None):
        return False
    if _filled(upper.cells) < 2 and widest > 2:
        return False
    if not all(_is_label(cell) for cell in upper.cells if cell is not None):
        return False
    for top, left, bottom, right in merged:
        if top == upper.number and ((bottom == top and right > left) or bottom == lower.number):
            return _filled(lower.cells) > 0
    gaps = [place for place, cell in enumerate(lower.cells) if cell is not None and _at(upper, place) is None]
    return bool(gaps) and _known(lower.cells) * 2 >= _filled(lower.cells)


def _at(row: RawRow, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else None


def _two_storeys(upper: RawRow, lower: list[str], merged: Sequence[Range]) -> list[str]:
    width = max(len(upper.cells), len(lower))
    lower = lower + [""] * (width - len(lower))
    above = [label(_at(upper, place)) for place in range(width)]
    spans = {left: right for top, left, _bottom, right in merged if top == upper.number}
    group, reach = "", -1
    labels = []
    for place in range(width):
        if above[place]:
            group = above[place]
            # Without merged cells a group reaches over the empty cells beside it that have a label below.
            reach = spans.get(place, place if spans or not lower[place] else width)
        elif place > reach or not lower[place]:
            group = ""
        both = group and lower[place] and group != lower[place]
        labels.append(f"{group}/{lower[place]}" if both else lower[place] or group)
    return labels
