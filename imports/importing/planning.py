"""Rows into edits: which columns are read how, which rows are left out, and which customers the rows mean.

What lives here: one ``Plan`` per row. What does not: whether its values are right (the pipeline) and duplicates (``judging``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from customers.duplicates import exact
from customers.fields import FOREIGN_PREFIX, Catalogue
from customers.models import Customer, ForeignNumber
from customers.rules import identifiers
from customers.services import numbering, snapshots
from customers.services.edits import Edit, Problem
from permissions.actor import Actor
from permissions.masking import looks_masked

from ..columns import Column
from ..models import ImportBatch
from ..reading import Row
from . import guessing
from .template import EXAMPLE_MARK

# An empty cell never clears these: a customer always has them.
_KEPT = {"number", "name"}


@dataclass(slots=True)
class Plan:
    """One row on its way: the edit that it makes, or why it is left out (``skipped``: code and sentence)."""

    row: Row
    edit: Edit = field(default_factory=Edit)
    skipped: tuple[str, str] | None = None
    match: str = ""  # the value by which a customer was looked for
    lost: bool = False  # no customer answers to the match value: there is nothing to prepare
    hits: list[dict[str, Any]] = field(default_factory=list)  # duplicates as they are told, filled by ``judging``

    @property
    def accepted(self) -> bool:
        return self.skipped is None and not self.edit.refused


class Planner:
    """Makes plans for the rows of one batch."""

    def __init__(self, batch: ImportBatch, catalogue: Catalogue, by: Callable[[], Actor]):
        self.batch = batch
        self.by = by  # asked for each chunk: his rights may have changed
        self.reason = batch.reason
        self.clears = batch.empty_cells == batch.EmptyCells.CLEAR
        self.columns = columns_of(batch, catalogue)
        self.keys = {column.key for _index, column in self.columns}
        # A masked text means "unchanged", so in a new customer it means nothing, and that is told.
        is_add = batch.mode == batch.Mode.ADD
        self._reading = [(index, each.key, each, each.field.sensitive and is_add) for index, each in self.columns]
        self.match_key = "" if batch.mode == batch.Mode.ADD else batch.match
        self._name = next((index for index, column in self.columns if column.key == "name"), None)

    # --- rows --------------------------------------------------------------------------------------------------------

    def plans(self, rows: Iterable[Row]) -> list[Plan]:
        """A plan per row; rows that mean existing customers have them, by a constant number of queries."""
        found = [self._plan(row) for row in rows]
        if self.match_key:
            self._match([plan for plan in found if plan.skipped is None])
        return found

    def again(self, plan: Plan, customer_id: int) -> Plan:
        """The same row as a change of an existing customer (a duplicate that is to be updated); its number stays."""
        fresh = self._plan(plan.row)
        self._aim(fresh, customer_id)
        fresh.edit.values.pop("number", None)
        fresh.hits = plan.hits
        return fresh

    def _plan(self, row: Row) -> Plan:
        plan = Plan(row, Edit(row=row.number, reason=self.reason))
        plan.skipped = self._left_out(row)
        if plan.skipped:
            return plan
        edit, cells, width = plan.edit, row.cells, len(row.cells)
        says_something = False
        for index, key, column, may_be_masked in self._reading:
            cell = cells[index] if index < width else None
            if cell is None or (type(cell) is str and (not cell or cell.isspace())):
                continue
            says_something = True
            raw, problem = column.read(cell)
            if problem is not None:
                edit.problems.append(problem)
            elif may_be_masked and looks_masked(raw):
                edit.problems.append(_masked(column, raw))
            else:
                edit.values[key] = raw
        self._note(plan)
        if not says_something and not edit.problems:
            plan.skipped = ("row.blank", _("对应的列都是空的"))
        return plan

    def _left_out(self, row: Row) -> tuple[str, str] | None:
        if row.note is not None and row.note.is_total:
            return "row.total", _("合计行")
        if row.note is not None and row.note.is_heading:
            return "row.heading", _("重复的标题行")
        name = row.cells[self._name] if self._name is not None and self._name < len(row.cells) else None
        if type(name) is str and name.startswith(EXAMPLE_MARK):
            return "row.example", _("模板的示例行")
        return None

    def _note(self, plan: Plan) -> None:
        """What the parser found odd about the row: faults refuse it, merged cells and formulas are only told."""
        note = plan.row.note
        if note is None:
            return
        for fault in note.faults:
            plan.edit.problem("", fault.code, fault.message, suggestion=fault.suggestion, value=fault.raw[:120])
        for index, column in self.columns:
            if index in note.merged:
                plan.edit.problem(column.key, "cell.merged", _("单元格与别的单元格合并，这里按空白处理。"), "warning",
                                  suggestion=_("请取消合并并逐行填写。"))  # fmt: skip
            elif index in note.formulas:
                plan.edit.problem(column.key, "cell.formula", _("单元格是公式，取用了保存的计算结果。"), "warning",
                                  value=str(plan.row.cells[index])[:120])  # fmt: skip

    # --- customers that exist -----------------------------------------------------------------------------------------

    def _match(self, plans: list[Plan]) -> None:
        wanted = {plan.row.number: self._match_value(plan) for plan in plans}
        known = self._seen(self._holders({value for value in wanted.values() if value}))
        hidden = hidden_ids({pk for pks in known.values() for pk in pks}, self.batch)
        for plan in plans:
            plan.match = wanted[plan.row.number]
            found = sorted(pk for pk in known.get(plan.match, ()) if pk not in hidden)
            if len(found) == 1:
                self._aim(plan, found[0])
            elif found:
                self._refuse(plan, "match.several", _("有 %(count)s 个客户符合「%(value)s」，无法确定更新哪一个。")
                             % {"count": len(found), "value": plan.match}, _("请改用客户编号匹配，或先合并重复的客户。"))  # fmt: skip
            elif self.batch.mode == self.batch.Mode.UPDATE:
                self._refuse_unmatched(plan)

    def _seen(self, known: dict[str, set[int]]) -> dict[str, set[int]]:
        """The same without customers whom the importer does not see: to him they are as if they were not there."""
        ids, by = {pk for pks in known.values() for pk in pks}, self.by()
        if by.is_system or not ids:
            return known
        seen = set(Customer.objects.visible_to(by).filter(pk__in=ids).values_list("pk", flat=True))
        seen |= hidden_ids(ids, self.batch).keys()
        return {value: pks & seen for value, pks in known.items()}

    def _refuse_unmatched(self, plan: Plan) -> None:
        if plan.match:
            self._refuse(plan, "match.none", _("没有找到「%(value)s」对应的客户。") % {"value": plan.match},
                         _("请核对该值，或选择“新增或更新”。"))  # fmt: skip
        elif any(problem.field == self.match_key for problem in plan.edit.problems):
            plan.lost = True  # the cell itself cannot be read, and says so
        else:
            self._refuse(plan, "match.blank", _("没有填写用来匹配客户的值。"), _("请填写该单元格。"))

    def _refuse(self, plan: Plan, code: str, message: str, suggestion: str) -> None:
        plan.edit.problem(self.match_key, code, message, suggestion=suggestion, value=plan.match)
        plan.lost = True

    def _match_value(self, plan: Plan) -> str:
        """The row's value of the match column in the form in which it is compared; "" when blank or unusable."""
        values = plan.edit.values
        raw = values.get(self.match_key)
        if self.match_key == "uscc":
            raw = raw or values.get("tax_number")
            checked = identifiers.tax_number(str(raw)) if raw else None
            return checked.value.upper() if checked and checked.value else ""
        return numbering.number_key(str(raw)) if raw else ""

    def _holders(self, values: set[str]) -> dict[str, set[int]]:
        """compared value → customers that bear it; one or two queries."""
        ledger = self.batch.ledger_id
        if self.match_key == "number":
            return {key: {pk} for key, pk in numbering.taken(ledger, values).items() if pk}
        if self.match_key == "uscc":
            keys = {exact.key_of(ledger, "tax", value): value for value in values}
            return {keys[key]: set(pks) for key, pks in exact.holders(keys).items()}
        rows = ForeignNumber.objects.filter(
            ledger_id=ledger, system=self.match_key.removeprefix(FOREIGN_PREFIX), number_key__in=values
        )
        return {key: {pk} for key, pk in rows.values_list("number_key", "customer_id")}

    def _aim(self, plan: Plan, customer_id: int) -> None:
        """Make the plan a change of that customer: blank cells clear where that is wanted, the match itself stays."""
        plan.edit.customer_id = customer_id
        if plan.match:
            plan.edit.values.pop(self.match_key, None)
        if self.clears:
            bad = {problem.field for problem in plan.edit.problems}
            for key in self.keys - plan.edit.values.keys() - bad - _KEPT - {self.match_key}:
                plan.edit.values[key] = None


def _masked(column: Column, raw: str) -> Problem:
    return Problem(
        column.key,
        "value.masked",
        _("「%(value)s」是脱敏后的内容，不是真实的值，已忽略。") % {"value": raw},
        "warning",
        _("请填写完整的%(field)s。") % {"field": column.field.label},
        raw,
    )


def columns_of(batch: ImportBatch, catalogue: Catalogue) -> list[tuple[int, Column]]:
    """(index in the sheet, column) of every mapped column."""
    return [
        (
            index,
            Column(
                catalogue.get(key),
                batch.columns[index]["heading"],
                unit=guessing.unit_of(batch.columns[index]["heading"]),
                from_csv=batch.kind == "csv",
            ),
        )
        for index, key in batch.mapped.items()
    ]


def hidden_ids(ids: set[int], batch: ImportBatch) -> dict[int, dict[str, Any]]:
    """Those of the customers that this very import has added (nobody sees them yet), with their rows."""
    if not ids or batch.change_batch_id is None:
        return {}
    seen = Customer.objects.visible_to(Actor.system(batch.ledger_id)).filter(pk__in=ids).values_list("pk", flat=True)
    unseen = ids - set(seen)
    if not unseen:
        return {}
    return {
        pk: row
        for pk, (row, _parts) in snapshots.load(unseen).items()
        if row["created_batch_id"] == batch.change_batch_id
    }
