"""Customer: the master row.

What lives here: columns, and what one row knows of itself. What does not: which columns are shown, imported, searched
(``customers.fields``), and any writing (``customers.services.writing`` alone saves customer data).
"""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from erp_site.shared.crypto import EncryptedTextField

from ..querysets import CustomerQuerySet
from .history import WrittenHistory


class Customer(models.Model):
    class Kind(models.TextChoices):
        COMPANY = "company", _("企业")
        PERSON = "person", _("个人")
        SOLE_TRADER = "sole_trader", _("个体户")
        PUBLIC = "public", _("政府/事业单位")
        OVERSEAS = "overseas", _("海外")
        PARTNER = "partner", _("合作伙伴")

    class Status(models.TextChoices):
        PROSPECT = "prospect", _("潜在")
        INTERESTED = "interested", _("意向")
        COOPERATING = "cooperating", _("合作中")
        PAUSED = "paused", _("暂停")
        ENDED = "ended", _("终止")

    class State(models.TextChoices):
        ACTIVE = "active", _("正常")
        INACTIVE = "inactive", _("停用")
        ARCHIVED = "archived", _("归档")

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="customers")
    number = models.CharField(_("客户编号"), max_length=40)
    number_key = models.CharField(max_length=40, editable=False)
    kind = models.CharField(_("客户类型"), max_length=12, choices=Kind.choices, default=Kind.COMPANY)
    name = models.CharField(_("客户名称"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    short_name = models.CharField(_("简称"), max_length=60, blank=True)
    english_name = models.CharField(_("英文名称"), max_length=200, blank=True)
    pinyin = models.CharField(_("拼音"), max_length=400, blank=True)
    mnemonic_code = models.CharField(_("助记码"), max_length=60, blank=True)
    uscc = models.CharField(_("统一社会信用代码"), max_length=20, blank=True)
    id_number = EncryptedTextField(_("证件号码"), blank=True, context="customer.id_number")
    legal_person = models.CharField(_("法定代表人"), max_length=60, blank=True)
    registered_on = models.DateField(_("成立日期"), null=True, blank=True)
    registered_capital = models.DecimalField(_("注册资本"), max_digits=20, decimal_places=2, null=True, blank=True)
    capital_currency = models.CharField(_("注册资本币种"), max_length=3, blank=True)
    category = models.ForeignKey(
        "customers.Category", models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("客户分类")
    )
    grade = models.CharField(_("客户等级"), max_length=20, blank=True)
    industry = models.CharField(_("行业"), max_length=4, blank=True)
    source = models.CharField(_("来源"), max_length=20, blank=True)
    status = models.CharField(_("合作状态"), max_length=12, choices=Status.choices, default=Status.PROSPECT)
    status_since = models.DateField(_("状态起始日期"), null=True, blank=True)
    state = models.CharField(_("档案状态"), max_length=10, choices=State.choices, default=State.ACTIVE)
    province = models.CharField(_("省份"), max_length=20, blank=True)
    city = models.CharField(_("城市"), max_length=30, blank=True)
    district = models.CharField(_("区县"), max_length=30, blank=True)
    region_code = models.CharField(_("行政区划代码"), max_length=6, blank=True)
    sales_region = models.ForeignKey(
        "customers.SalesRegion", models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("销售区域")
    )
    address = models.CharField(_("地址"), max_length=255, blank=True)
    postal_code = models.CharField(_("邮编"), max_length=10, blank=True)
    phone = EncryptedTextField(_("电话"), blank=True, context="customer.phone")
    email = models.CharField(_("邮箱"), max_length=254, blank=True)
    website = models.CharField(_("网址"), max_length=255, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="owned_customers",
        verbose_name=_("负责人"),
    )
    department = models.ForeignKey(
        "permissions.Department", models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("部门")
    )
    credit_limit = models.DecimalField(_("信用额度"), max_digits=18, decimal_places=2, null=True, blank=True)
    credit_days = models.PositiveIntegerField(_("信用期（天）"), null=True, blank=True)
    next_review_on = models.DateField(_("下次复核日期"), null=True, blank=True)
    remark = models.TextField(_("备注"), blank=True, max_length=2000)
    custom_values = models.JSONField(_("自定义字段"), default=dict, blank=True)

    version = models.PositiveIntegerField(_("版本"), default=1)
    created_at = models.DateTimeField(_("创建时间"))
    updated_at = models.DateTimeField(_("修改时间"))
    created_batch = models.ForeignKey("customers.ChangeBatch", models.PROTECT, db_index=False, related_name="+")
    last_batch = models.ForeignKey("customers.ChangeBatch", models.PROTECT, db_index=False, related_name="+")

    objects = CustomerQuerySet.as_manager()
    history = WrittenHistory(
        indexes=[models.Index(fields=["id", "history_id"], name="customer_history")],
        unindexed=("ledger", "category", "sales_region", "owner", "department", "created_batch", "last_batch", "id"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("客户")
        constraints = [
            models.UniqueConstraint(
                "ledger", "number_key", name="customer_number", violation_error_message=_("客户编号已被使用")
            ),
            models.CheckConstraint(
                condition=~models.Q(number=""),
                name="customer_has_number",
                violation_error_message=_("客户编号不能为空"),
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""), name="customer_has_name", violation_error_message=_("客户名称不能为空")
            ),
        ]
        # Every list filter ends in the pk, so that a filtered page comes out of the index already in order.
        indexes = [
            models.Index(fields=["ledger", "id"], name="customer_newest"),
            models.Index(fields=["ledger", "updated_at", "id"], name="customer_updated"),
            models.Index(fields=["ledger", "name", "id"], name="customer_by_name"),
            models.Index(fields=["ledger", "owner", "id"], name="customer_by_owner"),
            models.Index(fields=["ledger", "department", "id"], name="customer_by_department"),
            models.Index(fields=["ledger", "category", "id"], name="customer_by_category"),
            models.Index(fields=["ledger", "province", "city", "id"], name="customer_by_place"),
            models.Index(fields=["ledger", "province", "id"], name="customer_by_province"),
            models.Index(fields=["ledger", "sales_region", "id"], name="customer_by_sales_region"),
            models.Index(
                fields=["ledger", "next_review_on", "id"],
                condition=models.Q(next_review_on__isnull=False),
                name="customer_to_review",
            ),
            models.Index(fields=["ledger", "uscc"], condition=~models.Q(uscc=""), name="customer_by_uscc"),
            models.Index(fields=["created_batch", "id"], name="customer_by_batch"),
        ]

    def __str__(self):
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("customer_detail", args=[self.ledger.code, self.pk])
