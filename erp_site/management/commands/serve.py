"""``manage.py serve``: the whole product under one process, for one machine.

What lives here: preparing (schema, static files, demo data), the two children, and what is printed. What does not: keeping
children alive (``erp_site.shared.supervisor``).
"""

import hashlib
import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from erp_site import demo
from erp_site.shared import startup
from erp_site.shared.commands import ProductCommand
from erp_site.shared.supervisor import Child, Supervisor


class Command(ProductCommand):
    help = _("启动网站、后台任务和定时任务：一个命令全部启动，Ctrl-C 全部停止。")
    example = "PORT=8080 manage.py serve"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help=_("监听地址，默认 127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000", help=_("端口，默认 8000"))

    def handle(self, *args, host: str, port: int, **options) -> None:
        startup.preflight()
        self._refuse_taken_port(host, port)
        self._prepare()
        greeting = self._greeting(host, port)
        connections.close_all()

        def greet() -> bool:
            if not _answers(host, port):
                return False
            self.stdout.write(greeting)
            self.stdout.flush()
            return True

        Supervisor(self._children(host, port)).run(when_up=greet)
        self.stdout.write(_("已停止。"))

    def _refuse_taken_port(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError) as failure:
                message = _("不能使用 %(host)s:%(port)s（%(reason)s）。请换一个端口，例如 PORT=%(other)s make serve。")
                reason, other = getattr(failure, "strerror", failure), port + 1 if port < 65535 else 8000
                about = {"host": host, "port": port, "reason": reason, "other": other}
                raise CommandError(message % about) from None

    def _prepare(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.progress(_("正在准备数据库……"))
            call_command("migrate", interactive=False, verbosity=0)
        if not settings.DEBUG:
            self._collect_static()
        unfinished = Path(settings.DATA_DIR) / ".demo-unfinished"  # left by a first start that was interrupted
        if settings.DEMO and (unfinished.exists() or not get_user_model().objects.exists()):
            self.progress(_("正在装入演示数据……"))
            unfinished.touch()
            call_command("load_demo", stdout=self.stderr)
            unfinished.unlink()

    def _collect_static(self) -> None:
        """Only when a source file changed: compressing everything takes longer than all the rest of a start."""
        stamp = Path(settings.STATIC_ROOT) / ".sources"
        state = _static_sources()
        if stamp.exists() and stamp.read_text() == state:
            return
        self.progress(_("正在准备页面文件……"))
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(state)

    def _children(self, host: str, port: int) -> list[Child]:
        # Loopback is what DEMO promises; on any other address the well-known passwords must not be offered.
        env = os.environ | {"DEMO": "1" if settings.DEMO and _is_loopback(host) else "0"}
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        web = [sys.executable, "-m", "gunicorn", "-c", "python:erp_site.shared.webserver", "--bind", address]
        web += ["--chdir", str(settings.BASE_DIR), "erp_site.wsgi"]
        worker = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
        return [Child("web", web, env), Child("worker", worker, env)]

    @staticmethod
    def _greeting(host: str, port: int) -> str:
        shown = f"[{host}]" if ":" in host else host
        lines = ["", _("客户资料管理系统账套已启动：") + f" http://{shown}:{port}/"]
        users = get_user_model().objects
        if settings.DEMO and _is_loopback(host) and users.filter(username=demo.PEOPLE[0].username).exists():
            lines.append(_("演示账号（密码都是 %(password)s）：") % {"password": demo.PASSWORD})
            lines += [f"  {person.username:<12}{person.label}" for person in demo.PEOPLE]
        elif not users.exists():
            lines.append(_("还没有用户。请在另一个窗口执行 manage.py createsuperuser 建立第一个管理员。"))
        lines += [_("按 Ctrl-C 停止。"), ""]
        return "\n".join(lines)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _static_sources() -> str:
    """A digest of names, sizes and times of all static files as they stand in the apps."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = os.stat(storage.path(name))
            digest.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
