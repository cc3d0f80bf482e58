"""``rebuild_match_keys``: make them anew from the customers, beside running users."""

from django.utils.translation import gettext as _

from customers.services import rebuilding
from erp_site.shared.commands import ProductCommand
from ledgers.models import Ledger
from ledgers.services import finding


class Command(ProductCommand):
    help = _("重建匹配键（查重）；可在使用中运行。")
    example = "manage.py rebuild_match_keys --ledger HZ01"
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("--ledger", help=_("只重建这个账套（编码）；不填为全部账套"))

    def handle(self, *args, **options):
        ledgers = [finding.by_code(options["ledger"])] if options["ledger"] else Ledger.objects.all()
        done = {}
        for ledger in ledgers:
            done[ledger.code] = rebuilding.rebuild(
                ledger,
                keys=True,
                search=False,
                progress=lambda count, code=ledger.code: self.progress(f"{code} {count}"),
            )
        strays = rebuilding.drop_strays()
        text = _("已重建 %(count)s 个客户，清除 %(strays)s 条无主记录。")
        self.show({"customers": done, "strays": strays}, text % {"count": sum(done.values()), "strays": strays})
