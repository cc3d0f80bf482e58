"""``manage.py check_ledger``: 账套体检 on the command line."""

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from erp_site.shared.commands import FoundFaults, ProductCommand
from ledgers.services import checking, finding
from ledgers.services.checking import Verdict


class Command(ProductCommand):
    example = "manage.py check_ledger KHZ_001\nmanage.py check_ledger KHZ_001 --json"
    has_json = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "账套体检：逐项检查账套能否正常使用。全部通过（可以有提醒）时退出码为 0，有不通过的项目时为 1。"
        )
        parser.add_argument("code", help=_("账套编码"))

    def handle(self, *args, code: str, **options) -> None:
        ledger = finding.by_code(code)
        findings = checking.run(ledger)
        faults = checking.failed(findings)
        verdict = Verdict.FAILED if faults else Verdict.OK
        data = {
            "code": ledger.code,
            "name": ledger.name,
            "verdict": verdict,
            "checks": [each.as_dict() for each in findings],
        }
        heading = _("账套 %(code)s「%(name)s」") % {"code": ledger.code, "name": ledger.name}
        self.show(data, "\n".join([heading, *map(checking.line, findings)]))
        if faults:
            raise FoundFaults(_("体检发现 %(count)s 个问题：%(titles)s。") % {
                "count": len(faults), "titles": "、".join(each.title for each in faults),
            })  # fmt: skip
