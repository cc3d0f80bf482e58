"""A checked file into the database: all of it or nothing, in one transaction under the organisation's lock.

What lives here: planning again under the lock, and writing. What does not: what is right or wrong (``planning``).

Rows first, references second, so that parents may stand below their children. New people cannot log in before the administrator hands
out a password.
"""

import logging
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Company, Department, Position, User
from permissions.organisation import access, journal, locking

from . import planning
from .planning import ADDED, CHANGED, Entry, Plan
from .sheets import COLUMNS, Kind
from .tables import Table

logger = logging.getLogger("erp.organisation")

_MODELS: dict[str, type] = {
    Kind.COMPANY: Company,
    Kind.POSITION: Position,
    Kind.DEPARTMENT: Department,
    Kind.PERSON: User,
}
_CHUNK = 500


class NotAllGood(BusinessError):
    """Some rows are wrong, so nothing was written; ``plan`` names them."""

    def __init__(self, plan: Plan):
        super().__init__(
            _("有 %(count)s 处错误，没有导入任何内容。") % {"count": len(plan.faults)},
            code="organisation.not_all_good",
            remedy=_("请改正后重新上传。"),
        )
        self.plan = plan


@transaction.atomic
def apply(table: Table, *, by: User | None, file_name: str) -> Plan:
    """Write what the file says; returns the plan as it was carried out. Raises NotAllGood, NotAllowed."""
    access.require_change(by)
    locking.hold()
    plan = planning.plan(table, by=by)
    if plan.faults:
        raise NotAllGood(plan)
    found = _Rows(plan)
    for kind in Kind:
        found.save(kind)
    for kind in Kind:
        found.refer(kind)
    added, changed = plan.count(ADDED), plan.count(CHANGED)
    if (added or changed) and by is not None:
        about = {"file": file_name, "added": added, "changed": changed}
        journal.note(by, _("从文件「%(file)s」导入组织架构：新增 %(added)s，修改 %(changed)s") % about, by=by)
    logger.info("organisation imported", extra={"fields": {"added": added, "changed": changed}})
    return plan


class _Rows:
    """The model rows of a plan by kind and key."""

    def __init__(self, plan: Plan):
        self.entries = {kind: [each for each in plan.entries if each.line.kind == kind] for kind in Kind}
        self.rows: dict[str, dict[str, Any]] = {}
        for kind, model in _MODELS.items():
            key = "username" if kind == Kind.PERSON else "code"
            self.rows[kind] = {planning.fold(getattr(row, key)): row for row in model.objects.all()}

    def save(self, kind: str) -> None:
        """Plain columns: new rows are made without references, changed ones updated."""
        plain = [column.key for column in COLUMNS[kind] if not column.refers]
        new = [entry for entry in self.entries[kind] if entry.verb == ADDED]
        made = [self._new(kind, entry, plain) for entry in new]
        _MODELS[kind].objects.bulk_create(made, batch_size=_CHUNK)
        self.rows[kind] |= {entry.key: row for entry, row in zip(new, made, strict=True)}
        self._update(kind, plain, lambda value: value)

    @staticmethod
    def _new(kind: str, entry: Entry, plain: list[str]) -> Any:
        row = _MODELS[kind](**{key: entry.values[key] for key in plain if entry.values.get(key) is not None})
        if kind == Kind.PERSON:
            row.password = make_password(None)
        return row

    def refer(self, kind: str) -> None:
        """References, now that every row is there."""
        for column in COLUMNS[kind]:
            if column.refers:
                targets = self.rows[column.refers]
                self._update(kind, [column.key], lambda key, targets=targets: targets[key] if key else None, new=True)

    def _update(self, kind: str, keys: list[str], value_of: Any, *, new: bool = False) -> None:
        touched = []
        for entry in self.entries[kind]:
            mine = [key for key in keys if key in entry.values]
            if not mine or (entry.verb == ADDED and not new) or entry.verb not in (ADDED, CHANGED):
                continue
            row = self.rows[kind][entry.key]
            for key in mine:
                setattr(row, key, value_of(entry.values[key]))
            touched.append(row)
        if touched:
            _MODELS[kind].objects.bulk_update(touched, keys, batch_size=_CHUNK)
