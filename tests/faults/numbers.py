"""Many browsers adding customers at once under one gapless rule, a tenth of them failing on purpose: is any number given twice or lost?

    python -m tests.faults.numbers --clients 200 --customers 10000 --engine sqlite|postgresql

The product's own web server runs with its ordinary number of processes and threads on a database of its own. Every tenth request of a
process dies after its number was drawn (failpoint ``numbering.drawn``) and must give the number back. A number twice, a hole between
the first and the last number, an answer that is neither "saved" nor the failure asked for, or a broken invariant is a fault.
"""

import argparse
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
USERS = 10
EVERY = 10  # each tenth request fails
CODE = "RACE"
SLOW = 120  # seconds that a client waits for its turn

ROUNDS = [
    (
        "F1",
        f"200 browsers add 10000 customers under one gapless rule on {engine}, a tenth fails after drawing",
        ["-m", "tests.faults.numbers", "--clients", "200", "--customers", "10000", "--engine", engine],
    )
    for engine in ("sqlite", "postgresql")
]


@contextmanager
def database(engine: str, directory: Path) -> Iterator[str]:
    """The URL of an empty database that is gone afterwards."""
    if engine == "sqlite":
        yield f"sqlite:///{directory / 'numbers.sqlite3'}"
        return
    sys.path.insert(0, str(ROOT / ".ci"))
    import postgres
    import psycopg

    name = f"faults_numbers_{os.getpid()}"
    with postgres.server() as (url, _version):
        if not url:
            raise SystemExit("no PostgreSQL server answers and none can be started")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def prepare(clients: int) -> list[str]:
    """An active set with one gapless rule and people who may add; returns a session key for each client."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from ledgers.services import creating
    from permissions.models import User

    call_command("migrate", verbosity=0)
    people = [User.objects.create_user(f"racer{at}", password=secrets.token_hex(8)) for at in range(USERS)]
    ledger = creating.create_draft(code=CODE, name="编号压力账套", by=people[0], fiscal_year=2026)
    creating.activate(ledger, by=people[0])
    for person in people[1:]:
        creating.add_member(ledger, person, "manager")
    keys = []
    for at in range(clients):
        browser = Client()
        browser.force_login(people[at % USERS])
        keys.append(browser.cookies[settings.SESSION_COOKIE_NAME].value)
    connections.close_all()
    return keys


@contextmanager
def web(log: Path) -> Iterator[int]:
    """The product's web server, every tenth request failing after it drew its number; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:erp_site.shared.webserver"]
    command += ["--bind", f"127.0.0.1:{port}", "--chdir", str(ROOT), "erp_site.wsgi"]
    env = os.environ | {"FAILPOINTS": f"numbering.drawn:raise:{EVERY}+", "ALLOW_FAILPOINTS": "1", "LOG_LEVEL": "ERROR"}
    with open(log, "wb") as output:
        server = subprocess.Popen(command, env=env, stdout=output, stderr=output)
        try:
            for _look in range(300):
                if _answers(port):
                    break
                if server.poll() is not None:
                    raise SystemExit(f"the web server ended:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """(status, text) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SLOW)
    try:
        connection.request(
            method, path, body.encode(), {key.replace("_", "-"): value for key, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


class Racer(threading.Thread):
    """One browser: opens the form once, then sends it again and again, each time as a new customer."""

    def __init__(self, at: int, port: int, session: str, times: int, gate: threading.Barrier):
        super().__init__(daemon=True)
        self.at, self.port, self.times, self.gate = at, port, times, gate
        self.token = secrets.token_hex(16)
        self.headers = {
            "Cookie": f"{cookie_names()[0]}={session}; {cookie_names()[1]}={self.token}",
            "X_CSRFToken": self.token,
            "Content_Type": "application/x-www-form-urlencoded",
        }
        self.statuses: Counter[str] = Counter()
        self.waits: list[float] = []

    def run(self) -> None:
        self.gate.wait(timeout=SLOW)
        try:
            values = self._form()
        except (OSError, http.client.HTTPException) as lost:
            self.statuses[type(lost).__name__] += self.times
            return
        for number in range(self.times):
            values["name"] = [f"杭州压力{self.at}组{number}号机械有限公司"]
            values["token"] = [secrets.token_urlsafe(16)]
            started = time.perf_counter()
            self.statuses[self._send(urlencode(values, doseq=True))] += 1
            self.waits.append(time.perf_counter() - started)

    def _form(self) -> dict[str, list[str]]:
        from tests.pages.forms import _Form

        _status, text = ask(self.port, "GET", f"/l/{CODE}/customers/new/", **self.headers)
        parser = _Form()
        parser.feed(text)
        parser.values.pop("csrfmiddlewaretoken", None)
        return parser.values

    def _send(self, body: str) -> str:
        try:
            return str(ask(self.port, "POST", f"/l/{CODE}/customers/new/", body, **self.headers)[0])
        except (OSError, http.client.HTTPException) as lost:
            return type(lost).__name__


def cookie_names() -> tuple[str, str]:
    from django.conf import settings

    return settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME


def measure(clients: int, customers: int, directory: Path) -> dict:
    """Run the round on the database that the environment names; figures."""
    sessions = prepare(clients)
    log = directory / "web.log"
    gate = threading.Barrier(clients + 1)
    with web(log) as port:
        racers = [Racer(at, port, key, customers // clients, gate) for at, key in enumerate(sessions)]
        for racer in racers:
            racer.start()
        gate.wait(timeout=SLOW)
        started = time.perf_counter()
        for racer in racers:
            racer.join()
        seconds = time.perf_counter() - started
    statuses = sum((racer.statuses for racer in racers), Counter())
    asked_for = sum("FailpointReached" in line for line in log.read_text().splitlines())
    waits = sorted(wait for racer in racers for wait in racer.waits)
    return {
        "clients": clients,
        "requests": sum(statuses.values()),
        "saved": statuses["302"],
        "failed_on_purpose": statuses["500"],
        "errors": sum(statuses.values()) - statuses["302"] - min(statuses["500"], asked_for),
        "statuses": dict(statuses),
        **count_numbers(),
        "per_second": round(statuses["302"] / seconds, 1),
        "p50": round(waits[len(waits) // 2], 2) if waits else None,
        "p99": round(waits[int(len(waits) * 0.99)], 2) if waits else None,
        "seconds": round(seconds),
    }


def count_numbers() -> dict:
    """Duplicates, holes and broken invariants in what is stored."""
    from customers.models import Customer
    from customers.services import invariants

    numbers = list(Customer.objects.values_list("number", flat=True))
    serials = sorted(int(re.fullmatch(r"KH(\d{6})", number)[1]) for number in numbers)
    last = serials[-1] if serials else 0
    return {
        "stored": len(numbers),
        "duplicates": len(serials) - len(set(serials)),
        "gaps": last - len(set(serials)),
        "invariants": list(invariants.broken()),
    }


def main(argv: list[str] | None = None) -> int:
    """Print one JSON line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory, database(options.engine, Path(directory)) as url:
        os.environ |= {
            "DATABASE_URL": url,
            "DATA_DIR": directory,
            "DJANGO_SETTINGS_MODULE": "erp_site.settings",
            "DEMO": "0",
        }
        figures = {"engine": options.engine, **measure(options.clients, options.customers, Path(directory))}
        from django.db import connections

        connections.close_all()
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    wrong = figures["duplicates"] or figures["gaps"] or figures["errors"] or figures["invariants"]
    return int(bool(wrong or figures["stored"] != figures["saved"] or not figures["failed_on_purpose"]))


if __name__ == "__main__":
    sys.exit(main())
