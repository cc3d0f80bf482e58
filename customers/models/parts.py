"""The parts of a customer: contacts, addresses, bank accounts, invoice profiles, licences, former names, blocks, tags.

Each part carries its ledger, so that no query needs the customer row to stay within one set.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from erp_site.shared.crypto import EncryptedTextField

from .history import WrittenHistory


def _history(name: str) -> WrittenHistory:
    return WrittenHistory(
        indexes=[models.Index(fields=["customer", "history_id"], name=f"{name}_history")],
        unindexed=("ledger", "customer", "id"),
    )


class Part(models.Model):
    """What all parts share."""

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE)

    class Meta:
        abstract = True


class Contact(Part):
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    title = models.CharField(_("职务"), max_length=60, blank=True)
    role = models.CharField(_("角色"), max_length=60, blank=True, help_text=_("如：采购、财务、决策人"))
    mobile = EncryptedTextField(_("手机"), blank=True, context="contact.mobile")
    phone = EncryptedTextField(_("电话"), blank=True, context="contact.phone")
    email = models.CharField(_("邮箱"), max_length=254, blank=True)
    wechat = models.CharField(_("微信"), max_length=60, blank=True)
    preferred_channel = models.CharField(
        _("首选联系方式"),
        max_length=10,
        blank=True,
        choices=[("mobile", _("手机")), ("phone", _("电话")), ("email", _("邮箱")), ("wechat", _("微信"))],
    )
    birthday = models.DateField(_("生日"), null=True, blank=True)
    is_primary = models.BooleanField(_("主联系人"), default=False)
    remark = models.CharField(_("备注"), max_length=200, blank=True)

    history = _history("contact")

    class Meta:
        verbose_name = verbose_name_plural = _("联系人")
        ordering = ["-is_primary", "pk"]
        default_related_name = "contacts"

    def __str__(self):
        return self.name


class Address(Part):
    class Use(models.TextChoices):
        REGISTERED = "registered", _("注册")
        SHIPPING = "shipping", _("收货")
        BILLING = "billing", _("开票")
        OTHER = "other", _("其他")

    use = models.CharField(_("用途"), max_length=12, choices=Use.choices, default=Use.SHIPPING)
    province = models.CharField(_("省份"), max_length=20, blank=True)
    city = models.CharField(_("城市"), max_length=30, blank=True)
    district = models.CharField(_("区县"), max_length=30, blank=True)
    line = models.CharField(_("详细地址"), max_length=255)
    postal_code = models.CharField(_("邮编"), max_length=10, blank=True)
    receiver = models.CharField(_("收件人"), max_length=60, blank=True)
    phone = EncryptedTextField(_("电话"), blank=True, context="address.phone")
    is_default = models.BooleanField(_("默认"), default=False)

    history = _history("address")

    class Meta:
        verbose_name = verbose_name_plural = _("地址")
        ordering = ["use", "-is_default", "pk"]
        default_related_name = "addresses"

    def __str__(self):
        return self.line


class BankAccount(Part):
    bank_name = models.CharField(_("开户行"), max_length=120, blank=True)
    account = EncryptedTextField(_("银行账号"), context="bank_account.account")
    account_name = models.CharField(_("户名"), max_length=200, blank=True)
    cnaps = models.CharField(_("联行号"), max_length=14, blank=True)
    currency = models.CharField(_("币种"), max_length=3, default="CNY")
    is_default = models.BooleanField(_("默认"), default=False)

    history = _history("bankaccount")

    class Meta:
        verbose_name = verbose_name_plural = _("银行账户")
        ordering = ["-is_default", "pk"]
        default_related_name = "bank_accounts"

    def __str__(self):
        return self.bank_name


class InvoiceProfile(Part):
    class TaxpayerKind(models.TextChoices):
        GENERAL = "general", _("一般纳税人")
        SMALL = "small", _("小规模纳税人")
        OTHER = "other", _("其他")

    class InvoiceKind(models.TextChoices):
        SPECIAL = "special", _("增值税专用发票")
        ORDINARY = "ordinary", _("增值税普通发票")

    title = models.CharField(_("发票抬头"), max_length=200)
    tax_number = models.CharField(_("纳税人识别号"), max_length=20, blank=True)
    taxpayer_kind = models.CharField(_("纳税人类型"), max_length=10, choices=TaxpayerKind.choices, blank=True)
    invoice_kind = models.CharField(_("发票类型"), max_length=10, choices=InvoiceKind.choices, blank=True)
    bank_name = models.CharField(_("开户行"), max_length=120, blank=True)
    account = EncryptedTextField(_("银行账号"), blank=True, context="invoice_profile.account")
    address = models.CharField(_("地址"), max_length=255, blank=True)
    phone = EncryptedTextField(_("电话"), blank=True, context="invoice_profile.phone")
    tax_rate = models.DecimalField(_("税率（%）"), max_digits=5, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField(_("启用日期"), null=True, blank=True)
    ends_on = models.DateField(_("停用日期"), null=True, blank=True)
    is_default = models.BooleanField(_("默认"), default=False)

    history = _history("invoiceprofile")

    class Meta:
        verbose_name = verbose_name_plural = _("开票资料")
        ordering = ["-is_default", "pk"]
        default_related_name = "invoice_profiles"

    def __str__(self):
        return self.title


class Licence(Part):
    """证照 with its validity; a licence without an end is valid for ever (长期)."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("营业执照")
        PERMIT = "permit", _("经营许可证")
        AUTHORISATION = "authorisation", _("授权书")
        QUALIFICATION = "qualification", _("资质证书")
        OTHER = "other", _("其他")

    kind = models.CharField(_("证照类型"), max_length=14, choices=Kind.choices, default=Kind.BUSINESS)
    number = models.CharField(_("证照编号"), max_length=60)
    issuer = models.CharField(_("发证机关"), max_length=120, blank=True)
    starts_on = models.DateField(_("有效期自"), null=True, blank=True)
    ends_on = models.DateField(_("有效期至"), null=True, blank=True, help_text=_("空为长期"))
    remark = models.CharField(_("备注"), max_length=200, blank=True)

    history = _history("licence")

    class Meta:
        verbose_name = verbose_name_plural = _("证照")
        ordering = ["kind", "pk"]
        default_related_name = "licences"
        indexes = [
            models.Index(
                fields=["ledger", "ends_on", "customer"],
                condition=models.Q(ends_on__isnull=False),
                name="licence_ending",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"


class FormerName(Part):
    """曾用名: a name that the customer bore between two days; the writer keeps one whenever a name changes."""

    name = models.CharField(_("曾用名"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    from_on = models.DateField(_("使用自"), null=True, blank=True)
    until_on = models.DateField(_("使用至"), null=True, blank=True)

    history = _history("formername")

    class Meta:
        verbose_name = verbose_name_plural = _("曾用名")
        ordering = ["-until_on", "-pk"]
        default_related_name = "former_names"

    def __str__(self):
        return self.name


class Block(Part):
    """冻结: a process that may not go on with the customer, why and until when; independent of status and state."""

    class Process(models.TextChoices):
        ORDER = "order", _("下单")
        DELIVERY = "delivery", _("发货")
        INVOICE = "invoice", _("开票")
        ALL = "all", _("全部业务")

    process = models.CharField(_("冻结范围"), max_length=10, choices=Process.choices)
    reason = models.CharField(_("冻结原因"), max_length=200)
    starts_on = models.DateField(_("冻结自"))
    ends_on = models.DateField(_("自动解冻日"), null=True, blank=True, help_text=_("空为一直冻结"))

    history = _history("block")

    class Meta:
        verbose_name = verbose_name_plural = _("冻结")
        ordering = ["process", "pk"]
        default_related_name = "blocks"
        constraints = [models.UniqueConstraint("customer", "process", name="block_once_per_process")]
        indexes = [models.Index(fields=["ledger", "process", "customer"], name="block_of_ledger")]

    def __str__(self):
        return self.get_process_display()


class CustomerTag(Part):
    """A tag on a customer: a row of its own, so that giving and taking it has history like any other part."""

    tag = models.ForeignKey("customers.Tag", models.PROTECT, verbose_name=_("标签"))

    history = _history("customertag")

    class Meta:
        verbose_name = verbose_name_plural = _("客户标签")
        default_related_name = "customer_tags"
        constraints = [models.UniqueConstraint("customer", "tag", name="tag_once")]

    def __str__(self):
        return str(self.tag_id)


PARTS: dict[str, type[Part]] = {
    "contacts": Contact,
    "addresses": Address,
    "bank_accounts": BankAccount,
    "invoice_profiles": InvoiceProfile,
    "licences": Licence,
    "former_names": FormerName,
    "blocks": Block,
    "customer_tags": CustomerTag,
}
