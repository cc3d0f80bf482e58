"""The matrix as a workbook: rights and scopes on the first sheet, the level of every field for everybody on the second.

What lives here: cells. What does not: what stands in them (``facts``). Texts are written as texts: none of them is ever run.
"""

from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _

from .facts import DENIED, YES, Matrix, level_rows

_MARKS = {YES: "✓", DENIED: "✗"}
_HEAD = 4  # rows above the table


def workbook(matrix: Matrix) -> bytes:
    """The .xlsx file."""
    target = BytesIO()
    about = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, about) as book:
        book.set_properties({"title": _("权限矩阵"), "author": str(matrix.printed_by)})
        title = book.add_format({"bold": True, "font_size": 14})
        head = book.add_format({"bold": True, "bg_color": "#E8EEFC", "border": 1, "text_wrap": True, "valign": "top"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        _people(book.add_worksheet(_("功能与范围")), matrix, title, head, cell)
        _fields(book.add_worksheet(_("字段权限")), matrix, title, head, cell)
    return target.getvalue()


def _begin(sheet, matrix: Matrix, title, headings: list[str], head) -> None:
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEAD)
    sheet.set_footer("&P / &N")
    sheet.write_string(0, 0, _("权限矩阵 · %(ledger)s") % {"ledger": matrix.ledger.name}, title)
    sheet.write_string(1, 0, _("截至 %(day)s 生效的授权") % {"day": matrix.on.isoformat()})
    about = {
        "who": f"{matrix.printed_by}（{matrix.printed_by.get_username()}）",
        "at": f"{matrix.printed_at:%Y-%m-%d %H:%M}",
    }
    sheet.write_string(2, 0, _("打印人：%(who)s　打印时间：%(at)s　✓ 允许　✗ 明确禁止") % about)
    for place, text in enumerate(headings):
        sheet.write_string(_HEAD, place, text, head)


def _people(sheet, matrix: Matrix, title, head, cell) -> None:
    headings = [
        _("姓名"),
        _("用户名"),
        _("部门"),
        _("角色"),
        *matrix.rights,
        _("数据范围"),
        _("多数字段"),
        _("其余字段"),
    ]
    _begin(sheet, matrix, title, headings, head)
    sheet.freeze_panes(_HEAD + 1, 2)
    for place, width in {0: 12, 1: 14, 2: 14, 3: 24, len(headings) - 3: 40, len(headings) - 1: 60}.items():
        sheet.set_column(place, place, width)
    for at, person in enumerate(matrix.people, start=_HEAD + 1):
        texts = [
            str(person.user), person.user.get_username(), str(person.user.department or ""), "、".join(person.roles),
            *(_MARKS.get(mark, "") for _label, mark in person.marks), person.scope, person.usual,
            "\n".join(f"{level}：{'、'.join(fields)}" for level, fields in person.unusual),
        ]  # fmt: skip
        for place, text in enumerate(texts):
            sheet.write_string(at, place, text, cell)


def _fields(sheet, matrix: Matrix, title, head, cell) -> None:
    _begin(sheet, matrix, title, [_("分组"), _("字段"), *(str(person.user) for person in matrix.people)], head)
    sheet.freeze_panes(_HEAD + 1, 2)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 24)
    for at, texts in enumerate(level_rows(matrix), start=_HEAD + 1):
        for place, text in enumerate(texts):
            sheet.write_string(at, place, text, cell)
