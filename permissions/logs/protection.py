"""The database itself keeps the rows of the logs: no UPDATE, and no DELETE of a row younger than the floor of retention.

What lives here: the triggers of both engines. What does not: how long rows are really kept (``retention``). A sweep needs no back door: it
deletes only what is older than the floor, and the triggers let that pass. ``installed`` is what ``verify_invariants`` asks.
"""

from collections.abc import Iterable

from django.db import connection as default_connection

TABLES = ("permissions_accessrecord", "permissions_rightchange", "permissions_loginrecord")
FLOOR_DAYS = 180  # 网络安全法: at least six months

_SQLITE = (
    """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'rows of a log are never changed'); END""",
    """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-{days} days')
    BEGIN SELECT RAISE(ABORT, 'rows of a log are kept'); END""",
)
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION permissions_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{days} days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of a log are never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$"""
_POSTGRESQL = (
    """CREATE TRIGGER {table}_no_update BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION permissions_keep_log()""",
    """CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_keep_log()""",
)


def statements(vendor: str, tables: Iterable[str] = TABLES) -> list[str]:
    """What makes the triggers."""
    forms = _POSTGRESQL if vendor == "postgresql" else _SQLITE
    made = [_POSTGRESQL_FUNCTION.format(days=FLOOR_DAYS)] if vendor == "postgresql" else []
    return made + [form.format(table=table, days=FLOOR_DAYS) for table in tables for form in forms]


def install(connection=default_connection) -> None:
    """Make the triggers anew."""
    remove(connection)
    _run(connection, statements(connection.vendor))


def remove(connection=default_connection) -> None:
    """Take the triggers away; only migrations and the emptying of a test database do."""
    on = " ON {table}" if connection.vendor == "postgresql" else ""
    _run(
        connection,
        [
            f"DROP TRIGGER IF EXISTS {table}_{name}{on.format(table=table)}"
            for table in TABLES
            for name in _names(connection)
        ],
    )


def missing(connection=default_connection) -> list[str]:
    """Names of triggers that are not there, or are switched off."""
    wanted = {f"{table}_{name}" for table in TABLES for name in _names(connection)}
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


def _names(connection) -> tuple[str, str]:
    return ("no_update", "no_truncate" if connection.vendor == "postgresql" else "no_delete")


def _run(connection, commands: list[str]) -> None:
    with connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)
