"""The verbs of export: start, run, write out, open, clean.

What lives here: may he, the log row, small ones at once and large ones as a job. What does not: HTTP (``views``), the rows
themselves (``producing``).

A file shows what its owner was allowed to see when it was made. So rights are asked three times: when it is asked for, for every
chunk while it is written, and when it is fetched; a file made under wider rights than its owner has now stays shut.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.fields import Catalogue, Field
from customers.querysets import share_sources
from erp_site.jobs import queue
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor
from permissions.logs import access
from permissions.rights import Level, Right, Scope

from ..models import ExportJob
from . import files, selecting
from .cells import exportable
from .producing import Tell, produce
from .selecting import Selection

logger = logging.getLogger("erp.exports")

AT_ONCE = 2_000  # so many rows are written within a request
KEPT_HOURS = 24
MAX_UNDER_WAY = 3
JOB = "export.customers"


def chosen(catalogue: Catalogue, actor: Actor, keys: Iterable[str]) -> list[Field]:
    """The fields of ``keys`` in that order; raises BusinessError for none, or for one that does not exist or is hidden."""
    offered = {field.key: field for field in exportable(catalogue, actor)}
    wanted = list(dict.fromkeys(key for key in keys if key))
    unknown = [key for key in wanted if key not in offered]
    if unknown:
        raise BusinessError(
            _("字段「%(keys)s」不存在，或您无权查看。") % {"keys": "、".join(unknown)},
            code="export.unknown_field",
            field="fields",
            remedy=_("可导出的字段：%(keys)s。") % {"keys": "、".join(offered)},
        )
    if not wanted:
        raise BusinessError(_("请至少选择一个要导出的字段。"), code="export.no_field", field="fields")
    return [offered[key] for key in wanted]


def start(*, ledger, by: Actor, format: str, keys: Iterable[str], selection: Selection) -> ExportJob:
    """Export for a person: a small selection is finished on return, a large one waits for a worker."""
    by.require(Right.EXPORT)
    catalogue = Catalogue.of(ledger)
    fields = chosen(catalogue, by, keys)
    total = selecting.count(selection, catalogue, by, cap=AT_ONCE)
    if total == 0:
        raise BusinessError(_("范围内没有客户可导出。"), code="export.empty", remedy=_("请放宽筛选条件。"))
    if total > AT_ONCE and ExportJob.objects.visible_to(by).under_way().count() >= MAX_UNDER_WAY:
        raise BusinessError(
            _("您已有 %(count)s 个导出正在进行。") % {"count": MAX_UNDER_WAY},
            code="export.too_many",
            remedy=_("请等其中一个完成后再试。"),
        )
    export = _record(ledger, by, format, fields, selection, catalogue)
    if total <= AT_ONCE:
        try:
            run(export, by=by)
        except BaseException:
            export.delete()
            raise
    else:
        with transaction.atomic():
            about = {"export": export.pk}
            export.job = queue.enqueue(JOB, about, by=by.user, ledger_code=ledger.code)
            export.save(update_fields=["job"])
    return export


def _record(
    ledger, by: Actor, format: str, fields: list[Field], selection: Selection, catalogue: Catalogue
) -> ExportJob:
    conditions = selecting.as_text(selecting.describe(selection, catalogue, by))
    return ExportJob.objects.create(
        ledger=ledger,
        by=by.user,
        format=format,
        fields=[field.key for field in fields],
        query=selecting.as_query(selection, catalogue, by),
        conditions=conditions[:500],
    )


def run(
    export: ExportJob, *, by: Actor, tell: Tell = lambda done, total: None, inside: Callable[[], None] = lambda: None
) -> None:
    """Write, seal and record the file. ``inside`` is called in the transaction that records it.

    Raises NotAllowed when the rights are gone or change meanwhile, BusinessError when the disk takes no more.
    """
    by.require(Right.EXPORT)
    fields = chosen(Catalogue.of(export.ledger), by, export.fields)
    selection = selecting.parse(export.query, by)
    rights = rights_of(by, fields)

    def watched(done: int, total: int) -> None:
        if rights_of(by.again(), fields) != rights:
            raise NotAllowed(
                _("导出期间您的权限发生了变化，导出已停止。"), code="export.rights_changed", remedy=_("请重新导出。")
            )
        tell(done, total)

    kept = None
    try:
        with files.workshop() as place:
            path = place / f"export.{export.format}"
            export.rows = _produced(path, export, by, fields, selection, watched)
            kept = files.keep(path)
        with transaction.atomic():
            inside()
            _finish(export, rights, kept, by)
    except OSError as full:
        raise BusinessError(
            _("服务器磁盘写不下导出文件。"), code="export.disk", remedy=_("请联系系统管理员清理磁盘后重试。")
        ) from full
    except BaseException:
        if kept:
            files.remove(kept.name)
        raise


def _produced(path: Path, export: ExportJob, by: Actor, fields: list[Field], selection: Selection, tell: Tell) -> int:
    return produce(
        path,
        format=export.format,
        ledger=export.ledger,
        actor=by,
        fields=fields,
        selection=selection,
        reference=f"E{export.pk}",
        tell=tell,
    )


def _finish(export: ExportJob, rights: dict[str, Any], kept: files.Kept, by: Actor) -> None:
    now = timezone.now()
    export.rights, export.query = rights | {"shares": _shares_of(by)}, ""
    export.path, export.size, export.sha256 = kept.name, kept.size, kept.sha256
    export.finished_at, export.expires_at = now, now + timedelta(hours=KEPT_HOURS)
    export.save()
    _note(export, by)
    about = {"export": export.pk, "format": export.format, "fields": len(export.fields), "rows": export.rows}
    logger.info("customers exported", extra={"fields": about | {"sha256": export.sha256}})


def _note(export: ExportJob, by: Actor, kind: str = access.Kind.EXPORT) -> None:
    """The access log's line: which export, how many customers, which sensitive fields whole."""
    catalogue = Catalogue.of(export.ledger)
    fields = [field for key in export.fields if (field := catalogue.get(key))]
    whole = [str(field.label) for field in fields if field.sensitive and by.may_read(field.right_key)]
    words = {"reference": f"E{export.pk}", "format": export.format, "fields": "、".join(whole) or _("无")}
    detail = _("%(reference)s %(format)s；完整敏感字段：%(fields)s") % words
    access.note(by, kind, count=export.rows, detail=detail)


def write_out(
    out: Path, *, ledger, by: Actor, format: str, keys: Iterable[str], selection: Selection, tell: Tell
) -> ExportJob:
    """Export to a file of the caller's own, for commands; the log row has no file to fetch. Raises OSError too."""
    by.require(Right.EXPORT)
    catalogue = Catalogue.of(ledger)
    fields = chosen(catalogue, by, keys)
    export = _record(ledger, by, format, fields, selection, catalogue)
    try:
        with files.workshop(out.parent) as place:
            path = place / f"export.{format}"
            export.rows = _produced(path, export, by, fields, selection, tell)
            export.size, export.sha256 = files.hand_over(path, out)
    except BaseException:
        export.delete()
        raise
    export.rights, export.query, export.finished_at = rights_of(by, fields), "", timezone.now()
    export.save()
    _note(export, by)
    return export


# --- rights --------------------------------------------------------------------------------------------------


def rights_of(actor: Actor, fields: Iterable[Field]) -> dict[str, Any]:
    """What of an actor's rights decides on the contents of a file, as plain JSON."""
    return {
        "export": actor.can(Right.EXPORT),
        "fields": {field.key: int(min(actor.field_level(field.right_key), Level.READ)) for field in fields},
        "rows": _rows_of(actor),
        "lent": sorted(([each.user_id, _rows_of(each)] for each in actor.lent_rows), key=str),
    }


def _rows_of(actor: Actor) -> dict[str, Any]:
    """What decides which rows somebody sees, besides the shares: those are asked with every chunk of rows."""
    kinds = {kind for kind, _values in (*actor.row_scopes, *actor.denied_scopes)}
    return {
        "scopes": _as_json(actor.row_scopes),
        "denied": _as_json(actor.denied_scopes),
        "departments": sorted(actor.department_ids) if Scope.DEPARTMENT_TREE in kinds else [],
        "department": actor.user.department_id if actor.user and Scope.DEPARTMENT in kinds else None,
    }


def _shares_of(actor: Actor, then: dict[str, list[int]] | None = None) -> dict[str, list[int]]:
    """Whose and which kind of shares → [how many are in force, the newest of them]; ``then``: no further than these newest ones."""
    found: dict[str, list[int]] = {}
    for each in (actor, *actor.lent_rows) if actor.user else ():
        for source in share_sources(each):
            key, shares = f"{each.user_id}:{source.share}", source.keys()
            if then is not None:
                shares = shares.filter(pk__lte=then.get(key, [0, 0])[1])
            counted = shares.aggregate(count=Count("pk"), newest=Max("pk"))
            found[key] = [counted["count"], counted["newest"] or 0]
    return found


def _as_json(scopes: Iterable[tuple[str, tuple]]) -> list:
    return sorted([str(kind), sorted(map(str, values))] for kind, values in scopes)


def _still_covers(by: Actor, now: dict[str, Any], then: dict[str, Any]) -> bool:
    """Whether rights of today open everything that was open when the file was made."""
    if not now["export"] or any(now["fields"].get(key, 0) < level for key, level in then["fields"].items()):
        return False
    everything = [str(Scope.ALL), []] in now["rows"]["scopes"] and not now["rows"]["denied"]
    if everything:
        return True
    shares = then.get("shares", {})
    have = _shares_of(by, shares)
    kept = all(have.get(key, [0, 0])[0] >= count for key, (count, _newest) in shares.items())
    return kept and all(now[part] == then.get(part) for part in ("rows", "lent"))


# --- fetching and cleaning -------------------------------------------------------------------------------------


def open_file(export: ExportJob, *, by: Actor) -> Iterator[bytes]:
    """The bytes of a finished export. Raises NotAllowed when rights are narrower now, BusinessError when it is gone."""
    by.require(Right.EXPORT)
    if not export.is_available:
        raise _gone()
    fields = [field for key in export.fields if (field := Catalogue.of(export.ledger).get(key))]
    if not _still_covers(by, rights_of(by, fields), export.rights):
        raise NotAllowed(
            _("这个文件是按您当时的权限生成的，您的权限已有变化，不能再下载。"),
            code="export.rights_changed",
            remedy=_("请重新导出。"),
        )
    try:
        content = files.content(export.path)
    except FileNotFoundError:
        raise _gone() from None
    ExportJob.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    _note(export, by, access.Kind.DOWNLOAD)
    logger.info("export fetched", extra={"fields": {"export": export.pk}})
    return content


def _gone() -> BusinessError:
    return BusinessError(
        _("这个文件已过期删除（导出文件只保留 %(hours)s 小时）。") % {"hours": KEPT_HOURS},
        code="export.expired",
        remedy=_("请重新导出。"),
    )


def clean() -> dict[str, int]:
    """Remove files that have expired, and leftovers of killed processes; the log rows stay."""
    expired = list(ExportJob.objects.filter(expires_at__lte=timezone.now()).exclude(path=""))
    for export in expired:
        files.remove(export.path)
    ExportJob.objects.filter(pk__in=[export.pk for export in expired]).update(path="")
    known = set(ExportJob.objects.exclude(path="").values_list("path", flat=True))
    return {"expired": len(expired), "swept": files.sweep(known)}
