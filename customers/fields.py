"""The field catalogue: every field of a customer and its parts, described once.

Form, list, filter, import mapping, export, field permission, difference and API read this description; nothing else
knows labels, synonyms or validators. What does not live here: the rules that judge a value (``customers.rules``), how a
value is shown to a reader (``presenting``), and which columns the database has (``models``).

Keys: a field of the customer row is a plain word ("name"); a field of a part is dotted ("contacts.mobile"). The flat
keys of import and export ("mobile", "bank_account") are *primary* fields: they stand for that field of the part's
primary row, and rights are asked for under the dotted key.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledgers.models import Ledger
from ledgers.parameters import choices_in
from permissions import masking
from permissions.naming import NamedField

from .models import PARTS, Contact, Customer, CustomField, FieldSetting
from .rules import identifiers, industries, invoicing

Text = str | Promise


class Type(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    CUSTOMER = "customer"
    FILE = "file"
    FORMULA = "formula"
    CATEGORY = "category"
    USER = "user"
    DEPARTMENT = "department"
    TAGS = "tags"
    SALES_REGION = "sales_region"


# Kind of a formula's result (``CustomField.formula_kind``) → the type whose form its values have.
_RESULTS = {"number": Type.DECIMAL, "date": Type.DATE, "boolean": Type.BOOLEAN}


class Group(StrEnum):
    BASIC = "basic"
    IDENTITY = "identity"
    PLACE = "place"
    CONTACT = "contact"
    INVOICE = "invoice"
    CREDIT = "credit"
    OWNERSHIP = "ownership"
    SYSTEM = "system"


GROUP_LABELS: dict[str, Text] = {
    Group.BASIC: _("基本信息"),
    Group.IDENTITY: _("工商信息"),
    Group.PLACE: _("地区与地址"),
    Group.CONTACT: _("联系方式"),
    Group.INVOICE: _("开票与银行"),
    Group.CREDIT: _("信用"),
    Group.OWNERSHIP: _("归属"),
    Group.SYSTEM: _("系统信息"),
}


@dataclass(frozen=True)
class Field:
    """One field; ``column`` is the attribute of the model row that holds it, of a set's own field its key in the JSON."""

    key: str
    label: Text
    type: Type = Type.TEXT
    group: Group = Group.BASIC
    column: str = ""
    part: str = ""  # name of the part whose row holds it; empty for the customer row
    primary: bool = False  # a flat key standing for the part's primary row
    max_length: int | None = None
    choices: tuple[tuple[str, Text], ...] = ()
    old_choices: tuple[tuple[str, Text], ...] = ()  # no longer to be chosen, still to be shown
    tones: tuple[tuple[str, str], ...] = ()  # choice → tone of its badge, where it has one
    check: Callable[[str], Any] | None = None  # text → rules' Checked(value, problem)
    checks_by_kind: tuple[
        tuple[str, Callable[[str], Any]], ...
    ] = ()  # kind of customer → the check in the place of ``check``
    right: str = ""  # under which key rights are asked, where that is not the field's own
    match: str = ""  # kind of match key that its value makes
    sensitive: bool = False
    read_only: bool = False  # shown and exported, never written from outside
    synonyms: tuple[str, ...] = ()
    help: Text = ""
    in_list: bool = False  # a column of the list until the user chooses others
    filterable: bool = False
    sortable: bool = False
    wide: bool = False
    custom: CustomField | None = field(default=None, compare=False, repr=False)  # the row of a set's own field

    @property
    def is_own(self) -> bool:
        """Whether it is one of the set's own fields (自定义字段)."""
        return self.custom is not None

    @property
    def value_type(self) -> "Type":
        """The type of its values: of a formula that of the result, of every other field its own."""
        if self.type == Type.FORMULA and self.custom is not None:
            return _RESULTS.get(self.custom.formula_kind, Type.TEXT)
        return self.type

    @property
    def is_importable(self) -> bool:
        """Whether a spreadsheet may hold it: no computed value, and no file."""
        return not self.read_only and self.type != Type.FILE

    @property
    def may_come_masked(self) -> bool:
        """Whether a text with asterisks is what a reader was shown, hence "unchanged", and no value."""
        return self.sensitive or self.type == Type.CUSTOMER

    @property
    def right_key(self) -> str:
        """The key under which field rights are asked."""
        if self.right:
            return self.right
        return f"{self.part}.{self.column}" if self.part else self.key

    @property
    def label_with_part(self) -> str:
        # A number in another system names the system already.
        told = not self.primary and self.part in PART_LABELS
        return f"{PART_LABELS[self.part]}·{self.label}" if told else str(self.label)


PART_LABELS: dict[str, Text] = {
    "contacts": _("联系人"),
    "addresses": _("地址"),
    "bank_accounts": _("银行账户"),
    "invoice_profiles": _("开票资料"),
    "licences": _("证照"),
    "former_names": _("曾用名"),
    "blocks": _("冻结"),
    "customer_tags": _("标签"),
}


def _field(key: str, label: Text, type: Type = Type.TEXT, group: Group = Group.BASIC, **more) -> Field:
    """A field of the customer row, its length read from the model where that has one."""
    column = more.pop("column", {Type.CATEGORY: "category_id", Type.USER: "owner_id"}.get(type, key))
    if "max_length" not in more and type in (Type.TEXT, Type.LONG_TEXT):
        more["max_length"] = Customer._meta.get_field(column).max_length or 200
    return Field(key, label, type, group, column, **more)


def _primary(key: str, part: str, column: str, label: Text, group: Group, **more) -> Field:
    model_field = PARTS[part]._meta.get_field(column)
    more.setdefault("max_length", model_field.max_length or 200)
    return Field(key, label, Type.TEXT, group, column, part, primary=True, **more)


_SUFFIX = ("客户", "公司", "企业", "单位")

_TAX_BY_KIND = ((Customer.Kind.OVERSEAS, identifiers.vat_number),)

BUILT_IN: tuple[Field, ...] = (
    _field(
        "number", _("客户编号"), in_list=True, sortable=True, filterable=True, match="",
        check=identifiers.number_text,
        synonyms=("编号", "客户编码", "客户代码", "客户号", "编码", "代码", "code", "customer number", "customer code",
                  "customer no", "kunnr", "ccuscode", "fnumber", "party_number", "account_number"),
        help=_("留空则按编码规则自动生成"),
    ),
    _field(
        "name", _("客户名称"), in_list=True, sortable=True, filterable=True, match="name",
        synonyms=("名称", "客户", "客户全称", "公司名称", "企业名称", "单位名称", "全称", "公司", "customer name", "customer",
                  "company", "company name", "name1", "ccusname", "fname", "party_name"),
    ),
    _field("short_name", _("简称"), filterable=True,
           synonyms=("客户简称", "公司简称", "企业简称", "short name", "abbreviation", "ccusabbname", "fshortname")),
    _field("english_name", _("英文名称"), synonyms=("英文名", "外文名称", "english name", "ccusenname")),
    _field("mnemonic_code", _("助记码"), filterable=True, help=_("留空则取名称的拼音首字母"),
           synonyms=("拼音码", "拼音首字母", "拼音简码", "mnemonic", "ccusmnemcode", "sortl")),
    _field("kind", _("客户类型"), Type.CHOICE, choices=tuple(Customer.Kind.choices), in_list=False, filterable=True,
           synonyms=("类型", "客户性质", "kind", "customer kind", "customer type")),
    _field("category", _("客户分类"), Type.CATEGORY, in_list=True, filterable=True,
           synonyms=("分类", "类别", "客户类别", "客户分组", "category", "customer category", "customer group")),
    _field("grade", _("客户等级"), Type.CHOICE, in_list=True, filterable=True,
           synonyms=("等级", "级别", "客户级别", "grade", "level", "rating")),
    _field("industry", _("行业"), Type.CHOICE, filterable=True,
           synonyms=("所属行业", "行业分类", "行业代码", "industry")),
    _field("source", _("来源"), Type.CHOICE, filterable=True, synonyms=("客户来源", "渠道", "source", "lead source")),
    _field("status", _("合作状态"), Type.CHOICE, choices=tuple(Customer.Status.choices), in_list=True, filterable=True,
           synonyms=("状态", "客户状态", "status")),
    _field("status_since", _("合作状态起始日期"), Type.DATE,
           synonyms=("状态日期", "状态起始日期", "合作开始日期", "status since", "status date"),
           help=_("留空则为改变状态的当天")),
    _field("tags", _("标签"), Type.TAGS, column="", filterable=False, synonyms=("客户标签", "tags", "label"),
           help=_("多个标签用逗号分隔"), max_length=200),
    _field(
        "uscc", _("统一社会信用代码"), group=Group.IDENTITY, in_list=False, filterable=True, match="tax",
        check=identifiers.uscc, max_length=18, checks_by_kind=((Customer.Kind.PERSON, identifiers.uscc_of_person),),
        synonyms=("信用代码", "社会信用代码", "统一信用代码", "营业执照号", "工商注册号", "credit code", "uscc", "unified social credit code",
                  "fsocialcrecode", "ccusregcode"),
    ),
    _field("id_number", _("证件号码"), group=Group.IDENTITY, check=identifiers.id_document, match="id", sensitive=True,
           max_length=30, synonyms=("身份证号", "身份证号码", "证件号", "id number", "id card"),
           help=_("个人客户的身份证、护照或通行证号码")),
    _primary("former_name", "former_names", "name", _("曾用名"), Group.IDENTITY, right="name",
             synonyms=("原名", "原名称", "旧名称", "更名前名称", "former name", "previous name")),
    _field("legal_person", _("法定代表人"), group=Group.IDENTITY,
           synonyms=("法人", "法人代表", "法定代表", "legal person", "legal representative", "clperson", "flegalperson")),
    _field("registered_on", _("成立日期"), Type.DATE, Group.IDENTITY, filterable=True,
           synonyms=("注册日期", "成立时间", "注册时间", "创立日期", "founded", "founding date", "registered on", "registration date",
                     "ffounddate")),
    _field("registered_capital", _("注册资本"), Type.MONEY, Group.IDENTITY,
           synonyms=("注册资金", "资本", "capital", "registered capital", "fregisterfund")),
    _field("province", _("省份"), group=Group.PLACE, in_list=True, filterable=True,
           synonyms=("省", "所在省", "所属省份", "省市", "地区", "所在地区", "province", "state", "region")),
    _field("city", _("城市"), group=Group.PLACE, in_list=True, filterable=True,
           synonyms=("市", "所在市", "地市", "所在城市", "city", "ort01")),
    _field("district", _("区县"), group=Group.PLACE, synonyms=("区", "县", "区/县", "所在区县", "district", "county")),
    _field("sales_region", _("销售区域"), Type.SALES_REGION, Group.PLACE, column="sales_region_id", filterable=True,
           synonyms=("区域", "大区", "销售大区", "所属区域", "业务区域", "sales region", "territory", "sales area"),
           help=_("留空则按省市归入")),
    _field("address", _("地址"), group=Group.PLACE, match="", wide=True,
           synonyms=("注册地址", "公司地址", "详细地址", "联系地址", "通讯地址", "单位地址", "经营地址", "address", "street", "stras",
                     "ccusaddress", "faddress")),
    _field("postal_code", _("邮编"), group=Group.PLACE, check=identifiers.postal_code,
           synonyms=("邮政编码", "邮政编号", "zip", "zip code", "postcode", "postal code", "pstlz", "fzip")),
    _field("phone", _("电话"), group=Group.CONTACT, check=identifiers.phone, match="phone", sensitive=True, in_list=True,
           max_length=40, filterable=True,
           synonyms=("联系电话", "电话号码", "固定电话", "座机", "公司电话", "客户电话", "办公电话", "tel", "telephone", "phone number",
                     "telf1", "ccusphone", "ftel")),
    _field("email", _("邮箱"), group=Group.CONTACT, check=identifiers.email, match="email", sensitive=True,
           filterable=True, synonyms=("电子邮箱", "电子邮件", "邮件", "邮箱地址", "e-mail", "mail", "email address", "ccusemail")),
    _field("website", _("网址"), group=Group.CONTACT, check=identifiers.website,
           synonyms=("网站", "公司网址", "官网", "主页", "website", "url", "homepage", "fwebsite")),
    _primary("contact", "contacts", "name", _("联系人"), Group.CONTACT, in_list=True,
             synonyms=("主联系人", "联系人姓名", "客户联系人", "姓名", "contact", "contact name", "contact person", "ccusperson")),
    _primary("mobile", "contacts", "mobile", _("手机"), Group.CONTACT, check=identifiers.mobile, match="phone",
             sensitive=True, max_length=40,
             synonyms=("手机号", "手机号码", "移动电话", "联系人手机", "联系手机", "mobile", "mobile phone", "cell", "cellphone", "ccushand")),
    _primary("tax_number", "invoice_profiles", "tax_number", _("纳税人识别号"), Group.INVOICE,
             check=identifiers.tax_number, checks_by_kind=_TAX_BY_KIND, match="tax", max_length=20,
             synonyms=("税号", "税务登记号", "纳税识别号", "纳税号", "tax number", "tax id", "tax no", "vat", "stcd1", "ftaxregistercode")),
    _primary("bank_name", "bank_accounts", "bank_name", _("开户行"), Group.INVOICE,
             synonyms=("开户银行", "银行", "银行名称", "开户行名称", "bank", "bank name", "ccusbank", "finvoicebankname")),
    _primary("bank_account", "bank_accounts", "account", _("银行账号"), Group.INVOICE,
             check=identifiers.bank_account, match="bank", sensitive=True, max_length=40,
             synonyms=("账号", "帐号", "银行帐号", "银行卡号", "卡号", "开户账号", "银行账户", "bank account", "account no", "iban",
                       "ccusaccount", "finvoicebankaccount")),
    _field("credit_limit", _("信用额度"), Type.MONEY, Group.CREDIT,
           synonyms=("授信额度", "信用限额", "额度", "credit limit", "icuscreline", "klimk")),
    _field("credit_days", _("信用期（天）"), Type.INTEGER, Group.CREDIT,
           synonyms=("信用期", "账期", "帐期", "信用期限", "付款期限", "credit days", "payment days", "icuscredate")),
    _field("owner", _("负责人"), Type.USER, Group.OWNERSHIP, column="owner_id", in_list=True, filterable=True,
           synonyms=("业务员", "专管业务员", "客户经理", "销售", "销售员", "跟进人", "owner", "salesperson", "sales", "account manager",
                     "ccuspperson")),
    _field("department", _("部门"), Type.DEPARTMENT, Group.OWNERSHIP, column="department_id", filterable=True,
           synonyms=("所属部门", "分管部门", "销售部门", "department", "ccusdepart")),
    _field("next_review_on", _("下次复核日期"), Type.DATE, Group.OWNERSHIP, filterable=True,
           synonyms=("复核日期", "下次复核", "复核到期日", "next review", "review date"),
           help=_("留空则按分类的复核周期")),
    _field("remark", _("备注"), Type.LONG_TEXT, wide=True,
           synonyms=("说明", "备注信息", "附注", "描述", "remark", "remarks", "note", "notes", "comment", "memo", "ccusmemo")),
    _field("state", _("档案状态"), Type.CHOICE, Group.SYSTEM, choices=tuple(Customer.State.choices), filterable=True,
           read_only=True),
    _field("created_at", _("创建时间"), Type.DATE, Group.SYSTEM, read_only=True),
    _field("updated_at", _("修改时间"), Type.DATE, Group.SYSTEM, read_only=True, in_list=True, sortable=True),
)  # fmt: skip


def _part(part: str, column: str, label: Text, type: Type = Type.TEXT, **more) -> Field:
    model_field = PARTS[part]._meta.get_field(column)
    if type == Type.TEXT:
        more.setdefault("max_length", model_field.max_length or 40)
    if model_field.choices:
        more["choices"] = tuple(model_field.choices)
        type = Type.CHOICE
    return Field(f"{part}.{column}", label, type, Group.CONTACT, column, part, **more)


_PHONE = {"check": identifiers.phone, "match": "phone", "sensitive": True}

PART_FIELDS: tuple[Field, ...] = (
    _part("contacts", "name", _("姓名")),
    _part("contacts", "title", _("职务")),
    _part("contacts", "role", _("角色"), help=Contact._meta.get_field("role").help_text),
    _part("contacts", "mobile", _("手机"), check=identifiers.mobile, match="phone", sensitive=True),
    _part("contacts", "phone", _("电话"), **_PHONE),
    _part("contacts", "email", _("邮箱"), check=identifiers.email, match="email", sensitive=True),
    _part("contacts", "wechat", _("微信")),
    _part("contacts", "preferred_channel", _("首选联系方式")),
    _part("contacts", "birthday", _("生日"), Type.DATE),
    _part("contacts", "is_primary", _("主联系人"), Type.BOOLEAN),
    _part("contacts", "remark", _("备注")),
    _part("addresses", "use", _("用途")),
    _part("addresses", "province", _("省份")),
    _part("addresses", "city", _("城市")),
    _part("addresses", "district", _("区县")),
    _part("addresses", "line", _("详细地址"), wide=True),
    _part("addresses", "postal_code", _("邮编"), check=identifiers.postal_code),
    _part("addresses", "receiver", _("收件人")),
    _part("addresses", "phone", _("电话"), **_PHONE),
    _part("addresses", "is_default", _("默认"), Type.BOOLEAN),
    _part("bank_accounts", "bank_name", _("开户行")),
    _part("bank_accounts", "account", _("银行账号"), check=identifiers.bank_account, match="bank", sensitive=True),
    _part("bank_accounts", "account_name", _("户名")),
    _part("bank_accounts", "cnaps", _("联行号"), check=identifiers.cnaps, help=_("境外银行填 SWIFT 代码")),
    _part("bank_accounts", "currency", _("币种")),
    _part("bank_accounts", "is_default", _("默认"), Type.BOOLEAN),
    _part("invoice_profiles", "title", _("发票抬头"), wide=True),
    _part(
        "invoice_profiles",
        "tax_number",
        _("纳税人识别号"),
        check=identifiers.tax_number,
        checks_by_kind=_TAX_BY_KIND,
        match="tax",
    ),
    _part("invoice_profiles", "taxpayer_kind", _("纳税人类型")),
    _part("invoice_profiles", "invoice_kind", _("发票类型")),
    _part("invoice_profiles", "bank_name", _("开户行")),
    _part("invoice_profiles", "account", _("银行账号"), check=identifiers.bank_account, match="bank", sensitive=True),
    _part("invoice_profiles", "address", _("地址")),
    _part("invoice_profiles", "phone", _("电话"), **_PHONE),
    _part("invoice_profiles", "tax_rate", _("税率（%）"), Type.DECIMAL, check=invoicing.tax_rate),
    _part("invoice_profiles", "starts_on", _("启用日期"), Type.DATE),
    _part("invoice_profiles", "ends_on", _("停用日期"), Type.DATE),
    _part("invoice_profiles", "is_default", _("默认"), Type.BOOLEAN),
    _part("licences", "kind", _("证照类型")),
    _part("licences", "number", _("证照编号")),
    _part("licences", "issuer", _("发证机关")),
    _part("licences", "starts_on", _("有效期自"), Type.DATE),
    _part("licences", "ends_on", _("有效期至"), Type.DATE, help=_("空为长期")),
    _part("licences", "remark", _("备注")),
    # Whoever may read what a customer is called may read what he was called, and nobody else.
    _part("former_names", "name", _("曾用名"), match="name", right="name", wide=True),
    _part("former_names", "from_on", _("使用自"), Type.DATE, right="name"),
    _part("former_names", "until_on", _("使用至"), Type.DATE, right="name"),
    _part("blocks", "process", _("冻结范围")),
    _part("blocks", "reason", _("冻结原因"), wide=True),
    _part("blocks", "starts_on", _("冻结自"), Type.DATE),
    _part("blocks", "ends_on", _("自动解冻日"), Type.DATE),
)

FOREIGN_PREFIX = "foreign:"

# kind of match key → right keys of every field whose values make such keys
RIGHTS_OF_MATCH: dict[str, frozenset[str]] = {
    kind: frozenset(each.right_key for each in (*BUILT_IN, *PART_FIELDS) if each.match == kind)
    for kind in {each.match for each in (*BUILT_IN, *PART_FIELDS)} - {""}
}

# What the pipeline can fill in from other values of a new customer: a file without such a column may still be complete.
DERIVABLE = frozenset(
    {"short_name", "mnemonic_code", "province", "city", "district", "sales_region", "owner", "department"}
)


@dataclass(frozen=True)
class Catalogue:
    """The fields of one account set: built-in ones with the set's own choices, then the set's own fields in their order.

    Loaded anew for every request and every pipeline (two queries), so that a changed field is in force at once. What the set says of
    a field (``settings``: name, help, group, place) is in it already; fields that it does not use (``unused``) are known by key only.
    What a category says, and what must be filled in when, is judged by ``rulebook.book``.
    """

    ledger: Any
    fields: tuple[Field, ...] = field(default=())
    settings: tuple[FieldSetting, ...] = field(default=(), repr=False)
    unused: tuple[Field, ...] = field(default=())

    @classmethod
    def of(cls, ledger) -> "Catalogue":
        own = {
            "grade": _listed(ledger.parameter("grades")),
            "source": _listed(ledger.parameter("sources")),
            "industry": {"choices": tuple(industries.industry_choices())},
        }
        fields = tuple(replace(each, **own.get(each.key, {})) for each in BUILT_IN)
        settings = tuple(FieldSetting.objects.filter(ledger=ledger))
        used, unused = arranged((*fields, *own_fields(ledger)), settings)
        return cls(ledger, used, settings, unused)

    @cached_property
    def own(self) -> tuple[Field, ...]:
        """The set's own fields."""
        return tuple(each for each in (*self.fields, *self.unused) if each.is_own)

    @cached_property
    def groups(self) -> dict[str, Text]:
        """id → heading of every group that fields stand in; the set's own groups are called by their id."""
        return GROUP_LABELS | {each.group: each.group for each in self.fields if each.group not in GROUP_LABELS}

    @cached_property
    def by_key(self) -> dict[str, Field]:
        return {each.key: each for each in (*self.unused, *self.fields, *self._part_fields)}

    @cached_property
    def _part_fields(self) -> tuple[Field, ...]:
        if not any("." in each.field for each in self.settings):
            return PART_FIELDS
        used, unused = arranged(PART_FIELDS, self.settings)
        return (*used, *unused)

    def get(self, key: str) -> Field | None:
        """The field of a key; ``foreign:SYSTEM`` keys describe themselves."""
        if key.startswith(FOREIGN_PREFIX):
            return foreign_field(key.removeprefix(FOREIGN_PREFIX))
        return self.by_key.get(key)

    def of_part(self, part: str) -> tuple[Field, ...]:
        unused = unused_keys(self.settings)
        return tuple(each for each in self._part_fields if each.part == part and each.key not in unused)

    @cached_property
    def required(self) -> frozenset[str]:
        """Fields that every customer must have, whatever his category, kind and stage."""
        own = {each.key for each in self.own if each.custom.is_required and not each.read_only}
        needs = {each.field: each.need for each in self.settings if each.category_id is None and each.need}
        asked = {key for key, need in needs.items() if need == FieldSetting.Need.REQUIRED and "." not in key}
        return (frozenset(self.ledger.parameter("required_fields")) | own) - needs.keys() | asked | {"name"}

    def readable(self, actor, fields: Iterable[Field] | None = None) -> list[Field]:
        """Fields that the actor gets at least masked."""
        return [each for each in (self.fields if fields is None else fields) if actor.field_level(each.right_key) > 0]

    def editable(self, actor, fields: Iterable[Field] | None = None) -> list[Field]:
        """Fields that the actor may write."""
        return [
            each
            for each in (self.fields if fields is None else fields)
            if not each.read_only and actor.may_edit(each.right_key)
        ]


def _listed(stored: list[list]) -> dict[str, tuple]:
    """What a list parameter (grades, sources) says of its field."""
    entries = choices_in(stored)
    return {
        "choices": tuple((each.code, each.label) for each in entries if each.is_active),
        "old_choices": tuple((each.code, each.label) for each in entries if not each.is_active),
        "tones": tuple((each.code, each.tone) for each in entries if each.tone),
    }


def unused_keys(settings: Iterable[FieldSetting]) -> set[str]:
    """Fields that the set does not use, and no category of it either."""
    hidden, wanted = set(), set()
    for each in settings:
        if each.need == FieldSetting.Need.HIDDEN and each.category_id is None:
            hidden.add(each.field)
        elif each.need and each.need != FieldSetting.Need.HIDDEN:
            wanted.add(each.field)
    return hidden - wanted - {"name"}


def arranged(
    fields: tuple[Field, ...], settings: Iterable[FieldSetting]
) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """(fields in use, fields not in use) with the names, help texts, groups and places that the set gave them.

    A field without a place of its own stands at ten times its number in the catalogue: 15 lies between the first and the second. A
    renamed field is still known by its old name in the headings of a file.
    """
    said = {each.field: each for each in settings if each.category_id is None}
    if not said:
        return fields, ()
    unused = unused_keys(settings)
    placed = []
    for number, each in enumerate(fields, 1):
        setting = said.get(each.key)
        if setting is not None:
            changes: dict[str, Any] = {"help": setting.help_text or each.help, "group": setting.group or each.group}
            if setting.label and setting.label != str(each.label):
                changes |= {"label": setting.label, "synonyms": (*each.synonyms, str(each.label))}
            each = replace(each, **changes)
        place = setting.position if setting is not None and setting.position is not None else number * 10
        placed.append((place, number, each))
    placed.sort(key=lambda entry: entry[:2])
    ordered = [each for _place, _number, each in placed]
    return tuple(e for e in ordered if e.key not in unused), tuple(e for e in ordered if e.key in unused)


# --- a set's own fields -----------------------------------------------------------------------------------------------

_OWN_TYPES: dict[str, Type] = {
    CustomField.Type.EMAIL: Type.TEXT,
    CustomField.Type.PHONE: Type.TEXT,
    CustomField.Type.URL: Type.TEXT,
}
_OWN_CHECKS = {
    CustomField.Type.EMAIL: identifiers.email,
    CustomField.Type.PHONE: identifiers.phone,
    CustomField.Type.URL: identifiers.website,
}
# The longest text of each type, where the field says nothing shorter.
OWN_LENGTHS: dict[str, int] = {
    CustomField.Type.TEXT: 500,
    CustomField.Type.LONG_TEXT: 5_000,
    CustomField.Type.EMAIL: 254,
    CustomField.Type.PHONE: 40,
    CustomField.Type.URL: 255,
}
# Values of these types stand in no order that means anything to a reader.
_UNORDERED = {Type.MULTI_CHOICE, Type.CUSTOMER, Type.FILE, Type.LONG_TEXT}
_UNFILTERED = {Type.FILE, Type.LONG_TEXT}


def own_fields(ledger, states: Iterable[str] = (CustomField.State.ACTIVE,)) -> tuple[Field, ...]:
    """The set's own fields in these states, in their order; one query."""
    rows = CustomField.objects.filter(ledger=ledger, state__in=states).select_related("choice_set")
    taken = {str(each.label).strip().casefold() for each in BUILT_IN}
    fields = []
    for row in rows.order_by("position", "pk"):
        row.ledger = ledger
        fields.append(own_field(row, label_is_taken=row.label.strip().casefold() in taken))
        taken.add(row.label.strip().casefold())
    return tuple(fields)


def own_field(row: CustomField, *, label_is_taken: bool = False) -> Field:
    """The catalogue's description of a set's own field. One whose label another field bears is told apart by its key."""
    type_ = _OWN_TYPES.get(row.type) or Type(row.type)
    options = row.choice_set.options if row.choice_set_id and type_ in (Type.CHOICE, Type.MULTI_CHOICE) else ()
    longest = OWN_LENGTHS.get(row.type)
    is_offered = row.is_filterable and row.is_indexed and type_ not in _UNFILTERED
    return Field(
        row.key,
        f"{row.label}（{row.key}）" if label_is_taken else row.label,
        type_,
        row.group,
        row.key,
        max_length=min(row.max_length or longest, longest) if longest else None,
        choices=tuple((each["value"], each["label"]) for each in options if each.get("is_active", True)),
        old_choices=tuple((each["value"], each["label"]) for each in options if not each.get("is_active", True)),
        check=_OWN_CHECKS.get(row.type),
        sensitive=row.is_sensitive,
        read_only=type_ == Type.FORMULA,
        synonyms=(row.label,) if label_is_taken else (),
        help=row.help_text,
        in_list=row.in_list,
        filterable=is_offered,
        sortable=is_offered and not row.is_sensitive and type_ not in _UNORDERED,
        wide=type_ == Type.LONG_TEXT,
        custom=row,
    )


_MASKS = {
    CustomField.Type.EMAIL: "email",
    CustomField.Type.PHONE: "phone",
    CustomField.Type.TEXT: "id_number",
    CustomField.Type.LONG_TEXT: masking.WHOLE,
}


def sensitive_keys(ledger_id: int) -> dict[str, str]:
    """key → kind of masking of the set's own sensitive fields, whatever their state: old values stay protected."""
    rows = CustomField.objects.filter(ledger_id=ledger_id, is_sensitive=True).values_list("key", "type")
    return {key: _MASKS.get(type_, masking.WHOLE) for key, type_ in rows}


_NAMED = re.compile(r"\[([^\[\]]+)\]")


def formula_inputs(ledger_id: int) -> dict[str, frozenset[str]]:
    """key of each formula → right keys of all the fields that it is computed from; formulas in between are resolved."""
    rights = {each.key: each.right_key for each in BUILT_IN}
    rows = CustomField.objects.filter(ledger_id=ledger_id, type=CustomField.Type.FORMULA).values_list("key", "formula")
    read = {key: set(_NAMED.findall(formula)) for key, formula in rows}
    found = {}
    for key in read:
        reached, waiting = set(), [*read[key]]
        while waiting:
            each = waiting.pop()
            if each not in reached:
                reached.add(each)
                waiting += read.get(each, ())
        found[key] = frozenset(rights.get(each, each) for each in reached - read.keys())
    return found


def named_fields(ledger_id: int) -> list[NamedField]:
    """Every field that rights can be given on, once, in the set's own words and order; parts come after the customer's own fields."""
    catalogue = Catalogue.of(Ledger.objects.get(pk=ledger_id))
    found: dict[str, NamedField] = {}
    for each in (*catalogue.fields, *catalogue.unused, *catalogue._part_fields):
        group = catalogue.groups.get(each.group, each.group)
        is_sensitive = each.sensitive or bool(each.custom and each.custom.is_sensitive)
        label = str(each.label_with_part if each.part else each.label)
        found.setdefault(each.right_key, NamedField(each.right_key, label, str(group), is_sensitive))
    return list(found.values())


def foreign_field(system: str) -> Field:
    """The field that holds a customer's number in another system."""
    return Field(f"{FOREIGN_PREFIX}{system}", f"{system} {_('编号')}", group=Group.BASIC, column="number", max_length=60,
                 part="foreign_numbers")  # fmt: skip
