"""A checked file into the set: all of it or nothing, in one transaction under the set's lock.

What lives here: carrying the plan out through the verbs of ``ledgers.access`` and ``ledgers.services.members``, which alone know what no change
of rights may do; their refusals become faults with row and column. The preview is the same, taken back at its end.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.access import roles
from ledgers.models import Ledger, LedgerEvent
from ledgers.services import members
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor
from permissions.models import Role
from permissions.organisation import trees
from permissions.rights import Right

from ..organisation.applying import NotAllGood
from ..organisation.tables import Line, Table
from . import planning
from .planning import ADDED, CHANGED, UNCHANGED, MemberPlan, Plan, RolePlan, told_days

logger = logging.getLogger("erp.roles")

# A verb's field → the column that stands for it.
_COLUMNS = {"name": "name", "code": "code", "parent": "parent", "scopes": "scopes", "role": "role", "user": "user",
            "starts_on": "starts_on", "ends_on": "ends_on"}  # fmt: skip


def preview(table: Table, ledger: Ledger, *, by: Actor) -> Plan:
    """The plan with everything that speaks against it and what would change; nothing of it stays. Raises NotAllowed."""
    by.require(Right.MEMBERS)
    with transaction.atomic():
        plan = _carried_out(table, ledger, by)
        transaction.set_rollback(True)
    return plan


@transaction.atomic
def apply(table: Table, ledger: Ledger, *, by: Actor, file_name: str) -> Plan:
    """Write what the file says; returns the plan as it was carried out. Raises NotAllGood, NotAllowed."""
    by.require(Right.MEMBERS)
    plan = _carried_out(table, ledger, by)
    if plan.faults:
        raise NotAllGood(plan)
    added, changed = plan.count(ADDED), plan.count(CHANGED)
    if added or changed:
        about = {"file": file_name[-120:], "added": added, "changed": changed}
        detail = _("从文件「%(file)s」导入角色与成员：新增 %(added)s，修改 %(changed)s") % about
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=detail)
    logger.info("roles imported", extra={"fields": {"ledger": ledger.code, "added": added, "changed": changed}})
    return plan


def _carried_out(table: Table, ledger: Ledger, by: Actor) -> Plan:
    changeable(ledger)
    plan = planning.plan(table, ledger)
    if not plan.faults:
        _Work(plan, ledger, by).do()
    return plan


class _Work:
    """The verbs of a plan, one after the other; a refusal is a fault of its row, and the others still get their turn."""

    def __init__(self, plan: Plan, ledger: Ledger, by: Actor):
        self.plan, self.ledger, self.user = plan, ledger, by.user
        self.made: dict[str, Role] = {row.code.casefold(): row for row in ledger.roles.all()}

    def do(self) -> None:
        for each in self._from_the_top(self.plan.roles):
            self._role(each)
        # Who is added first may take the place of whoever ends below.
        for each in sorted(self.plan.members, key=lambda each: each.now is not None):
            self._member(each)

    @staticmethod
    def _from_the_top(plans: list[RolePlan]) -> list[RolePlan]:
        """Superior roles before those below them."""
        by_key = {each.key: each for each in plans}
        order = trees.ordered({each.key: each.parent or None for each in plans})
        return [by_key[key] for key, _depth in order]

    def _role(self, each: RolePlan) -> None:
        draft = each.draft
        if each.parent is not None:
            above = self.made.get(each.parent) if each.parent else None
            if each.parent and above is None:
                return  # the superior role itself was refused, and says why
            draft = replace(draft, parent_id=above.pk if above else None)
        if each.now is None:
            draft = roles.beginning(self.ledger, draft) if not draft.code else draft
            verb, told = ADDED, _("新建")
        else:
            verb = UNCHANGED if draft.mark == each.before.mark else CHANGED
            told = roles.told_changes(self.ledger, each.before, draft) if verb == CHANGED else ""
        saved = self._try(each.first, "name", lambda: roles.save(self.ledger, draft, by=self.user, role=each.now))
        if saved is not None:
            self.made[each.key] = saved
            for line in filter(None, (each.line, *each.fields)):
                mine = verb if line is each.first else UNCHANGED if verb == UNCHANGED else CHANGED
                self.plan.verbs[line.kind, line.sheet, line.number] = (mine, told if line is each.first else "")

    def _member(self, each: MemberPlan) -> None:
        role = self.made.get(each.role)
        if role is None:
            return
        days = (each.starts_on, each.ends_on)
        new_days = told_days(SimpleNamespace(starts_on=days[0], ends_on=days[1]))
        if each.now is None:
            verb, told = ADDED, new_days
            done = self._try(each.line, "role", lambda: self._add(each, role))
        elif (each.now.starts_on, each.now.ends_on) == days:
            verb, told, done = UNCHANGED, "", each.now
        else:
            verb, told = CHANGED, f"{told_days(each.now)} → {new_days}"
            done = self._try(each.line, "ends_on", lambda: members.change_dates(each.now, *days, by=self.user))
        if done is not None:
            self.plan.verbs[each.line.kind, each.line.sheet, each.line.number] = (verb, told)

    def _add(self, each: MemberPlan, role: Role) -> Any:
        days = {"starts_on": each.starts_on, "ends_on": each.ends_on}
        return members.add_member(self.ledger, each.user, role.code, by=self.user, **days)

    def _try(self, line: Line, column: str, act: Callable[[], Any]) -> Any:
        try:
            with transaction.atomic():
                return act()
        except BusinessError as refused:
            named = _COLUMNS.get(refused.field or "", column)
            # A file without that column still says in which row it is.
            key = named if (line.kind, named) in self.plan.labels else column
            code = (refused.code or "refused").rpartition(".")[2]
            self.plan.fault(line, key, code, refused.message, refused.remedy)
            return None
