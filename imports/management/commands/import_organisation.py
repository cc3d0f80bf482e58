"""``import_organisation``: companies, departments, positions and people from a file, with the same code as the page."""

from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from erp_site.shared.commands import FoundFaults, ProductCommand
from imports.organisation import applying, planning, tables
from imports.organisation.planning import ADDED, CHANGED, UNCHANGED
from imports.organisation.sheets import LABELS
from ledgers.services import finding


class Command(ProductCommand):
    help = _("从表格（xlsx、xls、csv）导入公司、部门、职位和人员：先检查，全部正确才写入；重复导入不改变任何内容。")
    example = (
        "manage.py import_organisation 组织架构.xlsx --dry-run\n"
        "manage.py import_organisation 组织架构.xlsx --as sysadmin --json"
    )
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("file", help=_("要导入的文件"))
        parser.add_argument("--dry-run", action="store_true", help=_("只检查，不写入"))
        parser.add_argument("--as", dest="username", help=_("以该系统管理员的身份导入；默认是系统"))

    def handle(self, *args, **given):
        path = Path(given["file"])
        if not path.is_file():
            raise CommandError(_("没有找到文件「%(name)s」。") % {"name": path})
        by = finding.user_by_name(given["username"]) if given["username"] else None
        self.progress(_("读取 %(name)s …") % {"name": path.name})
        table = tables.read(str(path), path.name)
        self.progress(_("检查 %(count)s 行 …") % {"count": len(table.lines)})
        try:
            plan = (
                planning.plan(table, by=by) if given["dry_run"] else applying.apply(table, by=by, file_name=path.name)
            )
        except applying.NotAllGood as refusal:
            plan = refusal.plan
        self.show(_report(plan, table, dry_run=given["dry_run"]), _text(plan, dry_run=given["dry_run"]))
        if plan.faults:
            raise FoundFaults(_("有 %(count)s 处错误，没有导入任何内容。") % {"count": len(plan.faults)})


def _report(plan: planning.Plan, table: tables.Table, *, dry_run: bool) -> dict:
    return {
        "rows": len(table.lines),
        "added": plan.count(ADDED),
        "changed": plan.count(CHANGED),
        "unchanged": plan.count(UNCHANGED),
        "written": not dry_run and not plan.faults,
        "kinds": plan.figures(),
        "ignored_sheets": plan.ignored,
        "errors": [fault.as_json() for fault in plan.faults],
    }


def _text(plan: planning.Plan, *, dry_run: bool) -> str:
    lines = [
        _("%(sheet)s 第 %(row)s 行 %(column)s「%(value)s」：%(message)s%(suggestion)s") % vars(fault)
        for fault in plan.faults
    ]
    head = _("检查完成（未写入）") if dry_run or plan.faults else _("导入完成")
    for kind, counts in plan.figures().items():
        about = {"kind": LABELS[kind], **counts}
        lines.append(_("%(kind)s：新增 %(added)s，修改 %(changed)s，未变 %(unchanged)s") % about)
    return "\n".join([head, *lines])
