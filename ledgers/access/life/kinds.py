"""Kinds of 权限变更日志 that this room writes, in words."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "duty_rule": _("职责分离规则"),
    "duty_exception": _("职责分离例外"),
    "right_request": _("权限申请"),
    "review": _("权限复核"),
}
