"""Numbering rules, their counters, and every number by which a customer may also be found."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .history import WrittenHistory


class NumberingRule(models.Model):
    """One version of a rule that makes customer numbers: a row of parts.

    Of the active rules whose day has come and whose conditions fit a customer, the one of highest priority numbers him, the newest
    of equals. A version replaces the one before it from ``starts_on`` on; existing numbers never change.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ACTIVE = "active", _("启用")
        RETIRED = "retired", _("停用")

    class Mode(models.TextChoices):
        AUTO = "auto", _("自动")
        MANUAL = "manual", _("手工")
        AUTO_EDITABLE = "auto_editable", _("自动，可修改")
        EXTERNAL = "external", _("外部系统给号")

    class Reset(models.TextChoices):
        NEVER = "never", _("不重置")
        YEAR = "year", _("每年")
        MONTH = "month", _("每月")
        DAY = "day", _("每日")
        PREFIX = "prefix", _("按前缀")
        PARTS = "parts", _("按所选段")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="numbering_rules")
    name = models.CharField(_("规则名称"), max_length=60)
    parts = models.JSONField(_("组成"), default=list)
    reset = models.CharField(_("流水号重置"), max_length=10, choices=Reset.choices, default=Reset.NEVER)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ACTIVE)
    version = models.PositiveIntegerField(_("版本"), default=1)
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="successors")
    starts_on = models.DateField(_("生效日期"), null=True, blank=True)
    mode = models.CharField(
        _("编号方式"), max_length=14, choices=Mode.choices, blank=True, help_text=_("空为按账套参数")
    )
    is_gapless = models.BooleanField(_("连续编号"), default=True)
    allow_reuse = models.BooleanField(_("允许重用归档编号"), default=False)
    # Whom the rule numbers: {"categories": [pk], "departments": [pk], "sales_regions": [pk], "sources": [code], "kinds": [code]};
    # empty: everybody. Categories and departments count with all below them.
    conditions = models.JSONField(_("适用范围"), default=dict, blank=True)
    priority = models.PositiveSmallIntegerField(_("优先级"), default=0)
    # The part of the serials that is this rule's (号段); null: from the serial part's start to its width.
    range_from = models.PositiveBigIntegerField(_("号段自"), null=True, blank=True)
    range_to = models.PositiveBigIntegerField(_("号段至"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("编码规则")
        ordering = ["-priority", "-pk"]

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


class NumberReservation(models.Model):
    """保留号段: serials of a rule that are kept back for a migration, a branch or forms on paper, until a day."""

    rule = models.ForeignKey(NumberingRule, models.CASCADE, related_name="reservations")
    scope = models.CharField(max_length=60, blank=True)
    first = models.PositiveBigIntegerField(_("自"))
    last = models.PositiveBigIntegerField(_("至"))
    purpose = models.CharField(_("用途"), max_length=100)
    renumbering = models.ForeignKey(
        "customers.Renumbering", models.CASCADE, null=True, blank=True, related_name="reservations"
    )
    department = models.ForeignKey("permissions.Department", models.SET_NULL, null=True, blank=True, related_name="+")
    ends_on = models.DateField(_("保留至"), null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("保留号段")
        ordering = ["rule", "first"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")),
                name="reservation_forward",
                violation_error_message=_("号段的止号小于起号"),
            )
        ]

    def __str__(self):
        return f"{self.first}–{self.last}"


class NumberGap(models.Model):
    """断号说明: serials that no customer bears, and why."""

    class Cause(models.TextChoices):
        DELETED = "deleted", _("客户已删除")
        CHANGED = "changed", _("编号已更改")
        CANCELLED = "cancelled", _("导入取消")
        SKIPPED = "skipped", _("手工编号跳过")
        RESERVED = "reserved", _("保留号段")
        TAKEN = "taken", _("号码已被占用")
        UNKNOWN = "unknown", _("原因不明")

    rule = models.ForeignKey(NumberingRule, models.CASCADE, related_name="gaps")
    scope = models.CharField(max_length=60, blank=True)
    first = models.PositiveBigIntegerField(_("自"))
    last = models.PositiveBigIntegerField(_("至"))
    cause = models.CharField(_("原因"), max_length=10, choices=Cause.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("断号")
        ordering = ["rule", "scope", "first"]

    def __str__(self):
        return f"{self.first}–{self.last}"


class Renumbering(models.Model):
    """改号: a plan of old and new numbers for many customers, looked at before it is carried out, in one batch.

    The serials of the plan are kept back by ``NumberReservation`` until it is carried out or given up.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("正在准备")
        READY = "ready", _("待确认")
        RUNNING = "running", _("正在改号")
        DONE = "done", _("已完成")
        CANCELLED = "cancelled", _("已取消")
        FAILED = "failed", _("未能准备")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="renumberings")
    # Whom: {"ids": [pk]} or {"category": pk, "prefix": "KH", "only_unfit": true}; how: {"restart": true, "clean": true}.
    params = models.JSONField(_("范围"), default=dict)
    reason = models.CharField(_("原因"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PREPARING)
    counts = models.JSONField(_("计数"), default=dict)
    # What keeps single customers from getting a number: [[customer, number, sentence]], the first ones.
    problems = models.JSONField(_("未能编号的客户"), default=list)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    batch = models.ForeignKey("customers.ChangeBatch", models.PROTECT, null=True, blank=True, related_name="+")
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("改号")
        ordering = ["-pk"]

    def __str__(self):
        return f"#{self.pk}"


class RenumberingChunk(models.Model):
    """A thousand rows of a plan, carried out together: [customer, old number, new number, was it given up before]."""

    renumbering = models.ForeignKey(Renumbering, models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    rows = models.JSONField(default=list)
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ["renumbering", "index"]
        constraints = [models.UniqueConstraint("renumbering", "index", name="renumbering_chunk_once")]

    def __str__(self):
        return f"{self.renumbering_id}.{self.index}"


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
    reason = models.CharField(_("原因"), max_length=200, blank=True)
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
