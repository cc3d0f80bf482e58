"""A sent form into the pipeline: the one call between page and verb.

What lives here: when a reason counts, and what the user is told afterwards. What does not: rules (``services.pipeline``), HTTP (``views``).
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..duplicates.knowing import Similars, of_hits
from ..models import ChangeBatch, Customer
from ..services import pipeline
from ..services.edits import Edit, Outcome, Problem
from .base import Base
from .conflicts import Conflict, find
from .placing import Note, asked, confirmable, place
from .sheet import Sheet
from .state import inapplicable


@dataclass
class Attempt:
    """A sent form and what became of it; what speaks against saving stands in ``errors``, ``doubts`` or ``conflicts``."""

    sheet: Sheet
    reason: str = ""
    edit: Edit = field(default_factory=Edit)
    outcome: Outcome = field(default_factory=Outcome)
    errors: list[Note] = field(default_factory=list)
    doubts: list[Note] = field(default_factory=list)
    confirm: list[str] = field(default_factory=list)
    similar: Similars = field(default_factory=Similars)
    conflicts: list[Conflict] = field(default_factory=list)
    stale: str = ""  # what the writer said when somebody was quicker
    left_out: list[str] = field(default_factory=list)  # names of fields that this customer does not have

    @property
    def needs_new_ground(self) -> bool:
        """Whether the form must go on from what is stored now."""
        return bool(self.conflicts or self.stale)

    @property
    def saved_id(self) -> int | None:
        return None if self.edit.refused or self.needs_new_ground else self.edit.customer_id

    @property
    def warnings(self) -> list[str]:
        """What was saved although something is odd about it, and what was not saved because it has no place."""
        told = [problem.message for problem in self.edit.problems if problem.severity == "warning"]
        if self.left_out:
            told.append(_("「%(fields)s」按当前条件不适用，没有保存。") % {"fields": "、".join(self.left_out)})
        return told


def save(sheet: Sheet, *, reason: str, confirmed: set[str]) -> Attempt:
    """Send the changes through the pipeline. Raises StaleVersion and BusinessError as it does.

    A reason counts for the doubts that the user was shown (``confirmed``), not for one that he never saw.
    """
    without = inapplicable(sheet)
    counts = bool(reason and confirmed) and _doubts_of(sheet, without) <= confirmed
    edit = sheet.edit(without)
    edit.reason = reason if counts else ""
    attempt = Attempt(sheet, reason, edit, left_out=[str(sheet.catalogue.get(key).label) for key in sorted(without)])
    attempt.outcome = pipeline.submit(
        [edit], ledger=sheet.catalogue.ledger, by=sheet.actor, kind=ChangeBatch.Kind.EDIT, reason=reason
    )
    if edit.refused:
        attempt.errors = place(sheet, edit)
        attempt.doubts = asked(sheet, edit)
        attempt.confirm = sorted(confirmable(problem) for problem in _reason_problems(edit))
        attempt.similar = of_hits(edit.hits, sheet.actor)
    return attempt


def refuse(sheet: Sheet, message: str, *, reason: str) -> Attempt:
    """An attempt that failed as a whole: somebody else was quicker, the set takes no data."""
    sheet.main.add_error(None, message)
    return Attempt(sheet, reason, errors=[Note("", message)])


def refuse_files(sheet: Sheet, refused: dict[str, str], *, reason: str) -> Attempt:
    """An attempt that was not made, because files that came with it were not taken."""
    notes = []
    for key, text in refused.items():
        sheet.main.add_error(key, text)
        bound = sheet.main[key]
        notes.append(Note(str(bound.label), text, bound.id_for_label))
    return Attempt(sheet, reason, errors=notes)


def clash(sheet: Sheet, now: Base) -> list[Conflict]:
    """Fields that somebody else has changed too since the form opened."""
    return find(sheet, now) if sheet.base.version != now.version else []


def told(attempt: Attempt, customer: Customer | None) -> str:
    """What was done, in one line; ``customer`` is None when its new owner keeps it out of the actor's sight."""
    if attempt.outcome.unchanged:
        return _("没有任何改动，未保存。")
    if attempt.outcome.added and customer:
        return _("已新增客户 %(number)s %(name)s。") % {"number": customer.number, "name": customer.name}
    return _("已保存。") if customer else _("已保存。该客户现在不在您的数据范围内。")


def _doubts_of(sheet: Sheet, without: set[str]) -> set[str]:
    """The doubts that the form raises as it is now sent, found on a copy that nobody saves."""
    trial = sheet.edit(without)
    pipeline.Pipeline(sheet.catalogue.ledger, sheet.actor).prepare([trial])
    return {confirmable(problem) for problem in _reason_problems(trial)}


def _reason_problems(edit: Edit) -> list[Problem]:
    return [problem for problem in edit.problems if problem.severity == "reason"]
