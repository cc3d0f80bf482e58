"""``import_roles``: roles, field rights and members of a set from a file, with the same code as the page."""

from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from erp_site.shared.commands import FoundFaults, ProductCommand
from imports.organisation import tables
from imports.organisation.applying import NotAllGood
from imports.roles import applying
from imports.roles.planning import ADDED, CHANGED, UNCHANGED, Plan
from imports.roles.sheets import LABELS, LAYOUT, MOST_ROWS
from ledgers.services import finding


class Command(ProductCommand):
    help = _("从表格（xlsx、xls、csv）导入账套的角色、字段权限和成员：先检查，全部正确才写入；重复导入不改变任何内容。")
    example = (
        "manage.py import_roles 角色.xlsx --ledger HZ01 --dry-run\n"
        "manage.py import_roles 角色.xlsx --ledger HZ01 --as manager --json"
    )
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("file", help=_("要导入的文件"))
        parser.add_argument("--ledger", required=True, help=_("账套编码"))
        parser.add_argument("--dry-run", action="store_true", help=_("只检查，不写入"))
        parser.add_argument("--as", dest="username", help=_("以该成员的身份导入，须有“成员与权限”；默认是系统"))

    def handle(self, *args, **given):
        path, ledger = Path(given["file"]), finding.by_code(given["ledger"])
        if not path.is_file():
            raise CommandError(_("没有找到文件「%(name)s」。") % {"name": path})
        by = finding.command_actor(ledger, given["username"])
        self.progress(_("读取 %(name)s …") % {"name": path.name})
        table = tables.read(str(path), path.name, LAYOUT, MOST_ROWS)
        self.progress(_("检查 %(count)s 行 …") % {"count": len(table.lines)})
        try:
            if given["dry_run"]:
                plan = applying.preview(table, ledger, by=by)
            else:
                plan = applying.apply(table, ledger, by=by, file_name=path.name)
        except NotAllGood as refusal:
            plan = refusal.plan
        self.show(_report(plan, dry_run=given["dry_run"]), _text(plan, dry_run=given["dry_run"]))
        if plan.faults:
            raise FoundFaults(_("有 %(count)s 处错误，没有导入任何内容。") % {"count": len(plan.faults)})


def _report(plan: Plan, *, dry_run: bool) -> dict:
    return {
        "rows": len(plan.lines),
        "added": plan.count(ADDED),
        "changed": plan.count(CHANGED),
        "unchanged": plan.count(UNCHANGED),
        "written": not dry_run and not plan.faults,
        "kinds": plan.figures(),
        "ignored_sheets": plan.ignored,
        "errors": [fault.as_json() for fault in plan.faults],
    }


def _text(plan: Plan, *, dry_run: bool) -> str:
    lines = [
        _("%(sheet)s 第 %(row)s 行 %(column)s「%(value)s」：%(message)s%(suggestion)s") % vars(fault)
        for fault in plan.faults
    ]
    head = _("检查完成（未写入）") if dry_run or plan.faults else _("导入完成")
    for kind, counts in plan.figures().items():
        about = {"kind": LABELS[kind], **counts}
        lines.append(_("%(kind)s：新增 %(added)s，修改 %(changed)s，未变 %(unchanged)s") % about)
    return "\n".join([head, *lines])
