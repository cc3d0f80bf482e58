"""``verify_invariants``: the oracle run after every fault; exit 1 names the first broken invariant."""

from django.utils.translation import gettext as _

from customers.services import invariants
from erp_site.shared.commands import FoundFaults, ProductCommand
from ledgers.services import finding


class Command(ProductCommand):
    help = _("检查数据不变量：批次完整、编号唯一、历史与现状一致、查找索引与数据一致、数据库完好。")
    example = "manage.py verify_invariants --ledger HZ01"
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("--ledger", help=_("只检查这个账套（编码）"))

    def handle(self, *args, **options):
        ledger = finding.by_code(options["ledger"]) if options["ledger"] else None
        faults = []
        for check in invariants.CHECKS:
            self.progress(check.__doc__.split(":")[0])
            faults += check(ledger.pk if ledger else None)
        self.show({"ok": not faults, "faults": faults}, "\n".join(faults) or _("全部正常。"))
        if faults:
            raise FoundFaults(_("发现 %(count)s 处不符。") % {"count": len(faults)})
