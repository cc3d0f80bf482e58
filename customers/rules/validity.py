"""Whether something that is valid from a day to a day is so today, soon no longer, or no longer.

Lives here: the one reading of two dates for licences, invoice profiles and blocks; both days belong to the span, a missing one is open.
Not here: how many days ahead a set wants to be told (`licence_warning_days`).
"""

from datetime import date, timedelta
from enum import StrEnum


class Validity(StrEnum):
    """A blank end is open: such a thing is never ENDING."""

    COMING = "coming"
    VALID = "valid"
    ENDING = "ending"
    ENDED = "ended"


def validity(starts_on: date | None, ends_on: date | None, on: date, warning_days: int = 0) -> Validity:
    """The state of a span on a day; ENDING from `warning_days` before its last day on."""
    if ends_on is not None and ends_on < on:
        return Validity.ENDED
    if starts_on is not None and starts_on > on:
        return Validity.COMING
    if ends_on is not None and warning_days and ends_on <= on + timedelta(days=warning_days):
        return Validity.ENDING
    return Validity.VALID


def in_force(starts_on: date | None, ends_on: date | None, on: date) -> bool:
    """Whether the day lies within the span."""
    return validity(starts_on, ends_on, on) is Validity.VALID
