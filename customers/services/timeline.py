"""The history of one customer as a timeline: who changed what, when, through which door and why, in one reader's words.

What lives here: pure reading of history rows, set-based, a constant number of queries per page. What does not: writing history
(``writing``) and undoing (nothing but these rows is needed for it).

Every save of a customer or of one of its parts gives the customer row a new version, hence a history row: these rows are the entries. The
rows of parts belong to the entry with the same batch and instant.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max, Model, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.actor import Door

from ..fields import PART_LABELS, Field, Type, foreign_field, own_fields
from ..models import ChangeBatch, Customer, CustomField, Event
from ..own import values as own_values
from ..presenting import Presenter
from .snapshots import PART_MODELS

PAGE_SIZE = 20

DOORS: dict[str, str | Promise] = {
    Door.WEB: gettext_lazy("网页"),
    Door.API: gettext_lazy("接口"),
    Door.IMPORT: gettext_lazy("导入"),
    Door.COMMAND: gettext_lazy("命令行"),
    Door.JOB: gettext_lazy("后台任务"),
}
ADDED, CHANGED, REMOVED = "+", "~", "-"
VERBS: dict[str, str | Promise] = {
    ADDED: gettext_lazy("新增"),
    CHANGED: gettext_lazy("修改"),
    REMOVED: gettext_lazy("删除"),
}

_MOVES: dict[str, str | Promise] = {
    Customer.State.ACTIVE: gettext_lazy("恢复客户"),
    Customer.State.INACTIVE: gettext_lazy("停用客户"),
    Customer.State.ARCHIVED: gettext_lazy("归档客户"),
}

# Kinds of events about shares → what the timeline calls them.
SHARE_TITLES: dict[str, str | Promise] = {
    "share.given": gettext_lazy("共享客户"),
    "share.extended": gettext_lazy("延长共享"),
    "share.ended": gettext_lazy("结束共享"),
}

_PAST_STATES = (CustomField.State.DISABLED, CustomField.State.CONVERTING, CustomField.State.DELETED)

# The writer's own, said by the entry itself.
_STAMPS = {"created_at", "updated_at"}

# By which column a row of a part is called in the timeline.
_NAMED_BY = {"contacts": "name", "addresses": "line", "bank_accounts": "bank_name", "invoice_profiles": "title",
             "licences": "number", "former_names": "name", "blocks": "process"}  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One field, old and new as the reader gets them; an empty text is an empty field."""

    label: str
    old: str
    new: str
    is_masked: bool = False


@dataclass(frozen=True)
class PartChange:
    """What happened to one row of a part (verb: "+", "~", "-")."""

    label: str
    name: str
    verb: str
    changes: list[Change]

    @property
    def verb_text(self) -> str:
        return str(VERBS[self.verb])

    @property
    def is_added(self) -> bool:
        return self.verb == ADDED


@dataclass(frozen=True)
class Entry:
    """One act on the customer."""

    title: str
    is_added: bool
    at: datetime
    batch: ChangeBatch
    reason: str
    changes: list[Change] = field(default_factory=list)
    parts: list[PartChange] = field(default_factory=list)

    @property
    def who(self) -> str:
        doer = str(self.batch.by) if self.batch.by else _("系统")
        if self.batch.acting_for is None:
            return doer
        return _("%(doer)s（代理 %(person)s）") % {"doer": doer, "person": self.batch.acting_for}

    @property
    def door(self) -> str:
        return str(DOORS.get(self.batch.door, self.batch.door))


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    next_key: str  # ``before`` of the following, older page; empty on the last one


def page(customer: Customer, presenter: Presenter, *, before: str = "", size: int = PAGE_SIZE) -> Timeline:
    """One page of the history of a customer that the presenter's reader sees, newest first.

    ``before`` is the key of the page above, ``size`` the number of entries.
    """
    history = Customer.history.filter(id=customer.pk).order_by("-history_id")
    if before.isdecimal() and len(before) < 19:
        history = history.filter(history_id__lt=int(before))
    rows = list(history.values()[: size + 1])
    shown, older = rows[:size], rows[1:]
    reader = Reader(presenter)
    batches = ChangeBatch.objects.select_related("by", "acting_for", "ledger").in_bulk(
        {row["batch_id"] for row in shown}
    )
    parts = _part_rows(customer.pk, [row["history_date"] for row in shown])
    entries = [
        reader.entry(before_row, row, parts.get((row["batch_id"], row["history_date"]), []), batches[row["batch_id"]])
        for row, before_row in zip(shown, [*older, None], strict=False)
    ]
    entries += _shares(customer.pk, shown, before, is_last=len(rows) <= size)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return Timeline(entries, str(shown[-1]["history_id"]) if len(rows) > size else "")


def _shares(customer_id: int, shown: list[Row], before: str, *, is_last: bool) -> list[Entry]:
    """What was shared with whom in the time of a page: no change of the customer, so it has no history row; two queries at most."""
    events = Event.objects.filter(customer_id=customer_id, kind__in=SHARE_TITLES)
    if not is_last:
        events = events.filter(at__gte=shown[-1]["history_date"])
    if before.isdecimal() and len(before) < 19:
        above = Customer.history.filter(id=customer_id, history_id=int(before)).values("history_date")
        events = events.filter(at__lt=Subquery(above[:1]))
    rows = events.select_related("batch__by", "batch__acting_for").order_by("-id")[:PAGE_SIZE]
    return [Entry(str(SHARE_TITLES[row.kind]), False, row.at, row.batch, row.batch.reason) for row in rows]


# --- rows of parts -----------------------------------------------------------------------------------------------------

PartRow = tuple[str, Row, Row | None]  # part, history row, the row before it


def _part_rows(customer_id: int, instants: list[datetime]) -> dict[tuple[int, datetime], list[PartRow]]:
    """(batch, instant) → history rows of parts with what was there before; at most two queries per table.

    Asked for by customer and time, never by batch: the batch of an import holds a million other rows.
    """
    found: dict[tuple[int, datetime], list[PartRow]] = {}
    if not instants:
        return found
    span = (min(instants), max(instants))
    for part, model in PART_MODELS.items():
        history = model.history.filter(customer_id=customer_id, history_date__range=span)
        rows = list(history.order_by("history_id").values())
        last = _rows_before(model, customer_id, rows)
        for row in rows:
            found.setdefault((row["batch_id"], row["history_date"]), []).append((part, row, last.get(row["id"])))
            last[row["id"]] = row
    return found


def _rows_before(model: type[Model], customer_id: int, rows: list[Row]) -> dict[int, Row]:
    """id of a part row → the newest history row older than all of ``rows``, for those that were there before."""
    ids = {row["id"] for row in rows} - {row["id"] for row in rows if row["history_type"] == ADDED}
    if not ids:
        return {}
    older = model.history.filter(customer_id=customer_id, id__in=ids, history_id__lt=rows[0]["history_id"])
    newest = older.order_by().values("id").annotate(newest=Max("history_id")).values("newest")
    return {row["id"]: row for row in model.history.filter(history_id__in=newest).values()}


# --- values as one actor reads them -----------------------------------------------------------------------------------------


class Reader:
    """Differences of history rows in the words of one actor: fields hidden from him are absent, others masked by level."""

    def __init__(self, presenter: Presenter):
        self.presenter, self.catalogue, self.actor = presenter, presenter.catalogue, presenter.actor
        catalogue, actor = self.catalogue, self.actor
        self.fields = catalogue.readable(actor, [each for each in catalogue.fields if not each.part and each.column])
        self.columns = {
            part: catalogue.readable(actor, catalogue.of_part(part)) for part in PART_MODELS if catalogue.of_part(part)
        }

        # A field that is no longer in use still says what happened to it.
        past = [each for each in own_fields(catalogue.ledger, _PAST_STATES) if each.key not in catalogue.by_key]
        self.fields += catalogue.readable(actor, past) if past else []
        if actor.may_read("registered_capital"):
            self.fields.append(Field("capital_currency", _("注册资本币种"), column="capital_currency"))

    def entry(self, old: Row | None, new: Row, parts: list[PartRow], batch: ChangeBatch) -> Entry:
        """One act. Why it was done is not for a reader who sees nothing of what was done."""
        changes, part_changes = self.customer(old, new), self.parts(parts)
        is_told = bool(changes or part_changes or old is None or old["state"] != new["state"])
        return Entry(
            title=self.title(old, new),
            is_added=new["history_type"] == ADDED,
            at=new["history_date"],
            batch=batch,
            reason=(batch.reason or new["history_change_reason"] or "") if is_told else "",
            changes=changes,
            parts=part_changes,
        )

    def title(self, old: Row | None, new: Row) -> str:
        """What the act was, in two words."""
        if new["history_type"] == ADDED:
            return _("新增客户")
        if old is not None and old["state"] != new["state"]:
            return str(_MOVES.get(new["state"], _("修改资料")))
        return _("修改资料")

    def customer(self, old: Row | None, new: Row) -> list[Change]:
        """The fields of the customer row that differ."""
        return list(self._changes(self.fields, old, new))

    def parts(self, rows: Iterable[PartRow]) -> list[PartChange]:
        """What happened to rows of parts, tags and numbers in other systems."""
        rows = list(rows)
        changes = [self._part(*each) for each in rows if each[0] in self.columns]
        changes += [self._foreign(*each) for each in rows if each[0] == "foreign_numbers"]
        return [*filter(None, changes), *self._tags([each for each in rows if each[0] == "customer_tags"])]

    def _part(self, part: str, row: Row, before: Row | None) -> PartChange | None:
        verb = row["history_type"]
        old, new = {ADDED: (None, row), CHANGED: (before, row), REMOVED: (row, None)}[verb]
        changes = list(self._changes(self.columns[part], old, new))
        return PartChange(str(PART_LABELS[part]), self._name(part, row), verb, changes) if changes else None

    def _name(self, part: str, row: Row) -> str:
        column = _NAMED_BY[part]
        field_ = next((each for each in self.columns[part] if each.column == column), None)
        return self.presenter.shown(field_, row[column]).text if field_ else ""

    def _foreign(self, part: str, row: Row, before: Row | None) -> PartChange | None:
        field_ = foreign_field(row["system"])
        verb = row["history_type"]
        old, new = {ADDED: (None, row), CHANGED: (before, row), REMOVED: (row, None)}[verb]
        changes = list(self._changes(self.catalogue.readable(self.actor, [field_]), old, new))
        return PartChange(_("外部编号"), row["system"], verb, changes) if changes else None

    def _tags(self, rows: list[PartRow]) -> list[PartChange]:
        """Tags given and taken in one act, as one line each."""
        field_ = self.catalogue.get("tags")
        if not self.catalogue.readable(self.actor, [field_]):
            return []
        return [
            PartChange(str(field_.label), self.presenter.text(field_, [row["tag_id"]]), row["history_type"], [])
            for _part, row, _before in rows
        ]

    def _changes(self, fields: Iterable[Field], old: Row | None, new: Row | None) -> Iterator[Change]:
        for each in fields:
            before, after = (self._value(each, row) for row in (old, new))
            if before == after or each.key in _STAMPS:
                continue
            shown = [self.presenter.shown(each, value) for value in (before, after)]
            label = str(each.label)
            yield Change(label, shown[0].text, shown[1].text, any(one.is_masked for one in shown))

    @staticmethod
    def _value(field_: Field, row: Row | None) -> Any:
        """A column's value; empty text, no value and an unticked box are the same emptiness."""
        if field_.is_own:
            return own_values.read(field_, row["custom_values"] or {}) if row else None
        value = row[field_.column] if row else None
        if field_.type == Type.BOOLEAN:
            return value or None
        return value if value != "" else None
