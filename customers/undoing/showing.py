"""A preview of undoing in one reader's words: per customer what goes back, and what does not and why.

What lives here: steps → lines, by the words of the timeline. What does not: the plan (``planning``), and what may be read (``presenting``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from permissions.actor import Actor

from ..fields import PART_LABELS, Catalogue, Field
from ..models import ChangeBatch, Customer
from ..own.writing import COLUMN as OWN
from ..presenting import Presenter
from ..services.timeline import Change, PartChange, Reader
from .acts import Tally
from .bin import gone_among
from .planning import Obstacle, Step


@dataclass
class CustomerLine:
    """One customer; ``url`` is empty when there is no page of his."""

    number: str
    name: str
    url: str = ""
    verb: str = ""  # "-" he goes, "+" he comes back
    changes: list[Change] = field(default_factory=list)
    parts: list[PartChange] = field(default_factory=list)


@dataclass(frozen=True)
class ObstacleLine:
    customer: CustomerLine
    what: str
    why: str


class Shower:
    """Shows plans of one set to one reader."""

    def __init__(self, ledger, by: Actor):
        self.ledger, self.by = ledger, by
        self.catalogue = Catalogue.of(ledger)
        self.presenter = Presenter(self.catalogue, by)
        self.reader = Reader(self.presenter)

    def lines(self, tally: Tally) -> list[CustomerLine]:
        """The customers of the steps that the tally kept, in the order of their steps."""
        grouped: dict[int, list[Step]] = {}
        for step in tally.steps:
            grouped.setdefault(step.customer_id, []).append(step)
        return [self._line(pk, steps, tally) for pk, steps in grouped.items()]

    def obstacles(self, found: Iterable[Obstacle], lines: dict[int, CustomerLine]) -> list[ObstacleLine]:
        """What is left as it is, and why; ``lines`` says how customers are called."""
        unknown = CustomerLine("", _("（客户）"))
        return [
            ObstacleLine(lines.get(each.step.customer_id, unknown), self._about(each.step), each.message)
            for each in found
        ]

    def named(self, ids: Iterable[int]) -> dict[int, CustomerLine]:
        """id → how a customer is called, for those that the reader sees; the latest of history for those that are gone."""
        ids = set(ids)
        found = {
            row.pk: self._call({"number": row.number, "name": row.name}, row.get_absolute_url())
            for row in Customer.objects.visible_to(self.by).filter(pk__in=ids).select_related("ledger")
        }
        gone = gone_among(self.ledger, ids - found.keys()) if self.by.sees_all else set()
        if gone:
            last = Customer.history.filter(id__in=gone, ledger_id=self.ledger.pk, history_type="-").order_by(
                "history_id"
            )
            found |= {row["id"]: self._call(row) for row in last.values("id", "number", "name")}
        return found

    def _call(self, row: dict, url: str = "") -> CustomerLine:
        return CustomerLine(self._text("number", row["number"]), self._text("name", row["name"]), url)

    def _text(self, key: str, value: str) -> str:
        return self.presenter.shown(self.catalogue.get(key), value).text

    def _line(self, pk: int, steps: list[Step], tally: Tally) -> CustomerLine:
        whole = next((step for step in steps if not step.key and not step.part), None)
        row = whole.row if whole else tally.before[pk]
        line = self._call(
            row, Customer(pk=pk, ledger=self.ledger).get_absolute_url() if not whole or whole.verb == "-" else ""
        )
        if whole:
            line.verb = whole.verb
            return line
        target = dict(row)
        for step in steps:
            if not step.part and step.row is None:
                target[OWN] = {**(target[OWN] or {}), step.key: step.target}
            elif not step.part:
                target |= step.row
        line.changes = self.reader.customer(row, target)
        line.parts = self.reader.parts(_as_history(step) for step in steps if step.part)
        return line

    def _about(self, step: Step) -> str:
        if step.part:
            return str(PART_LABELS.get(step.part, _("外部编号")))
        if not step.key:
            return _("整个客户")
        fields = self.catalogue.fields
        found: Field | None = next((each for each in fields if each.column == step.key and not each.part), None)
        found = found or self.catalogue.get(step.key)
        # Of a field that the reader does not see not even the name is told.
        return str(found.label) if found and self.by.field_level(found.right_key) > 0 else _("其他字段")


def _as_history(step: Step) -> tuple:
    """A step on a row of a part as the timeline takes it: (part, row with its kind, the row before it)."""
    if step.verb == "~":
        return step.part, {**step.present, **step.row, "history_type": "~"}, step.present
    return step.part, {**step.row, "history_type": step.verb}, None


def size_words(batch: ChangeBatch) -> str:
    """What a batch did, in a few words."""
    counts = (
        (batch.customers_added, _("新增 %(count)s 个客户")),
        (batch.customers_changed, _("修改 %(count)s 个客户")),
        (batch.customers_removed, _("删除 %(count)s 个客户")),
    )
    return "，".join(words % {"count": f"{count:,}"} for count, words in counts if count) or _("没有改动")


def tally_text(tally: Tally) -> str:
    """What became of an undo, for a terminal: a sentence, then a line for each of the first things that stay as they are."""
    words = {
        "customers": f"{tally.customers:,}", "values": f"{tally.values:,}", "removed": f"{tally.removed:,}",
        "returned": f"{tally.returned:,}", "left": f"{tally.left:,}",
    }  # fmt: skip
    text = _(
        "客户 %(customers)s 个：改回 %(values)s 处，移入回收站 %(removed)s 个，恢复 %(returned)s 个；保留现状 %(left)s 处。"
    )
    lines = [f"  #{each.step.customer_id} {each.step.part or each.step.key} {each.message}" for each in tally.obstacles]
    return "\n".join([text % words, *lines])
