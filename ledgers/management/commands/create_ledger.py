"""``manage.py create_ledger``: an account set without the wizard, for scripts and for machines without a browser."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.commands import FoundFaults, ProductCommand
from ledgers.models import Ledger
from ledgers.services import checking, copying, creating, finding, periods, templates
from permissions.models import User


class Command(ProductCommand):
    example = (
        "manage.py create_ledger KHZ_001 --name 杭州客户账套 --template trade --manager manager --activate\n"
        "manage.py create_ledger KHZ_002 --name 宁波客户账套 --copy-from KHZ_001"
    )
    has_json = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _("新建账套（草稿）；加上 --activate 立即启用。")
        parser.add_argument("code", help=_("账套编码，字母开头，2–20 位"))
        parser.add_argument("--name", required=True, help=_("账套名称，全系统唯一"))
        parser.add_argument("--template", choices=list(templates.names()), help=_("行业模板"))
        parser.add_argument("--copy-from", metavar="CODE", help=_("复制该账套的全部配置（不含客户）"))
        parser.add_argument("--currency", default="CNY", help=_("本位币，默认 CNY"))
        parser.add_argument("--fiscal-year", type=int, help=_("启用会计年度，默认为今天所在的年度"))
        months = range(1, 13)
        parser.add_argument(
            "--start-month", type=int, choices=months, default=1, metavar="1-12", help=_("年度开始月份，默认 1")
        )
        parser.add_argument(
            "--calendar", choices=Ledger.Calendar.values, default="monthly", help=_("期间类型，默认 monthly")
        )
        parser.add_argument("--manager", metavar="USERNAME", help=_("账套主管的登录名"))
        parser.add_argument("--check", action="store_true", help=_("只检查能否建账，逐项给出结论，不建账"))
        parser.add_argument("--activate", action="store_true", help=_("立即启用"))

    def handle(self, *args, **options: Any) -> None:
        if options["check"]:
            self._check(options)
        else:
            self._create(options)

    def _check(self, options: dict[str, Any]) -> None:
        manager = User.objects.filter(username=options["manager"]).first() if options["manager"] else None
        findings = checking.before_creation(
            code=options["code"],
            name=options["name"],
            fiscal_year=options["fiscal_year"],
            currency=options["currency"].upper(),
            manager=manager,
        )
        self.show({"checks": [each.as_dict() for each in findings]}, "\n".join(map(checking.line, findings)))
        faults = checking.failed(findings)
        if faults:
            titles = "、".join(each.title for each in faults)
            raise FoundFaults(_("不能建账：%(titles)s。") % {"titles": titles})

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> None:
        ledger = self._draft(options)
        if options["copy_from"]:
            copying.copy_configuration(finding.by_code(options["copy_from"]), ledger)
        if options["template"]:
            content = templates.read(options["template"])["sections"]
            copying.lay_into(ledger, content, by=None, template=options["template"])
        if options["activate"]:
            creating.activate(ledger, by=None)
        if not ledger.manager:
            self.progress(_("提示：没有指定账套主管（--manager），页面上还没有人能使用这个账套。"))
        about = {"code": ledger.code, "name": ledger.name, "state": ledger.get_state_display()}
        self.show(
            {**about, "id": ledger.pk, "state": ledger.state, "periods": ledger.periods.count()},
            _("已建立账套 %(code)s「%(name)s」，状态：%(state)s。") % about,
        )

    def _draft(self, options: dict[str, Any]) -> Ledger:
        year = options["fiscal_year"]
        if year is None:
            year = creating.current_fiscal_year(options["start_month"])
        periods.check_year(year)
        return creating.create_draft(
            code=options["code"],
            name=options["name"],
            by=None,
            manager=finding.user_by_name(options["manager"]) if options["manager"] else None,
            base_currency=options["currency"].upper(),
            fiscal_year=year,
            start_month=options["start_month"],
            calendar=options["calendar"],
        )
