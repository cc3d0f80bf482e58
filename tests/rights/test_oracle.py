"""The written matrix and the product agree, decision by decision, for random organisations; and the oracle notices when they do not."""

from dataclasses import replace

import pytest

from customers.services.pipeline import Pipeline
from permissions import masking
from permissions.actor import Actor
from permissions.grants import RoleGrant

from .doors import Doors
from .measuring import Measure, Truth

pytestmark = pytest.mark.django_db

DECISIONS = 100_000


def test_a_hundred_thousand_decisions_agree():
    measure = Measure(seed=20260315)
    while measure.decisions < DECISIONS and not measure.differences:
        measure.decide(measure.world())
    assert not measure.differences, f"\n{measure.differences[0]}"
    assert measure.decisions >= DECISIONS
    assert min(measure.counts.values()) > 0


def test_the_doors_agree_too(tmp_path, settings):
    settings.FILES_DIR, settings.DATA_DIR = tmp_path / "files", tmp_path
    measure = Measure(seed=7)
    for _world in range(2):
        built = measure.world()
        truth = Truth(built)
        for person in sorted(built.world.people)[:2]:
            Doors(measure, built, truth, person, tmp_path).all()
    assert not measure.differences, "\n".join(map(str, [len(measure.differences), *measure.differences[:3]]))
    doors = {"list", "detail", "form", "suggest", "sort", "filter", "number", "export", "command"}
    assert doors <= measure.counts.keys()


def _forgets_prohibitions(self, right, word_on=RoleGrant.word_on):
    return word_on(replace(self, denied=frozenset()), right)


@pytest.mark.parametrize(
    ("door", "plant"),
    [
        ("right", lambda patch: patch.setattr(RoleGrant, "word_on", _forgets_prohibitions)),
        ("level", lambda patch: patch.setattr(Actor, "_is_named", lambda self, key: True)),
        ("rows", lambda patch: patch.setattr(Actor, "denied_scopes", ())),
        ("contents", lambda patch: patch.setattr(masking, "mask", lambda field, value: str(value))),
        ("changes", lambda patch: patch.setattr(Pipeline, "_may_edit", lambda self, key: True)),
    ],
)
def test_a_planted_mistake_is_noticed(door, plant, monkeypatch):
    plant(monkeypatch)
    measure = Measure(seed=20260315)
    while not measure.differences and measure.decisions < DECISIONS:
        measure.decide(measure.world())
    assert measure.differences
    assert door in {each.door for each in measure.differences}
    assert len(str(measure.differences[0]).splitlines()) < 40
