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
    between: tuple[int, int] | None = None  # bounds of a whole number
    pattern: str = ""  # of a text parameter: what its values must match as a whole


ZONES = (
    ("Asia/Shanghai", _("北京时间")),
    ("Asia/Hong_Kong", _("香港")),
    ("Asia/Singapore", _("新加坡")),
    ("Asia/Tokyo", _("东京")),
    ("Asia/Dubai", _("迪拜")),
    ("Europe/London", _("伦敦")),
    ("Europe/Berlin", _("柏林")),
    ("America/New_York", _("纽约")),
    ("America/Los_Angeles", _("洛杉矶")),
    ("UTC", "UTC"),
)

_POLICY = (("block", _("禁止")), ("warn", _("提示，说明原因后可保存")), ("allow", _("允许")))

PARAMETERS: dict[str, Parameter] = {
    parameter.key: parameter
    for parameter in (
        Parameter(
            "accounting_mode",
            _("核算方式"),
            "independent",
            (
                ("independent", _("独立核算")),
                ("central", _("总部统一核算")),
                ("department", _("按部门核算")),
                ("project", _("按项目核算")),
            ),
            help=_("账套的客户往来由谁、按什么口径核算"),
        ),
        Parameter(
            "time_zone", _("时区"), "Asia/Shanghai", ZONES, help=_("期间从该时区的零点开始，到最后一天的二十四点结束")
        ),
        Parameter(
            "rate_rule",
            _("折算规则"),
            "spot",
            (
                ("spot", _("当日汇率：业务日期当天有效的汇率")),
                ("fixed", _("固定汇率：整个会计年度用年初有效的汇率")),
                ("average", _("期间平均：该期间内登记的各汇率的平均数")),
            ),
        ),
        Parameter(
            "rounding_mode",
            _("舍入方式"),
            "half_up",
            (
                ("half_up", _("四舍五入")),
                ("half_even", _("四舍六入五成双")),
                ("down", _("舍去")),
                ("up", _("进位")),
            ),
        ),
        Parameter("currency_decimals", _("金额小数位"), {}, help=_("没有写明的币种按国际惯例：人民币 2 位，日元 0 位")),
        Parameter("required_fields", _("必填字段"), ["name"], help=_("新增客户时必须填写的字段")),
        Parameter(
            "required_by_kind",
            _("按客户类型必填"),
            {},
            help=_("某一类型的客户另外必须填写的字段，如企业填统一社会信用代码"),
        ),
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
        Parameter("number_min_length", _("编号最短"), 5, between=(1, 30), help=_("手工填写的客户编号至少几位")),
        Parameter("number_max_length", _("编号最长"), 20, between=(1, 30), help=_("客户编号最多几位")),
        Parameter(
            "number_pattern_policy",
            _("手工编号不合规则"),
            "warning",
            (
                ("error", _("不允许保存")),
                ("reason", _("说明原因后可保存")),
                ("warning", _("仅提示")),
                ("allow", _("允许")),
            ),
        ),
        Parameter("share_days", _("客户共享默认天数"), 30, between=(1, 3650), help=_("共享一位客户时先填好的期限")),
        Parameter("share_max_days", _("客户共享最长天数"), 365, between=(1, 3650), help=_("到期后共享自动失效")),
        Parameter("credit_enabled", _("启用信用管理"), True),
        Parameter(
            "delegate_administration",
            _("代理可以传递账套设置、成员与权限"),
            False,
            help=_("不允许时，账套主管休假也只能传递日常权限"),
        ),
        Parameter("default_credit_days", _("默认账期（天）"), 30),
        Parameter(
            "category_levels",
            _("分类编码级次"),
            "",
            help=_("每一级编码的位数，如 2-2-3；空为不限"),
            pattern=r"([1-9](-[1-9]){0,5})?",
        ),
        Parameter(
            "grades",
            _("客户等级"),
            [["VIP", "VIP"], ["A", "A 级"], ["B", "B 级"], ["C", "C 级"]],
        ),
        Parameter(
            "shared_fields",
            _("集团统一维护的字段"),
            [
                "name",
                "short_name",
                "english_name",
                "kind",
                "uscc",
                "legal_person",
                "registered_on",
                "registered_capital",
                "industry",
                "province",
                "city",
                "district",
                "address",
                "postal_code",
                "website",
            ],
            help=_("作为集团账套时，分配给公司账套的客户跟随这些字段"),
        ),
        Parameter(
            "status_steps",
            _("合作状态的变更规则"),
            # from → to → codes of the roles that may take the step, none for everybody who may edit; "" is a new customer.
            {
                "": {"prospect": [], "interested": [], "cooperating": [], "paused": [], "ended": []},
                "prospect": {"interested": [], "cooperating": [], "ended": []},
                "interested": {"prospect": [], "cooperating": [], "ended": []},
                "cooperating": {"paused": [], "ended": []},
                "paused": {"cooperating": [], "ended": []},
                "ended": {"prospect": [], "interested": [], "cooperating": []},
            },
            help=_("从哪个状态可以改为哪个状态，由哪些角色来改"),
        ),
        Parameter("licence_warning_days", _("证照到期提前提醒（天）"), 30),
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


# The screen's tones, by the colours that people call them.
TONES = {"": _("灰"), "primary": _("蓝"), "success": _("绿"), "warning": _("橙"), "danger": _("红"), "info": _("青")}


@dataclass(frozen=True)
class Choice:
    """One entry of a list parameter (grades, sources), stored as [code, label], [code, label, tone] or [code, label, tone, False]."""

    code: str
    label: str
    tone: str = ""
    is_active: bool = True

    def stored(self) -> list:
        """The shortest form that says it."""
        full = [self.code, self.label, self.tone, self.is_active]
        return full if not self.is_active else full[: 3 if self.tone else 2]


def choices_in(value: list[list]) -> list[Choice]:
    """The entries of a list parameter, in order: the one reader of its stored forms."""
    return [Choice(*entry) for entry in value]


def value_of(stored: dict[str, Any], key: str) -> Any:
    """The stored value of a parameter, or its default; KeyError for a name that does not exist."""
    return stored.get(key, PARAMETERS[key].default)
