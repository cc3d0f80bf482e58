"""The empty sheet to begin with: headings, notes, drop-downs and one example row, made from the set's own catalogue.

What lives here: the workbook. What does not: which fields there are (``customers.fields``) and reading it back.
"""

from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from customers.fields import Catalogue, Field, Type
from customers.models import Category
from permissions.actor import Actor
from permissions.everybody import people_of
from permissions.models import Department

from ..columns import is_code

# A row whose name begins so is the template's own example and is left out of every import.
EXAMPLE_MARK = "【示例】"
_LIST_ROWS = 5_000  # how far down the drop-downs reach
_MOST_OPTIONS = 1_000

_EXAMPLES: dict[str, Any] = {
    "name": EXAMPLE_MARK + "杭州恒源机械有限公司",
    "short_name": "恒源机械",
    "english_name": "Hangzhou Hengyuan Machinery Co., Ltd.",
    "uscc": "91330106MA2KXD7Y4R",
    "legal_person": "陈明",
    "registered_on": "2016-03-18",
    "registered_capital": 5_000_000,
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "address": "浙江省杭州市西湖区文三路 99 号",
    "postal_code": "310012",
    "phone": "0571-87654321",
    "email": "office@example.com",
    "website": "https://www.example.com",
    "contact": "王芳",
    "mobile": "13800138000",
    "bank_name": "中国工商银行杭州文三支行",
    "bank_account": "1202026209900012345",
    "credit_limit": 200_000,
    "credit_days": 30,
}


def workbook(ledger, actor: Actor) -> bytes:
    """The template as an .xlsx file, with the fields that the actor may write."""
    catalogue = Catalogue.of(ledger)
    fields = [field for field in catalogue.editable(actor) if field.is_importable]
    target = BytesIO()
    with xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(_("客户"))
        guide = book.add_worksheet(_("填写说明"))
        lists = book.add_worksheet(_("选项"))
        lists.hide()
        _headings(book, sheet, catalogue, fields)
        _example(book, sheet, fields)
        _drop_downs(sheet, lists, ledger, fields)
        _guide(book, guide, catalogue, fields)
    return target.getvalue()


def _headings(book, sheet, catalogue: Catalogue, fields: list[Field]) -> None:
    plain = book.add_format({"bold": True, "bg_color": "#E8EEFC", "border": 1, "border_color": "#BCC4D0"})
    required = book.add_format({"bold": True, "bg_color": "#FDF0D9", "border": 1, "border_color": "#BCC4D0"})
    as_text = book.add_format({"num_format": "@"})
    as_day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    for index, field in enumerate(fields):
        must = field.key in catalogue.required
        sheet.write_string(0, index, f"{field.label}{'*' if must else ''}", required if must else plain)
        note = _note(field, must)
        if note:
            sheet.write_comment(0, index, note, {"x_scale": 1.6, "y_scale": 0.9})
        format_ = as_text if is_code(field) else as_day if field.type == Type.DATE else None
        sheet.set_column(index, index, 32 if field.wide or field.key == "name" else 18, format_)


def _note(field: Field, must: bool) -> str:
    parts = [_("必填") if must else "", str(field.help), str(_FORMATS.get(field.type, ""))]
    if is_code(field):
        parts.append(_("整列已设为文本格式，可直接填写长号码"))
    return "；".join(part for part in parts if part)


_FORMATS = {
    Type.DATE: "2024-01-05",
    Type.MONEY: "50000 / 5万",
    Type.INTEGER: "30",
    Type.DECIMAL: "12.5",
    Type.MULTI_CHOICE: _lazy("多个选项用逗号分隔"),
    Type.CUSTOMER: _lazy("填写客户编号"),
    Type.USER: _lazy("填写姓名或用户名"),
}


def _example(book, sheet, fields: list[Field]) -> None:
    faint = book.add_format({"italic": True, "font_color": "#667080"})
    for index, field in enumerate(fields):
        value = _EXAMPLES.get(field.key) or (str(field.choices[0][1]) if field.choices else "")
        if isinstance(value, int):
            sheet.write_number(1, index, value, faint)
        elif value:
            sheet.write_string(1, index, value, faint)


def _drop_downs(sheet, lists, ledger, fields: list[Field]) -> None:
    """Choices stand on a hidden sheet, because a list written into a cell may be no longer than 255 characters."""
    place = 0
    for index, field in enumerate(fields):
        options = _options(ledger, field)
        if not options:
            continue
        for row, option in enumerate(options):
            lists.write_string(row, place, option)
        letters = xlsxwriter.utility.xl_col_to_name(place)
        source = f"='{lists.get_name()}'!${letters}$1:${letters}${len(options)}"
        sheet.data_validation(
            1, index, _LIST_ROWS, index, {"validate": "list", "source": source, "error_type": "warning"}
        )
        place += 1


def _options(ledger, field: Field) -> list[str]:
    if field.type == Type.MULTI_CHOICE:
        return []  # a drop-down takes one only
    if field.choices:
        return [str(label) for _value, label in field.choices]
    rows = {
        Type.CATEGORY: lambda: Category.objects.filter(ledger=ledger, is_active=True).values_list("name", flat=True),
        Type.DEPARTMENT: lambda: Department.objects.filter(is_active=True).values_list("name", flat=True),
        Type.USER: lambda: map(str, people_of(ledger.pk).filter(is_active=True)),
    }
    found = rows[field.type]() if field.type in rows else ()
    return list(dict.fromkeys(found))[:_MOST_OPTIONS]


def _guide(book, sheet, catalogue: Catalogue, fields: list[Field]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E8EEFC"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (width, title) in enumerate(((20, _("列")), (8, _("必填")), (50, _("说明")), (40, _("可选内容")))):
        sheet.set_column(column, column, width, wrap)
        sheet.write_string(0, column, title, bold)
    for row, field in enumerate(fields, start=1):
        must = field.key in catalogue.required
        choices = "、".join(str(label) for _value, label in field.choices[:30])
        for column, text in enumerate((str(field.label), _("是") if must else "", _note(field, False), choices)):
            sheet.write_string(row, column, text)
    lines = [
        _("第一张表的第 2 行是示例，导入时自动跳过；也可以删除。"),
        _("名称以“%(mark)s”开头的行不会导入。") % {"mark": EXAMPLE_MARK},
        _("不用的列可以删除；列的先后可以改变；列名不要改，改了可在导入时重新选择。"),
        _("更新已有客户时，请填写客户编号，并在导入时选择“只更新”或“新增或更新”。"),
    ]
    for offset, line in enumerate(lines):
        sheet.write_string(len(fields) + 2 + offset, 0, line)
