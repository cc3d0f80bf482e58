"""The plan of a renumbering: whom it takes, which number each of them gets, and in which order.

What lives here: choosing, drawing, ordering. What does not: carrying a plan out and giving it up (``renumbering``).

The plan is kept in chunks, in an order in which every number is free when it is given: a customer whose number another one takes comes
first, and those who change numbers in a ring stand in one chunk, which the writer saves at one stroke.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from .. import listing
from ..fields import Catalogue
from ..models import NumberReservation, Renumbering, RenumberingChunk
from ..rules.identifiers import number_text
from ..rules.numbering import MissingPart, NumberContext
from ..services.categories import lineage
from ..services.number_checks import missing_label
from ..services.number_rules import AUTO, EDITABLE, Facts, Ready, RuleSet
from ..services.numbering import exhausted, lock_counter, number_key, taken
from .facts import chunks, everybody
from .reading import Reader
from .scanning import MENDED_BY_RENUMBERING, duplicates_among

State = Renumbering.State
CHUNK = 1_000
MOST_RING = 20_000
MOST_PROBLEMS = 200
KEPT_DAYS = 7
Progress = Callable[[int, int], None]


# --- whom ---------------------------------------------------------------------------------------------------------------


def _rows(plan: Renumbering, by: Actor):
    """The customers among whom the plan chooses."""
    params, ledger = plan.params, plan.ledger
    rows = everybody(ledger)
    if "ids" in params:
        rows = rows.filter(pk__in=params["ids"])
    if params.get("query"):
        query = listing.parse(QueryDict(params["query"]), by)
        rows = listing.rows(query, Catalogue.of(ledger), by)
    if params.get("category"):
        below = [pk for pk, line in lineage(ledger).items() if params["category"] in line]
        rows = rows.filter(category_id__in=below)
    if params.get("prefix"):
        rows = rows.filter(number_key__startswith=number_key(params["prefix"]))
    return rows


class _Chooser:
    """Whether a customer of the rows is to be renumbered."""

    def __init__(self, plan: Renumbering, rules: RuleSet):
        self.plan, self.rules, self.reader = plan, rules, Reader(plan.ledger)
        self.finding = plan.params.get("finding", "")
        if self.finding and self.finding not in MENDED_BY_RENUMBERING:
            raise BusinessError(_("这一项不能用改号处理。"), code="renumber.finding")

    def wanted(self, found: list[Facts]) -> list[Facts]:
        if self.finding == "duplicate":
            rows = [(row["id"], row["number"], number_key(row["number"])) for row in found
                    if self.reader.wrong(row["number"], row["number_key"]) == "stale_key"]  # fmt: skip
            doubles = {pk for pk, _number, _other in duplicates_among(self.plan.ledger, rows)}
            return [row for row in found if row["id"] in doubles]
        if self.finding == "out_of_rule":
            return [row for row in found if self._is_sound(row) and self.reader.of_rule(row["number"]) is None]
        if self.finding:
            return [row for row in found if self.reader.wrong(row["number"], row["number_key"]) == self.finding]
        if self.plan.params.get("only_unfit"):
            return [row for row in found if not self._fits(row)]
        return found

    def _is_sound(self, row: Facts) -> bool:
        return self.reader.wrong(row["number"], row["number_key"]) in ("", "length")

    def _fits(self, row: Facts) -> bool:
        ready = self.rules.choose(row)
        reading = ready.plan.read(row["number"]) if ready else None
        return reading is not None and ready.plan.serial.first <= reading.serial <= ready.plan.serial.last


# --- the plan -------------------------------------------------------------------------------------------------------------


@dataclass
class _Draft:
    """What is being planned."""

    rows: list[tuple[int, str, str]] = field(default_factory=list)  # customer, old, new
    problems: list[list[Any]] = field(default_factory=list)
    failed: int = 0
    unchanged: int = 0
    drawn: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # counter → [first, last] serial drawn

    def refuse(self, facts: Facts, message: str) -> None:
        self.failed += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append([facts["id"], facts["number"], message])

    def draw(self, rule_id: int, scope: str, serial: int) -> None:
        span = self.drawn.setdefault((rule_id, scope), [serial, serial])
        span[0], span[1] = min(span[0], serial), max(span[1], serial)


def prepare(plan: Renumbering, by: Actor, progress: Progress = lambda done, total: None) -> None:
    """Draw the plan and keep back its serials. Raises BusinessError; the plan says then what was wrong."""
    if plan.state != State.PREPARING:
        return
    try:
        draft = _Planner(plan, by, progress).drawn()
        ordered = list(_ordered(draft.rows))
    except BusinessError as fault:
        Renumbering.objects.filter(pk=plan.pk).update(state=State.FAILED, error=f"{fault.message}{fault.remedy}"[:300])
        raise
    with transaction.atomic():
        RenumberingChunk.objects.filter(renumbering=plan).delete()
        NumberReservation.objects.filter(renumbering=plan).delete()
        RenumberingChunk.objects.bulk_create(
            [RenumberingChunk(renumbering=plan, index=at, rows=rows) for at, rows in enumerate(ordered)], batch_size=50
        )
        until = timezone.localdate() + timedelta(days=KEPT_DAYS)
        purpose = _("改号 #%(plan)s") % {"plan": plan.pk}
        NumberReservation.objects.bulk_create(
            NumberReservation(rule_id=rule, scope=scope, first=first, last=last, purpose=purpose, ends_on=until,
                              renumbering=plan, by_id=plan.by_id)
            for (rule, scope), (first, last) in draft.drawn.items()
        )  # fmt: skip
        plan.counts = {
            "changes": len(draft.rows), "unchanged": draft.unchanged, "failed": draft.failed, "done": 0, "refused": 0,
        }  # fmt: skip
        plan.problems, plan.state, plan.error = draft.problems, State.READY, ""
        plan.save(update_fields=["counts", "problems", "state", "error"])


class _Planner:
    """Gives everybody who is wanted his new number, in the order in which they were entered."""

    def __init__(self, plan: Renumbering, by: Actor, progress: Progress):
        self.plan, self.by, self.progress = plan, by, progress
        self.ledger = plan.ledger
        self.rules = RuleSet(plan.ledger)
        self.catalogue = Catalogue.of(plan.ledger)
        self.chooser = _Chooser(plan, self.rules)
        self.draft = _Draft()
        self.following: dict[tuple[int, str], int] = {}
        self.given: set[str] = set()  # keys of tidied numbers; those that counters give are distinct by themselves
        self.leaving: set[int] = set()  # customers whose present numbers will be free
        self.total = 0

    def drawn(self) -> _Draft:
        rows = _rows(self.plan, self.by)
        self.total = rows.count()
        if self.plan.params.get("restart"):
            for found in chunks(rows, self.rules.field_keys):
                self.leaving.update(facts["id"] for facts in self.chooser.wanted(found))
        done = 0
        for found in chunks(rows, self.rules.field_keys):
            wanted = self.chooser.wanted(found)
            if self.plan.params.get("clean"):
                wanted = self._cleaned(wanted)
            for (ready, scope), members in self._by_counter(wanted):
                self._number(ready, scope, members)
            done += len(found)
            self.progress(done, self.total)
        return self.draft

    def _cleaned(self, wanted: list[Facts]) -> list[Facts]:
        """Numbers that only need tidying stay what they mean, where nobody has that; returns the others."""
        clean = {facts["id"]: number_text(facts["number"]) for facts in wanted}
        keys = {
            pk: number_key(checked.value) for pk, checked in clean.items() if checked.problem is None and checked.value
        }
        held = taken(self.ledger.pk, set(keys.values()))
        left = []
        for facts in wanted:
            key = keys.get(facts["id"])
            if key and held.get(key, facts["id"]) == facts["id"] and key not in self.given:
                self.given.add(key)
                self._give(facts, clean[facts["id"]].value, key)
            else:
                left.append(facts)
        return left

    def _by_counter(self, wanted: list[Facts]) -> list[tuple[tuple[Ready, str], list[tuple[Facts, NumberContext]]]]:
        groups: dict[tuple[Ready, str], list[tuple[Facts, NumberContext]]] = {}
        for facts in wanted:
            ready = self.rules.choose(facts)
            if ready is None or ready.mode not in (AUTO, EDITABLE):
                self.draft.refuse(facts, _("没有给这位客户自动编号的规则。"))
                continue
            context = self.rules.context(facts)
            try:
                scope = ready.plan.scope(context)
                ready.plan.frame(context)
            except MissingPart as missing:
                what = missing_label(missing, self.catalogue)
                self.draft.refuse(facts, _("没有填写%(what)s。") % {"what": what})
                continue
            groups.setdefault((ready, scope), []).append((facts, context))
        return list(groups.items())

    def _number(self, ready: Ready, scope: str, members: list[tuple[Facts, NumberContext]]) -> None:
        plan, spans = ready.plan, self.rules.reserved_spans(ready.rule.pk, scope)
        key = (ready.rule.pk, scope)
        if key not in self.following:
            self.following[key] = self._first(ready, scope)
        while members:
            serials = plan.serial.run(self.following[key], len(members), spans)
            if not serials:
                for facts, _context in members:
                    self.draft.refuse(facts, exhausted(ready.rule).message)
                return
            self.following[key] = plan.serial.after(serials[-1])
            numbers = list(plan.numbers([context for _facts, context in members], serials))
            held = taken(self.ledger.pk, [number_key(number) for number in numbers])
            left = []
            for at, (facts, context) in enumerate(members):
                new = number_key(numbers[at]) if at < len(numbers) else ""
                if (
                    new
                    and new not in self.given
                    and (new not in held or held[new] == facts["id"] or held[new] in self.leaving)
                ):
                    self._give(facts, numbers[at], new)
                    self.draft.draw(*key, serials[at])
                else:
                    left.append((facts, context))
            members = left

    def _first(self, ready: Ready, scope: str) -> int:
        if self.plan.params.get("restart"):
            return ready.plan.serial.first
        with transaction.atomic():
            return lock_counter(ready.rule, scope, ready.plan.serial.first).next_serial

    def _give(self, facts: Facts, number: str, key: str) -> None:
        if number == facts["number"] and key == facts["number_key"]:
            self.draft.unchanged += 1
        else:
            self.draft.rows.append((facts["id"], facts["number"], number))


def _ordered(rows: list[tuple[int, str, str]]) -> Iterator[list[list[Any]]]:
    """The rows in chunks, whoever gives a number up before whoever takes it, rings of them together.

    The fourth value of a row says whether somebody of the plan gives its new number up.
    """
    bearer = {number_key(old): at for at, (_pk, old, _new) in enumerate(rows)}
    waits = {at: bearer.get(number_key(new)) for at, (_pk, _old, new) in enumerate(rows)}
    waits = {at: other for at, other in waits.items() if other is not None and other != at}
    chunk: list[list[Any]] = []
    seen: set[int] = set()
    for start in range(len(rows)):
        if start in seen:
            continue
        path, at = [], start
        while at is not None and at not in seen:
            seen.add(at)
            path.append(at)
            at = waits.get(at)
        if at is not None and at in path:  # a ring, and perhaps a tail that leads into it
            ring = path[path.index(at) :]
            if len(ring) > MOST_RING:
                raise BusinessError(
                    _("有 %(count)s 位客户要互换编号，超过了一次能处理的 %(most)s 位。")
                    % {"count": len(ring), "most": MOST_RING},
                    code="renumber.ring",
                    remedy=_("请分批改号，或不要从头编号。"),
                )
            groups = [ring, *([each] for each in reversed(path[: path.index(at)]))]
        else:
            groups = [[each] for each in reversed(path)]
        for group in groups:
            if chunk and len(chunk) + len(group) > CHUNK:
                yield chunk
                chunk = []
            chunk += [[*rows[each], each in waits] for each in group]
    if chunk:
        yield chunk
