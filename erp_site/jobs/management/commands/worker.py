"""``manage.py worker``: runs background jobs and schedules until it is told to stop."""

import signal

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from erp_site.jobs import runner
from erp_site.jobs.worker import Worker
from erp_site.shared import startup
from erp_site.shared.commands import ProductCommand


class Command(ProductCommand):
    help = _("执行后台任务和定时任务，直到收到停止信号；可以同时启动多个。")
    example = "manage.py worker\nmanage.py worker --once --limit 10"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", "--inline", action="store_true", help=_("只执行已到期的任务，然后退出"))
        parser.add_argument("--limit", type=int, help=_("与 --once 一起使用：最多执行的任务数"))

    def handle(self, *args, once: bool = False, limit: int | None = None, **options) -> None:
        startup.preflight()
        if once:
            count = runner.run_pending(limit)
            self.stdout.write(_("执行了 %(count)s 个任务。") % {"count": count})
            return
        worker = Worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.stop)
        worker.run()
