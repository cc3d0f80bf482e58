"""A short round of the long fault: browsers adding customers at once, a tenth failing after their number was drawn."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_browsers_at_once_get_distinct_numbers_without_a_hole():
    about = connection.settings_dict
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    if connection.vendor == "postgresql":
        login = f"{about['USER']}:{about['PASSWORD']}" if about["PASSWORD"] else about["USER"]
        env["TEST_DATABASE_URL"] = f"postgres://{login}@{about['HOST']}:{about['PORT'] or 5432}/postgres"
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.numbers", "--clients", "12", "--customers", "84"]
    command += ["--engine", connection.vendor]
    answer = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    figures = json.loads(answer.stdout.splitlines()[-1])
    assert figures["requests"] == 84
    assert figures["saved"] + figures["failed_on_purpose"] == 84
    assert (figures["duplicates"], figures["gaps"], figures["errors"]) == (0, 0, 0)
