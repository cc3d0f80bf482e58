"""Of which rule a number is, and what is wrong with a number by itself.

What lives here: ``Reader``, for one set. What does not: looking at all numbers (``scanning``, ``gaps``).
"""

import re
from dataclasses import dataclass

from django.utils import timezone

from ..models import NumberingRule
from ..rules.checked import ERROR
from ..rules.identifiers import number_text
from ..rules.numbering import Plan, Reading
from ..rules.numbering_checks import validate
from ..services.number_rules import Codes, plan_of, rows_in_force
from ..services.numbering import number_key

_is_plain = re.compile("[0-9A-Za-z_-]{1,30}").fullmatch


@dataclass(frozen=True)
class Known:
    """A rule that numbers may be of, made ready."""

    rule: NumberingRule
    plan: Plan
    in_force: bool


class Reader:
    """Says of one number of a set what is wrong with it and of which rule it is."""

    def __init__(self, ledger):
        rows = list(NumberingRule.objects.filter(ledger=ledger).exclude(state=NumberingRule.State.DRAFT))
        sound = [row for row in rows if not any(fault.severity == ERROR for fault in validate(row.parts, row.reset))]
        now = rows_in_force(sound, timezone.localdate())
        older = sorted((row for row in sound if row not in now), key=lambda row: -row.pk)
        codes = Codes(ledger)
        self.known = [Known(row, plan_of(row, codes), row in now) for row in (*now, *older)]
        self.least, self.most = ledger.parameter("number_min_length"), ledger.parameter("number_max_length")

    def wrong(self, number: str, key: str) -> str:
        """The kind of fault of a number by itself, "" when it is sound."""
        if _is_plain(number):
            if number.upper() != key:
                return "stale_key"
            return "" if self.least <= len(number) <= self.most else "length"
        computed = number_key(number)
        if not computed:
            return "missing"
        if computed != key:
            return "stale_key"
        checked = number_text(number)
        if checked.problem is not None and checked.problem.code != "number.length":
            return "malformed"
        if checked.value != number:
            return "invisible"
        return "" if self.least <= len(number) <= self.most else "length"

    def of_rule(self, number: str) -> tuple[Known, Reading] | None:
        """The rule that a number is of, and what it says; a rule in whose range it lies before one that only has its form."""
        form = None
        for known in self.known:
            reading = known.plan.read(number)
            if reading is None:
                continue
            if known.plan.serial.first <= reading.serial <= known.plan.serial.last:
                return known, reading
            form = form or (known, reading)
        return form
