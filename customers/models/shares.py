"""授权共享: one customer opened to one user or group, in guardian's direct-FK tables (its generic tables stay empty)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class CustomerUserShare(UserObjectPermissionBase):
    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="user_shares")
    ends_on = models.DateField(_("失效日期"), null=True, blank=True)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = verbose_name_plural = _("客户共享（用户）")
        indexes = [models.Index(fields=["user", "permission", "content_object"], name="share_of_user")]


class CustomerGroupShare(GroupObjectPermissionBase):
    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="group_shares")
    ends_on = models.DateField(_("失效日期"), null=True, blank=True)

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = verbose_name_plural = _("客户共享（组）")
        indexes = [models.Index(fields=["group", "permission", "content_object"], name="share_of_group")]
