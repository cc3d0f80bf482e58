"""``undo``: put back what a batch did; exit 1 when something had to stay as it is."""

from django.utils.translation import gettext as _

from customers.models import ChangeBatch
from customers.undoing import acts
from customers.undoing.showing import tally_text
from erp_site.shared.commands import FoundFaults, ProductCommand
from erp_site.shared.errors import BusinessError
from ledgers.services import finding


class Command(ProductCommand):
    help = _("撤销一个批次：一次修改、导入、批量修改、移交、改号或删除。后来又改过的内容保留现状并列出。")
    example = "manage.py undo 1024 --dry-run"
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("batch", type=int, metavar="BATCH_ID", help=_("批次号，见“操作记录”"))
        parser.add_argument("--dry-run", action="store_true", help=_("只说明会改回什么，不写入"))
        parser.add_argument("--overwrite", action="store_true", help=_("后来改过的内容也改回原值"))
        parser.add_argument("--reason", default="", help=_("原因，记入历史"))
        parser.add_argument("--as", dest="username", help=_("以该用户的身份和权限执行；不写则为系统"))

    def handle(self, *args, **options):
        batch = ChangeBatch.objects.select_related("ledger").filter(pk=options["batch"]).first()
        if batch is None:
            raise BusinessError(_("没有批次 %(pk)s。") % {"pk": options["batch"]}, code="batch.unknown")
        by = finding.command_actor(batch.ledger, options["username"])
        about = {"by": by, "overwrite": options["overwrite"]}
        if options["dry_run"]:
            acts.require_undo(batch, by)
            tally, _is_whole = acts.preview(batch, by, overwrite=options["overwrite"], most=acts.size_of(batch) + 1)
        else:
            tally = acts.undo(batch, reason=options["reason"], progress=self._tell, **about)
            batch.refresh_from_db()
        self.show(tally.as_result(batch.undone_by), tally_text(tally))
        if tally.left:
            raise FoundFaults(_("有 %(left)s 处保留现状。") % {"left": f"{tally.left:,}"})

    def _tell(self, done: int) -> None:
        self.progress(_("已处理 %(done)s 个客户") % {"done": done})
