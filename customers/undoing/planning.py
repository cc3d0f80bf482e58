"""What undoing a batch would do to some customers: read from history alone, compared with what stands there now.

What lives here: the plan of one chunk and everything that keeps a value from going back. What does not: writing (``services.restoring``).

A value goes back when it still is what the batch made it. What somebody changed since stays, and is listed, unless the asker wants it
overwritten. A customer whom the batch added goes only while nobody has touched him.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.rights import Right

from ..fields import PART_LABELS, Catalogue, Field, foreign_field
from ..models import ChangeBatch, Customer, CustomField
from ..own.writing import COLUMN as OWN
from ..own.writing import OwnWriter
from ..services import numbering
from ..services.restoring import GOES_WITH_HIM, Restoration
from ..services.snapshots import PART_MODELS, Row, load

_STAMPS = {"id", "ledger_id", "customer_id", "version", "created_at", "updated_at", "created_batch_id", "last_batch_id"}
# Columns without a name of their own go with the one that they are made from.
_FOLLOWS = {"name_key": "name", "pinyin": "name", "number_key": "number", "region_code": "province",
            "capital_currency": "registered_capital", "status_since": "status"}  # fmt: skip
_FLAGS = ("is_primary", "is_default")

CHANGED_SINCE, NOT_ALLOWED, GONE, TAKEN, REFERRED = "changed_since", "not_allowed", "gone", "taken", "referred"


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that goes back: a field of a customer, a row of a part (``part``), or the whole customer (no ``key``)."""

    customer_id: int
    key: str = ""
    part: str = ""
    row_id: int = 0
    verb: str = "~"  # "~" a value, "-" goes, "+" comes back
    present: Any = None
    target: Any = None
    row: Row | None = field(default=None, repr=False)  # the customer or part row that goes or comes


@dataclass(frozen=True)
class Obstacle:
    """Why a step is left out."""

    step: Step
    kind: str
    message: str


@dataclass
class Plan:
    """What would be done for a chunk of customers, and what would not."""

    restoration: Restoration = field(default_factory=Restoration)
    steps: list[Step] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    unseen: int = 0  # customers that the asker does not see

    @property
    def customers(self) -> set[int]:
        return {step.customer_id for step in self.steps}


@dataclass
class _Net:
    """What a batch did to one row: as it was before and after, None where there was none; ``is_last``: nobody wrote it since."""

    before: Row | None
    after: Row | None
    is_last: bool


class Planner:
    """Plans chunks of one batch for one asker; look-ups of the set are made once."""

    def __init__(self, batch: ChangeBatch, by: Actor, *, overwrite: bool = False):
        self.batch, self.by, self.overwrite = batch, by, overwrite
        self.ledger = batch.ledger
        self.catalogue = Catalogue.of(self.ledger)
        self.own = OwnWriter(self.ledger)
        self._fields = {each.column: each for each in self.catalogue.fields if each.column and not each.part}

    def plan(self, ids: Iterable[int], *, lock: bool = False) -> Plan:
        """The plan for these customers; with ``lock`` their rows are held until the transaction ends. A constant number of queries."""
        ids = sorted(set(ids))
        plan = Plan()
        now = load(ids, lock=lock)
        nets = _nets(Customer, "id", ids, self.batch.pk)
        seen = self._seen(ids, now)
        plan.unseen = len(nets.keys() - seen)
        plan.restoration.before = {pk: row for pk, (row, _parts) in now.items()}
        part_nets = {part: _nets(model, "customer_id", ids, self.batch.pk) for part, model in PART_MODELS.items()}
        whole = {pk for pk, net in nets.items() if (net.before is None) != (net.after is None)}
        for pk in sorted(nets.keys() & seen):
            if pk in whole:
                self._whole(plan, pk, nets[pk], now.get(pk), part_nets)
            elif pk in now:
                self._row(plan, nets[pk], now[pk][0])
        for part, found in part_nets.items():
            for pk, net in found.items():
                owner = (net.before or net.after)["customer_id"]
                if owner in seen and owner not in whole and owner in now:
                    self._part(plan, part, pk, net, now[owner][1][part])
        self._refuse(plan, ids)
        self._settle(plan, now)
        return plan

    def _seen(self, ids: list[int], now: dict[int, Any]) -> set[int]:
        """Customers that the asker sees; one that is gone, whoever could delete him."""
        seen = set(Customer.objects.visible_to(self.by).filter(pk__in=ids).values_list("pk", flat=True))
        if self.by.can(Right.DELETE) and self.by.sees_all:
            seen |= set(ids) - now.keys()
        return seen

    # --- the customer as a whole --------------------------------------------------------------------------------------

    def _whole(self, plan: Plan, pk: int, net: _Net, stands: tuple | None, part_nets: dict) -> None:
        if net.after is not None:
            step = Step(pk, verb="-", row=stands[0] if stands else net.after)
            if stands is None:
                return
            if not net.is_last:
                plan.obstacles.append(Obstacle(step, CHANGED_SINCE, _("新增之后又被修改过，不能删除")))
            else:
                plan.steps.append(step)
        elif stands is None:
            plan.steps.append(Step(pk, verb="+", row=net.before))
            for part, found in part_nets.items():
                for row_id, each in found.items():
                    if each.before is not None and each.before["customer_id"] == pk:
                        plan.steps.append(Step(pk, part=part, row_id=row_id, verb="+", row=each.before))

    # --- values --------------------------------------------------------------------------------------------------------

    def _row(self, plan: Plan, net: _Net, present: Row) -> None:
        for key, columns in _units(net).items():
            if key == OWN:
                self._own(plan, net, present)
                continue
            step = Step(present["id"], key, present=present[columns[0]], target=net.before[columns[0]],
                        row={column: net.before[column] for column in columns})  # fmt: skip
            if all(_same(present[column], net.before[column]) for column in columns):
                continue
            if not self._may(self._right_of(key)):
                plan.obstacles.append(Obstacle(step, NOT_ALLOWED, _("您没有修改该字段的权限")))
            elif any(not _same(present[column], net.after[column]) for column in columns) and not self.overwrite:
                plan.obstacles.append(Obstacle(step, CHANGED_SINCE, _("之后又被改过")))
            else:
                plan.steps.append(step)

    def _own(self, plan: Plan, net: _Net, present: Row) -> None:
        before, after, stands = (row[OWN] or {} for row in (net.before, net.after, present))
        for key in sorted({*before, *after}):
            was, made, holds = before.get(key), after.get(key), stands.get(key)
            if was == made or holds == was:
                continue
            step = Step(present["id"], key, present=holds, target=was)
            field_ = self.own.fields.get(key)
            if field_ is None or field_.custom.state in (CustomField.State.DELETED, CustomField.State.CONVERTING):
                plan.obstacles.append(Obstacle(step, GONE, _("该自定义字段已删除或正在转换类型")))
            elif field_.read_only:
                continue  # computed again from what it is made of
            elif not self._may(key):
                plan.obstacles.append(Obstacle(step, NOT_ALLOWED, _("您没有修改该字段的权限")))
            elif holds != made and not self.overwrite:
                plan.obstacles.append(Obstacle(step, CHANGED_SINCE, _("之后又被改过")))
            else:
                plan.steps.append(step)

    # --- rows of parts ---------------------------------------------------------------------------------------------------

    def _part(self, plan: Plan, part: str, pk: int, net: _Net, rows: list[Row]) -> None:
        present = next((row for row in rows if row["id"] == pk), None)
        owner = (net.before or net.after)["customer_id"]
        columns = [name for name in (net.before or net.after) if name not in _STAMPS and name in _columns(part)]
        if net.before is None:
            if net.after is None or present is None:
                return
            step = Step(owner, part=part, row_id=pk, verb="-", present=present, row=present)
            kept = not self.overwrite and any(
                not _same(present[name], net.after[name]) for name in columns if name not in _FLAGS
            )
        elif net.after is None:
            if present is not None:
                return
            step = Step(owner, part=part, row_id=pk, verb="+", target=net.before, row=net.before)
            kept = False
        else:
            changed = [name for name in columns if not _same(net.before[name], net.after[name])]
            wanted = {name: net.before[name] for name in changed}
            if present is None:
                if changed:
                    step = Step(owner, part=part, row_id=pk, target=net.before)
                    plan.obstacles.append(Obstacle(step, CHANGED_SINCE, _("该行之后已被删除")))
                return
            if all(_same(present[name], value) for name, value in wanted.items()):
                return
            step = Step(owner, part=part, row_id=pk, present=present, target=net.before, row=wanted)
            kept = not self.overwrite and any(not _same(present[name], net.after[name]) for name in changed)
        if not self._may_part(part, step):
            plan.obstacles.append(Obstacle(step, NOT_ALLOWED, _("您没有修改这些资料的权限")))
        elif kept:
            plan.obstacles.append(Obstacle(step, CHANGED_SINCE, _("之后又被改过")))
        else:
            plan.steps.append(step)

    # --- rights ---------------------------------------------------------------------------------------------------------

    def _right_of(self, key: str) -> str:
        found = self._fields.get(key)
        return found.right_key if found else key

    def _may(self, right_key: str) -> bool:
        if right_key == "state":
            return self.by.can(Right.DELETE)
        return self.by.can(Right.EDIT) and self.by.may_edit(right_key)

    def _may_part(self, part: str, step: Step) -> bool:
        if part == "customer_tags":
            return self._may("tags")
        if part == "foreign_numbers":
            system = (step.row if step.verb != "~" else step.present)["system"]
            return self._may(foreign_field(system).right_key)
        names = step.row.keys() if step.verb == "~" else {name for name, value in step.row.items() if value}
        keys = {each.right_key for each in self.catalogue.of_part(part) if each.column in names}
        return all(map(self._may, keys))

    # --- what stands in the way ----------------------------------------------------------------------------------------------

    def _refuse(self, plan: Plan, ids: list[int]) -> None:
        """Leave out what the database would not take: values that lead nowhere, numbers that others bear, customers that are needed."""
        missing = _missing(step for step in plan.steps)
        numbers = self._numbers(plan.steps)
        needed = referred([step.customer_id for step in plan.steps if step.verb == "-" and not step.part])
        may_go = self._may_remove()
        kept: list[Step] = []
        lost: set[int] = set()
        for step in plan.steps:
            obstacle = None
            if step in missing:
                obstacle = Obstacle(step, GONE, _("原来的分类、人员或部门等已不存在"))
            elif step in numbers:
                obstacle = Obstacle(step, TAKEN, _("编号「%(number)s」已被其他客户使用") % {"number": numbers[step]})
            elif step.verb == "-" and not step.part and step.customer_id in needed:
                obstacle = Obstacle(step, REFERRED, _("其他资料还引用该客户"))
            elif not step.part and not step.key and not may_go:
                obstacle = Obstacle(step, NOT_ALLOWED, _("删除或恢复整个客户需要「停用与删除」权限"))
            if obstacle is None:
                kept.append(step)
                continue
            plan.obstacles.append(obstacle)
            if not step.key and not step.part:
                lost.add(step.customer_id)
        plan.steps = [step for step in kept if step.customer_id not in lost]

    def _may_remove(self) -> bool:
        """Whoever just added somebody may take him back; else it takes the right to delete."""
        return self.by.can(Right.DELETE) or (self.by.user_id == self.batch.by_id and self.by.can(Right.ADD))

    def _numbers(self, steps: list[Step]) -> dict[Step, str]:
        wanted = {}
        for step in steps:
            if step.key == "number" or (step.verb == "+" and not step.part):
                wanted[step] = step.target if step.key else step.row["number"]
        keys = {step: numbering.number_key(number) for step, number in wanted.items()}
        held = numbering.taken(self.ledger.pk, keys.values()) if keys else {}
        return {
            step: wanted[step]
            for step, key in keys.items()
            if held.get(key) is not None and held[key] != step.customer_id
        }

    # --- the plan in rows ---------------------------------------------------------------------------------------------------

    def _settle(self, plan: Plan, now: dict[int, Any]) -> None:
        """Steps → rows to change, to take away, to put back."""
        out = plan.restoration
        for step in plan.steps:
            if step.part:
                rows = out.of_part(step.part)
                if step.verb == "-":
                    rows.removals.append(step.row_id)
                elif step.verb == "+":
                    rows.returns.append(_without_history(step.row, PART_MODELS[step.part]))
                else:
                    rows.updates[step.row_id] = dict(step.row)
                out.touched.setdefault(step.customer_id, set()).add(step.part)
            elif step.verb == "-":
                out.customers.removals.append(step.customer_id)
            elif step.verb == "+":
                out.customers.returns.append(_without_history(step.row, Customer))
            elif step.row is None:
                values = out.customers.updates.setdefault(step.customer_id, {})
                held = values.setdefault(OWN, dict(out.before[step.customer_id][OWN] or {}))
                held.pop(step.key, None)
                if step.target is not None:
                    held[step.key] = step.target
                out.own_keys.setdefault(step.customer_id, []).append(step.key)
                out.touched.setdefault(step.customer_id, set()).add(step.key)
            else:
                out.customers.updates.setdefault(step.customer_id, {}).update(step.row)
                out.touched.setdefault(step.customer_id, set()).add(step.key)
        # A customer whose parts change gets a new version, like everywhere.
        whole = {*out.customers.removals, *(row["id"] for row in out.customers.returns)}
        for pk in plan.customers - whole:
            out.customers.updates.setdefault(pk, {})
        self._keep_one_flag(out, now)

    @staticmethod
    def _keep_one_flag(out: Restoration, now: dict[int, Any]) -> None:
        """After partial undoing a part still has exactly one primary row."""
        for part, rows in out.parts.items():
            flag = next((name for name in _FLAGS if name in _columns(part)), None)
            if flag is None or part == "addresses":
                continue
            gone = set(rows.removals)
            by_owner: dict[int, list[tuple[Row, bool]]] = {}
            for owner, (_row, parts) in now.items():
                for row in parts[part]:
                    if row["id"] not in gone:
                        by_owner.setdefault(owner, []).append(
                            (row, rows.updates.get(row["id"], row).get(flag, row[flag]))
                        )
            for row in rows.returns:
                by_owner.setdefault(row["customer_id"], []).append((row, row[flag]))
            back = {id(row) for row in rows.returns}
            for owner in {step_owner for step_owner in by_owner if step_owner in out.touched or step_owner not in now}:
                marked = [entry for entry in by_owner[owner] if entry[1]]
                if len(marked) == 1:
                    continue
                chosen = (marked or by_owner[owner])[0][0]
                for row, _is_marked in by_owner[owner]:
                    wanted = row is chosen
                    if id(row) in back:
                        row[flag] = wanted
                    elif rows.updates.get(row["id"], row).get(flag, row[flag]) != wanted:
                        rows.updates.setdefault(row["id"], {})[flag] = wanted


def label_of(catalogue: Catalogue, step: Step) -> str:
    """What a step is about, in the set's words."""
    if step.part:
        return str(PART_LABELS.get(step.part, _("外部编号")))
    if not step.key:
        return _("客户")
    found: Field | None = catalogue.get(step.key) or next(
        (each for each in catalogue.fields if each.column == step.key), None
    )
    return str(found.label) if found else step.key


# --- history ---------------------------------------------------------------------------------------------------------------


def _nets(model: type[models.Model], owner: str, ids: list[int], batch_id: int) -> dict[int, _Net]:
    """row id → what the batch did to it; rows that it did not write are not there. Two queries."""
    history = model.history
    lines: dict[int, list[tuple[int, int, str]]] = {}
    written: set[int] = set()
    found = history.filter(**{f"{owner}__in": ids}).order_by("history_id")
    for history_id, pk, batch, kind in found.values_list("history_id", "id", "batch_id", "history_type"):
        lines.setdefault(pk, []).append((history_id, batch, kind))
        if batch == batch_id:
            written.add(pk)
    wanted: dict[int, tuple[int | None, int | None, bool]] = {}
    for pk in written:
        line = lines[pk]
        mine = [place for place, entry in enumerate(line) if entry[1] == batch_id]
        first, last = mine[0], mine[-1]
        before = line[first - 1] if first else None
        if line[first][2] == "-":
            before_id = line[first][0]  # a removal holds the row as it was
        else:
            before_id = before[0] if before and before[2] != "-" and line[first][2] != "+" else None
        after_id = None if line[last][2] == "-" else line[last][0]
        wanted[pk] = (before_id, after_id, last == len(line) - 1)
    asked = [each for before_id, after_id, _last in wanted.values() for each in (before_id, after_id) if each]
    rows = {row["history_id"]: row for row in history.filter(history_id__in=asked).values()}
    return {
        pk: _Net(rows.get(before_id), rows.get(after_id), is_last)
        for pk, (before_id, after_id, is_last) in wanted.items()
        if before_id or after_id
    }


def _units(net: _Net) -> dict[str, list[str]]:
    """key → columns that changed and go back together, the named one first."""
    units: dict[str, list[str]] = {}
    for column in _columns(""):
        if column in _STAMPS or _same(net.before[column], net.after[column]):
            continue
        units.setdefault(_FOLLOWS.get(column, column), []).append(column)
    return {key: sorted(columns, key=lambda name, key=key: name != key) for key, columns in units.items()}


def _columns(part: str) -> list[str]:
    model = PART_MODELS[part] if part else Customer
    return [each.attname for each in model._meta.concrete_fields]


def _without_history(row: Row, model: type[models.Model]) -> Row:
    names = {each.attname for each in model._meta.concrete_fields}
    return {name: value for name, value in row.items() if name in names}


def _same(left: Any, right: Any) -> bool:
    return (left if left not in (None, "") else None) == (right if right not in (None, "") else None)


# --- what the database knows ---------------------------------------------------------------------------------------------------


def _missing(steps: Iterable[Step]) -> set[Step]:
    """Steps that would lead to a row that is no longer there: a category, a person, a tag."""
    asked: dict[type[models.Model], dict[int, list[Step]]] = {}
    for step in steps:
        if step.row is None or step.verb == "-":
            continue
        for column, value in _references(step):
            if value is not None:
                asked.setdefault(column.remote_field.model, {}).setdefault(value, []).append(step)
    lost: set[Step] = set()
    for model, by_pk in asked.items():
        there = set(model._base_manager.filter(pk__in=list(by_pk)).values_list("pk", flat=True))
        lost |= {step for pk, waiting in by_pk.items() if pk not in there for step in waiting}
    return lost


def _references(step: Step) -> Iterator[tuple[models.ForeignKey, Any]]:
    model = PART_MODELS[step.part] if step.part else Customer
    for column in model._meta.concrete_fields:
        if isinstance(column, models.ForeignKey) and column.attname in step.row and column.attname not in _STAMPS:
            yield column, step.row[column.attname]


def referred(ids: list[int]) -> set[int]:
    """Which of these customers something refers to that does not go with them."""
    found: set[int] = set()
    for relation in Customer._meta.related_objects if ids else ():
        if relation.related_model in GOES_WITH_HIM:
            continue
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": ids})
        found |= set(rows.values_list(relation.field.attname, flat=True))
    return found
