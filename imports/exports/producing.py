"""Customers to file, a thousand at a time: the number of queries per chunk does not depend on what the customers hold.

What lives here: the loop, and what the file says of itself. What does not: whether somebody may (``services``), how a cell
looks (``cells``), how a file is stored (``writers``).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.fields import Catalogue, Field
from permissions.actor import Actor
from permissions.rights import Level

from . import selecting
from .cells import Row
from .records import records
from .selecting import Selection
from .writers import WRITERS, About

CHUNK = 1_000

Tell = Callable[[int, int], None]  # (rows done, rows in all); may raise to stop


def produce(
    path: Path,
    *,
    format: str,
    ledger,
    actor: Actor,
    fields: list[Field],
    selection: Selection,
    reference: str,
    tell: Tell,
) -> int:
    """Write the selection to ``path``; returns the number of rows. ``reference`` names the export in the file.

    Raises BusinessError for what a file cannot hold, OSError, and whatever ``tell`` raises.
    """
    catalogue = Catalogue.of(ledger)
    row = Row(catalogue, actor, fields)
    keys = selecting.keys(selection, catalogue, actor)
    writer = WRITERS[format](path, fields, row.headings)
    count = 0
    try:
        tell(0, len(keys))
        for cells in _rows(keys, row, actor, tell):
            writer.row(cells)
            count += 1
        writer.close(_about(reference, ledger, catalogue, actor, fields, selection, count))
    except BaseException:
        writer.abandon()
        raise
    return count


def _rows(keys, row: Row, actor: Actor, tell: Tell) -> Iterator[list[Any]]:
    for start in range(0, len(keys), CHUNK):
        pks = list(keys[start : start + CHUNK])
        chunk = list(records(pks, actor, row.fields))
        row.presenter.look_ahead(chunk, row.fields)
        yield from map(row.cells, chunk)
        tell(start + len(pks), len(keys))


def _about(
    reference: str, ledger, catalogue: Catalogue, actor: Actor, fields: list[Field], selection: Selection, count: int
) -> About:
    who = str(actor.user) if actor.user else _("系统命令")
    masked = [str(field.label) for field in fields if actor.field_level(field.right_key) == Level.MASKED]
    conditions = selecting.as_text(selecting.describe(selection, catalogue, actor))
    notes = [
        (_("账套"), str(ledger)),
        (_("导出编号"), reference),
        (_("导出人"), f"{who}（{actor.user.get_username()}）" if actor.user else who),
        (_("导出时间"), timezone.localtime().strftime("%Y-%m-%d %H:%M:%S")),
        (_("范围"), conditions),
        (_("客户数"), str(count)),
        (_("脱敏字段"), "、".join(masked) or _("无")),
        (_("说明"), _("第一张表可以修改后重新导入：没有改动的行不会变化，带 * 的脱敏内容视为未修改。文件含客户资料，请妥善保管，用完删除。")),
    ]  # fmt: skip
    return About(title=_("%(ledger)s 客户资料") % {"ledger": ledger.name}, author=who, notes=notes)
