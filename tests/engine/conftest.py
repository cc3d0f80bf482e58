"""A database file of its own for each test, opened through our engine whatever engine the suite runs on."""

import pytest
from django.db import connections


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """database(**options): a new connection, under an alias of its own, to one file; all are closed at the end."""
    aliases = []
    path = tmp_path / "probe.sqlite3"

    def connect(name=path, **options):
        alias = f"probe{len(aliases)}"
        connections.databases[alias] = connections.configure_settings(
            {"default": {"ENGINE": "erp_site.shared.sqlite", "NAME": str(name), "OPTIONS": options}}
        )["default"]
        aliases.append(alias)
        connections[alias].inc_thread_sharing()  # tests hand connections to threads
        return connections[alias]

    with django_db_blocker.unblock():
        yield connect
        for alias in aliases:
            connections[alias].close()
            del connections[alias], connections.databases[alias]
