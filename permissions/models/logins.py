"""The counters that slow down guessing of passwords."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginGuard(models.Model):
    """Attempts to log in under one key within its present window; only ``permissions.login_guard`` writes it.

    Keys are keyed hashes: what somebody typed as a user name may be his password.
    """

    key = models.BigIntegerField(primary_key=True)
    account = models.BigIntegerField(null=True, db_index=True)  # hash of the user name; null where the key has none
    attempts = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = _("登录保护")

    def __str__(self):
        return f"{self.attempts} ≤ {self.ends_at}"
