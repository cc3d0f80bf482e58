"""Edits: what a door hands to the pipeline, and what the pipeline hands back on each of them.

Plain data, no database. One saved form is a list of one edit, an import chunk a list of a thousand.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(slots=True)
class Problem:
    """Something wrong with one field of one edit, in the user's words.

    ``severity``: "error" refuses the edit, "reason" refuses it unless a reason is given, "warning" only tells.
    """

    field: str
    code: str
    message: str
    severity: str = "error"
    suggestion: str = ""
    value: str = ""


@dataclass(slots=True)
class Hit:
    """Another customer (``customer_id``), or another edit of the list (``other``), that shares an identifying value."""

    kind: str
    value: str
    customer_id: int | None = None
    other: "Edit | None" = None


@dataclass(slots=True)
class PartEdit:
    """One row of a part: new when ``pk`` is None, unless ``primary`` – then the part's primary row, made if missing."""

    values: dict[str, Any]
    pk: int | None = None
    primary: bool = False
    remove: bool = False


@dataclass(slots=True, eq=False)
class Edit:
    """The wish to add a customer (``customer_id`` None) or to change one; compared by identity.

    ``values`` holds catalogue keys of the customer row and flat primary keys; ``parts`` rows of the parts;
    ``foreign`` numbers in other systems. Values are raw when they come in and clean once the pipeline has normalised them.
    """

    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, list[PartEdit]] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    customer_id: int | None = None
    base_version: int | None = None
    row: int | None = None
    template: str = ""  # code of the entry template (录入模板) through which a new customer was typed
    recompute: bool = False  # formulas are computed anew though nothing that they read has changed
    reason: str = ""
    name_since: date | None = None  # first day of a changed name, where it is not today
    problems: list[Problem] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    keys: dict[int, tuple[str, str]] = field(default_factory=dict)  # match key → (kind, value), set by the match stage
    changed: list[str] = field(default_factory=list)  # keys that the writer found changed
    # Called by the writer with the locked row and its parts: brings computed values up to what others have saved meanwhile.
    renew: Callable[[dict[str, Any], dict[str, list[dict[str, Any]]]], None] | None = None

    @property
    def is_add(self) -> bool:
        return self.customer_id is None

    @property
    def refused(self) -> bool:
        """Whether it may not be written: an error, or something that wants a reason and has none."""
        return any(
            problem.severity == "error" or (problem.severity == "reason" and not self.reason)
            for problem in self.problems
        )

    def problem(self, field: str, code: str, message: str, severity: str = "error", **more: str) -> None:
        self.problems.append(Problem(field, code, str(message), severity, **more))


@dataclass
class Outcome:
    """What became of a list of edits."""

    batch: Any = None
    added: list[Edit] = field(default_factory=list)
    updated: list[Edit] = field(default_factory=list)
    unchanged: list[Edit] = field(default_factory=list)
    refused: list[Edit] = field(default_factory=list)


def accepted(edits: Iterable[Edit]) -> list[Edit]:
    return [edit for edit in edits if not edit.refused]
