"""The workbook of roles, field rights and members: headings with notes and drop-downs, empty or filled with what the set has now.

What is filled in comes back unchanged: an import of it changes nothing.
"""

from collections.abc import Iterable
from io import BytesIO

import xlsxwriter
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from ledgers.access import roles
from ledgers.models import Ledger
from permissions import naming
from permissions.models import RowScope
from permissions.rights import Level, Right

from .cells import ScopeReader
from .sheets import COLUMNS, LABELS, Kind

_ROWS = 2_000  # so far down the drop-downs reach
_WIDE = {"rights": 40, "scopes": 40, "excluded": 26, "description": 26, "field": 26, "name": 20}
_OPTIONS = {"sensitive": "levels", "level": "levels", "role": "roles", "parent": "roles", "field": "fields"}

Rows = dict[str, list[list[str]]]


def workbook(ledger: Ledger, *, is_filled: bool = False) -> bytes:
    """The .xlsx file for a set."""
    target, rows = BytesIO(), current(ledger) if is_filled else {kind: [] for kind in Kind}
    about = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, about) as book:
        made = {kind: book.add_worksheet(str(LABELS[kind])) for kind in Kind}
        _guide(book.add_worksheet(_("填写说明")), book.add_format({"text_wrap": True, "valign": "top"}))
        places = _options(book, ledger)
        formats = [
            book.add_format({"bold": True, "bg_color": colour, "border": 1, "border_color": "#BCC4D0"})
            for colour in ("#E8EEFC", "#FDF0D9")
        ]
        as_text = book.add_format({"num_format": "@"})
        for kind, sheet in made.items():
            _sheet(sheet, kind, rows[kind], places, formats, as_text)
    return target.getvalue()


def _sheet(sheet, kind: str, rows: list[list[str]], places: dict[str, str], formats: list, as_text) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(COLUMNS[kind]):
        label = f"{column.label}*" if column.required else str(column.label)
        sheet.write_string(0, place, label, formats[column.required])
        if column.note:
            sheet.write_comment(0, place, str(column.note), {"x_scale": 1.8, "y_scale": 1.1})
        sheet.set_column(place, place, _WIDE.get(column.key, 16), as_text)
        source = places.get(_OPTIONS.get(column.key, ""))
        if source:
            # What is typed and is in no list may still be right: a role of the sheet before.
            rule = {"validate": "list", "source": source, "error_type": "warning"}
            sheet.data_validation(1, place, _ROWS, place, rule)
    for at, row in enumerate(rows, start=1):
        for place, text in enumerate(row):
            if text:
                sheet.write_string(at, place, text, as_text)


def _options(book, ledger: Ledger) -> dict[str, str]:
    """What drop-downs offer, on a hidden sheet; name → the range it stands in."""
    sheet = book.add_worksheet("options")
    sheet.hide()
    lists = {
        "levels": [str(level.label) for level in Level],
        "roles": [row.name for row in ledger.roles.all()],
        "fields": list(_field_names(ledger).values()),
    }
    found = {}
    for place, (name, texts) in enumerate(lists.items()):
        for at, text in enumerate(texts):
            sheet.write_string(at, place, text)
        if texts:
            column = "ABC"[place]
            found[name] = f"=options!${column}$1:${column}${len(texts)}"
    return found


def _field_names(ledger: Ledger) -> dict[str, str]:
    """key → how a file names the field: by its label, where no other field has it."""
    fields = naming.fields_of(ledger.pk)
    labels = [each.label for each in fields]
    return {each.key: each.label if labels.count(each.label) == 1 else each.key for each in fields}


def current(ledger: Ledger) -> Rows:
    """Kind → rows of texts: the roles of the set, their field rights, and its members."""
    rows = list(ledger.roles.prefetch_related(Prefetch("scopes", RowScope.objects.order_by("pk")), "field_rules"))
    codes = {row.pk: row.code for row in rows}
    scopes, names = ScopeReader(ledger), _field_names(ledger)
    found: Rows = {kind: [] for kind in Kind}
    for row in rows:
        draft = roles.of_role(row)
        found[Kind.ROLE].append([
            draft.name, row.code, draft.description or _("无"), codes.get(row.parent_id) or _("无"), _rights(draft.rights),
            _rights(draft.denied), scopes.write(draft.scopes), scopes.write(draft.excluded),
            str(Level(draft.sensitive_level).label),
        ])  # fmt: skip
        for key, level in sorted(draft.levels.items()):
            if key in names:  # a rule about a field that is gone cannot come back
                found[Kind.FIELD].append([row.code, names[key], str(Level(level).label)])
    for member in ledger.memberships.select_related("user", "role").filter(user__is_active=True).order_by("pk"):
        days = [each.isoformat() if each else _("无") for each in (member.starts_on, member.ends_on)]
        found[Kind.MEMBER].append([member.user.get_username(), member.role.code, *days])
    return found


def _rights(given: Iterable[str]) -> str:
    return "、".join(str(Right(each).label) for each in given) or _("无")


def _guide(sheet, wrap) -> None:
    sheet.set_column(0, 0, 100, wrap)
    lines = [
        _("三张表都可以单独使用：不需要的表可以删除；csv 文件一次只放一张表。"),
        _("空单元格不改动已有内容；填“无”表示清空（去掉上级、去掉日期、去掉一条字段规定）。"),
        _("角色按编码认，没有编码按名称认；认不出的就是新角色。文件里没有的角色、字段规定和成员保持不变。"),
        _("功能权限：%(all)s，用顿号分开。") % {"all": "、".join(str(right.label) for right in Right)},
        _("数据范围：几个范围用 | 分开；要写明是哪些的，用冒号和顿号，如 指定部门：销售一部、销售二部。"),
        _("有一处错误就全部不导入；改正后重新上传即可，重复导入同一个文件不会改变任何内容。"),
        _("不能给自己增加权限，也不能让账套没有账套主管；移除成员请在“成员”页面办理。"),
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, wrap)
