"""The oracle's answers beside the product's: decisions made in memory, by the very code that pages, files and imports ask.

What lives here: comparing, counting, and telling a difference so that it can be read. What does not: the doors themselves over HTTP
(``doors``).
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from customers.models import Customer
from customers.presenting import Presenter, with_parts
from customers.services.edits import Edit
from customers.services.pipeline import Pipeline
from permissions.actor import Actor, Door

from .building import Built
from .oracle import EDIT, HIDDEN, MASKED, READ, Oracle
from .world import FIELDS, RIGHTS, random_world

LEVELS = {HIDDEN: "hidden", MASKED: "masked", READ: "read", EDIT: "edit"}


@dataclass(frozen=True)
class Difference:
    """One decision on which the written matrix and the product do not agree."""

    seed: int
    door: str
    person: str
    what: str
    expected: object
    got: object
    given: str

    def __str__(self) -> str:
        said = f"[{self.door}] {self.person}: {self.what}: the matrix says {self.expected}, the product {self.got}"
        return f"seed {self.seed} {said}\n{self.given}"


class Measure:
    """Decisions on one world after another, counted by door."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self.differences: list[Difference] = []

    @property
    def decisions(self) -> int:
        return sum(self.counts.values())

    def world(self) -> Built:
        """The next world, with its seed in ``seed``."""
        self.seed = self.dice.randrange(1 << 31)
        return Built(random_world(random.Random(self.seed)))

    def compare(self, door: str, built: Built, person: str, what: str, expected: object, got: object) -> None:
        self.counts[door] += 1
        if expected != got:
            told = built.world.told(person)
            self.differences.append(Difference(self.seed, door, person, what, expected, got, told))

    def decide(self, built: Built) -> None:
        """Everything that can be asked of one world without a browser."""
        oracle = Oracle(built.world)
        truth = Truth(built)
        for person in built.world.people:
            actor = built.actor(person)
            self.compare("member", built, person, "is a member", oracle.is_member(person), actor.is_member)
            for right in RIGHTS:
                self.compare("right", built, person, right, oracle.can(person, right), actor.can(right))
            levels = {key: oracle.level(person, key) for key in FIELDS}
            for key, level in levels.items():
                self.compare("level", built, person, key, LEVELS[level], LEVELS[actor.field_level(key)])
            seen = self._rows(built, oracle, person, actor)
            self._contents(built, person, actor, levels, seen, truth)
            self._changes(built, oracle, person, levels)

    def _rows(self, built: Built, oracle: Oracle, person: str, actor: Actor) -> set[int]:
        """Which customers there are for him; returns those that the product gives."""
        found = set(Customer.objects.visible_to(actor).values_list("pk", flat=True))
        for each in built.world.customers:
            got = built.customers[each.at].pk in found
            self.compare("rows", built, person, f"sees {each}", oracle.sees(person, each), got)
        return found

    def _contents(self, built: Built, person: str, actor: Actor, levels: dict, seen: set[int], truth: "Truth") -> None:
        """What pages and files show of each field of each customer whom he sees."""
        presenter = Presenter(built.catalogue, actor)
        fields = built.catalogue.readable(actor, list(built.fields.values()))
        for customer in truth.load(Customer.objects.visible_to(actor)):
            shown = {each.field.right_key: each.text for each in presenter.row(customer, fields)}
            for key, level in levels.items():
                whole = truth.texts[customer.pk][key]
                if whole:
                    got = state_of(shown.get(key), whole)
                    self.compare("contents", built, person, f"{key} of {customer.pk}", _shown_as(level), got)

    def _changes(self, built: Built, oracle: Oracle, person: str, levels: dict) -> None:
        """Which field of which customer he may change, as forms, imports and interfaces ask it."""
        by = built.actor(person, Door.IMPORT)
        pipeline = Pipeline(built.ledger, by)
        edits = [
            Edit(values={field.key: "新" for field in built.fields.values()}, customer_id=row.pk)
            for row in built.customers
        ]
        pipeline.authorise(edits)
        may_edit = oracle.can(person, "edit")
        for each, edit in zip(built.world.customers, edits, strict=True):
            codes = {problem.code for problem in edit.problems}
            refused = {problem.field for problem in edit.problems if problem.code == "field.not_allowed"}
            sees = oracle.sees(person, each)
            for key, field in built.fields.items():
                got = not codes & {"permission.denied", "customer.not_found"} and field.key not in refused
                expected = may_edit and sees and levels[key] == EDIT
                self.compare("changes", built, person, f"{key} of {each}", expected, got)


class Truth:
    """What the system itself, which reads everything, would show of each customer."""

    def __init__(self, built: Built):
        self.fields = list(built.fields.values())
        presenter = Presenter(built.catalogue, Actor.system(built.ledger.pk))
        rows = self.load(Customer.objects.filter(ledger=built.ledger))
        self.texts = {
            row.pk: {each.field.right_key: each.text for each in presenter.row(row, self.fields)} for row in rows
        }

    def load(self, rows) -> Iterator[Customer]:
        return iter(with_parts(rows, self.fields))


def state_of(text: str | None, whole: str) -> str:
    """How a text shows a value: "whole", "masked", or "absent"."""
    if text is None or text == "":
        return "absent"
    if text == whole:
        return "whole"
    return "masked" if "*" in text and whole not in text else f"neither: {text}"


def _shown_as(level: int) -> str:
    return {HIDDEN: "absent", MASKED: "masked"}.get(level, "whole")


def main(decisions: int, seed: int) -> int:
    """Compare so many decisions in a database of its own; 1 when a single one differs."""
    started, measure = time.monotonic(), Measure(seed)
    old = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        while measure.decisions < decisions and not measure.differences:
            with transaction.atomic():
                measure.decide(measure.world())
                transaction.set_rollback(True)
            sys.stderr.write(f"\r{measure.decisions:,}")
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)
    by_door = "  ".join(f"{door} {count:,}" for door, count in measure.counts.items())
    took = time.monotonic() - started
    sys.stdout.write(f"\nseed {seed}  {measure.decisions:,} decisions in {took:.0f} s\n{by_door}\n")
    sys.stdout.write(f"differences {len(measure.differences)}\n")
    for each in measure.differences[:3]:
        sys.stdout.write(f"{each}\n")
    return int(bool(measure.differences))
