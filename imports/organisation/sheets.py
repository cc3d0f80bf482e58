"""Which columns a sheet of the organisation has, and which of the four kinds a sheet is.

What lives here: headings and their synonyms. What does not: reading a file (``tables``) and judging rows (``planning``).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A row whose name begins so is the template's own example and is left out.
EXAMPLE_MARK = "【示例】"


class Kind(StrEnum):
    """In the order in which they are applied."""

    COMPANY = "company"
    POSITION = "position"
    DEPARTMENT = "department"
    PERSON = "person"


LABELS: dict[str, str | Promise] = {
    Kind.COMPANY: _("公司"),
    Kind.POSITION: _("职位"),
    Kind.DEPARTMENT: _("部门"),
    Kind.PERSON: _("人员"),
}


@dataclass(frozen=True)
class Column:
    """``refers``: the kind whose code or name stands in it. ``synonyms`` are compared without spaces and signs."""

    key: str
    label: str | Promise
    synonyms: tuple[str, ...] = ()
    required: bool = False
    refers: str = ""
    note: str | Promise = ""
    example: tuple[str, ...] = ()


_PARENT_NOTE = _("上级的编码或名称；留空不改，填“无”表示最高一级；上级可以写在后面的行")

COLUMNS: dict[str, tuple[Column, ...]] = {
    Kind.COMPANY: (
        Column("code", _("公司编码"), ("编码", "代码", "编号", "公司代码", "code"), True, example=("HY", "HYSH")),
        Column("name", _("公司名称"), ("名称", "公司", "公司全称", "name"), True,
               example=("杭州恒源机械有限公司", "上海恒源销售有限公司")),
        Column("uscc", _("统一社会信用代码"), ("信用代码", "税号", "uscc")),
        Column("parent", _("上级公司"), ("上级编码", "上级", "上级公司编码", "母公司", "parent"), refers=Kind.COMPANY,
               note=_PARENT_NOTE, example=("", "HY")),
    ),
    Kind.DEPARTMENT: (
        Column("code", _("部门编码"), ("编码", "代码", "编号", "部门代码", "部门编号", "code"), True,
               example=("XS1", "XS")),
        Column("name", _("部门名称"), ("名称", "部门", "name"), True, example=("销售一部", "销售中心")),
        Column("parent", _("上级部门"), ("上级编码", "上级", "上级部门编码", "父部门", "parent"), refers=Kind.DEPARTMENT,
               note=_PARENT_NOTE, example=("XS", "")),
        Column("company", _("所属公司"), ("公司", "公司编码", "公司名称", "company"), refers=Kind.COMPANY,
               note=_("公司的编码或名称；留空则同上级部门"), example=("", "HY")),
        Column("head", _("部门负责人"), ("负责人", "主管", "经理", "部门经理", "head"), refers=Kind.PERSON,
               note=_("用户名或姓名"), example=("zhangwei", "")),
    ),
    Kind.POSITION: (
        Column("code", _("职位编码"), ("编码", "代码", "编号", "岗位编码", "职务编码", "code"), True, example=("KHJL", "JL")),
        Column("name", _("职位名称"), ("名称", "职位", "岗位", "岗位名称", "职务", "name"), True,
               example=("客户经理", "部门经理")),
        Column("rank", _("级别"), ("职级", "等级", "rank"), note=_("1–99，1 最高"), example=("6", "3")),
    ),
    Kind.PERSON: (
        Column("username", _("用户名"), ("登录名", "账号", "帐号", "登录账号", "工号", "username", "login"), True,
               example=("zhangwei", "chenjing")),
        Column("display_name", _("姓名"), ("名字", "员工姓名", "name"), True, example=("张伟", "陈静")),
        Column("department", _("部门"), ("所属部门", "部门编码", "部门名称", "department"), refers=Kind.DEPARTMENT,
               note=_("部门的编码或名称"), example=("XS1", "XS1")),
        Column("position", _("职位"), ("岗位", "职务", "职位编码", "职位名称", "position"), refers=Kind.POSITION,
               note=_("职位的编码或名称"), example=("JL", "KHJL")),
        Column("superior", _("上级"), ("直接上级", "上级用户名", "汇报对象", "主管", "superior"), refers=Kind.PERSON,
               note=_("用户名或姓名；填“无”表示没有上级"), example=("", "zhangwei")),
        Column("email", _("邮箱"), ("电子邮箱", "邮件", "email", "mail")),
    ),
}  # fmt: skip

_SHEET_NAMES = {
    Kind.COMPANY: ("公司", "company", "companies"),
    Kind.POSITION: ("职位", "岗位", "职务", "position"),
    Kind.DEPARTMENT: ("部门", "组织", "department"),
    Kind.PERSON: ("人员", "员工", "用户", "职员", "花名册", "通讯录", "people", "person", "user", "staff"),
}
_SIGNS = re.compile(r"[\s*＊:：()（）_\-/]+")


def folded(text: str) -> str:
    """A heading as it is compared: no spaces, no signs, small letters."""
    return _SIGNS.sub("", text).casefold()


@dataclass(frozen=True)
class Layout:
    """The kinds of sheet that one sort of workbook has: kind → columns, and kind → what its sheet may be called."""

    columns: Mapping[str, tuple[Column, ...]]
    names: Mapping[str, tuple[str, ...]]
    # What a workbook without any of them is told.
    nothing: str | Promise

    def columns_in(self, kind: str, headings: Sequence[str]) -> dict[str, int]:
        """Key → place of its column: the label itself before any synonym, the first heading wins."""
        found: dict[str, int] = {}
        plain = [folded(heading) for heading in headings]
        for exact in (True, False):
            for column in self.columns[kind]:
                names = {folded(str(column.label))} if exact else {folded(name) for name in column.synonyms}
                place = next((at for at, name in enumerate(plain) if name in names and at not in found.values()), None)
                if column.key not in found and place is not None:
                    found[column.key] = place
        return found

    def missing(self, kind: str, places: dict[str, int]) -> list[str]:
        """Labels of required columns that a sheet does not have."""
        return [str(column.label) for column in self.columns[kind] if column.required and column.key not in places]

    def kind_of(self, sheet: str, headings: Sequence[str]) -> str | None:
        """Which kind a sheet is: by its headings, and by its name where headings fit several; None when it is none of them."""
        scores: dict[str, float] = {}
        for kind, columns in self.columns.items():
            places = self.columns_in(kind, headings)
            named = any(name in sheet.casefold() for name in self.names[kind])
            own = {folded(str(column.label)) for column in columns}
            exact = sum(1 for heading in headings if folded(heading) in own)
            if not self.missing(kind, places):
                scores[kind] = len(places) + exact + (5 if named else 0)
            elif named and places:
                scores[kind] = 1 + len(places) / 10  # meant as such: what is missing is then said by name
        return max(scores, key=scores.get) if scores else None


LAYOUT = Layout({kind: COLUMNS[kind] for kind in Kind}, _SHEET_NAMES, _("文件里没有公司、部门、职位或人员的表。"))
