"""The empty workbook of the organisation: four sheets with headings, notes and two example rows each, and how to fill them."""

from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _

from .sheets import COLUMNS, EXAMPLE_MARK, LABELS, Kind

_ORDER = (Kind.COMPANY, Kind.DEPARTMENT, Kind.POSITION, Kind.PERSON)


def workbook() -> bytes:
    """The template as an .xlsx file."""
    target = BytesIO()
    with xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        plain = book.add_format({"bold": True, "bg_color": "#E8EEFC", "border": 1, "border_color": "#BCC4D0"})
        required = book.add_format({"bold": True, "bg_color": "#FDF0D9", "border": 1, "border_color": "#BCC4D0"})
        as_text = book.add_format({"num_format": "@"})
        for kind in _ORDER:
            sheet = book.add_worksheet(str(LABELS[kind]))
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(COLUMNS[kind]):
                label = f"{column.label}*" if column.required else str(column.label)
                sheet.write_string(0, place, label, required if column.required else plain)
                if column.note:
                    sheet.write_comment(0, place, str(column.note), {"x_scale": 1.6, "y_scale": 0.9})
                sheet.set_column(place, place, 26 if column.key in ("name", "uscc", "email") else 16, as_text)
                for row, text in enumerate(column.example, start=1):
                    if text:
                        mark = EXAMPLE_MARK if column.key in ("name", "display_name") else ""
                        sheet.write_string(row, place, mark + text, as_text)
        _guide(book.add_worksheet(_("填写说明")), book.add_format({"text_wrap": True, "valign": "top"}))
    return target.getvalue()


def _guide(sheet, wrap) -> None:
    sheet.set_column(0, 0, 90, wrap)
    lines = [
        _("每张表的前两行是示例，名称以“%(mark)s”开头的行不会导入；不需要的表可以删除。") % {"mark": EXAMPLE_MARK},
        _("上级、公司、部门、职位、负责人可以写编码（用户名），也可以写名称（姓名），名称有重复时必须写编码。"),
        _("上级可以写在后面的行；形成循环的行会被指出。"),
        _("空单元格不改动已有内容；填“无”表示清空。"),
        _("编码（用户名）已经存在的行会修改原有内容；重复导入同一个文件不会改变任何内容。"),
        _("文件里没有的部门和人员保持不变；停用和离职请在页面办理。"),
        _("新人员没有密码，导入后由系统管理员在人员页面发放。"),
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, wrap)
