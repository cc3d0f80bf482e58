"""Numbering rules, their counters, and every number by which a customer may also be found."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .history import WrittenHistory


class NumberingRule(models.Model):
    """A row of parts that makes a customer number; the one in force is the newest active rule of the set."""

    class Reset(models.TextChoices):
        NEVER = "never", _("不重置")
        YEAR = "year", _("每年")
        MONTH = "month", _("每月")
        DAY = "day", _("每日")
        PREFIX = "prefix", _("按前缀")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="numbering_rules")
    name = models.CharField(_("规则名称"), max_length=60)
    parts = models.JSONField(_("组成"), default=list)
    reset = models.CharField(_("流水号重置"), max_length=10, choices=Reset.choices, default=Reset.NEVER)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("编码规则")
        ordering = ["-pk"]

    def __str__(self):
        return self.name


class NumberCounter(models.Model):
    """The next serial of a rule within one scope (a year, a prefix …); its row is the lock."""

    rule = models.ForeignKey(NumberingRule, models.CASCADE, related_name="counters")
    scope = models.CharField(max_length=60, blank=True)
    next_serial = models.PositiveBigIntegerField(_("下一流水号"))

    class Meta:
        verbose_name = verbose_name_plural = _("流水号")
        constraints = [models.UniqueConstraint("rule", "scope", name="counter_once")]

    def __str__(self):
        return f"{self.scope}: {self.next_serial}"


class NumberAlias(models.Model):
    """A number that once was, or is kept back; never given to another customer."""

    class Kind(models.TextChoices):
        FORMER = "former", _("旧编号")
        ABSORBED = "absorbed", _("被合并客户的编号")
        RESERVED = "reserved", _("保留编号")
        RETIRED = "retired", _("归档编号")

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, null=True, related_name="number_aliases")
    number = models.CharField(_("编号"), max_length=40)
    number_key = models.CharField(max_length=40)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    since = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("历史编号")
        constraints = [models.UniqueConstraint("ledger", "number_key", name="alias_number")]

    def __str__(self):
        return self.number


class ForeignNumber(models.Model):
    """The number of a customer in another system (SAP, 用友, 金蝶, CRM …)."""

    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE)
    system = models.CharField(_("系统"), max_length=30)
    number = models.CharField(_("外部编号"), max_length=60)
    number_key = models.CharField(max_length=60, editable=False)

    history = WrittenHistory(
        indexes=[models.Index(fields=["customer", "history_id"], name="foreignnumber_history")],
        unindexed=("ledger", "customer", "id"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("外部编号")
        default_related_name = "foreign_numbers"
        ordering = ["system", "pk"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "system", "number_key", name="foreign_number", violation_error_message=_("该外部编号已被使用")
            )
        ]
        indexes = [models.Index(fields=["ledger", "number_key"], name="foreign_number_any_system")]

    def __str__(self):
        return f"{self.system}: {self.number}"
