"""``import_customers``: a file of customers into a set, with the same code as the pages; no worker is needed.

What lives here: options, progress on the terminal and what is shown at the end. What does not: the import itself
(``imports.importing``).
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.fields import FOREIGN_PREFIX, Catalogue
from customers.models import ForeignNumber
from customers.undoing import acts
from customers.undoing.showing import tally_text
from erp_site.shared.commands import FoundFaults, ProductCommand
from erp_site.shared.errors import BusinessError
from imports.importing import checking, errorfile, finishing, inspecting, options, reporting, uploads, writing
from imports.importing.runs import Run
from imports.models import ImportBatch
from ledgers.services import finding
from permissions.actor import Actor
from permissions.rights import Right

State = ImportBatch.State


class Command(ProductCommand):
    help = _("把表格文件（xlsx、xls、csv）里的客户导入账套：检查、查重、编号、写入，与页面导入同一套规则。")
    example = (
        "manage.py import_customers 客户.xlsx --ledger HZ01 --dry-run --report REPORT.json --errors ERRORS.xlsx\n"
        "manage.py import_customers 客户.csv --ledger HZ01 --mode upsert --match uscc --as manager --reason 期初导入\n"
        "manage.py import_customers --ledger HZ01 --resume 12"
    )
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help=_("要导入的文件"))
        parser.add_argument("--ledger", required=True, help=_("账套编码"))
        layout = parser.add_argument_group(_("文件"))
        layout.add_argument("--sheet", default="", help=_("工作表名称；默认第一张有内容的可见表"))
        layout.add_argument("--heading-row", type=int, nargs="+", help=_("标题所在的行号（一行或两行）；默认自动识别"))
        layout.add_argument("--encoding", default="", help=_("csv 的编码（utf-8、gb18030、utf-16 …）；默认自动识别"))
        layout.add_argument("--delimiter", default="", help=_("csv 的分隔符，制表符写作 \\t；默认自动识别"))
        layout.add_argument(
            "--mapping", default="auto", help=_('列对应：auto 自动、映射方案的名称，或 FILE.json（{"列名": "字段"}）')
        )
        rows = parser.add_argument_group(_("规则"))
        rows.add_argument(
            "--mode", choices=ImportBatch.Mode.values, default="add", help=_("只新增、只更新、新增或更新")
        )
        rows.add_argument("--match", default="number", help=_("更新时的匹配依据：number、uscc 或 foreign:系统名"))
        rows.add_argument(
            "--duplicates",
            choices=ImportBatch.Duplicates.values,
            default="report",
            help=_("与已有客户或前面的行重复时：新增并列出、跳过、新增不列出、更新已有客户"),
        )
        rows.add_argument("--empty-cells", choices=ImportBatch.EmptyCells.values, default="keep",
                          help=_("更新时空单元格：保留原值或清空原值"))  # fmt: skip
        size = rows.add_mutually_exclusive_group()
        size.add_argument("--all-or-nothing", action="store_true",
                          help=_("有一行不能导入就全部不导入（最多 %(most)s 行）") % {"most": options.MOST_AT_ONCE})  # fmt: skip
        size.add_argument("--batch-size", type=int, default=1000, help=_("每批提交的行数"))
        act = parser.add_argument_group(_("执行"))
        act.add_argument("--dry-run", action="store_true", help=_("只检查，不写入"))
        again = act.add_mutually_exclusive_group()
        again.add_argument("--resume", type=int, metavar="ID", help=_("继续一个中断的导入"))
        again.add_argument("--undo", type=int, metavar="ID", help=_("撤销一个导入；之后又改过的客户保留现状并列出"))
        act.add_argument("--as", dest="username", help=_("以该用户的身份和权限导入；默认是系统"))
        act.add_argument("--reason", default="", help=_("导入原因，记入变更历史"))
        act.add_argument("--report", metavar="REPORT.json", help=_("把完整报告写入此文件"))
        act.add_argument("--errors", metavar="ERRORS.xlsx", help=_("把未导入的行写入此文件，错误的单元格已标出"))
        act.add_argument("--list-keys", action="store_true", help=_("列出可用的字段名后结束"))

    def handle(self, *args, **given):
        ledger = finding.by_code(given["ledger"])
        if given["list_keys"]:
            self._list_keys(ledger)
            return
        by = finding.command_actor(ledger, given["username"])
        by.require(Right.IMPORT)
        if given["undo"]:
            self._undo(_batch_of(ledger, by, given["undo"]), by, given)
            return
        _require_writable_targets(given)
        batch = self._resumed(ledger, by, given) if given["resume"] else self._received(ledger, by, given)
        try:
            self._work(batch, by, dry_run=given["dry_run"])
        finally:
            batch.refresh_from_db()
            self._write_files(batch, given)
        self._tell(batch, given)

    # --- which batch --------------------------------------------------------------------------------------------------

    def _received(self, ledger, by: Actor, given: dict[str, Any]) -> ImportBatch:
        """The file as a new batch, its layout, mapping and options settled."""
        if not given["file"]:
            raise CommandError(_("缺少参数：要导入的文件。用 --help 查看用法。"))
        path = Path(given["file"])
        if path.is_dir():
            raise CommandError(_("「%(name)s」是文件夹，请指定文件。") % {"name": path})
        columns = _mapping(ledger, given["mapping"])
        with path.open("rb") as file:
            batch = uploads.receive(ledger, by=by, name=path.name, blocks=uploads.blocks_of(file))
        try:
            layout = inspecting.Layout(
                sheet=given["sheet"],
                heading_rows=tuple(given["heading_row"]) if given["heading_row"] else None,
                encoding=given["encoding"],
                delimiter=given["delimiter"].replace("\\t", "\t"),
                headings=tuple(columns or ()),
            )
            inspecting.inspect(batch, layout)
            chosen = options.Options(
                mode=given["mode"],
                match=given["match"],
                duplicates=given["duplicates"],
                empty_cells=given["empty_cells"],
                all_or_nothing=given["all_or_nothing"],
                batch_size=given["batch_size"],
                reason=given["reason"][:200],
            )
            options.apply(batch, chosen, _fields(batch, columns, is_file=given["mapping"].endswith(".json")))
        except BaseException:
            uploads.remove(batch)
            batch.delete()
            raise
        return batch

    def _resumed(self, ledger, by: Actor, given: dict[str, Any]) -> ImportBatch:
        batch = _batch_of(ledger, by, given["resume"])
        if batch.is_running and batch.job is not None and not batch.job.is_finished:
            raise CommandError(_("该导入正在后台执行，不必继续。"))
        if batch.is_over:
            raise CommandError(
                _("该导入已结束（%(state)s），没有可继续的内容。") % {"state": batch.get_state_display()}
            )
        batch.job = None  # from now on this process is who works on it
        batch.save(update_fields=["job"])
        return batch

    def _undo(self, batch: ImportBatch, by: Actor, given: dict[str, Any]) -> None:
        """Put back what an import did, as far as nobody touched it since."""
        if batch.change_batch is None:
            raise CommandError(_("该导入没有写入任何客户，不需要撤销。"))
        told = _("已处理 %(done)s 个客户")
        tally = acts.undo(
            batch.change_batch,
            by=by,
            reason=given["reason"],
            progress=lambda done: self.progress(told % {"done": done}),
        )
        self.show(tally.as_result(batch.change_batch.undone_by), tally_text(tally))
        if tally.left:
            raise FoundFaults(_("有 %(left)s 处保留现状。") % {"left": f"{tally.left:,}"})

    # --- work ---------------------------------------------------------------------------------------------------------

    def _work(self, batch: ImportBatch, by: Actor, *, dry_run: bool) -> None:
        who = str(by.user) if by.user else _("系统")
        self.progress(_("导入 #%(pk)s：%(file)s → 账套 %(ledger)s（以%(who)s的身份）") % {
            "pk": batch.pk, "file": batch.file_name, "ledger": batch.ledger.code, "who": who})  # fmt: skip
        checks_first = dry_run or batch.all_or_nothing
        try:
            if checks_first and not batch.is_staged:
                self._run(batch, by, State.CHECKING, checking.check, _("检查"))
            if not dry_run:
                self._run(batch, by, State.WRITING, writing.write, _("导入"))
        except KeyboardInterrupt:
            finishing.interrupt(batch, _("在命令行中断。"))
            raise
        except BusinessError as refusal:
            finishing.interrupt(batch, f"{refusal.message}{refusal.remedy}")
            if refusal.code != "import.not_all_good":
                raise
            finishing.fail(batch, refusal.message)

    def _run(self, batch: ImportBatch, by: Actor, state: str, work, verb: str) -> None:
        terminal = _Terminal(self, verb)
        work(Run(batch, by=by, state=state, tell=terminal))
        terminal.close()

    # --- what is told ---------------------------------------------------------------------------------------------------

    def _write_files(self, batch: ImportBatch, given: dict[str, Any]) -> None:
        if given["report"]:
            with open(given["report"], "w", encoding="utf-8") as file:
                file.writelines(reporting.text(batch, dry_run=given["dry_run"]))
        if given["errors"] and batch.count("rejected"):
            Path(given["errors"]).write_bytes(errorfile.workbook(batch))

    def _tell(self, batch: ImportBatch, given: dict[str, Any]) -> None:
        head = reporting.head(batch, dry_run=given["dry_run"])
        self.show(head, _summary(batch, dry_run=given["dry_run"]))
        if batch.state == State.FAILED:
            raise FoundFaults(batch.error)
        if batch.count("rejected"):
            raise FoundFaults(_rejected(batch, given))
        if batch.checks and not batch.checks["ok"]:
            raise FoundFaults(_("数据校验不一致：文件与数据库的计数或合计不同，请查看报告。"))

    def _list_keys(self, ledger) -> None:
        catalogue = Catalogue.of(ledger)
        fields = options.fields_for(catalogue)
        systems = (
            ForeignNumber.objects.filter(ledger=ledger).order_by().values_list("system", flat=True).distinct()[:20]
        )
        keys = {field.key: str(field.label) for field in fields}
        keys |= {f"{FOREIGN_PREFIX}{system}": _("%(system)s 编号") % {"system": system} for system in systems}
        keys[f"{FOREIGN_PREFIX}SYSTEM"] = _("其他系统的编号，SYSTEM 换成系统名，例如 foreign:SAP")
        width = max(map(len, keys))
        self.show(keys, "\n".join(f"{key:<{width}}  {label}" for key, label in keys.items()))


class _Terminal:
    """A progress line on stderr: redrawn in place on a terminal, every few seconds a new line elsewhere."""

    def __init__(self, command: Command, verb: str):
        self.command, self.verb = command, verb
        self.redraws = sys.stderr.isatty()
        self._told = self._began = time.monotonic()
        self._last = ""

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        now = time.monotonic()
        if now - self._told < (0.2 if self.redraws else 5) and done != total:
            return
        self._told = now
        speed = done / (now - self._began) if now - self._began > 0.5 else 0
        share = f"{min(100, done * 100 // total)}%" if total else ""
        text = f"{self.verb} {done:,} / {total or 0:,}  {share}"
        self._draw(f"{text}  {speed:,.0f} {_('行/秒')}" if speed else text)

    def _draw(self, text: str) -> None:
        if text == self._last:
            return
        if self.redraws:
            self.command.stderr.write(f"\r{text:<{len(self._last)}}", ending="")
            self.command.stderr.flush()
        else:
            self.command.progress(text)
        self._last = text

    def close(self) -> None:
        if self.redraws and self._last:
            self.command.stderr.write("")

    def check(self) -> None:
        """Nothing stops a command but its terminal."""

    def log(self, text: str) -> None:
        self.command.progress(text)


def _mapping(ledger, wanted: str) -> dict[str, str] | None:
    """{heading: field key} of a file of JSON or a saved mapping; None for ``auto``."""
    if wanted == "auto":
        return None
    if not wanted.endswith(".json"):
        return options.saved_mapping(ledger, wanted).columns
    try:
        columns = json.loads(Path(wanted).read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError) as broken:
        raise CommandError(_("映射文件「%(name)s」不是有效的 JSON。") % {"name": wanted}) from broken
    if not isinstance(columns, dict) or not all(isinstance(value, str | None) for value in columns.values()):
        raise CommandError(_('映射文件应形如 {"列名": "字段"}。'))
    return columns


def _fields(batch: ImportBatch, columns: dict[str, str] | None, *, is_file: bool) -> list[str] | None:
    """One field key per column. A file names headings that must be there; a saved mapping may know more than one file has."""
    if columns is None or is_file:
        return None if columns is None else options.mapping_from(batch, columns)
    return [columns.get(column["heading"], "") for column in batch.columns]


def _batch_of(ledger, by: Actor, pk: int) -> ImportBatch:
    """The import with this number, if the actor may know of it."""
    batch = (
        ImportBatch.objects.visible_to(by).filter(ledger=ledger, pk=pk).select_related("change_batch__ledger").first()
    )
    if batch is None:
        raise CommandError(_("账套 %(ledger)s 没有编号为 %(pk)s 的导入。") % {"ledger": ledger.code, "pk": pk})
    return batch


def _require_writable_targets(given: dict[str, Any]) -> None:
    """A report that cannot be written is said before the work, not after it."""
    for name in ("report", "errors"):
        if given[name] and not Path(given[name]).resolve().parent.is_dir():
            raise CommandError(_("没有文件夹「%(name)s」，无法写入 --%(option)s。") % {
                "name": Path(given[name]).resolve().parent, "option": name})  # fmt: skip


def _summary(batch: ImportBatch, *, dry_run: bool) -> str:
    words = {
        key: f"{batch.count(key):,}"
        for key in ("rows", "added", "updated", "unchanged", "skipped", "rejected", "duplicates", "warnings")
    }
    if dry_run:
        text = _("检查完成（未写入）：共 %(rows)s 行，可新增 %(added)s，可更新 %(updated)s，跳过 %(skipped)s，有错误 %(rejected)s；"
                 "疑似重复 %(duplicates)s，有提示 %(warnings)s。")  # fmt: skip
    else:
        text = _("导入完成：共 %(rows)s 行，新增 %(added)s，更新 %(updated)s，未变 %(unchanged)s，跳过 %(skipped)s，拒绝 %(rejected)s；"
                 "疑似重复 %(duplicates)s，有提示 %(warnings)s。用时 %(seconds)s 秒。")  # fmt: skip
    return text % (words | {"seconds": f"{batch.seconds:.1f}"})


def _rejected(batch: ImportBatch, given: dict[str, Any]) -> str:
    count = batch.count("rejected")
    text = ngettext("有 %(count)s 行未导入。", "有 %(count)s 行未导入。", count) % {"count": f"{count:,}"}
    if given["errors"]:
        return text + _("请改正 %(name)s 中标出的单元格后再次导入。") % {"name": given["errors"]}
    return text + _("加上 --errors ERRORS.xlsx 可得到标出错误的文件。")
