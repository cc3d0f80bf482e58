"""One parent, several children: restarted when they die, stopped together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from erp_site.shared import supervisor

ROOT = Path(__file__).resolve().parents[2]
STAY = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
FALL = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); sys.exit(3)"


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def parent(tmp_path):
    """A supervisor process with two children that write their pids to files."""
    code = f"""
import sys
from erp_site.shared.supervisor import Child, Supervisor
children = [Child(name, [sys.executable, "-c", {STAY!r}, {str(tmp_path)!r} + "/" + name], {{}}) for name in "ab"]
Supervisor(children).run()
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
    until(lambda: pids(tmp_path / "a") and pids(tmp_path / "b"))
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_children_end_with_their_parent(parent, tmp_path, number):
    children = pids(tmp_path / "a") + pids(tmp_path / "b")
    assert all(map(alive, children))
    parent.send_signal(number)
    parent.wait(10)
    until(lambda: not any(map(alive, children)))


def test_a_dead_child_is_started_again(parent, tmp_path):
    (first,) = pids(tmp_path / "a")
    os.kill(first, signal.SIGKILL)
    until(lambda: len(pids(tmp_path / "a")) == 2)
    assert len(pids(tmp_path / "b")) == 1


def test_a_child_that_keeps_falling_is_started_less_and_less_often(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.5)
    child = supervisor.Child("falls", [sys.executable, "-c", FALL, str(tmp_path / "falls")], dict(os.environ))
    pauses = []
    for _ in range(3):
        child.keep_running()
        child.process.wait()
        child.keep_running()
        assert not child.running
        pauses.append(child._pause)
        time.sleep(child._pause)
    assert pauses == [0.2, 0.4, 0.5]
    assert len(pids(tmp_path / "falls")) == 3


def test_a_child_that_ignores_sigterm_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.3)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STAY
    child = supervisor.Child("deaf", [sys.executable, "-c", deaf, str(tmp_path / "deaf")], dict(os.environ))
    child.keep_running()
    until(lambda: pids(tmp_path / "deaf"))
    supervisor.Supervisor([child])._stop_children()
    assert not child.running and child.process.returncode == -signal.SIGKILL
