"""Ledger 账套, Period 期间, currencies and rates.

What lives here: tables and what one row knows of itself. What does not: making and changing them (``services``).
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError
from permissions.loading import titles_in_sets

from . import parameters


class LedgerQuerySet(models.QuerySet):
    def of_member(self, user) -> "LedgerQuerySet":
        """The sets that ``user`` belongs to today."""
        return self.filter(pk__in=titles_in_sets(user))


class Ledger(models.Model):
    """One account set: data, numbers, categories, rules and permissions stand apart from every other set's."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("客户管理账套")
        BUSINESS = "business", _("业务账套")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ACTIVE = "active", _("启用")
        SUSPENDED = "suspended", _("停用")
        ARCHIVED = "archived", _("归档")

    class Calendar(models.TextChoices):
        MONTHLY = "monthly", _("按月（12 期）")
        QUARTERLY = "quarterly", _("按季度（4 期）")
        WEEKS_445 = "445", _("4-4-5 周（12 期）")
        FREE = "free", _("自定义期间")

    code = models.CharField(_("账套编码"), max_length=20)
    name = models.CharField(_("账套名称"), max_length=60)
    kind = models.CharField(_("账套类型"), max_length=20, choices=Kind.choices, default=Kind.CUSTOMER)
    company = models.CharField(_("所属公司"), max_length=120, blank=True)
    department = models.ForeignKey(
        "permissions.Department", models.SET_NULL, null=True, blank=True, verbose_name=_("所属部门")
    )
    description = models.TextField(_("账套描述"), max_length=500, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_ledgers",
        verbose_name=_("账套主管"),
    )
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.DRAFT)
    base_currency = models.CharField(_("本位币"), max_length=3, default="CNY")
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")
    calendar = models.CharField(_("期间类型"), max_length=12, choices=Calendar.choices, default=Calendar.MONTHLY)
    fiscal_year = models.PositiveSmallIntegerField(_("启用会计年度"), null=True, blank=True)
    start_month = models.PositiveSmallIntegerField(_("年度开始月份"), default=1)
    parameters = models.JSONField(_("参数"), default=dict, blank=True)
    wizard_step = models.PositiveSmallIntegerField(_("建账进度"), default=1)
    # 集团账套: the set from which customers may be assigned to this one.
    group = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="company_ledgers", verbose_name=_("集团账套")
    )
    is_sandbox = models.BooleanField(_("培训账套"), default=False)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="created_ledgers"
    )
    activated_at = models.DateTimeField(_("启用时间"), null=True, blank=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("账套")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Lower("code"), name="ledger_code_unique", violation_error_message=_("账套编码已被使用")
            ),
            models.UniqueConstraint(
                Lower("name"), name="ledger_name_unique", violation_error_message=_("账套名称已被使用")
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("dashboard", args=[self.code])

    def parameter(self, key: str) -> Any:
        """The value of a parameter, its default when unset."""
        return parameters.value_of(self.parameters, key)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the set's days begin."""
        return ZoneInfo(self.parameter("time_zone"))

    def today(self) -> date:
        """The day it is in the set's time zone."""
        return timezone.localdate(timezone=self.zone)

    def day_of(self, moment: datetime) -> date:
        """The day of the set on which an instant falls."""
        return timezone.localtime(moment, self.zone).date()

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    def require_writable(self) -> None:
        """Raise BusinessError unless the set takes data now: only an active set does, at every door."""
        if not self.is_active:
            raise BusinessError(
                _("账套「%(name)s」当前为%(state)s状态，不能写入数据。")
                % {"name": self.name, "state": self.get_state_display()},
                code="ledger.not_active",
                remedy=_("草稿账套请先完成建账并启用；停用或归档的账套请联系账套主管。"),
            )


class CodeRule(models.Model):
    """账套编码规则 of the installation: one row, or none."""

    pattern = models.CharField(
        _("账套编码规则"),
        max_length=40,
        help_text=_("如 KHZ_###、CUST_{YYYY}：### 为流水号，{YYYY} {YY} {MM} 为建账的年、月；只约束以后新建的账套"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("账套编码规则")

    def __str__(self):
        return self.pattern


class Period(models.Model):
    """账套期间: a business date must fall in an open one."""

    class State(models.TextChoices):
        OPEN = "open", _("开放")
        CLOSED = "closed", _("已结账")

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="periods")
    fiscal_year = models.PositiveSmallIntegerField(_("会计年度"))
    index = models.PositiveSmallIntegerField(_("期间"))
    name = models.CharField(_("名称"), max_length=20)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)

    class Meta:
        verbose_name = verbose_name_plural = _("期间")
        ordering = ["ledger", "fiscal_year", "index"]
        constraints = [
            models.UniqueConstraint("ledger", "fiscal_year", "index", name="period_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="period_forward",
                violation_error_message=_("期间的结束日期早于开始日期"),
            ),
        ]

    def __str__(self):
        return self.name


class LedgerCurrency(models.Model):
    """A foreign currency that the set uses beside its base currency."""

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="currencies")
    code = models.CharField(_("币种"), max_length=3)

    class Meta:
        verbose_name = verbose_name_plural = _("币种")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "code", name="currency_once", violation_error_message=_("该币种已在账套中")
            )
        ]

    def __str__(self):
        return self.code


class ExchangeRate(models.Model):
    """How many units of base currency one unit of ``currency`` is worth from a day on."""

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="rates")
    currency = models.CharField(_("币种"), max_length=3)
    on = models.DateField(_("生效日期"))
    rate = models.DecimalField(_("汇率"), max_digits=18, decimal_places=8)

    class Meta:
        verbose_name = verbose_name_plural = _("汇率")
        ordering = ["currency", "-on"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "currency", "on", name="rate_once_a_day", violation_error_message=_("该币种当日已有汇率")
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0), name="rate_positive", violation_error_message=_("汇率必须大于零")
            ),
        ]

    def __str__(self):
        return f"{self.currency} {self.on} {self.rate}"

    @property
    def plain(self) -> str:
        """The rate without the zeros that fill its column."""
        return f"{self.rate.normalize():f}"


class LedgerEvent(models.Model):
    """One line of the account set's own log: who changed its state, periods, members or settings, when and why."""

    class Kind(models.TextChoices):
        CREATED = "created", _("建账")
        ACTIVATED = "activated", _("启用")
        STATE = "state", _("状态变更")
        SETTINGS = "settings", _("修改设置")
        PERIOD_CREATED = "period_created", _("建立期间")
        PERIOD_CLOSED = "period_closed", _("结账")
        PERIOD_REOPENED = "period_reopened", _("反结账")
        MEMBER_ADDED = "member_added", _("增加成员")
        MEMBER_REMOVED = "member_removed", _("移除成员")
        CURRENCY = "currency", _("币种与汇率")

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="events")
    kind = models.CharField(_("操作"), max_length=20, choices=Kind.choices)
    detail = models.CharField(_("内容"), max_length=300, blank=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
        help_text=_("空为系统"),
    )
    at = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("账套记录")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.detail}"
