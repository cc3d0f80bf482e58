"""A set's own fields, what it says of built-in ones, its choice sets, entry templates and cross-field rules.

What lives here: tables. What does not: how a field behaves at a door (``customers.fields`` joins these rows to the catalogue) and
what an expression means (``customers.rules.expressions``).
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class ChoiceSet(models.Model):
    """选项集: the options of one or several choice fields; ``options`` is [{value, label, colour, is_active}] in order."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="choice_sets")
    code = models.CharField(_("编码"), max_length=30)
    name = models.CharField(_("名称"), max_length=60)
    options = models.JSONField(_("选项"), default=list)

    class Meta:
        verbose_name = verbose_name_plural = _("选项集")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                "ledger", Lower("code"), name="choice_set_code", violation_error_message=_("选项集编码已存在")
            )
        ]

    def __str__(self):
        return self.name


class CustomField(models.Model):
    """自定义字段 of a set. Its values stand in ``Customer.custom_values`` under ``key``, typed copies in CustomValue."""

    class Type(models.TextChoices):
        TEXT = "text", _("单行文本")
        LONG_TEXT = "long_text", _("多行文本")
        INTEGER = "integer", _("整数")
        DECIMAL = "decimal", _("小数")
        MONEY = "money", _("金额")
        DATE = "date", _("日期")
        BOOLEAN = "boolean", _("是/否")
        CHOICE = "choice", _("单选")
        MULTI_CHOICE = "multi_choice", _("多选")
        CUSTOMER = "customer", _("引用客户")
        USER = "user", _("引用用户")
        EMAIL = "email", _("邮箱")
        PHONE = "phone", _("电话")
        URL = "url", _("网址")
        FILE = "file", _("附件")
        FORMULA = "formula", _("公式")

    class State(models.TextChoices):
        ACTIVE = "active", _("启用")
        DISABLED = "disabled", _("停用")
        CONVERTING = "converting", _("正在转换类型")
        DELETED = "deleted", _("已删除")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="custom_fields")
    key = models.CharField(_("字段键"), max_length=40, help_text=_("以 x_ 开头，导入导出和接口用它认字段"))
    label = models.CharField(_("名称"), max_length=40)
    type = models.CharField(_("类型"), max_length=14, choices=Type.choices)
    group = models.CharField(_("分组"), max_length=30, default="basic")
    position = models.PositiveIntegerField(_("顺序"), default=0)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ACTIVE)
    help_text = models.CharField(_("填写说明"), max_length=200, blank=True)
    default = models.JSONField(_("默认值"), null=True, blank=True)
    max_length = models.PositiveIntegerField(_("最大长度"), null=True, blank=True)
    min_length = models.PositiveIntegerField(_("最小长度"), null=True, blank=True)
    # Bounds of numbers and dates, as text so that one column holds both: "0.5", "2020-01-01".
    lowest = models.CharField(_("最小值"), max_length=30, blank=True)
    highest = models.CharField(_("最大值"), max_length=30, blank=True)
    decimals = models.PositiveSmallIntegerField(_("小数位"), default=2)
    pattern = models.CharField(_("格式（正则表达式）"), max_length=200, blank=True)
    pattern_message = models.CharField(_("格式不符时的提示"), max_length=100, blank=True)
    choice_set = models.ForeignKey(
        ChoiceSet, models.PROTECT, null=True, blank=True, related_name="fields", verbose_name=_("选项集")
    )
    formula = models.TextField(_("公式"), max_length=500, blank=True)
    # The kind of the formula's result ("number", "text", "date", "boolean"), set whenever the formula is saved.
    formula_kind = models.CharField(max_length=10, blank=True, editable=False)
    is_required = models.BooleanField(_("必填"), default=False)
    is_unique = models.BooleanField(_("不可重复"), default=False)
    is_filterable = models.BooleanField(_("可筛选和排序"), default=True)
    is_searchable = models.BooleanField(_("可搜索"), default=False)
    is_sensitive = models.BooleanField(_("敏感"), default=False, help_text=_("加密保存，无权者只见脱敏内容"))
    in_list = models.BooleanField(_("默认显示在列表"), default=False)
    # Whether copies and search text of every stored value are made; until then nobody can filter, sort or search by it.
    is_indexed = models.BooleanField(default=True, editable=False)
    # How far the background work on the stored values has come: the last customer that is done.
    worked_to = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("自定义字段")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "key", name="custom_field_key", violation_error_message=_("字段键已存在")
            ),
        ]

    def __str__(self):
        return self.label


class CustomValue(models.Model):
    """One value of a filterable or unique field, typed so that an index can answer; the record is the JSON on the row.

    ``text`` holds the folded beginning of texts, option values and user/customer ids; ``number`` integers, amounts, 1/0 and the
    ordinals of days; of a sensitive value only a keyed hash stands in ``text``. ``claim`` is a keyed hash of the whole comparison
    form of a value that may exist once in the set.
    """

    field = models.ForeignKey(CustomField, models.CASCADE, db_index=False, related_name="values")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, db_index=False, related_name="own_values")
    text = models.CharField(max_length=100, null=True)  # noqa: DJ001  null: the value is of the other type
    number = models.DecimalField(max_digits=26, decimal_places=6, null=True)
    claim = models.CharField(max_length=64, null=True)  # noqa: DJ001  a hash; null: may repeat

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "field", "claim", name="custom_value_once", violation_error_message=_("该值已被另一个客户使用")
            )
        ]
        indexes = [
            models.Index(fields=["customer", "field"], name="custom_value_customer"),
            models.Index(
                fields=["field", "text", "customer"],
                name="custom_value_text",
                condition=models.Q(text__isnull=False),
            ),
            models.Index(
                fields=["field", "number", "customer"],
                name="custom_value_number",
                condition=models.Q(number__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.field_id} {self.customer_id}"


class FieldSetting(models.Model):
    """What a set, or one of its categories, says of a field (built-in or its own): name, need, condition, place.

    The setting nearest to the customer's category wins, value by value; a blank value says nothing.
    """

    class Need(models.TextChoices):
        OPTIONAL = "optional", _("选填")
        REQUIRED = "required", _("必填")
        HIDDEN = "hidden", _("不使用")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="field_settings")
    field = models.CharField(_("字段"), max_length=60)
    category = models.ForeignKey(
        "customers.Category", models.CASCADE, null=True, blank=True, related_name="field_settings"
    )
    label = models.CharField(_("显示名称"), max_length=40, blank=True)
    help_text = models.CharField(_("填写说明"), max_length=200, blank=True)
    need = models.CharField(_("要求"), max_length=10, choices=Need.choices, blank=True)
    # The cooperation status from which on the field is required ("required by stage").
    required_from = models.CharField(_("自此合作状态起必填"), max_length=12, blank=True)
    visible_when = models.CharField(_("显示条件"), max_length=300, blank=True)
    required_when = models.CharField(_("必填条件"), max_length=300, blank=True)
    default = models.JSONField(_("默认值"), null=True, blank=True)
    group = models.CharField(_("分组"), max_length=30, blank=True)
    position = models.PositiveIntegerField(_("顺序"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("字段设置")
        constraints = [
            models.UniqueConstraint("ledger", "field", "category", name="field_setting_once"),
            models.UniqueConstraint(
                "ledger", "field", condition=models.Q(category=None), name="field_setting_once_for_all"
            ),
        ]

    def __str__(self):
        return self.field


class EntryTemplate(models.Model):
    """录入模板: a named layout of the form for a kind of customer or for roles, with defaults and required fields."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="entry_templates")
    code = models.CharField(_("编码"), max_length=30)
    name = models.CharField(_("名称"), max_length=40)
    kinds = models.JSONField(_("客户类型"), default=list, blank=True)
    roles = models.JSONField(_("角色"), default=list, blank=True, help_text=_("角色编码；空为所有角色"))
    # [{"label": "基本信息", "fields": ["name", …]}]; empty: every field, in the catalogue's order.
    sections = models.JSONField(_("版面"), default=list, blank=True)
    defaults = models.JSONField(_("默认值"), default=dict, blank=True)
    required = models.JSONField(_("必填字段"), default=list, blank=True)
    position = models.PositiveIntegerField(_("顺序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("录入模板")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                "ledger", Lower("code"), name="entry_template_code", violation_error_message=_("模板编码已存在")
            )
        ]

    def __str__(self):
        return self.name


class ValidationRule(models.Model):
    """校验规则 across fields: when ``when`` holds, ``required`` fields must be filled and ``must_hold`` must be true."""

    class Severity(models.TextChoices):
        ERROR = "error", _("不允许保存")
        REASON = "reason", _("说明原因后可保存")
        WARNING = "warning", _("仅提示")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="validation_rules")
    name = models.CharField(_("名称"), max_length=60)
    when = models.CharField(_("条件"), max_length=300, blank=True, help_text=_("空为总是"))
    required = models.JSONField(_("则必填"), default=list, blank=True)
    must_hold = models.CharField(_("则须满足"), max_length=300, blank=True)
    message = models.CharField(_("提示"), max_length=200, blank=True)
    severity = models.CharField(_("程度"), max_length=10, choices=Severity.choices, default=Severity.ERROR)
    position = models.PositiveIntegerField(_("顺序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("校验规则")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class StoredFile(models.Model):
    """A file held by a custom field: bytes outside the web root, reached only through a permission check."""

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, related_name="+")
    token = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("文件名"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("文件")

    def __str__(self):
        return self.name
