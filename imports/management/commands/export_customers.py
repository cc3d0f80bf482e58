"""``export_customers``: customers of a set to an xlsx or csv file."""

from pathlib import Path

from django.core.management import CommandError
from django.utils.translation import gettext as _

from customers.fields import Catalogue
from erp_site.shared.commands import ProductCommand
from imports.exports import selecting, services
from imports.exports.cells import by_default, exportable
from imports.models import ExportJob
from ledgers.services import finding


class Command(ProductCommand):
    help = _("导出客户到 Excel 或 CSV 文件；导出的文件可以修改后重新导入。")
    example = (
        "manage.py export_customers customers.xlsx --ledger HZ01\n"
        "manage.py export_customers zj.csv --ledger HZ01 --fields number,name,phone --filter 'q=恒源&f-province=浙江省'"
    )
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("out", metavar="OUT", help=_("要写的文件，.xlsx 或 .csv"))
        parser.add_argument("--ledger", required=True, help=_("账套编码"))
        parser.add_argument("--format", choices=ExportJob.Format.values, help=_("格式；不填按文件名后缀"))
        parser.add_argument("--fields", default="", help=_("字段，用逗号分隔，按此顺序；不填为全部可导入字段"))
        parser.add_argument(
            "--filter", default="", dest="query", help=_("客户列表的查询，如 q=恒源&f-province=浙江省&sort=name")
        )
        parser.add_argument("--as", dest="username", help=_("以该用户的权限导出；不填为系统"))

    def handle(self, *args, **options):
        ledger = finding.by_code(options["ledger"])
        by = finding.command_actor(ledger, options["username"])
        out = Path(options["out"])
        format = options["format"] or out.suffix.lower().lstrip(".")
        if format not in ExportJob.Format.values:
            raise CommandError(_("不知道用什么格式：请用 .xlsx 或 .csv 作文件后缀，或加上 --format。"))
        if not out.parent.is_dir() or out.is_dir():
            raise CommandError(_("不能写到「%(out)s」：目录不存在，或它本身是目录。") % {"out": out})
        catalogue, selection = Catalogue.of(ledger), selecting.parse(options["query"], by)
        selecting.refuse_unknown(options["query"], selection, catalogue, by)
        keys = [key.strip() for key in options["fields"].split(",") if key.strip()]
        keys = keys or [field.key for field in by_default(exportable(catalogue, by))]
        export = services.write_out(
            out, ledger=ledger, by=by, format=format, keys=keys, selection=selection, tell=self._tell
        )
        data = {"file": str(out), "rows": export.rows, "fields": keys, "bytes": export.size, "sha256": export.sha256}
        self.show(data, _("已导出 %(rows)s 位客户到 %(file)s。") % data)

    def _tell(self, done: int, total: int) -> None:
        if done % 10_000 == 0 or done == total:
            self.progress(_("已写入 %(done)s / %(total)s") % {"done": done, "total": total})
