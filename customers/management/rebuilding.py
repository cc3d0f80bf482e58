"""What the two rebuild commands share: which sets, progress, and clearing rows whose customer is gone."""

from django.utils.translation import gettext as _

from customers.services import rebuilding
from erp_site.shared.commands import ProductCommand
from ledgers.models import Ledger
from ledgers.services import finding


class RebuildCommand(ProductCommand):
    """``keys`` and ``search`` say what a subclass makes anew."""

    has_json = True
    keys = search = False

    def add_arguments(self, parser):
        parser.add_argument("--ledger", help=_("只重建这个账套（编码）；不填为全部账套"))

    def handle(self, *args, **options):
        ledgers = [finding.by_code(options["ledger"])] if options["ledger"] else Ledger.objects.all()
        done = {}
        for ledger in ledgers:
            done[ledger.code] = rebuilding.rebuild(
                ledger,
                keys=self.keys,
                search=self.search,
                progress=lambda count, code=ledger.code: self.progress(f"{code} {count}"),
            )
        strays = rebuilding.drop_strays()
        text = _("已重建 %(count)s 个客户，清除 %(strays)s 条无主记录。")
        self.show({"customers": done, "strays": strays}, text % {"count": sum(done.values()), "strays": strays})
