"""Putting stored rows back: the writer's second verb, for undo. Values go back exactly as history holds them, derived columns included.

What lives here: one chunk of a plan written in one transaction under the lock, with history, keys, search, claims and events like any other
write. What does not: what is to be put back and what stands in the way (``customers.undoing``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from erp_site.shared import failpoints
from ledgers.models import Ledger
from permissions.actor import Actor

from ..models import ChangeBatch, Customer, CustomValue, IdentityClaim, MatchKey, NumberAlias
from ..models.shares import CustomerGroupShare, CustomerUserShare
from ..own.writing import COLUMN as OWN
from . import numbering
from .bulk import Row, table
from .snapshots import PART_MODELS
from .writing import Writer, after_change

# What hangs on a customer and goes with him; anything else that refers to him keeps him from going.
GOES_WITH_HIM: tuple[type[models.Model], ...] = (
    *PART_MODELS.values(), MatchKey, IdentityClaim, CustomValue, NumberAlias, CustomerUserShare, CustomerGroupShare,
)  # fmt: skip


@dataclass
class RowChanges:
    """What happens to rows of one table: pk → values, pks that go, rows that come back under the pk they had."""

    updates: dict[int, Row] = field(default_factory=dict)
    removals: list[int] = field(default_factory=list)
    returns: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.updates or self.removals or self.returns)


@dataclass
class Restoration:
    """A plan for some customers. ``before``: customer id → his row as it stands now, locked."""

    before: dict[int, Row] = field(default_factory=dict)
    customers: RowChanges = field(default_factory=RowChanges)
    parts: dict[str, RowChanges] = field(default_factory=dict)
    # customer id → keys of own fields that are put back
    own_keys: dict[int, list[str]] = field(default_factory=dict)
    # customer id → names of what is put back, for the business log
    touched: dict[int, set[str]] = field(default_factory=dict)

    def of_part(self, part: str) -> RowChanges:
        return self.parts.setdefault(part, RowChanges())


def restore(
    plan: Restoration,
    *,
    ledger: Ledger,
    by: Actor,
    batch: ChangeBatch,
    reason: str,
    inside: Callable[[], Any] | None = None,
) -> None:
    """Carry out the plan, in one transaction with ``inside``. The caller holds the customers' rows and has compared them.

    IntegrityError passes through when something unique has another bearer now.
    """
    with transaction.atomic():
        ledger.require_writable()
        _Restorer(plan, Writer(ledger, by, batch, reason)).run()
        changed = sorted(plan.customers.updates)
        ChangeBatch.objects.filter(pk=batch.pk).update(
            customers_added=models.F("customers_added") + len(plan.customers.returns),
            customers_changed=models.F("customers_changed") + len(changed),
            customers_removed=models.F("customers_removed") + len(plan.customers.removals),
        )
        if changed:
            for told in after_change:
                told(ledger, changed)
        failpoints.hit("writing.before_commit")
        if inside:
            inside()


class _Restorer:
    def __init__(self, plan: Restoration, writer: Writer):
        self.plan, self.writer, self.ledger = plan, writer, writer.ledger

    def run(self) -> None:
        """Everything that goes, then what changes, then what comes back: so that a unique value may pass from one row to another."""
        self._remove_customers(self.plan.customers.removals)
        for part, rows in self.plan.parts.items():
            self._remove(PART_MODELS[part], rows.removals)
        self._change_customers(self.plan.customers.updates)
        for part, rows in self.plan.parts.items():
            if rows.updates:
                table(PART_MODELS[part]).update(list(rows.updates.items()))
                self.writer.keep_history(PART_MODELS[part], sorted(rows.updates), "~")
        self._return_customers(self.plan.customers.returns)
        for part, rows in self.plan.parts.items():
            self._return(PART_MODELS[part], rows.returns)
        self.writer.refresh([*self.plan.customers.updates, *(row["id"] for row in self.plan.customers.returns)])

    def _remove(self, model: type[models.Model], pks: list[int]) -> None:
        if pks:
            self.writer.keep_history(model, sorted(pks), "-")
            table(model).delete(pks)

    def _return(self, model: type[models.Model], rows: list[Row]) -> None:
        if rows:
            table(model).put_back(rows)
            self.writer.keep_history(model, sorted(row["id"] for row in rows), "+")

    # --- customers ----------------------------------------------------------------------------------------------------

    def _remove_customers(self, pks: list[int]) -> None:
        """History keeps the whole customer; his numbers are kept back, so that nobody else ever bears them."""
        if not pks:
            return
        for model in PART_MODELS.values():
            self._remove(model, list(model.objects.filter(customer_id__in=pks).values_list("pk", flat=True)))
        CustomValue.objects.filter(customer_id__in=pks).delete()
        for model in (CustomerUserShare, CustomerGroupShare):
            model.objects.filter(content_object_id__in=pks).delete()
        self.writer.forget(pks)
        borne = [self.plan.before[pk] for pk in pks]
        NumberAlias.objects.filter(customer_id__in=pks).update(customer=None, kind=NumberAlias.Kind.RETIRED)
        NumberAlias.objects.bulk_create(
            [
                NumberAlias(
                    ledger=self.ledger, number=row["number"], number_key=row["number_key"],
                    kind=NumberAlias.Kind.RETIRED, reason=self.writer.reason,
                )
                for row in borne
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        self._remove(Customer, pks)
        self.writer.tell([(pk, "customer.removed", []) for pk in pks])

    def _return_customers(self, rows: list[Row]) -> None:
        if not rows:
            return
        keys = [row["number_key"] for row in rows]
        retired = NumberAlias.objects.filter(ledger=self.ledger, customer=None, number_key__in=keys)
        retired.filter(kind=NumberAlias.Kind.RETIRED).delete()
        for row in rows:
            row.update(version=row["version"] + 1, updated_at=self.writer.at, last_batch_id=self.writer.batch.pk)
        self._return(Customer, rows)
        self.writer.own.insert((row["id"], row[OWN]) for row in rows if row[OWN])
        self.writer.tell([(row["id"], "customer.added", []) for row in rows])

    def _change_customers(self, updates: dict[int, Row]) -> None:
        if not updates:
            return
        before, own = self.plan.before, []
        numbers = [
            numbering.Renumbered(pk, before[pk]["number"], values["number"])
            for pk, values in updates.items()
            if "number" in values
        ]
        table(Customer).update(numbering.change(self.ledger, numbers, reason=self.writer.reason))
        for pk, values in updates.items():
            if pk in self.plan.own_keys:
                own.append((pk, self.plan.own_keys[pk], values[OWN]))
            values.update(
                version=before[pk]["version"] + 1, updated_at=self.writer.at, last_batch_id=self.writer.batch.pk
            )
        self.writer.own.replace(own)
        table(Customer).update(list(updates.items()))
        self.writer.keep_history(Customer, sorted(updates), "~")
        self.writer.tell([(pk, "customer.changed", sorted(self.plan.touched.get(pk, ()))) for pk in updates])
