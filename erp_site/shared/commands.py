"""How every command of the product behaves on the outside: exit codes, one clear line on failure, --json, an example.

What lives here: ``ProductCommand``, which commands derive from, and ``FoundFaults``. What does not: anything about account sets
or customers (``ledgers.services.finding`` looks up the set and the actor of a command).

Exit codes: 0 it did the work; 1 it ran and found faults or refused rows; 2 it was called wrongly or could not do its work.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import DatabaseError
from django.utils.translation import gettext as _

from . import startup
from .errors import BusinessError

FAULTS, REFUSED, INTERRUPTED = 1, 2, 130

# argparse speaks English only; these are the sentences that a user of the commands really meets.
_ARGPARSE = [
    (re.compile(r"the following arguments are required: (?P<what>.+)"), lambda: _("缺少参数：%(what)s。")),
    (re.compile(r"unrecognized arguments: (?P<what>.+)"), lambda: _("不认识的参数：%(what)s。")),
    (re.compile(r"argument (?P<what>\S+): expected .*"), lambda: _("参数 %(what)s 后面缺少值。")),
    (
        re.compile(r"argument (?P<what>\S+): invalid choice: (?P<value>.+?) \(choose from (?P<choices>.+)\)"),
        lambda: _("参数 %(what)s 的值 %(value)s 不可用，可选：%(choices)s。"),
    ),
    (
        re.compile(r"argument (?P<what>\S+): invalid \w+ value: (?P<value>.+)"),
        lambda: _("参数 %(what)s 的值 %(value)s 格式不对。"),
    ),
    (
        re.compile(r"argument (?P<what>\S+): not allowed with argument (?P<value>\S+)"),
        lambda: _("参数 %(what)s 不能与 %(value)s 同时使用。"),
    ),
]


class FoundFaults(CommandError):
    """The command ran to its end and its answer is "not all is well": exit 1, after the result was shown."""

    def __init__(self, message: str):
        super().__init__(message, returncode=FAULTS)


class _Help(DjangoHelpFormatter):
    """Django's, except that the example keeps its lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "".join(indent + line for line in text.splitlines(keepends=True))


class ProductCommand(BaseCommand):
    """Base of the product's commands. Raise BusinessError (or CommandError) for what cannot be done, FoundFaults for findings.

    ``example`` is shown by ``--help``; ``has_json`` adds ``--json``, which ``show`` obeys.
    """

    example = ""
    has_json = False
    as_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs) -> CommandParser:
        if self.example:
            kwargs.setdefault("epilog", _("例如：") + "\n  " + self.example.strip().replace("\n", "\n  "))
        kwargs.setdefault("formatter_class", _Help)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if self.has_json:
            parser.add_argument("--json", action="store_true", dest="as_json", help=_("以 JSON 输出结果"))
        complain = parser.error

        def error(message: str) -> None:
            if not parser.called_from_command_line:
                complain(message)
            sys.stderr.write(_("%(fault)s 用 --help 查看用法。") % {"fault": _argument_fault(message)} + "\n")
            sys.exit(REFUSED)

        parser.error = error
        return parser

    def execute(self, *args, **options) -> str | None:
        """As Django's; on the command line every failure is one line on stderr and an exit code, unless ``--traceback``.

        Called from Python, what the user can mend becomes a CommandError with the exit code as ``returncode``.
        """
        self.as_json = options.pop("as_json", False)
        from_shell = getattr(self, "_called_from_command_line", False) and not options.get("traceback")
        try:
            return super().execute(*args, **options)
        except (Exception, KeyboardInterrupt) as failure:  # noqa: BLE001 - whatever it is, the user gets one line
            line, code = _verdict(failure)
            if from_shell:
                self.stderr.write(line)
                sys.exit(code)
            if isinstance(failure, CommandError):
                failure.returncode = code
            elif isinstance(failure, BusinessError):
                raise CommandError(line, returncode=code) from failure
            raise

    def show(self, data: Mapping[str, Any], text: str) -> None:
        """The result, on stdout: ``data`` as JSON with ``--json``, else ``text``."""
        if self.as_json:
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        elif text:
            self.stdout.write(text)

    def progress(self, text: str) -> None:
        """One line of progress, on stderr, so that stdout holds the result alone."""
        self.stderr.write(text, self.style.NOTICE)
        self.stderr.flush()


def one_line(problem: BusinessError) -> str:
    """What happened and what to do, in one line."""
    return " ".join(part for part in (problem.message, problem.remedy) if part)


def _verdict(failure: BaseException) -> tuple[str, int]:
    """The one line and the exit code for whatever stopped a command."""
    if isinstance(failure, FoundFaults):
        return str(failure), FAULTS
    if isinstance(failure, CommandError):
        return str(failure), REFUSED
    if isinstance(failure, BusinessError):
        return one_line(failure), REFUSED
    if isinstance(failure, DatabaseError):
        return _database_fault(failure), REFUSED
    if isinstance(failure, OSError):
        return _file_fault(failure), REFUSED
    if isinstance(failure, KeyboardInterrupt):
        return _("已中断。"), INTERRUPTED
    about = {"kind": type(failure).__name__, "text": " ".join(str(failure).split())}
    return _("命令出错（%(kind)s：%(text)s）。加上 --traceback 可查看详情。") % about, REFUSED


def _argument_fault(message: str) -> str:
    for pattern, template in _ARGPARSE:
        match = pattern.fullmatch(message)
        if match:
            return template() % match.groupdict()
    return _("参数有误：%(message)s。") % {"message": message}


def _database_fault(failure: DatabaseError) -> str:
    """Never the statement's own words: they may hold values."""
    unknown = _("数据库报错（%(kind)s）。加上 --traceback 可查看详情。") % {"kind": type(failure).__name__}
    return startup.explain(failure) or unknown


def _file_fault(failure: OSError) -> str:
    name = failure.filename
    if not name:
        return _("读写失败（%(reason)s）。") % {"reason": failure.strerror or failure}
    if isinstance(failure, FileNotFoundError):
        return _("没有找到文件「%(name)s」。") % {"name": name}
    if isinstance(failure, PermissionError):
        return _("没有权限读写「%(name)s」。") % {"name": name}
    return _("读写「%(name)s」失败（%(reason)s）。") % {"name": name, "reason": failure.strerror}
