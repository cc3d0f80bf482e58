"""What holds for the installation as a whole: one row."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """安装设置. Without a row the defaults hold; ``permissions.duties`` reads and writes it."""

    duties_are_separated = models.BooleanField(_("三员分立"), default=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("修改人")
    )
    changed_at = models.DateTimeField(_("修改时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("安装设置")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_installation")]

    def __str__(self):
        return str(self._meta.verbose_name)
