"""A database that worker processes can share with the test: a file on SQLite, the test database itself on PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction

from erp_site.jobs.models import Job

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """Jobs in a shared database, and real worker processes on it."""

    def __init__(self, alias: str, url: str, directory: Path):
        self.jobs = Job.objects.using(alias)
        self.trace = directory / "trace"
        self.trace.touch()
        self._url = url
        self._directory = directory
        self._workers: list[subprocess.Popen] = []

    def start_worker(self, **env: str) -> subprocess.Popen:
        """A worker with the test kinds and a short lease."""
        base = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        about = {
            "DATABASE_URL": self._url,
            "DATA_DIR": str(self._directory),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
        }
        command = [sys.executable, "-m", "tests.jobs.worker_process"]
        with open(self._directory / f"worker{len(self._workers)}.log", "wb") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=base | about | env, stderr=log, stdout=log)
        self._workers.append(worker)
        return worker

    def enqueue(self, steps: int, pause: float = 0.02, max_attempts: int = 3) -> Job:
        """A job that leaves a trace of each of its steps."""
        params = {"steps": steps, "pause": pause, "trace": str(self.trace)}
        return self.jobs.create(kind="test.steps", params=params, max_attempts=max_attempts)

    def traces(self) -> list[tuple[str, int, int, int]]:
        """(begin, step or end; job; process; attempt) in the order of writing."""
        rows = [line.split() for line in self.trace.read_text(encoding="utf-8").splitlines()]
        return [(what, int(job), int(process), int(attempt)) for what, job, process, attempt in rows]

    def freeze(self, worker: subprocess.Popen, job: Job) -> None:
        """Stop a worker between two of its writes; one stopped within a write would hold up everybody, not only its job."""
        while True:
            worker.send_signal(signal.SIGSTOP)
            try:
                with transaction.atomic(using=self.jobs.db):
                    if self.jobs.select_for_update(skip_locked=True).filter(pk=job.pk).exists():
                        return
            except OperationalError:
                pass
            worker.send_signal(signal.SIGCONT)
            time.sleep(0.05)

    def until(self, condition, seconds: float = 120) -> None:
        """Wait for a condition; fails with what the workers wrote when it never comes true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                logs = [path.read_text(errors="replace")[-2000:] for path in self._directory.glob("worker*.log")]
                pytest.fail("\n".join(["waited in vain", *logs]))
            time.sleep(0.05)

    def until_done(self, *asked: Job, seconds: float = 120) -> list[Job]:
        """Wait until these jobs are at an end; the fresh rows."""
        keys = [job.pk for job in asked]
        self.until(lambda: not self.jobs.active().filter(pk__in=keys).exists(), seconds)
        return list(self.jobs.filter(pk__in=keys).order_by("pk"))

    def stop_all(self) -> None:
        """End every worker that still runs."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait(10)


@pytest.fixture
def installation(transactional_db, tmp_path):
    alias, url = "default", ""
    if connection.vendor == "sqlite":
        path = tmp_path / "shared.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM INTO '{path}'")
        alias, url = "shared", f"sqlite:///{path}"
        connections.databases[alias] = connections.databases["default"] | {"NAME": str(path), "OPTIONS": {"timeout": 1}}
        connections[alias].connect()  # opened here, because the test class allows only "default" to be opened later
    else:
        about = connection.settings_dict
        login = about["USER"] + (f":{about['PASSWORD']}" if about["PASSWORD"] else "")
        url = f"postgres://{login}@{about['HOST']}:{about['PORT'] or 5432}/{about['NAME']}"
    found = Installation(alias, url, tmp_path)
    yield found
    found.stop_all()
    if alias != "default":
        connections[alias].close()
        del connections[alias], connections.databases[alias]
