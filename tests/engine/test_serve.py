"""``manage.py serve`` as a person starts it: from nothing to ready, and down again with everything."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not settings.IS_SQLITE, reason="the embedded edition; it has a database of its own")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(directory: Path, port: int, **env: str) -> subprocess.Popen:
    # DEBUG leaves out compressing the static files, which takes longer than everything else.
    about = {"DATA_DIR": str(directory), "DATABASE_URL": "", "PORT": str(port), "DEBUG": "1", "DEMO": "0"}
    command = [sys.executable, "manage.py", "serve"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | about | env, **pipes)


def readiness(port: int) -> dict:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        return json.load(answer)
    except OSError:
        return {}


def descendants(pid: int) -> list[int]:
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [found for child in map(int, children) for found in [child, *descendants(child)]]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_from_nothing_to_ready_and_down_again(tmp_path):
    port = free_port()
    parent = serve(tmp_path, port)
    family: list[int] = []
    try:
        deadline = time.monotonic() + 240
        while readiness(port).get("status") != "ok":
            assert parent.poll() is None, parent.stderr.read()
            assert time.monotonic() < deadline, readiness(port)
            time.sleep(0.2)
        family = descendants(parent.pid)
        assert len(family) >= 4  # gunicorn with two workers, and the job worker
        parent.send_signal(signal.SIGINT)
        out, err = parent.communicate(timeout=60)
    finally:
        if parent.poll() is None:
            parent.kill()
    assert parent.returncode == 0, err
    assert f"http://127.0.0.1:{port}/" in out and "createsuperuser" in out and "已停止" in out
    assert "Traceback" not in err
    assert not [pid for pid in family if alive(pid)]


def test_a_port_in_use_is_named_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        parent = serve(tmp_path, port)
        _out, err = parent.communicate(timeout=120)
    assert parent.returncode == 2
    assert f"127.0.0.1:{port}" in err and f"PORT={port + 1}" in err and "Traceback" not in err
