"""``rebuild_match_keys``: make them anew from the customers, beside running users."""

from django.utils.translation import gettext as _

from customers.management.rebuilding import RebuildCommand


class Command(RebuildCommand):
    help = _("重建匹配键（查重）；可在使用中运行。")
    example = "manage.py rebuild_match_keys --ledger HZ01"
    keys = True
