"""Which columns a sheet of roles, of field rights and of members has.

What lives here: headings and their synonyms. What does not: reading a file (``imports.organisation.tables``) and judging rows (``planning``).
"""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..organisation.sheets import Column, Layout

MOST_ROWS = 5_000


class Kind(StrEnum):
    """In the order in which they are applied."""

    ROLE = "role"
    FIELD = "field"
    MEMBER = "member"


LABELS: dict[str, str | Promise] = {Kind.ROLE: _("角色"), Kind.FIELD: _("字段权限"), Kind.MEMBER: _("成员")}

COLUMNS: dict[str, tuple[Column, ...]] = {
    Kind.ROLE: (
        Column("name", _("角色名称"), ("名称", "角色", "岗位", "role", "name"), True),
        Column("code", _("角色编码"), ("编码", "代码", "code"), note=_("留空则按名称找已有角色，新角色自动编号")),
        Column("description", _("说明"), ("描述", "备注", "description")),
        Column("parent", _("上级角色"), ("继承自", "父角色", "parent"), note=_("编码或名称；“无”表示没有；可以写在后面的行")),
        Column("rights", _("功能权限"), ("权限", "允许", "功能", "rights"), note=_("用顿号分开，如 查看、新增、编辑；“全部”或“无”")),
        Column("denied", _("明确禁止"), ("禁止", "拒绝", "denied"), note=_("用顿号分开；禁止压过任何角色给予的允许")),
        Column("scopes", _("数据范围"), ("范围", "数据权限", "scope"),
               note=_("几个范围用 | 分开，如 本人负责的客户 | 指定部门：销售一部、销售二部")),
        Column("excluded", _("排除范围"), ("排除", "除外", "excluded"), note=_("写法与数据范围相同；压过任何给予")),
        Column("sensitive", _("敏感字段"), ("敏感字段级别", "sensitive"), note=_("隐藏、脱敏、只读或可编辑")),
    ),
    Kind.FIELD: (
        Column("role", _("角色"), ("角色名称", "角色编码", "role"), True, note=_("编码或名称")),
        Column("field", _("字段"), ("字段名称", "字段键", "field"), True, note=_("名称或字段键；联系人的手机写 联系人·手机")),
        Column("level", _("级别"), ("权限", "字段级别", "level"), True, note=_("隐藏、脱敏、只读或可编辑；“无”去掉这条规定")),
    ),
    Kind.MEMBER: (
        Column("user", _("用户名"), ("登录名", "账号", "用户", "人员", "姓名", "工号", "user", "username"), True,
               note=_("用户名，或不重名的姓名")),
        Column("role", _("角色"), ("角色名称", "角色编码", "role"), True, note=_("编码或名称")),
        Column("starts_on", _("生效日期"), ("开始日期", "起始日期", "starts on"), note=_("如 2026-01-31；留空不改，“无”立即生效")),
        Column("ends_on", _("失效日期"), ("结束日期", "截止日期", "ends on"), note=_("留空不改，“无”长期有效")),
    ),
}  # fmt: skip

LAYOUT = Layout(
    COLUMNS,
    {
        Kind.ROLE: ("角色", "role"),
        Kind.FIELD: ("字段", "field"),
        Kind.MEMBER: ("成员", "授权", "用户", "人员", "member", "user"),
    },
    _("文件里没有角色、字段权限或成员的表。"),
)
