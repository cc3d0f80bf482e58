"""Named places where tests make the product fail."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from erp_site.shared import failpoints

ROOT = Path(__file__).resolve().parents[2]
PLACE = "import.after_chunk"


@pytest.fixture(autouse=True)
def _disarm():
    yield
    failpoints.configure("")


def test_nothing_happens_in_ordinary_life():
    failpoints.configure("")
    failpoints.hit(PLACE)


def test_a_wrong_name_is_noticed_even_in_ordinary_life():
    with pytest.raises(failpoints.UnknownFailpoint):
        failpoints.hit("import.after_chnk")


def test_raise_acts_each_time_or_the_nth_time_only():
    failpoints.configure(f"{PLACE}:raise")
    for _ in range(2):
        with pytest.raises(failpoints.FailpointReached):
            failpoints.hit(PLACE)
    failpoints.hit("export.before_rename")
    failpoints.configure(f"{PLACE}:raise:2")
    failpoints.hit(PLACE)
    with pytest.raises(failpoints.FailpointReached):
        failpoints.hit(PLACE)
    failpoints.hit(PLACE)


def test_sleep_dawdles():
    failpoints.configure(f" {PLACE}:sleep:50 , export.before_rename:raise")
    started = time.monotonic()
    failpoints.hit(PLACE)
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize(
    "spec", ["nowhere:kill", PLACE, f"{PLACE}:explode", f"{PLACE}:sleep", f"{PLACE}:kill:x", f"{PLACE}:raise:1:2"]
)
def test_nonsense_stops_the_start_and_lists_what_there_is(spec):
    with pytest.raises(failpoints.UnknownFailpoint, match="jobs.after_claim"):
        failpoints.configure(spec)


def test_the_environment_is_obeyed_only_where_that_is_allowed(monkeypatch, settings):
    monkeypatch.setenv("FAILPOINTS", f"{PLACE}:raise")
    monkeypatch.delenv("ALLOW_FAILPOINTS", raising=False)
    settings.DEBUG = False
    failpoints.configure()
    failpoints.hit(PLACE)
    settings.DEBUG = True
    failpoints.configure()
    with pytest.raises(failpoints.FailpointReached):
        failpoints.hit(PLACE)
    settings.DEBUG = False
    monkeypatch.setenv("ALLOW_FAILPOINTS", "1")
    failpoints.configure()
    with pytest.raises(failpoints.FailpointReached):
        failpoints.hit(PLACE)


def test_kill_leaves_no_time_to_clean_up():
    code = f"""
from erp_site.shared import failpoints
failpoints.configure({PLACE + ":kill:2"!r})
try:
    for number in (1, 2):
        failpoints.hit({PLACE!r})
        print("passed", number, flush=True)
finally:
    print("cleaned up", flush=True)
"""
    code = "from django.conf import settings; settings.configure()\n" + code
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-9, "passed 1\n")
