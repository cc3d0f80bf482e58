"""What the user decides about an import: which column is which field, what happens to rows that match, and saved mappings.

What lives here: taking decisions over and refusing those that cannot work. What does not: guessing (``guessing``) and carrying
them out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.fields import DERIVABLE, FOREIGN_PREFIX, Catalogue, Field
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..models import ImportBatch, ImportChunk, ImportMapping

MOST_AT_ONCE = 100_000  # rows of one all-or-nothing transaction
_MATCH = re.compile(r"number|uscc|foreign:[\w.-]{1,30}")


@dataclass(frozen=True)
class Options:
    """How rows become changes; the defaults are those of the command."""

    mode: str = ImportBatch.Mode.ADD
    match: str = "number"
    duplicates: str = ImportBatch.Duplicates.REPORT
    empty_cells: str = ImportBatch.EmptyCells.KEEP
    all_or_nothing: bool = False
    batch_size: int = 1000
    reason: str = ""


def apply(batch: ImportBatch, options: Options, fields: list[str] | None = None) -> None:
    """Take the decisions over; ``fields`` is one field key (or "") per column of the sheet, None to keep the guess.

    An earlier check no longer counts. Raises BusinessError, with ``field`` naming the decision that cannot work.
    """
    if batch.state not in (batch.State.UPLOADED, batch.State.CHECKED):
        raise BusinessError(_("这个导入已经开始，不能再改设置。"), code="import.started")
    if fields is not None:
        batch.columns = [{**column, "field": key} for column, key in zip(batch.columns, fields, strict=True)]
    for name in ("mode", "match", "duplicates", "empty_cells", "all_or_nothing", "batch_size"):
        setattr(batch, name, getattr(options, name))
    batch.reason = (options.reason.strip() or _("导入文件 %(name)s") % {"name": batch.file_name})[:200]
    require_workable(batch)
    with transaction.atomic():
        reset(batch)
        batch.save()


def reset(batch: ImportBatch) -> None:
    """Forget an earlier check: what it found no longer fits the decisions."""
    ImportChunk.objects.filter(batch=batch).delete()
    batch.state, batch.is_staged, batch.counts, batch.error = batch.State.UPLOADED, False, {}, ""
    batch.save(update_fields=["state", "is_staged", "counts", "error"])


def require_workable(batch: ImportBatch) -> None:
    """Raise BusinessError when the mapping and the mode cannot lead anywhere, whatever the rows hold."""
    catalogue = Catalogue.of(batch.ledger)
    if not batch.columns:
        raise BusinessError(
            _("没有找到标题行。"),
            code="heading.missing",
            field="heading_rows",
            remedy=_("请选择写有各列名称（例如“客户名称”“手机”）的那一行。"),
        )
    mapped = list(batch.mapped.values())
    _require_known(catalogue, mapped, batch)
    if not _MATCH.fullmatch(batch.match):
        raise _wrong(
            "match", "match.unknown", _("匹配依据只能是客户编号、统一社会信用代码或外部编号（foreign:系统名）。")
        )
    if not 1 <= batch.batch_size <= 10_000:
        raise _wrong("batch_size", "batch_size.range", _("每批行数应在 1 至 10000 之间。"))
    if batch.mode != batch.Mode.ADD:
        _require_match(catalogue, mapped, batch.match)
    if batch.mode != batch.Mode.UPDATE:
        _require_required(catalogue, mapped)


def _wrong(field: str, code: str, message: str, remedy: str = "") -> BusinessError:
    return BusinessError(message, code=code, field=field, remedy=remedy)


def _require_known(catalogue: Catalogue, mapped: list[str], batch: ImportBatch) -> None:
    if not mapped:
        raise _wrong(
            "mapping",
            "mapping.empty",
            _("没有一列对应到客户字段。"),
            _("请至少为“客户名称”选择一列，并核对标题行是否正确。"),
        )
    for key in mapped:
        field = importable(catalogue, key)
        if field is None:
            raise _wrong("mapping", "mapping.unknown", _("没有名为「%(key)s」的字段。") % {"key": key},
                         _("可用 import_customers --list-keys 查看全部字段。"))  # fmt: skip
        if mapped.count(key) > 1:
            columns = [each["heading"] for each in batch.columns if each["field"] == key]
            raise _wrong(
                "mapping",
                "mapping.twice",
                _("有多列都对应「%(field)s」：%(columns)s。") % {"field": field.label, "columns": "、".join(columns)},
                _("一个字段只能来自一列，请把其余的列改为“不导入”。"),
            )


def importable(catalogue: Catalogue, key: str) -> Field | None:
    """The field of a key when a file may hold it: flat keys and ``foreign:SYSTEM``, nothing read-only."""
    field = catalogue.get(key)
    if field is None or not field.is_importable:
        return None
    return field if "." not in key or key.startswith(FOREIGN_PREFIX) else None


def fields_for(catalogue: Catalogue) -> list[Field]:
    """The fields that a file may hold, in the catalogue's order (foreign numbers aside)."""
    return [field for field in catalogue.fields if field.is_importable]


def _require_match(catalogue: Catalogue, mapped: list[str], match: str) -> None:
    if match in mapped or (match == "uscc" and "tax_number" in mapped):
        return
    label = catalogue.get(match).label
    raise _wrong(
        "match",
        "match.unmapped",
        _("按「%(field)s」匹配已有客户，但没有一列对应它。") % {"field": label},
        _("请为它选择一列，或改用别的匹配依据。"),
    )


def _require_required(catalogue: Catalogue, mapped: list[str]) -> None:
    missing = [catalogue.get(key) for key in sorted(catalogue.required - DERIVABLE) if key not in mapped]
    if missing:
        raise _wrong(
            "mapping",
            "mapping.required",
            _("新增客户必须填写：%(fields)s，但没有一列对应。")
            % {"fields": "、".join(str(field.label) for field in missing)},
            _("请为这些字段选择列；如果只想更新已有客户，请选择“只更新”。"),
        )


def mapping_from(batch: ImportBatch, columns: Mapping[str, Any]) -> list[str]:
    """One field key per column of the sheet for a mapping {heading: key}; raises BusinessError for an unknown heading."""
    headings = [column["heading"] for column in batch.columns]
    unknown = [heading for heading in columns if heading not in headings]
    if unknown:
        raise _wrong(
            "mapping",
            "mapping.heading",
            _("文件里没有名为「%(heading)s」的列。") % {"heading": "」「".join(unknown)},
            _("文件里的列：%(headings)s") % {"headings": "、".join(heading for heading in headings if heading)},
        )
    return [str(columns.get(heading) or "") for heading in headings]


# --- saved mappings ---------------------------------------------------------------------------------------------------


def saved_mapping(ledger, name: str) -> ImportMapping:
    """The saved mapping of this name; BusinessError names those that there are."""
    found = ImportMapping.objects.filter(ledger=ledger, name=name).first()
    if found is None:
        names = "、".join(ImportMapping.objects.filter(ledger=ledger).values_list("name", flat=True)) or _("（没有）")
        raise _wrong("mapping", "mapping.profile", _("没有名为「%(name)s」的映射方案。") % {"name": name},
                     _("现有的方案：%(names)s") % {"names": names})  # fmt: skip
    return found


def save_mapping(batch: ImportBatch, name: str, *, by: Actor) -> ImportMapping:
    """Keep the batch's mapping under a name; an existing one of that name is replaced by its maker or by a configurer."""
    by.require(Right.IMPORT)
    columns = {column["heading"]: column["field"] for column in batch.columns if column["heading"]}
    existing = ImportMapping.objects.filter(ledger=batch.ledger, name=name).first()
    if existing is None:
        try:
            with transaction.atomic():
                return ImportMapping.objects.create(ledger=batch.ledger, name=name, columns=columns, created_by=by.user)
        except IntegrityError as clash:
            raise _wrong("profile", "mapping.clash", _("刚刚有人保存了同名的映射方案，请换一个名称。")) from clash
    if existing.created_by_id != by.user_id:
        by.require(Right.CONFIGURE)
    existing.columns = columns
    existing.save(update_fields=["columns", "updated_at"])
    return existing
