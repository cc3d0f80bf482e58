"""Duplicates: rows that repeat each other, rows that repeat customers, and what the chosen policy makes of them.

What lives here: ``Judge``, which goes through prepared plans in the order of the file. What does not: finding customers by value
(``customers.duplicates.exact``) and the set's own policies on names and codes beyond their wording for files.

Of two rows that repeat each other the first goes in; a row that is itself refused is nobody's double. Number, credit code or
tax number, id number, bank account and name identify a customer; phone and e-mail are shared by many and are only told.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from customers.duplicates import exact
from customers.models import Customer
from customers.services.edits import Edit, Hit
from customers.services.numbering import number_key

from ..models import ImportBatch
from .keyindex import KeyIndex
from .planning import Plan, Planner, hidden_ids
from .runs import Run

# kind → how much sharing one value says, between 0 and 1.
SCORES = {
    "number": 1.0,
    "customer": 1.0,
    "tax": 1.0,
    "id": 1.0,
    "foreign": 1.0,
    "bank": 0.95,
    "name": 0.9,
    "email": 0.8,
    "phone": 0.7,
}
IDENTIFYING = {"number", "customer", "tax", "id", "foreign", "bank", "name"}
# Problems that only say "there is one already": a policy that settles duplicates settles them too.
_ABOUT_DUPLICATES = {
    "number.taken", "number.repeated", "uscc.taken", "uscc.repeated", "name.taken", "name.repeated", "foreign.taken",
    "foreign.repeated",
}  # fmt: skip
_MOST_HITS = 5

Keys = dict[int, tuple[str, str]]


class Judge:
    """Knows the identifying values of all rows so far. One per pass over a batch."""

    def __init__(self, run: Run, planner: Planner):
        self.run = run
        self.batch: ImportBatch = run.batch
        self.planner = planner
        self.index = KeyIndex()
        self._chunk: dict[int, int] = {}  # key → row, for the accepted rows of the present chunk

    def remember(self, keys: np.ndarray, rows: np.ndarray) -> None:
        """Take over the keys of an earlier chunk (a run that goes on where another one ended)."""
        self.index.add(keys, rows)

    def judge(self, plans: list[Plan]) -> tuple[np.ndarray, np.ndarray]:
        """Prepare and judge the plans of one chunk in place; returns the keys of the accepted ones with their rows."""
        self._chunk = {}
        wanted = [plan for plan in plans if plan.skipped is None and not plan.lost]
        self.run.pipeline.prepare([plan.edit for plan in wanted])
        again = self._settle(wanted)
        if again:
            places = {id(plan): place for place, plan in enumerate(plans)}
            fresh = [(plan, self.planner.again(plan, customer_id)) for plan, customer_id in again]
            for plan, changed in fresh:
                plans[places[id(plan)]] = changed
            self.run.pipeline.prepare([changed.edit for _plan, changed in fresh])
            self._settle([changed for _plan, changed in fresh])
        keys = np.fromiter(self._chunk.keys(), dtype=np.uint64, count=len(self._chunk))
        rows = np.fromiter(self._chunk.values(), dtype=np.uint32, count=len(self._chunk))
        return keys, rows

    def done(self, keys: np.ndarray, rows: np.ndarray) -> None:
        """The chunk is committed: its keys count for the rows that follow."""
        self.index.add(keys, rows)

    # --- one chunk --------------------------------------------------------------------------------------------------------

    def _settle(self, plans: list[Plan]) -> list[tuple[Plan, int]]:
        """Judge each plan in order; returns those to be made again as a change of the customer they repeat."""
        keys = [self._keys(plan.edit) for plan in plans]
        earlier = self.index.find([key for each in keys for key in each])
        own = hidden_ids({hit.customer_id for plan in plans for hit in plan.edit.hits if hit.customer_id}, self.batch)
        told = _Told(self.run, plans, own)
        again = []
        for plan, mine in zip(plans, keys, strict=True):
            in_file = self._repeats(plan, mine, earlier)
            in_set = [hit for hit in plan.edit.hits if hit.customer_id and hit.customer_id not in own]
            if plan.edit.hits or in_file:
                self._reword(plan, in_file, in_set)
                target = self._apply_policy(plan, in_file, in_set)
                told.tell(plan, in_file, in_set)
                if target:
                    again.append((plan, target))
                    continue
            if plan.accepted:
                for key in mine:
                    self._chunk.setdefault(key, plan.row.number)
        return again

    def _keys(self, edit: Edit) -> Keys:
        """Everything by which a row can repeat another one."""
        ledger = self.batch.ledger_id
        keys = dict(edit.keys)
        more = [("foreign", f"{system}:{number_key(number)}") for system, number in edit.foreign.items() if number]
        if edit.values.get("number"):
            more.append(("number", number_key(edit.values["number"])))
        if edit.customer_id:
            more.append(("customer", str(edit.customer_id)))
        for kind, value in more:
            keys[exact.key_of(ledger, kind, value)] = (kind, value)
        return keys

    def _repeats(self, plan: Plan, keys: Keys, earlier: dict[int, int]) -> dict[str, tuple[str, int]]:
        """kind → (value, row) of what the plan shares with accepted rows above it."""
        found: dict[str, tuple[str, int]] = {}
        for key, (kind, value) in keys.items():
            row = self._chunk.get(key) or earlier.get(key)
            if row and row != plan.row.number:
                found.setdefault(kind, (value, row))
        return found

    # --- what it means -------------------------------------------------------------------------------------------------------

    def _reword(self, plan: Plan, in_file: dict[str, tuple[str, int]], in_set: list[Hit]) -> None:
        """Say "as in row 7" where the pipeline could only say "taken"; drop what it held against refused rows."""
        edit = plan.edit
        kinds = {hit.kind for hit in in_set}
        ours = {hit.kind for hit in edit.hits} - kinds
        drop = {"number.repeated"}
        if "number" in ours:
            drop.add("number.taken")
        if not any(hit.kind == "tax" and hit.value == edit.values.get("uscc") for hit in in_set):
            drop.add("uscc.taken")
        if "name" not in kinds:
            drop.add("name.taken")
        if "foreign" in in_file:
            drop.add("foreign.taken")
        edit.problems = [problem for problem in edit.problems if problem.code not in drop]
        for kind, (value, row) in in_file.items():
            self._repeated(edit, kind, value, row)

    def _repeated(self, edit: Edit, kind: str, value: str, row: int) -> None:
        ledger = self.batch.ledger
        where = {"row": row}
        merge = _("请核对，只保留一行。")
        if kind == "customer" or (self.planner.match_key and kind == self._match_kind()):
            edit.problem(self.planner.match_key, "row.repeated", _("与第 %(row)s 行是同一个客户。") % where,
                         suggestion=_("请把两行并成一行。"), value=value if kind != "customer" else "")  # fmt: skip
        elif kind == "number":
            edit.problem("number", "number.repeated", _("与第 %(row)s 行的客户编号相同。") % where,
                         suggestion=_("请换一个编号，或留空由系统生成。"), value=value)  # fmt: skip
        elif kind == "foreign":
            system, _sep, number = value.partition(":")
            edit.problem(f"foreign:{system}", "foreign.repeated", _("与第 %(row)s 行的外部编号相同。") % where,
                         suggestion=merge, value=number)  # fmt: skip
        elif kind == "tax" and value == edit.values.get("uscc"):
            severity = "error" if ledger.parameter("uscc_policy") == "block" else "warning"
            edit.problem("uscc", "uscc.repeated", _("与第 %(row)s 行的统一社会信用代码相同。") % where, severity,
                         suggestion=merge, value=value)  # fmt: skip
        elif kind == "name" and ledger.parameter("name_policy") != "allow":
            severity = "error" if ledger.parameter("name_policy") == "block" else "warning"
            edit.problem("name", "name.repeated", _("与第 %(row)s 行的客户名称相同。") % where, severity,
                         suggestion=merge, value=str(edit.values.get("name", "")))  # fmt: skip

    def _match_kind(self) -> str:
        return {"number": "number", "uscc": "tax"}.get(self.planner.match_key, "foreign")

    def _apply_policy(self, plan: Plan, in_file: dict[str, tuple[str, int]], in_set: list[Hit]) -> int | None:
        """Skip a repeated row, or name the one customer that it is to change; None otherwise."""
        edit, policy = plan.edit, self.batch.duplicates
        if not edit.is_add or policy not in (ImportBatch.Duplicates.SKIP, ImportBatch.Duplicates.UPDATE):
            return None
        is_person = edit.values.get("kind") == Customer.Kind.PERSON
        strong = IDENTIFYING - {"name"} if is_person else IDENTIFYING
        customers = sorted({hit.customer_id for hit in in_set if hit.kind in strong})
        rows = sorted({row for kind, (_value, row) in in_file.items() if kind in strong})
        if not customers and not rows:
            return None
        if policy == ImportBatch.Duplicates.SKIP:
            where = _("与已有客户重复") if customers else _("与第 %(row)s 行重复") % {"row": rows[0]}
            plan.skipped = ("row.duplicate", where)
            return None
        if len(customers) == 1:
            return customers[0]
        edit.problems = [problem for problem in edit.problems if problem.code not in _ABOUT_DUPLICATES]
        if customers:
            edit.problem("", "duplicate.several", _("与 %(count)s 个已有客户重复，无法确定更新哪一个。") % {"count": len(customers)},
                         suggestion=_("请先合并这些客户，或在文件中填写客户编号并按编号更新。"))  # fmt: skip
        else:
            edit.problem("", "row.repeated", _("与第 %(row)s 行是同一个客户。") % {"row": rows[0]},
                         suggestion=_("请把两行并成一行。"))  # fmt: skip
        return None


class _Told:
    """Duplicates as they are told to the actor: number and name of customers that he may see, and nothing of others."""

    def __init__(self, run: Run, plans: Iterable[Plan], own: dict[int, dict[str, Any]]):
        self.own_numbers: dict[tuple[str, str], str] = {}
        ids = set()
        for plan in plans:
            for hit in plan.edit.hits:
                if hit.customer_id in own:
                    self.own_numbers[hit.kind, hit.value] = own[hit.customer_id]["number"]
                elif hit.customer_id:
                    ids.add(hit.customer_id)
        seen = Customer.objects.visible_to(run.by).filter(pk__in=ids).values_list("pk", "number", "name") if ids else ()
        self.customers = {
            pk: (run.by.shown("number", number) or "", run.by.shown("name", name) or "") for pk, number, name in seen
        }
        self.wanted = run.batch.duplicates != ImportBatch.Duplicates.ADD

    def tell(self, plan: Plan, in_file: dict[str, tuple[str, int]], in_set: list[Hit]) -> None:
        """Fill ``plan.hits``: one entry per other customer or row, the likeliest first."""
        if not self.wanted:
            return
        others: dict[tuple[int | None, int | None], dict[str, str]] = {}
        for hit in in_set:
            others.setdefault((hit.customer_id, None), {})[hit.kind] = hit.value
        for kind, (value, row) in in_file.items():
            others.setdefault((None, row), {})[kind] = value
        told = [self._entry(customer, row, kinds) for (customer, row), kinds in others.items()]
        plan.hits = sorted(told, key=lambda entry: -entry["score"])[:_MOST_HITS]

    def _entry(self, customer_id: int | None, row: int | None, kinds: dict[str, str]) -> dict[str, Any]:
        number, name = self.customers.get(customer_id, ("", ""))
        seen = customer_id in self.customers
        if row:
            number = next((self.own_numbers[pair] for pair in kinds.items() if pair in self.own_numbers), "")
        kinds.pop("customer", None)
        return {
            "customer": customer_id if seen else None,
            "number": number,
            "name": name,
            "row": row,
            "hidden": bool(customer_id and not seen),
            "score": score(kinds),
            "kinds": kinds,
        }


def score(kinds: Iterable[str]) -> float:
    """How likely one customer is meant: independent evidence adds up, two decimals."""
    rest = 1.0
    for kind in kinds:
        rest *= 1 - SCORES[kind]
    return round(1 - rest, 2)
