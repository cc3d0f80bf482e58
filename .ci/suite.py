"""The whole check: lint, then pytest on SQLite, then pytest on PostgreSQL. Everything runs even when something fails.

The last lines say what ran on which engine. Without PostgreSQL or a browser the rest still runs, and says so; with CI=true
that is a failure. Arguments go to pytest: ``suite.py tests/jobs -k reap``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import postgres

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
CODE = [
    name
    for name in ("erp_site", "permissions", "ledgers", "customers", "imports", "tests", "benchmarks", ".ci")
    if (ROOT / name).is_dir()
]
# Tests of pure code, files, the look, and who may open which route: no engine answers differently, so one run says it all.
WITHOUT_DATABASE = [
    "tests/rules", "tests/reading", "tests/frontend", "tests/guards", "tests/rights/test_leak_crawl.py",
    "tests/explaining/test_simulation.py", "tests/duties/test_administration_pages.py",
]  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

LINT = {
    "ruff": [sys.executable, "-m", "ruff", "check", *CODE],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--check", *CODE],
    "djlint": [sys.executable, "-m", "djlint", "--lint", "--quiet", "templates"],
    "import-linter": [str(BIN / "lint-imports"), "--no-cache"],
    "makemigrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
}


class Report:
    """What ran and how it went; printed last."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failed = False

    def add(self, what: str, *, passed: bool, note: str = "") -> None:
        """One line of the summary."""
        self.failed |= not passed
        self.lines.append(f"{'passed ' if passed else 'FAILED '} {what}{'  ' + note if note else ''}")

    def absent(self, what: str) -> None:
        """Something that this machine lacks: a skip for people, a failure in CI."""
        self.failed |= IN_CI
        self.lines.append(f"{'FAILED ' if IN_CI else 'skipped'} {what}")

    def show(self) -> int:
        """Print the summary; the exit code."""
        sys.stdout.write("\n" + "\n".join(self.lines) + "\n")
        return int(self.failed)


def run(command: list[str], env: dict[str, str]) -> tuple[bool, str]:
    """(whether it succeeded, seconds as text); a test run without tests counts as success."""
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    return code == 0, f"{time.monotonic() - started:.0f} s"


def pytest(env: dict[str, str], arguments: list[str], processes: int = 2) -> tuple[bool, str]:
    """The suite on the engine that ``env`` names, in that many processes unless TEST_PROCESSES says otherwise."""
    count = os.environ.get("TEST_PROCESSES", str(processes))
    return run([sys.executable, "-m", "pytest", "-n", count, *arguments], env)


def sqlite_version() -> str:
    """Version of the SQLite that the product will use."""
    code = "import erp_site, sqlite3; print(sqlite3.sqlite_version)"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def main(arguments: list[str]) -> int:
    """Run everything; 0 when all of it passed."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="test-data-") as data_directory:
        env = os.environ | {"DATA_DIR": data_directory, "PYTHONUNBUFFERED": "1"}
        for name in ("DATABASE_URL", "DEMO", "DEBUG", "FAILPOINTS"):  # a person's settings must not change the tests
            env.pop(name, None)
        for name, command in LINT.items():
            passed, _seconds = run(command, env)
            report.add(name, passed=passed)
        if arguments == ["--lint-only"]:
            return report.show()
        if not any(map(shutil.which, BROWSERS)):
            report.absent("browser journeys: no Chromium (apt install chromium fonts-noto-cjk)")
        passed, seconds = pytest(env, arguments)
        report.add(f"suite on SQLite {sqlite_version()}", passed=passed, note=seconds)
        suite_on_postgres(env, arguments, report)
    return report.show()


def suite_on_postgres(env: dict[str, str], arguments: list[str], report: Report) -> None:
    """The suite once more on PostgreSQL, in databases of this run alone."""
    with postgres.server() as (url, version):
        if not version:
            report.absent("suite on PostgreSQL: no server answers and none can be started (apt install postgresql)")
            return
        name = f"ledgers_{os.getpid()}"
        try:
            again = arguments or [f"--ignore={folder}" for folder in WITHOUT_DATABASE]
            # Half of the time the tests wait for the server, so a third process fills two cores.
            passed, seconds = pytest(env | {"DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}, again, processes=3)
            report.add(f"suite on PostgreSQL {version}", passed=passed, note=seconds)
        finally:
            postgres.remove_databases(url, f"test_{name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
