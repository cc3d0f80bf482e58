"""``rebuild_search``: make them anew from the customers, beside running users."""

from django.utils.translation import gettext as _

from customers.management.rebuilding import RebuildCommand


class Command(RebuildCommand):
    help = _("重建查找索引；可在使用中运行。")
    example = "manage.py rebuild_search --ledger HZ01"
    search = True
