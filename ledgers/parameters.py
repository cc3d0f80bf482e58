"""The parameters of an account set: their names, kinds and defaults, described once.

What lives here: the list and typed reading. What does not: where they act (each rule asks ``ledger.parameter``).
Stored values stand in ``Ledger.parameters`` (JSON) and only where they differ from the default.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Parameter:
    key: str
    label: str
    default: Any
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


_POLICY = (("block", _("禁止")), ("warn", _("提示，说明原因后可保存")), ("allow", _("允许")))

PARAMETERS: dict[str, Parameter] = {
    parameter.key: parameter
    for parameter in (
        Parameter("required_fields", _("必填字段"), ["name"], help=_("新增客户时必须填写的字段")),
        Parameter("name_policy", _("客户名称重复"), "warn", _POLICY),
        Parameter("uscc_policy", _("统一社会信用代码重复"), "block", _POLICY[:2]),
        Parameter(
            "check_digit_policy",
            _("校验码不符"),
            "reason",
            (("error", _("不允许保存")), ("reason", _("说明原因后可保存")), ("warning", _("仅提示"))),
            help=_("统一社会信用代码等的校验码与国家标准不符时"),
        ),
        Parameter(
            "number_mode",
            _("编号方式"),
            "auto_editable",
            (("auto", _("自动")), ("manual", _("手工")), ("auto_editable", _("自动，可修改"))),
        ),
        Parameter("credit_enabled", _("启用信用管理"), True),
        Parameter("default_credit_days", _("默认账期（天）"), 30),
        Parameter(
            "grades",
            _("客户等级"),
            [["VIP", "VIP"], ["A", "A 级"], ["B", "B 级"], ["C", "C 级"]],
        ),
        Parameter(
            "sources",
            _("客户来源"),
            [
                ["visit", "上门拜访"],
                ["referral", "客户介绍"],
                ["exhibition", "展会"],
                ["online", "网络推广"],
                ["phone", "电话营销"],
                ["other", "其他"],
            ],
        ),
    )
}


def value_of(stored: dict[str, Any], key: str) -> Any:
    """The stored value of a parameter, or its default; KeyError for a name that does not exist."""
    return stored.get(key, PARAMETERS[key].default)
