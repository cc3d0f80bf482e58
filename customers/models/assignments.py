"""分配: one master customer of a group set, carried by company sets under their own numbers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Assignment(models.Model):
    """A customer of a group set given to a company set: ``copy`` follows what the group keeps common, and owns the rest."""

    master = models.ForeignKey("customers.Customer", models.PROTECT, related_name="assignments")
    ledger = models.ForeignKey("ledgers.Ledger", models.PROTECT, db_index=False, related_name="+")
    copy = models.OneToOneField("customers.Customer", models.PROTECT, related_name="assigned_from")
    # The version of the master that the copy was last brought up to.
    master_version = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(_("分配时间"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("分配人")
    )
    ended_at = models.DateTimeField(_("取消时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("分配")
        constraints = [models.UniqueConstraint("master", "ledger", name="assigned_once")]
        indexes = [models.Index(fields=["ledger", "master"], name="assignment_of_ledger")]

    def __str__(self):
        return f"{self.master_id} → {self.ledger_id}"
