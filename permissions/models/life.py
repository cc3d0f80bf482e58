"""The life of a right: duties that must not meet in one person, requests, reviews.

What lives here: tables. What does not: the verbs (``ledgers.access.life``), what is given in the end (``given``).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..rights import Level, Right
from .given import Dated
from .roles import Role


class DutyRule(models.Model):
    """职责分离: two rights of a set that one person should not have together."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="duty_rules", verbose_name=_("账套"))
    # In the order of ``Right``, so that a pair has one row.
    one = models.CharField(_("权限"), max_length=20, choices=Right.choices)
    other = models.CharField(_("与之冲突的权限"), max_length=20, choices=Right.choices)
    is_forbidden = models.BooleanField(_("禁止"), default=False)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("职责分离规则")
        ordering = ["ledger", "pk"]
        constraints = [
            models.UniqueConstraint(
                "ledger", "one", "other", name="one_rule_per_pair", violation_error_message=_("这一对权限已有规则")
            ),
            models.CheckConstraint(condition=~Q(one=models.F("other")), name="duty_pair_differs"),
        ]

    def __str__(self):
        return f"{self.get_one_display()} / {self.get_other_display()}"


class DutyException(Dated):
    """冲突例外: one person may have both rights of a rule until a day, for a reason."""

    rule = models.ForeignKey(DutyRule, models.CASCADE, related_name="exceptions", verbose_name=_("规则"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="duty_exceptions", verbose_name=_("用户")
    )
    reason = models.CharField(_("原因"), max_length=200)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("批准人")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("冲突例外")
        constraints = [
            models.UniqueConstraint("rule", "user", name="one_exception_per_rule"),
            models.CheckConstraint(condition=Q(ends_on__isnull=False), name="duty_exception_ends"),
        ]

    def __str__(self):
        return f"{self.user} · {self.rule}"


class RightRequest(models.Model):
    """权限申请: somebody of the set asks for a role, a right, a field or one customer, until a day.

    ``number`` is what the applicant typed; ``customer_id`` is what it means, and is never shown to him.
    """

    class Kind(models.TextChoices):
        ROLE = "role", _("角色")
        RIGHT = "right", _("功能权限")
        FIELD = "field", _("字段权限")
        CUSTOMER = "customer", _("一个客户")

    class State(models.TextChoices):
        PENDING = "pending", _("待审批")
        APPLIED = "applied", _("已生效")
        REJECTED = "rejected", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")
        EXPIRED = "expired", _("已失效")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="right_requests", verbose_name=_("账套"))
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="right_requests", verbose_name=_("申请人")
    )
    kind = models.CharField(_("申请"), max_length=10, choices=Kind.choices)
    # What is asked for, so that nobody asks for the same twice: "role:12", "right:export", "field:phone", "customer:KH000123".
    about = models.CharField(max_length=80)
    subject = models.CharField(_("内容"), max_length=120)  # in words, of the day of the request
    role = models.ForeignKey(Role, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("角色"))
    key = models.CharField(_("权限或字段"), max_length=60, blank=True)
    level = models.PositiveSmallIntegerField(_("级别"), choices=Level.choices, default=Level.READ)
    number = models.CharField(_("客户编号"), max_length=30, blank=True)
    customer_id = models.BigIntegerField(null=True, blank=True)
    ends_on = models.DateField(_("使用到"))
    reason = models.CharField(_("原因"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PENDING)
    at = models.DateTimeField(_("申请时间"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    answer = models.CharField(_("审批意见"), max_length=200, blank=True)
    given_until = models.DateField(_("批准到"), null=True, blank=True)
    given_level = models.PositiveSmallIntegerField(_("批准级别"), choices=Level.choices, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("权限申请")
        constraints = [
            models.UniqueConstraint(
                "ledger", "applicant", "about", condition=Q(state="pending"), name="one_pending_request_each"
            ),
        ]
        indexes = [
            models.Index(fields=["ledger", "state", "-id"], name="request_of_ledger"),
            models.Index(fields=["applicant", "-id"], name="request_of_user"),
        ]

    def __str__(self):
        return f"{self.applicant} · {self.subject}"


class Review(models.Model):
    """权限复核: everything that was given in a set on a day, looked at line by line and signed."""

    class State(models.TextChoices):
        OPEN = "open", _("进行中")
        SIGNED = "signed", _("已签署")
        CANCELLED = "cancelled", _("已取消")

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="reviews", verbose_name=_("账套"))
    title = models.CharField(_("名称"), max_length=60)
    due_on = models.DateField(_("截止日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("发起人")
    )
    opened_at = models.DateTimeField(_("发起时间"), auto_now_add=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("签署人")
    )
    signed_at = models.DateTimeField(_("签署时间"), null=True, blank=True)
    statement = models.CharField(_("签署意见"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("权限复核")
        constraints = [
            models.UniqueConstraint("ledger", condition=Q(state="open"), name="one_open_review_per_ledger"),
        ]
        indexes = [models.Index(fields=["ledger", "-id"], name="review_of_ledger")]

    def __str__(self):
        return self.title


class ReviewLine(models.Model):
    """One thing that somebody had when the review began, and what was decided about it. Names stay as they were then."""

    class Kind(models.TextChoices):
        MEMBERSHIP = "membership", _("角色")
        DEPARTMENT = "department", _("部门授权")
        OVERRIDE = "override", _("个人例外")
        DELEGATION = "delegation", _("代理")
        SHARES = "shares", _("共享给他的客户")

    class Decision(models.TextChoices):
        OPEN = "", _("未复核")
        KEEP = "keep", _("保留")
        REVOKE = "revoke", _("收回")

    review = models.ForeignKey(Review, models.CASCADE, related_name="lines", verbose_name=_("复核"))
    # Empty for a department's role, which is nobody's in particular.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("用户")
    )
    who = models.CharField(_("对象"), max_length=200)
    kind = models.CharField(_("种类"), max_length=12, choices=Kind.choices)
    given_id = models.BigIntegerField(null=True)
    what = models.CharField(_("内容"), max_length=200)
    gives = models.CharField(_("权限"), max_length=300, blank=True)
    ends_on = models.DateField(_("失效日期"), null=True, blank=True)
    last_used_on = models.DateField(_("最近使用"), null=True, blank=True)
    risks = models.CharField(_("提示"), max_length=200, blank=True)
    decision = models.CharField(_("复核结果"), max_length=8, choices=Decision.choices, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    outcome = models.CharField(_("执行结果"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("复核明细")
        ordering = ["pk"]
        indexes = [models.Index(fields=["review", "decision"], name="line_of_review")]

    def __str__(self):
        return f"{self.who} · {self.what}"
