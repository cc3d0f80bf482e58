"""授权共享: one customer opened to one user or group, in guardian's direct-FK tables (its generic tables stay empty).

What lives here: tables. What does not: giving and ending (``access.sharing``), and what a share opens (``querysets``). A share for editing is
two rows, one for each permission, so that guardian's own questions have the same answers.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class Given(models.Model):
    """Until when, why and by whom. Whatever the page makes has an end; an empty one sets no bound."""

    ends_on = models.DateField(_("失效日期"), null=True, blank=True, db_index=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class CustomerUserShare(Given, UserObjectPermissionBase):
    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="user_shares")

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = verbose_name_plural = _("客户共享（用户）")
        indexes = [models.Index(fields=["user", "permission", "content_object"], name="share_of_user")]


class CustomerGroupShare(Given, GroupObjectPermissionBase):
    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="group_shares")

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = verbose_name_plural = _("客户共享（组）")
        indexes = [models.Index(fields=["group", "permission", "content_object"], name="share_of_group")]
