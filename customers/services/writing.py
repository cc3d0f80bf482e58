"""The one writer: customer data is saved here and nowhere else.

``write`` takes a list of prepared edits and, in one transaction, locks rows in pk order, compares base versions, draws
numbers, saves in bulk, and keeps history, match keys, search text, claims and events. What does not live here: judging the edits
(``pipeline``) and the statements themselves (``bulk``).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared import failpoints
from erp_site.shared.errors import BusinessError, StaleVersion
from permissions.actor import Actor

from ..duplicates import exact, storing
from ..fields import Catalogue
from ..models import ChangeBatch, Customer, Event, IdentityClaim
from ..own import uniqueness as own_uniqueness
from ..own.writing import COLUMN as OWN
from ..own.writing import OwnWriter
from ..search import index
from . import acting, changing, naming, numbering
from .bulk import Row, table
from .edits import Edit, Outcome, PartEdit
from .snapshots import PART_MODELS, load

# What an edit may set on the customer row; everything else is the writer's own.
_STAMPS = {"id", "ledger_id", "version", "created_at", "updated_at", "created_batch_id", "last_batch_id"}
WRITABLE = frozenset(table(Customer).attnames) - _STAMPS - {OWN}

# Columns that no key, claim or search text is made from: when only they change, none of those is made anew.
_UNINDEXED = frozenset(
    {"owner_id", "department_id", "category_id", "sales_region_id", "next_review_on", "tags", "grade", "source", "industry",
     "status", "status_since", "credit_limit", "credit_days"}
)  # fmt: skip

# The flag that marks the primary row of a part, and the columns a new primary row takes from the customer.
_FLAGS = {"contacts": "is_primary", "bank_accounts": "is_default", "invoice_profiles": "is_default"}


# Filled in AppConfig.ready by what has to know of changes: called inside the transaction with (set, ids of changed customers).
after_change: list[Callable[[Any, list[int]], None]] = []


def open_batch(*, ledger, by: Actor, kind: str, reason: str = "", state: str = ChangeBatch.State.DONE) -> ChangeBatch:
    """A new batch row; ``state`` OPEN keeps its new customers out of sight until ``close_batch``."""
    return ChangeBatch.objects.create(
        ledger=ledger,
        kind=kind,
        state=state,
        door=by.door,
        by_id=by.user_id,
        reason=reason[:200],
        request_id=by.request_id,
    )


def close_batch(batch: ChangeBatch, *, state: str = ChangeBatch.State.DONE) -> None:
    """End an open batch: its customers become visible at one stroke (or stay hidden, when it was cancelled)."""
    batch.state = state
    batch.save(update_fields=["state"])
    index.settle()


def write(
    edits: list[Edit],
    *,
    ledger,
    by: Actor,
    kind: str,
    reason: str = "",
    batch: ChangeBatch | None = None,
    outcome: Outcome | None = None,
    inside: Callable[[], None] | None = None,
) -> Outcome:
    """Save prepared edits; all of them or none. ``inside`` runs in the same transaction, for a caller's own bookkeeping.

    Raises StaleVersion when a changed field was changed by somebody else since ``base_version``, BusinessError
    ``write.clash`` when a uniqueness that the pipeline found free has meanwhile been taken.
    """
    outcome = outcome or Outcome()
    try:
        with transaction.atomic():
            ledger.require_writable()
            if changing.view_only((edit.customer_id for edit in edits if not edit.is_add), by):
                raise changing.refusal()
            batch = batch or open_batch(ledger=ledger, by=by, kind=kind, reason=reason)
            _stamp(batch, edits, by)
            writer = Writer(ledger, by, batch, reason)
            writer.change([edit for edit in edits if not edit.is_add], outcome)
            writer.add([edit for edit in edits if edit.is_add], outcome)
            _count(batch, outcome)
            if outcome.updated:
                for told in after_change:
                    told(ledger, [edit.customer_id for edit in outcome.updated])
            failpoints.hit("writing.before_commit")
            if inside:
                inside()
    except IntegrityError as clash:
        if not taken_meanwhile(clash):
            raise
        if named := own_uniqueness.clash(edits, Catalogue.of(ledger)):
            raise named from clash
        raise BusinessError(
            _("刚刚有其他人保存了相同的编号、信用代码或外部编号。"), code="write.clash", remedy=_("请刷新后重试。")
        ) from clash
    failpoints.hit("writing.after_commit")
    outcome.batch = batch
    return outcome


def _stamp(batch: ChangeBatch, edits: list[Edit], by: Actor) -> None:
    """Name the colleague for whom it is done, when the doer's own rights would not have been enough."""
    if by.delegations and batch.acting_for_id is None and (whom := acting.for_whom(edits, by)):
        batch.acting_for_id = whom
        batch.save(update_fields=["acting_for"])


def taken_meanwhile(error: IntegrityError) -> bool:
    """Whether the database refused a second bearer of something unique, and not a mistake of ours."""
    return getattr(error.__cause__, "sqlstate", "") == "23505" or "UNIQUE constraint" in str(error)


def _count(batch: ChangeBatch, outcome: Outcome) -> None:
    ChangeBatch.objects.filter(pk=batch.pk).update(
        customers_added=models.F("customers_added") + len(outcome.added),
        customers_changed=models.F("customers_changed") + len(outcome.updated),
    )


class Writer:
    """One act of writing: holds what every statement needs. Only ``write`` and ``restoring.restore`` make one."""

    def __init__(self, ledger, by: Actor, batch: ChangeBatch, reason: str):
        self.ledger = ledger
        self.by = by
        self.batch = batch
        self.reason = reason[:100]
        self.at: datetime = timezone.now()
        self.own = OwnWriter(ledger, converts=batch.kind == ChangeBatch.Kind.SETTINGS)

    # --- new customers --------------------------------------------------------------------------------------

    def add(self, edits: list[Edit], outcome: Outcome) -> None:
        if not edits:
            return
        numbering.assign(self.ledger, edits)
        rows = [self._new_row(edit) for edit in edits]
        table(Customer).insert(rows)
        parts = self._insert_parts(edits, rows)
        for edit, row in zip(edits, rows, strict=True):
            edit.customer_id = row["id"]
        self.keep_history(Customer, [row["id"] for row in rows], "+")
        snapshots = [(row, parts[row["id"]]) for row in rows]
        storing.add(self.ledger.pk, snapshots)
        self._search(snapshots)
        self._claim([row for row in rows if row.get("uscc")])
        self.own.insert((row["id"], row[OWN]) for row in rows if row[OWN])
        self.tell([(row["id"], "customer.added", []) for row in rows])
        outcome.added.extend(edits)

    def _new_row(self, edit: Edit) -> Row:
        row = {key: value for key, value in edit.values.items() if key in WRITABLE}
        row.update(
            ledger_id=self.ledger.pk,
            version=1,
            created_at=self.at,
            updated_at=self.at,
            created_batch_id=self.batch.pk,
            last_batch_id=self.batch.pk,
        )
        row[OWN] = self.own.new(edit)
        return row

    def _insert_parts(self, edits: list[Edit], rows: list[Row]) -> dict[int, dict[str, list[Row]]]:
        """Insert all parts of new customers; returns customer id → part → rows."""
        by_customer: dict[int, dict[str, list[Row]]] = {}
        by_part: dict[str, list[Row]] = {}
        for edit, row in zip(edits, rows, strict=True):
            mine: dict[str, list[Row]] = {}
            for part, part_edits in edit.parts.items():
                mine[part] = [self._new_part(part, part_edit, row) for part_edit in part_edits if not part_edit.remove]
            if edit.values.get("tags"):
                mine["customer_tags"] = [self._owned(row, tag_id=tag) for tag in edit.values["tags"]]
            if edit.foreign:
                mine["foreign_numbers"] = [self._foreign(row, *pair) for pair in edit.foreign.items()]
            for part, new in mine.items():
                _keep_one_flag(part, new)
                by_part.setdefault(part, []).extend(new)
            by_customer[row["id"]] = mine
        for part, new in by_part.items():
            self._insert_part_rows(part, new)
        return by_customer

    def _insert_part_rows(self, part: str, rows: list[Row]) -> None:
        model = PART_MODELS[part]
        table(model).insert(rows)
        self.keep_history(model, [row["id"] for row in rows], "+")

    def _owned(self, customer: Row, **values: Any) -> Row:
        return {"ledger_id": self.ledger.pk, "customer_id": customer["id"], **values}

    def _foreign(self, customer: Row, system: str, number: str) -> Row:
        return self._owned(customer, system=system, number=number, number_key=numbering.number_key(number))

    def _new_part(self, part: str, edit: PartEdit, customer: Row) -> Row:
        row = self._owned(customer, **edit.values)
        if edit.primary and part in _FLAGS:
            row[_FLAGS[part]] = True
        if part == "invoice_profiles" and not row.get("title"):
            row["title"] = customer["name"]
        return row

    # --- changed customers -----------------------------------------------------------------------------------

    def change(self, edits: list[Edit], outcome: Outcome) -> None:
        if not edits:
            return
        before = load({edit.customer_id for edit in edits}, lock=True)
        missing = [edit for edit in edits if edit.customer_id not in before]
        if missing:
            raise BusinessError(_("客户已不存在。"), code="customer.not_found")
        row_changes: list[tuple[int, Row]] = []
        work = _PartWork()
        events = []
        own_changes: list[tuple[int, list[str], Row]] = []
        renumbered: list[numbering.Renumbered] = []
        for edit in edits:
            row, parts = before[edit.customer_id]
            if edit.renew is not None:
                edit.renew(row, parts)
            changed = {
                key: value for key, value in edit.values.items() if key in WRITABLE and not _same(row[key], value)
            }
            own, own_keys = self.own.merge(edit, row)
            self._refuse_stale(edit, row, changed, own_keys)
            if changed.get("number"):
                changed["number_key"] = numbering.number_key(changed["number"])
                renumbered.append(numbering.Renumbered(row["id"], row["number"], changed["number"]))
            elif edit.values.get("number") and row["number_key"] != (key := numbering.number_key(row["number"])):
                changed |= {
                    "number": row["number"],
                    "number_key": key,
                }  # somebody wrote past the writer: the key is made anew
            touched = self._plan_parts(edit, row, parts, work)
            if own_keys:
                changed[OWN] = own
                own_changes.append((row["id"], own_keys, own))
            edit.changed = sorted([*_shown(changed), *own_keys, *touched])
            if not edit.changed:
                outcome.unchanged.append(edit)
                continue
            changed.update(version=row["version"] + 1, updated_at=self.at, last_batch_id=self.batch.pk)
            row_changes.append((row["id"], changed))
            events.append((row["id"], "customer.changed", edit.changed))
            outcome.updated.append(edit)
        self.own.replace(own_changes)
        table(Customer).update(numbering.change(self.ledger, renumbered, reason=self.reason))
        self._save_changes(row_changes, work, events)

    def _save_changes(self, row_changes: list[tuple[int, Row]], work: "_PartWork", events: list) -> None:
        ids = [pk for pk, _values in row_changes]
        if not ids:
            return
        table(Customer).update(row_changes)
        self.keep_history(Customer, ids, "~")
        for part, changes in work.updates.items():
            table(PART_MODELS[part]).update(changes)
            self.keep_history(PART_MODELS[part], [pk for pk, _values in changes], "~")
        for part, pks in work.removals.items():
            self.keep_history(PART_MODELS[part], pks, "-")
            table(PART_MODELS[part]).delete(pks)
        for part, rows in work.inserts.items():
            self._insert_part_rows(part, rows)
        self.refresh([pk for pk, _kind, changed in events if not _UNINDEXED.issuperset(changed)])
        self.tell(events)

    def _refuse_stale(self, edit: Edit, row: Row, changed: Row, own_keys: list[str]) -> None:
        """Different fields saved by two people merge by themselves; the same field, differently, must be chosen."""
        if edit.base_version is None or edit.base_version == row["version"]:
            return
        base = (
            (
                Customer.history.filter(id=row["id"], version=edit.base_version)
                .order_by("-history_id")
                .values(*changed, OWN)
                .first()
            )
            if changed or own_keys
            else None
        )
        conflicts = [key for key in changed if base is None or not _same(base[key], row[key])]
        # Computed values were computed anew under the lock: they are nobody's words.
        typed = [key for key in own_keys if not self.own.fields[key].read_only]
        conflicts += [key for key in typed if base is None or base[OWN].get(key) != row[OWN].get(key)]
        if conflicts or (base is None and edit.parts):
            error = StaleVersion(
                _("在您编辑期间，其他人已修改了同样的内容。"),
                remedy=_("请核对最新内容后再保存。"),
            )
            error.conflicts = conflicts
            raise error

    def _plan_parts(self, edit: Edit, row: Row, parts: dict[str, list[Row]], work: "_PartWork") -> set[str]:
        touched: set[str] = set()
        for part, part_edits in edit.parts.items():
            plan = _PartPlan(part, parts[part])
            for part_edit in part_edits:
                if part == "invoice_profiles" and part_edit.primary:
                    _leave_derived(part_edit, edit.values.get("uscc") or row["uscc"])
                touched |= self._plan_part(plan, part_edit, row)
            plan.keep_one_flag()
            work.take(plan)
        touched |= self._keep_name(edit, row, parts["former_names"], work)
        if "tags" in edit.values:
            touched |= self._plan_tags(edit.values["tags"] or [], row, parts["customer_tags"], work)
        for system, number in edit.foreign.items():
            touched |= self._plan_foreign(system, number, row, parts["foreign_numbers"], work)
        return touched

    def _plan_part(self, plan: "_PartPlan", edit: PartEdit, customer: Row) -> set[str]:
        current = plan.current(edit)
        if edit.pk is not None and current is None:
            raise StaleVersion(
                _("您编辑的%(part)s已被其他人删除。") % {"part": PART_MODELS[plan.part]._meta.verbose_name}
            )
        if current is None:
            if edit.remove or not any(value not in (None, "", False) for value in edit.values.values()):
                return set()
            plan.inserts.append(self._new_part(plan.part, edit, customer))
            return {f"{plan.part}.{column}" for column, value in edit.values.items() if value not in (None, "", False)}
        if edit.remove:
            plan.removals.append(current["id"])
            return {plan.part}
        changed = {column: value for column, value in edit.values.items() if not _same(current[column], value)}
        if changed:
            plan.updates.setdefault(current["id"], {}).update(changed)
        return {f"{plan.part}.{column}" for column in changed}

    def _keep_name(self, edit: Edit, row: Row, former: list[Row], work: "_PartWork") -> set[str]:
        """The name that the customer bears until now becomes a former one."""
        new_key = edit.values.get("name_key")
        if not new_key or new_key == row["name_key"]:
            return set()
        typed = [each.values for each in edit.parts.get("former_names", ()) if each.pk is None and not each.remove]
        kept = naming.kept_name(row, new_key, [*former, *typed], edit.name_since,
                                self.ledger.day_of(row["created_at"]), self.ledger.day_of(self.at))  # fmt: skip
        if kept is None:
            return set()
        work.inserts.setdefault("former_names", []).append(self._owned(row, **kept))
        return {"former_names"}

    def _plan_tags(self, wanted: list[int], customer: Row, rows: list[Row], work: "_PartWork") -> set[str]:
        have = {row["tag_id"]: row["id"] for row in rows}
        new = [tag for tag in wanted if tag not in have]
        gone = [pk for tag, pk in have.items() if tag not in wanted]
        if new:
            work.inserts.setdefault("customer_tags", []).extend(self._owned(customer, tag_id=tag) for tag in new)
        if gone:
            work.removals.setdefault("customer_tags", []).extend(gone)
        return {"tags"} if new or gone else set()

    def _plan_foreign(self, system: str, number: str, customer: Row, rows: list[Row], work: "_PartWork") -> set[str]:
        current = next((row for row in rows if row["system"] == system), None)
        if not number:
            if current is None:
                return set()
            work.removals.setdefault("foreign_numbers", []).append(current["id"])
        elif current is None:
            work.inserts.setdefault("foreign_numbers", []).append(self._foreign(customer, system, number))
        elif current["number"] != number:
            values = {"number": number, "number_key": numbering.number_key(number)}
            work.updates.setdefault("foreign_numbers", []).append((current["id"], values))
        else:
            return set()
        return {f"foreign:{system}"}

    # --- what is kept beside the rows --------------------------------------------------------------------------

    def keep_history(self, model: type[models.Model], pks: list[int], kind: str) -> None:
        """Copy rows as they stand in the table into history, as added, changed or removed by this batch ("+", "~", "-")."""
        table(model).keep_history(
            pks, kind, batch_id=self.batch.pk, user_id=self.by.user_id, at=self.at, reason=self.reason
        )

    def tell(self, events: list[tuple[int, str, list[str]]]) -> None:
        """Write (customer id, kind, names of changed fields) into the business log."""
        table(Event).insert(
            [
                {
                    "ledger_id": self.ledger.pk,
                    "batch_id": self.batch.pk,
                    "customer_id": pk,
                    "kind": kind,
                    "fields": fields,
                    "at": self.at,
                }
                for pk, kind, fields in events
            ]
        )

    def _search(self, snapshots: list[exact.Snapshot]) -> None:
        searched = self.own.searchable
        index.add(self.ledger.pk, [(row["id"], index.tokens_of(row, parts, searched)) for row, parts in snapshots])

    def _claim(self, rows: list[Row]) -> None:
        if rows and self.ledger.parameter("uscc_policy") == "block":
            table(IdentityClaim).insert(
                [{"ledger_id": self.ledger.pk, "value": row["uscc"].upper(), "customer_id": row["id"]} for row in rows]
            )

    @staticmethod
    def forget(ids: list[int]) -> None:
        """Take away everything by which these customers are found."""
        storing.remove(ids)
        IdentityClaim.objects.filter(customer_id__in=ids).delete()
        index.remove(ids)

    def refresh(self, ids: list[int]) -> None:
        """Make keys, claims and search text of changed customers anew from what the tables hold now."""
        if not ids:
            return
        snapshots = list(load(ids).values())
        self.forget(ids)
        storing.add(self.ledger.pk, snapshots)
        self._search(snapshots)
        self._claim([row for row, _parts in snapshots if row["uscc"]])


def _leave_derived(edit: PartEdit, uscc: str) -> None:
    """A tax number that equals the credit code is shown as such without being stored: an exported file brings it back."""
    if uscc and edit.values.get("tax_number") == uscc:
        del edit.values["tax_number"]


class _PartWork:
    """Part rows to insert, change and remove, gathered over all edits so that each table is written once."""

    def __init__(self):
        self.inserts: dict[str, list[Row]] = {}
        self.updates: dict[str, list[tuple[int, Row]]] = {}
        self.removals: dict[str, list[int]] = {}

    def take(self, plan: "_PartPlan") -> None:
        for kept, new in (
            (self.inserts, plan.inserts),
            (self.updates, plan.updates.items()),
            (self.removals, plan.removals),
        ):
            if new:
                kept.setdefault(plan.part, []).extend(new)


class _PartPlan:
    """What happens to the rows of one part of one customer."""

    def __init__(self, part: str, rows: list[Row]):
        self.part = part
        self.rows = rows
        self.inserts: list[Row] = []
        self.updates: dict[int, Row] = {}
        self.removals: list[int] = []

    def current(self, edit: PartEdit) -> Row | None:
        """The stored row that an edit means; for a primary one the flagged row, else the first."""
        if edit.pk is not None:
            return next((row for row in self.rows if row["id"] == edit.pk), None)
        if edit.primary:
            if self.part == "former_names":
                # The flat key names one of them: the row of that name, however many there are.
                return next((row for row in self.rows if row["name_key"] == edit.values.get("name_key")), None)
            flag = _FLAGS.get(self.part)
            return next((row for row in self.rows if flag and row[flag]), self.rows[0] if self.rows else None)
        return None

    def keep_one_flag(self) -> None:
        """Leave exactly one primary row: the one just marked, else the one that was, else the first."""
        flag = _FLAGS.get(self.part)
        kept = [row for row in self.rows if row["id"] not in self.removals]
        if not flag or not (kept or self.inserts):
            return
        marked = [pk for pk, values in self.updates.items() if values.get(flag) and pk not in self.removals]
        new = next((row for row in self.inserts if row.get(flag)), None)
        chosen = (
            new
            if new is not None
            else next(
                (row for row in kept if row["id"] in marked),
                next((row for row in kept if row[flag]), kept[0] if kept else self.inserts[0]),
            )
        )
        for row in self.inserts:
            row[flag] = row is chosen
        for row in kept:
            wanted = row is chosen
            if self.updates.get(row["id"], {}).get(flag, row[flag]) != wanted:
                self.updates.setdefault(row["id"], {})[flag] = wanted


def _keep_one_flag(part: str, rows: list[Row]) -> None:
    """Of a new customer's rows exactly one is the primary one: the first that says so, else the first."""
    plan = _PartPlan(part, [])
    plan.inserts = rows
    plan.keep_one_flag()


_FOLLOWS = {"name_key", "number_key", "pinyin", "region_code", OWN}


def _shown(changed: Row) -> list[str]:
    """Names of changed columns that mean something to a reader; derived ones follow from them."""
    return [key for key in changed if key not in _FOLLOWS]


def _same(old: Any, new: Any) -> bool:
    return (old if old not in (None, "") else None) == (new if new not in (None, "") else None)
