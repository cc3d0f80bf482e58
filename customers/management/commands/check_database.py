"""``check_database``: the database's own integrity check, with hints for repair."""

from django.db import connection
from django.utils.translation import gettext as _

from customers.services import invariants
from erp_site.shared.commands import FoundFaults, ProductCommand


class Command(ProductCommand):
    help = _("检查数据库文件是否完好，并给出修复建议。")
    example = "manage.py check_database"
    has_json = True

    def handle(self, *args, **options):
        faults = list(invariants.check_engine())
        text = _("数据库（%(vendor)s）完好。") % {"vendor": connection.vendor}
        self.show({"ok": not faults, "vendor": connection.vendor, "faults": faults}, "\n".join(faults) or text)
        if faults:
            raise FoundFaults(
                _(
                    "数据库有损坏。请停止服务并备份数据目录，再用最近一次完好的备份恢复；查找异常可用 rebuild_search 与 rebuild_match_keys 重建。"
                )
            )
